"""The cache: keys follow content and settings, entries are complete or absent."""

from __future__ import annotations

import hashlib
import os

import pytest

from vadose.errors import DataError
from vadose.workflow.cache import Cache, link, write_text


def test_a_digest_is_sha256_and_follows_the_content(tmp_path):
    file = tmp_path / "a.nc"
    file.write_bytes(b"water")
    cache = Cache(tmp_path / "cache", "test")
    first = cache.digest(str(file))
    assert first.sha256 == hashlib.sha256(b"water").hexdigest()
    assert first.bytes == 5
    assert cache.digest(str(file)) == first
    file.write_bytes(b"waters")
    assert cache.digest(str(file)).sha256 == hashlib.sha256(b"waters").hexdigest()


def test_a_digest_sees_a_change_that_keeps_the_size(tmp_path):
    file = tmp_path / "a.nc"
    file.write_bytes(b"aaaa")
    cache = Cache(tmp_path / "cache", "test")
    first = cache.digest(str(file))
    file.write_bytes(b"bbbb")
    os.utime(file, ns=(1, 1))
    assert cache.digest(str(file)).sha256 != first.sha256


def test_an_unreadable_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.nc: cannot be read"):
        Cache(tmp_path, "test").digest(str(tmp_path / "gone.nc"))


def test_entries_differ_by_kind_and_settings_and_not_by_order_of_keys(tmp_path):
    cache = Cache(tmp_path, "test")
    assert cache.entry("series", {"a": 1, "b": 2}) == cache.entry("series", {"b": 2, "a": 1})
    entries = {cache.entry("series", {"a": 1}), cache.entry("pairs", {"a": 1}), cache.entry("series", {"a": 2})}
    assert len(entries) == 3


def test_text_is_written_whole_or_not_at_all(tmp_path):
    target = tmp_path / "x" / "a.txt"
    write_text(target, "one")
    assert target.read_text() == "one"
    with pytest.raises(UnicodeEncodeError):
        write_text(target, "\ud800")
    assert target.read_text() == "one"
    assert [p.name for p in target.parent.iterdir()] == ["a.txt"]


def test_a_link_replaces_what_was_there(tmp_path):
    (tmp_path / "new").write_text("new")
    (tmp_path / "old").write_text("old")
    link(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old").read_text() == "new"
