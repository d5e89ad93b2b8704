"""Tiles, chunks and time axes: every column and every day once, names of results from what they depend on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.simulate import studies

from vadose.errors import ConfigError, DataError
from vadose.simulate.loop import columns
from vadose.simulate.run import make_plan
from vadose.simulate.schedule import Schedule, schedule_of
from vadose.simulate.study import load_study
from vadose.simulate.weather import block_days

START = np.datetime64("2001-01-01T00:00:00")


def plan_of(path: Path, folder: Path, **tables: Any) -> Any:
    return make_plan(load_study(studies.study(path, **tables))[0], folder)


def keys(plan: Any) -> list[str]:
    return [tile.key for tile in plan.tiles]


@pytest.mark.parametrize("months", [1, 5, 12])
@pytest.mark.parametrize("start", ["2001-01-01T00:00:00", "2000-02-10T07:00:00", "1999-12-31T16:30:00"])
def test_chunks_cover_every_day_once_and_end_with_months(months: int, start: str) -> None:
    plan = Schedule(np.datetime64(start), 1800.0, 800, months, "day")
    chunks = plan.chunks()
    assert chunks[0].first == 0
    assert chunks[-1].last == 800
    assert all(a.last == b.first for a, b in zip(chunks[:-1], chunks[1:], strict=True))
    for chunk in chunks[1:]:
        middle = plan.day(chunk.first) + np.timedelta64(12, "h")
        assert str(middle)[8:10] == "01"


@pytest.mark.parametrize(("every", "rows"), [("step", 48), ("hour", 24), ("day", 1)])
def test_rows_join_without_a_gap(every: str, rows: int) -> None:
    plan = Schedule(START, 1800.0, 40, 1, every)
    bounds = np.concatenate([plan.bounds(c) for c in plan.chunks()])
    assert bounds.shape == (40 * rows, 2)
    assert np.array_equal(bounds[1:, 0], bounds[:-1, 1])
    assert bounds[-1, 1] == plan.end


def test_months_weigh_their_days_alike() -> None:
    plan = Schedule(START, 1800.0, 59, 12, "month")
    (chunk,) = plan.chunks()
    days = np.arange(59.0)[:, None, None] * np.ones((1, 1, 2))
    rows = plan.to_rows(days, chunk)
    assert np.allclose(rows[:, 0], [15.0, 44.5])
    assert [str(b)[:10] for b in plan.bounds(chunk)[:, 0]] == ["2001-01-01", "2001-02-01"]


def test_what_is_no_whole_day_is_left_out_and_said() -> None:
    times = START + np.arange(48 * 3 + 5) * np.timedelta64(1800, "s")
    plan = schedule_of(times, 1800.0, 12, "day", "file")
    assert (plan.days, plan.unused) == (3, 5)
    with pytest.raises(DataError, match="at least one whole day"):
        schedule_of(times[:40], 1800.0, 12, "day", "file")
    with pytest.raises(ConfigError, match="divides 3600"):
        schedule_of(times, 7200.0, 12, "hour", "file")


def test_the_number_of_a_step_does_not_depend_on_the_period() -> None:
    whole, part = Schedule(START, 1800.0, 20, 1, "day"), Schedule(START + np.timedelta64(9, "D"), 1800.0, 5, 1, "day")
    assert whole.step_index(9) == part.step_index(0)


def test_tiles_cover_every_column_of_every_member_once(weather: Path, tmp_path: Path) -> None:
    ensemble = {"size": 5, "parameters": {"K_s": [0.1, 10.0]}}
    for tile in (1, 2, 3, 4, 7, 100):
        plan = plan_of(weather, tmp_path, study={"tile": tile}, ensemble=ensemble)
        found = [(m.name, c) for t in plan.tiles for m in t.members for c in range(t.start, t.stop)]
        assert sorted(found) == sorted((m.name, c) for m in plan.members for c in range(3))
        assert all(t.columns <= t.size <= max(tile, 1) for t in plan.tiles)
        assert len({t.size for t in plan.tiles}) == 1


def test_names_change_with_what_numbers_depend_on(weather: Path, tmp_path: Path) -> None:
    known = keys(plan_of(weather, tmp_path))
    same = [
        {"study": {"title": "Other", "months": 3}},
        {"output": {"every": "month"}},
        {"spinup": {"cycles": 3}},
        {"period": {"end": "2001-02-01"}},
    ]
    other = [
        {"model": {"preset": "vadose"}},
        {"model": {"options": {"snow_albedo": "class"}}},
        {"vegetation": {"kind": "croplands"}},
        {"initial": {"moisture": 0.2}},
        {"forcing": {"time_zone": "UTC+1"}},
        {"ensemble": {"parameters": {"K_s": [0.5, 2.0]}}},
        {"ensemble": {"size": 2, "texture": {"sand": 10.0, "clay": 10.0}}},
        {"ensemble": {"size": 2, "texture": {"sand": 10.0, "clay": 5.0}}},
        {"ensemble": {"size": 2, "pedotransfer": {"K_s": 0.3}}},
        {"ensemble": {"size": 2, "pedotransfer": {"K_s": 0.2}}},
    ]
    assert all(keys(plan_of(weather, tmp_path, **tables)) == known for tables in same)
    found = [keys(plan_of(weather, tmp_path, **tables)) for tables in other]
    assert all(k != known for k in found)
    assert len({k[0] for k in found}) == len(found)


def test_names_change_with_the_files(weather: Path, tmp_path: Path) -> None:
    known = keys(plan_of(weather, tmp_path / "cache"))
    moved = studies.weather(tmp_path / "moved")
    assert keys(plan_of(moved, tmp_path / "cache")) == known
    shorter = studies.weather(tmp_path / "shorter", 40)
    assert keys(plan_of(shorter, tmp_path / "cache")) != known


def test_columns_are_filled_up_with_the_last() -> None:
    tree = {"a": np.arange(6.0).reshape(2, 3), "b": np.array(2.0), "c": np.ones((2, 1))}
    found = columns(tree, 3, 5)
    assert found["a"].tolist() == [[0, 1, 2, 2, 2], [3, 4, 5, 5, 5]]
    assert found["b"].shape == ()
    assert found["c"].shape == (2, 5)
    with pytest.raises(ValueError, match="no axis of 3"):
        columns({"a": np.ones(4)}, 3, 5)


def test_blocks_of_weather_fit_into_memory() -> None:
    assert block_days(1, 48) == 32
    assert 1 <= block_days(2048, 48) <= 32
    assert block_days(10**6, 48) == 1
    assert block_days(2048, 48) * 2048 * 48 * 8 * 11 <= 256 * 2**20


def test_a_schedule_of_a_leap_year_has_its_day() -> None:
    plan = replace(Schedule(START, 1800.0, 1, 12, "month"), start=np.datetime64("2004-01-01T00:00:00"), days=366)
    (chunk,) = plan.chunks()
    lengths = np.diff(plan.bounds(chunk), axis=1).astype("timedelta64[D]").astype(int).ravel()
    assert lengths[1] == 29
