"""Gradients of a step of soil water: those of central differences, and finite at every corner.

All runoff schemes stand side by side in the columns of one model, so that one program is compiled for each flow.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.budget.mixed import MixedRunoff

from vadose.land.parameters import SoilParameters
from vadose.land.runoff import (
    Bats,
    Clm35,
    DynamicVic,
    FreeDrainage,
    GreenAmpt,
    RunoffScheme,
    Simgm,
    Simtop,
    SmithParlange,
    Vic,
    Xinanjiang,
    runoff_parameters,
)
from vadose.land.state import Groundwater, Soil
from vadose.model.soil_water import LinearTheta, RichardsWater
from vadose.soil.retention.power_law import Campbell

THICKNESS = jnp.array([0.1, 0.3, 0.6, 1.0])[:, None]
SCHEMES: dict[str, RunoffScheme] = {
    "free drainage": FreeDrainage(),
    "simtop": Simtop(),
    "simgm": Simgm(),
    "bats": Bats(),
    "vic": Vic(),
    "xinanjiang": Xinanjiang(),
    "dynamic vic": DynamicVic(),
    "green-ampt": DynamicVic(capacity=GreenAmpt()),
    "smith-parlange": DynamicVic(capacity=SmithParlange()),
    "clm 3.5": Clm35(),
}


def parameters(columns: int) -> SoilParameters:
    one = jnp.ones((4, columns))
    return SoilParameters(
        retention=Campbell(0.464 * one, -0.617 * one, 8.72 * one, 2.03e-6 * one),
        thermal=None,
        solids_heat=None,
        wilting_point=0.12 * one,
        critical_point=0.387 * one,
        albedo_dry=None,
        albedo_saturated=None,
        roughness=None,
        slope=0.1 * one[0],
        deep_temperature=None,
        runoff=jax.tree.map(jnp.asarray, runoff_parameters(np.full(columns, 8))),
    )


def outcome(model: Any, scale: dict[str, jax.Array], start: dict[str, jax.Array], inflow: jax.Array) -> jax.Array:
    """[column] numbers that everything which a step gives is part of, with K_s, b and the water at the start scaled."""
    columns = inflow.shape[0]
    given = parameters(columns)
    curve = given.retention
    given = replace(given, retention=replace(curve, K_s=curve.K_s * scale["K_s"], b=curve.b * scale["b"]))
    soil = Soil(temperature=280.0 + start["ice"], liquid=start["liquid"] * scale["liquid"], ice=start["ice"])
    flat = jnp.zeros(columns)
    below = Groundwater(flat + 4800.0, flat + 4800.0, flat + 3.0)
    soil, below, pond, fluxes = model.step(
        soil,
        below,
        flat,
        given,
        THICKNESS,
        inflow=inflow,
        evaporation=flat + 3e-5,
        uptake=jnp.full((4, columns), 1e-5),
        dt=1800.0,
    )
    weights = jnp.array([1.0, 2.0, 3.0, 4.0])[:, None]
    water = 1000.0 * jnp.sum(weights * soil.liquid * THICKNESS, axis=0)
    runoff = 1800.0 * (5.0 * fluxes.surface_runoff + 7.0 * fluxes.subsurface_runoff)
    return water + runoff + pond + below.aquifer + 10.0 * below.water_table


@jax.jit
def valued(model: Any, *given: Any) -> tuple[jax.Array, Any]:
    """The outcome [column], and its gradient with respect to scale, start and inflow: columns do not see each other."""
    value, pull = jax.vjp(partial(outcome, model), *given)
    return value, pull(jnp.ones_like(value))


def beginnings() -> tuple[dict[str, jax.Array], jax.Array]:
    """An ordinary column; then empty to full, thawed to wholly frozen, without rain, with little, with a flood."""
    wetness, frozen, rain = (
        v.ravel() for v in np.meshgrid([0.0, 0.01, 0.5, 1.0], [0.0, 0.5, 1.0], [0.0, 1e-6, 0.05], indexing="ij")
    )
    water = 0.464 * wetness * np.ones((4, 1))
    liquid = np.concatenate([np.array([[0.25], [0.3], [0.33], [0.36]]), water * (1.0 - frozen)], axis=1)
    ice = np.concatenate([np.full((4, 1), 0.02), water * frozen], axis=1)
    return {"liquid": jnp.asarray(liquid), "ice": jnp.asarray(ice)}, jnp.asarray(np.append(2e-4, rain))


@dataclass(frozen=True)
class Found:
    """Gradients by scheme in turn, each over the columns of `beginnings`, and differences by name of the scale."""

    gradient: Any
    differences: dict[str, np.ndarray]

    def check_ordinary(self, number: int, tolerance: float) -> None:
        """The ordinary column of a scheme has the gradient of central differences."""
        column = number * EACH
        for name, difference in self.differences.items():
            expected = pytest.approx(difference[column], rel=tolerance, abs=tolerance)
            assert float(self.gradient[0][name][column]) == expected, name

    def check_finite(self, number: int) -> None:
        """All columns of a scheme have finite gradients."""
        own = slice(number * EACH, (number + 1) * EACH)
        assert all(np.all(np.isfinite(leaf[..., own])) for leaf in jax.tree.leaves(self.gradient))


EACH = beginnings()[1].size


def found_with(flow: Any, schemes: tuple[RunoffScheme, ...]) -> Found:
    """What a flow gives with each scheme."""
    start, inflow = jax.tree.map(lambda x: jnp.tile(x, (1,) * (x.ndim - 1) + (len(schemes),)), beginnings())
    model = flow(MixedRunoff(schemes, jnp.repeat(jnp.arange(len(schemes)), EACH)))
    one = {name: jnp.ones(inflow.size) for name in ("K_s", "b", "liquid")}
    differences = {}
    for name, eps in (("K_s", 1e-4), ("b", 1e-5), ("liquid", 1e-5)):
        high, low = (valued(model, {**one, name: one[name] + sign * eps}, start, inflow)[0] for sign in (1.0, -1.0))
        differences[name] = np.asarray(high - low) / (2.0 * eps)
    return Found(valued(model, one, start, inflow)[1], differences)


@pytest.fixture(scope="module")
def linear() -> Found:
    return found_with(LinearTheta, tuple(SCHEMES.values()))


@pytest.fixture(scope="module")
def mixed_form() -> Found:
    return found_with(RichardsWater, (FreeDrainage(), Simgm()))


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEMES)
def test_gradients_of_the_linear_form_are_those_of_central_differences(linear: Found, name: str) -> None:
    linear.check_ordinary(list(SCHEMES).index(name), 1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEMES)
def test_gradients_of_the_linear_form_are_finite_at_every_corner(linear: Found, name: str) -> None:
    linear.check_finite(list(SCHEMES).index(name))


@pytest.mark.slow
def test_gradients_of_richards_are_those_of_central_differences(mixed_form: Found) -> None:
    mixed_form.check_ordinary(0, 1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("number", [0, 1], ids=["free drainage", "simgm"])
def test_gradients_of_richards_are_finite_at_every_corner(mixed_form: Found, number: int) -> None:
    mixed_form.check_finite(number)
