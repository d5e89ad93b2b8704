"""Gridded netCDF files as daily images: CF files in general, ESA CCI, C3S and SMOS in particular."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.constants import RHO_WATER
from vadose.data.axes import Roles, find_roles, read_layers
from vadose.data.daily.grid_image import GridImage
from vadose.data.daily.images import ImageReader, join_images
from vadose.data.daily.quality import Rule, rules_of
from vadose.data.daily.source import DailySource
from vadose.data.daily.window import cells_in_box, window_of
from vadose.data.horizontal import Horizontal, read_horizontal
from vadose.data.months import EPOCH, Stamps, read_stamps
from vadose.data.netcdf import (
    data_variables,
    describe_variables,
    fill_values,
    get_variable,
    has_variable,
    opened,
    packing,
    stored_range,
    stored_type,
)
from vadose.data.units import Conversion, conversion
from vadose.errors import DataError, GridMismatch, UnitError
from vadose.grid.ease2 import ease2, km_of_axes, km_of_shape
from vadose.grid.latlon import LatLonGrid
from vadose.variables import lookup

if TYPE_CHECKING:
    from netCDF4 import Dataset, Variable

UNDECLARED = (-9999.0, -999.0)  # fill values that files of soil moisture leave undeclared
SURFACE_LAYER = (0.0, 0.1)  # m, depth of mrsos; CMIP6 data request
NAMES = (*lookup("soil_moisture").aliases, "SM", "Soil_Moisture", "SSM", "ssm", "swc", "soilmoisture", "vsw")

# What the producers recommend. ESA CCI, C3S: the flag 0, no inconsistency (Dorigo et al. 2017). SMOS: RFI
# probability and retrieval error of the L3 product; TB misfit and scene of SMOS-IC (Fernandez-Moran et al. 2017).
RECOMMENDED: dict[str, tuple[Rule, ...]] = {
    "esa_cci": (Rule("flag", allowed=(0,), optional=True),),
    "c3s": (Rule("flag", allowed=(0,), optional=True),),
    "smos": (
        Rule("Rfi_Prob", compare="<=", limit=0.2, optional=True, lenient=True),
        Rule("Soil_Moisture_Dqx", compare="<=", limit=0.1, optional=True),
        Rule("RMSE", compare="<=", limit=8.0, optional=True),
        Rule("Scene_Flags", compare="<=", limit=1.0, optional=True),
    ),
}


def open_grids(files: Sequence[str], source: DailySource, product: str) -> ImageReader:
    """The reader of gridded files of one product: "cf", "esa_cci", "c3s" or "smos".

    Raises DataError, UnitError or GridMismatch that name the file, what was expected and the remedy.
    """
    images: list[GridImage] = []
    notes: list[str] = []
    attrs: dict[str, Any] = {}
    signature = b""
    for path in files:
        with opened(path) as dataset:
            like = images[0] if images else None
            if like is None:
                attrs = _attributes(dataset)
            image, found, more = _describe(dataset, path, source, product, like, signature)
            signature = signature or found
        if not image.days.size:
            raise DataError(f"{path}: the time axis is empty; get the file again")
        if like is not None and not image.horizontal.same_as(like.horizontal):
            raise GridMismatch(
                f"{like.path} and {path} have different grids ({_shape(like)} and {_shape(image)}); "
                "narrow `path` in the study to files of one grid"
            )
        notes += more
        images.append(image)
    images.sort(key=lambda i: (i.days.min(), i.path))
    first = images[0]
    assert isinstance(first.horizontal.grid, LatLonGrid)
    cells = cells_in_box(first.horizontal.grid, source.box)
    window = window_of(cells)
    attrs |= {
        "product": product,
        "variable": first.name,
        "quality": [str(r) for r in first.rules],
        "warnings": list(dict.fromkeys(notes)),
    }
    if first.depth is not None:
        attrs["depth"] = list(first.depth)
    return join_images(images, window, source, attrs)


def _describe(
    dataset: Dataset, path: str, source: DailySource, product: str, like: GridImage | None, signature: bytes
) -> tuple[GridImage, bytes, list[str]]:
    """How the soil moisture of one file lies; the grid of `like` is kept where the coordinates are the same."""
    name = _find_variable(dataset, source, path)
    variable = get_variable(dataset, name, path)
    where = f"{path}: variable {name!r}"
    _check_kind(variable, where, source)
    roles, bare = _roles(dataset, variable, where)
    found = b"".join(np.ma.filled(np.ma.asarray(dataset[roles.coordinates[r]][...], dtype=float), np.nan).tobytes()
                     for r in ("lat", "lon") if bare is None)  # fmt: skip
    same = like is not None and bare is None and found == signature
    horizontal = like.horizontal if like is not None and same else bare or _horizontal(dataset, variable, roles, where)
    how = conversion(_units(variable, source), lookup("soil_moisture"), where)
    level, depth = _level(dataset, roles, source, name, how, where)
    scale, offset = packing(variable)
    factor = how.scale / (RHO_WATER * (depth[1] - depth[0])) if how.kind == "mass" and depth else how.scale
    image = GridImage(
        path=path, name=name, horizontal=horizontal, level=level, days=days_of(dataset, roles, path, source),
        dims=(roles.dims.get("time", ""), *horizontal.dims), scale=scale * factor, offset=offset * factor + how.offset,
        fills=(*fill_values(variable), *UNDECLARED), limits=stored_range(variable, where),
        rules=_present(dataset, rules_of(source.quality, RECOMMENDED.get(product, ())), path),
        valid_range=source.valid_range, plain=how.kind == "volumetric" and how.scale == 1.0 and source.units is None,
        depth=depth,
    )  # fmt: skip
    notes = list(horizontal.warnings)
    if source.quality == "recommended" and has_variable(dataset, "gapmask"):
        notes.append(f"{product}: gaps are filled by the product; quality = {{gapmask = [1]}} keeps observations only")
    return image, found, notes


def _find_variable(dataset: Dataset, source: DailySource, path: str) -> str:
    if source.variable is not None:
        get_variable(dataset, source.variable, path)
        return source.variable
    for name in NAMES:
        if has_variable(dataset, name):
            return name
    maps = [n for n, v in data_variables(dataset).items() if v.ndim in (2, 3) and min(v.shape[-2:]) > 1]
    if len(maps) == 1:
        return maps[0]
    raise DataError(
        f"{path}: no variable of soil moisture (looked for {', '.join(NAMES)}); the file has "
        f"{describe_variables(dataset)}; name one with `variable` in the study"
    )


def _check_kind(variable: Variable, where: str, source: DailySource) -> None:
    if variable.dtype == str or stored_type(variable).kind not in "fiu":
        raise DataError(f"{where} holds no numbers but {variable.dtype}; choose another with `variable` in the study")
    text = str(getattr(variable, "long_name", "")).lower()
    if source.units is None and "saturation" in text and "percent" in text + str(getattr(variable, "units", "")):
        raise UnitError(
            f"{where} is a degree of saturation ({variable.long_name}); expected m3 m-3; "
            "multiply it by the porosity before, or take a volumetric product"
        )


def _roles(dataset: Dataset, variable: Variable, where: str) -> tuple[Roles, Horizontal | None]:
    """The parts of the dimensions, and the grid where only its shape tells it: an EASE-Grid 2.0 without coordinates."""
    try:
        return find_roles(dataset, variable, where), None
    except DataError:
        km, dims = km_of_shape(variable.shape[-2:]), variable.dimensions
        if km is None or len(dims) > 3:
            raise
        roles = Roles({"time": dims[0]} if len(dims) == 3 else {})
        time = next((n for n in (*dims[:-2], "time") if n in dataset.variables), None)
        if time is not None:
            roles.coordinates["time"] = time
        # By its definition the first row of the grid is the northernmost.
        return roles, Horizontal(ease2(km), dims[-2:], flip=True, shape=variable.shape[-2:])


def _horizontal(dataset: Dataset, variable: Variable, roles: Roles, where: str) -> Horizontal:
    found = read_horizontal(dataset, variable, roles, where)
    if not isinstance(found.grid, LatLonGrid):
        raise GridMismatch(f'{where} lies on sites, not on a grid; set product = "points" in the study')
    km = km_of_axes(found.grid.lat, found.grid.lon)
    return found if km is None else replace(found, grid=ease2(km))


def _units(variable: Variable, source: DailySource) -> str | None:
    if source.units is not None:
        return source.units
    return str(variable.units) if "units" in variable.ncattrs() else None


def _level(
    dataset: Dataset, roles: Roles, source: DailySource, name: str, how: Conversion, where: str
) -> tuple[int, tuple[float, float] | None]:
    """The soil layer to read and its (top, bottom) in m: the one of `depth`, or the uppermost."""
    if "depth" not in roles.dims:
        depth = source.depth or (SURFACE_LAYER if name == "mrsos" else None)
        if how.kind == "mass" and depth is None:
            raise UnitError(
                f"{where} is in {how.source_units} but has no depth; expected m3 m-3 or a layer; "
                "state it for this source in the study (`depth = [0.0, 0.1]`, m)"
            )
        return 0, depth
    layers, _ = read_layers(dataset, roles, where)
    assert layers is not None
    match = np.arange(layers.size)
    if source.depth is not None:
        match = np.flatnonzero(np.abs(layers.bounds - np.array(source.depth)).max(axis=1) < 1e-3)
        if not match.size:
            have = ", ".join(f"{a:g}-{b:g}" for a, b in layers.bounds)
            raise DataError(f"{where}: no layer {list(source.depth)} m; it has {have} m; set `depth` to one of them")
    top, bottom = (float(x) for x in layers.bounds[match[0]])
    return int(layers.order[match[0]]), (top, bottom)


def _present(dataset: Dataset, rules: tuple[Rule, ...], path: str) -> tuple[Rule, ...]:
    """Rules whose variables the file has; a rule that the study states must have its variable."""
    kept = []
    for rule in rules:
        if has_variable(dataset, rule.variable):
            kept.append(rule)
        elif not rule.optional:
            get_variable(dataset, rule.variable, f"{path} (`quality`)")
    return tuple(kept)


def days_of(dataset: Dataset, roles: Roles, path: str, source: DailySource) -> np.ndarray:
    """Day of every step of a file [step] datetime64[D], in the calendar of the file.

    A file without a time coordinate has the day of its name, or the days of the year of its name.
    Raises DataError for a file of one month, and for dates that no calendar day has.
    """
    size = len(dataset.dimensions[roles.dims["time"]]) if "time" in roles.dims else 1
    if size > 1 and "time" not in roles.coordinates:
        return _days_of_year(path, size)
    stamps = read_stamps(dataset, roles.coordinates.get("time"), path)
    if stamps.days.size == 1 and stamps.hint == "month":
        raise DataError(f"{path}: a monthly file; expected daily images; narrow `path` in the study to the daily files")
    return _calendar_days(stamps, path)


def _days_of_year(path: str, size: int) -> np.ndarray:
    found = re.findall(r"(?<!\d)(?:19|20)\d{2}(?!\d)", Path(path).name)
    if len(found) == 1:
        days = np.arange(f"{found[0]}-01-01", f"{int(found[0]) + 1}-01-01", dtype="datetime64[D]")
        if days.size == size:
            return days
    raise DataError(
        f"{path}: {size} time steps without a time coordinate; expected one (days since ...), or the year in the file "
        "name and as many steps as it has days; add `time` to the file"
    )


def _calendar_days(stamps: Stamps, path: str) -> np.ndarray:
    times = stamps.days if stamps.bounds is None else stamps.bounds.mean(axis=1)
    if stamps.bounds is not None and np.any(stamps.bounds[:, 1] - stamps.bounds[:, 0] > 1.5):
        times = stamps.days
    if stamps.calendar in ("standard", "gregorian", "proleptic_gregorian"):
        return np.datetime64("1850-01-01", "D") + np.floor(times + 1e-6).astype(int)
    import cftime

    dates = cftime.num2date(times, EPOCH, calendar=stamps.calendar)
    try:
        return np.array([f"{d.year:04d}-{d.month:02d}-{d.day:02d}" for d in dates], dtype="datetime64[D]")
    except ValueError as error:
        raise DataError(
            f"{path}: the calendar {stamps.calendar!r} has days that do not exist ({error}); "
            "expected standard or noleap; convert the time axis before"
        ) from error


def _attributes(dataset: Dataset) -> dict[str, Any]:
    found = {}
    for key, names in (
        ("title", ("title",)),
        ("citation", ("references", "citation", "doi", "id")),
        ("licence", ("license", "licence")),
    ):
        text = next((str(dataset.getncattr(n)) for n in names if n in dataset.ncattrs()), "")
        if text:
            found[key] = text
    return found


def _shape(image: GridImage) -> str:
    return f"{'x'.join(map(str, image.horizontal.grid.shape))} of {Path(image.path).name}"
