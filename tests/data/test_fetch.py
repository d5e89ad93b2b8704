"""Downloading, against a local stand-in of the client of intake-esgf."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from vadose.data import fetch as fetching
from vadose.data.fetch import fetch, parse_facets
from vadose.errors import ConfigError, DataError

NAME = "mrsol_Emon_CESM2_historical_r1i1p1f1_gn_185001-201412.nc"


class Catalog:
    """As much of `intake_esgf.ESGFCatalog` as is used: search, df, to_path_dict."""

    store: Path
    failure: Exception | None = None
    rows = 1
    asked: dict[str, Any]

    def search(self, **facets: Any) -> Catalog:
        type(self).asked = facets
        if self.rows < 0:
            raise ValueError("NoSearchResults")
        self.df = [0] * self.rows
        return self

    def to_path_dict(self, quiet: bool = False) -> dict[str, list[Path]]:
        if self.failure:
            raise self.failure
        path = self.store / NAME
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"CDF" + bytes(1000))
        return {"mrsol": [path]}


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> type[Catalog]:
    made = type("ESGFCatalog", (Catalog,), {"store": tmp_path / "store"})
    module = ModuleType("intake_esgf")
    module.ESGFCatalog = made  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "intake_esgf", module)
    return made


def test_files_arrive_in_the_folder_of_their_model(client: type[Catalog], tmp_path: Path) -> None:
    facets = {"source_id": ["CESM2"], "variable_id": "mrsol"}
    (path,) = fetch(facets, tmp_path / "CMIP6", quiet=True)
    assert path == tmp_path / "CMIP6" / "CESM2" / "historical" / "r1i1p1f1" / NAME
    assert path.stat().st_size == 1003
    assert client.asked == facets
    assert [p for p in (tmp_path / "CMIP6").rglob("*") if "partial" in p.name] == []


def test_a_complete_file_is_not_copied_again(client: type[Catalog], tmp_path: Path) -> None:
    (path,) = fetch({"source_id": "CESM2"}, tmp_path / "out", quiet=True)
    before = path.stat().st_mtime_ns
    assert fetch({"source_id": "CESM2"}, tmp_path / "out", quiet=True) == [path]
    assert path.stat().st_mtime_ns == before


def test_an_interrupted_copy_leaves_nothing(
    client: type[Catalog], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(source: Path, target: Path) -> None:
        Path(target).write_bytes(b"CDF")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(fetching.shutil, "copyfile", half)
    with pytest.raises(DataError, match="cannot be written .*No space left"):
        fetch({"source_id": "CESM2"}, tmp_path / "out", quiet=True)
    assert [p for p in (tmp_path / "out").rglob("*") if p.is_file()] == []


@pytest.mark.parametrize(("rows", "words"), [(0, "has nothing for source_id=CESM9"), (-1, "found nothing")])
def test_nothing_found(client: type[Catalog], tmp_path: Path, rows: int, words: str) -> None:
    client.rows = rows
    with pytest.raises(DataError, match=words):
        fetch({"source_id": "CESM9"}, tmp_path)


def test_a_failed_transfer_says_how_to_go_on(client: type[Catalog], tmp_path: Path) -> None:
    client.failure = ConnectionError("reset by peer")
    with pytest.raises(DataError, match="reset by peer.*run the same command again"):
        fetch({"source_id": "CESM2"}, tmp_path)


def test_missing_extra_names_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "intake_esgf", None)
    with pytest.raises(DataError, match=r"pip install 'vadose\[esgf\]'"):
        fetch({"source_id": "CESM2"}, tmp_path)


def test_facets() -> None:
    assert parse_facets(["source_id=CESM2,MIROC6", "variable_id=mrsol"]) == {
        "source_id": ["CESM2", "MIROC6"],
        "variable_id": ["mrsol"],
    }
    with pytest.raises(ConfigError, match="unknown facet 'model'; expected one of"):
        parse_facets(["model=CESM2"])
    with pytest.raises(ConfigError, match="NAME=VALUE"):
        parse_facets(["CESM2"])
    with pytest.raises(ConfigError, match="at least one facet"):
        fetch({}, ".")
