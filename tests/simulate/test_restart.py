"""Restarts go on bit for bit, and refuse what does not fit."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from tests.simulate import studies
from tests.simulate.studies import same, state, values

from vadose.errors import DataError
from vadose.simulate.restart import FILE
from vadose.simulate.result import Simulation
from vadose.simulate.run import run_study


@pytest.fixture(scope="module")
def first(weather: Path, tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    """The first month."""
    table = studies.study(weather, period={"end": "2001-01-31"})
    return run_study(table, tmp_path_factory.mktemp("first") / "run", workers=1, report=False)


def go_on(first: Simulation, weather: Path, folder: Path, **tables: Any) -> Simulation:
    table = studies.study(weather, initial={"restart": str(first.run)}, period={"start": "2001-02-01"})
    return run_study(table | tables, folder, workers=1, report=False)


def test_two_halves_are_the_whole(first: Simulation, weather: Path, whole: Simulation, tmp_path: Path) -> None:
    second = go_on(first, weather, tmp_path / "run")
    assert same(state(second), state(whole))
    a, b, both = values(first), values(second), values(whole)
    for name in (n for n in both if not n.endswith("bnds")):
        assert np.array_equal(np.concatenate([a[name], b[name]], axis=1), both[name], equal_nan=True), name


def test_the_file_says_what_it_is(first: Simulation) -> None:
    with netCDF4.Dataset(first.restart) as file:
        assert file.time == "2001-02-01T00:00:00"
        assert file.vadose_version
        group = file.groups["noahmp"]
        assert group.preset == "noahmp"
        assert np.allclose(group.layers, [0.1, 0.3, 0.6, 1.0])
        assert '"heat": "noah"' in group.choices
        assert group["soil_liquid"].dtype == np.float64
        assert group["soil_liquid"].dimensions == ("member", "layer", "cell")


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"model": {"preset": "vadose"}}, "preset 'noahmp', expected 'vadose'"),
        ({"model": {"preset": "noahmp", "layers": [0.1, 0.4, 0.5, 1.0]}}, "soil layers"),
        ({"model": {"preset": "noahmp", "options": {"snowpack": "five-layers"}}}, "snow.*layers"),
    ],
)
def test_another_model_is_refused(
    tables: dict[str, Any], said: str, first: Simulation, weather: Path, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=said):
        go_on(first, weather, tmp_path / "run", **tables)


def test_another_grid_is_refused(first: Simulation, weather: Path, tmp_path: Path) -> None:
    sites = studies.study(weather)["sites"]
    with pytest.raises(DataError, match="another grid"):
        go_on(first, weather, tmp_path / "run", sites=sites[:2])
    sites[0]["name"] = "Elsewhere"
    with pytest.raises(DataError, match="another grid"):
        go_on(first, weather, tmp_path / "run", sites=sites)


def test_a_state_that_is_not_finite_is_named(first: Simulation, weather: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(first.run / FILE.parent, broken / FILE.parent)
    with netCDF4.Dataset(broken / FILE, "a") as file:
        file["noahmp/soil_temperature"][0, 1, 2] = np.nan
    with pytest.raises(DataError, match=r"soil\.temperature.*not finite at 62\.000 N"):
        go_on(Simulation(broken), weather, tmp_path / "run")


def test_a_file_that_is_none_is_refused(weather: Path, tmp_path: Path) -> None:
    table = studies.study(weather, initial={"restart": str(weather)})
    with pytest.raises(DataError, match="another grid"):
        run_study(table, tmp_path / "run", workers=1, report=False)
