"""What the column model can give out: one table with the name, the units and the names of CMIP and ALMA."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp

from vadose.arrays import Array
from vadose.constants import MOLAR_MASS_CARBON, RHO_WATER
from vadose.model.state import Fluxes, State

MICRO = 1e-6  # mol in a micromol


@dataclass(frozen=True)
class Output:
    """One quantity that a run can write.

    value   of (state after the step, fluxes of the step, thickness [layer, 1] m): [column] or [layer, column]
    layered by layer of the soil;  whole  of one by layer: of all layers of a subsurface, the soil's being the first
    point   True where the value belongs to the end of a step, False for means over it; both are written as means
    subsurface  True where only columns over a subsurface in three dimensions have it
    """

    name: str
    title: str
    units: str
    cmip: str
    alma: str
    value: Callable[[State, Fluxes, Array], Array]
    layered: bool = False
    whole: bool = False
    point: bool = False
    subsurface: bool = False


def _flux(name: str) -> Callable[[State, Fluxes, Array], Array]:
    return lambda state, fluxes, thickness: getattr(fluxes, name)


def _store(state: State) -> Any:
    """The store of a subsurface, which stands in the place of groundwater."""
    return state.groundwater


_WATER, _HEAT = "kg m-2 s-1", "W m-2"

_TABLE = (
    Output(
        "soil_moisture", "Water in the soil layer", "kg m-2", "mrsol", "SoilMoist",
        lambda s, f, dz: RHO_WATER * dz * (s.soil.liquid + s.soil.ice), layered=True, point=True,
    ),
    Output(
        "soil_ice", "Ice in the soil layer", "kg m-2", "mrsfl", "SoilIce",
        lambda s, f, dz: RHO_WATER * dz * s.soil.ice, layered=True, point=True,
    ),
    Output(
        "soil_temperature", "Soil temperature", "K", "tsl", "SoilTemp",
        lambda s, f, dz: s.soil.temperature, layered=True, point=True,
    ),
    Output("root_uptake", "Water that roots take", _WATER, "rootuptake", "RootUptake", _flux("uptake"), layered=True),
    Output(
        "evapotranspiration", "Evapotranspiration", _WATER, "evspsbl", "Evap",
        lambda s, f, dz: f.canopy_evaporation + f.transpiration + f.ground_evaporation,
    ),
    Output(
        "canopy_evaporation", "Evaporation from leaves", _WATER, "evspsblveg", "ECanop", _flux("canopy_evaporation"),
    ),
    Output("transpiration", "Transpiration", _WATER, "tran", "TVeg", _flux("transpiration")),
    Output(
        "ground_evaporation", "Evaporation from ground and snow", _WATER, "evspsblsoi", "ESoil",
        _flux("ground_evaporation"),
    ),
    Output("snow_sublimation", "Sublimation of snow", _WATER, "sbl", "SubSnow", _flux("snow_sublimation")),
    Output("precipitation", "Precipitation", _WATER, "pr", "Precip", _flux("precipitation")),
    Output("snowfall", "Snowfall", _WATER, "prsn", "Snowf", _flux("snowfall")),
    Output("snow_outflow", "Water out of the snow", _WATER, "snmsl", "Qsnowout", _flux("snow_outflow")),
    Output("infiltration", "Infiltration", _WATER, "infiltration", "Qinf", _flux("infiltration")),
    Output("surface_runoff", "Surface runoff", _WATER, "mrros", "Qs", _flux("surface_runoff")),
    Output("subsurface_runoff", "Subsurface runoff", _WATER, "mrrob", "Qsb", _flux("subsurface_runoff")),
    Output(
        "runoff", "Total runoff", _WATER, "mrro", "Qtot", lambda s, f, dz: f.surface_runoff + f.subsurface_runoff
    ),
    Output("latent_heat", "Latent heat", _HEAT, "hfls", "Qle", _flux("latent")),
    Output("sensible_heat", "Sensible heat", _HEAT, "hfss", "Qh", _flux("sensible")),
    Output("ground_heat", "Heat into the ground", _HEAT, "hfdsl", "Qg", _flux("ground_heat")),
    Output("canopy_heat", "Heat stored in the canopy", _HEAT, "hfcanopy", "Qcanopy", _flux("canopy_heat_storage")),
    Output("precipitation_heat", "Heat of precipitation", _HEAT, "hfrainds", "Qrain", _flux("precipitation_heat")),
    Output("shortwave", "Downward shortwave", _HEAT, "rsds", "SWdown", _flux("shortwave")),
    Output("reflected", "Upward shortwave", _HEAT, "rsus", "SWup", _flux("reflected")),
    Output("net_longwave", "Net longwave, upward", _HEAT, "rlns", "LWup", _flux("net_longwave")),
    Output(
        "net_radiation", "Net radiation", _HEAT, "rnet", "Rnet",
        lambda s, f, dz: f.absorbed_canopy + f.absorbed_ground - f.net_longwave,
    ),
    Output("radiative_temperature", "Radiative temperature", "K", "ts", "RadT", _flux("radiative_temperature")),
    Output("temperature_2m", "Air temperature at 2 m", "K", "tas", "Tair2m", _flux("temperature_2m")),
    Output("humidity_2m", "Specific humidity at 2 m", "kg kg-1", "huss", "Qair2m", _flux("specific_humidity_2m")),
    Output(
        "leaf_temperature", "Leaf temperature", "K", "tcs", "VegT",
        lambda s, f, dz: s.canopy.temperature, point=True,
    ),
    Output(
        "ground_temperature", "Ground temperature", "K", "tgs", "BaresoilT",
        lambda s, f, dz: s.ground_temperature, point=True,
    ),
    Output(
        "snow_water", "Snow water equivalent", "kg m-2", "snw", "SWE",
        lambda s, f, dz: s.snow.water_equivalent, point=True,
    ),
    Output("snow_depth", "Snow depth", "m", "snd", "SnowDepth", lambda s, f, dz: s.snow.depth, point=True),
    Output("snow_cover", "Snow cover", "1", "snc", "SnowFrac", _flux("snow_cover")),
    Output(
        "canopy_water", "Water on leaves", "kg m-2", "cw", "CanopInt",
        lambda s, f, dz: s.canopy.liquid + s.canopy.ice, point=True,
    ),
    Output(
        "ponded_water", "Water standing on the ground", "kg m-2", "pond", "SurfStor",
        lambda s, f, dz: s.pond, point=True,
    ),
    Output(
        "water_table_depth", "Depth of the water table", "m", "wtd", "WaterTableD",
        lambda s, f, dz: s.groundwater.water_table, point=True,
    ),
    Output(
        "aquifer", "Water in the aquifer", "kg m-2", "aquifer", "AquiferStor",
        lambda s, f, dz: s.groundwater.aquifer, point=True,
    ),
    Output(
        "pressure_head", "Pressure head in the soil layer", "m", "psi", "PressHead",
        lambda s, f, dz: _store(s).head[: dz.shape[0]], layered=True, point=True, subsurface=True,
    ),
    Output(
        "subsurface_saturation", "Saturation of the layer with water and ice", "1", "subsat", "SubSat",
        _flux("saturation"), layered=True, whole=True, point=True, subsurface=True,
    ),
    Output(
        "discharge", "Water running over the land out of the cell", "m3 s-1", "rivo", "RivOut",
        lambda s, f, dz: _store(s).discharge, subsurface=True,
    ),
    Output("recharge", "Recharge of the aquifer", _WATER, "qgwr", "Qrecharge", _flux("recharge")),
    Output("lai", "Leaf area index", "1", "lai", "LAI", _flux("lai")),
    Output("stress", "Soil water factor of transpiration", "1", "btran", "SWStress", _flux("stress")),
    Output(
        "gpp", "Gross primary productivity", "kg m-2 s-1", "gpp", "GPP",
        lambda s, f, dz: MICRO * MOLAR_MASS_CARBON * f.photosynthesis,
    ),
)  # fmt: skip

OUTPUTS: dict[str, Output] = {output.name: output for output in _TABLE}
OF_COLUMNS = tuple(output.name for output in _TABLE if not output.subsurface)  # that every column has


def levels(output: Output, soil: int, whole: int) -> tuple[int, ...]:
    """Size of the vertical axis of an output, none where it has none; layers of the soil and of a subsurface."""
    return ((whole if output.whole else soil),) if output.layered else ()


def collect(names: tuple[str, ...], state: State, fluxes: Fluxes, thickness: Array) -> dict[str, Array]:
    """The outputs `names` of one step; thickness [layer, 1] m."""
    return {name: jnp.asarray(OUTPUTS[name].value(state, fluxes, thickness)) for name in names}
