"""The axes and the names of what a run writes: which outputs, on which dimensions, with which CF attributes."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.errors import ConfigError
from vadose.grid.latlon import LatLonGrid
from vadose.model.outputs import OUTPUTS, Output
from vadose.workflow.output import coordinates, dimensions

if TYPE_CHECKING:
    from vadose.simulate.run import Outcome

PIECE = 2**20  # values of a piece of a file that is compressed and read at once
TIME_UNITS = "seconds since 1970-01-01 00:00:00"

# Standard names of the CF conventions, table 85, of the outputs that have one.
STANDARD_NAMES = {
    "soil_moisture": "mass_content_of_water_in_soil_layer",
    "soil_ice": "frozen_water_content_of_soil_layer",
    "soil_temperature": "soil_temperature",
    "evapotranspiration": "water_evapotranspiration_flux",
    "canopy_evaporation": "water_evaporation_flux_from_canopy",
    "transpiration": "transpiration_flux",
    "ground_evaporation": "water_evaporation_flux_from_soil",
    "snow_sublimation": "surface_snow_and_ice_sublimation_flux",
    "precipitation": "precipitation_flux",
    "snowfall": "snowfall_flux",
    "surface_runoff": "surface_runoff_flux",
    "subsurface_runoff": "subsurface_runoff_flux",
    "runoff": "runoff_flux",
    "latent_heat": "surface_upward_latent_heat_flux",
    "sensible_heat": "surface_upward_sensible_heat_flux",
    "ground_heat": "downward_heat_flux_at_ground_level_in_soil",
    "shortwave": "surface_downwelling_shortwave_flux_in_air",
    "reflected": "surface_upwelling_shortwave_flux_in_air",
    "net_longwave": "surface_net_upward_longwave_flux",
    "net_radiation": "surface_net_downward_radiative_flux",
    "radiative_temperature": "surface_temperature",
    "temperature_2m": "air_temperature",
    "humidity_2m": "specific_humidity",
    "leaf_temperature": "canopy_temperature",
    "snow_water": "surface_snow_amount",
    "snow_depth": "surface_snow_thickness",
    "snow_cover": "surface_snow_area_fraction",
    "canopy_water": "canopy_water_amount",
    "water_table_depth": "water_table_depth",
    "lai": "leaf_area_index",
    "gpp": "gross_primary_productivity_of_biomass_expressed_as_carbon",
}


def chosen(names: Sequence[str]) -> tuple[str, ...]:
    """The outputs that a study names, in the order of the table; "all" is every one.

    Raises ConfigError for a name that is none, with the nearest one.
    """
    if "all" in names:
        return tuple(OUTPUTS)
    for name in names:
        if name not in OUTPUTS:
            near = difflib.get_close_matches(name, OUTPUTS, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"expected among {', '.join(OUTPUTS)}"
            raise ConfigError(f"[output] `variables`: unknown output {name!r}; {hint}")
    if not names:
        raise ConfigError("[output] `variables` is empty; name at least one output, or leave the key out")
    return tuple(name for name in OUTPUTS if name in names)


@dataclass(frozen=True)
class Frame:
    """Axes of the outputs: coordinates name -> (dims, values, attributes), sizes by dimension, names of outputs."""

    coordinates: Mapping[str, tuple[tuple[str, ...], np.ndarray, dict[str, Any]]]
    sizes: Mapping[str, int]
    outputs: tuple[str, ...]
    place: tuple[str, ...]
    names: str

    @classmethod
    def of(cls, outcome: Outcome, layers: Sequence[float]) -> Frame:
        """The axes of a run."""
        plan = outcome.plan
        grid = plan.cells.grid
        bounds = np.concatenate([plan.schedule.bounds(c) for c in plan.schedule.chunks()])
        seconds = bounds.astype("datetime64[s]").astype(np.float64)
        edges = np.concatenate([[0.0], np.cumsum(np.asarray(layers, float))])
        depth = np.stack([edges[:-1], edges[1:]], axis=1)
        about = {"units": TIME_UNITS, "calendar": "standard"}
        names = np.array([m.name for m in plan.members], dtype=object)
        made: dict[str, Any] = {
            "member": (("member",), names, {"standard_name": "realization"}),
            "time": (("time",), seconds[:, 0], about | {
                "standard_name": "time", "bounds": "time_bnds",
                "long_name": "start of the interval, UTC; the interval is given by the bounds",
            }),
            "time_bnds": (("time", "bnds"), seconds, {}),
            "depth": (("depth",), depth.mean(axis=1), {
                "units": "m", "standard_name": "depth", "positive": "down", "axis": "Z", "bounds": "depth_bnds",
            }),
            "depth_bnds": (("depth", "bnds"), depth, {}),
        }  # fmt: skip
        for name, (dims, values, *more) in coordinates(grid).items():
            array = np.asarray(values)
            array = array.astype(object) if array.dtype.kind == "U" else array.astype(np.float64)
            made[name] = ((dims,) if isinstance(dims, str) else tuple(dims), array, dict(more[0]) if more else {})
        for name, letter in (("lat", "Y"), ("lon", "X"), ("time", "T")):
            if name != "time" and isinstance(grid, LatLonGrid) or name == "time":
                made[name][2]["axis"] = letter
        for name in ("lat", "lon"):
            made[name][2].setdefault("standard_name", {"lat": "latitude", "lon": "longitude"}[name])
        sizes = {d: n for dims, values, _ in made.values() for d, n in zip(dims, values.shape, strict=True)}
        return cls(made, sizes, chosen(plan.study.output.variables), dimensions(grid), plan.study.output.names)

    def dims(self, output: Output) -> tuple[str, ...]:
        """Dimensions of an output."""
        return ("member", "time", *(("depth",) if output.layered else ()), *self.place)

    def shape(self, output: Output) -> tuple[int, ...]:
        return tuple(self.sizes[d] for d in self.dims(output))

    def pieces(self, output: Output) -> tuple[int, ...]:
        """Shape of the pieces in which an output is stored: whole fields of as many times as fit."""
        shape = list(self.shape(output))
        shape[0] = 1
        field = int(np.prod(shape[2:]))
        if output.layered and field > PIECE:
            shape[2], field = 1, field // shape[2]
        shape[1] = int(np.clip(PIECE // max(1, field), 1, shape[1]))
        return tuple(shape)

    def attributes(self, output: Output) -> dict[str, Any]:
        """CF attributes of an output."""
        found = {"long_name": output.title, "units": output.units, "cell_methods": "time: mean"}
        found["vadose_name"] = output.name
        if output.name in STANDARD_NAMES:
            found["standard_name"] = STANDARD_NAMES[output.name]
        if self.place == ("site",):
            found["coordinates"] = "lat lon"
        return found

    def name(self, output: Output) -> str:
        """What the file calls an output."""
        return output.cmip if self.names == "cmip" else output.alma
