"""Coastlines for the maps of the pages, in hundredths of a degree."""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.grid.coastlines import coastlines, land_polygons

_SMALLEST = 400.0  # km2, islands below this are no more than a dot on a global map
_FINE = 12.0  # degrees; regional maps up to this size take the finest shorelines

Extent = tuple[float, float, float, float]


def coast(extents: list[Extent]) -> dict[str, Any]:
    """Lines and land for global maps, and as `near` finer ones for regional maps.

    extents : [south, north, west, east] of the regional maps
    """
    found: dict[str, Any] = {
        "lines": _packed(coastlines("c", _SMALLEST), 5),
        "land": _packed(land_polygons("c", _SMALLEST), 5),
    }
    if extents:
        wide = max(max(e[1] - e[0], e[3] - e[2]) for e in extents)
        resolution = "i" if wide <= _FINE else "l" if wide <= 60 else "c"
        step = 1 if wide <= _FINE else 3
        boxes = list(dict.fromkeys(_padded(e) for e in extents))
        found["near"] = {
            "lines": _packed([p for line in coastlines(resolution) for p in _pieces(line, boxes)], step),
            "land": _packed([_clipped(r, b) for r in land_polygons(resolution) for b in boxes], step),
        }
    return found


def _padded(extent: Extent) -> Extent:
    room = max(1.0, 0.15 * max(extent[1] - extent[0], extent[3] - extent[2]))
    south, north, west, east = extent
    return (round(south - room), round(north + room), round(west - room), round(east + room))


def _touches(line: np.ndarray, boxes: list[Extent]) -> bool:
    west, south = line.min(axis=0)
    east, north = line.max(axis=0)
    return any(west <= b[3] and east >= b[2] and south <= b[1] and north >= b[0] for b in boxes)


def _pieces(line: np.ndarray, boxes: list[Extent]) -> list[np.ndarray]:
    """The parts of a line within any of the boxes."""
    if not _touches(line, boxes):
        return []
    inside = np.zeros(len(line), bool)
    for south, north, west, east in boxes:
        inside |= (line[:, 0] >= west) & (line[:, 0] <= east) & (line[:, 1] >= south) & (line[:, 1] <= north)
    parts = np.split(np.arange(len(line)), np.flatnonzero(np.diff(inside.astype(int))) + 1)
    return [line[p] for p in parts if inside[p[0]] and len(p) > 1]


def _clipped(ring: np.ndarray, box: Extent) -> np.ndarray:
    """A closed ring cut to a box (Sutherland and Hodgman 1974); empty where they do not meet."""
    if not _touches(ring, [box]):
        return ring[:0]
    south, north, west, east = box
    for axis, limit, sign in ((0, west, 1), (0, east, -1), (1, south, 1), (1, north, -1)):
        if len(ring) < 3:
            return ring[:0]
        depth = sign * (ring[:, axis] - limit)
        after, depth_after = np.roll(ring, -1, axis=0), np.roll(depth, -1)
        crosses = (depth >= 0) != (depth_after >= 0)
        part = np.where(crosses, depth / np.where(crosses, depth - depth_after, 1.0), 0.0)[:, None]
        corners = np.stack([ring, ring + part * (after - ring)], axis=1).reshape(-1, 2)
        ring = corners[np.stack([depth >= 0, crosses], axis=1).ravel()]
    return ring


def _packed(lines: list[np.ndarray], step: int) -> list[list[int]]:
    """Lines as flat [lon, lat, lon, lat, ...] in hundredths of a degree, on multiples of `step`, without repeats."""
    packed = []
    for line in lines:
        if len(line) < 2:
            continue
        whole = (np.round(np.asarray(line, float) * 100 / step) * step).astype(int)
        keep = np.append(True, np.any(np.diff(whole, axis=0) != 0, axis=1))
        if keep.sum() >= 2:
            packed.append([int(v) for v in whole[keep].ravel()])
    return packed
