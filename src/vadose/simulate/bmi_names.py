"""Names and units of the variables of the Basic Model Interface: CSDMS standard names where they exist."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from vadose.errors import ConfigError
from vadose.model.outputs import OF_COLUMNS, OUTPUTS


@dataclass(frozen=True)
class Variable:
    """One variable: the field of Forcing or Soil or the output that it is, and what it is measured in.

    soil  whether it belongs to the soil's state, which can be read and set
    """

    field: str
    units: str
    layered: bool = False
    soil: bool = False


# The sun's height and the season belong to the weather: a driver that replaces it leaves them as the study has them.
INPUTS: dict[str, Variable] = {
    "atmosphere_bottom_air__temperature": Variable("air_temperature", "K"),
    "atmosphere_bottom_air_water-vapor__specific_humidity": Variable("specific_humidity", "kg kg-1"),
    "atmosphere_bottom_air__pressure": Variable("pressure", "Pa"),
    "atmosphere_bottom_air_flow__speed": Variable("wind", "m s-1"),
    "land_surface_radiation~incoming~shortwave__energy_flux": Variable("shortwave", "W m-2"),
    "land_surface_radiation~incoming~longwave__energy_flux": Variable("longwave", "W m-2"),
    "atmosphere_water__precipitation_mass_flux": Variable("precipitation", "kg m-2 s-1"),
    "soil_water~liquid__volume_fraction": Variable("liquid", "m3 m-3", layered=True, soil=True),
    "soil_water~frozen__volume_fraction": Variable("ice", "m3 m-3", layered=True, soil=True),
    "soil__temperature": Variable("temperature", "K", layered=True, soil=True),
}

_STANDARD = {
    "evapotranspiration": "land_surface_water__evaporation_mass_flux",
    "transpiration": "land_vegetation_water__transpiration_mass_flux",
    "infiltration": "soil_surface_water__infiltration_mass_flux",
    "surface_runoff": "land_surface_water__runoff_mass_flux",
    "subsurface_runoff": "land_subsurface_water__runoff_mass_flux",
    "recharge": "land_subsurface_water__recharge_mass_flux",
    "latent_heat": "land_surface_net-latent-heat__energy_flux",
    "sensible_heat": "land_surface_net-sensible-heat__energy_flux",
    "ground_heat": "land_surface_net-conduction-heat__energy_flux",
    "net_radiation": "land_surface_net-radiation__energy_flux",
    "radiative_temperature": "land_surface__temperature",
    "snow_water": "snowpack__liquid-equivalent_mass-per-area_density",
    "snow_depth": "snowpack__depth",
    "soil_moisture": "soil_water__mass-per-area_density",
    "water_table_depth": "soil_water_sat-zone_top__depth",
    "lai": "land_vegetation__leaf-area_index",
}

# Names behind "vadose__" are ours: CSDMS has none.
NAMES: dict[str, Variable] = INPUTS | {
    _STANDARD.get(name, f"vadose__{name}"): Variable(name, OUTPUTS[name].units, OUTPUTS[name].layered)
    for name in OF_COLUMNS
}


def variable(name: str) -> Variable:
    """The variable of a name. Raises ConfigError for an unknown one, with the nearest."""
    if name not in NAMES:
        near = difflib.get_close_matches(name, NAMES, 1, cutoff=0.3)
        raise ConfigError(f"unknown variable {name!r}; did you mean {near[0]!r}?" if near else f"unknown {name!r}")
    return NAMES[name]
