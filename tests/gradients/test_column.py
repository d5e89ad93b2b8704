"""Gradients of whole runs: equal to central differences and finite, through frost, snow, saturation and drought."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from tests.gradients.columns import DAYS, WINDOWS, Window, columns
from tests.parity.bondville import A_DAY, DT, Bondville
from tests.parity.bondville import DAYS as LAST

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
STEPS = (1e-5, 1e-7)  # of the differences, relative


def both(means: dict[str, Any]) -> Any:
    """Evapotranspiration, mm, in the even columns, water of the soil, mm, in the odd ones."""
    total = means["evapotranspiration"].mean(axis=0) * DT * A_DAY * DAYS
    water = means["soil_moisture"].mean(axis=0).sum(axis=0)
    return jnp.where(jnp.arange(total.shape[0]) % 2 == 0, total, water)


def differences(site: Bondville, preset: str) -> np.ndarray:
    """[window, output, leaf, step] change with a relative change of each leaf, by central differences."""
    shape = (len(WINDOWS), len(LEAVES), len(STEPS), 2)
    model, state, parameters, forcing = columns(site, preset, int(np.prod(shape[1:])))
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


def gradients(model: Any, state: Any, parameters: Any, forcing: Any) -> dict[str, np.ndarray]:
    """Gradients with respect to the leaves' logarithms, of each column's own value; finite, of steps that converged."""
    found = sensitivity(model, state, parameters, forcing, DT, both, wrt=LEAVES, every=A_DAY, outputs=OUTPUTS)
    base = chosen(state, parameters, LEAVES)
    gradient = {name: np.asarray(found.gradient[name] * base[name]) for name in LEAVES}
    for name, values in gradient.items():
        assert np.isfinite(values).all(), name
        assert values.shape == base[name].shape, name
    columns = forcing.air_temperature.shape[1]
    assert found.value.shape == (columns,)
    # Days that meet at most three months know nothing of the leaves of the others.
    assert (np.count_nonzero(gradient["vegetation.lai"], axis=0) <= 3).all()
    assert not np.asarray(found.failed).any()
    return gradient


@pytest.mark.slow
@pytest.mark.parametrize(
    "preset", ["noahmp", *(pytest.param(name, marks=pytest.mark.long) for name in ("vadose", "clm"))]
)
def test_gradients_of_a_run_are_central_differences(vadose_data: Path, preset: str) -> None:
    site = Bondville(vadose_data)
    gradient = gradients(*columns(site, preset, 2))
    summed = np.stack([g.reshape(-1, g.shape[-1]).sum(axis=0).reshape(-1, 2) for g in gradient.values()], -1)
    expected = differences(site, preset)
    # The better of two steps: the larger one meets kinks, many while the soil freezes, the smaller one rounding.
    apart = np.min(np.abs(expected - summed[..., None]), axis=-1)
    scale = np.abs(summed).max(axis=-1, keepdims=True)
    for window, row in zip(WINDOWS, apart / scale, strict=True):
        assert row.max() < 1e-4, (window, row)


@pytest.mark.long
@pytest.mark.slow
def test_gradients_are_finite_all_through_the_year(vadose_data: Path) -> None:
    site = Bondville(vadose_data)
    snow = site.year["SNEQV"].values.astype(float)
    days = np.arange(0, LAST - DAYS + 1, DAYS)
    count = 2 * len(WINDOWS)  # as above, so that the same compiled program serves
    for part in np.array_split(np.resize(days, -(-days.size // count) * count), -(-days.size // count)):
        windows = [Window(day, snow=snow[day * A_DAY]) for day in part]
        for name, values in gradients(*columns(site, "noahmp", 1, windows)).items():
            assert np.abs(values).max() < 1e3, name
