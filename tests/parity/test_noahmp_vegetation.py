"""Leaf area, interception and soil evaporation resistance against Noah-MP's own half-hours at Bondville, 1998.

Each process is driven with the reference's state at the start of the step and its fluxes; row i of the output is the
state at the end of step i, with the forcing of that step. Output is in float32, which sets most limits here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr
from tests.land.plants import LAI, SAI, THICKNESS, air_at, canopy_with, crop, day_of, silty_clay_loam

from vadose.arrays import Array
from vadose.land.evaporation import SakaguchiZeng
from vadose.land.interception import Interception, Throughfall
from vadose.land.phenology import MonthlyLeaves
from vadose.land.state import Soil

FROZEN = 273.16  # K, the reference's melting point
DT = 1800.0
Column = Callable[[str], Array]


@pytest.fixture(scope="module")
def year(vadose_data: Path) -> xr.Dataset:
    path = vadose_data / "golden" / "noahmp" / "bondville1998_A_default_30min.nc"
    with xr.open_dataset(path) as data:
        return data.squeeze().load()


@pytest.fixture(scope="module")
def end(year: xr.Dataset) -> Column:
    """A variable at the end of each step, layers first."""
    return lambda name: jnp.asarray(year[name].values[1:].astype(float).T)


@pytest.fixture(scope="module")
def start(year: xr.Dataset) -> Column:
    """A variable at the start of each step, layers first."""
    return lambda name: jnp.asarray(year[name].values[:-1].astype(float).T)


def leaves(year: xr.Dataset, snow_depth: Array) -> tuple[Array, Array, Array]:
    """Ours, at the end of each step as the reference's clock has it."""
    stamps = np.array([t.decode().replace("_", "T") for t in year["Times"].values[1:]], dtype="datetime64[s]")
    passed = (stamps - np.datetime64("1998-01-01")) / np.timedelta64(1, "s") / (365.0 * 86400.0)
    return jax.jit(MonthlyLeaves().leaves)(crop(len(passed)), day_of(passed), snow_depth)


def test_leaf_and_stem_area_are_the_references(year: xr.Dataset, end: Column) -> None:
    assert LAI[7] == 3.0 and SAI[7] == 0.5
    lai, sai, _ = leaves(year, jnp.zeros(year.sizes["Time"] - 1))
    # Where it is at the limit of 0.05 below which there are no leaves, float32 decides.
    clear = np.abs(np.asarray(lai) - 0.05) > 1e-6
    assert np.sum(~clear) <= 2
    np.testing.assert_allclose(lai[clear], end("LAI")[clear], atol=2e-6)
    np.testing.assert_allclose(sai, end("SAI"), atol=2e-6)


@pytest.fixture(scope="module")
def caught(year: xr.Dataset, end: Column, start: Column) -> tuple[dict[str, Array], Throughfall]:
    """Canopy water after the reference's evaporation, and what reached the ground, from its state before."""
    T = end("FORCTLSM") - FROZEN
    share = jnp.where(T <= 0.5, 1.0, jnp.where(T <= 2.0, 1.0 - (-54.632 + 0.2 * (T + FROZEN)), 0.6))
    share = jnp.where(T > 2.5, 0.0, share)  # Jordan (1991)
    precipitation = end("RAINRATE") / DT
    lai, sai, fraction = leaves(year, start("SNOWH"))
    canopy = canopy_with(start("CANLIQ"), start("CANICE"), start("TV"))
    scheme = Interception(wet_exponent=0.667)  # the reference's rounding of 2/3
    n = len(T)
    given = {
        "fraction": fraction, "lai": lai, "sai": sai,
        "rain": precipitation * (1.0 - share), "snowfall": precipitation * share,
        "air": dataclasses.replace(air_at(T + FROZEN), wind=end("FORCWLSM")),
        "snow_density": jnp.minimum(120.0, 67.92 + 51.25 * jnp.exp(T / 2.59)), "dt": DT,
    }  # fmt: skip
    canopy, fall = jax.jit(scheme.intercept)(canopy, crop(n), **given)
    canopy, wet, change = jax.jit(scheme.update)(
        canopy, evaporation=end("ECAN"), throughfall=fall, heat_capacity=jnp.zeros(n), dt=DT,
        frozen=start("TV") <= FROZEN,
    )  # fmt: skip
    return {"liquid": canopy.liquid, "ice": canopy.ice, "wet": wet, "unmet": change.unmet}, fall


def test_rain_and_snow_on_the_ground(caught: tuple[dict[str, Array], Throughfall], end: Column) -> None:
    _, fall = caught
    np.testing.assert_allclose(fall.rain * DT, end("QRAIN") * DT, atol=3e-6)
    np.testing.assert_allclose(fall.snowfall * DT, end("QSNOW") * DT, atol=3e-6)


def test_canopy_water_in_every_step(caught: tuple[dict[str, Array], Throughfall], end: Column, start: Column) -> None:
    water, _ = caught
    # The reference throws away stores of less than 1e-6 mm and keeps its numbers in float32.
    np.testing.assert_allclose(water["liquid"] + water["ice"], end("CANLIQ") + end("CANICE"), atol=5e-6)
    assert float(jnp.max(water["unmet"]) * DT) < 1e-6
    warm = (start("CANICE") == 0.0) & (end("CANICE") == 0.0) & (start("TV") > FROZEN) & (end("TV") > FROZEN)
    assert int(warm.sum()) > 10000
    np.testing.assert_allclose(water["liquid"][warm], end("CANLIQ")[warm], atol=2e-6)
    np.testing.assert_allclose(water["wet"][warm], end("FWET")[warm], atol=1e-3)
    wet = warm & (end("CANLIQ") > 1e-3)
    np.testing.assert_allclose(water["wet"][wet], end("FWET")[wet], atol=2e-5)


def lowe(t: Array) -> Array:
    """Saturation vapour pressure as the reference has it, Pa at t degrees C; Lowe (1977)."""
    water = (
        6.107799961,
        4.436518521e-1,
        1.428945805e-2,
        2.650648471e-4,
        3.031240396e-6,
        2.034080948e-8,
        6.136820929e-11,
    )
    ice = (6.109177956, 5.034698970e-1, 1.886013408e-2, 4.176223716e-4, 5.824720280e-6, 4.838803174e-8, 1.838826904e-10)
    return 100.0 * jnp.where(t > 0.0, jnp.polyval(jnp.array(water[::-1]), t), jnp.polyval(jnp.array(ice[::-1]), t))


def test_evaporation_of_bare_soil(end: Column, start: Column) -> None:
    water = start("SOIL_W")
    soil = Soil(start("SOIL_T"), water, start("SOIL_M") - water)
    n = water.shape[1]
    resistance, humidity = jax.jit(SakaguchiZeng().resistance)(
        soil, silty_clay_loam(n), THICKNESS, snow_cover=end("FSNO"), air=air_at(end("FORCTLSM")),
        ground_temperature=start("TG"),
    )  # fmt: skip
    p, q = end("FORCPLSM"), end("FORCQLSM")
    e = q * p / (0.622 + 0.378 * q)
    density = (p - 0.378 * e) / (287.04 * end("FORCTLSM"))
    latent = jnp.where(start("TG") > FROZEN, 2.5104e6, 2.844e6)
    aerodynamic = jnp.maximum(1.0, 1.0 / end("CHB"))
    flux = density * 0.622 * latent / p * (lowe(end("TGB") - FROZEN) * humidity - e) / (aerodynamic + resistance)
    off = np.asarray(flux - end("EVB"))[np.asarray(start("SNOWH") == 0.0)]
    assert off.size > 15000
    # The fourth digit of a mean flux of 28 W m-2: the reference's temperature moves on in its last iteration.
    assert np.sqrt(np.mean(off**2)) < 0.005
    assert np.max(np.abs(off)) < 0.1
