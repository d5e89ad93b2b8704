"""Event tables: the same whatever the tiling, and parquet files that are whole or not there."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from vadose.calibrate.drydown.events import (
    COLUMNS,
    Events,
    EventWriter,
    drydown_events,
    read_event_attrs,
    read_events,
)
from vadose.calibrate.drydown.published import Published, estimate_published
from vadose.errors import DataError


@pytest.fixture(scope="module")
def values() -> np.ndarray:
    random = np.random.default_rng(7)
    series = random.uniform(0.05, 0.45, (400, 150))
    series[random.random(series.shape) < 0.3] = np.nan
    series[:, [3, 64, 149]] = np.nan
    return series.astype(np.float32)


@pytest.fixture(scope="module")
def events(values: np.ndarray) -> Events:
    return drydown_events(values)


def assert_same(one: Events, other: Events, rtol: float = 0.0) -> None:
    for name in COLUMNS:
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=rtol, err_msg=name)


@pytest.mark.parametrize("width", [1, 7, 64, 100])
def test_tiles_give_what_the_whole_gives(values: np.ndarray, events: Events, width: int) -> None:
    starts = range(0, values.shape[1], width)
    parts = [estimate_published(values[:, k : k + width], cell_offset=k) for k in starts]
    assert_same(Events.concatenate([e for _, e in parts]), events)
    whole, _ = estimate_published(values)
    for field in dataclasses.fields(whole):
        joined = np.concatenate([getattr(e, field.name) for e, _ in parts])
        np.testing.assert_array_equal(joined, getattr(whole, field.name), err_msg=field.name)


def test_order_and_memory_layout_of_the_cells_do_not_matter(values: np.ndarray, events: Events) -> None:
    assert_same(drydown_events(np.asfortranarray(values)), events)
    turned = drydown_events(values[:, ::-1])
    for cell in (0, 70, 149):
        mine, theirs = (e.select(e.cell == c) for e, c in ((events, cell), (turned, 149 - cell)))
        np.testing.assert_array_equal(mine.theta_w, theirs.theta_w)


def test_threads_side_by_side_give_the_same_numbers(values: np.ndarray, events: Events) -> None:
    starts = range(0, values.shape[1], 10)
    with ThreadPoolExecutor(4) as pool:
        parts = pool.map(lambda k: drydown_events(values[:, k : k + 10], cell_offset=k), starts)
    assert_same(Events.concatenate(list(parts)), events)


def test_a_table_has_dates_and_places(values: np.ndarray, events: Events) -> None:
    days = np.datetime64("2015-01-01") + np.arange(400)
    lat, lon = np.linspace(-60, 60, 150), np.linspace(-170, 170, 150)
    table = events.frame(days, lat, lon)
    assert list(table.columns) == [*COLUMNS, "date", "lat", "lon"] and len(table) == events.size
    row = table.iloc[10]
    assert row["date"] == days[events.start[10]] and row["lon"] == lon[events.cell[10]]
    assert row["theta_c"] == values[events.start[10], events.cell[10]]
    assert list(events.frame().columns) == list(COLUMNS)
    with pytest.raises(DataError, match="whole series"):
        events.frame(days[:100])
    with pytest.raises(DataError, match="cell"):
        events.frame(lat=lat[:10])


def write(path: Path, values: np.ndarray, width: int = 50) -> None:
    with EventWriter(path, Published(maximum_gap=9), {"first_day": "2015-01-01"}) as writer:
        for k in range(0, values.shape[1], width):
            writer.write(drydown_events(values[:, k : k + width], cell_offset=k))


def test_a_file_gives_back_what_was_written(tmp_path: Path, values: np.ndarray, events: Events) -> None:
    path = tmp_path / "events.parquet"
    write(path, values)
    back = read_events(path)
    assert_same(back, events, rtol=1e-7)
    assert back.start.dtype == np.int32 and back.kept.dtype == bool
    about = read_event_attrs(path)
    assert about["first_day"] == "2015-01-01" and about["settings"]["maximum_gap"] == 9
    assert about["columns"]["tau"]["units"] == "d"
    assert list(tmp_path.iterdir()) == [path]


def test_other_tools_read_the_file_with_units(tmp_path: Path, values: np.ndarray, events: Events) -> None:
    import pandas as pd
    import pyarrow.parquet as pq

    path = tmp_path / "events.parquet"
    write(path, values)
    table = pd.read_parquet(path)
    assert list(table.columns) == list(COLUMNS) and len(table) == events.size
    assert pq.read_schema(path).field("theta_w").metadata[b"units"] == b"m3 m-3"


def test_one_cell_is_read_from_its_row_group_alone(
    tmp_path: Path, values: np.ndarray, events: Events, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow.parquet as pq

    path = tmp_path / "events.parquet"
    write(path, values)
    assert pq.ParquetFile(path).num_row_groups == 3
    groups: list[int] = []
    whole = pq.ParquetFile.read_row_groups

    def watched(self: pq.ParquetFile, chosen: list[int], **options: object) -> object:
        groups.extend(chosen)
        return whole(self, chosen, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_groups", watched)
    assert_same(read_events(path, cell=60), events.select(events.cell == 60), rtol=1e-7)
    assert groups == [1]
    assert read_events(path, cell=64).size == read_events(path, cell=10_000).size == 0


def test_a_file_without_events_is_a_file(tmp_path: Path) -> None:
    path = tmp_path / "events.parquet"
    write(path, np.full((20, 60), np.nan))
    assert read_events(path).size == read_events(path, cell=3).size == 0


def test_a_half_written_file_never_stands_under_its_name(tmp_path: Path, values: np.ndarray) -> None:
    path = tmp_path / "events.parquet"

    with pytest.raises(RuntimeError, match="killed"):
        fail_over(path, values)
    assert list(tmp_path.iterdir()) == []
    write(path, values)
    before = path.read_bytes()
    with pytest.raises(RuntimeError, match="killed"):
        fail_over(path, values)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def fail_over(path: Path, values: np.ndarray) -> None:
    with EventWriter(path) as writer:
        writer.write(drydown_events(values[:, :20]))
        raise RuntimeError("killed")


def test_what_a_killed_writer_left_is_replaced(tmp_path: Path, values: np.ndarray, events: Events) -> None:
    path = tmp_path / "events.parquet"
    (tmp_path / ".events.parquet.1.partial").write_bytes(b"PAR1 cut off")
    write(path, values)
    assert read_events(path).size == events.size and list(tmp_path.iterdir()) == [path]


def test_a_cut_off_or_foreign_file_is_refused_by_name(tmp_path: Path, values: np.ndarray) -> None:
    import pandas as pd

    path = tmp_path / "events.parquet"
    write(path, values)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(DataError, match="events.parquet cannot be read"):
        read_events(path)
    with pytest.raises(DataError, match="nowhere.parquet"):
        read_events(tmp_path / "nowhere.parquet")
    pd.DataFrame({"cell": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(DataError, match="no table of drydown events"):
        read_event_attrs(tmp_path / "other.parquet")
