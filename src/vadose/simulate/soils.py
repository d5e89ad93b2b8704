"""The soil of columns: from what a study says to the parameters of the model's soil layers."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from vadose.data.soilmaps import SoilSource
from vadose.grid.cells import Cells
from vadose.land.parameters import SoilParameters
from vadose.land.runoff.tables import runoff_parameters
from vadose.land.tables import soil_colour
from vadose.simulate.drawing import with_top
from vadose.simulate.draws import Draws
from vadose.simulate.factors import scaled_closure, scaled_soil
from vadose.simulate.soil_heat import solids_heat, thermal_scheme
from vadose.simulate.soil_hydraulics import hydraulics, peat_fraction
from vadose.simulate.soil_texture import Texture, texture_of
from vadose.simulate.study_land import Soil as SoilTable

# Share of gravity drainage that leaves the column. Noah-MP's is that of its flattest slope class; the lower boundary of
# the Richards equation is a unit gradient where nothing else is known, which is 1.
SLOPES = {"noahmp": 0.1, "clm": 1.0, "vadose": 1.0}
ROUGHNESS = {"noahmp": 0.002, "clm": 0.01, "vadose": 0.01}  # m, of bare ground; Noah-MP 5; CLM (Oleson et al. 2013)


_TEXTURES: dict[str, tuple[Texture, list[str]]] = {}
KEPT = 32  # textures of tiles that a process keeps


def kept_texture(table: SoilTable, maps: dict[str, SoilSource], cells: Cells, layers: int, notes: list[str]) -> Texture:
    """What a study says of the texture; that of a map is kept, so that members and updates do not read it again.

    Raises ConfigError and DataError as `texture_of`.
    """
    if not table.map:
        return texture_of(table, maps, cells, layers, notes)
    source = maps[table.map]
    stamps = [(path, os.stat(path).st_mtime_ns) for path in source.all_files]
    places = hashlib.sha256(cells.index.tobytes() + cells.lat.tobytes() + cells.lon.tobytes()).hexdigest()
    key = f"{table} {source} {stamps} {layers} {places}"
    if key not in _TEXTURES:
        said: list[str] = []
        found = texture_of(table, maps, cells, layers, said)
        while len(_TEXTURES) >= KEPT:
            _TEXTURES.pop(next(iter(_TEXTURES)), None)
        _TEXTURES[key] = (found, said)
    texture, said = _TEXTURES[key]
    notes += said
    return texture


class Source(Protocol):
    """Where the uncertain part of a soil comes from: a member's streams, or values from outside (`draws.Draws`)."""

    def top(self, texture: Texture) -> np.ndarray | None:
        """[2, column] sand and clay, %, of the top layer; None for that of the texture."""

    def scales(self, table: SoilTable, texture: Texture, retention: Any) -> Mapping[str, np.ndarray]:
        """Name of a parameter -> [column] factor."""


@dataclass(frozen=True)
class SoilColumns:
    """The soil of some columns: parameters (numpy), its texture, what was drawn, and what there is to say about it."""

    parameters: SoilParameters
    texture: Texture
    draws: Draws
    notes: tuple[str, ...]


def soil_columns(
    table: SoilTable, texture: Texture, thickness: np.ndarray, preset: str, climate: np.ndarray, source: Source
) -> SoilColumns:
    """Soil parameters of columns.

    table      what the study says, with the member's map, function and closure;  texture  what it says of the texture
    thickness  [layer] m;  climate  [column] K, mean air temperature;  source  of sand, clay and factors
    Raises ConfigError and DataError that name table, key, what was expected and the remedy.
    """
    notes: list[str] = []
    top = source.top(texture)
    texture = with_top(texture, top)
    retention, points = hydraulics(table, texture, thickness, preset, notes)
    factors = source.scales(table, texture, retention)
    retention, points = scaled_closure(retention, points, factors)
    size = texture.sand.shape[1]
    peat = peat_fraction(texture, preset)
    colours = np.full(size, table.colour)
    dry, saturated = soil_colour(colours)
    deep = climate if table.deep_temperature is None else np.full(size, table.deep_temperature)
    slope = SLOPES[preset] if table.slope is None else table.slope
    parameters = SoilParameters(
        retention=retention,
        thermal=thermal_scheme(preset, texture, retention, peat),
        solids_heat=solids_heat(preset, texture, peat),
        wilting_point=points[0],
        critical_point=points[1],
        albedo_dry=dry,
        albedo_saturated=saturated,
        roughness=np.full(size, ROUGHNESS[preset]),
        slope=np.full(size, float(slope)),
        deep_temperature=np.asarray(deep, dtype=float),
        runoff=runoff_parameters(texture.top_class + 1),
    )
    return SoilColumns(scaled_soil(parameters, factors), texture, Draws(top, factors), tuple(notes))
