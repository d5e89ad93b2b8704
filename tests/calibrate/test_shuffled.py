"""The shuffled complex evolution: its engines, its random numbers, its budget, and the minima it must find."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numba import njit
from tests.calibrate.standard_functions import FUNCTIONS

from vadose.calibrate import sceua
from vadose.calibrate.shuffled import Evolution, Minimum, Stop
from vadose.calibrate.shuffled_steps import choose, first_states, uniform
from vadose.errors import ConfigError, DataError

LOW, HIGH = np.array([-5.0, -2.0]), np.array([5.0, 8.0])
FIELDS = ("x", "value", "evaluations", "loops", "stop", "spread")


@njit
def valley(x: Any, data: Any) -> Any:
    """Rosenbrock with its minimum at (data, data^2), infeasible where x0 > 3."""
    if x[0] > 3.0:
        return np.nan
    a, b = x[0] - data[0], x[1] - x[0] * x[0]
    return 100.0 * b * b + a * a


def valley_of_arrays(x: np.ndarray, data: np.ndarray) -> np.ndarray:
    a, b = x[..., 0] - data[:, None, 0], x[..., 1] - x[..., 0] * x[..., 0]
    return np.where(x[..., 0] > 3.0, np.nan, 100.0 * b * b + a * a)


def places(cells: int) -> np.ndarray:
    return np.linspace(-1.0, 2.0, cells)[:, None]


def same(one: Minimum, other: Minimum) -> None:
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@pytest.mark.parametrize("evaluations", [20, 33, 301, 2000])
@pytest.mark.parametrize("evolution", [Evolution(), Evolution(offspring=3, members=8, parents=4, steps=2, loops=3)])
def test_both_engines_give_the_same_numbers(evaluations: int, evolution: Evolution) -> None:
    settings: dict[str, Any] = {"evaluations": evaluations, "complexes": 2, "seed": 5, "evolution": evolution}
    data = places(17)
    compiled = sceua(valley, LOW, HIGH, data=data, start=[0.5, 0.5], **settings)
    arrays = sceua(valley_of_arrays, LOW, HIGH, data=data, start=[0.5, 0.5], **settings)
    same(compiled, arrays)


@pytest.mark.parametrize("objective", [valley, valley_of_arrays])
def test_the_numbers_do_not_depend_on_tiling_or_order(objective: Callable[..., Any]) -> None:
    data, streams = places(12), np.arange(1000, 1012)
    whole = sceua(objective, LOW, HIGH, data=data, streams=streams, evaluations=300)
    shuffled = np.random.default_rng(0).permutation(12)
    for tile in (shuffled, shuffled[:5], shuffled[5:6]):
        part = sceua(objective, LOW, HIGH, data=data[tile], streams=streams[tile], evaluations=300)
        np.testing.assert_array_equal(part.x, whole.x[tile])
        np.testing.assert_array_equal(part.evaluations, whole.evaluations[tile])


def test_seeds_and_streams_give_other_searches() -> None:
    found = [sceua(valley, LOW, HIGH, data=places(3), seed=s, evaluations=100).x for s in (0, 1, 0)]
    np.testing.assert_array_equal(found[0], found[2])
    assert np.all(found[0] != found[1])
    twins = sceua(valley, LOW, HIGH, data=np.zeros((2, 1)), evaluations=100)
    assert np.all(twins.x[0] != twins.x[1])


def test_the_generator_is_splitmix64() -> None:
    # First outputs of the generator of Steele, Lea and Flood for the state 1234567.
    state = np.array([1234567], np.uint64)
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    for number in expected:
        assert uniform(state) == (number >> 11) * 2.0**-53


def test_states_of_cells_differ() -> None:
    streams = np.arange(10_000).astype(np.uint64)
    states = np.concatenate([first_states(np.uint64(s), streams) for s in range(5)])
    assert np.unique(states).size == states.size


def test_parents_are_drawn_with_the_trapezoidal_probability() -> None:
    m, q, draws = 5, 3, 20_000
    member, parent, weight = np.arange(m), np.zeros(q + 1, np.int64), np.zeros(m, np.int64)
    random = np.array([3], np.uint64)
    counts: dict[tuple[int, ...], int] = {}
    for _ in range(draws):
        choose(member, parent, weight, random)
        key = tuple(int(i) for i in parent[:q])
        counts[key] = counts.get(key, 0) + 1
    for places in itertools.combinations(range(m), q):
        p = 0.0
        for order in itertools.permutations(places):
            left, chance = m * (m + 1) / 2, 1.0
            for i in order:
                chance *= (m - i) / left
                left -= m - i
            p += chance
        assert abs(counts.get(places, 0) / draws - p) < 5.0 * np.sqrt(p * (1.0 - p) / draws)


@pytest.mark.parametrize("objective", [valley, valley_of_arrays])
@pytest.mark.parametrize("evaluations", [20, 21, 47, 500])
def test_the_budget_is_used_exactly(objective: Callable[..., Any], evaluations: int) -> None:
    never = Evolution(change=0.0, range=0.0)
    found = sceua(objective, LOW, HIGH, data=places(6), evaluations=evaluations, evolution=never)
    np.testing.assert_array_equal(found.evaluations, evaluations)
    assert not found.converged.any()


def test_evaluations_are_counted_as_they_happen() -> None:
    counted = np.zeros(6, int)

    def objective(x: np.ndarray, data: np.ndarray) -> np.ndarray:
        counted[data[:, 1].astype(int)] += x.shape[1]
        return valley_of_arrays(x, data)

    data = np.column_stack([places(6), np.arange(6.0)])
    found = sceua(objective, LOW, HIGH, data=data, evaluations=1500, complexes=2)
    np.testing.assert_array_equal(found.evaluations, counted)


def test_no_point_leaves_the_bounds() -> None:
    low, high = np.array([[0.0, 1.0], [-4.0, 5.0]]), np.array([[2.0, 1.5], [-3.5, 5.0]])

    def objective(x: np.ndarray) -> np.ndarray:
        rows = [0, 1] if x.shape[0] == 2 else [0] if np.all(x[0, :, 0] >= 0.0) else [1]
        assert np.all((x >= low[rows][:, None]) & (x <= high[rows][:, None]))
        return np.sum((x - 3.0) ** 2, axis=-1)

    found = sceua(objective, low, high, evaluations=2000, complexes=2)
    np.testing.assert_allclose(found.x, [[2.0, 1.5], [-3.5, 5.0]], atol=1e-6)


def test_the_start_is_the_first_point_and_is_never_lost() -> None:
    start = np.array([[0.5, 0.25], [9.0, np.nan]])
    found = sceua(valley, LOW, HIGH, data=np.array([[0.5], [0.5]]), start=start, evaluations=20)
    np.testing.assert_array_equal(found.x[0], [0.5, 0.25])
    assert found.value[0] == 0.0 and found.value[1] > 0.0


def test_cells_that_cannot_be_searched_are_told_and_harm_no_other() -> None:
    low, high = np.tile(LOW, (4, 1)), np.tile(HIGH, (4, 1))
    low[1, 0], low[2, 1] = np.nan, 99.0
    data = np.array([[1.0], [1.0], [1.0], [np.nan]])
    found = sceua(valley, low, high, data=data)
    assert list(found.stop[1:]) == [Stop.INFEASIBLE] * 3
    assert np.all(np.isnan(found.x[1:])) and np.all(np.isinf(found.value[1:])) and np.all(np.isnan(found.spread[1:]))
    assert list(found.evaluations[1:]) == [0, 0, 20]
    alone = sceua(valley, LOW, HIGH, data=data[:1])
    np.testing.assert_array_equal(found.x[0], alone.x[0])
    arrays = sceua(valley_of_arrays, low, high, data=data)
    same(found, arrays)


def test_a_minimum_at_the_edge_of_the_feasible_space_is_found() -> None:
    # min (x - 5)^2 + (y - 5)^2 with x + y <= 6 lies at (3, 3).
    def objective(x: np.ndarray) -> np.ndarray:
        return np.where(x.sum(axis=-1) > 6.0, np.inf, np.sum((x - 5.0) ** 2, axis=-1))

    found = sceua(objective, [0.0, 0.0], [6.0, 6.0], streams=np.arange(10))
    np.testing.assert_allclose(found.x, 3.0, atol=2e-3)
    assert np.all(found.x.sum(axis=1) <= 6.0)


def test_each_criterion_ends_the_search() -> None:
    def flat(x: np.ndarray) -> np.ndarray:
        return np.where(x[..., 0] > 0.0, 1.0, 2.0)

    value = sceua(flat, LOW, HIGH, evolution=Evolution(loops=5, range=0.0))
    assert value.stop[0] == Stop.VALUE and value.loops[0] <= 7 and value.converged[0]
    met = sceua(valley, LOW, HIGH, data=[[1.0]], evolution=Evolution(range=1e-2, change=0.0))
    assert met.stop[0] == Stop.RANGE and met.spread[0] <= 1e-2 and met.converged[0]


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_standard_functions_reach_their_published_minimum(name: str) -> None:
    f = FUNCTIONS[name]
    found = sceua(f.arrays, f.lower, f.upper, streams=np.arange(20), evaluations=10_000, complexes=f.complexes, seed=1)
    reached = found.value - f.minimum < 1e-3 * max(abs(f.minimum), 1.0)
    assert np.all(found.value > f.minimum - 1e-4 * max(abs(f.minimum), 1.0))
    assert reached.mean() >= f.success


@pytest.mark.slow
def test_at_equal_evaluations_it_succeeds_as_often_as_spotpy() -> None:
    pytest.importorskip("spotpy")
    from tests.calibrate.standard_functions import spotpy_minimum

    f, seeds = FUNCTIONS["hartman 6"], range(5)
    theirs = [spotpy_minimum(f, 2000, 4, seed) for seed in seeds]
    ours = sceua(f.arrays, f.lower, f.upper, streams=np.array(seeds), evaluations=2000, complexes=4).value
    assert np.sum(ours - f.minimum < 1e-3) >= np.sum(np.array(theirs) - f.minimum < 1e-3) - 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"evaluations": 19}, "20 initial points"),
        ({"evaluations": 1e3}, "evaluations must be a whole number"),
        ({"complexes": 0}, "complexes must be >= 1"),
        ({"seed": -1}, "seed must be >= 0"),
        ({"seed": 0.5}, "seed must be a whole number"),
        ({"evolution": Evolution(parents=9)}, "parents must not exceed the 5 members"),
        ({"upper": [-9.0, 8.0]}, "lower must be finite and <= upper"),
        ({"upper": [np.nan, 8.0]}, "lower must be finite and <= upper"),
        ({"upper": [1.0, 2.0, 3.0]}, "upper has 3 parameters"),
        ({"start": [[1.0, 2.0]]}, "the same cells, got start 1, data 3"),
        ({"streams": [1.0, 2.0, 3.0]}, "streams must be"),
        ({"data": 1.0}, "data must be"),
        ({"data": np.zeros((3, 1, 1))}, r"data of a compiled objective must be \[cell, k\]"),
        ({"objective": "rosenbrock"}, "objective must be a function"),
        ({"objective": lambda x, data: x}, r"objective must return \[cell, point\]"),
        ({"objective": njit(lambda x, data: 1)}, "a compiled objective must be"),
        ({"objective": njit(lambda x: x[0])}, "a compiled objective must be"),
    ],
)
def test_wrong_arguments_are_named(changes: dict[str, Any], told: str) -> None:
    given: dict[str, Any] = {"objective": valley, "lower": LOW, "upper": HIGH, "data": np.zeros((3, 1))} | changes
    with pytest.raises((ConfigError, DataError), match=told):
        sceua(given.pop("objective"), given.pop("lower"), given.pop("upper"), **given)


@pytest.mark.parametrize("wrong", [{"members": 1}, {"loops": 0}, {"change": -1.0}, {"range": np.nan}, {"steps": 1.5}])
def test_wrong_free_parameters_are_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        Evolution(**wrong)
