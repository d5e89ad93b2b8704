"""Daily soil moisture of any kind: what the files are, and the reader that fits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vadose.data.daily.grids import open_grids
from vadose.data.daily.images import Despiked, gather
from vadose.data.daily.series import DailyReader, DailySeries
from vadose.data.daily.smap import GROUP, open_composites
from vadose.data.daily.smap_orbits import open_half_orbits
from vadose.data.daily.source import DailySource, files_of
from vadose.data.netcdf import opened
from vadose.errors import DataError

if TYPE_CHECKING:
    from netCDF4 import Dataset

_MAGIC = (b"CDF", b"\x89HDF")


def open_daily(source: DailySource) -> DailyReader:
    """The reader of a source: headers are read, values are not.

    `product = "auto"` looks into the first file; all files of a source must be of one product and on one grid.
    Raises DataError, UnitError or GridMismatch that name the file, the variable, what was expected and the remedy.
    """
    files = files_of(source)
    product = source.product if source.product != "auto" else sniff(files[0])
    if product in ("", "points") or sniff(files[0]) == "":
        from vadose.data.daily.points import open_points

        points = open_points(source)
        if points is not None:
            return points
        product = "cf" if product in ("", "points") else product
    if product == "smap_l3":
        images = open_composites(files, source)
    elif product == "smap_l2":
        images = open_half_orbits(files, source)
    else:
        images = open_grids(files, source, product)
    return images if source.spikes is None else Despiked(images, source.spikes)


def read_daily(source: DailySource) -> DailySeries:
    """The whole source in memory: values [time, cell] m3 m-3. Raises as `open_daily`, and DataError where too large."""
    reader = open_daily(source)
    size = reader.days.size * reader.cells.size * 4 / 2**30
    if size > 8:
        raise DataError(
            f"{source.name}: {reader.days.size} days of {reader.cells.size} cells take {size:.0f} GiB; "
            "narrow `box` or `period`, or pack the source into blocks (`pack_blocks`)"
        )
    return gather(reader)


def sniff(path: str) -> str:
    """The product that a file is, one of PRODUCTS but "auto"; "" where only a reader of points can tell."""
    with open(path, "rb") as file:
        if not file.read(4).startswith(_MAGIC):
            return ""
    with opened(path) as dataset:
        return _product(dataset)


def _product(dataset: Dataset) -> str:
    """The product of a gridded file by its groups, title and variables; "" for others."""
    for group in (GROUP, f"{GROUP}_AM", f"{GROUP}_PM"):
        if group in dataset.groups:
            variables = dataset.groups[group].variables
            records = "soil_moisture" in variables and variables["soil_moisture"].ndim == 1
            return "smap_l2" if records and group == GROUP else "smap_l3"
    if not _has_axes(dataset):
        return ""
    title = " ".join(str(getattr(dataset, n, "")) for n in ("title", "project", "id")).lower()
    if "c3s" in title:
        return "c3s"
    if "esa cci" in title or "esacci" in title or ("climate change initiative" in title and "sm" in dataset.variables):
        return "esa_cci"
    if {"Rfi_Prob", "Soil_Moisture_Dqx", "Scene_Flags"} & set(dataset.variables):
        return "smos"
    return "cf"


def _has_axes(dataset: Dataset) -> bool:
    """True where latitude and longitude are dimensions of their own, as series at points do not have."""
    sizes = {d.lower(): len(v) for d, v in dataset.dimensions.items()}
    return all(
        any(sizes.get(n, 0) > 1 for n in names) for names in (("lat", "latitude", "y"), ("lon", "longitude", "x"))
    )
