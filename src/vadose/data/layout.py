"""Layout: how one variable of one file becomes canonical. The view and the packer both read through it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.constants import RHO_WATER
from vadose.data.axes import Roles, find_ragged, find_roles, ragged_roles, read_layers
from vadose.data.horizontal import Horizontal, read_horizontal
from vadose.data.months import Stamps, read_stamps
from vadose.data.netcdf import (
    chunks_of,
    describe_variables,
    fill_values,
    get_variable,
    has_variable,
    opened,
    packing,
    stored_range,
    stored_type,
)
from vadose.data.source import Source
from vadose.data.units import Conversion, conversion
from vadose.errors import DataError
from vadose.grid.layers import SoilLayers
from vadose.variables import Variable

if TYPE_CHECKING:
    import netCDF4

HUGE = 1e19  # beyond any physical value: an undeclared fill value
TOLERANCE = 1e-6  # of the physical range: rounding of packed values is not an error
SURFACE_LAYER = (0.0, 0.1)  # m, depth of mrsos; CMIP6 data request


@dataclass
class Rejected:
    """How many values were outside the physical range, with one of them as example."""

    count: int = 0
    example: float = np.nan


@dataclass(frozen=True, eq=False)
class Layout:
    """One variable of one file: its axes, units and missing values, and how to read it in canonical form.

    dims        dimensions in the order of the file, with `shape` and `chunks`
    layers      soil layers from the surface down, or None
    packing     (scale_factor, add_offset) of packed values
    fills       values that mean missing, as stored
    stored_range   valid_range and alike, as stored, or None
    ragged      name of the variable that says which observation belongs to which site, where there is one
    """

    path: str
    name: str
    variable: Variable
    dims: tuple[str, ...]
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    roles: Roles
    horizontal: Horizontal
    layers: SoilLayers | None
    stamps: Stamps
    conversion: Conversion
    fills: tuple[Any, ...] = ()
    packing: tuple[float, float] = (1.0, 0.0)
    stored_range: tuple[float, float] | None = None
    keep: tuple[tuple[str, tuple[int, ...]], ...] = ()
    sign: int = 1
    warnings: tuple[str, ...] = ()
    ragged: str = ""
    signature: bytes = field(default=b"", repr=False)

    @property
    def where(self) -> str:
        return f"{self.path}: variable {self.name!r}"

    @property
    def steps(self) -> int:
        return self.stamps.days.size

    @property
    def layered(self) -> bool:
        """True where the file has a depth dimension."""
        return "depth" in self.roles.dims

    @property
    def units(self) -> str:
        return self.variable.units

    def chunk(self, role: str) -> int:
        """Length of a storage chunk along time or along the rows (latitudes)."""
        dim = self.roles.dims.get(role) if role == "time" else self.horizontal.dims[0]
        return self.chunks[self.dims.index(dim)] if dim in self.dims else 1

    def read(
        self, dataset: netCDF4.Dataset, steps: slice, levels: slice = slice(None), rows: slice = slice(None),
        rejected: Rejected | None = None,
    ) -> np.ndarray:  # fmt: skip
        """A block in canonical units and order, NaN where missing.

        steps, levels, rows   slices of time, soil layers from the surface down, and canonical latitudes
        rejected              counts the values outside the physical range of the variable
        Returns [step, (layer), lat, lon], or [step, (layer), site]; float32, or float64 where the file is.
        Raises DataError where the file cannot be read.
        """
        raw = self._raw(get_variable(dataset, self.name), steps, levels, rows)
        values = self._decode(raw, steps, levels, rejected)
        for flag, allowed in self.keep:
            flags = self._raw(get_variable(dataset, flag), steps, levels, rows)
            values[~np.isin(flags, allowed)] = np.nan
        return self.horizontal.arrange(values)

    def _raw(self, variable: Any, steps: slice, levels: slice, rows: slice) -> np.ndarray:
        """Values as stored, axes in the order time, (depth), horizontal; latitudes and longitudes as in the file."""
        variable.set_auto_maskandscale(False)
        position = {d: r for r, d in self.roles.dims.items()}
        order = None if self.layers is None or not self.layered else self.layers.order[levels]
        key: list[Any] = []
        for dim in variable.dimensions:
            role = position.get(dim)
            if role == "time":
                key.append(steps)
            elif role == "depth" and order is not None:
                key.append(slice(int(order.min()), int(order.max()) + 1))
            elif dim in self.horizontal.dims:
                key.append(self.horizontal.file_rows(rows) if dim == self.horizontal.dims[0] else slice(None))
            else:
                key.append(0)
        try:
            raw = np.asarray(variable[tuple(key)]).view(stored_type(variable))
        except (OSError, RuntimeError, IndexError) as error:
            raise DataError(f"{self.where}: the file is truncated or corrupt ({error}); get it again") from error
        left = [d for d, k in zip(variable.dimensions, key, strict=True) if not isinstance(k, int)]
        wanted = [self.roles.dims.get("time", ""), self.roles.dims.get("depth", ""), *self.horizontal.dims]
        raw = raw.transpose([left.index(d) for d in wanted if d in left])
        if wanted[0] not in left:
            raw = raw[None]
        if order is not None and order.size and not np.array_equal(order, np.arange(order.min(), order.max() + 1)):
            raw = raw[:, order - order.min()]
        return raw

    def _decode(self, raw: Any, steps: slice, levels: slice, rejected: Rejected | None) -> np.ndarray:
        scale, offset = self._affine(steps, levels, raw.ndim)
        kind = (
            np.float64 if raw.dtype.itemsize > 4 or (raw.dtype.itemsize == 4 and raw.dtype.kind in "iu") else np.float32
        )
        valid = np.ones(raw.shape, bool)
        for fill in self.fills:
            valid &= raw != fill
        if self.stored_range is not None:
            valid &= (raw >= self.stored_range[0]) & (raw <= self.stored_range[1])
        filled = raw.size - np.count_nonzero(valid)
        with np.errstate(over="ignore", invalid="ignore"):
            if isinstance(scale, float) and scale == 1.0 and isinstance(offset, float) and offset == 0.0:
                values = raw.astype(kind)
            else:
                values = (raw * np.asarray(scale, kind) + np.asarray(offset, kind)).astype(kind, copy=False)
            low, high = self._range()
            valid &= values >= low
            valid &= values <= high
        missing = valid.size - np.count_nonzero(valid)
        if missing:
            if missing > filled and rejected is not None:
                self._count(raw, values, valid, rejected)
            values[~valid] = np.nan
        return values

    def _range(self) -> tuple[float, float]:
        low, high = self.variable.valid_range
        slack = TOLERANCE * (high - low)
        return low - slack, high + slack

    def _affine(self, steps: slice, levels: slice, ndim: int) -> tuple[Any, Any]:
        """Factors from stored to canonical values, by step and layer where they differ."""
        how = self.conversion
        scale: Any = self.packing[0] * how.scale * self.sign
        offset: Any = (self.packing[1] * how.scale + how.offset) * self.sign
        if how.kind == "mass":
            assert self.layers is not None
            per_layer = 1 / (RHO_WATER * self.layers.thickness)
            if self.layered:
                per_layer = per_layer[levels].reshape(-1, *[1] * (ndim - 2))
                scale, offset = scale * per_layer, offset * per_layer
            else:
                scale, offset = scale * float(per_layer[0]), offset * float(per_layer[0])
        if how.per_month:
            assert self.stamps.seconds is not None
            seconds = self.stamps.seconds[steps].reshape(-1, *[1] * (ndim - 1))
            scale, offset = scale / seconds, offset / seconds
        return scale, offset

    def _count(self, raw: np.ndarray, values: np.ndarray, valid: np.ndarray, rejected: Rejected) -> None:
        """Values that are there but impossible: neither fill values, nor NaN, nor huge."""
        with np.errstate(invalid="ignore"):
            wrong = ~valid & (np.abs(values) < HUGE) & (np.abs(raw) < HUGE)
        for fill in self.fills:
            wrong &= raw != fill
        count = int(np.count_nonzero(wrong))
        if count:
            rejected.count += count
            if not np.isfinite(rejected.example):
                rejected.example = float(values[wrong].flat[0])


def read_layout(path: str, source: Source, name: str | None = None, like: Layout | None = None) -> Layout:
    """Describe how the variable of `source` lies in one file.

    name  the variable, where `source.file_variable` names several
    like  layout of another file of the set: its grid is reused where the coordinates agree
    Raises DataError, UnitError or GridMismatch, naming the file and what to do.
    """
    with opened(path) as dataset:
        name = name or find_variable(dataset, source, path)
        variable = get_variable(dataset, name)
        where = f"{path}: variable {name!r}"
        if variable.dtype == str or stored_type(variable).kind not in "fiu":
            raise DataError(f"{where} holds no numbers but {variable.dtype}; choose another with `file_variable`")
        ragged = find_ragged(dataset, variable)
        roles = ragged_roles(dataset, variable, where) if ragged else find_roles(dataset, variable, where)
        signature = _signature(dataset, roles)
        if like is not None and like.signature == signature and like.dims == variable.dimensions:
            horizontal = like.horizontal
        else:
            horizontal = read_horizontal(dataset, variable, roles, where)
        how = conversion(_units(variable, source), source.quantity, where, source.accumulation)
        layers, notes = _layers(dataset, roles, source, name, how, where)
        layout = Layout(
            path=path, name=name, variable=source.quantity, dims=variable.dimensions, shape=variable.shape,
            chunks=chunks_of(variable), roles=roles, horizontal=horizontal, layers=layers, conversion=how,
            stamps=read_stamps(dataset, roles.coordinates.get("time"), path, source.calendar),
            fills=fill_values(variable), packing=packing(variable), stored_range=stored_range(variable, where),
            keep=source.keep, sign=source.sign, ragged=ragged,
            warnings=(*notes, *horizontal.warnings), signature=signature,
        )  # fmt: skip
        for flag, _ in source.keep:
            get_variable(dataset, flag, where)
    if not layout.stamps.days.size:
        raise DataError(f"{path}: the time axis is empty; get the file again")
    return layout


def find_variable(dataset: netCDF4.Dataset, source: Source, path: str) -> str:
    """Name of the variable that holds the quantity of `source`: as stated, by CMIP name, alias or standard name.

    Raises DataError listing what the file has.
    """
    if isinstance(source.file_variable, str):
        get_variable(dataset, source.file_variable, path)
        return source.file_variable
    known = source.quantity
    names = tuple(dict.fromkeys((*source.fallback.get("file_variable", ()), known.cmip, known.name, *known.aliases)))
    for name in names:
        if has_variable(dataset, name):
            return name
    standard = [
        n for n, v in dataset.variables.items()
        if str(getattr(v, "standard_name", "")) == known.standard_name and v.ndim > 1
    ]  # fmt: skip
    if len(standard) == 1:
        return standard[0]
    raise DataError(
        f"{path}: no variable for {known.name} (looked for {', '.join(names)}); "
        f"the file has {describe_variables(dataset)}; name one with `file_variable` in the study"
    )


def _units(variable: Any, source: Source) -> str | None:
    if source.units is not None:
        return source.units
    stated = str(variable.units) if "units" in variable.ncattrs() else ""
    return stated if stated.strip() else source.fallback.get("units", stated or None)


def _layers(
    dataset: netCDF4.Dataset, roles: Roles, source: Source, name: str, how: Conversion, where: str
) -> tuple[SoilLayers | None, list[str]]:
    """Layers that the study states, else of the file, else of the CMIP definition of mrsos."""
    if not source.quantity.layered:
        return None, []
    size = len(dataset.dimensions[roles.dims["depth"]]) if "depth" in roles.dims else 1
    if source.layers is not None:
        bounds = source.layers
        if isinstance(source.file_variable, tuple):
            bounds = (source.layers[source.file_variable.index(name)],)
        if len(bounds) != size:
            raise DataError(f"{where} has {size} layers, but the study states {len(bounds)} (`layers`)")
        try:
            return SoilLayers.from_bounds(np.array(bounds, float), surface=size > 1), []
        except DataError as error:
            raise type(error)(f"{where}: `layers`: {error}") from error
    layers, notes = read_layers(dataset, roles, where, source.fallback.get("layers"))
    if layers is None and how.kind == "mass":
        if name != "mrsos":
            raise DataError(
                f"{where} is in {how.source_units} but has no depth; expected depth bounds in the file; "
                "state the layer it stands for (`layers = [[0.0, 0.1]]`, m)"
            )
        layers = SoilLayers.from_bounds(np.array([SURFACE_LAYER]))
    return layers, notes


def _signature(dataset: netCDF4.Dataset, roles: Roles) -> bytes:
    parts = []
    for role in ("lat", "lon"):
        coordinate = dataset[roles.coordinates[role]]
        parts.append(np.ma.filled(np.ma.asarray(coordinate[...], dtype=np.float64), np.nan).tobytes())
    return b"".join(parts)


def with_months(layout: Layout, stamps: Stamps) -> Layout:
    """The layout with stamps that have their months."""
    return replace(layout, stamps=stamps)
