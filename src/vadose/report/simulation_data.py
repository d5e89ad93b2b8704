"""The folder of a simulation in memory: run.json, its tables, and the outputs that are read piece by piece."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vadose.errors import DataError
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.report.maps import read_maps
from vadose.report.run_files import read_run_json, read_table

KIND = "simulation"
ALL_DEPTHS = "subsurface_depth"  # the vertical axis of all layers of a subsurface
_WHOLE_YEAR = 0.9
_REMEDY = "write the run again with `vadose simulate`"


@dataclass(frozen=True)
class Variable:
    """One variable of the outputs: its dimensions, units and title, and how to read a part of it."""

    name: str
    title: str
    units: str
    dims: tuple[str, ...]
    held: Any

    @property
    def layered(self) -> bool:
        return "depth" in self.dims or self.whole

    @property
    def whole(self) -> bool:
        """Whether its layers are all of a subsurface, and not the soil's alone."""
        return ALL_DEPTHS in self.dims

    def read(self, member: int, rows: slice) -> np.ndarray:
        """[time, (depth,) cell] of a member, float64 with NaN where missing; cells are sites or the flattened grid."""
        values: np.ndarray = np.ma.filled(np.ma.asarray(self.held[member, rows], dtype=float), np.nan)
        tail = values.shape[1:2] if self.layered else ()
        return values.reshape(values.shape[0], *tail, -1)


@dataclass(frozen=True)
class Outputs:
    """The outputs of a run: variables by the model's own names, bounds of the intervals and of the layers.

    bounds  [time, 2] days since 1970-01-01, UTC;  layers  [depth, 2] m
    """

    variables: dict[str, Variable]
    bounds: np.ndarray
    layers: np.ndarray
    where: LatLonGrid | Sites
    attrs: dict[str, Any]


@dataclass(frozen=True)
class SimulationRun:
    """A simulation as the report reads it; `tables` are the CSV files by name, rows as dictionaries."""

    path: Path
    info: dict[str, Any]
    where: LatLonGrid | Sites
    members: list[str]
    tables: dict[str, list[dict[str, Any]]]

    @property
    def title(self) -> str:
        return str(self.info.get("title") or "Simulation")

    @property
    def sites(self) -> list[str]:
        return list(self.where.names) if isinstance(self.where, Sites) else []

    @property
    def years(self) -> float:
        """Length of the period in years of 365.25 days; NaN where run.json states none."""
        try:
            start, end = (np.datetime64(str(t)[:19], "s") for t in self.info["period"])
        except (KeyError, TypeError, ValueError):
            return math.nan
        return float((end - start) / np.timedelta64(1, "D")) / 365.25

    @property
    def water_unit(self) -> tuple[float, str, str]:
        """Divisor of sums over the period, and their units: a year, or the period where it is shorter than one."""
        return (self.years, "mm yr-1", "mm a year") if self.years > _WHOLE_YEAR else (1.0, "mm", "mm over the period")

    @property
    def observed_cells(self) -> list[int]:
        """Positions in the flattened grid (or among the sites) where something was measured."""
        path = self.path / "observations.nc"
        if not path.is_file():
            return []
        import netCDF4

        with netCDF4.Dataset(path) as file:
            held = [v.getncattr("cell") for v in file.variables.values() if "cell" in v.ncattrs()]
        return list(dict.fromkeys(int(c) for c in held))

    def choices(self) -> list[dict[str, Any]]:
        """Of each preset its slots: {"preset", "slots": [{"slot", "choice", "changed"}]}."""
        options = self.info.get("options") or {}
        if not isinstance(options, dict):
            return []
        nested = all(isinstance(v, dict) for v in options.values())
        by_preset = options if nested else {str(self.info.get("preset") or ""): options}
        changed = changed_slots(self.path)
        return [
            {
                "preset": preset,
                "slots": [{"slot": str(s), "choice": str(c), "changed": s in changed} for s, c in of.items()],
            }
            for preset, of in by_preset.items()
            if of
        ]

    @contextmanager
    def outputs(self) -> Iterator[Outputs]:
        """The outputs, open."""
        with _opened(self.path, self.info) as found:
            yield found


def read_simulation(run: Path) -> SimulationRun:
    """Read the folder of a simulation.

    Raises DataError where run.json or the outputs are missing or malformed.
    """
    info = read_run_json(run, KIND, _REMEDY)
    tables = {
        name: read_table(run / f"{name}.csv", _REMEDY) for name in ("budget", "failed", "spinup", "scores", "analysis")
    }
    with _opened(run, info) as found:
        where = found.where
        count = next(iter(found.variables.values())).held.shape[0] if found.variables else 0
    names = [str(m.get("name")) if isinstance(m, dict) else str(m) for m in info.get("members") or []]
    if len(names) != count and count:
        names = [*names, *(f"member {k + 1}" for k in range(len(names), count))][:count]
    return SimulationRun(run, info, where, names, tables)


def changed_slots(run: Path) -> set[str]:
    """The slots that the study file chose otherwise than its preset."""
    try:
        study = tomllib.loads((run / "study.toml").read_text(encoding="utf-8"))
        return set(study.get("model", {}).get("options", {}))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, AttributeError, TypeError):
        return set()


@contextmanager
def _opened(run: Path, info: Mapping[str, Any]) -> Iterator[Outputs]:
    said = info.get("outputs") or {}
    name = str(said.get("file") or "outputs.nc") if isinstance(said, dict) else "outputs.nc"
    if name not in ("outputs.nc", "outputs.zarr"):
        raise DataError(
            f"{run / 'run.json'}: expected outputs.nc or outputs.zarr as its outputs, got {name!r}; {_REMEDY}"
        )
    path = run / name
    if not path.exists():
        raise DataError(f"{path}: there is no such file; {_REMEDY}")
    opened = _netcdf if path.suffix == ".nc" else _zarr
    try:
        with opened(path) as (variables, attrs):
            yield _outputs(path, variables, attrs)
    except (OSError, KeyError, RuntimeError, IndexError) as error:
        raise DataError(f"{path}: cannot be read as the outputs of a run: {error}; {_REMEDY}") from error


@contextmanager
def _netcdf(path: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Variables as (dims, attributes, array) by name, and the global attributes."""
    import netCDF4

    with netCDF4.Dataset(path) as file:
        found = {n: (v.dimensions, {a: v.getncattr(a) for a in v.ncattrs()}, v) for n, v in file.variables.items()}
        yield found, {a: file.getncattr(a) for a in file.ncattrs()}


@contextmanager
def _zarr(path: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    try:
        import zarr
    except ImportError:
        raise DataError(f"{path}: reading it needs the package zarr: pip install 'vadose[zarr]'") from None
    group = zarr.open_group(path, mode="r")
    found: dict[str, Any] = {}
    for name, array in group.arrays():
        attrs: dict[str, Any] = dict(array.attrs)
        found[name] = (tuple(attrs.get("_ARRAY_DIMENSIONS", ())), attrs, array)
    yield found, dict(group.attrs)


def _outputs(path: Path, held: dict[str, Any], attrs: dict[str, Any]) -> Outputs:
    where = _where(path, held)
    place = ("site",) if isinstance(where, Sites) else ("lat", "lon")
    wanted = {("member", "time", *down, *place) for down in ((), ("depth",), (ALL_DEPTHS,))}
    variables = {}
    for name, (dims, about, array) in held.items():
        if tuple(dims) in wanted:
            own = str(about.get("vadose_name") or name)
            title = str(about.get("long_name") or own.replace("_", " "))
            variables[own] = Variable(own, title, str(about.get("units") or ""), tuple(dims), array)
    bounds = np.asarray(held["time_bnds"][2][:], float) / 86400.0
    layers = np.asarray(held["depth_bnds"][2][:], float) if "depth_bnds" in held else np.empty((0, 2))
    if bounds.ndim != 2 or not len(bounds) or not np.isfinite(bounds).all():
        raise DataError(f"{path}: time_bnds must be [time, 2] seconds since 1970-01-01; {_REMEDY}")
    return Outputs(variables, bounds, layers, where, attrs)


def _where(path: Path, held: dict[str, Any]) -> LatLonGrid | Sites:
    if path.suffix == ".nc":
        return read_maps(path, ("lat",))[0]
    lat, lon = (np.asarray(held[n][2][:], float) for n in ("lat", "lon"))
    if "site" in held:
        return Sites(lat, lon, tuple(str(v) for v in held["site"][2][:]))
    return LatLonGrid(lat, lon, np.asarray(held["lat_bnds"][2][:], float), np.asarray(held["lon_bnds"][2][:], float))
