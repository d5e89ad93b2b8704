"""The soil of columns: from what a study says to the parameters of the model's soil layers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vadose.data.soilmaps import SoilSource
from vadose.grid.cells import Cells
from vadose.land.parameters import SoilParameters
from vadose.land.runoff.tables import runoff_parameters
from vadose.land.tables import soil_colour
from vadose.simulate.soil_heat import solids_heat, thermal_scheme
from vadose.simulate.soil_hydraulics import hydraulics, peat_fraction
from vadose.simulate.soil_texture import Texture, texture_of
from vadose.simulate.study_land import Soil as SoilTable

# Share of gravity drainage that leaves the column. Noah-MP's is that of its flattest slope class; the lower boundary of
# the Richards equation is a unit gradient where nothing else is known, which is 1.
SLOPES = {"noahmp": 0.1, "clm": 1.0, "vadose": 1.0}
ROUGHNESS = {"noahmp": 0.002, "clm": 0.01, "vadose": 0.01}  # m, of bare ground; Noah-MP 5; CLM (Oleson et al. 2013)


@dataclass(frozen=True)
class SoilColumns:
    """The soil of some columns: parameters (numpy), its texture, and what there is to say about it."""

    parameters: SoilParameters
    texture: Texture
    notes: tuple[str, ...]


def soil_columns(
    table: SoilTable, maps: dict[str, SoilSource], cells: Cells, thickness: np.ndarray, preset: str, climate: np.ndarray
) -> SoilColumns:
    """Soil parameters of columns.

    table      what the study says, with the member's map, function and closure;  maps  the study's soil maps
    thickness  [layer] m;  climate  [column] K, mean air temperature
    Raises ConfigError and DataError that name table, key, what was expected and the remedy.
    """
    notes: list[str] = []
    texture = texture_of(table, maps, cells, thickness.size, notes)
    retention, points = hydraulics(table, texture, thickness, preset, notes)
    peat = peat_fraction(texture, preset)
    colours = np.full(cells.size, table.colour)
    dry, saturated = soil_colour(colours)
    deep = climate if table.deep_temperature is None else np.full(cells.size, table.deep_temperature)
    slope = SLOPES[preset] if table.slope is None else table.slope
    parameters = SoilParameters(
        retention=retention,
        thermal=thermal_scheme(preset, texture, retention, peat),
        solids_heat=solids_heat(preset, texture, peat),
        wilting_point=points[0],
        critical_point=points[1],
        albedo_dry=dry,
        albedo_saturated=saturated,
        roughness=np.full(cells.size, ROUGHNESS[preset]),
        slope=np.full(cells.size, float(slope)),
        deep_temperature=np.asarray(deep, dtype=float),
        runoff=runoff_parameters(texture.top_class + 1),
    )
    return SoilColumns(parameters, texture, tuple(notes))
