"""One quantity of a soil map on a rectilinear grid, read by rows and averaged over the layers of a depth."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from vadose.errors import DataError, GridMismatch
from vadose.grid.latlon import LatLonGrid

_LAYER_OF_NAME = re.compile(r"(?<!\d)(\d+)-(\d+)\s*cm", re.IGNORECASE)


class Layer(Protocol):
    """A layer in one file: values come as the file states them, NaN where missing.

    path    its file; several, on lines of their own, where they make one map
    bounds  (top, bottom) m, or None where neither file nor product tell
    units   as the file states them, or None
    """

    @property
    def path(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def grid(self) -> LatLonGrid: ...

    @property
    def bounds(self) -> tuple[float, float] | None: ...

    @property
    def units(self) -> str | None: ...

    @property
    def long_name(self) -> str: ...

    def read(self, rows: slice, columns: slice) -> np.ndarray:
        """[row, column] float64 of canonical rows (from the south) and columns."""
        ...


@dataclass(frozen=True, eq=False)
class Field:
    """A quantity as the mean of layers, each with its weight (m within the depth that is wanted).

    factor  from the unit of the files to per cent or kg m-3
    """

    quantity: str
    layers: tuple[Layer, ...]
    weights: tuple[float, ...]
    factor: float
    notes: tuple[str, ...] = field(default=())

    @property
    def grid(self) -> LatLonGrid:
        """The grid that all layers share."""
        return self.layers[0].grid

    @property
    def files(self) -> tuple[str, ...]:
        """Files of the layers, without repeats."""
        return tuple(dict.fromkeys(p for layer in self.layers for p in layer.path.split("\n")))

    def read(self, rows: slice, columns: slice) -> np.ndarray:
        """[row, column] % or kg m-3: mean over the layers that hold a value."""
        if len(self.layers) == 1:
            return self.layers[0].read(rows, columns) * self.factor
        total, weight = np.zeros(()), np.zeros(())
        for layer, part in zip(self.layers, self.weights, strict=True):
            x = layer.read(rows, columns)
            known = np.isfinite(x)
            total = total + np.where(known, x, 0.0) * part
            weight = weight + known * part
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(weight > 0, total / weight, np.nan)) * self.factor


def select_layers(
    layers: Sequence[Layer], depth: tuple[float, float], where: str
) -> tuple[tuple[Layer, ...], tuple[float, ...]]:
    """The layers within a depth, with the metres that each takes of it; a layer of unknown depth counts whole.

    Raises DataError where none lies in it, or where several are of unknown depth.
    """
    if len(layers) == 1:
        return tuple(layers), (1.0,)
    if any(layer.bounds is None for layer in layers):
        names = ", ".join(Path(layer.path).name for layer in layers)
        raise DataError(
            f"{where}: {len(layers)} files of unknown depth ({names}); name the one to take, or let the file names say "
            "their layer as SoilGrids does (sand_0-5cm_mean.tif)"
        )
    first = layers[0]
    for layer in layers[1:]:
        if not first.grid.same_as(layer.grid):
            raise GridMismatch(f"{where}: {first.path} and {layer.path} have different grids; remap one of them before")
    inside = [(x, min(x.bounds[1], depth[1]) - max(x.bounds[0], depth[0])) for x in layers if x.bounds is not None]
    taken = [(layer, metres) for layer, metres in inside if metres > 1e-6]
    if not taken:
        have = ", ".join(f"{x.bounds[0]:g}-{x.bounds[1]:g} m" for x in layers if x.bounds is not None)
        raise DataError(f"{where}: no layer within `depth` = {list(depth)} m; the files have {have}")
    return tuple(x for x, _ in taken), tuple(m for _, m in taken)


def layer_of_name(path: str) -> tuple[float, float] | None:
    """The layer in m that a file name states in cm: sand_5-15cm_mean.tif."""
    found = _LAYER_OF_NAME.search(Path(path).name)
    return (float(found[1]) / 100, float(found[2]) / 100) if found else None
