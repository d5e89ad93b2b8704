"""The store of series by cell: what was packed is read, whatever the tiling, also after an interruption."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.data.daily.written import moisture, write_stack

from vadose.data.daily.blocks import Store, pack_blocks
from vadose.data.daily.open import open_daily, read_daily
from vadose.data.daily.series import DailySeries
from vadose.data.daily.source import DailySource
from vadose.errors import DataError
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid, Sites


class Reader:
    """A series as a reader that counts the days it gave and may fail at one of them."""

    def __init__(self, series: DailySeries, fail_at: int | None = None) -> None:
        self.series, self.fail_at, self.given = series, fail_at, 0
        self.days, self.cells, self.attrs = series.days, series.cells, series.attrs

    def blocks(self, size: int) -> Iterator[tuple[int, np.ndarray, dict[str, np.ndarray]]]:
        for start in range(0, self.days.size, size):
            if self.fail_at is not None and start + size > self.fail_at:
                raise OSError("the disk is gone")
            block = self.series.values[start : start + size]
            self.given += block.shape[0]
            refused = {"range": np.arange(self.cells.size, dtype=np.int32) * (start == 0)}
            yield start, block, refused


def series(days: int = 100, rows: int = 6, columns: int = 8, seed: int = 3) -> DailySeries:
    """Random series with gaps; every fifth cell never has a value, some only late."""
    random = np.random.default_rng(seed)
    values = random.uniform(0.05, 0.5, (days, rows * columns)).astype(np.float32)
    values[random.random(values.shape) < 0.3] = np.nan
    values[:, ::5] = np.nan
    values[:60, 1::7] = np.nan
    grid = LatLonGrid.from_centres(np.arange(rows) - 2.5, np.arange(columns) * 1.0)
    axis = np.datetime64("2002-06-19") + np.arange(days)
    return DailySeries(values, axis, Cells.whole(grid), attrs={"product": "random", "files": []})


@pytest.mark.parametrize("days_per_block", [7, 32, 100, 256])
def test_what_was_packed_is_read(tmp_path: Path, days_per_block: int) -> None:
    whole = series()
    store = pack_blocks(Reader(whole), tmp_path, days_per_block)
    held = np.isfinite(whole.values).any(axis=0)
    np.testing.assert_array_equal(store.cells.index, np.flatnonzero(held))
    assert store.cells.grid.same_as(whole.cells.grid)
    found = store.read(slice(None))
    np.testing.assert_array_equal(found.values, whole.values[:, held])
    np.testing.assert_array_equal(found.days, whole.days)
    np.testing.assert_array_equal(found.refused["range"], np.flatnonzero(held))
    assert found.attrs["refused_elsewhere"] == {"range": int(np.flatnonzero(~held).sum())}
    assert found.attrs["product"] == "random"


def test_parts_are_read_by_slice_positions_and_mask(tmp_path: Path) -> None:
    whole = series()
    store = pack_blocks(Reader(whole), tmp_path, 32)
    values = whole.values[:, store.cells.index]
    mask = np.zeros(store.cells.size, bool)
    mask[[0, 3, 17, 30]] = True
    for which in (slice(5, 12), slice(7, 8), np.array([0, 9, 31]), mask, slice(3, 3)):
        part = store.read(which)
        np.testing.assert_array_equal(part.values, values[:, which])
        np.testing.assert_array_equal(part.cells.index, store.cells.index[which])
        np.testing.assert_array_equal(part.refused["range"], store.cells.index[which])
    assert store.read(slice(0, 9)).values.T.flags.c_contiguous


def test_an_interrupted_packing_goes_on(tmp_path: Path) -> None:
    whole = series()
    with pytest.raises(OSError, match="the disk is gone"):
        pack_blocks(Reader(whole, fail_at=70), tmp_path, 16)
    assert sorted(p.name for p in tmp_path.glob("block_*")) == [f"block_{n:05d}.bin" for n in range(4)]
    with pytest.raises(DataError, match=r"no manifest.json: the folder is no store, or was not finished"):
        Store.open(tmp_path)
    kept = os.stat(tmp_path / "block_00001.bin").st_mtime_ns
    store = pack_blocks(Reader(whole), tmp_path, 16)
    assert os.stat(tmp_path / "block_00001.bin").st_mtime_ns == kept
    np.testing.assert_array_equal(store.read(slice(None)).values, whole.values[:, store.cells.index])
    assert not list(tmp_path.glob(".*part"))
    again = Reader(whole)
    pack_blocks(again, tmp_path, 16)
    assert again.given == 0


def test_a_reader_of_files_starts_where_packing_ended(tmp_path: Path) -> None:
    values = moisture(30)
    values[25, 0, 0] = 3.0
    for n in range(3):
        write_stack(tmp_path / "in" / f"{n}.nc", values[10 * n : 10 * n + 10], np.arange(10 * n, 10 * n + 10))
    source = DailySource(str(tmp_path / "in"))
    whole = read_daily(source)
    pack_blocks(open_daily(source), tmp_path / "out", 8)
    for name in ("manifest.json", "block_00002.bin", "block_00003.bin"):
        (tmp_path / "out" / name).unlink()
    store = pack_blocks(open_daily(source), tmp_path / "out", 8)
    np.testing.assert_array_equal(store.read(slice(None)).values, whole.values)
    assert store.refused["range"][0] == 1


def test_blocks_of_another_source_are_replaced(tmp_path: Path) -> None:
    pack_blocks(Reader(series()), tmp_path, 16)
    other = series(days=40, seed=4)
    store = pack_blocks(Reader(other), tmp_path, 16)
    assert store.days.size == 40
    assert len(list(tmp_path.glob("block_*"))) == 3
    np.testing.assert_array_equal(store.read(slice(None)).values, other.values[:, store.cells.index])


def test_damage_is_seen(tmp_path: Path) -> None:
    pack_blocks(Reader(series()), tmp_path, 16)
    path = tmp_path / "block_00002.bin"
    path.write_bytes(path.read_bytes()[:-4])
    with pytest.raises(DataError, match=r"block_00002.bin: missing or damaged; .*pack again"):
        Store.open(tmp_path)
    with pytest.raises(DataError, match=r"`days_per_block` must be at least 1, got 0"):
        pack_blocks(Reader(series()), tmp_path, 0)


def test_sources_without_a_value_and_sites_are_packed(tmp_path: Path) -> None:
    grid = LatLonGrid.regular(60)
    axis = np.datetime64("2002-06-19") + np.arange(5)
    empty = DailySeries(np.full((5, grid.size), np.nan, np.float32), axis, Cells.whole(grid))
    store = pack_blocks(Reader(empty), tmp_path / "a")
    assert store.cells.size == 0
    assert store.read(slice(None)).values.shape == (5, 0)
    sites = Sites(np.array([1.0, 2.0]), np.array([3.0, 4.0]), ("a", "b"))
    points = DailySeries(np.arange(10, dtype=np.float32).reshape(5, 2), axis, Cells.whole(sites))
    found = pack_blocks(Reader(points), tmp_path / "b", 2)
    assert found.cells.grid.same_as(sites)
    np.testing.assert_array_equal(found.read(np.array([1])).values[:, 0], points.values[:, 1])


def test_the_manifest_can_be_read_by_others(tmp_path: Path) -> None:
    pack_blocks(Reader(series()), tmp_path, 16)
    manifest: dict[str, Any] = json.loads((tmp_path / "manifest.json").read_text())
    assert manifest["days"] == ["2002-06-19", "2002-09-26"]
    assert manifest["days_per_block"] == 16


def test_real_half_orbits_are_packed(vadose_data: Path, tmp_path: Path) -> None:
    source = DailySource(str(vadose_data / "data/satellite/SMAP_L2_halforbits_20150811"), overpass="both")
    store = pack_blocks(open_daily(source), tmp_path)
    assert 500 < store.cells.size < 1000
    assert np.isfinite(store.read(slice(None)).values).all()
    assert store.attrs["refused_elsewhere"]["quality flag"] + int(store.refused["quality flag"].sum()) > 500
