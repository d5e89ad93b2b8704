"""Measured series of netCDF files: SUMMA evaluation data, ALMA and PLUMBER2 flux files, any with one place."""

from __future__ import annotations

import numpy as np

from vadose.data.forcing.netcdf_times import read_times, time_dimension
from vadose.data.netcdf import opened
from vadose.data.observed.columns import Columns
from vadose.errors import DataError

_MISSING_BELOW = -6998.0


def read_variables(path: str) -> Columns:
    """All variables of a file that are a series at one place.

    Raises DataError for files without times, or whose variables lie at several places.
    """
    with opened(path) as dataset:
        found: dict[str, np.ndarray] = {}
        units: dict[str, str] = {}
        wide = []
        times, axis = None, ""
        for name, variable in dataset.variables.items():
            dimension = time_dimension(dataset, variable)
            if dimension is None or name == dimension or variable.dtype is str or variable.dtype.kind not in "iuf":
                continue
            if " since " in str(getattr(variable, "units", "")):
                continue
            if times is None:
                times, axis = read_times(dataset, dimension, path)[0], dimension
            if dimension != axis:
                continue
            if int(np.prod(variable.shape)) != len(dataset.dimensions[axis]):
                wide.append(name)
                continue
            raw: np.ndarray = np.ma.filled(np.ma.asarray(variable[...], dtype=float), np.nan).ravel()
            found[name] = np.where((raw <= _MISSING_BELOW) | (np.abs(raw) > 1e19), np.nan, raw)
            if hasattr(variable, "units"):
                units[name] = str(variable.units)
    if times is None:
        raise DataError(f"{path}: no series along a time coordinate; expected 'hours since ...' or the like")
    if not found:
        raise DataError(f"{path}: {', '.join(wide)} lie at several places; extract the series of one site before")
    quality = {n: ~(found[f"{n}_qc"] <= 1.0) for n in found if f"{n}_qc" in found}
    return Columns(path, "netcdf", times, found, units, quality=quality)
