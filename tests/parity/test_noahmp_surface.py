"""Half-hourly surface fluxes of Noah-MP at Bondville in 1998, each from the reference's own state of the step before.

Hours without snow and rain: then heat of precipitation is 0 and the conductance of the ground follows from the output.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import xarray as xr

from vadose.constants import GAS_DRY_AIR, LATENT_HEAT_SUBLIMATION, LATENT_HEAT_VAPORISATION
from vadose.land.air import Air
from vadose.land.energy import surface_energy
from vadose.land.energy_state import REFERENCE, CanopySurface, GroundSurface
from vadose.land.radiation import TwoStream, split
from vadose.land.state import Canopy
from vadose.land.stomata import BallBerry
from vadose.land.tables import modis_vegetation
from vadose.land.turbulence import MoninObukhov

POROSITY, WILTING, REFERENCE_WATER, EXPONENT, SUCTION = 0.464, 0.12, 0.387, 8.72, 0.617


@cache
def hours(folder: Path) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Output at the end of each chosen step, and at the end of the step before."""
    with xr.open_dataset(folder / "golden/noahmp/bondville1998_A_default_30min.nc") as data:
        all_hours = {name: np.asarray(v, dtype=float) for name, v in data.items() if v.dtype.kind == "f"}
    now = {name: v[1:] for name, v in all_hours.items()}
    before = {name: v[:-1] for name, v in all_hours.items()}
    dry = (before["SNOWH"] == 0) & (now["SNOWH"] == 0) & (now["RAINRATE"] == 0) & (before["CANLIQ"] < 1e-3)
    apart = np.abs(now["TGB"] - before["SOIL_T"][:, 0]) > 0.3
    chosen = np.flatnonzero(dry & apart & (before["SOIL_W"][:, 0] == before["SOIL_M"][:, 0]))
    return {n: v[chosen] for n, v in now.items()}, {n: v[chosen] for n, v in before.items()}


def ground_of(now: dict[str, np.ndarray], before: dict[str, np.ndarray]) -> GroundSurface:
    """Resistance of Sakaguchi and Zeng (2009) and humidity of Philip (1957), by the reference's parameters."""
    T, water = before["TG"], before["SOIL_W"][:, 0]
    wetness = np.minimum(water / POROSITY, 1.0)
    layer = 0.1 * np.expm1((1.0 - wetness) ** 5) / (np.e - 1.0)
    diffusivity = 2.2e-5 * POROSITY**2 * (1.0 - WILTING / POROSITY) ** (2.0 + 3.0 / EXPONENT)
    head = -SUCTION * np.maximum(wetness, 0.01 / POROSITY) ** -EXPONENT
    conductance = now["GHB"] / (now["TGB"] - before["SOIL_T"][:, 0])
    none = 0.0 * T
    return GroundSurface(
        temperature=T,
        conductance=conductance,
        contact_temperature=before["SOIL_T"][:, 0],
        humidity=np.exp(head * 9.80616 / (461.269 * T)),
        evaporation_resistance=layer / diffusivity,
        emissivity=0.97 + none,
        roughness=0.002 + none,
        displacement=none,
        latent_heat=np.where(T > 273.15, LATENT_HEAT_VAPORISATION, LATENT_HEAT_SUBLIMATION),
        evaporation_limit=1.0 + none,
        melt_heat=none,
        absorbed=now["SAG"],
        precipitation_heat=np.zeros((2, T.size)),
    )


def canopy_of(now: dict[str, np.ndarray], before: dict[str, np.ndarray], vegetation: Any) -> CanopySurface:
    """Leaves with the light of the two-stream scheme, at the reference's wet fraction and absorbed radiation."""
    none = 0.0 * now["TV"]
    moisture = np.maximum(0.11 - 0.40 * before["SOIL_M"][:, 0], 0.0)
    albedo = np.stack([np.minimum(wet + moisture, 2.0 * wet) for wet in (0.09, 0.18)])
    light = split(jnp.asarray(np.where(now["COSZ"] > 0, now["SWFORC"], 0.0)))
    seen = TwoStream().absorb(
        light,
        cos_zenith=jnp.asarray(now["COSZ"]),
        vegetation=vegetation,
        fraction=jnp.asarray(now["FVEG"]),
        lai=jnp.asarray(now["LAI"]),
        sai=jnp.asarray(now["SAI"]),
        wet_fraction=jnp.asarray(now["FWET"]),
        canopy_temperature=jnp.asarray(before["TV"]),
        ground_direct=jnp.asarray(albedo),
        ground_diffuse=jnp.asarray(albedo),
    )
    area = now["LAI"] + now["SAI"]
    return CanopySurface(
        fraction=now["FVEG"],
        lai=now["LAI"],
        sai=now["SAI"],
        sunlit_lai=seen.sunlit_lai,
        shaded_lai=seen.shaded_lai,
        roughness=0.15 + none,
        displacement=1.3 + none,
        height=2.0 + none,
        wet_fraction=before["FWET"],
        heat_capacity=0.001 * 4.188e6 * area,
        emissivity=1.0 - np.exp(-area),
        absorbed=now["SAV"],
        par=seen.par,
        precipitation_heat=none,
        liquid_limit=before["CANLIQ"] / 1800.0,
    )


@cache
def both(folder: Path) -> tuple[Any, dict[str, np.ndarray]]:
    """Our fluxes and the reference's."""
    now, before = hours(folder)
    vegetation = modis_vegetation(np.full(now["TV"].size, 12))
    q, p, T = now["FORCQLSM"], now["FORCPLSM"], now["FORCTLSM"]
    vapour = q * p / (0.622 + 0.378 * q)
    air = Air(T, q, vapour, p, (p - 0.378 * vapour) / (GAS_DRY_AIR * T), np.maximum(now["FORCWLSM"], 1.0),
              now["LWFORC"], 10.0 + 0.0 * T)  # fmt: skip
    wetness = (before["SOIL_W"][:, :3] - WILTING) / (REFERENCE_WATER - WILTING)
    stress = np.maximum(np.clip(wetness, 0.0, 1.0) @ np.array([0.1, 0.3, 0.6]), 1e-6)
    canopy = Canopy(before["TV"], before["TAH"], before["EAH"], before["CANLIQ"], before["CANICE"])
    given = (air, canopy, vegetation, canopy_of(now, before, vegetation), ground_of(now, before), stress)

    @jax.jit
    def solve(air: Any, canopy: Any, vegetation: Any, leaves: Any, ground: Any, stress: Any) -> Any:
        return surface_energy(
            air, canopy, vegetation, canopy_surface=leaves, ground_surface=ground, turbulence=MoninObukhov(),
            stomata=BallBerry(), stress=stress, dt=1800.0, options=REFERENCE,
        )  # fmt: skip

    return solve(*jax.tree.map(jnp.asarray, given)), now


def rmse(ours: Any, theirs: np.ndarray) -> float:
    return float(np.sqrt(np.mean((np.asarray(ours) - theirs) ** 2)))


def pairs(s: Any, now: dict[str, np.ndarray]) -> dict[str, tuple[Any, np.ndarray]]:
    """Our flux and the reference's, by the reference's name of it."""
    f = now["FVEG"]
    return {
        "TGB": (s.bare.temperature, now["TGB"]),
        "SHB": (s.bare.sensible, now["SHB"]),
        "EVB": (s.bare.latent, now["EVB"]),
        "IRB": (s.bare.net_longwave, now["IRB"]),
        "GHB": (s.bare.ground_heat, now["GHB"]),
        "CHB": (1.0 / s.bare.aerodynamic_resistance, now["CHB"]),
        "TV": (s.temperature, now["TV"]),
        "TGV": (s.under.temperature, now["TGV"]),
        "SHC": (f * s.leaf.sensible, now["SHC"]),
        "SHG": (s.under.sensible, now["SHG"]),
        "EVC + TR": (s.latent_canopy + s.latent_transpiration, now["EVC"] + now["TR"]),
        "TR": (s.latent_transpiration, now["TR"]),
        "EVG": (s.under.latent, now["EVG"]),
        "IRC": (f * s.leaf.net_longwave, now["IRC"]),
        "IRG": (s.under.net_longwave, now["IRG"]),
        "GHV": (s.under.ground_heat, now["GHV"]),
        "CHV": (1.0 / s.leaf.aerodynamic_resistance, now["CHV"]),
        "LH": (s.latent_canopy + s.latent_transpiration + s.latent_ground, now["LH"]),
        "HFX": (s.sensible, now["HFX"]),
        "FIRA": (s.net_longwave, now["FIRA"]),
        "GRDFLX": (s.ground_heat, now["GRDFLX"]),
    }


LIMITS = {"LH": 5.0, "HFX": 5.0}


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_half_hourly_fluxes_are_those_of_the_reference(vadose_data: Path, name: str) -> None:
    ours, theirs = pairs(*both(vadose_data))[name]
    assert rmse(ours, theirs) < LIMITS[name]


def test_energy_of_every_half_hour_closes(vadose_data: Path) -> None:
    s, _ = both(vadose_data)
    assert np.abs(np.asarray(s.residual)).max() < 1e-8
    assert np.asarray(s.converged).mean() > 0.995
