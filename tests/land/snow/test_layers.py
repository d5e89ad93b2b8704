"""Joining and dividing snow layers against the same rules written plainly for one column."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose.land.snow.heat import ICE_HEAT, WATER_HEAT
from vadose.land.snow.layers import Layer, Limits, clm_limits, combine, divide, noah_limits

Plain = list[list[float]]  # thickness, ice, liquid, heat of each layer from the top


def _add(a: list[float], b: list[float]) -> list[float]:
    return [x + y for x, y in zip(a, b, strict=True)]


def _combined(pile: Plain, limits: Limits) -> Plain:
    pile, i = [list(p) for p in pile], 0
    while i < len(pile):
        if pile[i][1] <= 0.1 and len(pile) > 1:
            neighbour = i + 1 if i < len(pile) - 1 else i - 1
            pile[neighbour] = _add(pile[neighbour], pile[i])
            del pile[i]
        else:
            i += 1
    i = 0
    while i < len(pile) and len(pile) > 1:
        if pile[i][0] < limits.minimum[i]:
            last = i == len(pile) - 1
            up = i > 0 and (last or pile[i - 1][0] < pile[i + 1][0])
            neighbour = i - 1 if up else i + 1
            pile[neighbour] = _add(pile[neighbour], pile[i])
            del pile[i]
        else:
            i += 1
    return pile


def _warmth(p: list[float]) -> float:
    return p[3] / (ICE_HEAT * p[1] + WATER_HEAT * p[2])


def _divided(pile: Plain, limits: Limits) -> Plain:
    """The three layers of Noah-MP: at most 5 cm in the first and 20 cm in the second."""
    pile = [list(p) for p in pile]
    if len(pile) == 1 and pile[0][0] > 0.05:
        half = [x / 2 for x in pile[0]]
        pile = [half, list(half)]
    if len(pile) > 1 and pile[0][0] > 0.05:
        keep = 0.05 / pile[0][0]
        pile[1] = _add(pile[1], [x * (1 - keep) for x in pile[0]])
        pile[0] = [x * keep for x in pile[0]]
        if len(pile) == 2 and pile[1][0] > 0.2:
            t1, t2 = _warmth(pile[0]), _warmth(pile[1])
            gradient = (t1 - t2) / ((pile[0][0] + pile[1][0]) / 2)
            half = [x / 2 for x in pile[1]]
            capacity = half[3] / t2 if t2 != 0.0 else ICE_HEAT * half[1] + WATER_HEAT * half[2]
            step = gradient * half[0] / 2
            step = step if t2 - step < 0.0 else 0.0
            pile = [pile[0], [*half[:3], capacity * (t2 + step)], [*half[:3], capacity * (t2 - step)]]
    if len(pile) > 2 and pile[1][0] > 0.2:
        keep = 0.2 / pile[1][0]
        pile[2] = _add(pile[2], [x * (1 - keep) for x in pile[1]])
        pile[1] = [x * keep for x in pile[1]]
    return pile


def _random_piles(seed: int, layers: int, columns: int, deepest: float) -> list[Plain]:
    rng = np.random.default_rng(seed)
    piles = []
    for _ in range(columns):
        n = rng.integers(0, layers + 1)
        d = rng.uniform(0.001, 1.0, n) ** 2 * deepest + 1e-4
        ice = d * rng.uniform(30, 400, n) * (rng.random(n) < 0.9)
        liquid = d * rng.uniform(0, 30, n)
        warmth = -rng.uniform(0, 20, n) * (rng.random(n) < 0.8)
        heat = (ICE_HEAT * ice + WATER_HEAT * liquid) * warmth
        piles.append([list(map(float, p)) for p in zip(d, ice, liquid, heat, strict=True)])
    return piles


def _stack(piles: list[Plain], layers: int) -> list[Layer]:
    full = np.zeros((layers, 4, len(piles)))
    for c, pile in enumerate(piles):
        for k, p in enumerate(pile):
            full[layers - len(pile) + k, :, c] = p
    return [Layer(*(jnp.asarray(x) for x in full[k])) for k in range(layers)]


def _array(pile: list[Layer]) -> np.ndarray:
    return np.array([[np.asarray(x) for x in layer] for layer in pile])


NOAH = noah_limits(3)
COMBINE = jax.jit(lambda pile: combine(pile, NOAH))
DIVIDE = jax.jit(lambda pile: divide(pile, NOAH))


@pytest.mark.parametrize("deepest", [0.05, 0.3, 1.5])
def test_three_layers_join_and_divide_as_the_plain_rules_of_noah_mp(deepest: float) -> None:
    piles = _random_piles(int(100 * deepest), 3, 4000, deepest)
    joined = COMBINE(_stack(piles, 3))
    plain = [_combined(p, NOAH) for p in piles]
    np.testing.assert_allclose(_array(joined), _array(_stack(plain, 3)), rtol=1e-12, atol=1e-12)
    divided = [_divided(p, NOAH) if p and p[-1][1] > 0.1 else p for p in plain]
    got = _array(DIVIDE(_stack(plain, 3)))
    icy = np.array([bool(p) and min(q[1] for q in p) > 0.1 for p in plain])
    np.testing.assert_allclose(got[..., icy], _array(_stack(divided, 3))[..., icy], rtol=1e-11, atol=1e-9)


@pytest.mark.parametrize("layers", [1, 2, 3, 5])
def test_rules_keep_every_sum_and_leave_no_gap(layers: int) -> None:
    limits = NOAH if layers == 3 else noah_limits(layers) if layers < 3 else clm_limits(layers)
    piles = _random_piles(layers, layers, 3000, 1.0)
    before = _array(_stack(piles, layers))
    after = _array(jax.jit(lambda p: divide(combine(p, limits), limits))(_stack(piles, layers)))
    np.testing.assert_allclose(after.sum(axis=0), before.sum(axis=0), rtol=1e-13, atol=1e-9)
    here = after[:, 0] > 0
    assert np.all(here[1:] | ~here[:-1])
    assert np.all(after[:, :3] >= 0.0)


@given(st.lists(st.floats(1e-4, 3.0), min_size=1, max_size=3), st.floats(60.0, 400.0))
def test_thickness_limits_hold_after_a_step_of_the_rules(thickness: list[float], density: float) -> None:
    piles = [[[d, d * density, 0.0, -1e3 * d] for d in thickness]]
    d = _array(DIVIDE(COMBINE(_stack(piles, 3))))[:, 0, 0]
    here = d[d > 0]
    if here.size == 1:
        assert here[0] <= 0.05 * (1 + 1e-12)
    else:
        assert here[0] <= 0.05 * (1 + 1e-12)
        assert np.all(here >= 0.025 * (1 - 1e-12))
    if here.size == 3:
        assert here[1] <= 0.2 * (1 + 1e-12)


def test_limits_of_clm_are_those_of_its_table() -> None:
    limits = clm_limits(12)
    np.testing.assert_allclose(limits.minimum[:6], [0.010, 0.015, 0.025, 0.055, 0.115, 0.235])
    np.testing.assert_allclose(limits.maximum[:6], [0.02, 0.05, 0.11, 0.23, 0.47, 0.95])
    np.testing.assert_allclose(limits.split[:6], [0.03, 0.07, 0.18, 0.41, 0.88, 1.83])


def test_wet_and_cold_layers_mix_by_heat_capacity() -> None:
    wet = Layer(*(jnp.array([x]) for x in (0.02, 4.0, 1.0, 0.0)))
    cold = Layer(*(jnp.array([x]) for x in (0.03, 6.0, 0.0, 6.0 * ICE_HEAT * -10.0)))
    none = Layer(*(jnp.array([0.0]) for _ in range(4)))
    lowest = COMBINE([none, wet, cold])[2]
    warmth = lowest.heat / (ICE_HEAT * lowest.ice + WATER_HEAT * lowest.liquid)
    assert float(warmth[0]) == pytest.approx(-60.0 * ICE_HEAT / (10.0 * ICE_HEAT + WATER_HEAT), rel=1e-12)
