"""netCDF files at hand: opening them, naming what they hold, and the attributes that decode their values."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.errors import DataError

if TYPE_CHECKING:
    import netCDF4

_LOCK = RLock()  # the netCDF library may not be entered by two threads
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


@contextmanager
def opened(path: str) -> Iterator[netCDF4.Dataset]:
    """The file as a netCDF4 dataset.

    Raises DataError, naming the file, where it is absent, truncated or of another kind.
    """
    import netCDF4

    if not Path(path).is_file():
        raise DataError(f"{path}: no such file")
    with _LOCK:
        try:
            dataset = netCDF4.Dataset(path)
        except (OSError, RuntimeError, UnicodeDecodeError) as error:
            raise DataError(f"{path}: {why_unreadable(path, error)}") from error
        try:
            _check_size(dataset, path)
            yield dataset
        finally:
            dataset.close()


def _check_size(dataset: netCDF4.Dataset, path: str) -> None:
    """Refuse a classic file that is shorter than its values: the library would read zeros behind its end."""
    if not str(dataset.data_model).startswith("NETCDF3"):
        return
    needed = sum(int(v.size) * np.dtype(v.dtype).itemsize for v in dataset.variables.values())
    size = Path(path).stat().st_size
    if size < needed:
        raise DataError(f"{path}: the file is truncated ({size} bytes of at least {needed}); get it again")


def why_unreadable(path: str, error: Exception) -> str:
    """What a file that netCDF4 refuses is, by its first bytes, and what to do."""
    with open(path, "rb") as file:
        start = file.read(8)
    if not start:
        return "the file is empty; get it again"
    if start[:4] == b"GRIB":
        return "a GRIB file; convert it to netCDF before (for example: cdo -f nc copy in.grib out.nc)"
    if start[:3] == b"CDF" or start[1:4] == b"HDF":
        return f"the file is truncated or corrupt ({error}); get it again"
    if start[:2] in (b"\x1f\x8b", b"PK"):
        return "a compressed archive; unpack it before"
    return f"not a netCDF file ({error}); expected netCDF-3, netCDF-4 or HDF5"


def describe_variables(dataset: netCDF4.Dataset, most: int = 12) -> str:
    """The data variables of a file as 'name [dims] (units)'."""
    texts = []
    for name, v in data_variables(dataset).items():
        units = f" ({v.units})" if "units" in v.ncattrs() else ""
        texts.append(f"{name} [{', '.join(v.dimensions)}]{units}")
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return (", ".join(texts[:most]) or "no variables") + more


def data_variables(dataset: netCDF4.Dataset) -> dict[str, Any]:
    """Variables that are no coordinates and no bounds, those of groups as 'group/name'."""
    found = {n: v for n, v in dataset.variables.items() if n not in dataset.dimensions and v.ndim and "bnds" not in n}
    for group in dataset.groups.values():
        found |= {f"{group.name}/{n}": v for n, v in group.variables.items() if v.ndim}
    return found


def has_variable(dataset: netCDF4.Dataset, name: str) -> bool:
    """True where the file, or the group that `name` states as "group/name", has the variable."""
    group, _, plain = name.rpartition("/")
    return plain in (dataset.groups[group].variables if group in dataset.groups else {} if group else dataset.variables)


def get_variable(dataset: netCDF4.Dataset, name: str, where: str = "") -> Any:
    """The variable called `name`, or "group/name". Raises DataError listing what the file has."""
    try:
        return dataset[name] if "/" in name else dataset.variables[name]
    except (KeyError, IndexError):
        raise DataError(f"{where}: no variable {name!r}; the file has {describe_variables(dataset)}") from None


def stored_type(variable: Any) -> np.dtype:
    """Type of the stored values; `_Unsigned` turns signed bytes of netCDF-3 into unsigned ones."""
    kind = np.dtype(variable.dtype)
    unsigned = str(getattr(variable, "_Unsigned", "")).lower() == "true"
    return np.dtype(f"u{kind.itemsize}") if unsigned and kind.kind == "i" else kind


def chunks_of(variable: Any) -> tuple[int, ...]:
    """Lengths that are stored together; of a contiguous variable, one index along its first dimension."""
    chunking = variable.chunking() if variable.ndim else "contiguous"
    if isinstance(chunking, list):
        return tuple(chunking)
    return (1, *variable.shape[1:]) if variable.ndim else ()


def fill_values(variable: Any) -> tuple[Any, ...]:
    """Values that mean missing, as stored: _FillValue and missing_value, also where they are text."""
    found = []
    for name in ("_FillValue", "missing_value"):
        if name in variable.ncattrs():
            found += _numbers(variable.getncattr(name))
    kind = stored_type(variable)
    with np.errstate(over="ignore", invalid="ignore"):
        whole = kind.kind != "f"
        values = [np.array(v).astype(kind)[()] for v in found if np.isfinite(v) and (not whole or v.is_integer())]
    return tuple(dict.fromkeys(v for v in values if np.isfinite(v)))


def packing(variable: Any) -> tuple[float, float]:
    """(scale_factor, add_offset); (1, 0) of values that are not packed."""
    scale = _numbers(getattr(variable, "scale_factor", 1.0)) or [1.0]
    offset = _numbers(getattr(variable, "add_offset", 0.0)) or [0.0]
    return float(scale[0]), float(offset[0])


def stored_range(variable: Any, where: str) -> tuple[float, float] | None:
    """valid_range, valid_min and valid_max in the units of storage.

    CF counts them in packed units where they have the type of the packed data; many files write them unpacked.
    """
    names = variable.ncattrs()
    low, high = -np.inf, np.inf
    kinds: list[Any] = []
    for name in ("valid_range", "valid_min", "valid_max"):
        if name not in names:
            continue
        attribute = variable.getncattr(name)
        numbers = _numbers(attribute)
        if not numbers:
            continue
        kinds.append(np.asarray(attribute).dtype.kind)
        low = max(low, numbers[0]) if name != "valid_max" else low
        high = min(high, numbers[-1]) if name != "valid_min" else high
    if not kinds or not low < high:
        return None
    scale, offset = packing(variable)
    if np.dtype(variable.dtype).kind in "iu" and kinds[0] == "f" and (scale, offset) != (1.0, 0.0):
        edges = sorted(((low - offset) / scale, (high - offset) / scale))
        low, high = edges[0] - 0.5, edges[1] + 0.5
    return low, high


def _numbers(attribute: Any) -> list[float]:
    """Numbers of an attribute, also where it is text."""
    if isinstance(attribute, str | bytes):
        text = attribute.decode("utf-8", "replace") if isinstance(attribute, bytes) else attribute
        return [float(n) for n in _NUMBER.findall(text)]
    try:
        return [float(v) for v in np.atleast_1d(attribute)]
    except (TypeError, ValueError):
        return []
