"""Fields of a domain reduced to what its report draws: maps, rivers, sections, and areas through time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from vadose.report.pack import pack_bits, pack_values

MOST_CELLS = 40_000
PONDED = 1e-3  # m
RIVER_SHARE = 0.06  # of the columns with the most water running over them
LEAST_RIVER = 1e-3  # of the largest discharge: cells with less are no river however few there are
NOTHING = 1e-6  # of the largest value: what a logarithmic map still tells from nothing
NOT_AT_THE_BORDER = 0.2  # of the width, in which no section is laid through a river


class Domain(Protocol):
    """Where water flows: a FlowRun, or the ground of a simulation over a subsurface.

    time, x, y, thickness   s since the start; m, centres of cells; m, of layers from the top
    active, elevation       [y, x] columns of the domain; m, or None;  cell  width along y and x, m
    """

    @property
    def time(self) -> np.ndarray: ...
    @property
    def x(self) -> np.ndarray: ...
    @property
    def y(self) -> np.ndarray: ...
    @property
    def thickness(self) -> np.ndarray: ...
    @property
    def active(self) -> np.ndarray: ...
    @property
    def elevation(self) -> np.ndarray | None: ...
    @property
    def cell(self) -> tuple[float, float]: ...


class Fields(Protocol):
    """Fields of a domain over its times: pond m, water_table_depth m, discharge m3 s-1 [time, y, x], saturation 1."""

    def has(self, name: str) -> bool: ...
    def read(self, name: str, index: Any = slice(None)) -> np.ndarray: ...
    def blocks(self, name: str) -> Iterator[tuple[slice, np.ndarray]]: ...


@dataclass(frozen=True)
class Surface:
    """What was found at the surface.

    start, end      water-table depth [y, x] m, NaN where no cell of a column is saturated
    discharge       [2, y, x] m3 s-1 at the time of its peak and at the end; pond the same in m
    mean            [y, x] m3 s-1, discharge over the period;  rivers [y, x] bool, where it is largest
    peak            index of the output with the largest discharge of a cell
    ponded, wet     [time] share of the area with more than 1 mm on the ground; with the water table at the surface
    middle          [time] median water-table depth, m
    """

    start: np.ndarray
    end: np.ndarray
    discharge: np.ndarray
    pond: np.ndarray
    mean: np.ndarray
    rivers: np.ndarray
    peak: int
    ponded: np.ndarray
    wet: np.ndarray
    middle: np.ndarray


def read_surface(run: Domain, outputs: Fields) -> Surface:
    """One pass over the fields of the surface, a block of times after another."""
    count, inside = run.time.size, run.active
    ponded, wet, middle, most = (np.full(count, np.nan) for _ in range(4))
    mean = np.zeros(inside.shape)
    half = (int(inside.sum()) - 1) // 2
    for rows, pond in outputs.blocks("pond"):
        ponded[rows] = (pond[:, inside] > PONDED).mean(axis=1)
    for rows, table in outputs.blocks("water_table_depth"):
        values = table[:, inside]
        wet[rows] = (values <= 0.0).mean(axis=1)
        deep = np.partition(np.where(np.isfinite(values), values, np.inf), half, axis=1)[:, half]
        middle[rows] = np.where(np.isfinite(deep), deep, np.nan)
    for rows, flow in outputs.blocks("discharge"):
        known = np.nan_to_num(flow)
        mean += known.sum(axis=0) / count
        most[rows] = known.max(axis=(1, 2))
    peak = int(np.argmax(most))
    at = (peak, count - 1)
    return Surface(
        outputs.read("water_table_depth", 0), outputs.read("water_table_depth", -1),
        np.stack([outputs.read("discharge", k) for k in at]), np.stack([outputs.read("pond", k) for k in at]),
        mean, _rivers(mean, inside), peak, ponded, wet, middle,
    )  # fmt: skip


def _rivers(mean: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """The columns with the largest mean discharge, as many as RIVER_SHARE of all."""
    values = np.where(inside, mean, 0.0)
    if not values.max() > 0:
        return np.zeros(inside.shape, bool)
    count = max(1, round(RIVER_SHARE * int(inside.sum())))
    least = np.sort(values[inside])[-count]
    return np.asarray(values >= max(least, LEAST_RIVER * values.max()))


@dataclass(frozen=True)
class Display:
    """Cells joined so that a map has at most MOST_CELLS; `factor` cells a side become one."""

    factor: int
    shape: tuple[int, int]

    @classmethod
    def of(cls, shape: tuple[int, int]) -> Display:
        factor = int(np.ceil(np.sqrt(shape[0] * shape[1] / MOST_CELLS)))
        return cls(factor, (-(-shape[0] // factor), -(-shape[1] // factor)))

    def blocks(self, field_: np.ndarray) -> np.ndarray:
        """[y, x] -> [row, column, cell of the block], NaN beyond the border."""
        f, (rows, columns) = self.factor, self.shape
        padded = np.full((rows * f, columns * f), np.nan)
        padded[: field_.shape[0], : field_.shape[1]] = field_
        return padded.reshape(rows, f, columns, f).transpose(0, 2, 1, 3).reshape(rows, columns, f * f)

    def mean(self, field_: np.ndarray) -> np.ndarray:
        """Means of the cells that have a value."""
        if self.factor == 1:
            return field_
        blocks = self.blocks(field_)
        known = np.isfinite(blocks)
        with np.errstate(invalid="ignore"):
            return np.asarray(np.where(known, blocks, 0.0).sum(axis=2) / known.sum(axis=2))

    def most(self, field_: np.ndarray) -> np.ndarray:
        """The largest value, so that a river one cell wide does not fade."""
        if self.factor == 1:
            return field_
        blocks = self.blocks(field_)
        return np.where(
            np.isfinite(blocks).any(axis=2), np.where(np.isfinite(blocks), blocks, -np.inf).max(axis=2), np.nan
        )


def maps(run: Domain, surface: Surface, relief: np.ndarray | None, depth: np.ndarray | None = None) -> dict[str, Any]:
    """The maps for the script: shape, cell size, columns of the domain, rivers, and the layers.

    depth  [y, x] m, mean depth of the water table: with it the means over the period are mapped, too
    """
    display = Display.of(run.active.shape)
    dy, dx = run.cell
    inside = display.most(np.where(run.active, 1.0, np.nan)) > 0
    rivers = inside & (display.most(surface.rivers.astype(float)) > 0)
    course = _downstream(rivers, display.most(surface.mean))
    layers = {
        "start": display.mean(surface.start), "end": display.mean(surface.end),
        "discharge_peak": _logarithm(display.most(surface.discharge[0]), surface.discharge),
        "discharge_end": _logarithm(display.most(surface.discharge[1]), surface.discharge),
        "pond_peak": display.most(surface.pond[0]), "pond_end": display.most(surface.pond[1]),
    }  # fmt: skip
    if depth is not None:
        layers["mean"] = display.mean(depth)
        layers["discharge_mean"] = _logarithm(display.most(surface.mean), surface.discharge)
    if relief is not None:
        layers["relief"] = display.mean(relief)
    return {
        "shape": list(display.shape), "dx": dx * display.factor, "dy": dy * display.factor, "factor": display.factor,
        "x0": float(run.x[0] - dx / 2), "y0": float(run.y[0] - dy / 2), "active": pack_bits(inside),
        "rivers": pack_bits(rivers), "course": course, "layers": {n: pack_values(v[inside]) for n, v in layers.items()},
    }  # fmt: skip


def _downstream(rivers: np.ndarray, mean: np.ndarray) -> list[int]:
    """Pairs of flattened indices, one after another: a cell of a river, and the neighbour that carries most more."""
    ny, nx = rivers.shape
    carried = np.full((ny + 2, nx + 2), -np.inf)
    carried[1:-1, 1:-1] = np.where(rivers, mean, -np.inf)
    pairs: list[int] = []
    for y, x in np.argwhere(rivers).tolist():
        around = carried[y : y + 3, x : x + 3]
        a, b = divmod(int(np.argmax(around)), 3)
        if around[a, b] > around[1, 1]:
            pairs += [y * nx + x, (y + a - 1) * nx + x + b - 1]
    return pairs


def _logarithm(values: np.ndarray, both: np.ndarray) -> np.ndarray:
    """log10, of what is less than NOTHING of the largest as of that."""
    most = float(np.nanmax(both)) if np.isfinite(both).any() else 0.0
    return np.log10(np.maximum(values, NOTHING * most)) if most > 0 else np.full(values.shape, np.nan)


def relief_of(run: Domain, outputs: Fields) -> tuple[str, str, np.ndarray | None]:
    """What the map of the domain shows: title, units and field; elevation where it is known, else K_s of the top."""
    if run.elevation is not None:
        return "Elevation", "m", np.where(run.active, run.elevation, np.nan)
    if outputs.has("K_s"):
        with np.errstate(divide="ignore", invalid="ignore"):
            top = np.log10(outputs.read("K_s", 0))
        if top.shape == run.active.shape:
            return "Saturated conductivity of the top layer", "log10 m s-1", np.where(run.active, top, np.nan)
    return "", "", None


@dataclass(frozen=True)
class Section:
    """A vertical section: `along` x or y, at `place` m of the other axis, through row or column `index`."""

    along: str
    index: int
    place: float
    distance: np.ndarray
    elevation: np.ndarray | None
    saturation: list[np.ndarray] = field(default_factory=list)
    table: list[np.ndarray] = field(default_factory=list)
    pond: list[np.ndarray] = field(default_factory=list)


def crossing(run: Domain, surface: Surface) -> tuple[int, int, str]:
    """Row and column of the sections, and why there: the largest river inside, the lowest ground, or the middle."""
    ny, nx = run.active.shape
    rows, columns = np.arange(ny)[:, None], np.arange(nx)[None, :]
    room_y, room_x = NOT_AT_THE_BORDER * ny, NOT_AT_THE_BORDER * nx
    inside = run.active & (np.abs(rows + 0.5 - ny / 2) <= ny / 2 - room_y)
    inside &= np.abs(columns + 0.5 - nx / 2) <= nx / 2 - room_x
    if inside.any():
        flow = np.where(inside, np.nan_to_num(surface.discharge[0]), -1.0)
        if flow.max() > 0:
            row, column = np.unravel_index(int(np.argmax(flow)), flow.shape)
            return int(row), int(column), "through the largest river away from the border"
        if run.elevation is not None:
            low = np.where(inside & np.isfinite(run.elevation), run.elevation, np.inf)
            row, column = np.unravel_index(int(np.argmin(low)), low.shape)
            return int(row), int(column), "through the lowest ground away from the border"
    return ny // 2, nx // 2, "through the middle"


def shown_times(run: Domain) -> list[int]:
    """First, middle and last output."""
    last = run.time.size - 1
    return sorted({0, last // 2, last})


def sections(run: Domain, outputs: Fields, row: int, column: int) -> list[Section]:
    """The sections along x and y at the first, middle and last time."""
    high = run.elevation
    found = [
        Section("x", row, float(run.y[row]), run.x, None if high is None else high[row]),
        Section("y", column, float(run.x[column]), run.y, None if high is None else high[:, column]),
    ]
    for k in shown_times(run):
        saturation = outputs.read("saturation", k)
        table, pond = outputs.read("water_table_depth", k), outputs.read("pond", k)
        for section in found:
            cut = (slice(None), row) if section.along == "x" else (slice(None), slice(None), column)
            section.saturation.append(saturation[cut])
            section.table.append(table[cut[1:]])
            section.pond.append(pond[cut[1:]])
    return found


def packed(section: Section) -> dict[str, Any]:
    """A section for the script."""
    return {
        "along": section.along, "place": section.place, "distance": section.distance, "elevation": section.elevation,
        "saturation": [pack_values(v) for v in section.saturation], "table": section.table, "pond": section.pond,
    }  # fmt: skip
