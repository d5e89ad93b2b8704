"""Every runoff scheme with both flows: no water is made or lost over random extremes, in any column.

All schemes stand side by side in the columns of one model, so that one program is compiled for each flow.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.budget.mixed import Mixed, MixedRunoff

from vadose.flow.linear_theta import LinearIce, NonlinearIce
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
from vadose.model.soil_water import LinearTheta, RichardsWater, SoilWaterFluxes
from vadose.soil.retention.power_law import Campbell

DT = 1800.0
EACH, STEPS = 500, 10  # columns of a scheme
THICKNESS = jnp.array([0.1, 0.3, 0.6, 1.0])[:, None]
SCHEMES: dict[str, RunoffScheme] = {
    "free drainage": FreeDrainage(),
    "simtop": Simtop(),
    "simtop, deep profile": Simtop(deep_profile=True),
    "simgm": Simgm(),
    "bats": Bats(),
    "vic": Vic(),
    "vic by bottom": Vic(by_bottom=True),
    "xinanjiang": Xinanjiang(),
    "dynamic vic": DynamicVic(),
    "dynamic vic, green-ampt": DynamicVic(capacity=GreenAmpt()),
    "dynamic vic, smith-parlange": DynamicVic(capacity=SmithParlange()),
    "clm 3.5": Clm35(),
}
KOREN = "free drainage, koren ice"  # of the linear form
# (theta_s, psi_s m, b, K_s m s-1, class) of sand, loam, clay: Noah-MP's table.
SOILS = np.array(
    [(0.339, -0.069, 2.79, 4.66e-5, 1), (0.439, -0.355, 5.25, 3.38e-6, 6), (0.468, -0.468, 11.55, 9.74e-7, 12)]
)


def random_columns(columns: int, seed: int) -> tuple[Soil, Groundwater, SoilParameters, dict[str, jax.Array]]:
    """Soils from dry to saturated and from thawed to all ice, with rain, evaporation and uptake of every size."""
    rng = np.random.default_rng(seed)
    theta_s, psi_s, b, K_s, kind = np.broadcast_to(SOILS[rng.integers(0, 3, columns)].T[:, None], (5, 4, columns))
    total = theta_s * rng.choice([0.02, 0.3, 0.7, 1.0], (4, columns)) * rng.uniform(0.9, 1.0, (4, columns))
    total = np.where(rng.random(columns) < 0.1, theta_s, total)
    ice = total * rng.choice([0.0, 0.0, 0.0, 0.3, 0.9, 1.0], (4, columns))
    soil = Soil(temperature=jnp.full((4, columns), 280.0), liquid=jnp.asarray(total - ice), ice=jnp.asarray(ice))
    aquifer = rng.choice([0.0, 3000.0, 4999.9, 5000.0], columns)
    table = np.where(aquifer < 4999.0, 27.0 - aquifer / 200.0, rng.uniform(0.1, 2.0, columns))
    groundwater = Groundwater(*(jnp.asarray(v) for v in (aquifer, aquifer, table)))
    flat = np.zeros((4, columns))
    parameters = SoilParameters(
        retention=Campbell(*(jnp.asarray(v) for v in (theta_s, psi_s, b, K_s))),
        thermal=None,
        solids_heat=None,
        wilting_point=jnp.asarray(0.25 * theta_s),
        critical_point=jnp.asarray(0.75 * theta_s),
        albedo_dry=None,
        albedo_saturated=None,
        roughness=None,
        slope=jnp.asarray(rng.choice([0.0, 0.1, 1.0], columns)),
        deep_temperature=None,
        runoff=jax.tree.map(jnp.asarray, runoff_parameters(kind[0])),
    )
    demands = {
        "inflow": jnp.asarray(rng.choice([0.0, 1e-6, 1e-4, 3e-3, 0.05], columns) * rng.random(columns)),
        "evaporation": jnp.asarray(rng.choice([0.0, 1e-5, 2e-4, 1e-2], columns) * rng.random(columns)),
        "uptake": jnp.asarray(rng.choice([0.0, 1e-5, 3e-3], (4, columns)) * rng.random((4, columns)) + flat),
    }
    return soil, groundwater, parameters, demands


@jax.jit
def step(model: Any, soil: Any, groundwater: Any, pond: Any, parameters: Any, demands: Any) -> Any:
    return model.step(soil, groundwater, pond, parameters, THICKNESS, dt=DT, **demands)


def storage(soil: Soil, groundwater: Groundwater, pond: jax.Array) -> jax.Array:
    return pond + groundwater.aquifer + 1000.0 * jnp.sum((soil.liquid + soil.ice) * THICKNESS, axis=0)


def check(
    before: jax.Array,
    after: jax.Array,
    demands: dict[str, jax.Array],
    fluxes: SoilWaterFluxes,
    soil: Soil,
    parameters: SoilParameters,
) -> None:
    """Budget to 1e-12 of what moved and to the rounding of the storage; contents and fluxes within their bounds."""
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves((soil, fluxes)))
    out = fluxes.surface_runoff + fluxes.subsurface_runoff + fluxes.evaporation + jnp.sum(fluxes.uptake, axis=0)
    error = after - before - DT * (demands["inflow"] - out)
    through = DT * (demands["inflow"] + jnp.abs(out)) + 1e-3 * before
    assert float(jnp.max(jnp.abs(error) / through)) <= 1e-12
    assert float(jnp.min(soil.liquid)) >= 0.0
    over = soil.liquid + soil.ice - parameters.retention.theta_s
    assert float(jnp.max(over)) <= 1e-4
    for name in ("surface_runoff", "evaporation", "uptake"):
        assert float(jnp.min(getattr(fluxes, name))) >= -1e-15, name
    # Richards leaves its tolerance in the flux through the bottom.
    assert float(jnp.min(fluxes.subsurface_runoff)) >= -1e-10
    assert float(jnp.max(fluxes.evaporation - demands["evaporation"])) <= 1e-15
    assert float(jnp.max(fluxes.uptake - demands["uptake"])) <= 1e-15


Steps = list[tuple[Any, ...]]


def run(model: Any, schemes: int, each: int, steps: int) -> Steps:
    """What `check` wants of each step, pond and aquifer after it; every scheme has the same columns."""
    given = random_columns(each, 1)
    soil, groundwater, parameters, demands = jax.tree.map(
        lambda x: jnp.tile(x, (1,) * (x.ndim - 1) + (schemes,)), given
    )
    pond, done = jnp.zeros(each * schemes), []
    for _ in range(steps):
        before = storage(soil, groundwater, pond)
        soil, groundwater, pond, fluxes = step(model, soil, groundwater, pond, parameters, demands)
        after = storage(soil, groundwater, pond)
        done.append((before, after, demands, fluxes, soil, parameters, pond, groundwater.aquifer))
        # Another weather in each column, and some that are dry now are wet then.
        demands = jax.tree.map(lambda x: jnp.roll(x, 7, axis=-1), demands)
    return done


def check_scheme(done: Steps, number: int, each: int) -> None:
    """Every step of a scheme's columns."""
    own = slice(number * each, (number + 1) * each)
    for one in done:
        *given, pond, aquifer = jax.tree.map(lambda x: x[..., own], one)
        check(*given)
        assert float(jnp.min(pond)) >= 0.0
        assert float(jnp.min(aquifer)) >= 0.0


@pytest.fixture(scope="module")
def linear() -> Steps:
    schemes = (*SCHEMES.values(), FreeDrainage())
    which = jnp.repeat(jnp.arange(len(schemes)), EACH)
    ice = Mixed((LinearIce(), NonlinearIce()), (which == len(SCHEMES)).astype(int))
    return run(LinearTheta(MixedRunoff(schemes, which), ice), len(schemes), EACH, STEPS)


@pytest.fixture(scope="module")
def mixed_form() -> Steps:
    which = jnp.repeat(jnp.arange(len(SCHEMES)), 200)
    return run(RichardsWater(MixedRunoff(tuple(SCHEMES.values()), which)), len(SCHEMES), 200, 4)


@pytest.mark.slow
@pytest.mark.parametrize("name", [*SCHEMES, KOREN])
def test_the_linear_form_closes_the_water_budget_with(linear: Steps, name: str) -> None:
    check_scheme(linear, [*SCHEMES, KOREN].index(name), EACH)


@pytest.mark.slow
@pytest.mark.parametrize("name", SCHEMES)
def test_richards_closes_the_water_budget_with(mixed_form: Steps, name: str) -> None:
    check_scheme(mixed_form, list(SCHEMES).index(name), 200)
