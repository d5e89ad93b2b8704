"""Benchmarks: the bucket closes its water, equations give published numbers, regressions find what made the data."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose.constants import STEFAN_BOLTZMANN, VAPOUR_RATIO
from vadose.data.forcing import ForcingSource, open_forcing
from vadose.data.forcing.air import saturation_pressure, specific_humidity
from vadose.grid.cells import Cells
from vadose.grid.latlon import Sites
from vadose.simulate.baselines import baselines, fine_bounds
from vadose.simulate.baselines_bucket import Bucket, penman_monteith
from vadose.simulate.baselines_regression import clustered, folds, linear
from vadose.simulate.baselines_weather import EMISSIVITY, MEANS, Weather, grouped, weather_of
from vadose.simulate.observations import Observed, Target, observe
from vadose.simulate.scores import score_target
from vadose.simulate.study_output import Observation

START = np.datetime64("2001-01-01", "s")
WKG = "data/insitu/WalnutGulch_AmeriFlux_COSMOS/WKG"


def bounds(steps: int, hours: int = 24) -> np.ndarray:
    edges = START + np.arange(steps + 1) * np.timedelta64(hours, "h")
    return np.stack([edges[:-1], edges[1:]], axis=1)


def weather(steps: int, columns: int = 1, seed: int = 0, hours: int = 24) -> Weather:
    """Random weather with seasons, snow, droughts and downpours."""
    draw = np.random.default_rng(seed)
    season = np.sin(2 * np.pi * np.arange(steps) * hours / 8766.0)[:, None]
    shape = (steps, columns)
    T = 280.0 - 18.0 * season + draw.normal(0, 5, shape)
    pressure = np.full(shape, 9.0e4)
    wet = draw.random(shape) < 0.3
    return Weather(
        bounds(steps, hours),
        shortwave=np.maximum(180.0 - 120.0 * season + draw.normal(0, 60, shape), 0.0),
        longwave=300.0 + draw.normal(0, 40, shape),
        air_temperature=T,
        specific_humidity=specific_humidity(draw.uniform(0.2, 1.0, shape) * saturation_pressure(T), pressure),
        pressure=pressure,
        wind=draw.uniform(0.0, 10.0, shape),
        precipitation=np.where(wet, draw.gamma(0.5, 20.0, shape), 0.0) / 86400.0,
        snow_fraction=np.where(draw.random(shape) < 0.5, np.nan, np.clip((275.0 - T) / 4.0, 0.0, 1.0)),
        reference_height=10.0,
    )


@given(st.integers(0, 10**6), st.sampled_from([1, 24]), st.floats(10.0, 500.0), st.floats(0.05, 1.0))
def test_a_bucket_closes_its_water(seed: int, hours: int, capacity: float, critical: float) -> None:
    made = weather(300, 5, seed, hours)
    bucket = Bucket(capacity=capacity, critical=critical)
    filled = bucket.run(made)
    fallen = made.precipitation * made.seconds
    out = (filled.evaporation + filled.sublimation + filled.runoff) * made.seconds
    stored = filled.water + filled.snow
    before = np.concatenate([np.full((1, 5), 0.5 * capacity), stored[:-1]])
    assert np.abs(before + fallen - out - stored).max() <= 1e-12 * (capacity + fallen.sum(axis=0).max())
    total = 0.5 * capacity + fallen.sum(axis=0) - out.sum(axis=0) - stored[-1]
    assert np.abs(total).max() <= 1e-12 * (capacity + fallen.sum(axis=0).max()) * 10
    for flux in (filled.evaporation, filled.sublimation, filled.runoff):
        assert flux.min() >= 0.0
    assert filled.water.min() >= 0.0 and filled.water.max() <= capacity * (1 + 1e-14) and filled.snow.min() >= 0.0


def test_a_full_bucket_evaporates_as_priestley_and_taylor_and_a_dry_one_decays() -> None:
    made = weather(60)
    still = replace(
        made, precipitation=np.zeros((60, 1)), shortwave=np.full((60, 1), 250.0),
        air_temperature=np.full((60, 1), 293.15), longwave=np.full((60, 1), 350.0), pressure=np.full((60, 1), 101325.0),
    )  # fmt: skip
    bucket = Bucket(critical=1.0)
    filled = bucket.run(still, np.array([150.0]))
    potential = bucket.potential(still)[0, 0]
    assert filled.evaporation[0, 0] == pytest.approx(potential, rel=1e-12)
    rate = potential * 86400.0 / 150.0
    np.testing.assert_allclose(filled.water[:, 0], 150.0 * (1.0 - rate) ** np.arange(1, 61), rtol=1e-12)
    # s / (s + gamma) at 20 C and sea level is 0.685 (Priestley and Taylor 1972 table 1 gives 0.68).
    share = still.slope / (still.slope + still.psychrometric)
    assert share[0, 0] == pytest.approx(0.685, abs=0.005)


def test_snow_melts_by_the_degree_day() -> None:
    made = weather(4)
    cold = replace(
        made, precipitation=np.zeros((4, 1)), shortwave=np.zeros((4, 1)), longwave=np.full((4, 1), 150.0),
        air_temperature=np.full((4, 1), 273.15 + 2.0),
    )  # fmt: skip
    filled = Bucket(degree_day=3.0).run(cold, np.array([0.0]), np.array([20.0]))
    np.testing.assert_allclose(filled.snow[:, 0], [14.0, 8.0, 2.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(filled.water[:, 0], [6.0, 12.0, 18.0, 20.0], atol=1e-12)


def test_a_settled_bucket_repeats_its_year() -> None:
    year = weather(365, 3)
    filled = Bucket().settled(year)
    again = Bucket().run(year, filled.water[-1], filled.snow[-1])
    assert np.abs(again.water[-1] - filled.water[-1]).max() < 0.2


def test_penman_monteith_gives_the_day_of_brussels() -> None:
    """Allen et al. (1998) example 18: 6 July at Uccle, 3.88 mm (es - ea 0.589 kPa, u2 2.078 m s-1, Rn 13.28 MJ m-2)."""
    T = np.array([[16.9 + 273.15]])
    e = saturation_pressure(T) - 589.0
    p = np.array([[100100.0]])
    net = 13.28e6 / 86400.0
    sky = (net - 0.77 * 255.4) / EMISSIVITY + STEFAN_BOLTZMANN * T**4
    zero = np.zeros((1, 1))
    q = VAPOUR_RATIO * e / (p - (1 - VAPOUR_RATIO) * e)
    day = Weather(bounds(1), zero + 255.4, sky, T, q, p, zero + 2.078, zero, zero, reference_height=2.0)
    made = penman_monteith(day)
    assert made["net_radiation"][0, 0] == pytest.approx(net, rel=1e-12)
    assert made["evapotranspiration"][0, 0] * 86400.0 == pytest.approx(3.88, abs=0.06)
    assert made["sensible_heat"][0, 0] == pytest.approx(net - made["latent_heat"][0, 0], rel=1e-12)


def test_a_known_regression_is_found_out_of_sample() -> None:
    draw = np.random.default_rng(0)
    starts = bounds(1461)[:, 0]
    x = draw.normal(0, 1, (2, 1461))
    y = 3.0 + 2.0 * x[0] - 0.5 * x[1]
    held = folds(starts, y)
    assert held.how == "one calendar year left out at a time" and np.unique(held.part).size == 4
    np.testing.assert_allclose(linear(x, y, held.part), y, atol=1e-10)
    gappy = np.where(draw.random(1461) < 0.4, np.nan, y)
    np.testing.assert_allclose(linear(x, gappy, held.part), y, atol=1e-10)


def test_clusters_find_a_law_that_bends_and_one_line_does_not() -> None:
    draw = np.random.default_rng(1)
    x = draw.uniform(-2, 2, (3, 3000))
    y = x[0] ** 2 + np.abs(x[1]) + 0.1 * draw.normal(0, 1, 3000)
    part = folds(bounds(3000)[:, 0], y).part
    straight, bent = linear(x, y, part), clustered(x, y, part)
    assert np.corrcoef(y, straight)[0, 1] < 0.2 < 0.9 < np.corrcoef(y, bent)[0, 1]
    np.testing.assert_array_equal(bent, clustered(x, y, part))


def test_noise_is_not_predicted() -> None:
    draw = np.random.default_rng(2)
    x, y = draw.normal(0, 1, (3, 2000)), draw.normal(0, 1, 2000)
    part = folds(bounds(2000)[:, 0], y).part
    assert abs(np.corrcoef(y, clustered(x, y, part))[0, 1]) < 0.08


def test_short_records_leave_out_every_other_ten_days() -> None:
    starts = bounds(365)[:, 0]
    held = folds(starts, np.ones(365))
    assert held.how == "every other ten days left out"
    np.testing.assert_array_equal(held.part[[0, 9, 10, 19, 20]], [0, 0, 1, 1, 0])


def test_weather_is_read_in_blocks_and_averaged() -> None:
    fine = weather(24 * 40, 2, hours=1)

    def read(first: np.datetime64, last: np.datetime64) -> object:
        rows = (fine.bounds[:, 0] >= first) & (fine.bounds[:, 0] < last)
        parts = {name: getattr(fine, name)[rows] for name in MEANS}
        return SimpleNamespace(times=fine.bounds[rows, 0], reference_height=10.0, **parts)

    daily = weather_of(read, bounds(40), block=7)
    again = grouped(replace(fine, snow_fraction=fine.shortwave), bounds(40))
    for name in set(MEANS) - {"snow_fraction"}:
        mean = getattr(fine, name).reshape(40, 24, 2).mean(axis=1)
        np.testing.assert_allclose(getattr(daily, name), mean, rtol=1e-12)
        np.testing.assert_allclose(getattr(again, name), mean, rtol=1e-12)


def test_a_bucket_sees_days_where_outputs_are_months() -> None:
    edges = np.array(["2001-01-01", "2001-02-01", "2001-03-01"], "datetime64[s]")
    months = np.stack([edges[:-1], edges[1:]], axis=1)
    assert fine_bounds(months).shape == (59, 2)
    assert fine_bounds(bounds(5)) is not None and fine_bounds(bounds(5)).shape == (5, 2)
    days = weather(59)

    def read(columns: np.ndarray, first: np.datetime64, last: np.datetime64) -> object:
        rows = (days.bounds[:, 0] >= first) & (days.bounds[:, 0] < last)
        return SimpleNamespace(times=days.bounds[rows, 0], reference_height=10.0,
                               **{n: getattr(days, n)[rows] for n in MEANS})  # fmt: skip

    observed = Observed(months, (Target("LE", "latent_heat", "W m-2", np.array([20.0, 30.0]), 0, 0, ""),))
    made = baselines(observed, read).series["bucket"]["LE"]
    expected = Bucket().settled(days).series("latent_heat")
    assert expected is not None
    np.testing.assert_allclose(made, [expected[:31].mean(), expected[31:].mean()], rtol=1e-12)


@pytest.mark.slow
def test_benchmarks_of_kendall_grassland(vadose_data: Path) -> None:
    """At this dry place the bucket knows the rain of weeks ago, which no regression on today's weather does."""
    table = str(vadose_data / WKG / "stdfmt/WKG.stdfmt.daily.txt")
    files = open_forcing(
        ForcingSource(
            table, lat=31.7365, lon=-109.9419, elevation=1531.0, gaps="fill", longest_gap=60.0, linear_gap=48.0
        )
    )
    start = files.times(1800.0)[0]
    edges = start + np.arange(3163) * np.timedelta64(1, "D")
    days = np.stack([edges[:-1], edges[1:]], axis=1)
    cells = Cells.whole(Sites(np.array([31.7365]), np.array([-109.9419]), ("Kendall",)))
    studied = [
        Observation("LE", table, "latent_heat", utc_offset=-7.0),
        Observation("H", table, "sensible_heat", utc_offset=-7.0),
    ]
    observed = observe(studied, days, cells)
    made = baselines(observed, lambda columns, a, b: files.read(1800.0, columns, a, b))
    assert "one calendar year left out" in made.notes[0]
    found = {}
    for target in observed.targets:
        for row in score_target(target, days, {n: s[target.name] for n, s in made.series.items()}):
            found[row["member"], row["observation"], row["metric"]] = row
    assert found["bucket", "LE", "nse"]["value"] > 0.6
    assert found["3km27", "LE", "nse"]["value"] == pytest.approx(0.556, abs=0.05)
    assert found["1lin", "LE", "nse"]["high"] < 0.1
    assert found["bucket", "LE", "rmse"]["high"] < found["1lin", "LE", "rmse"]["low"]
    assert found["1lin", "H", "correlation"]["value"] > 0.8 and found["penman-monteith", "LE", "bias"]["low"] > 50.0


@pytest.mark.slow
def test_benchmarks_of_a_wet_meadow_and_of_mountain_snow(vadose_data: Path) -> None:
    """Where water is never short today's weather says nearly all; snow that lies it does not know, a bucket does."""
    folder = vadose_data / "data/insitu/AT-Neu_and_Bourne_rsplash"
    neustift, bourne = (str(folder / name) for name in ("ATNeu_example_forcing.csv.gz", "Bourne_forcing.csv.gz"))
    found: dict[tuple[str, str], float] = {}
    for path, variable, lat, lon, hours in (
        (neustift, "evapotranspiration", 47.117, 11.32, 1.0),
        (bourne, "snow_water", 44.83, -118.19, -8.0),
    ):
        files = open_forcing(
            ForcingSource(path, lat=lat, lon=lon, elevation=1400.0, gaps="fill", longest_gap=400.0, linear_gap=48.0,
                          assumed={"wind": 2.0})
        )  # fmt: skip
        times = files.times(3600.0)
        edges = times[0] + np.arange(times.size // 24 + 1) * np.timedelta64(1, "D")
        days = np.stack([edges[:-1], edges[1:]], axis=1)
        cells = Cells.whole(Sites(np.array([lat]), np.array([lon]), ("here",)))
        observed = observe([Observation("o", path, variable, utc_offset=hours)], days, cells)
        made = baselines(observed, partial(files.read, 3600.0))
        for row in score_target(observed.targets[0], days, {n: s["o"] for n, s in made.series.items()}):
            if row["metric"] == "nse":
                found[variable, row["member"]] = row["value"]
    assert found["evapotranspiration", "3km27"] == pytest.approx(0.891, abs=0.03)
    assert found["evapotranspiration", "penman-monteith"] > 0.85 > found["evapotranspiration", "2lin"] > 0.8
    assert found["snow_water", "bucket"] == pytest.approx(0.854, abs=0.03)
    assert found["snow_water", "3km27"] < 0.6 and found["snow_water", "1lin"] < 0.1
