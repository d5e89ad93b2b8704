"""The restart file from which a run goes on bit for bit: a group a preset, each with the states of its members."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from xarray.backends import NetCDF4DataStore

import vadose
from vadose.data.netcdf import opened
from vadose.errors import DataError
from vadose.grid.cells import Cells
from vadose.grid.latlon import Sites
from vadose.model.bridge import arrays_of, state_from_dataset, state_of, states_to_dataset
from vadose.model.state import State

FILE = Path("restart") / "state.nc"
COMPRESSION = {"zlib": True, "complevel": 1, "shuffle": True, "_FillValue": None}


@dataclass(frozen=True)
class Origin:
    """What a restart file of a preset belongs to, and what may differ only on purpose.

    layers  m, thickness of the soil layers;  choices  slot -> choice
    below   m, thickness of the layers of the subsurface below the soil's; none for columns by themselves
    """

    preset: str
    layers: tuple[float, ...]
    choices: Mapping[str, str]
    below: tuple[float, ...] = ()


@dataclass(frozen=True)
class Part:
    """Final states of some members of one preset: [member][name -> array (layer, cell)]."""

    origin: Origin
    members: tuple[str, ...]
    states: tuple[Mapping[str, np.ndarray], ...]


def grid_digest(cells: Cells) -> str:
    """A short hash of where the columns are."""
    parts = [np.round(cells.lat, 6).tobytes(), np.round(cells.lon, 6).tobytes()]
    if isinstance(cells.grid, Sites):
        parts.append("\n".join(cells.grid.names[i] for i in cells.index).encode())
    return hashlib.sha256(b"|".join(parts)).hexdigest()[:16]


def write_restart(path: Path, parts: Sequence[Part], cells: Cells, time: np.datetime64) -> None:
    """Write the states of all members, one group a preset, float64, under a temporary name first."""
    import netCDF4

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with netCDF4.Dataset(partial, "w") as file:
            file.setncatts(
                {
                    "title": "State of a column land surface model at the end of a run",
                    "time": str(time),
                    "grid": grid_digest(cells),
                    "vadose_version": vadose.__version__,
                }
            )
            file.createDimension("cell", cells.size)
            for name, values, units in (("lat", cells.lat, "degrees_north"), ("lon", cells.lon, "degrees_east")):
                file.createVariable(name, "f8", ("cell",))[:] = values
                file[name].units = units
        for part in parts:
            _write_part(partial, part)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _write_part(path: Path, part: Part) -> None:
    about = {
        "preset": part.origin.preset,
        "choices": json.dumps(dict(part.origin.choices)),
        "layers": np.asarray(part.origin.layers, float),
    }
    if part.origin.below:
        about["below"] = np.asarray(part.origin.below, float)
    dataset = states_to_dataset(part.states, members=part.members, attrs=about)
    encoding: dict[str, dict[str, Any]] = {str(name): dict(COMPRESSION) for name in dataset.data_vars}
    # Strings of variable length crash the netCDF library (4.9) where a process has the same file open twice.
    encoding["member"] = {"dtype": "S1", "char_dim_name": "member_length"}
    dataset.to_netcdf(path, mode="a", group=part.origin.preset, engine="netcdf4", encoding=encoding)


def restart_file(path: str) -> Path:
    """The restart file of a run folder, or the file itself. Raises DataError where there is none."""
    found = Path(path)
    if found.is_dir():
        found = found / FILE
    if not found.is_file():
        raise DataError(f"{path}: no restart here; name a finished run folder of `vadose simulate` or its {FILE}")
    return found


def read_restart(
    path: Path, cells: Cells, part: slice, origin: Origin, members: Sequence[str], like: State
) -> list[State]:
    """States of some cells for each member; a file with one member serves all.

    cells  of the whole run;  part  of them, wanted here;  like  a state of the model, for its shapes
    Raises DataError where grid, preset, layers or members differ or a value is not finite, with what and where.
    """
    with opened(str(path)) as file:
        _check_grid(path, file, cells)
        if origin.preset not in file.groups:
            raise DataError(
                f"{path}: a restart of preset {' and '.join(map(repr, file.groups))}, expected {origin.preset!r}; "
                "run that preset or start without `restart`"
            )
        group = file.groups[origin.preset]
        layers = np.atleast_1d(np.asarray(group.layers, float))
        if layers.size != len(origin.layers) or not np.allclose(layers, origin.layers, rtol=1e-9):
            raise DataError(
                f"{path}: soil layers of {layers.tolist()} m, expected {list(origin.layers)} m; set [model] `layers`"
            )
        _check_below(path, group, origin)
        held = xr.open_dataset(NetCDF4DataStore(group), decode_times=False)  # closed with its file
        names = [str(n) for n in held["member"].values]
        missing = [m for m in members if m not in names]
        if missing and len(names) > 1:
            raise DataError(f"{path}: no state of member {missing[0]!r}; it has {', '.join(names)}")
        rows = [names.index(m) if m in names else 0 for m in members]
        here = held.isel(cell=part)
        return [_member(path, here.isel(member=row), names[row], like, cells.part(part)) for row in rows]


def _check_grid(path: Path, file: Any, cells: Cells) -> None:
    """Raise DataError where the file's columns are not those of the run."""
    if str(getattr(file, "grid", "")) != grid_digest(cells):
        known = file.dimensions["cell"].size if "cell" in file.dimensions else 0
        raise DataError(
            f"{path}: a restart of another grid ({known} columns, expected these {cells.size}, of the same place and "
            "name); take the places of that run or start without `restart`"
        )


def _check_below(path: Path, group: Any, origin: Origin) -> None:
    """Raise DataError where the file's subsurface is not that of the run."""
    below = np.atleast_1d(np.asarray(getattr(group, "below", ()), float))
    if below.size == len(origin.below) and np.allclose(below, origin.below, rtol=1e-9):
        return
    held = f"a subsurface of {below.tolist()} m below the soil's layers" if below.size else "no subsurface"
    wanted = f"{list(origin.below)} m" if origin.below else "none"
    remedy = f"set [subsurface] `layers` = {below.tolist()}" if below.size else "leave [subsurface] out"
    raise DataError(f"{path}: a restart with {held}, expected {wanted}; {remedy}, or start without `restart`")


def _member(path: Path, held: xr.Dataset, member: str, like: State, cells: Cells) -> State:
    """The state of one member, checked."""
    try:
        return state_from_dataset(held, like, cells)
    except DataError as error:
        raise DataError(f"{path}: member {member!r}: {error}") from None


__all__ = ["FILE", "Origin", "Part", "arrays_of", "read_restart", "restart_file", "state_of", "write_restart"]
