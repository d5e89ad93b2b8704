"""Small soil maps in the structures that GSDE, HWSD, SoilGrids and SMAP document, written by the tests."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

GSDE_BOTTOMS = [4.5, 9.1, 16.6, 28.9]  # cm, of the first four layers; Shangguan et al. (2014)


def write_netcdf(
    path: Path, variables: Mapping[str, np.ndarray], lat: np.ndarray, lon: np.ndarray,
    depth: list[float] | None = None, attributes: Mapping[str, Any] | None = None, kind: str = "f4",
) -> str:  # fmt: skip
    """A grid of [lat, lon] or [depth, lat, lon] variables, all with the same attributes."""
    attributes = dict(attributes or {})
    with netCDF4.Dataset(path, "w") as d:
        for name, values, units in (("lat", lat, "degrees_north"), ("lon", lon, "degrees_east")):
            d.createDimension(name, len(values))
            axis = d.createVariable(name, "f8", (name,))
            axis.units, axis[:] = units, values
        if depth is not None:
            d.createDimension("depth", len(depth))
            axis = d.createVariable("depth", "f4", ("depth",))
            axis.units, axis[:] = "centimeters", depth
        dims = ("depth", "lat", "lon") if depth is not None else ("lat", "lon")
        for name, values in variables.items():
            v = d.createVariable(name, kind, dims, fill_value=attributes.get("_FillValue"))
            v.set_auto_maskandscale(False)
            v.setncatts({k: x for k, x in attributes.items() if k != "_FillValue"})
            v[:] = values
    return str(path)


def write_gsde(folder: Path, lat: np.ndarray, lon: np.ndarray, depth: list[float] | None = None) -> None:
    """SAND1.nc, CLAY1.nc, OC1.nc, BD1.nc: bytes in %, short integers in hundredths, layers by their bottoms in cm."""
    depth = GSDE_BOTTOMS if depth is None else depth
    shape = (4, lat.size, lon.size)
    steps = np.arange(4).reshape(4, 1, 1)
    for name, values, kind, units in (
        ("SAND", np.full(shape, 40) + 4 * steps, "i1", "% of weight"),
        ("CLAY", np.full(shape, 20) + 4 * steps, "i1", "% of weight"),
        ("OC", np.full(shape, 200) - 40 * steps, "i2", "% of weight"),
        ("BD", np.full(shape, 130), "i2", "g/cm3"),
    ):
        fill = -100 if kind == "i1" else -999
        attributes = {"missing_value": np.array(fill, kind), "units": units}
        values[:, 0, 0] = fill
        write_netcdf(folder / f"{name}1.nc", {name: values}, lat, lon, depth, attributes, kind)


def write_geotiff(
    path: Path, values: np.ndarray, transform: Any, crs: str | None = "EPSG:4326", nodata: float = -32768
) -> str:
    """One band of 16-bit integers, rows from the north."""
    import rasterio

    with rasterio.open(
        path, "w", driver="GTiff", height=values.shape[0], width=values.shape[1], count=1, dtype="int16", crs=crs,
        transform=transform, nodata=nodata,
    ) as d:  # fmt: skip
        d.write(values.astype("int16"), 1)
    return str(path)


def write_smap(path: Path, row: list[int], column: list[int], **values: list[float]) -> str:
    """A SMAP L2 half orbit with pixels of the 36 km grid; -9999 is missing."""
    with netCDF4.Dataset(path, "w") as d:
        group = d.createGroup("Soil_Moisture_Retrieval_Data")
        group.createDimension("phony_dim_0", len(row))
        for name, index in (("EASE_row_index", row), ("EASE_column_index", column)):
            v = group.createVariable(name, "u2", ("phony_dim_0",), fill_value=np.uint16(65534))
            v[:] = index
        for name, numbers in values.items():
            group.createVariable(name, "f4", ("phony_dim_0",), fill_value=np.float32(-9999.0))[:] = numbers
    return str(path)
