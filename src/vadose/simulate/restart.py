"""States on disk: arrays by name, and the restart file from which a run goes on bit for bit."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

import vadose
from vadose.data.netcdf import opened
from vadose.errors import DataError
from vadose.grid.cells import Cells
from vadose.grid.latlon import Sites
from vadose.model.state import State

FILE = Path("restart") / "state.nc"
_DEPTH = {"snow": "snow_layer", "soil": "layer"}


@dataclass(frozen=True)
class Origin:
    """What a restart file of a preset belongs to, and what may differ only on purpose.

    layers  m, thickness of the soil layers;  choices  slot -> choice
    """

    preset: str
    layers: tuple[float, ...]
    choices: Mapping[str, str]


@dataclass(frozen=True)
class Part:
    """Final states of some members of one preset: [member][name -> array (layer, cell)]."""

    origin: Origin
    members: tuple[str, ...]
    states: tuple[Mapping[str, np.ndarray], ...]


def arrays_of(state: State) -> dict[str, np.ndarray]:
    """The arrays of a state by name, "soil.liquid"; float64."""
    leaves = jax.tree_util.tree_flatten_with_path(state)[0]
    return {_name(path): np.asarray(leaf, dtype=np.float64) for path, leaf in leaves}


def state_of(arrays: Mapping[str, np.ndarray], like: State) -> State:
    """The state of arrays that `arrays_of` gave; `like` has its structure."""
    paths, structure = jax.tree_util.tree_flatten_with_path(like)
    leaves = [np.asarray(arrays[_name(path)]) for path, _ in paths]
    state: State = jax.tree_util.tree_unflatten(structure, leaves)
    return state


def _name(path: Sequence[Any]) -> str:
    return ".".join(str(part.name) for part in path)


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
                _write_part(file.createGroup(part.origin.preset), part)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _write_part(group: Any, part: Part) -> None:
    group.setncatts(
        {
            "preset": part.origin.preset,
            "choices": json.dumps(dict(part.origin.choices)),
            "layers": np.asarray(part.origin.layers, float),
        }
    )
    group.createDimension("member", len(part.members))
    write_names(group, "member", part.members)
    for name, example in part.states[0].items():
        dims = ["member", "cell"]
        if example.ndim == 2:
            depth = _DEPTH[name.split(".")[0]]
            if depth not in group.dimensions:
                group.createDimension(depth, example.shape[0])
            dims.insert(1, depth)
        variable = group.createVariable(name.replace(".", "_"), "f8", dims, zlib=True, complevel=1, shuffle=True)
        variable.state = name
        for place, state in enumerate(part.states):
            variable[place] = state[name]


def write_names(group: Any, name: str, names: Sequence[str]) -> Any:
    """A coordinate of texts as characters; returns the variable.

    Strings of variable length crash the netCDF library (4.9) where a process has the same file open twice.
    """
    texts = np.array([text.encode() for text in names])
    group.createDimension(f"{name}_length", texts.dtype.itemsize)
    made = group.createVariable(name, "S1", (name, f"{name}_length"))
    made._Encoding = "utf-8"
    made[:] = np.array(names, dtype=str)
    return made


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
        names = [str(n) for n in group["member"][:]]
        missing = [m for m in members if m not in names]
        if missing and len(names) > 1:
            raise DataError(f"{path}: no state of member {missing[0]!r}; it has {', '.join(names)}")
        rows = [names.index(m) if m in names else 0 for m in members]
        held = {v.state: v for v in group.variables.values() if "state" in v.ncattrs()}
        return [state_of(_member(path, held, row, part, like, cells, names[row]), like) for row in rows]


def _check_grid(path: Path, file: Any, cells: Cells) -> None:
    """Raise DataError where the file's columns are not those of the run."""
    if str(getattr(file, "grid", "")) != grid_digest(cells):
        known = file.dimensions["cell"].size if "cell" in file.dimensions else 0
        raise DataError(
            f"{path}: a restart of another grid ({known} columns, expected these {cells.size}, of the same place and "
            "name); take the places of that run or start without `restart`"
        )


def _member(
    path: Path, held: Mapping[str, Any], row: int, part: slice, like: State, cells: Cells, member: str
) -> dict[str, np.ndarray]:
    """Arrays of one member, checked."""
    found = {}
    for name, example in arrays_of(like).items():
        if name not in held:
            raise DataError(f"{path}: the state lacks {name}; it was written by another version, start without it")
        values = np.ma.filled(held[name][row][..., part].astype(np.float64), np.nan)
        if values.shape[:-1] != example.shape[:-1]:
            raise DataError(
                f"{path}: {name} has {values.shape[0]} layers, expected {example.shape[0]}; take the same options"
            )
        bad = np.argwhere(~np.isfinite(values))
        if bad.size:
            at = bad[0][-1] + part.start
            raise DataError(
                f"{path}: {name} of member {member!r} is not finite at {cells.lat[at]:.3f} N, {cells.lon[at]:.3f} E "
                f"({len(bad)} values); restart from a run without failed columns"
            )
        found[name] = values
    return found
