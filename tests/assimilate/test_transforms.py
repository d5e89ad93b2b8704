"""Transforms: there and back, bounds that hold, and the joint update of states and parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose import assimilate as a
from vadose.errors import ConfigError, RangeError
from vadose.soil.simplex import from_simplex, to_simplex

R = np.random.default_rng(0)


@given(st.floats(1e-300, 1e300))
def test_log_there_and_back(x: float) -> None:
    assert a.Log().bounded(a.Log().free(np.array(x))) == pytest.approx(x, rel=1e-12)


@given(st.floats(0.0, 1.0), st.floats(-1e3, 1e3), st.floats(1e-3, 1e3))
def test_logit_there_and_back(share: float, lower: float, width: float) -> None:
    between = a.Logit(lower, lower + width)
    x = np.clip(lower + share * width, lower, lower + width)
    back = between.bounded(between.free(x))
    assert lower <= back <= lower + width
    # Within the edge of a bound it comes back from the edge.
    assert abs(back - x) <= 2e-9 * width + 1e-13 * abs(lower)


@given(st.floats(0.01, 0.99))
def test_logit_loses_no_digit_within(share: float) -> None:
    between = a.Logit(0.0, 1.0)
    assert between.bounded(between.free(np.array(share))) == pytest.approx(share, rel=4e-15)


@given(st.floats(-1e4, 1e4))
def test_any_number_is_within_the_bounds(z: float) -> None:
    assert 0.05 <= a.Logit(0.05, 0.45).bounded(np.array(z)) <= 0.45
    assert a.Log().bounded(np.array(min(z, 700.0))) >= 0.0
    sand, clay = a.Texture(axis=0).bounded(np.array([z, -0.5 * z]))
    assert sand >= 0.0 and clay >= 0.0 and sand + clay <= 100.0 * (1 + 1e-15)


def test_texture_there_and_back() -> None:
    parts = 100.0 * R.dirichlet([1.0, 1.0, 1.0], (4, 50))[..., :2]
    for axis, x in ((-1, parts), (1, np.moveaxis(parts, -1, 1))):
        t = a.Texture(axis=axis)
        np.testing.assert_allclose(t.bounded(t.free(x)), x, rtol=1e-12, atol=1e-10)
    edge = np.array([[100.0, 0.0], [0.0, 100.0], [0.0, 0.0]])
    t = a.Texture(axis=-1)
    np.testing.assert_allclose(t.bounded(t.free(edge)), edge, atol=1e-5)


def test_texture_is_a_linear_map_of_the_isometric_log_ratios() -> None:
    sand, clay = 100.0 * R.dirichlet([2.0, 2.0, 2.0], 40)[:, :2].T
    additive = a.Texture(axis=0).free(np.stack([sand, clay]))
    isometric = np.stack(to_simplex(sand, clay))
    matrix, residue, *_ = np.linalg.lstsq(isometric.T, additive.T, rcond=None)
    assert residue.max() < 1e-20 and abs(np.linalg.det(matrix)) > 0.1
    back = np.stack(from_simplex(*isometric))
    np.testing.assert_allclose(back, a.Texture(axis=0).bounded(additive), rtol=1e-12)


def test_values_outside_their_bounds_are_refused() -> None:
    for transform, bad in (
        (a.Log(), np.array([1.0, 0.0])),
        (a.Logit(0.0, 0.5), np.array([0.2, 0.6])),
        (a.Texture(axis=0), np.array([[60.0], [50.0]])),
        (a.Texture(axis=0), np.array([[-1.0], [50.0]])),
    ):
        with pytest.raises(RangeError, match="1 values must be"):
            transform.free(bad)
    with pytest.raises(ConfigError, match="sand and clay along axis 1"):
        a.Texture().free(np.ones((4, 3, 5)))


def joint() -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray, np.ndarray]:
    """Water content [member, layer, column], log-normal Ks [member, column], texture [member, 2, column]."""
    theta = 0.25 + 0.08 * R.standard_normal((16, 3, 10)).clip(-2.5, 2.5)
    ks = np.exp(-12.0 + 10.0 * (theta[:, 0] - 0.25) + 0.5 * R.standard_normal((16, 10)))
    texture = np.moveaxis(100.0 * R.dirichlet([2.0, 2.0, 2.0], (16, 10))[..., :2], -1, 1)
    at = np.array([2, 7])
    return {"theta": theta, "ks": ks, "texture": texture}, at, np.array([0.6, 0.02]), np.array([0.01, 0.01])


def test_joint_updates_stay_within_bounds_and_damp_parameters() -> None:
    fields, at, y, error = joint()
    transforms = {"theta": a.Logit(0.02, 0.48), "ks": a.Log(), "texture": a.Texture(axis=1)}
    where = a.Localization(np.arange(10.0), at.astype(float), 4.0, places="last")
    simulated = fields["theta"][:, 0, at]
    found = a.letkf(fields, y, simulated, error, localization=where, transforms=transforms, damping={"ks": 0.1})
    theta, ks, texture = (found.ensemble[name] for name in ("theta", "ks", "texture"))
    assert theta.min() >= 0.02 and theta.max() <= 0.48 and np.abs(theta - fields["theta"]).max() > 0.05
    assert ks.min() > 0.0 and texture.min() >= 0.0 and texture.sum(axis=1).max() <= 100.0
    for name in fields:
        change = found.ensemble[name].mean(axis=0) - fields[name].mean(axis=0)
        np.testing.assert_allclose(found.increments[name], change, rtol=0, atol=1e-11)
    # Damped by a tenth in the space of the transform.
    undamped = a.letkf(fields, y, simulated, error, localization=where, transforms=transforms).ensemble["ks"]
    step = np.log(undamped) - np.log(fields["ks"])
    np.testing.assert_allclose(np.log(ks) - np.log(fields["ks"]), 0.1 * step, rtol=1e-9, atol=1e-12)


def test_fields_are_updated_as_one_augmented_state() -> None:
    """Eqs. 18 and 19 of Zhao et al. (2025): the order and grouping of elements is of no account."""
    fields, at, y, error = joint()
    simulated = fields["theta"][:, 0, at]
    n = simulated.shape[0]
    stacked = np.concatenate([v.reshape(n, -1) for v in fields.values()], axis=1)
    for run, extra in ((a.enkf, {"key": 5}), (a.etkf, {})):
        parts = run(fields, y, simulated, error, **extra).ensemble
        whole = run(stacked, y, simulated, error, **extra).ensemble
        np.testing.assert_array_equal(np.concatenate([v.reshape(n, -1) for v in parts.values()], axis=1), whole)


def test_one_number_a_member_keeps_its_shape() -> None:
    x = R.standard_normal(12)
    found = a.etkf(x, [0.4], x, 0.5)
    assert found.ensemble.shape == (12,) and found.increments.shape == ()
    prior = x.var(ddof=1)
    gain = prior / (prior + 0.25)
    assert found.ensemble.mean() == pytest.approx(x.mean() + gain * (0.4 - x.mean()), rel=1e-12)
    assert found.ensemble.var(ddof=1) == pytest.approx((1.0 - gain) * prior, rel=1e-12)


def test_a_lost_member_does_not_stop_a_transform() -> None:
    fields, at, y, error = joint()
    fields["ks"][3, 4] = np.nan
    found = a.etkf(
        fields,
        y,
        fields["theta"][:, 0, at],
        error,
        transforms={"ks": a.Log()},
        screening=a.Screening(members="drop"),
    )
    assert not found.members[3] and found.members.sum() == 15
    np.testing.assert_array_equal(found.ensemble["ks"][3], fields["ks"][3])
    assert np.isfinite(found.ensemble["ks"][found.members]).all()
    assert np.isfinite(found.increments["ks"]).all()


@pytest.mark.parametrize("local", [False, True])
def test_overwriting_gives_the_same_numbers_in_the_same_memory(local: bool) -> None:
    fields, at, y, error = joint()
    simulated = fields["theta"][:, 0, at].copy()
    options: dict[str, Any] = {"transforms": {"ks": a.Log()}, "inflation": [a.Multiplicative(1.1), a.RTPS(0.3)]}
    if local:
        options["localization"] = a.Localization(np.arange(10.0), at.astype(float), 4.0, places="last")
    fields["theta"][5, 0, 0] = np.nan
    options["screening"] = a.Screening(members="drop")
    apart = a.etkf(fields, y, simulated, error, **options)
    copies = {name: values.copy() for name, values in fields.items()}
    inside = a.etkf(copies, y, simulated, error, overwrite=True, **options)
    for name in fields:
        np.testing.assert_array_equal(inside.ensemble[name], apart.ensemble[name])
        np.testing.assert_array_equal(inside.increments[name], apart.increments[name])
        assert np.shares_memory(inside.ensemble[name], copies[name])
        assert not np.shares_memory(apart.ensemble[name], fields[name])


@pytest.mark.parametrize("make", [lambda x: x.astype(np.float32), np.asfortranarray, lambda x: x.tolist()])
def test_what_cannot_be_overwritten(make: Callable[[np.ndarray], Any]) -> None:
    x = R.standard_normal((5, 4))
    with pytest.raises(ConfigError, match="overwrite needs arrays"):
        a.etkf(make(x), [0.1], x[:, :1], 0.5, overwrite=True)
    x.flags.writeable = False
    with pytest.raises(ConfigError, match="overwrite needs arrays"):
        a.etkf(x, [0.1], x[:, :1].copy(), 0.5, overwrite=True)


def test_a_transform_that_returns_its_argument_leaves_the_prior_alone() -> None:
    class Same:
        def free(self, values: np.ndarray) -> np.ndarray:
            return values

        def bounded(self, free: np.ndarray) -> np.ndarray:
            return free

    x = R.standard_normal((5, 4))
    before = x.copy()
    found = a.etkf(x, [0.1], x[:, :1].copy(), 0.5, transforms=Same())
    np.testing.assert_array_equal(x, before)
    np.testing.assert_array_equal(found.ensemble, a.etkf(x, [0.1], x[:, :1], 0.5).ensemble)
