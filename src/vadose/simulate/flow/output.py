"""What a flow run writes as it goes: states in CF netCDF or zarr, the budget, hydrographs at gauges.

States are float32; what a restart needs is float64.
"""

from __future__ import annotations

import csv
import datetime
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import vadose
from vadose.errors import ConfigError, VadoseError
from vadose.simulate.flow.gauges import Gauges
from vadose.workflow.cache import write_text

if TYPE_CHECKING:
    from vadose.simulate.flow.setup import FlowSetup
    from vadose.simulate.flow.study import FlowStudy

FILL = np.float32(np.nan)
MOVING = {
    "head": ("m", "pressure head, negative where unsaturated", True),
    "saturation": ("1", "water over pore space", True),
    "pond": ("m", "depth of water on the ground", False),
    "water_table_depth": ("m", "depth of the water table below the ground", False),
    "discharge": ("m3 s-1", "water running over the land out of the cell, mean since the time before", False),
}
About = tuple[dict[str, Any], dict[str, str]]  # attributes of the file and of its times
STANDARD = {"water_table_depth": "water_table_depth", "elevation": "surface_altitude"}


@contextmanager
def writer(study: FlowStudy, setup: FlowSetup, gauges: Gauges, run: Path) -> Iterator[Writer]:
    """A writer whose files take their names when the run is complete; nothing stays of one that is not."""
    path = run / ("outputs.nc" if study.output.format == "netcdf" else "outputs.zarr")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    (run / "run.json").unlink(missing_ok=True)
    opened = _netcdf if study.output.format == "netcdf" else _zarr
    try:
        about = _attributes(study, setup), _clock(study.period.start)
        with opened(partial, about, _still(study, setup), _axes(setup)) as arrays:
            yield Writer(study, setup, run, arrays, gauges)
        for other in ("outputs.nc", "outputs.zarr"):
            _remove(run / other)
        partial.replace(path)
    except OSError as error:
        raise VadoseError(
            f"{path}: cannot be written: {error.strerror or error}; free space or choose --out"
        ) from error
    finally:
        _remove(partial)


@dataclass
class Writer:
    """Where a run stands with its files."""

    study: FlowStudy
    setup: FlowSetup
    run: Path
    arrays: dict[str, Any]
    gauges: Gauges
    row: int = 0
    sums: dict[str, Any] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)
    since: float = 0.0
    files: dict[str, str] = field(default_factory=dict)

    def passed(self, passed: Any) -> None:
        """Add what a block of steps passed."""
        from vadose.flow.overland import over_border

        grid = self.setup.problem.grid
        x, y = np.asarray(passed.x), np.asarray(passed.y)
        over_x, over_y = over_border(x, y, self.setup.active[0])
        border = float(np.asarray(over_x).sum() * grid.dy + np.asarray(over_y).sum() * grid.dx)
        terms = np.asarray(passed.terms)
        more: dict[str, Any] = {"rain": float(passed.rain), "evaporation": float(passed.evaporation), "border": border}
        more |= {name: float(value) for name, value in zip(self.setup.names, terms, strict=True)}
        more |= {"unbalanced": float(passed.unbalanced), "newton": int(passed.iterations)}
        more |= {"products": int(passed.products), "substeps": int(passed.substeps), "x": x, "y": y}
        for name, value in more.items():
            self.sums[name] = self.sums.get(name, 0) + value

    def state(self, time: float, state: Any) -> None:
        """Write a state at its time (s) with the sums since the one before."""
        from vadose.model.subsurface import saturation, water_table_depth

        setup, study = self.setup, self.study
        active = setup.active
        head = np.asarray(state.head)
        pond = np.maximum(head[0], 0.0)
        depth = np.array(water_table_depth(state.head, np.asarray(setup.problem.grid.thickness)))
        discharge = self._discharge(time)
        fields = {
            "head": np.where(active, head, np.nan),
            "saturation": np.asarray(saturation(setup.problem, state, study.solver.smooth_head)),
            "pond": np.where(active[0], pond, np.nan),
            "water_table_depth": np.where(active[0], depth, np.nan),
            "discharge": np.where(active[0], discharge, np.nan),
        }
        self.arrays["time"][self.row] = time - setup.edges[0]
        for name, values in fields.items():
            self.arrays[name][self.row] = values.astype(np.float32)
        self.gauges.take(time - setup.edges[0], fields)
        self._budget(time, state, pond * active[0])
        self.row += 1

    def _discharge(self, time: float) -> np.ndarray:
        """Mean flow out of each cell over its edges since the state before, m3 s-1."""
        from vadose.model.coupled_fields import leaving

        grid = self.setup.problem.grid
        if "x" not in self.sums or time <= self.since:
            return np.zeros(grid.shape[1:])
        out = leaving(self.sums["x"], self.sums["y"], float(grid.dx), float(grid.dy))
        return np.asarray(out) / (time - self.since)

    def _budget(self, time: float, state: Any, pond: np.ndarray) -> None:
        area = float(self.setup.problem.grid.area)
        total, standing = float(np.asarray(state.water).sum()) * area, float(pond.sum()) * area
        row = {"time": time - self.setup.edges[0], "storage": total - standing, "pond": standing}
        names = ("rain", "evaporation", "border", *self.setup.names, "unbalanced", "newton", "products", "substeps")
        self.rows.append(row | {name: self.sums.get(name, 0) for name in names})
        self.sums, self.since = {}, time

    def finish(self) -> None:
        """Write the tables."""
        write_text(self.run / "budget.csv", _csv(self.rows))
        self.files = {"outputs": f"outputs.{'nc' if self.study.output.format == 'netcdf' else 'zarr'}"}
        self.files |= {"budget": "budget.csv"}
        (self.run / "hydrographs.csv").unlink(missing_ok=True)
        if self.gauges.rows:
            write_text(self.run / "hydrographs.csv", _csv(self.gauges.compared()))
            self.files["hydrographs"] = "hydrographs.csv"


def _csv(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    made = csv.DictWriter(text, list(rows[0]))
    made.writeheader()
    made.writerows(rows)
    return text.getvalue()


def _clock(start: str) -> dict[str, str]:
    """Attributes of the times, which are seconds since the start: with its date where the study says one."""
    about = {"axis": "T", "long_name": "time since the start of the run", "standard_name": "time"}
    date = str(np.datetime64(start, "s")).replace("T", " ") if start else ""
    return about | ({"units": f"seconds since {date}", "calendar": "standard"} if date else {"units": "s"})


def _attributes(study: FlowStudy, setup: FlowSetup) -> dict[str, Any]:
    return {
        "Conventions": "CF-1.11",
        "title": study.study.title,
        "source": f"vadose {vadose.__version__}, flow in three dimensions; {setup.origin}",
        "history": f"{datetime.datetime.now(datetime.UTC).isoformat(timespec='seconds')} vadose simulate",
        "comment": "layer 0 lies at the surface; y is northward; states at the moments of time, float32",
    }


def _axes(setup: FlowSetup) -> dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, str]]]:
    """Coordinates: name -> (dimensions, values, attributes)."""
    thickness = np.asarray(setup.problem.grid.thickness)
    flat = thickness.reshape(thickness.shape[0], -1)[:, 0]
    return {
        "x": (("x",), setup.x, {"units": "m", "axis": "X", "long_name": "distance eastward"}),
        "y": (("y",), setup.y, {"units": "m", "axis": "Y", "long_name": "distance northward"}),
        "depth": (
            ("layer",),
            np.cumsum(flat) - 0.5 * flat,
            {"units": "m", "positive": "down", "long_name": "depth of the layer's centre"},
        ),
        "thickness": (("layer",), flat, {"units": "m", "long_name": "thickness of the layer"}),
    }


def _still(study: FlowStudy, setup: FlowSetup) -> dict[str, tuple[tuple[str, ...], np.ndarray, dict[str, str]]]:
    """What does not change: name -> (dimensions, values, attributes)."""
    problem = setup.problem
    grid, active = problem.grid, setup.active
    one = np.ones(grid.shape)

    def masked(values: Any) -> np.ndarray:
        return np.where(active if np.ndim(values) == 3 else active[0], np.asarray(values) * 1.0, np.nan)

    made = {
        "porosity": (("layer", "y", "x"), masked(problem.retention.theta_s * one), {"units": "m3 m-3"}),
        "K_s": (("layer", "y", "x"), masked(problem.retention.K_s * one), {"units": "m s-1"}),
        "slope_x": (("y", "x"), masked(np.asarray(grid.slope_x)), {"units": "1"}),
        "slope_y": (("y", "x"), masked(np.asarray(grid.slope_y)), {"units": "1"}),
        "active": (("y", "x"), active[0].astype(float), {"units": "1"}),
    }
    if problem.overland is not None:
        made["manning"] = (("y", "x"), masked(problem.overland.manning * one[0]), {"units": "s m-1/3"})
    if setup.elevation is not None:
        made["elevation"] = (("y", "x"), masked(setup.elevation), {"units": "m", "standard_name": "surface_altitude"})
    return made


@contextmanager
def _netcdf(path: Path, about: About, still: dict[str, Any], axes: dict[str, Any]) -> Iterator[dict[str, Any]]:
    import netCDF4

    attrs, clock = about

    with netCDF4.Dataset(path, "w") as file:
        file.setncatts(attrs)
        file.createDimension("time", None)
        for name, size in zip(("layer", "y", "x"), still["porosity"][1].shape, strict=True):
            file.createDimension(name, size)
        time = file.createVariable("time", "f8", ("time",))
        time.setncatts(clock)
        arrays: dict[str, Any] = {"time": time}
        for name, (dims, values, said) in (axes | still).items():
            made = file.createVariable(name, "f8" if name in axes else "f4", dims, zlib=True, fill_value=None)
            made[:] = values
            made.setncatts(said)
        for name, (units, text, layered) in MOVING.items():
            dims = ("time", "layer", "y", "x") if layered else ("time", "y", "x")
            made = file.createVariable(name, "f4", dims, zlib=True, complevel=1, shuffle=True, fill_value=FILL)
            made.set_auto_mask(False)
            made.setncatts({"units": units, "long_name": text} | _standard(name))
            arrays[name] = made
        yield arrays


@contextmanager
def _zarr(path: Path, about: About, still: dict[str, Any], axes: dict[str, Any]) -> Iterator[dict[str, Any]]:
    try:
        import zarr
    except ImportError:
        raise ConfigError("[output] `format` = \"zarr\" needs the package zarr: pip install 'vadose[zarr]'") from None
    attrs, clock = about
    store = zarr.open_group(path, mode="w", zarr_format=2)
    store.attrs.update(attrs)
    shape = still["porosity"][1].shape
    for name, (dims, values, said) in (axes | still).items():
        kept = np.asarray(values, "f8" if name in axes else "f4")
        made = store.create_array(name, shape=kept.shape, dtype=kept.dtype, chunks=kept.shape, fill_value=FILL)
        made[...] = kept
        made.attrs.update({"_ARRAY_DIMENSIONS": list(dims), **said})
    time = store.create_array("time", shape=(0,), dtype="f8", chunks=(256,), fill_value=FILL)
    time.attrs.update({"_ARRAY_DIMENSIONS": ["time"], **clock})
    arrays: dict[str, Any] = {"time": Growing(time)}
    for name, (units, text, layered) in MOVING.items():
        size = shape if layered else shape[1:]
        dims = ["time", *(["layer"] if layered else []), "y", "x"]
        said = {"units": units, "long_name": text} | _standard(name)
        made = store.create_array(name, shape=(0, *size), dtype="f4", chunks=(1, *size), fill_value=FILL)
        made.attrs.update({"_ARRAY_DIMENSIONS": dims, **said})
        arrays[name] = Growing(made)
    yield arrays
    zarr.consolidate_metadata(store.store)


@dataclass
class Growing:
    """A zarr array whose first dimension grows with what is written to it."""

    array: Any

    def __setitem__(self, row: int, values: Any) -> None:
        if row >= self.array.shape[0]:
            self.array.resize((row + 1, *self.array.shape[1:]))
        self.array[row] = values


def _standard(name: str) -> dict[str, str]:
    return {"standard_name": STANDARD[name]} if name in STANDARD else {}


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
