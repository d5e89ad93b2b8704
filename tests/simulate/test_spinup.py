"""Spin-up: it repeats the first years, stops when columns have settled, and does not depend on how they are cut."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.simulate import studies
from tests.simulate.studies import same, values

from vadose.simulate.result import Simulation
from vadose.simulate.run import run_study
from vadose.simulate.schedule import Schedule
from vadose.simulate.spinup import spin_up
from vadose.simulate.study import SpinUp
from vadose.workflow.failures import Failed
from vadose.workflow.kept import save_arrays

YEAR = Schedule(np.datetime64("2001-01-01T00:00:00"), 1800.0, 365, 12, "day")


def tiles(*names: str) -> list[Any]:
    return [SimpleNamespace(name=name, schedule=YEAR) for name in names]


def drifting(folder: Path, drifts: Mapping[str, list[list[float]]]) -> Any:
    """Cycles whose drift is given: tile -> cycle -> column, mm a year."""

    def do(number: int, states: Mapping[str, Path | None]) -> dict[str, Any]:
        done: dict[str, Any] = {}
        for name in states:
            if number > len(drifts[name]):
                done[name] = Failed("broken")
                continue
            change = np.array(drifts[name][number - 1]) * 365 / 365.25
            done[name] = folder / f"{name}-{number}.npz"
            start = np.full(change.size, 500.0)
            save_arrays(
                {"storage": start + change, "storage_start": start, "failed": np.zeros(change.size)}, done[name]
            )
        return done

    return do


def test_it_stops_when_all_have_settled(tmp_path: Path) -> None:
    do = drifting(tmp_path, {"a": [[9.0, 5.0], [2.0, 0.5], [0.9, 0.1]], "b": [[0.1], [0.1], [0.1]]})
    spun = spin_up(tiles("a", "b"), SpinUp(cycles=10, drift=1.0), do)
    assert [c.number for c in spun.cycles] == [1, 2, 3]
    assert [round(c.share, 3) for c in spun.cycles] == [0.333, 0.667, 1.0]
    assert spun.cycles[0].largest == pytest.approx(9.0)
    assert spun.states["a"].name == "a-3.npz"
    assert np.allclose(spun.drift["a"], [0.9, 0.1])


def test_a_share_of_the_columns_is_enough_where_the_study_says_so(tmp_path: Path) -> None:
    do = drifting(tmp_path, {"a": [[9.0, 0.5], [9.0, 0.5]], "b": [[0.1], [0.1]]})
    assert len(spin_up(tiles("a", "b"), SpinUp(cycles=10, share=0.6), do).cycles) == 1


def test_it_ends_at_the_most_cycles(tmp_path: Path) -> None:
    do = drifting(tmp_path, {"a": [[9.0]] * 5})
    assert len(spin_up(tiles("a"), SpinUp(cycles=3), do).cycles) == 3


def test_a_tile_that_fails_leaves_the_others(tmp_path: Path) -> None:
    do = drifting(tmp_path, {"a": [[9.0]], "b": [[9.0], [0.1]]})
    spun = spin_up(tiles("a", "b"), SpinUp(cycles=5), do)
    assert spun.failed["a"].why == "broken"
    assert list(spun.states) == ["b"]
    assert len(spun.cycles) == 2


def test_a_column_without_a_number_has_not_settled(tmp_path: Path) -> None:
    do = drifting(tmp_path, {"a": [[np.nan, 0.1], [np.nan, 0.1]]})
    spun = spin_up(tiles("a"), SpinUp(cycles=2), do)
    assert [c.share for c in spun.cycles] == [0.5, 0.5]


def test_cycles_repeat_the_first_years() -> None:
    leap = Schedule(np.datetime64("2004-01-01T00:00:00"), 1800.0, 3650, 12, "day")
    assert leap.first_years(1).days == 366
    assert leap.first_years(2).days == 731
    assert YEAR.first_years(3).days == 365


def test_a_run_begins_where_its_spin_up_ended(weather: Path, whole: Simulation, tmp_path: Path) -> None:
    """Two cycles of 75 days, then the period: the third time through the same weather."""
    table = studies.study(weather, spinup={"cycles": 2, "drift": 1e-6})
    result = run_study(table, tmp_path / "run", workers=1, report=False)
    said = result.manifest["spinup"]["cycles"]
    assert [c["number"] for c in said] == [1, 2]
    found = result.spinup
    assert list(found.column) == [s["name"] for s in result.manifest["sites"]]
    assert (found.cycles == 2).all()
    assert not same(values(result), values(whole))
    begun = result.outputs.mrsol.values[0, 0].sum(axis=0)
    ended = result.outputs.mrsol.values[0, -1].sum(axis=0)
    assert np.all(np.abs(ended - begun) < 80)


def test_a_change_of_the_outputs_keeps_the_spin_up(weather: Path, tmp_path: Path) -> None:
    table = studies.study(weather, spinup={"cycles": 1}, period={"end": "2001-02-10"})
    run = tmp_path / "run"
    run_study(table, run, workers=1, report=False)
    before = {p: p.stat().st_mtime_ns for p in (run / "cache" / "states").iterdir()}
    longer = studies.study(weather, spinup={"cycles": 1}, period={"end": "2001-02-10"}, output={"every": "month"})
    result = run_study(longer, run, workers=1, report=False)
    after = {p: p.stat().st_mtime_ns for p in (run / "cache" / "states").iterdir()}
    assert after.keys() == before.keys()
    assert sum(after[p] != before[p] for p in before) == 2  # those of the two months of the period
    assert result.outputs.sizes["time"] == 2
