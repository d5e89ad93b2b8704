"""The folder of a flow study in memory: run.json, its tables, and its outputs read field by field."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vadose.errors import DataError
from vadose.report.run_files import read_run_json, read_table

KIND = "flow"
STATED = ("time", "storage", "pond", "rain", "evaporation", "border", "unbalanced")  # columns that budget.csv must have
COUNTED = ("newton", "products", "substeps")
FIELDS = {
    "time": ("time",), "x": ("x",), "y": ("y",), "thickness": ("layer",), "pond": ("time", "y", "x"),
    "saturation": ("time", "layer", "y", "x"), "water_table_depth": ("time", "y", "x"), "discharge": ("time", "y", "x"),
}  # fmt: skip
NOT_WRITTEN = 1e30  # netCDF fills what was never written with 9.97e36
BLOCK = 2**22  # values that are read at once
_REMEDY = "run the flow study again"


@dataclass(frozen=True)
class FlowRun:
    """A flow study as the report reads it.

    time, x, y, thickness   s since its start; m, centres of cells; m, from the top
    active       [y, x] columns that belong to the domain;  elevation [y, x] m, or None
    budget       column -> [row], m3 since the row before (time s, storage and pond m3)
    terms        columns of the budget that name terms of the study's own
    """

    path: Path
    info: dict[str, Any]
    time: np.ndarray
    x: np.ndarray
    y: np.ndarray
    thickness: np.ndarray
    active: np.ndarray
    elevation: np.ndarray | None
    budget: dict[str, np.ndarray]
    terms: tuple[str, ...]
    hydrographs: list[dict[str, Any]] = field(default_factory=list)

    @property
    def title(self) -> str:
        return str(self.info.get("title") or "Flow")

    @property
    def cell(self) -> tuple[float, float]:
        """Width of a cell along y and x, m."""
        return _spacing(self.info.get("dy"), self.y), _spacing(self.info.get("dx"), self.x)

    @property
    def area(self) -> float:
        """Area of all active columns, m2."""
        dy, dx = self.cell
        return float(self.active.sum()) * dy * dx

    @property
    def depth(self) -> float:
        """Depth of the lowest layer's bottom, m."""
        return float(self.thickness.sum())

    @property
    def failures(self) -> list[dict[str, Any]]:
        """Steps that did not converge, as run.json lists them."""
        return [f for f in self.info.get("failures") or [] if isinstance(f, dict)]

    def outputs(self) -> Outputs:
        """The fields in outputs.nc, open while a `with` block lasts."""
        return Outputs(self.path / "outputs.nc")


def _spacing(stated: Any, centres: np.ndarray) -> float:
    if isinstance(stated, int | float) and stated > 0:
        return float(stated)
    return float(np.median(np.diff(centres))) if centres.size > 1 else 1.0


class Outputs:
    """outputs.nc, read a field at a time; what is missing is NaN. Raises DataError where it cannot be opened."""

    def __init__(self, path: Path) -> None:
        import netCDF4

        self.path = path
        try:
            self.file = netCDF4.Dataset(path)
        except OSError as error:
            raise DataError(f"{path}: cannot be read: {error.strerror or error}; {_REMEDY}") from error
        self.file.set_auto_mask(False)

    def __enter__(self) -> Outputs:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()

    def check(self) -> None:
        """Raise DataError, naming file and variable, where a field is missing or has other dimensions."""
        for name, dims in FIELDS.items():
            if name not in self.file.variables:
                raise DataError(f"{self.path}: has no variable {name!r}; {_REMEDY}")
            found = self.file.variables[name].dimensions
            if found != dims:
                raise DataError(f"{self.path}: {name!r} must have dimensions {dims}, got {found}; {_REMEDY}")
            if not self.file.variables[name].size:
                raise DataError(f"{self.path}: {name!r} has no values; {_REMEDY}")

    def has(self, name: str) -> bool:
        """Whether there is such a variable."""
        return name in self.file.variables

    def read(self, name: str, index: Any = slice(None)) -> np.ndarray:
        """Values of a variable, of all times or at one."""
        held = self.file.variables[name]
        values = np.asarray(held[index], float)
        fill = getattr(held, "_FillValue", np.nan)
        return np.where((values == fill) | (np.abs(values) > NOT_WRITTEN), np.nan, values)

    def blocks(self, name: str) -> Iterator[tuple[slice, np.ndarray]]:
        """Runs of times that fit into memory, and the field over them."""
        times, *shape = self.file.variables[name].shape
        step = max(1, BLOCK // int(np.prod(shape)))
        for begin in range(0, times, step):
            rows = slice(begin, min(begin + step, times))
            yield rows, self.read(name, rows)


def read_flow(path: Path) -> FlowRun:
    """Read the folder of a flow study.

    Raises DataError where run.json, outputs.nc or budget.csv are missing, or lack what the report shows.
    """
    info = read_run_json(path, KIND, _REMEDY)
    budget = _budget(path / "budget.csv")
    known = {*STATED, *COUNTED}
    with Outputs(path / "outputs.nc") as outputs:
        outputs.check()
        time, x, y, thickness = (outputs.read(n) for n in ("time", "x", "y", "thickness"))
        shape = (y.size, x.size)
        active = _plane(outputs, "active", shape)
        elevation = _plane(outputs, "elevation", shape)
        inside = np.isfinite(outputs.read("pond", 0)) if active is None else active > 0
    if not inside.any():
        raise DataError(f"{path / 'outputs.nc'}: 'active' has no column; {_REMEDY}")
    if elevation is not None and not np.isfinite(elevation[inside]).any():
        elevation = None
    return FlowRun(
        path, info, time, x, y, thickness, inside, elevation, budget, tuple(n for n in budget if n not in known),
        _hydrographs(path / "hydrographs.csv"),
    )  # fmt: skip


def _plane(outputs: Outputs, name: str, shape: tuple[int, int]) -> np.ndarray | None:
    """A field of the surface; None where there is none."""
    if not outputs.has(name):
        return None
    values = outputs.read(name)
    if values.ndim == 3:  # [layer, y, x]: a column is active where any of its cells is
        values = np.nanmax(values, axis=0)
    if values.shape != shape:
        raise DataError(
            f"{outputs.path}: {name!r} must have the shape {shape} of (y, x), got {values.shape}; {_REMEDY}"
        )
    return values


def _budget(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise DataError(f"{path}: is missing; {_REMEDY}")
    rows = read_table(path, _REMEDY)
    if not rows:
        raise DataError(f"{path}: has no rows; {_REMEDY}")
    for name in STATED:
        if name not in rows[0]:
            raise DataError(f"{path}: has no column {name!r}, got {', '.join(rows[0])}; {_REMEDY}")
    columns = {}
    for name in rows[0]:
        values = [row.get(name) for row in rows]
        bad = next((k for k, v in enumerate(values) if not isinstance(v, float) and v is not None), None)
        if bad is not None:
            raise DataError(f"{path}: row {bad + 2} of {name!r} must be a number, got {values[bad]!r}; {_REMEDY}")
        columns[name] = np.array([np.nan if v is None else v for v in values], float)
    back = np.flatnonzero(~(np.diff(columns["time"]) > 0))
    if back.size:
        raise DataError(f"{path}: 'time' must rise from row to row, it does not at row {int(back[0]) + 3}; {_REMEDY}")
    return columns


def _hydrographs(path: Path) -> list[dict[str, Any]]:
    """Rows of hydrographs.csv; none where the study names no wells or gauges."""
    rows = read_table(path, _REMEDY)
    for name in ("name", "kind", "time", "simulated"):
        if rows and name not in rows[0]:
            raise DataError(f"{path}: has no column {name!r}, got {', '.join(rows[0])}; {_REMEDY}")
    return rows
