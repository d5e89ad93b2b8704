"""Layers of soil maps in netCDF files."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.data.axes import Roles, find_roles, read_layers
from vadose.data.horizontal import Horizontal, read_horizontal
from vadose.data.netcdf import data_variables, fill_values, get_variable, opened, packing, stored_range, stored_type
from vadose.data.soilmaps.fields import layer_of_name
from vadose.data.soilmaps.products import Product
from vadose.errors import DataError, GridMismatch
from vadose.grid.latlon import LatLonGrid

if TYPE_CHECKING:
    from netCDF4 import Dataset, Variable

SUFFIXES = (".nc", ".nc4", ".cdf")
_CODES = (-9999.0, -999.0, -99.0, -100.0)  # no-data codes of maps that declare none: no quantity here is negative


@dataclass(frozen=True, eq=False)
class NetcdfLayer:
    """A level of a variable of one file: a `Layer`."""

    path: str
    name: str
    horizontal: Horizontal
    roles: Roles
    level: int | None
    bounds: tuple[float, float] | None
    scale: float
    offset: float
    units: str | None
    long_name: str

    @property
    def grid(self) -> LatLonGrid:
        """The grid in canonical order."""
        assert isinstance(self.horizontal.grid, LatLonGrid)
        return self.horizontal.grid

    def read(self, rows: slice, columns: slice) -> np.ndarray:
        """[row, column] float64 in the unit of the file."""
        whole = not self.horizontal.splits
        with opened(self.path) as dataset:
            variable = get_variable(dataset, self.name)
            variable.set_auto_maskandscale(False)
            raw = self._raw(variable, slice(None) if whole else rows)
            values = _decoded(raw, variable, self.scale, self.offset, f"{self.path}: variable {self.name!r}")
        values = self.horizontal.arrange(values)
        return values[rows, columns] if whole else values[:, columns]

    def _raw(self, variable: Variable, rows: slice) -> np.ndarray:
        position = {d: r for r, d in self.roles.dims.items()}
        key: list[Any] = []
        for dim in variable.dimensions:
            if dim in self.horizontal.dims:
                key.append(self.horizontal.file_rows(rows) if dim == self.horizontal.dims[0] else slice(None))
            else:
                key.append(self.level if position.get(dim) == "depth" and self.level is not None else 0)
        try:
            raw = np.asarray(variable[tuple(key)])
        except (OSError, RuntimeError, IndexError) as error:
            raise DataError(f"{self.path}: the file is truncated or corrupt ({error}); get it again") from error
        left = [d for d in variable.dimensions if d in self.horizontal.dims]
        return raw.view(stored_type(variable)).transpose([left.index(d) for d in self.horizontal.dims])


def netcdf_layers(path: str, names: tuple[str, ...], product: Product, quantity: str, only: bool) -> list[NetcdfLayer]:
    """The layers of a quantity in one file, from the surface down; none where the file does not hold it.

    names  names to look for;  only  True where the file was named for this quantity: its only variable is taken
    """
    with opened(path) as dataset:
        name = next((n for n in names if n in dataset.variables), None)
        if name is None and only:
            found = [n for n, v in data_variables(dataset).items() if v.ndim >= 2 and stored_type(v).kind in "fiu"]
            name = found[0] if len(found) == 1 else None
        if name is None:
            return []
        variable = get_variable(dataset, name, path)
        where = f"{path}: variable {name!r}"
        roles = find_roles(dataset, variable, where)
        horizontal = read_horizontal(dataset, variable, roles, where)
        if not isinstance(horizontal.grid, LatLonGrid):
            raise GridMismatch(f"{where}: a soil map must be on a grid; this file holds points")
        levels = _levels(dataset, variable, roles, product, where)
        scale, offset = packing(variable)
        if "scale_factor" not in variable.ncattrs() and stored_type(variable).kind in "iu":
            scale *= product.packing.get(quantity, 1.0)
        stated = str(getattr(variable, "units", "")).strip() or None
        texts = " ".join(str(getattr(variable, a, "")) for a in ("standard_name", "long_name"))
        bounds = layer_of_name(path) or product.layer
        if levels is None:
            return [NetcdfLayer(path, name, horizontal, roles, None, bounds, scale, offset, stated, texts)]
        return [
            NetcdfLayer(path, name, horizontal, roles, i, b, scale, offset, stated, texts)
            for i, b in levels
        ]  # fmt: skip


def _levels(
    dataset: Dataset, variable: Variable, roles: Roles, product: Product, where: str
) -> list[tuple[int, tuple[float, float]]] | None:
    """(level in the file, (top, bottom) m) of every layer; None for a variable without layers."""
    if "depth" not in roles.dims:
        return None
    documented = _documented(dataset, roles, product, where)
    if documented is not None:
        return documented
    layers, _ = read_layers(dataset, roles, where)
    if layers is None:
        return None
    return [(int(i), (float(b[0]), float(b[1]))) for i, b in zip(layers.order, layers.bounds, strict=True)]


def _documented(
    dataset: Dataset, roles: Roles, product: Product, where: str
) -> list[tuple[int, tuple[float, float]]] | None:
    """Layers of a product whose depths are the bottoms of layers, or whose files are numbered: SAND1.nc, SAND2.nc."""
    if not product.bottoms:
        return None
    edges = np.array([0.0, *product.bottoms]) / 100
    size, total = len(dataset.dimensions[roles.dims["depth"]]), len(product.bottoms)
    name = roles.coordinates.get("depth")
    if name is not None:
        stated: np.ndarray = np.ma.filled(np.ma.asarray(dataset.variables[name][...], dtype=float), np.nan).ravel()
        for unit in (0.01, 1.0):  # cm as documented, or m
            place = np.abs(stated[:, None] * unit - edges[None, 1:]).argmin(axis=1)
            if np.allclose(stated * unit, edges[1:][place], atol=6e-4):
                return [(i, (float(edges[p]), float(edges[p + 1]))) for i, p in enumerate(place)]
    number = re.search(r"([12])\.nc4?: ", where)
    first = {total: 0, total // 2: None if number is None else (int(number[1]) - 1) * size}.get(size)
    if first is None:
        return None
    return [(i, (float(edges[first + i]), float(edges[first + i + 1]))) for i in range(size)]


def _decoded(raw: np.ndarray, variable: Variable, scale: float, offset: float, where: str) -> np.ndarray:
    values = raw.astype(float)
    valid = np.isfinite(values) & (np.abs(values) < 1e15)
    for code in (*fill_values(variable), *_CODES):
        valid &= values != float(code)
    limits = stored_range(variable, where)
    if limits is not None:
        valid &= (values >= limits[0]) & (values <= limits[1])
    return np.where(valid, values * scale + offset, np.nan)
