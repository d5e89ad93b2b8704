"""Errors of the weather: their mean, spread and memory, and that cutting a run changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

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


@pytest.mark.parametrize("begin", [1, 83, 84, 85, 500])
def test_any_stretch_of_time_and_cells_is_the_same_bit_for_bit(begin: int) -> None:
    """84 hours is the block in which the recursion begins anew."""
    index = np.array([3, 17, 900])
    whole, part = disturbed(600, index), disturbed(600 - begin, index[1:], FIRST + begin)
    for name, values in part.items():
        assert np.array_equal(whole[name][begin:, 1:], values)


def test_blocks_join_without_a_seam() -> None:
    keys = streams(1, 1, "x", np.arange(50))
    x = autoregressive(keys, 0, 1000, 6.0)
    rho = np.exp(-1.0 / 6.0)
    e = (x[1:] - rho * x[:-1]) / np.sqrt(1.0 - rho**2)
    seams = np.arange(84, 1000, 84) - 1
    assert e[seams].std() == pytest.approx(1.0, abs=0.1)
    assert abs(np.mean(e[seams] * x[seams])) < 0.15


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
