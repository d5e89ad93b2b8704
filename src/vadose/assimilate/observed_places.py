"""Places of observations and what each sees of a run: a cell, all cells, the cells of a pixel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vadose.assimilate.observed_pixels import SITE_LIMIT, Pixels
from vadose.assimilate.study_observations import LEVELS, Observation
from vadose.errors import ConfigError, DataError
from vadose.grid import ease2
from vadose.grid.cells import Cells
from vadose.grid.latlon import Sites
from vadose.observe import (
    Columns,
    CosmicRay,
    LinearOperator,
    box_columns,
    boxes_of,
    depth_mean,
    nearest_columns,
    pixel_columns,
)  # fmt: skip
from vadose.observe.neutrons import Franz2012, Koehli2015, SensorSoil

Operator = LinearOperator | CosmicRay
_DEGREE = 111.2  # km of a degree of latitude
_SLACK = 1.01  # centres of cells that touch, on a sphere and on a map


@dataclass(frozen=True, eq=False)
class Places:
    """Places of one set: names and coordinates [place] in degrees, and the columns that each sees."""

    names: tuple[str, ...]
    lat: np.ndarray
    lon: np.ndarray
    columns: Columns

    def part(self, which: np.ndarray) -> Places:
        """Some of the places: a mask or ascending positions."""
        chosen = np.arange(self.lat.size)[which]
        return Places(
            tuple(self.names[i] for i in chosen), self.lat[chosen], self.lon[chosen], self.columns.part(chosen)
        )  # fmt: skip


def operator_of(one: Observation, columns: Columns, thickness: np.ndarray) -> Operator:
    """What maps the state to the observations. Raises DataError where the soil layers do not reach the depth."""
    edges = np.concatenate([[0.0], np.cumsum(np.asarray(thickness, float))])
    layers = np.stack([edges[:-1], edges[1:]], axis=1)
    if one.variable in LEVELS:
        return LinearOperator(one.variable, columns)
    if one.operator == "crns":
        weighting = Franz2012() if one.weighting == "franz2012" else Koehli2015()
        soil = SensorSoil(float(one.bulk_density or 0.0), one.lattice_water, one.organic_water)
        return CosmicRay(columns, layers, soil, weighting)
    try:
        return depth_mean(columns, layers, one.seen)
    except DataError as error:
        raise DataError(f"{one.name!r}: {error}; correct `depth` of the observation or [model] `layers`") from error


def place_of(one: Observation, cells: Cells) -> Places:
    """The single place of a series: the site by name, "latitude, longitude", or the only one there is.

    Raises ConfigError where `site` is none of the run, or lies outside of it.
    """
    grid, site = cells.grid, one.site.strip()
    names = [grid.names[i] for i in cells.index] if isinstance(grid, Sites) else []
    if site in names or (not site and cells.size == 1):
        cell = names.index(site) if site else 0
        return cells_as_places(cells).part(np.array([cell]))
    try:
        lat, lon = (float(part) for part in site.split(","))
    except ValueError:
        listed = ", ".join(names[:10]) if names else f"{cells.size} cells of a grid"
        raise ConfigError(
            f"{one.name!r}: `site` must be a site of the run or 'latitude, longitude', got {site!r}; the run has "
            f"{listed}"
        ) from None
    limit = one.limit or (SITE_LIMIT if names else cell_half_diagonal(cells) * _SLACK)
    columns = nearest_columns(np.array([lat]), np.array([lon]), cells.lat, cells.lon, 1000.0 * limit)
    if not columns.inside[0]:
        raise ConfigError(
            f"{one.name!r}: {lat:g}, {lon:g} lies {columns.distance[0] / 1000.0:.4g} km from the nearest place of the "
            f"run, farther than the limit of {limit:.4g} km: correct `site`, or widen `limit`"
        )
    return Places((f"{lat:.4f}, {lon:.4f}",), np.array([lat]), np.array([lon]), columns)


def cells_as_places(cells: Cells) -> Places:
    """Every cell of a run as a place that sees itself."""
    n = cells.size
    every = np.arange(n)
    grid = cells.grid
    if isinstance(grid, Sites):
        names = tuple(grid.names[i] for i in cells.index)
    else:
        names = tuple(f"{lat:.4f}, {lon:.4f}" for lat, lon in zip(cells.lat, cells.lon, strict=True))
    return Places(names, cells.lat, cells.lon, Columns(every, every, np.ones(n), (n, n), np.zeros(n), np.ones(n)))


def pixels_over(one: Observation, km: int, cells: Cells) -> Pixels:
    """All pixels of the EASE-Grid 2.0 of `km` that touch the cells of a run."""
    boxes = cell_boxes(one, cells)
    size, (rows, columns) = ease2.cell_size(km), ease2.grid_shape(km)
    # Each cell touches the pixels from its north-western to its south-eastern corner.
    top, bottom = (np.floor(rows / 2 - y / size).astype(int).clip(0, rows - 1) for y in (boxes[:, 3], boxes[:, 2]))
    west, east = (np.floor(columns / 2 + x / size).astype(int) for x in (boxes[:, 0], boxes[:, 1]))
    found: set[tuple[int, int]] = set()
    for t, b, w, e in zip(top, bottom, west, east, strict=True):
        found.update((r, c % columns) for r in range(t, b + 1) for c in range(w, e + 1))
    at = np.array(sorted(found))
    lat, lon = ease2.centre(km, at[:, 0], at[:, 1])
    return Pixels(lat, lon, km)


def places_of(one: Observation, pixels: Pixels, cells: Cells) -> Places:
    """Pixels of images as places; those that the run covers too little, or not at all, have no columns."""
    names = tuple(f"{lat:.4f}, {lon:.4f}" for lat, lon in zip(pixels.lat, pixels.lon, strict=True))
    if one.operator == "footprint":
        boxes = cell_boxes(one, cells)
        km = one.pixel or pixels.km
        if km is not None:
            columns = pixel_columns(km, pixels.lat, pixels.lon, boxes, one.coverage)
        elif pixels.boxes is not None:
            columns = box_columns(pixels.boxes, boxes, one.coverage)
        else:
            raise ConfigError(f"{one.name!r}: the size of a pixel is not known; state `pixel` in km")
        return Places(names, pixels.lat, pixels.lon, columns)
    # On a grid the centre of a pixel must lie in a cell; a site must lie in the pixel.
    own = pixels.half_diagonal if isinstance(cells.grid, Sites) else cell_half_diagonal(cells)
    limit = one.limit or own * _SLACK
    return Places(
        names, pixels.lat, pixels.lon,
        nearest_columns(pixels.lat, pixels.lon, cells.lat, cells.lon, 1000.0 * limit),
    )  # fmt: skip


def cell_boxes(one: Observation, cells: Cells) -> np.ndarray:
    """[cell, 4] m on the map. Raises ConfigError for sites, of which none fills a pixel."""
    if isinstance(cells.grid, Sites):
        raise ConfigError(
            f'{one.name!r}: operator = "footprint" needs a [grid]; the run has {cells.size} sites, which have no '
            'extent: take operator = "nearest"'
        )
    return boxes_of(cells)


def cell_half_diagonal(cells: Cells) -> float:
    """km, of the cells of a grid; 0 of sites, which have none."""
    grid = cells.grid
    if isinstance(grid, Sites):
        return 0.0
    north, east = grid.spacing
    widest = np.cos(np.radians(np.abs(cells.lat).min(initial=90.0)))
    return float(0.5 * _DEGREE * np.hypot(north, east * widest))
