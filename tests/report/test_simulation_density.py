"""Distributions of soil moisture in the report, of members and of observations."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from tests.report.simulation_fixture import write_simulation
from tests.report.test_simulation import data

from vadose.report import write_report
from vadose.report.simulation_density import MOST_BINS, beside_observed, densities
from vadose.report.simulation_series import EDGES, Reduced


def test_an_observed_series_has_its_density_beside_the_members(tmp_path: Path) -> None:
    run = write_simulation(tmp_path / "run", sites=2, members=3, days=400)
    write_report(run)
    moisture, heat = data(run, "observed")
    assert "density" not in heat
    found = moisture["density"]
    width = np.diff(found["edges"])
    assert len(found["members"]) == 3
    for curve in (found["observed"], *found["members"]):
        assert np.dot(curve, width) == pytest.approx(1.0, abs=1e-3)


def test_members_count_at_the_times_of_the_observations_alone() -> None:
    seen = np.where(np.arange(100) < 50, 0.2, np.nan)
    members = np.where(np.arange(100) < 50, 0.3, 0.1)[None]
    found = beside_observed(seen, members)
    assert found is not None
    middle = 0.5 * (found["edges"][1:] + found["edges"][:-1])
    assert middle[np.argmax(found["observed"])] == pytest.approx(0.2, abs=0.01)
    assert found["members"][0][middle < 0.28].sum() == 0.0


def test_densities_approach_that_of_the_distribution() -> None:
    draw = np.random.default_rng(5).normal(0.25, 0.05, 40_000)
    found = beside_observed(draw, draw[None])
    assert found is not None
    middle = 0.5 * (found["edges"][1:] + found["edges"][:-1])
    np.testing.assert_allclose(found["observed"], stats.norm(0.25, 0.05).pdf(middle), atol=0.35)


def test_few_values_and_members_without_any_draw_nothing() -> None:
    assert beside_observed(np.full(9, 0.2), np.full((1, 9), 0.2)) is None
    found = beside_observed(np.full(30, 0.2), np.full((2, 30), np.nan))
    assert found is not None and np.isnan(found["members"]).all()


def test_wide_distributions_have_wider_bins_of_the_same_area() -> None:
    counts = np.zeros((2, EDGES.size - 1))
    counts[:, 10:150] = 1.0
    reduced = Reduced([], np.empty((0, 2)), np.array([0.0]), np.array([1.0]), density={"top_layer": counts})
    found = densities(reduced)["top_layer"]
    assert found["members"].shape[1] <= MOST_BINS
    assert found["members"] @ np.diff(found["edges"]) == pytest.approx([1.0, 1.0])
    assert found["members"].max() == pytest.approx(1.0 / (140 * 0.005))


def test_observations_say_the_span_that_they_cover(tmp_path: Path) -> None:
    import xarray as xr

    run = write_simulation(tmp_path / "run", sites=1, members=1, days=400)
    with xr.open_dataset(run / "observations.nc", decode_times=False) as file:
        held = file.load()
    held["observation_1"].values[:100] = np.nan
    held["observation_1"].values[100] = 0.2
    held["observation_1"].values[199] = 0.2
    held["observation_1"].values[200:] = np.nan
    held.to_netcdf(run / "observations.nc")
    write_report(run)
    assert data(run, "observed")[0]["span"] == [14610.0 + 100, 14610.0 + 200]
