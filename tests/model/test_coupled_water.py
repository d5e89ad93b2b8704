"""Soil water in three dimensions at the door of the column model: members, gradients, heads, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.model.coupled_columns import TIGHT, AllEnters, grid_of, parameters_of

from vadose.errors import ConfigError, GridMismatch, RangeError
from vadose.flow.boundary import ZeroFlux
from vadose.flow.overland import KinematicWave
from vadose.flow.richards import RichardsSettings
from vadose.flow.richards_conductivity import Upwind
from vadose.flow.subsurface import SubsurfaceSettings
from vadose.land.parameters import SoilParameters
from vadose.land.state import Groundwater, Soil
from vadose.model.coupled import coupled, initial_store
from vadose.model.coupled_fields import table_depth
from vadose.model.coupled_water import SubsurfaceWater
from vadose.model.presets import build
from vadose.model.soil_water import RichardsWater
from vadose.soil.retention.power_law import Campbell
from vadose.soil.retention.van_genuchten import VanGenuchten

LAND, BELOW, N = (0.1, 0.3, 0.6), (1.0, 2.0), 9
DZ = jnp.asarray(LAND)[:, None]
DEEP = VanGenuchten(0.05, 0.4, 2.0, 1.6, 5e-6)
PLACE = np.arange(N)


def water_of(members: int, **options: Any) -> SubsurfaceWater:
    draw = np.random.default_rng(0)
    grid = grid_of((3, 3), LAND + BELOW, slopes=(draw.normal(0, 0.02, (3, 3)), draw.normal(0, 0.02, (3, 3))))
    return SubsurfaceWater(grid, PLACE, **{"deep": DEEP, "members": members} | options)


def demands(columns: int, rain: float = 3e-3) -> dict[str, Any]:
    draw = np.random.default_rng(1)
    some = draw.random(columns) < 0.5
    return {
        "inflow": jnp.asarray(rain * draw.random(columns) * some),
        "evaporation": jnp.asarray(1e-4 * draw.random(columns)),
        "uptake": jnp.asarray(5e-5 * draw.random((3, columns))),
    }


@jax.jit
def step(water: Any, soil: Soil, store: Any, pond: Any, parameters: SoilParameters, asked: dict[str, Any]) -> Any:
    return water.step(soil, store, pond, parameters, DZ, dt=3600.0, **asked)


def part(tree: Any, k: int) -> Any:
    return jax.tree.map(lambda v: v[..., k * N : (k + 1) * N] if jnp.ndim(v) else v, tree)


@pytest.mark.slow
def test_members_end_as_they_do_alone_bit_for_bit_and_lateral_flow_cancels() -> None:
    draw = np.random.default_rng(2)
    parameters, asked = parameters_of(2 * N, layers=3).soil, demands(2 * N)
    both = water_of(2, overland=KinematicWave(0.03))
    start = initial_store(both, parameters, draw.uniform(-0.05, 1.5, 2 * N), layers=3)
    ice = 0.1 * draw.random((3, 2 * N)) * (draw.random((3, 2 * N)) < 0.3)
    soil = Soil(jnp.full((3, 2 * N), 280.0), jnp.maximum(start.liquid - ice, 0.02), jnp.asarray(ice))
    given = (soil, start.store, start.pond, parameters, asked)
    together = step(both, *given)
    for k in range(2):
        alone = step(water_of(1, overland=KinematicWave(0.03)), *part(given, k))
        for a, b in zip(jax.tree.leaves(part(together[:3], k)), jax.tree.leaves(alone[:3]), strict=True):
            assert np.array_equal(a, b)
        # Of the fluxes, those that are differences of larger ones are known to the rounding of these.
        for a, b in zip(jax.tree.leaves(part(together[3], k)), jax.tree.leaves(alone[3]), strict=True):
            np.testing.assert_allclose(a, b, rtol=0.0, atol=1e-17)
    fluxes = together[3]
    assert bool(fluxes.converged.all())
    assert np.ptp(np.asarray(together[2])) > 1.0
    below = np.asarray(fluxes.subsurface_runoff)
    for k in range(2):
        one = below[k * N : (k + 1) * N]
        assert abs(one.sum()) < 1e-10 * np.abs(one).sum()
    # Recharge of the deep layers is what they gained.
    gained = (together[1].aquifer - start.store.aquifer) / 3600.0
    np.testing.assert_allclose(fluxes.recharge, gained, atol=1e-12)


@pytest.mark.slow
def test_discharge_of_a_plane_is_the_rain_above_it() -> None:
    """In the end q = rain times the area upslope, on full ground that lets nothing through."""
    falls = grid_of((3, 3), LAND + BELOW, slopes=(np.zeros((3, 3)), np.full((3, 3), 0.02)))  # toward the south
    tight = replace(DEEP, K_s=1e-13)
    water = replace(water_of(1, overland=KinematicWave(0.03), deep=tight), grid=falls)
    parameters = parameters_of(N, layers=3).soil
    retention = replace(parameters.retention, K_s=jnp.full((3, N), 1e-13))
    parameters = replace(parameters, retention=retention)
    start = initial_store(water, parameters, np.full(N, -0.02), layers=3)  # full, with a pond
    rain = 2e-3 * (1.0 + np.arange(N) / N)  # kg m-2 s-1, another one in each column
    asked = {"inflow": jnp.asarray(rain), "evaporation": jnp.zeros(N), "uptake": jnp.zeros((3, N))}
    soil, store, pond = Soil(jnp.full((3, N), 280.0), start.liquid, jnp.zeros((3, N))), start.store, start.pond
    assert not np.asarray(store.discharge).any()
    for _ in range(8):
        soil, store, pond, fluxes = step(water, soil, store, pond, parameters, asked)
    area = 50.0 * 50.0
    above = np.cumsum((rain * area / 1000.0).reshape(3, 3)[::-1], axis=0)[::-1]
    np.testing.assert_allclose(np.asarray(store.discharge).reshape(3, 3), above, rtol=1e-6)
    # What leaves a column less what comes is its runoff.
    comes = np.concatenate([above[1:], np.zeros((1, 3))])
    np.testing.assert_allclose(
        np.asarray(fluxes.surface_runoff).reshape(3, 3), 1000.0 * (above - comes) / area, rtol=1e-5
    )
    saturation = water.saturation(soil, store, parameters)
    assert saturation.shape == (5, N) and np.all(np.asarray(saturation) == 1.0)
    # Ice fills pores as water does; half the water of the lowest layer leaves it half full.
    frozen = Soil(soil.temperature, soil.liquid - 0.1, soil.ice + 0.1)
    half = replace(store, deep=store.deep * jnp.array([[1.0], [0.5]]))
    found = np.asarray(water.saturation(frozen, half, parameters))
    assert np.allclose(found[:4], 1.0) and np.allclose(found[4], 0.5, rtol=1e-4)


def test_water_that_an_analysis_changed_gives_the_heads_by_itself() -> None:
    parameters = parameters_of(N, layers=3).soil
    water = water_of(1, overland=KinematicWave(0.03), settings=TIGHT, stretch_x=0.0, stretch_y=0.0)
    wet, dry = (initial_store(water, parameters, jnp.full(N, depth), layers=3) for depth in (0.5, 2.5))
    soil = Soil(jnp.full((3, N), 285.0), dry.liquid, jnp.zeros((3, N)))
    asked = demands(N, rain=1e-4)
    # The heads of a wet soil are no more than a first guess beside the water of a dry one.
    right = step(water, soil, dry.store, dry.pond, parameters, asked)
    stale = step(water, soil, replace(dry.store, head=wet.store.head), dry.pond, parameters, asked)
    assert bool(stale[3].converged.all())
    np.testing.assert_allclose(stale[1].head, right[1].head, atol=1e-7)
    np.testing.assert_allclose(stale[0].liquid, right[0].liquid, atol=1e-10)


def test_without_exchange_it_is_the_richards_column_with_frozen_layers_over_deep_ones() -> None:
    parameters = parameters_of(N, layers=3).soil
    water = water_of(1, overland=KinematicWave(0.03), settings=TIGHT, stretch_x=0.0, stretch_y=0.0)
    water = replace(water, grid=replace(water.grid, slope_x=np.zeros((3, 3)), slope_y=np.zeros((3, 3))))
    start = initial_store(water, parameters, jnp.full(N, 2.5), layers=3)
    ice = jnp.full((3, N), 0.05).at[2].set(0.0)
    soil = Soil(jnp.full((3, N), 272.0), start.liquid - ice, ice)
    asked = demands(N, rain=1e-4)

    names = ("theta_r", "theta_s", "alpha", "n", "K_s")
    pairs = [(getattr(parameters.retention, name), getattr(DEEP, name)) for name in names]
    leaves = [np.concatenate([a, b + np.zeros((2, N))]) for a, b in pairs]
    whole = replace(parameters, retention=VanGenuchten(*leaves), wilting_point=0.1, critical_point=0.3)
    deep_ice = jnp.concatenate([ice, jnp.zeros((2, N))])
    thickness = jnp.asarray(LAND + BELOW)[:, None]
    column = RichardsWater(
        runoff=AllEnters(), bottom=ZeroFlux(), deepest_pond=1e9,
        settings=RichardsSettings(mean=Upwind(), specific_storage=1e-5, smooth_head=0.01, tolerance=1e-12),
    )  # fmt: skip
    liquid = jnp.concatenate([soil.liquid, start.store.deep / thickness[3:]])
    state = Soil(jnp.full((5, N), 272.0), liquid, deep_ice)
    none = Groundwater(jnp.zeros(N), jnp.zeros(N), jnp.zeros(N))
    deep_asked = asked | {"uptake": jnp.concatenate([asked["uptake"], jnp.zeros((2, N))])}
    pond, store = start.pond, start.store
    for _ in range(6):
        soil, store, pond, fluxes = step(water, soil, store, pond, parameters, asked)
        state, none, _, expected = column.step(state, none, start.pond, whole, thickness, dt=3600.0, **deep_asked)
        assert bool(fluxes.converged.all())
        assert float(pond.max()) == 0.0
        np.testing.assert_allclose(soil.liquid, state.liquid[:3], atol=1e-8)
        np.testing.assert_allclose(store.deep, (state.liquid * thickness)[3:], atol=1e-8)
        np.testing.assert_allclose(fluxes.evaporation, expected.evaporation, atol=1e-12)
        np.testing.assert_allclose(fluxes.uptake, expected.uptake[:3], atol=1e-12)
    assert float(jnp.abs(soil.liquid - start.liquid + ice).max()) > 1e-3


@pytest.mark.slow
def test_the_gradient_of_a_step_is_that_of_differences() -> None:
    parameters, asked = parameters_of(N, layers=3).soil, demands(N, rain=3e-4)
    water = water_of(1, settings=TIGHT)
    start = initial_store(water, parameters, jnp.full(N, 1.6), layers=3)
    weight = jnp.asarray(np.random.default_rng(4).normal(size=(3, N)))

    def value(x: dict[str, Any], differentiable: bool) -> Any:
        made = replace(water, differentiable=differentiable)
        retention = replace(parameters.retention, K_s=jnp.exp(x["log_K"]))
        soil = Soil(jnp.full((3, N), 285.0), x["liquid"], jnp.zeros((3, N)))
        soil, store, _, fluxes = made.step(
            soil, start.store, start.pond, replace(parameters, retention=retention), DZ, dt=3600.0,
            **asked | {"inflow": x["inflow"]},
        )  # fmt: skip
        return jnp.sum(weight * soil.liquid) + jnp.sum(store.deep) + 1e4 * jnp.sum(weight[0] * fluxes.subsurface_runoff)

    at = {"log_K": jnp.log(parameters.retention.K_s), "liquid": start.liquid, "inflow": asked["inflow"]}
    slope = jax.jit(jax.grad(lambda x: value(x, True)))(at)
    plain = jax.jit(lambda x: value(x, False))
    draw = np.random.default_rng(5)
    for name, size in (("log_K", 1e-4), ("liquid", 1e-6), ("inflow", 1e-8)):
        way = size * jnp.asarray(draw.normal(size=at[name].shape))
        change = 0.5 * float(plain(at | {name: at[name] + way}) - plain(at | {name: at[name] - way}))
        assert float(jnp.sum(slope[name] * way)) == pytest.approx(change, rel=1e-4)


def test_the_water_table_is_found_between_layers_and_at_the_surface() -> None:
    dz = jnp.asarray([[0.2], [0.4], [1.0]]) * jnp.ones((3, 4))
    z = jnp.cumsum(dz, axis=0) - 0.5 * dz
    depth = jnp.asarray([0.3, 0.9, 5.0, 0.0])
    found = table_depth((z - depth).at[:, 3].set(jnp.asarray([0.05, 0.3, 1.0])), dz, jnp.ones((3, 4), bool))
    np.testing.assert_allclose(found, [0.3, 0.9, 5.0, -0.05], atol=1e-12)
    # A wet layer over a dry one is perched, and a layer that takes no part is none.
    perched = jnp.asarray([[0.1], [-1.0], [0.2]])
    z = z[:, :1]
    assert float(table_depth(perched, dz[:, :1], jnp.ones((3, 1), bool))[0]) == pytest.approx(
        float(z[2, 0] - 0.2 * (z[2, 0] - z[1, 0]) / 1.2)
    )
    assert float(table_depth(perched, dz[:, :1], jnp.asarray([[True], [True], [False]]))[0]) == pytest.approx(1.4)


def test_water_at_rest_over_a_table_stays_there() -> None:
    parameters = parameters_of(N, layers=3).soil
    water = water_of(1, overland=KinematicWave(0.03), settings=TIGHT, stretch_x=0.0, stretch_y=0.0)
    water = replace(water, grid=replace(water.grid, slope_x=np.zeros((3, 3)), slope_y=np.zeros((3, 3))))
    start = initial_store(water, parameters, jnp.linspace(-0.1, 3.0, N), layers=3)
    assert float(start.pond[0]) == pytest.approx(100.0)
    np.testing.assert_allclose(start.store.water_table, np.linspace(-0.1, 3.0, N))
    soil = Soil(jnp.full((3, N), 285.0), start.liquid, jnp.zeros((3, N)))
    none = jax.tree.map(jnp.zeros_like, demands(N))
    after, store, pond, fluxes = step(water, soil, start.store, start.pond, parameters, none)
    np.testing.assert_allclose(after.liquid, start.liquid, atol=1e-10)
    np.testing.assert_allclose(pond[0], start.pond[0], rtol=1e-8)
    np.testing.assert_allclose(fluxes.subsurface_runoff, 0.0, atol=1e-9)


def test_what_does_not_fit_is_refused_with_the_remedy() -> None:
    grid = grid_of((3, 3), LAND + BELOW)
    holes = np.ones((5, 3, 3), bool)
    holes[:, 1, 2] = False
    with pytest.raises(GridMismatch, match=r"an active cell has no column: y=2, x=2 \(1 such cells\)"):
        SubsurfaceWater(grid, np.arange(8))
    with pytest.raises(GridMismatch, match="a column lies on a cell that is not active: y=1, x=2"):
        SubsurfaceWater(replace(grid, active=holes), PLACE)
    with pytest.raises(GridMismatch, match=r"names cell 4 \(y=1, x=1\) 2 times"):
        SubsurfaceWater(grid, np.array([0, 1, 2, 3, 4, 4, 6, 7, 8]))
    with pytest.raises(GridMismatch, match="runs from 1 to 9, expected 0 to 8"):
        SubsurfaceWater(grid, PLACE + 1)
    with pytest.raises(GridMismatch, match="whole numbers"):
        SubsurfaceWater(grid, PLACE + 0.5)
    with pytest.raises(RangeError, match="members must be >= 1, got 0"):
        SubsurfaceWater(grid, PLACE, members=0)
    with pytest.raises(GridMismatch, match="the subsurface has 5 layers, the land 10"):
        coupled(build("vadose"), SubsurfaceWater(grid, PLACE))
    with pytest.raises(GridMismatch, match="layer 1 .* is 0.2 m thick in the land and 0.3 m in the subsurface"):
        coupled(build("vadose", layers=(0.1, 0.2)), SubsurfaceWater(grid, PLACE))
    with pytest.raises(RangeError, match="iterations must be >= 1"):
        coupled(build("vadose", layers=LAND), SubsurfaceWater(grid, PLACE), 0)
    soil = parameters_of(N, layers=3).soil
    other = Campbell(0.4, -0.1, 4.0, 1e-6)
    with pytest.raises(ConfigError, match=r"`deep` must be a VanGenuchten .* got Campbell for 2 deeper layers"):
        initial_store(SubsurfaceWater(grid, PLACE, deep=other), soil, 1.0, layers=3)
    with pytest.raises(GridMismatch, match=r"a leaf of `deep` is \(2, 4\), expected \[2, 9\]"):
        initial_store(SubsurfaceWater(grid, PLACE, deep=replace(DEEP, K_s=jnp.full((2, 4), 1e-6))), soil, 1.0, layers=3)


def test_a_step_that_is_given_up_says_so_and_keeps_the_rain() -> None:
    parameters, asked = parameters_of(N, layers=3).soil, demands(N)
    hopeless = SubsurfaceSettings(newton=1, tolerance=1e-30, smallest_substep=0.5)
    water = water_of(1, overland=KinematicWave(0.03), settings=hopeless)
    start = initial_store(water, parameters, jnp.full(N, 1.5), layers=3)
    soil = Soil(jnp.full((3, N), 285.0), start.liquid, jnp.zeros((3, N)))
    after, _, pond, fluxes = step(water, soil, start.store, start.pond, parameters, asked)
    assert not bool(fluxes.converged.any())
    np.testing.assert_allclose(after.liquid, start.liquid, rtol=1e-12)
    np.testing.assert_allclose(pond, 3600.0 * asked["inflow"], rtol=1e-12)
    np.testing.assert_allclose(fluxes.subsurface_runoff, 0.0, atol=1e-12)
    np.testing.assert_allclose(fluxes.evaporation, 0.0)
