"""Small packed series for the tests of the scoring engine."""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.data.series import CellSeries
from vadose.grid.latlon import LatLonGrid, Sites

FIRST = 12 * 2000


def grid(nlat: int, nlon: int) -> LatLonGrid:
    """A global grid; the cells of two such grids cut each other."""
    lat, lon = np.linspace(-90, 90, nlat + 1), np.linspace(-180, 180, nlon + 1)
    middle = [0.5 * (x[1:] + x[:-1]) for x in (lat, lon)]
    return LatLonGrid(*middle, np.stack([lat[:-1], lat[1:]], axis=1), np.stack([lon[:-1], lon[1:]], axis=1))


def series(
    where: LatLonGrid | Sites, months: int = 60, seed: int = 0, gaps: float = 0.0, sea: float = 0.3, **changes: Any
) -> CellSeries:
    """Moisture with a cycle, noise, sea cells and gaps; changes go into the CellSeries."""
    rng = np.random.default_rng(seed)
    cells = np.flatnonzero(rng.random(where.size) >= sea).astype(np.int32)
    first = changes.pop("first", FIRST)
    time = np.arange(first, first + months)
    phase = rng.uniform(0, 12, (cells.size, 1))
    values = 0.25 + 0.1 * rng.random((cells.size, 1)) + 0.05 * np.cos(2 * np.pi * (time - phase) / 12)
    values = (values + 0.02 * rng.standard_normal(values.shape)).astype(np.float32)
    values[rng.random(values.shape) < gaps] = np.nan
    fields: dict[str, Any] = {
        "name": "soil_moisture",
        "units": "m3 m-3",
        "source_units": "m3 m-3",
        "values": values,
        "cells": cells,
        "months": time.astype(np.int32),
        "grid": where,
        "land_fraction": rng.uniform(0.2, 1.0, cells.size).astype(np.float32),
    }
    return CellSeries(**(fields | changes))
