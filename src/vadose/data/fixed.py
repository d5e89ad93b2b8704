"""Fields without time that come with a model: land fraction and cell area."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vadose.data.axes import find_roles
from vadose.data.horizontal import Horizontal, read_horizontal
from vadose.data.layout import HUGE
from vadose.data.netcdf import get_variable, opened
from vadose.errors import DataError, GridMismatch
from vadose.grid.latlon import LatLonGrid

AREA_TOLERANCE = 0.01  # relative; areacella of a model on its own sphere differs by less


def land_fraction(path: str | None, horizontal: Horizontal) -> np.ndarray | None:
    """sftlf as a fraction [cell] in [0, 1] of the whole grid, 0 where missing; None without a file.

    Raises DataError where the values are neither percent nor a fraction, GridMismatch for another grid.
    """
    if path is None:
        return None
    x = np.nan_to_num(read_fixed(path, "sftlf", horizontal)).ravel()
    if x.max() > 1.5:
        x = x / 100.0
    if x.max() <= 0 or x.min() < -1e-6 or x.max() > 1.01:
        raise DataError(
            f"{path}: sftlf spans {x.min():g} to {x.max():g}; expected percent or a fraction; "
            "correct the file or leave it out"
        )
    return x.clip(0.0, 1.0)


def area_notes(path: str | None, horizontal: Horizontal) -> list[str]:
    """A warning where areacella differs from the area between the bounds of the cells."""
    grid = horizontal.grid
    if path is None or not isinstance(grid, LatLonGrid):
        return []
    try:
        area = read_fixed(path, "areacella", horizontal)
    except DataError as error:
        return [f"{error}; not checked"]
    off = float(np.nanmedian(np.abs(area / grid.area - 1)))
    if off <= AREA_TOLERANCE:
        return []
    return [f"{Path(path).name}: areacella differs from the area of the cells by {100 * off:.3g} % (median); not used"]


def read_fixed(path: str, name: str, horizontal: Horizontal) -> np.ndarray:
    """A field without time ("sftlf", "areacella") as float64 on the grid of `horizontal`, NaN where missing.

    Raises GridMismatch where the file has another grid.
    """
    with opened(path) as dataset:
        variable = get_variable(dataset, name, path)
        where = f"{path}: variable {name!r}"
        roles = find_roles(dataset, variable, where)
        own = read_horizontal(dataset, variable, roles, where)
        if own.grid.shape != horizontal.grid.shape or not own.grid.same_as(horizontal.grid):
            raise GridMismatch(
                f"{where} has the grid {'x'.join(map(str, own.grid.shape))}, the data have "
                f"{'x'.join(map(str, horizontal.grid.shape))}; use the file of the same model grid (gn or gr)"
            )
        x: np.ndarray = np.ma.filled(np.ma.asarray(variable[...], dtype=float), np.nan)
        axes = [variable.dimensions.index(d) for d in own.dims]
        others = [i for i in range(x.ndim) if i not in axes]
        x = x.transpose([*others, *axes]).reshape(-1, *(x.shape[i] for i in axes))[0]
        x = np.where(np.abs(x) < HUGE, x, np.nan)
    return own.arrange(x)
