"""Gradients of a step of soil water: those of central differences, and finite at every corner."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

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
    """A number that everything which a step gives is part of, with K_s, b and the water at the start scaled."""
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
    return jnp.sum(water + runoff + pond + below.aquifer + 10.0 * below.water_table)


ONE = {"K_s": jnp.ones(()), "b": jnp.ones(()), "liquid": jnp.ones(())}


def check(model: Any, tolerance: float) -> None:
    start = {"liquid": jnp.array([[0.25], [0.3], [0.33], [0.36]]), "ice": jnp.full((4, 1), 0.02)}
    inflow = jnp.full(1, 2e-4)
    value = jax.jit(lambda scale: outcome(model, scale, start, inflow))
    gradient = jax.jit(jax.grad(lambda scale: outcome(model, scale, start, inflow)))(ONE)
    for name, eps in (("K_s", 1e-4), ("b", 1e-5), ("liquid", 1e-5)):
        ends = [float(value({**ONE, name: ONE[name] + sign * eps})) for sign in (1.0, -1.0)]
        difference = (ends[0] - ends[1]) / (2.0 * eps)
        assert float(gradient[name]) == pytest.approx(difference, rel=tolerance, abs=tolerance), name


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEMES)
def test_gradients_of_the_linear_form_are_those_of_central_differences(name: str) -> None:
    check(LinearTheta(SCHEMES[name]), 1e-5)


@pytest.mark.slow
def test_gradients_of_richards_are_those_of_central_differences() -> None:
    check(RichardsWater(FreeDrainage()), 1e-3)


def corners() -> tuple[dict[str, jax.Array], jax.Array]:
    """Empty, dry, wet and full soils; thawed, half and wholly frozen; without rain, with little, with a flood."""
    wetness, frozen, rain = (
        v.ravel() for v in np.meshgrid([0.0, 0.01, 0.5, 1.0], [0.0, 0.5, 1.0], [0.0, 1e-6, 0.05], indexing="ij")
    )
    water = 0.464 * wetness * np.ones((4, 1))
    return {"liquid": jnp.asarray(water * (1.0 - frozen)), "ice": jnp.asarray(water * frozen)}, jnp.asarray(rain)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEMES)
def test_gradients_of_the_linear_form_are_finite_at_every_corner(name: str) -> None:
    start, inflow = corners()
    gradient = jax.jit(jax.grad(outcome, argnums=(1, 2, 3)))(LinearTheta(SCHEMES[name]), ONE, start, inflow)
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(gradient))


@pytest.mark.slow
def test_gradients_of_richards_are_finite_at_every_corner() -> None:
    start, inflow = corners()
    gradient = jax.jit(jax.grad(outcome, argnums=(1, 2, 3)))(RichardsWater(Simgm()), ONE, start, inflow)
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(gradient))


def test_gradients_of_the_default_are_finite_at_every_corner() -> None:
    start, inflow = corners()
    gradient = jax.jit(jax.grad(outcome, argnums=(1, 2, 3)))(LinearTheta(), ONE, start, inflow)
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(gradient))
