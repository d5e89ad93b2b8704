"""The restart file of a flow run: heads and water of all cells, float64, from which it goes on bit for bit."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import vadose
from vadose.data.netcdf import opened
from vadose.errors import DataError, GridMismatch

FILE = Path("restart") / "state.nc"


@dataclass(frozen=True, eq=False)
class Restart:
    """head and water [z, y, x] m; time s from the start of the run that wrote it."""

    head: np.ndarray
    water: np.ndarray
    time: float


def write_restart(path: Path, state: Restart) -> None:
    """Write under a temporary name that becomes `path` when it is complete."""
    import netCDF4

    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with netCDF4.Dataset(partial, "w") as file:
            file.setncatts({"title": "State of a subsurface", "time": state.time, "vadose_version": vadose.__version__})
            for name, size in zip(("layer", "y", "x"), state.head.shape, strict=True):
                file.createDimension(name, size)
            for name in ("head", "water"):
                made = file.createVariable(name, "f8", ("layer", "y", "x"), zlib=True, complevel=1, shuffle=True)
                made.units = "m"
                made[:] = getattr(state, name)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def read_restart(path: str | Path, shape: tuple[int, ...]) -> Restart:
    """The state in a run folder or a restart file. Raises DataError or GridMismatch where it does not fit."""
    found = Path(path) / FILE if Path(path).is_dir() else Path(path)
    if not found.is_file():
        raise DataError(f"{path}: no restart here; name the folder of a finished flow run or its {FILE}")
    with opened(str(found)) as file:
        if not {"head", "water"} <= set(file.variables):
            raise DataError(f"{found}: not the restart of a flow run; it lacks head and water")
        head, water = (np.ma.filled(file.variables[n][:].astype(float), np.nan) for n in ("head", "water"))
        time = float(file.getncattr("time"))
    if head.shape != tuple(shape):
        raise GridMismatch(f"{found}: has {head.shape} cells [layer, y, x], the study {tuple(shape)}")
    if not (np.isfinite(head).all() and np.isfinite(water).all()):
        raise DataError(f"{found}: has values that are not numbers; write it again")
    return Restart(head, water, time)
