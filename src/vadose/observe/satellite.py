"""The pixel of a satellite: the mean over what lies in it, to the sensing depth.

A column counts with the area that it shares with the pixel, on the equal-area map of the EASE-Grid 2.0, so that cells
which the edge of a pixel cuts count in part. Cells are rectangles on that map: those of latitude-longitude and EASE
grids are exactly so; of others only centres are known, and each is a square on the ground of the stated area.
"""

from __future__ import annotations

import numpy as np

from vadose.constants import EARTH_RADIUS
from vadose.errors import GridMismatch, RangeError
from vadose.grid import ease2
from vadose.grid.cells import Cells
from vadose.grid.latlon import Sites
from vadose.observe.columns import Columns, arc, directions, normalised, tree_of

LEAST = 0.5  # part of a pixel that columns must cover


def boxes_of(cells: Cells) -> np.ndarray:
    """[column, 4] m on the map (west, east, south, north) of cells of a latitude-longitude or EASE grid.

    Raises GridMismatch for sites, which have no area.
    """
    grid = cells.grid
    if isinstance(grid, Sites):
        raise GridMismatch("sites have no area; use `square_boxes` with the area that each stands for")
    row, column = np.unravel_index(cells.index, grid.shape)
    width = np.diff(grid.lon_bnds, axis=1)[:, 0]
    x, _ = ease2.forward(np.zeros(grid.lon.size), grid.lon)
    half = 0.5 * width * _per_degree()
    _, south = ease2.forward(grid.lat_bnds[:, 0], np.zeros(grid.lat.size))
    _, north = ease2.forward(grid.lat_bnds[:, 1], np.zeros(grid.lat.size))
    return np.stack([(x - half)[column], (x + half)[column], south[row], north[row]], axis=1)


def square_boxes(lat: np.ndarray, lon: np.ndarray, area: np.ndarray | float | None = None) -> np.ndarray:
    """[column, 4] m on the map (west, east, south, north) of cells of which only centres are known.

    lat, lon  [column] degrees
    area      [column] m2 or one for all; None for the square of the distance to the nearest other centre
    Raises RangeError for areas that are not positive, GridMismatch for one centre alone without an area.
    """
    points = directions(lat, lon)
    if area is None:
        if len(points) < 2:
            raise GridMismatch("one cell alone does not tell its size; state `area` in m2")
        side = arc(tree_of(lat, lon).query(points, k=2)[0][:, 1])
    else:
        side = np.sqrt(np.broadcast_to(np.asarray(area, float), (len(points),)))
    if not np.all(side > 0):
        raise RangeError("areas of cells must be > 0 m2 and their centres distinct")
    x, y = ease2.forward(np.asarray(lat, float), np.asarray(lon, float))
    # The map stretches west-east by k and north-south by 1 / k, so that areas stay.
    stretch = _per_degree() / (np.radians(1.0) * EARTH_RADIUS * np.cos(np.radians(np.asarray(lat, float))))
    width, height = side * stretch, side / stretch
    return np.stack([x - width / 2, x + width / 2, y - height / 2, y + height / 2], axis=1)


def pixel_columns(km: int, lat: np.ndarray, lon: np.ndarray, boxes: np.ndarray, least: float = LEAST) -> Columns:
    """The columns in the EASE-Grid 2.0 pixel that holds each observation, weighted by the area they share with it.

    km        9 or 36, as SMAP has them; 25 and 3 too
    lat, lon  [observation] degrees, anywhere in the pixel
    boxes     [column, 4] m on the map, of `boxes_of` or `square_boxes`
    least     part of a pixel that columns must cover, else the observation has none
    Raises GridMismatch for a resolution that there is not or points outside of the grid.
    """
    _check_least(least)
    directions(lat, lon)
    lat, lon = np.atleast_1d(np.asarray(lat, float)), np.atleast_1d(np.asarray(lon, float))
    row, column = ease2.row_column(km, lat, lon)
    if (row < 0).any():
        raise GridMismatch(f"latitude {lat[row < 0][0]:g} lies outside of the EASE-Grid 2.0 of {km} km")
    px, py = ease2.forward(*ease2.centre(km, row, column))
    size = np.full(px.size, ease2.cell_size(km))
    return _shared(px, py, size, size, boxes, least)


def box_columns(pixels: np.ndarray, boxes: np.ndarray, least: float = LEAST) -> Columns:
    """The columns in pixels of any product, weighted by the area they share with it; `pixel_columns` is that of EASE.

    pixels  [observation, 4] m on the map, of `boxes_of`;  boxes  [column, 4] m on the map
    least   part of a pixel that columns must cover, else the observation has none
    Raises RangeError for pixels without an area.
    """
    _check_least(least)
    pixels = np.asarray(pixels, float).reshape(-1, 4)
    width, height = pixels[:, 1] - pixels[:, 0], pixels[:, 3] - pixels[:, 2]
    if not (np.all(width > 0) and np.all(height > 0)):
        raise RangeError("pixels must be (west, east, south, north) in m on the map with an area > 0")
    return _shared(pixels[:, :2].mean(axis=1), pixels[:, 2:].mean(axis=1), width, height, boxes, least)


def _check_least(least: float) -> None:
    if not 0 < least <= 1:
        raise RangeError(f"`least` must lie within 0..1 and be > 0, got {least:g}")


def _shared(
    px: np.ndarray, py: np.ndarray, width: np.ndarray, height: np.ndarray, boxes: np.ndarray, least: float
) -> Columns:
    """Columns of pixels about centres (px, py) m on the map, of a width and height m each."""
    observation, cell = _near(px, py, np.maximum(width, height).max(initial=0.0), boxes)
    shared = np.ones(observation.size)
    world = 360.0 * _per_degree()
    for low, high, middle, size, round_ in ((0, 1, px, width, world), (2, 3, py, height, 0.0)):
        offset = 0.5 * (boxes[cell, low] + boxes[cell, high]) - middle[observation]
        if round_:
            offset = (offset + 0.5 * round_) % round_ - 0.5 * round_
        half, edge = 0.5 * (boxes[cell, high] - boxes[cell, low]), size[observation] / 2
        shared *= np.clip(np.minimum(offset + half, edge) - np.maximum(offset - half, -edge), 0.0, None)
    covered = np.bincount(observation, shared, minlength=px.size) / (width * height)
    # Cells that are squares only nearly may overlap: more than the whole pixel is the whole pixel.
    shared = np.where(covered[observation] >= least, shared, 0.0)
    shape = (px.size, len(boxes))
    entries = normalised(observation, cell, shared, shape)
    return Columns(*entries, shape, _distance(px, py, boxes), np.minimum(covered, 1.0))


def _near(px: np.ndarray, py: np.ndarray, size: float, boxes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(observation, column) of the boxes that can touch each pixel; the map goes round in x."""
    from scipy.spatial import cKDTree

    if not len(boxes):
        raise GridMismatch("the model has no columns: nothing can be observed")
    world = 360.0 * _per_degree()
    middle = np.stack([boxes[:, :2].mean(axis=1) % world, boxes[:, 2:].mean(axis=1)], axis=1)
    reach = 0.5 * (size + max(np.diff(boxes[:, :2], axis=1).max(), np.diff(boxes[:, 2:], axis=1).max()))
    tree = cKDTree(middle, boxsize=[world, 0.0])
    found = tree.query_ball_point(np.stack([px % world, py], axis=1), min(reach, 0.49 * world), p=np.inf)
    count = np.array([len(f) for f in found], np.int64)
    cell = np.concatenate([np.asarray(f, np.int64) for f in found]) if count.sum() else np.empty(0, np.int64)
    return np.repeat(np.arange(len(found)), count), cell


def _distance(px: np.ndarray, py: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """[pixel] m from the centre of a pixel to the nearest centre of a box, on a great circle."""
    lat, lon = ease2.inverse(boxes[:, :2].mean(axis=1), boxes[:, 2:].mean(axis=1))
    return arc(tree_of(lat, lon).query(directions(*ease2.inverse(px, py)))[0])


def _per_degree() -> float:
    """Metres on the map in a degree of longitude."""
    return float(ease2.forward(np.zeros(1), np.ones(1))[0][0])
