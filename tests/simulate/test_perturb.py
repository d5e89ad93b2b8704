"""Errors of the weather: their mean, spread and memory, and that cutting a run changes nothing."""

from __future__ import annotations

import time

import numpy as np
import pytest

from vadose.errors import ConfigError
from vadose.simulate.members import Member
from vadose.simulate.noise import autoregressive, streams, uniforms
from vadose.simulate.perturb import perturb
from vadose.simulate.study_ensemble import Perturbation

ERRORS = Perturbation(precipitation=0.5, shortwave=0.2, longwave=15.0, temperature=1.0, correlation=6.0)
SOMEBODY = Member("a", "vadose", number=1)
STEP = 3600.0
FIRST = 333_000  # steps since 1970


def weather(steps: int, cells: int) -> dict[str, np.ndarray]:
    values = {
        "precipitation": 1e-4,
        "shortwave": 300.0,
        "longwave": 300.0,
        "air_temperature": 285.0,
        "specific_humidity": 0.005,
    }
    return {name: np.full((steps, cells), value) for name, value in values.items()}


def disturbed(steps: int, index: np.ndarray, first: int = FIRST, seed: int = 1) -> dict[str, np.ndarray]:
    return perturb(weather(steps, index.size), ERRORS, SOMEBODY, index, first, seed=seed, step=STEP)


def test_errors_keep_the_mean_and_have_the_stated_spread() -> None:
    found = disturbed(3000, np.arange(300))
    assert found["precipitation"].mean() == pytest.approx(1e-4, rel=0.01)
    assert found["precipitation"].std() == pytest.approx(0.5e-4, rel=0.03)
    assert found["shortwave"].mean() == pytest.approx(300.0, rel=0.005)
    assert found["shortwave"].std() == pytest.approx(60.0, rel=0.02)
    assert found["longwave"].mean() == pytest.approx(300.0, abs=0.3)
    assert found["air_temperature"].std() == pytest.approx(1.0, rel=0.02)


def test_errors_are_forgotten_within_the_stated_hours() -> None:
    x = disturbed(3000, np.arange(300))["air_temperature"] - 285.0
    for hours in (1, 6, 12):
        assert np.mean(x[hours:] * x[:-hours]) == pytest.approx(np.exp(-hours / 6.0), abs=0.02)


def test_quantities_cells_and_members_are_independent() -> None:
    found = disturbed(5000, np.arange(40))
    x = [np.log(found["precipitation"]), found["longwave"]]
    assert abs(np.corrcoef(x[0].ravel(), x[1].ravel())[0, 1]) < 0.03
    assert np.abs(np.corrcoef(x[1].T) - np.eye(40)).max() < 0.25
    other = perturb(weather(5000, 40), ERRORS, Member("b", "vadose", number=2), np.arange(40), FIRST, seed=1, step=STEP)
    assert abs(np.corrcoef(x[1].ravel(), other["longwave"].ravel())[0, 1]) < 0.03


@pytest.mark.parametrize("begin", [1, 55, 56, 57, 500])
def test_any_stretch_of_time_and_cells_is_the_same_bit_for_bit(begin: int) -> None:
    """333 000 + 56 is where a block of 128 hours begins, at least 14 times the 6 h of memory."""
    index = np.array([3, 17, 900])
    whole, part = disturbed(600, index), disturbed(600 - begin, index[1:], FIRST + begin)
    for name, values in part.items():
        assert np.array_equal(whole[name][begin:, 1:], values)


def test_numbers_are_those_of_an_autoregressive_process_at_every_lag() -> None:
    """Also across the ends of blocks, 128 steps long, and for steps that lie far from powers of two in one."""
    x = autoregressive(streams(1, 1, "x", np.arange(20_000)), -300, 600, 6.0)
    rho = np.exp(-1.0 / 6.0)
    for t in (-2, -1, 0, 1, 5, 63, 64, 100, 127, 128):
        now = x[t + 300]
        assert now.var() == pytest.approx(1.0, abs=0.04)  # standard error 0.01
        for lag in (1, 2, 7, 30, 150):
            assert np.mean(now * x[t + 300 + lag]) == pytest.approx(rho**lag, abs=0.03)
        e = (x[t + 301] - rho * now) / np.sqrt(1.0 - rho**2)
        assert abs(np.mean(e * x[t + 299])) < 0.03  # Markov: what is new knows nothing of the step before


def test_a_memory_without_end_is_one_number_and_a_short_one_none() -> None:
    keys = streams(1, 1, "x", np.arange(2000))
    constant = autoregressive(keys, 5, 3, np.inf)
    assert np.array_equal(constant[0], constant[2]) and np.array_equal(constant, autoregressive(keys, 900, 3, np.inf))
    white = autoregressive(keys, 0, 50, 0.01)
    assert abs(np.mean(white[1:] * white[:-1])) < 0.02 and white.std() == pytest.approx(1.0, abs=0.02)


def test_the_relative_humidity_stays() -> None:
    found = disturbed(100, np.arange(5))
    warm = found["air_temperature"] > 285.0
    assert np.all((found["specific_humidity"] > 0.005) == warm)


def test_the_first_member_has_no_errors() -> None:
    assert perturb(weather(5, 2), ERRORS, Member("a", "vadose"), np.arange(2), 0, seed=1, step=STEP) == {}


def test_uniform_numbers_fill_the_unit_interval() -> None:
    u = uniforms(streams(7, 2, "parameter K_s", np.arange(100_000)))
    assert u.min() > 0.0 and u.max() < 1.0
    assert np.histogram(u, 20, (0.0, 1.0))[0] / 5000.0 == pytest.approx(np.ones(20), abs=0.06)


TABLE_3 = [[1.0, -0.8, 0.5, 0.0], [-0.8, 1.0, -0.5, 0.4], [0.5, -0.5, 1.0, 0.4], [0.0, 0.4, 0.4, 1.0]]
PLACES = (np.repeat(np.linspace(50.0, 50.4, 6), 6), np.tile(np.linspace(6.0, 6.6, 6), 6))


def members_of(table: Perturbation, count: int, steps: int = 1, cells: int = 36) -> dict[str, np.ndarray]:
    """Name -> [member, step, cell] normal numbers behind the weather of members 1 to `count`."""
    clean = weather(steps, cells)
    errors, found = table.errors, {}
    every = [
        perturb(
            clean, table, Member("a", "vadose", number=n), np.arange(cells), FIRST, seed=5, step=STEP, places=PLACES
        )
        for n in range(1, count + 1)
    ]
    for name, key in (("precipitation", "precipitation"), ("shortwave", "shortwave")):
        factor = np.stack([m[name] for m in every]) / clean[name]
        found[name] = np.log(factor / (errors.precipitation_factor if name == "precipitation" else 1.0))
        found[name] = found[name] / getattr(errors, key)
    found["longwave"] = (np.stack([m["longwave"] for m in every]) - 300.0) / errors.longwave
    found["temperature"] = (np.stack([m["air_temperature"] for m in every]) - 285.0) / errors.temperature
    return found


def test_table_3_is_one_error_a_member_with_its_correlations() -> None:
    """Zhao et al. (2025), Table 3: the same everywhere and always, ln of the factors without a mean, P times 0.95."""
    table = Perturbation(scheme="zhao25")
    x = members_of(table, 4000, steps=3, cells=2)
    for values in x.values():
        assert np.ptp(values, axis=(1, 2)).max() < 1e-9
    first = np.stack([values[:, 0, 0] for values in x.values()])
    assert np.abs(np.cov(first) - np.array(TABLE_3)).max() < 0.08  # standard error 0.02
    assert np.abs(first.mean(axis=1)).max() < 0.06
    one = perturb(weather(1, 1), table, SOMEBODY, np.arange(1), FIRST, seed=5, step=STEP)
    assert one["precipitation"][0, 0] == pytest.approx(1e-4 * 0.95 * np.exp(0.15 * x["precipitation"][0, 0, 0]))


def test_the_correlation_between_quantities_holds_in_time_and_in_space() -> None:
    """x_i(p, t) x_j(q, s) goes as C_ij times the correlation in space times that in time."""
    table = Perturbation(scheme="zhao25", correlation=6.0, length=20.0)
    x = members_of(table, 2500, steps=7)
    p, q = 0, 1  # 0.12 degrees of longitude apart: 8.58 km
    near = np.exp(-np.square(8.577 / 20.0))
    pairs = {("precipitation",) * 2: 1.0, ("precipitation", "shortwave"): -0.8, ("longwave", "temperature"): 0.4}
    for (a, b), C in pairs.items():
        assert np.mean(x[a][:, 0, p] * x[b][:, 0, p]) == pytest.approx(C, abs=0.08)
        assert np.mean(x[a][:, 0, p] * x[b][:, 6, p]) == pytest.approx(C * np.exp(-1.0), abs=0.08)
        assert np.mean(x[a][:, 0, p] * x[b][:, 6, q]) == pytest.approx(C * np.exp(-1.0) * near, abs=0.08)


@pytest.mark.parametrize("length", [0.0, 15.0, np.inf])
def test_a_field_is_the_same_however_the_run_is_cut(length: float) -> None:
    table = Perturbation(scheme="zhao25", correlation=5.0, length=length)
    index, some = np.arange(36), np.array([4, 11, 35])

    def part(which: np.ndarray, first: int, steps: int) -> dict[str, np.ndarray]:
        places = (PLACES[0][which], PLACES[1][which])
        return perturb(weather(steps, which.size), table, SOMEBODY, which, first, seed=1, step=STEP, places=places)

    whole, cut = part(index, FIRST, 200), part(some, FIRST + 77, 100)
    for name, values in cut.items():
        assert np.array_equal(whole[name][77:177, some], values)


def test_only_what_has_an_error_is_changed() -> None:
    two = Perturbation(scheme="zhao25", shortwave=0.0, longwave=0.0)
    found = perturb(weather(2, 2), two, SOMEBODY, np.arange(2), 0, seed=1, step=STEP)
    assert sorted(found) == ["air_temperature", "precipitation", "specific_humidity"]
    drier = perturb(weather(2, 2), Perturbation(precipitation_factor=0.5), SOMEBODY, np.arange(2), 0, seed=1, step=STEP)
    assert sorted(drier) == ["precipitation"] and np.all(drier["precipitation"] == 0.5e-4)


def test_a_field_without_places_says_so() -> None:
    with pytest.raises(ConfigError, match="needs the places"):
        perturb(weather(2, 2), Perturbation(longwave=1.0, length=5.0), SOMEBODY, np.arange(2), 0, seed=1, step=STEP)


@pytest.mark.slow
def test_errors_cost_a_small_share_of_the_model() -> None:
    """Days one by one, as an assimilation reads them, of 900 columns; the model takes 3 us a column and step."""
    lat, lon = np.repeat(50.0 + 0.0045 * np.arange(30), 30), np.tile(6.0 + 0.007 * np.arange(30), 30)
    table, clean = Perturbation(scheme="zhao25", correlation=24.0, length=10.0), weather(24, 900)

    def days(count: int) -> float:
        began = time.process_time()
        for day in range(count):
            perturb(clean, table, SOMEBODY, np.arange(900), 24 * day, seed=1, step=STEP, places=(lat, lon))
        return (time.process_time() - began) / (count * 24 * 900)

    days(2)
    assert days(30) < 0.5e-6
