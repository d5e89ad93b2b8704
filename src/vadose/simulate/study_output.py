"""[output] and [[observations]]: what a run writes, and what it is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadose.errors import ConfigError

OVER_SUBSURFACE = ("water_table_depth", "ponded_water", "subsurface_saturation", "discharge")  # that its report shows
VARIABLES = (
    "soil_moisture", "soil_temperature", "evapotranspiration", "transpiration", "ground_evaporation",
    "canopy_evaporation", "surface_runoff", "subsurface_runoff", "precipitation", "latent_heat", "sensible_heat",
    "ground_heat", "net_radiation", "snow_water", "gpp",
)  # fmt: skip
COMPARED = {
    "soil_moisture": "m3 m-3", "soil_temperature": "K", "evapotranspiration": "kg m-2 s-1", "latent_heat": "W m-2",
    "sensible_heat": "W m-2", "ground_heat": "W m-2", "net_radiation": "W m-2", "snow_water": "kg m-2",
    "snow_depth": "m", "runoff": "kg m-2 s-1", "gpp": "kg m-2 s-1", "radiative_temperature": "K",
    "water_table_depth": "m", "ponded_water": "kg m-2", "discharge": "m3 s-1",
}  # fmt: skip


@dataclass(frozen=True)
class Output:
    """[output].

    variables   names of the table of outputs (docs/reference/outputs.md); "all" for every one. Where they are left out
                a run over a subsurface writes `OVER_SUBSURFACE`, too
    every       "step", "hour", "day" or "month": what a row is the mean of
    format      "netcdf" or "zarr"
    names       "cmip" or "alma" names of the variables in the file
    """

    variables: tuple[str, ...] = VARIABLES
    every: Literal["step", "hour", "day", "month"] = "day"
    format: Literal["netcdf", "zarr"] = "netcdf"
    names: Literal["cmip", "alma"] = "cmip"


@dataclass(frozen=True)
class Observation:
    """[[observations]]: a measured series at a site.

    name         how the report calls it
    path         text table, netCDF or a file of a known network
    variable     one of COMPARED
    column       of a table, or variable of a netCDF file
    units        where the file states none
    depth        [top, bottom] m of soil moisture or temperature; a cosmic-ray sensor's file may say it itself
    site         name of the site, or "latitude, longitude", where there are several places
    utc_offset   hours that the file's time stamps are ahead of UTC
    time         name of the time column, where it is not found
    """

    name: str
    path: str
    variable: str
    column: str = ""
    units: str = ""
    depth: tuple[float, float] | None = None
    site: str = ""
    utc_offset: float = 0.0
    time: str = ""

    def __post_init__(self) -> None:
        if self.variable not in COMPARED:
            raise ConfigError(f"`variable` must be one of {', '.join(COMPARED)}, got {self.variable!r}")
        if self.variable == "soil_temperature" and self.depth is None:
            raise ConfigError(f"{self.name!r}: {self.variable} needs `depth` = [top, bottom] in m")
        if self.depth is not None and not 0.0 <= self.depth[0] < self.depth[1]:
            raise ConfigError(
                f"{self.name!r}: `depth` must be [top, bottom], 0 <= top < bottom, got {list(self.depth)}"
            )
