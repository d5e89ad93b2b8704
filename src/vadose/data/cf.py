"""Files along time as one canonical field: [time, (depth), lat, lon], SI, ascending, with bounds everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.constants import SECONDS_PER_DAY
from vadose.data.horizontal import Horizontal
from vadose.data.layout import Layout, Rejected, read_layout, with_months
from vadose.data.months import EPOCH, assign_months, check_times, month_lengths, month_start, span_text
from vadose.data.netcdf import describe_variables, has_variable, opened
from vadose.data.source import Source
from vadose.errors import DataError, GridMismatch
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.grid.layers import SoilLayers

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, eq=False)
class Stack:
    """One variable of a set of files, joined along time; where each soil layer is a variable, one part a layer.

    parts     ((layout of each file in the order of time), ...)
    layers    soil layers from the surface down, or None
    monthly   False where the steps are shorter than a month
    """

    parts: tuple[tuple[Layout, ...], ...]
    layers: SoilLayers | None
    monthly: bool
    warnings: tuple[str, ...] = ()

    @property
    def first(self) -> Layout:
        return self.parts[0][0]

    @property
    def horizontal(self) -> Horizontal:
        return self.first.horizontal

    @property
    def layered(self) -> bool:
        """True where `read` returns a layer axis."""
        return len(self.parts) > 1 or self.first.layered

    @cached_property
    def months(self) -> np.ndarray:
        """Month of every step [step]."""
        return np.concatenate([f.stamps.months for f in self.parts[0]])

    @cached_property
    def days(self) -> np.ndarray:
        """Stamp of every step [step], days since 1850-01-01 in the calendar of the file."""
        return np.concatenate([f.stamps.days for f in self.parts[0]])

    @cached_property
    def starts(self) -> np.ndarray:
        """First step of each file of the first part, and the number of all steps."""
        return _starts(self.parts[0])

    def read(
        self, steps: slice, levels: slice = slice(None), rows: slice = slice(None), rejected: Rejected | None = None
    ) -> np.ndarray:
        """Canonical block [step, (layer), lat, lon] of the steps `steps`, NaN where missing."""
        if len(self.parts) == 1:
            return _read_part(self.parts[0], self.starts, steps, levels, rows, rejected)
        assert self.layers is not None
        wanted = [self.parts[i] for i in self.layers.order[levels]]
        blocks = [_read_part(part, _starts(part), steps, slice(None), rows, rejected) for part in wanted]
        return np.stack(blocks, axis=1)

    def segments(self, steps: slice, longest: int) -> Iterator[slice]:
        """Blocks of at most `longest` steps that neither cross a file nor split a storage chunk."""
        for layout, start, stop in zip(self.parts[0], self.starts[:-1], self.starts[1:], strict=True):
            chunk = layout.chunk("time")
            size = max(chunk, longest // chunk * chunk)
            for a in range(start, stop, size):
                b = min(a + size, stop)
                if b > steps.start and a < steps.stop:
                    yield slice(max(a, steps.start), min(b, steps.stop))


def open_stack(source: Source) -> Stack:
    """Read the headers of all files of a source and join them along time.

    Raises DataError where files overlap in time, GridMismatch where their grids differ.
    """
    names: tuple[str | None, ...] = source.file_variable if isinstance(source.file_variable, tuple) else (None,)
    parts, notes = [], []
    monthly = True
    names, absent = _present(source, names)
    notes += absent
    for name in names:
        layouts = _read_headers(source, name)
        stamps, monthly, note = assign_months([f.stamps for f in layouts], source.stamp, source.frequency)
        layouts = [with_months(f, s) for f, s in zip(layouts, stamps, strict=True)]
        layouts.sort(key=lambda f: f.stamps.days[0])
        check_times([f.stamps for f in layouts], monthly)
        parts.append(tuple(layouts))
        notes += [note, *(w for f in layouts for w in f.warnings)]
    layers = parts[0][0].layers if len(parts) == 1 else _join_layers(parts, source)
    return Stack(tuple(parts), layers, monthly, tuple(dict.fromkeys(n for n in notes if n)))


def open_canonical(source: Source) -> xr.Dataset:
    """The source as a lazy, monthly CF dataset: variable [time, (depth), lat, lon] in canonical units, and bounds.

    `time` counts noleap days since 1850-01-01 at mid-month; `month` is 12 * year + month - 1. Months that the files
    lack are missing; shorter steps are averaged to months that have `source.minimum_count` of them.
    Raises DataError, UnitError or GridMismatch, naming the file and the remedy.
    """
    import dask.array
    import xarray as xr

    stack = open_stack(source)
    lazy = _Lazy(stack, source)
    step = max(1, stack.first.chunk("time")) if stack.monthly else 1
    chunks = (step, *([-1] * (lazy.ndim - 1)))
    data = dask.array.from_array(lazy, chunks=chunks, asarray=False, name=False, meta=np.empty(0, lazy.dtype))
    grid = stack.horizontal.grid
    edges = np.array([month_start(m) for m in [*lazy.months, lazy.months[-1] + 1]])
    calendar = {"units": EPOCH, "calendar": "noleap", "bounds": "time_bnds"}
    fields: dict[str, Any] = {
        "time": ("time", 0.5 * (edges[1:] + edges[:-1]), calendar),
        "time_bnds": (("time", "bnds"), np.stack([edges[:-1], edges[1:]], axis=1)),
        "month": ("time", lazy.months),
    }
    place = ("lat", "lon") if isinstance(grid, LatLonGrid) else ("site",)
    for axis, units in (("lat", "degrees_north"), ("lon", "degrees_east")):
        dim = axis if isinstance(grid, LatLonGrid) else "site"
        fields[axis] = (dim, getattr(grid, axis), {"units": units})
        if isinstance(grid, LatLonGrid):
            fields[axis][2]["bounds"] = f"{axis}_bnds"
            fields[f"{axis}_bnds"] = ((axis, "bnds"), getattr(grid, f"{axis}_bnds"))
    if isinstance(grid, Sites):
        fields["site"] = ("site", list(grid.names))
    dims = ("time", *place)
    if stack.layered and stack.layers is not None:
        dims = ("time", "depth", *place)
        fields["depth"] = (
            "depth",
            stack.layers.bounds.mean(axis=1),
            {"units": "m", "positive": "down", "bounds": "depth_bnds"},
        )
        fields["depth_bnds"] = (("depth", "bnds"), stack.layers.bounds)
    known = source.quantity
    attrs = {"units": known.units, "standard_name": known.standard_name, "long_name": known.title}
    attrs["source_units"] = stack.first.conversion.source_units
    fields[known.name] = (dims, data, attrs)
    coords = ("time", "month", "lat", "lon", "depth", "site")
    return xr.Dataset(
        {n: v for n, v in fields.items() if n not in coords},
        {n: v for n, v in fields.items() if n in coords},
        {"Conventions": "CF-1.10", "warnings": list(stack.warnings)},
    )


def minimum_steps(stack: Stack, source: Source, months: np.ndarray) -> np.ndarray:
    """Least number of valid steps that each month [month] needs to have a mean."""
    if source.minimum_count is not None:
        return np.full(months.size, source.minimum_count)
    days = np.unique(stack.days)
    step = float(np.median(np.diff(days))) if days.size > 1 else 1.0
    lengths = month_lengths(months, stack.first.stamps.calendar) / SECONDS_PER_DAY
    return np.maximum(1, np.ceil(0.5 * lengths / max(step, 1e-6))).astype(int)


class _Lazy:
    """A stack as a monthly array that reads when it is sliced; it holds no open file, so that it travels to workers."""

    def __init__(self, stack: Stack, source: Source) -> None:
        self.stack = stack
        self.months = np.arange(stack.months[0], stack.months[-1] + 1, dtype=np.int32)
        self.minimum = minimum_steps(stack, source, self.months)
        layers = (stack.layers.size,) if stack.layered and stack.layers is not None else ()
        self.shape = (self.months.size, *layers, *stack.horizontal.grid.shape)
        self.ndim = len(self.shape)
        self.dtype = np.dtype(np.float32)

    def __getitem__(self, key: Any) -> np.ndarray:
        parts = key if isinstance(key, tuple) else (key,)
        axes = [*parts, *[slice(None)] * (self.ndim - len(parts))]
        span, axes[0] = _cover(axes[0], self.shape[0])
        levels = slice(None)
        if self.stack.layered:
            levels, axes[1] = _cover(axes[1], self.shape[1])
        block = self._read(self.months[span], self.minimum[span], levels)
        for axis in reversed(range(self.ndim)):
            block = block[(*[slice(None)] * axis, axes[axis])]
        return block

    def _read(self, months: np.ndarray, minimum: np.ndarray, levels: slice) -> np.ndarray:
        depth = (len(range(*levels.indices(self.shape[1]))),) if self.stack.layered else ()
        out = np.full((months.size, *depth, *self.stack.horizontal.grid.shape), np.nan, self.dtype)
        for i, month in enumerate(months):
            first, last = np.searchsorted(self.stack.months, [month, month + 1])
            if first == last:
                continue
            block = self.stack.read(slice(int(first), int(last)), levels)
            if self.stack.monthly:
                out[i] = block[0]
                continue
            count = np.count_nonzero(~np.isnan(block), axis=0)
            total = np.nansum(block, axis=0, dtype=np.float64)
            out[i] = np.where(count >= minimum[i], total / np.maximum(count, 1), np.nan)
        return out


def _cover(index: Any, size: int) -> tuple[slice, Any]:
    """The smallest slice of step 1 that holds `index`, and `index` within it."""
    picked = np.atleast_1d(np.arange(size)[index])
    if not picked.size:
        return slice(0, 0), slice(0, 0)
    start, stop = int(picked.min()), int(picked.max()) + 1
    inside = int(picked[0]) - start if isinstance(index, int | np.integer) else picked - start
    return slice(start, stop), inside


def _read_headers(source: Source, name: str | None) -> list[Layout]:
    layouts: list[Layout] = []
    for path in source.paths:
        if name is not None and len(source.paths) > 1 and not _has(path, name):
            continue
        like = layouts[0] if layouts else None
        layout = read_layout(path, source, name, like)
        if like is not None and not layout.horizontal.same_as(like.horizontal):
            raise GridMismatch(
                f"{like.path} and {path} have different grids ({_shape(like)} and {_shape(layout)}); "
                "narrow `path` in the study to files of one grid"
            )
        if like is not None and layout.layered != like.layered:
            raise GridMismatch(f"{like.path} and {path}: one has soil layers, the other has none; narrow `path`")
        layouts.append(layout)
    if not layouts:
        raise DataError(f"{source.name}: no file has the variable {name!r} ({len(source.paths)} files looked at)")
    return layouts


def _present(source: Source, names: tuple[str | None, ...]) -> tuple[tuple[str | None, ...], list[str]]:
    """The layer variables down to the last that a file has; deeper ones that none has are left out with a warning."""
    if len(names) < 2:
        return names, []
    held = [any(_has(path, str(name)) for path in source.paths) for name in names]
    if not any(held) or held != sorted(held, reverse=True):
        absent = ", ".join(str(n) for n, h in zip(names, held, strict=True) if not h)
        with opened(source.paths[0]) as dataset:
            have = describe_variables(dataset)
        raise DataError(
            f"{source.paths[0]}: no variable {absent}; the file has {have}; set `file_variable` and `layers`"
        )
    deep = [str(n) for n in names[sum(held) :]]
    return names[: sum(held)], [f"{source.name}: no {', '.join(deep)}; the column ends above"] if deep else []


def _has(path: str, name: str) -> bool:
    with opened(path) as dataset:
        return has_variable(dataset, name)


def _shape(layout: Layout) -> str:
    return "x".join(map(str, layout.horizontal.grid.shape))


def _join_layers(parts: list[tuple[Layout, ...]], source: Source) -> SoilLayers:
    """Layers of parts that hold one each."""
    lead = parts[0]
    for part in parts[1:]:
        same_steps = np.array_equal(_months(part), _months(lead))
        if not same_steps or not part[0].horizontal.same_as(lead[0].horizontal):
            what = "grids" if same_steps else f"times ({span_text(_months(lead))} and {span_text(_months(part))})"
            raise DataError(f"{source.name}: variables {lead[0].name!r} and {part[0].name!r} have different {what}")
    bounds = []
    for part in parts:
        layers = part[0].layers
        if layers is None or layers.size != 1:
            raise DataError(
                f"{part[0].where}: its depth is unknown; state the layers of the source in the order of "
                "`file_variable` (`layers = [[0.0, 0.07], [0.07, 0.28], ...]`, m)"
            )
        bounds.append(layers.bounds[0])
    try:
        return SoilLayers.from_bounds(np.array(bounds))
    except DataError as error:
        raise type(error)(f"{source.name}: `layers`: {error}") from error


def _months(part: tuple[Layout, ...]) -> np.ndarray:
    return np.concatenate([f.stamps.months for f in part])


def _starts(part: tuple[Layout, ...]) -> np.ndarray:
    return np.concatenate([[0], np.cumsum([f.steps for f in part])])


def _read_part(
    part: tuple[Layout, ...], starts: np.ndarray, steps: slice, levels: slice, rows: slice, rejected: Rejected | None
) -> np.ndarray:
    """A block of one part, over the borders of its files."""
    blocks = []
    begin = int(np.searchsorted(starts, steps.start, side="right")) - 1
    for layout, start in zip(part[begin:], starts[begin:-1], strict=True):
        if start >= steps.stop:
            break
        local = slice(max(steps.start - start, 0), min(steps.stop - start, layout.steps))
        with opened(layout.path) as dataset:
            blocks.append(layout.read(dataset, local, levels, rows, rejected))
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
