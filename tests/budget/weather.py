"""Random columns and random weather that is worse than any: what the column model must bear without a flaw.

Columns are dry to saturated, frozen or hot, bare to forest, under no or deep snow. Weather has -60 to 60 degrees C,
jumps of tens of degrees, cloudbursts, blizzards, calm nights and storms; it is made step by step from a seed, so that
years of many columns need no memory.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from vadose.arrays import Array, pytree
from vadose.land.air import Forcing
from vadose.land.parameters import SoilParameters
from vadose.land.runoff.tables import runoff_parameters
from vadose.land.tables import modis_vegetation, soil_colour
from vadose.model.column import ColumnModel
from vadose.model.initial import initial_state
from vadose.model.state import Parameters, State
from vadose.soil.retention.power_law import Campbell
from vadose.soil.thermal.johansen import Johansen

DT = 1800.0
A_DAY = 48
COLDEST, WARMEST = 213.15, 333.15  # K
CLASSES = [number for number in range(1, 21) if number not in (15, 17)]  # MODIS; not ice, not water


def random_columns(model: ColumnModel, columns: int, seed: int) -> tuple[State, Parameters]:
    """So many columns of random soils, plants and states."""
    draw = np.random.default_rng(seed)
    dz = np.asarray(model.thickness)
    depth = (np.cumsum(dz) - 0.5 * dz)[:, None]
    layered = np.ones((len(dz), 1))
    one = np.zeros(columns)

    def uniform(low: float, high: float) -> np.ndarray:
        return draw.uniform(low, high, columns)

    def among(low: float, high: float) -> np.ndarray:
        return np.exp(uniform(np.log(low), np.log(high)))

    theta_s = uniform(0.3, 0.6)
    retention = Campbell(
        theta_s * layered, -among(0.03, 0.8) * layered, among(2.8, 12.0) * layered, among(1e-8, 1e-4) * layered
    )
    wilting = uniform(0.03, 0.4) * theta_s
    fraction = np.clip(uniform(-0.3, 1.3), 0.0, 1.0)
    colour = draw.integers(1, 9, columns)
    dry, saturated = soil_colour(colour)
    sand = uniform(2.0, 95.0)
    clay = np.minimum(uniform(2.0, 60.0), 98.0 - sand)
    soil = SoilParameters(
        retention=retention,
        thermal=Johansen.from_soil(sand * layered, np.maximum(clay, 0.5) * layered, theta_s * layered),
        solids_heat=2.0e6 * np.ones((len(dz), columns)),
        wilting_point=wilting * layered,
        critical_point=(wilting + uniform(0.2, 0.9) * (theta_s - wilting)) * layered,
        albedo_dry=dry,
        albedo_saturated=saturated,
        roughness=among(1e-3, 0.05),
        slope=np.clip(uniform(-0.3, 1.2), 0.0, 1.0),
        deep_temperature=uniform(250.0, 305.0),
        runoff=runoff_parameters(draw.integers(1, 13, columns)),
    )
    plants = modis_vegetation(draw.choice(CLASSES, columns), fraction=fraction)
    parameters = Parameters(plants, soil, one + 40.0)
    wet = np.clip(uniform(-0.2, 1.2)[None] + draw.normal(0.0, 0.2, (len(dz), columns)), 0.02, 1.0)
    surface, deep = uniform(225.0, 325.0), uniform(255.0, 300.0)
    temperature = deep + (surface - deep) * np.exp(-depth / 0.5)
    snow = np.where((uniform(0.0, 1.0) < 0.4) & (surface < 275.0), among(0.01, 900.0), 0.0)
    parameters = jax.tree.map(jnp.asarray, parameters)
    state = initial_state(
        model, parameters, moisture=wet * theta_s, temperature=temperature, snow_water=snow,
        water_table=among(0.3, 20.0),
    )  # fmt: skip
    return state, parameters


@pytree
class Weather:
    """What the weather of a column remembers, [column]: climate K, synoptic K, calm, humidity and cloud 1."""

    climate: Array
    swing: Array
    synoptic: Array
    storm: Array
    dryness: Array


def weather_of(columns: int, seed: int) -> Weather:
    """A start of the weather."""
    draw = np.random.default_rng(seed)
    climate, swing = draw.uniform(225.0, 318.0, columns), draw.uniform(0.0, 25.0, columns)
    zero = np.zeros(columns)
    return Weather(*(jnp.asarray(x) for x in (climate, swing, zero, zero, draw.uniform(0.0, 1.0, columns))))


def next_weather(weather: Weather, key: Array, index: Array) -> tuple[Weather, Forcing]:
    """The weather of step `index`, [column] forcing."""
    n = weather.climate.shape
    a, b, c, d, e, f = (jax.random.normal(k, n) for k in jax.random.split(key, 6))
    synoptic = 0.99 * weather.synoptic + 1.5 * a
    jump = jnp.where(jnp.abs(b) > 3.2, 20.0 * c, 0.0)
    storm = 0.95 * weather.storm + 0.3 * c
    dryness = jnp.clip(weather.dryness + 0.03 * d, 0.0, 1.0)
    day = index / A_DAY
    hour = 2.0 * jnp.pi * (day - jnp.floor(day))
    season = jnp.cos(2.0 * jnp.pi * day / 365.0)
    sun = -jnp.cos(hour) * 0.8 - 0.2 * season
    T = weather.climate - 15.0 * season + synoptic + jump - weather.swing * jnp.cos(hour - 0.5)
    T = jnp.clip(T, COLDEST, WARMEST)
    pressure = 1e5 - 2.5e4 * weather.dryness + 500.0 * e
    saturated = 611.2 * jnp.exp(17.67 * (T - 273.15) / (T - 29.65))
    vapour = jnp.minimum(saturated * jnp.clip(1.05 - dryness + 0.1 * e, 0.02, 1.0), 0.2 * pressure)
    wind = jnp.where((sun < 0.0) & (storm < 0.3), 0.0, jnp.abs(4.0 * storm + f) + jnp.where(storm > 2.0, 20.0, 0.0))
    rain = jnp.where(storm > 1.0, jnp.exp(1.5 * f - 9.0), 0.0)
    rain = jnp.minimum(jnp.where(storm > 2.4, 20.0 * rain, rain), 0.05)
    cloud = jnp.clip(0.5 * (storm + 1.0), 0.0, 1.0)
    nothing = jnp.full(n, jnp.nan)
    return Weather(weather.climate, weather.swing, synoptic, storm, dryness), Forcing(
        air_temperature=T,
        specific_humidity=0.622 * vapour / (pressure - 0.378 * vapour),
        pressure=pressure,
        wind=wind,
        shortwave=1300.0 * jnp.maximum(sun, 0.0) * (1.0 - 0.7 * cloud),
        longwave=(0.55 + 0.45 * cloud + 0.05 * jnp.abs(e)) * 5.67e-8 * T**4,
        precipitation=rain,
        cos_zenith=sun + 0.0 * T,
        year_fraction=day / 365.0 - jnp.floor(day / 365.0) + 0.0 * T,
        snow_fraction=nothing,
        lai=nothing,
    )


@pytree
class Watch:
    """What a run was seen to do, [column].

    water          1       largest residual over what the step's water can be known to (see `allowed`)
    energy         W m-2   largest residual
    failed         1       steps that did not converge; first_failed, index of the first, -1 where there is none
    lost           1       steps after which a state or a flux was not finite
    broken         1       steps after which a store was negative or more than full
    """

    water: Array
    energy: Array
    failed: Array
    first_failed: Array
    lost: Array
    broken: Array


def allowed(model: ColumnModel, state: State, fluxes: Any, dt: float) -> Array:
    """Water residual that float64 leaves, kg m-2: 1e-12 of the throughput and 64 roundings of the storage."""
    moved = fluxes.precipitation + jnp.abs(fluxes.canopy_evaporation) + fluxes.transpiration
    moved = moved + jnp.abs(fluxes.ground_evaporation) + fluxes.surface_runoff + jnp.abs(fluxes.subsurface_runoff)
    return 1e-12 * moved * dt + 64.0 * 2.2e-16 * model.storage(state)


def _broken(state: State, parameters: Parameters) -> Array:
    """Whether a store is negative or more than full by more than rounding, or a temperature out of this world."""
    soil, snow, canopy = state.soil, state.snow, state.canopy
    full = soil.liquid + soil.ice > parameters.soil.retention.theta_s + 1e-4
    bad = jnp.any((soil.liquid < -1e-12) | (soil.ice < -1e-12) | full, axis=0)
    bad |= jnp.any((snow.ice < -1e-9) | (snow.liquid < -1e-9) | (snow.thickness < 0.0), axis=0)
    bad |= (canopy.liquid < -1e-12) | (canopy.ice < -1e-12) | (state.pond < -1e-12) | (snow.water_equivalent < -1e-9)
    odd = jnp.any((soil.temperature < 150.0) | (soil.temperature > 400.0), axis=0)
    return bad | odd | (canopy.temperature < 150.0) | (canopy.temperature > 400.0)


@jax.jit
def endure(
    model: ColumnModel, state: State, parameters: Parameters, weather: Weather, key: Array, first: Array, steps: Array
) -> tuple[State, Weather, Watch]:
    """Run `steps` steps of half an hour from step `first` on."""
    zero = jnp.zeros(state.pond.shape)
    count = zero.astype(int)

    def one(i: Array, carry: tuple[State, Weather, Watch]) -> tuple[State, Weather, Watch]:
        state, weather, seen = carry
        weather, forcing = next_weather(weather, jax.random.fold_in(key, i), i)
        after, fluxes, budget = model.step(state, parameters, forcing, jnp.asarray(DT))
        bad = ~fluxes.converged
        finite = jnp.isfinite(budget.water) & jnp.isfinite(budget.energy) & jnp.isfinite(after.ground_temperature)
        share = jnp.abs(budget.water) / allowed(model, after, fluxes, DT)
        return (
            after,
            weather,
            Watch(
                water=jnp.maximum(seen.water, share),
                energy=jnp.maximum(seen.energy, jnp.abs(budget.energy)),
                failed=seen.failed + bad,
                first_failed=jnp.where(bad & (seen.first_failed < 0), i, seen.first_failed),
                lost=seen.lost + ~finite,
                broken=seen.broken + _broken(after, parameters),
            ),
        )

    return jax.lax.fori_loop(
        first, first + steps, one, (state, weather, Watch(zero, zero, count, count - 1, count, count))
    )
