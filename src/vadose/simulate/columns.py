"""Where the columns of a run are: the sites of a study, or the cells of a gridded forcing that are land with soil."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vadose.data.forcing import ForcingFiles
from vadose.data.forcing.read import nearest_columns
from vadose.data.soilmaps import read_soil_map
from vadose.errors import ConfigError, DataError
from vadose.grid.cells import Cells
from vadose.grid.latlon import Sites
from vadose.simulate.nearest import nearest_values

if TYPE_CHECKING:
    from vadose.simulate.study import Site, Study

log = logging.getLogger("vadose")
LAND = 0.5  # of a cell that a mask of land fractions must call land


@dataclass(frozen=True, eq=False)
class Places:
    """The columns of a run, and the cells of the forcing that are none: reason -> how many."""

    cells: Cells
    elevation: np.ndarray
    left_out: dict[str, int]


def places(study: Study, files: ForcingFiles) -> Cells:
    """The columns of a study; what is left out of a grid goes to the log. Raises as `find_places`."""
    found = find_places(study, files)
    for reason, count in found.left_out.items():
        log.info("%d cells of the forcing are left out: %s", count, reason)
    return found.cells


def find_places(study: Study, files: ForcingFiles) -> Places:
    """The columns of a study: its sites, or the cells of the forcing within box and mask that have soil and plants.

    Raises ConfigError where a site has no position, GridMismatch where the forcing does not reach one, DataError where
    nothing is left.
    """
    _check_leaves(study, files)
    if study.places:
        cells = _sites(study, files)
        return Places(cells, _elevation(study, files, cells), {})
    keep, left_out = _kept(study, files.cells)
    if not keep.any():
        told = "; ".join(f"{count} {reason}" for reason, count in left_out.items())
        raise DataError(f"{files.source.name}: none of its {files.cells.size} cells is left to simulate: {told}")
    cells = files.cells.part(keep)
    return Places(cells, np.asarray(files.elevation)[keep], left_out)


def _check_leaves(study: Study, files: ForcingFiles) -> None:
    """Raise ConfigError where the leaf area is said to come from a forcing that has none."""
    asked = [study.vegetation, *(s.vegetation for s in study.places if s.vegetation is not None)]
    if any(table.lai == "forcing" for table in asked) and "lai" not in (*files.parts, *files.source.assumed):
        raise ConfigError(
            f'[vegetation] `lai` = "forcing", but {files.source.name} has none; name it in [forcing] `names`, or state '
            "twelve months"
        )


def _sites(study: Study, files: ForcingFiles) -> Cells:
    """Sites at the positions of the study, or of the forcing where it says nothing."""
    lat, lon, names = [], [], []
    for number, site in enumerate(study.places):
        place = _position(site, files)
        lat.append(place[0])
        lon.append((place[1] + 180.0) % 360.0 - 180.0)
        names.append(site.name or f"site {number + 1}")
    if len(set(names)) < len(names):
        twice = next(n for n in names if names.count(n) > 1)
        raise ConfigError(f"[[sites]]: two sites are called {twice!r}; give each its own `name`")
    cells = Cells.whole(Sites(np.array(lat), np.array(lon), tuple(names)))
    nearest_columns(files, cells)
    return cells


def _position(site: Site, files: ForcingFiles) -> tuple[float, float]:
    """Latitude and longitude of a site. Raises ConfigError where neither study nor forcing says them."""
    if (site.latitude is None) != (site.longitude is None):
        raise ConfigError(f"[[sites]] {site.name!r}: `latitude` and `longitude` belong together; state both")
    if site.latitude is not None and site.longitude is not None:
        return site.latitude, site.longitude
    cells = files.cells
    if cells.size == 1:
        return float(cells.lat[0]), float(cells.lon[0])
    grid = cells.grid
    known = [grid.names[i] for i in cells.index] if isinstance(grid, Sites) else []
    if site.name and site.name in known:
        at = known.index(site.name)
        return float(cells.lat[at]), float(cells.lon[at])
    told = f"its sites are {', '.join(known[:20])}" if known else f"it has {cells.size} columns"
    raise ConfigError(
        f"[[sites]] {site.name!r}: no `latitude` and `longitude`, and the forcing does not tell which column is meant; "
        f"{told}; state both, or the name of one of them"
    )


def _elevation(study: Study, files: ForcingFiles, cells: Cells) -> np.ndarray:
    """m, of the study, else of the forcing's column; NaN where neither says it."""
    of_forcing = np.asarray(files.elevation)[nearest_columns(files, cells)]
    stated = [np.nan if site.elevation is None else site.elevation for site in study.places]
    return np.where(np.isfinite(stated), stated, of_forcing)


def _kept(study: Study, cells: Cells) -> tuple[np.ndarray, dict[str, int]]:
    """Which cells of the forcing are simulated, and why the others are not."""
    keep = np.ones(cells.size, bool)
    left_out: dict[str, int] = {}

    def leave(where: np.ndarray, reason: str) -> None:
        count = int((keep & where).sum())
        if count:
            left_out[reason] = left_out.get(reason, 0) + count
        keep[where] = False

    if study.grid.box is not None:
        leave(~inside(study.grid.box, cells), "outside [grid] `box`")
    if study.grid.mask:
        values = nearest_values(study.grid.mask, study.grid.variable, cells, "[grid] `mask`")
        fractions = bool(np.nanmax(values, initial=0.0) <= 1.0)
        leave(~(values >= LAND if fractions else values > 0.0), "not land by [grid] `mask`")
    if study.vegetation.map:
        from vadose.simulate.vegetation import usable_classes

        leave(~usable_classes(study.vegetation, cells), f"no land class in {study.vegetation.map}")
    for name in study.ensemble.names("soil_map") or ((study.soil.map,) if study.soil.map else ()):
        found = read_soil_map(study.soil_maps[name], cells)
        for reason, where in found.problems.items():
            leave(where, f"no soil in map {name!r} ({reason})")
        leave(~np.isfinite(found.sand + found.clay), f"no soil in map {name!r}")
    return keep, left_out


def inside(box: tuple[float, float, float, float], cells: Cells) -> np.ndarray:
    """[cell] whether the centre lies within (west, east, south, north); west > east crosses the date line."""
    west, east, south, north = box
    if not -90.0 <= south < north <= 90.0:
        raise ConfigError(f"[grid] `box` must be [west, east, south, north] with south < north, got {list(box)}")
    width = (east - west) % 360.0 or 360.0
    return (cells.lat >= south) & (cells.lat <= north) & ((cells.lon - west) % 360.0 <= width)


__all__ = ["Places", "find_places", "inside", "places"]
