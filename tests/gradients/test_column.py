"""Gradients of whole runs: equal to central differences and finite, through frost, snow, saturation and drought."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.gradients.columns import DAYS, WINDOWS, columns
from tests.parity.bondville import A_DAY, DT, Bondville

from vadose.model.gradient import chosen, replaced, sensitivity
from vadose.model.run import run

LEAVES = (
    "soil.retention.K_s",
    "soil.retention.b",
    "soil.retention.theta_s",
    "vegetation.photosynthesis.vcmax25",
    "vegetation.lai",
    "state.soil.liquid",
)
OUTPUTS = ("evapotranspiration", "soil_moisture")
STEPS = (1e-4, 1e-5)  # of the differences, relative


def both(means: dict[str, Any]) -> Any:
    """Evapotranspiration, mm, in the even columns, water of the soil, mm, in the odd ones."""
    total = means["evapotranspiration"].mean(axis=0) * DT * A_DAY * DAYS
    water = means["soil_moisture"].mean(axis=0).sum(axis=0)
    return jnp.where(jnp.arange(total.shape[0]) % 2 == 0, total, water)


def differences(site: Bondville, preset: str) -> np.ndarray:
    """[window, output, leaf, step] change with a relative change of each leaf, by central differences."""
    shape = (len(WINDOWS), len(LEAVES), len(STEPS), 2)
    model, state, parameters, forcing = columns(site, preset, int(np.prod(shape[1:])), DAYS)
    factors = np.ones((len(LEAVES), *shape))
    for n in range(len(LEAVES)):
        for k, step in enumerate(STEPS):
            factors[n, :, n, k] = 1.0 + step * np.array([1.0, -1.0])
    values = {
        name: leaf * factors[n].ravel() for n, (name, leaf) in enumerate(chosen(state, parameters, LEAVES).items())
    }
    state, parameters = replaced(state, parameters, values)
    means = run(model, state, parameters, forcing, DT, every=A_DAY, outputs=OUTPUTS).means
    total = np.asarray(means["evapotranspiration"].mean(axis=0)) * DT * A_DAY * DAYS
    water = np.asarray(means["soil_moisture"].mean(axis=0).sum(axis=0))
    moved = np.stack([total, water]).reshape(2, *shape)
    return np.moveaxis((moved[..., 0] - moved[..., 1]) / (2.0 * np.array(STEPS)), 0, 1)


@pytest.mark.slow
@pytest.mark.parametrize("preset", ["noahmp", "vadose"])
def test_gradients_of_a_run_are_central_differences(vadose_data: Path, preset: str) -> None:
    site = Bondville(vadose_data)
    model, state, parameters, forcing = columns(site, preset, 2)
    found = sensitivity(model, state, parameters, forcing, DT, both, wrt=LEAVES, every=A_DAY, outputs=OUTPUTS)
    base = chosen(state, parameters, LEAVES)
    gradient = {name: np.asarray(found.gradient[name] * base[name]) for name in LEAVES}
    assert all(np.isfinite(g).all() for g in gradient.values())
    assert not np.asarray(found.failed).any()
    summed = np.stack([g.reshape(-1, g.shape[-1]).sum(axis=0).reshape(-1, 2) for g in gradient.values()], -1)
    expected = differences(site, preset)
    # The better of two steps: the larger one meets kinks, the smaller one the tolerance of the solvers.
    apart = np.min(np.abs(expected - summed[..., None]), axis=-1)
    scale = np.abs(summed).max(axis=-1, keepdims=True)
    for window, row in zip(WINDOWS, apart / scale, strict=True):
        assert row.max() < 1e-4, (window, row)


@pytest.mark.slow
def test_gradients_of_a_whole_year_are_finite(vadose_data: Path) -> None:
    site = Bondville(vadose_data)
    model, state, parameters, _ = columns(site, "noahmp", 1, 1)
    first = jax.tree.map(lambda x: x[..., :1] if jnp.ndim(x) else x, (state, parameters))
    found = sensitivity(model, *first, site.forcing(1), DT, "soil_moisture", wrt=LEAVES, every=A_DAY)
    for name, gradient in found.gradient.items():
        assert np.isfinite(np.asarray(gradient)).all(), name
        # A year's memory of a start or a parameter is bounded: neither steps nor layers multiply.
        assert np.abs(np.asarray(gradient * chosen(*first, LEAVES)[name])).max() < 1e4, name
