"""Groundwater and rivers of a simulation over a subsurface, as the fields that pages of flow studies draw too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from vadose.constants import RHO_WATER
from vadose.errors import DataError
from vadose.grid.latlon import LatLonGrid
from vadose.report.flow_drawn import drawn, table_at_the_end
from vadose.report.flow_fields import Surface
from vadose.report.flow_findings import signed
from vadose.report.flow_topography import correlation, ranks
from vadose.report.simulation_data import Outputs, SimulationRun, Variable

FILE = "subsurface.nc"
BLOCK = 2**22  # values that are read at once
# Field -> output of a run, and the factor between their units.
NAMES = {
    "pond": ("ponded_water", 1.0 / RHO_WATER), "water_table_depth": ("water_table_depth", 1.0),
    "discharge": ("discharge", 1.0), "saturation": ("subsurface_saturation", 1.0),
}  # fmt: skip
SHOWN_THERE = ("water_table_depth", "ponded_water", "discharge")  # what a page with one member maps nowhere else


@dataclass(frozen=True)
class Ground:
    """The domain of a run, as `flow_fields.Domain`: x eastward and y northward in m from the corner of the grid.

    start     s since 1970-01-01 of the first interval;  time  s after it, where each begins
    wetness   [y, x] topographic wetness index, or None
    """

    start: float
    time: np.ndarray
    x: np.ndarray
    y: np.ndarray
    thickness: np.ndarray
    active: np.ndarray
    elevation: np.ndarray | None
    wetness: np.ndarray | None
    cell: tuple[float, float]


@dataclass(frozen=True)
class GroundFields:
    """Fields of one member, as `flow_fields.Fields`; an output that was not written is 0 everywhere."""

    variables: dict[str, Variable]
    ground: Ground
    member: int = 0

    def has(self, name: str) -> bool:
        """Whether the run wrote it."""
        return name in NAMES and NAMES[name][0] in self.variables

    def read(self, name: str, index: Any = slice(None)) -> np.ndarray:
        """A field at one time, or over a slice of them; the water table is NaN where no layer is saturated."""
        one = not isinstance(index, slice)
        rows = np.arange(self.ground.time.size)[index]
        span = slice(int(rows), int(rows) + 1) if one else index
        values = self._values(name, span)
        return values[0] if one else values

    def blocks(self, name: str) -> Iterator[tuple[slice, np.ndarray]]:
        """Runs of times that fit into memory, and the field over them."""
        count = self.ground.time.size
        step = max(1, BLOCK // self.ground.active.size)
        for begin in range(0, count, step):
            rows = slice(begin, min(begin + step, count))
            yield rows, self.read(name, rows)

    def _values(self, name: str, rows: slice) -> np.ndarray:
        output, factor = NAMES[name]
        shape, count = self.ground.active.shape, len(range(*rows.indices(self.ground.time.size)))
        if output not in self.variables:
            return np.zeros((count, *shape))
        values = factor * self.variables[output].read(self.member, rows)
        values = values.reshape(*values.shape[:-1], *shape)
        return below_ground(values, self.ground) if name == "water_table_depth" else values


def below_ground(depth: np.ndarray, ground: Ground) -> np.ndarray:
    """Depths of the water table as they are drawn, m: 0 where water stands, NaN where no layer is saturated."""
    with np.errstate(invalid="ignore"):
        return np.where(depth > ground.thickness.sum(), np.nan, np.maximum(depth, 0.0))


def ground_of(run: SimulationRun, outputs: Outputs) -> Ground | None:
    """The ground of a run over a subsurface whose water table was written; None of any other.

    Raises DataError where subsurface.nc is malformed.
    """
    path, grid = run.path / FILE, run.where
    if not path.is_file() or "water_table_depth" not in outputs.variables or not isinstance(grid, LatLonGrid):
        return None
    import netCDF4

    try:
        with netCDF4.Dataset(path) as file:
            dx, dy = float(file.dx), float(file.dy)
            held: dict[str, Any] = {
                n: np.ma.filled(np.ma.asarray(v[:], float), np.nan) for n, v in file.variables.items()
            }
        inside = np.isfinite(held["slope_x"])
        if inside.shape != grid.shape or not inside.any():
            raise ValueError(f"slope_x is {inside.shape}, the outputs lie on {grid.shape} (lat, lon)")
        thickness = held["thickness"]
    except (OSError, RuntimeError, KeyError, AttributeError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as the ground of a run: {error}; write the run again") from error
    starts = 86400.0 * outputs.bounds[:, 0]
    ny, nx = grid.shape
    return Ground(
        float(starts[0]), starts - starts[0], dx * (np.arange(nx) + 0.5), dy * (np.arange(ny) + 0.5),
        thickness, inside, held.get("elevation"), held.get("wetness"), (dy, dx),
    )  # fmt: skip


@dataclass(frozen=True)
class Groundwater:
    """What the chapter of a page shows: `data` for its script by key, and sentences for its head."""

    data: dict[str, Any]
    findings: list[str]
    sections: bool
    rivers: bool


def groundwater(run: SimulationRun, outputs: Outputs, mean: np.ndarray | None) -> Groundwater | None:
    """The chapter of the run's first member; None of a run without a subsurface.

    mean  [cell] m, depth of the water table over the period
    """
    ground = ground_of(run, outputs)
    if ground is None:
        return None
    fields = GroundFields(outputs.variables, ground)
    depth = None if mean is None else below_ground(mean.reshape(ground.active.shape), ground)
    days = np.allclose(np.diff(ground.time), 86400.0 * np.round(np.diff(ground.time) / 86400.0), atol=1.0)
    made = drawn(ground, fields, depth)
    head = {
        **made.data["head"], "start": ground.start, "calendar": "days" if days else "times", "failures": [],
        "member": f"Member {run.members[0]}" if len(run.members) > 1 else "",
    }  # fmt: skip
    said = [s for s in (_table(ground, made.surface), _river(made.surface) if made.rivers else "") if s]
    return Groundwater({**made.data, "head": head}, said, made.sections, made.rivers)


def _table(ground: Ground, surface: Surface) -> str:
    """Where the water table lies at the end, and what its depth goes with."""
    if not np.isfinite(surface.middle[-1]):
        return "In more than half of the columns no layer is saturated at the end."
    told = table_at_the_end(surface)
    for what, field in (("the wetness index", ground.wetness), ("elevation", ground.elevation)):
        if field is None:
            continue
        known = np.isfinite(field) & np.isfinite(surface.end)
        r = correlation(ranks(field[known]), ranks(surface.end[known])) if known.sum() > 7 else None
        if r is not None:
            return f"{told}; the rank correlation of its depth with {what} is {signed(r)}."
    return f"{told}."


def _river(surface: Surface) -> str:
    """The largest river."""
    most = surface.discharge[0].max(where=np.isfinite(surface.discharge[0]), initial=0.0)
    units = "m\u00b3 s\u207b\u00b9"
    return f"The largest river carries {surface.mean.max():.3g} {units} on average and {most:.3g} at its peak."
