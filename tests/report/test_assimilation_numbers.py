"""Numbers behind the figures of an assimilation's report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from tests.report.simulation_fixture import write_simulation

from vadose.report.assimilation_analysis import Analyses, moments
from vadose.report.assimilation_consistency import (
    at_places,
    consistency,
    expected_size,
    memory,
    normalised,
    spread_skill,
)
from vadose.report.assimilation_observed import assimilated, place_names
from vadose.report.assimilation_parameters import USDA, Parameters, densities, members_at, triangle
from vadose.report.assimilation_series import places_of, reduce_ensemble
from vadose.report.simulation_data import read_simulation
from vadose.soil.classes import USDA_POLYGONS


def analyses(observed: np.ndarray, forecast: np.ndarray, spread: float = 0.03, error: float = 0.04) -> Analyses:
    """Analyses at places of one set, [time, place]."""
    times, places = observed.shape
    full = np.full(observed.shape, 1.0)
    none = np.zeros((1, 1))
    return Analyses(
        np.arange(times, dtype=float), ["satellite"], np.arange(places, dtype=float), np.zeros(places),
        np.zeros(places, int), observed, error * full, np.isfinite(observed).astype(int), forecast, spread * full,
        forecast, spread * full, np.zeros(1, int), none, none, np.zeros(1), np.zeros(times), ["2000-01"], none,
        np.zeros((2, times, 1)), members=16,
    )  # fmt: skip


def test_moments_leave_out_what_is_missing() -> None:
    mean, sd = moments(np.array([[1.0, np.nan, 3.0], [np.nan] * 3, [2.0, np.nan, np.nan]]), axis=1)
    np.testing.assert_allclose(mean, [2.0, np.nan, 2.0])
    np.testing.assert_allclose(sd, [np.sqrt(2.0), np.nan, 0.0])


def test_innovations_of_the_expected_size_have_a_mean_square_of_one() -> None:
    draw = np.random.default_rng(1)
    zero = np.zeros((4000, 2))
    size = float(expected_size(analyses(zero, zero))[0, 0])
    assert size == pytest.approx(np.sqrt(17 / 16 * 0.03**2 + 0.04**2))
    a = analyses(size * draw.standard_normal(zero.shape), zero)
    found = consistency(a)
    assert found is not None and found["n"] == 8000 and found["counts"].sum() == 8000
    assert found["chi"] == pytest.approx(1.0, abs=4 * np.sqrt(2 / 8000))
    assert found["memory"]["band"] == pytest.approx(1.96 / np.sqrt(8000))
    assert np.abs(found["memory"]["r"][1:]).max() < 2 * found["memory"]["band"]
    np.testing.assert_allclose(found["skill"]["met"], found["skill"]["expected"], rtol=0.06)


def test_what_was_refused_does_not_count() -> None:
    observed = np.array([[1.0], [2.0], [np.nan]])
    a = analyses(observed, np.zeros((3, 1)))
    a.status[1] = 2
    assert np.isfinite(normalised(a)).ravel().tolist() == [True, False, False]
    a.status[:] = 2
    assert consistency(a) is None


def test_memory_of_an_ar1_series_falls_geometrically() -> None:
    draw = np.random.default_rng(2)
    x = draw.standard_normal((20_000, 2))
    for t in range(1, len(x)):
        x[t] += 0.6 * x[t - 1]
    found = memory(x)
    assert found is not None
    np.testing.assert_allclose(found["r"][:4], 0.6 ** np.arange(4), atol=0.03)
    assert memory(x[:5]) is None


def test_classes_of_spread_have_equal_counts() -> None:
    draw = np.random.default_rng(3)
    a = analyses(draw.standard_normal((100, 1)), np.zeros((100, 1)))
    a.forecast_sd = np.linspace(0.01, 0.2, 100)[:, None]
    found = spread_skill(a, a.observed)
    assert found is not None and found["counts"] == [20] * 5
    assert found["expected"] == sorted(found["expected"])
    assert spread_skill(analyses(np.full((3, 1), np.nan), np.zeros((3, 1))), np.full((3, 1), np.nan)) is None


def test_gain_at_places_is_against_the_open_loop() -> None:
    draw = np.random.default_rng(4)
    truth = draw.standard_normal((50, 3))
    off = draw.standard_normal((50, 3))
    truth[:45, 2] = np.nan  # too few
    found = at_places(analyses(truth, truth + 0.5 * off), analyses(truth, truth + off))
    assert found is not None
    np.testing.assert_allclose(found["ner"], [50.0, 50.0, np.nan])
    want = (
        np.corrcoef(truth[:, 0], (truth + 0.5 * off)[:, 0])[0, 1] - np.corrcoef(truth[:, 0], (truth + off)[:, 0])[0, 1]
    )
    assert found["delta_r"][0] == pytest.approx(want) and found["delta_r"][0] > 0
    assert at_places(analyses(truth, truth), analyses(truth[:, :2], truth[:, :2])) is None


def test_the_mean_of_a_set_is_over_what_was_seen() -> None:
    observed = np.array([[0.1, 0.3], [np.nan, 0.2], [np.nan, np.nan]])
    a = analyses(observed, np.array([[0.2, 0.2], [0.9, 0.1], [0.5, 0.5]]))
    a.status[1, 1] = 2
    mean, first, second = assimilated([a, None])
    assert mean["name"] == "satellite, mean of 2 places" and mean["days"].tolist() == [0.0, 1.0]
    assert mean["observed"]["max"] == pytest.approx(0.2) and mean["experiments"][1] is None
    assert mean["experiments"][0][0] == {
        **mean["experiments"][0][0],
        "min": pytest.approx(0.1),
        "max": pytest.approx(0.2),
    }
    assert mean["refused"].tolist() == [0, 1] and second["refused"].tolist() == [0, 1]
    assert first["name"].startswith("satellite, 0.000") and first["days"].tolist() == [0.0]
    a.names = ["north", "south"]
    assert place_names(a) == ["satellite, north", "satellite, south"]


def parameters(cells: int) -> Parameters:
    draw = np.random.default_rng(5)
    sand = draw.normal(40.0, 5.0, (12, cells))
    log = draw.normal(-5.0, 0.5, (12, cells))
    held = {
        "sand": {"prior": sand, "posterior": sand + 5.0}, "clay": {"prior": 0.5 * sand, "posterior": 0.5 * sand},
        "K_s": {"prior": 10.0**log, "posterior": 10.0 ** (0.5 * log - 2.5)},
    }  # fmt: skip
    return Parameters(held, {"sand": "%", "clay": "%", "K_s": "m s-1"})


def test_borders_of_texture_classes_are_those_of_the_soil() -> None:
    assert {n: tuple(c) for n, c in USDA.items()} == USDA_POLYGONS


def test_densities_are_of_one_and_conductivity_is_logarithmic() -> None:
    found = {d["name"]: d for d in densities({"joint": parameters(30)}, {"sand": np.full(30, 55.0)})}
    assert found["K_s"]["log"] and not found["sand"]["log"]
    for d in found.values():
        for kind in ("prior", "posterior"):
            assert np.trapezoid(d["sets"]["joint"][kind], d["x"]) == pytest.approx(1.0, abs=0.03)
    assert found["K_s"]["sets"]["joint"]["posterior_mean"] == pytest.approx(-5.0, abs=0.1)
    assert found["K_s"]["sets"]["joint"]["posterior_sd"] == pytest.approx(0.25, rel=0.15)
    assert found["sand"]["truth"] == {"mean": 55.0, "density": None} and found["clay"]["truth"] is None


def test_few_cells_are_points_and_many_are_shares() -> None:
    p = parameters(3)
    few = triangle(p, ["a", "b", "c"])
    assert few is not None and few["points"]["names"] == ["a", "b", "c"]
    np.testing.assert_allclose(few["points"]["posterior"][0], p.values["sand"]["posterior"].mean(axis=0))
    many = triangle(parameters(200), [""] * 200)
    assert many is not None and many["cells"] == 200 and many["bins"]["prior"]["share"].sum() == pytest.approx(1.0)
    members = members_at(p, 1)
    assert members is not None and members["prior"][0].tolist() == p.values["sand"]["prior"][:, 1].tolist()
    assert p.moved("sand") and not p.moved("clay")
    assert triangle(Parameters({"K_s": p.values["K_s"]}, {}), []) is None


def test_hours_of_the_day_are_those_of_the_outputs(tmp_path: Path) -> None:
    variables = ("soil_moisture", "evapotranspiration")
    run = read_simulation(
        write_simulation(tmp_path / "run", sites=1, members=3, days=320, hours=3, variables=variables)
    )
    with run.outputs() as outputs:
        found = reduce_ensemble(run, outputs, places_of(run, 3, []), set())
    with xr.open_dataset(tmp_path / "run" / "outputs.nc") as file:
        flux = 86400.0 * file["evspsbl"].values[:, :, 0]
    assert found.hours.tolist() == [1.5, 4.5, 7.5, 10.5, 13.5, 16.5, 19.5, 22.5]
    np.testing.assert_allclose(found.diurnal[:, 0], flux.mean(axis=0).reshape(320, 8).mean(axis=0), rtol=1e-5)
    # More intervals than are drawn become days.
    assert found.members.starts.size == 320
    daily = flux.mean(axis=0).reshape(320, 8).mean(axis=1)
    np.testing.assert_allclose(found.mean["evapotranspiration"][:, 0], daily, rtol=1e-4)
