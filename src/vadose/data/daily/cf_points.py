"""CF time series at points: orthogonal [location, time] matrices and contiguous or indexed ragged arrays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vadose.constants import RHO_WATER
from vadose.data.axes import SITE_NAMES, role_of
from vadose.data.daily.grids import RECOMMENDED
from vadose.data.daily.observations import Observations, PointSource
from vadose.data.daily.quality import FLAG, Rule, rules_of
from vadose.data.horizontal import site_names, wrap
from vadose.data.netcdf import describe_variables, fill_values, get_variable, opened, packing, stored_range, stored_type
from vadose.data.units import conversion
from vadose.errors import DataError, UnitError
from vadose.grid.latlon import Sites
from vadose.variables import lookup

if TYPE_CHECKING:
    from netCDF4 import Dataset, Variable

SUFFIXES = (".nc", ".nc4", ".cdf", ".h5", ".hdf5")
_HUGE = 1e19
_NAMES = ("soil_moisture", "Soil_Moisture", "sm", "mrsos", "mrsol", "swvl1", "rzsm_1", "ssm", "SoilMoist")
# What the products document and files of time series cut from them leave out.
_UNITS = {"sm": "m3 m-3", "Soil_Moisture": "m3 m-3", "rzsm_1": "m3 m-3", "rzsm_2": "m3 m-3", "rzsm_3": "m3 m-3"}
# By variable, because files of series seldom say their product; the rules are those of the images.
_RECOMMENDED = {
    "soil_moisture": (Rule("retrieval_qual_flag", bits=(0,)),),  # SMAP
    "sm": (*RECOMMENDED["esa_cci"], Rule("frozenmask", allowed=(0,))),
    "Soil_Moisture": RECOMMENDED["smos"],
}
_OVERPASS = {"Overpass": {"am": 1, "pm": 2}}  # of SMAP L3: descending, 6 h local time, then ascending
_EPOCH = np.datetime64("1970-01-01", "s")


def is_point_file(path: str) -> bool:
    """True for a netCDF file of time series at points."""
    with opened(path) as dataset:
        return bool(_ragged(dataset)) or _site_dimension(dataset) is not None


def read_cf_points(path: str, source: PointSource) -> Observations:
    """Observations of one file.

    Raises DataError for a variable that is not there, UnitError for units that do not convert.
    """
    with opened(path) as dataset:
        name = _variable(dataset, source, path)
        variable = get_variable(dataset, name, path)
        where = f"{path}: variable {name!r}"
        ragged = _ragged(dataset)
        site_dim = ragged[1] if ragged else _site_dimension(dataset)
        assert site_dim is not None
        sites = _sites(dataset, site_dim, path)
        time = _times(dataset, path)
        value, notes = _values(variable, name, source, where)
        if ragged:
            site = _site_of(dataset, ragged[0], sites.size, where, time.size)
        else:
            value, site, time = _matrix(variable, value, site_dim, sites.size, time, where)
        bad = _flagged(dataset, variable, name, source, value.size, where)
        if "gapmask" in dataset.variables and source.quality == "recommended":
            notes.append(
                f"{where}: gaps are filled by the product; quality = {{gapmask = [1]}} keeps observations only"
            )
        there = np.isfinite(value)
        other = _other_overpass(dataset, source, value.size)
        keep = there & ~other
        return Observations(
            sites, site[keep], time[keep], value[keep], {FLAG: bad[keep]},
            depth=source.depth, files=(path,), notes=tuple(notes),
        )  # fmt: skip


def _ragged(dataset: Dataset) -> tuple[str, str] | None:
    """(index or count variable, dimension of the sites) of a ragged array."""
    for name, variable in dataset.variables.items():
        if "instance_dimension" in variable.ncattrs():
            return name, str(variable.instance_dimension)
        if "sample_dimension" in variable.ncattrs():
            return name, variable.dimensions[0]
    return None


def _site_dimension(dataset: Dataset) -> str | None:
    """The dimension that latitudes and longitudes share in a file of time series at points."""
    position = {role_of(n, v): v for n, v in dataset.variables.items() if v.ndim == 1}
    lat, lon, time = (position.get(r) for r in ("lat", "lon", "time"))
    if lat is None or lon is None or time is None or lat.dimensions != lon.dimensions:
        return None
    dim = str(lat.dimensions[0])
    stated = str(getattr(dataset, "featureType", "")).lower() in ("timeseries", "station", "point")
    return dim if dim not in time.dimensions and (stated or dim.lower() in SITE_NAMES) else None


def _variable(dataset: Dataset, source: PointSource, path: str) -> str:
    if source.variable is not None:
        get_variable(dataset, source.variable, path)
        return source.variable
    for name in (*_NAMES, *lookup("soil_moisture").aliases):
        if name in dataset.variables:
            return name
    raise DataError(
        f"{path}: no soil moisture (looked for {', '.join(_NAMES)}); the file has {describe_variables(dataset)}; "
        "name one with `variable`"
    )


def _sites(dataset: Dataset, dim: str, path: str) -> Sites:
    found: dict[str, np.ndarray] = {}
    for name, variable in dataset.variables.items():
        role = role_of(name, variable)
        if role in ("lat", "lon") and variable.dimensions == (dim,):
            found.setdefault(role, np.ma.filled(np.ma.asarray(variable[...], dtype=float), np.nan))
    if set(found) != {"lat", "lon"}:
        raise DataError(f"{path}: no latitudes and longitudes along dimension {dim!r}; add them to the file")
    return Sites(found["lat"], wrap(found["lon"]), site_names(dataset, dim, found["lat"].size))


def _times(dataset: Dataset, path: str) -> np.ndarray:
    """[step] datetime64[s], NaT where missing."""
    import cftime

    name = next((n for n, v in dataset.variables.items() if role_of(n, v) == "time" and v.ndim == 1), None)
    if name is None:
        raise DataError(f"{path}: no time coordinate; add `time` (days since ...) to the file")
    variable = dataset.variables[name]
    units, calendar = str(getattr(variable, "units", "")), str(getattr(variable, "calendar", "standard")).lower()
    if calendar not in ("standard", "gregorian", "proleptic_gregorian"):
        raise DataError(f"{path}: calendar {calendar!r}; expected days of the real calendar (standard)")
    try:
        start, next_one = (cftime.num2date(x, units, "standard") for x in (0, 1))
    except (ValueError, TypeError) as error:
        raise DataError(f"{path}: times in {units!r} cannot be read ({error}); expected days since ...") from error
    origin = np.datetime64(start.isoformat(), "s")
    raw: np.ndarray = np.ma.filled(np.ma.asarray(variable[...], dtype=float), np.nan)
    known = np.isfinite(raw) & (np.abs(raw) < _HUGE)
    seconds = np.where(known, raw, 0.0) * (next_one - start).total_seconds()
    time = origin + np.round(seconds).astype("timedelta64[s]")
    return np.where(known, time, np.datetime64("NaT"))


def _values(variable: Variable, name: str, source: PointSource, where: str) -> tuple[np.ndarray, list[str]]:
    """All values in m3 m-3, NaN where missing, in the shape of the file."""
    stated = str(getattr(variable, "units", "")).strip()
    units = source.units or stated or _UNITS.get(name)
    how = conversion(units, lookup("soil_moisture"), where)
    scale, offset = how.scale, how.offset
    if how.kind == "mass":
        if source.depth is None:
            raise UnitError(f"{where}: units {units!r} need the layer they stand for; state `depth` = [top, bottom] m")
        scale = scale / (RHO_WATER * (source.depth[1] - source.depth[0]))
    raw = _raw(variable, where)
    valid = np.isfinite(raw) & (np.abs(raw) < _HUGE) & (raw != -9999)
    for fill in fill_values(variable):
        valid &= raw != fill
    limits = stored_range(variable, where)
    if limits is not None:
        valid &= (raw >= limits[0]) & (raw <= limits[1])
    factor, shift = packing(variable)
    notes = [] if source.units or stated else [f"{where}: no units; {units} as the product documents"]
    with np.errstate(over="ignore", invalid="ignore"):
        return np.where(valid, (raw * factor + shift) * scale + offset, np.nan), notes


def _raw(variable: Variable, where: str) -> np.ndarray:
    variable.set_auto_maskandscale(False)
    try:
        raw = np.asarray(variable[...])
    except (OSError, RuntimeError) as error:
        raise DataError(f"{where}: the file is truncated or corrupt ({error}); get it again") from error
    return raw.view(stored_type(variable)).astype(float)


def _matrix(
    variable: Variable, value: np.ndarray, dim: str, sites: int, time: np.ndarray, where: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Flat values of a matrix with the site and the time of each."""
    if set(value.shape) - {1} and (dim not in variable.dimensions or value.size != sites * time.size):
        raise DataError(
            f"{where} [{', '.join(variable.dimensions)}] is no matrix of {sites} locations and {time.size} times; "
            "choose another with `variable`"
        )
    first = variable.dimensions.index(dim) == 0 if dim in variable.dimensions else True
    shape = (sites, time.size) if first else (time.size, sites)
    site, step = np.indices(shape, dtype=np.int64)[:: 1 if first else -1]
    return value.reshape(-1), site.ravel(), time[step.ravel()]


def _site_of(dataset: Dataset, name: str, sites: int, where: str, steps: int) -> np.ndarray:
    variable = dataset.variables[name]
    index: np.ndarray = np.ma.filled(np.ma.asarray(variable[...]), -1).astype(np.int64)
    if "sample_dimension" in variable.ncattrs():
        index = np.repeat(np.arange(index.size), np.maximum(index, 0))
    if index.size != steps or (index.size and (index.max() >= sites or index.min() < 0)):
        raise DataError(f"{where}: {name!r} does not fit the observations; the file is damaged, get it again")
    return index


def _flagged(dataset: Dataset, variable: Variable, name: str, source: PointSource, size: int, where: str) -> np.ndarray:
    """True where quality flags refuse a value."""
    bad = np.zeros(size, bool)
    usual = [rule for rule in _RECOMMENDED.get(name, ()) if rule.variable in dataset.variables]
    for rule in rules_of(source.quality, usual):
        other = get_variable(dataset, rule.variable, where)
        if other.dimensions != variable.dimensions:
            raise DataError(f"{where}: flag {rule.variable!r} [{', '.join(other.dimensions)}] has other dimensions")
        bad |= ~rule.passes(_raw(other, where).ravel())
    return bad


def _other_overpass(dataset: Dataset, source: PointSource, size: int) -> np.ndarray:
    """True for the values of the overpass that is not wanted."""
    out = np.zeros(size, bool)
    for name, codes in _OVERPASS.items():
        if name in dataset.variables and source.overpass in codes:
            found = _raw(dataset.variables[name], name).ravel()
            if found.size == size:
                out |= found != codes[source.overpass]
    return out


def point_files(paths: tuple[str, ...]) -> tuple[str, ...]:
    """The netCDF files among `paths` that hold time series at points; none where the first three do not."""
    files = [p for p in paths if p.lower().endswith(SUFFIXES) and Path(p).name != "grid.nc"]
    if not any(is_point_file(p) for p in files[:3]):
        return ()
    return tuple(p for p in files if is_point_file(p))
