"""The registry of variables: one name a quantity, with its CF and CMIP names, units and range.

A file may call a quantity by any of its `aliases`; inside vadose it has one name and one unit.
Source: CMIP6 data request 01.00.33; CF standard name table 85.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from vadose.errors import ConfigError


@dataclass(frozen=True)
class Variable:
    """One quantity: its names, its canonical unit and how it is shown.

    units           canonical unit inside vadose (SI)
    display_units   unit in reports; `display_scale` times the canonical value
    valid_range     physically possible values in `units`; values outside are set missing
    layered         True where files may carry the quantity in soil layers
    """

    name: str
    title: str
    units: str
    cmip: str
    standard_name: str
    valid_range: tuple[float, float]
    display_units: str = ""
    display_scale: float = 1.0
    aliases: tuple[str, ...] = field(default=())
    layered: bool = False
    colormap: str = "viridis"

    @property
    def shown_units(self) -> str:
        return self.display_units or self.units


_PER_DAY: tuple[str, float] = ("mm d-1", 86400.0)

_TABLE = (
    Variable(
        "soil_moisture", "Soil moisture", "m3 m-3", "mrsol", "volume_fraction_of_condensed_water_in_soil",
        (0.0, 1.0), layered=True, colormap="YlGnBu",
        aliases=(
            "mrsol", "mrsos", "sm", "swvl1", "SoilMoist", "SoilMoist_inst", "soil_moisture", "SMroot", "SMsurf",
            "SMs", "SMrz",
        ),
    ),
    Variable(
        "gpp", "Gross primary productivity", "kg m-2 s-1", "gpp",
        "gross_primary_productivity_of_biomass_expressed_as_carbon", (-1e-6, 1e-5),
        display_units="g m-2 d-1", display_scale=8.64e7, aliases=("gpp", "GPP"), colormap="YlGn",
    ),
    Variable(
        "lai", "Leaf area index", "1", "lai", "leaf_area_index", (0.0, 20.0),
        aliases=("lai", "LAI"), colormap="YlGn",
    ),
    Variable(
        "evapotranspiration", "Evapotranspiration", "kg m-2 s-1", "evspsbl", "water_evapotranspiration_flux",
        (-1e-3, 1e-2), display_units=_PER_DAY[0], display_scale=_PER_DAY[1],
        aliases=("evspsbl", "et", "ET", "E", "hfls_et", "Evap_tavg"), colormap="PuBuGn",
    ),
    Variable(
        "precipitation", "Precipitation", "kg m-2 s-1", "pr", "precipitation_flux", (-1e-6, 1e-1),
        display_units=_PER_DAY[0], display_scale=_PER_DAY[1],
        aliases=("pr", "tp", "precip", "precipitation", "Rainf_tavg"), colormap="YlGnBu",
    ),
    Variable(
        "surface_runoff", "Surface runoff", "kg m-2 s-1", "mrros", "surface_runoff_flux", (-1e-4, 1e-1),
        display_units=_PER_DAY[0], display_scale=_PER_DAY[1],
        aliases=("mrros", "sro", "Qs_acc"), colormap="PuBu",
    ),
    Variable(
        "runoff", "Total runoff", "kg m-2 s-1", "mrro", "runoff_flux", (-1e-4, 1e-1),
        display_units=_PER_DAY[0], display_scale=_PER_DAY[1],
        aliases=("mrro", "ro"), colormap="PuBu",
    ),
    Variable(
        "snowmelt", "Snow melt", "kg m-2 s-1", "snm", "surface_snow_melt_flux", (-1e-4, 1e-1),
        display_units=_PER_DAY[0], display_scale=_PER_DAY[1],
        aliases=("snm", "smlt", "Qsm_acc"), colormap="PuBu",
    ),
    Variable(
        "snow_water_equivalent", "Snow water equivalent", "kg m-2", "snw", "surface_snow_amount", (0.0, 1e5),
        aliases=("snw", "swe", "sd", "SWE_inst"), colormap="PuBu",
    ),
    Variable(
        "soil_moisture_content", "Total soil moisture content", "kg m-2", "mrso", "mass_content_of_water_in_soil",
        (0.0, 1e5), aliases=("mrso",), colormap="YlGnBu",
    ),
    Variable(
        "frozen_soil_moisture", "Frozen soil moisture", "kg m-2", "mrsfl",
        "frozen_water_content_of_soil_layer", (0.0, 1e5), aliases=("mrsfl",), layered=True, colormap="YlGnBu",
    ),
    Variable(
        "air_temperature", "Near-surface air temperature", "K", "tas", "air_temperature", (150.0, 350.0),
        display_units="K", aliases=("tas", "t2m", "Tair_f_inst"), colormap="RdYlBu_r",
    ),
)  # fmt: skip

VARIABLES: dict[str, Variable] = {v.name: v for v in _TABLE}
_BY_CMIP: dict[str, Variable] = {v.cmip: v for v in _TABLE} | {"mrsos": VARIABLES["soil_moisture"]}


def names() -> Iterator[str]:
    """The names of all registered variables."""
    return iter(VARIABLES)


def lookup(name: str) -> Variable:
    """The variable called `name`: its vadose name or its CMIP short name.

    Raises ConfigError with the valid names where there is none.
    """
    found = VARIABLES.get(name) or _BY_CMIP.get(name)
    if found is None:
        raise ConfigError(f"unknown variable {name!r}; expected one of {', '.join(VARIABLES)} or a CMIP short name")
    return found
