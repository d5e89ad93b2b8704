"""From a soil source to its map on cells: find the files, average over area and depth, name what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vadose.data.netcdf import data_variables, opened
from vadose.data.soilmaps import geotiff, netcdf, smap
from vadose.data.soilmaps.fields import Field, Layer, select_layers
from vadose.data.soilmaps.products import PRODUCTS, Product, guess, named_like, names_of
from vadose.data.soilmaps.resample import area_sums
from vadose.data.soilmaps.source import QUANTITIES, SoilMap, SoilSource
from vadose.data.soilmaps.units import CARBON_OF_MATTER, check_magnitude, factor
from vadose.errors import DataError, GridMismatch
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid

ROUNDING = 2.0  # %, by which sand + clay of whole numbers may exceed 100: both are scaled back
NO_SOIL, OUTSIDE, PARTLY, IMPOSSIBLE = "no value", "outside the map", "partly covered", "sand + clay > 100 %"


def read_soil_map(source: SoilSource, cells: Cells) -> SoilMap:
    """Sand, clay and, where the map has them, organic carbon and bulk density of cells.

    Cells of a grid get the area mean over the map's cells that hold both sand and clay; sites get the map's cell
    that holds them. Cells without a texture are NaN and stand in `problems` with their reason.
    Raises DataError or UnitError for files that cannot be used, GridMismatch for a map that reaches no cell.
    """
    if source.stated:
        return _stated(source, cells)
    product = _product(source)
    fields = {q: f for q in QUANTITIES if (f := _field(source, product, q, cells)) is not None}
    absent = [q for q in ("sand", "clay") if q not in fields]
    if absent:
        looked = ", ".join(n for q in absent for n in _names(source, product, q))
        raise DataError(f"{source.name}: no {' and no '.join(absent)} (looked for {looked}); name it with `variables`")
    sand, clay = fields["sand"], fields["clay"]
    if not sand.grid.same_as(clay.grid):
        raise GridMismatch(
            f"{source.name}: sand {_extent(sand.grid)} and clay {_extent(clay.grid)} have different grids; remap one "
            "of them before, so that their sum keeps its meaning"
        )
    means, coverage, lost, reached, refused = _texture(sand, clay, cells)
    if not (reached > 0).any():
        raise GridMismatch(
            f"{source.name}: the map ({_extent(sand.grid)}) holds none of the {cells.size} cells, which reach "
            f"{_reach(cells)}; check `crs` and the box of the study"
        )
    enough = (coverage > 0) & (coverage >= source.minimum_coverage - 1e-9)
    values = [np.where(enough, m, np.nan) for m in means]
    check_magnitude(values[0] + values[1], refused, source.name)
    problems = _problems(enough, coverage, lost, reached, source.minimum_coverage)
    others = {q: _other(q, source, fields, cells) for q in ("organic_carbon", "bulk_density")}
    return SoilMap(
        sand=values[0], clay=values[1], coverage=coverage, cells=cells, problems=problems,
        attrs=_attrs(source, product, fields), **others,
    )  # fmt: skip


def _stated(source: SoilSource, cells: Cells) -> SoilMap:
    """The same soil everywhere."""
    found = {q: np.full(cells.size, float(v)) for q, v in source.values.items()}
    attrs = {"product": "stated", "label": source.name, "files": [], "values": dict(source.values), "warnings": []}
    return SoilMap(
        found["sand"], found["clay"], found.get("organic_carbon"), found.get("bulk_density"), np.ones(cells.size),
        cells, {}, attrs,
    )  # fmt: skip


def _product(source: SoilSource) -> Product:
    if source.product != "auto":
        return PRODUCTS[source.product]
    files = source.files or source.files_of("sand")
    first = next((f for f in files if f.lower().endswith(netcdf.SUFFIXES + smap.SUFFIXES)), None)
    variables: set[str] = set()
    if first is not None:
        with opened(first) as dataset:
            variables = {n.rpartition("/")[2] for n in data_variables(dataset)}
    return PRODUCTS[guess(files, variables)]


def _names(source: SoilSource, product: Product, quantity: str) -> tuple[str, ...]:
    return (source.variables[quantity],) if quantity in source.variables else names_of(product, quantity)


def _field(source: SoilSource, product: Product, quantity: str, cells: Cells) -> Field | None:
    """The field of one quantity; None where the source has none.

    Raises UnitError for units that are missing or wrong.
    """
    names = _names(source, product, quantity)
    stated = source.files_of(quantity)
    if source.path is None and not stated:
        return None
    layers = _layers(stated or source.files, names, product, quantity, bool(stated), cells, source)
    where = f"{source.name}: {quantity}"
    if not layers:
        if stated or quantity in source.variables:
            raise DataError(f"{where}: not found (looked for {', '.join(names)}); name it with `variables`")
        return None
    taken, weights = select_layers(layers, source.depth, where)
    first = layers[0]
    units = source.units.get(quantity) or first.units or product.units.get(quantity)
    scale = factor(units, quantity, f"{layers[0].path.splitlines()[0]}: variable {first.name!r}")
    notes = [] if quantity in source.units or first.units else [f"{where}: units taken as {units}"]
    if quantity == "organic_carbon" and _is_matter(source, first):
        scale *= CARBON_OF_MATTER
        notes.append(f"{where}: organic matter, divided by 1.724")
    return Field(quantity, taken, weights, scale, tuple(notes))


def _layers(
    files: Sequence[str], names: tuple[str, ...], product: Product, quantity: str, stated: bool, cells: Cells,
    source: SoilSource,
) -> list[Layer]:  # fmt: skip
    """All layers of a quantity in the files."""
    if product.name == "smap_l2":
        found = smap.smap_layer(tuple(f for f in files if f.lower().endswith(smap.SUFFIXES)), names)
        return [] if found is None else [found]
    layers: list[Layer] = []
    for path in files:
        if path.lower().endswith(geotiff.SUFFIXES):
            if stated or named_like(path, names):
                layers.append(geotiff.geotiff_layer(path, cells, source.crs))
        elif path.lower().endswith(netcdf.SUFFIXES):
            layers += netcdf.netcdf_layers(path, names, product, quantity, stated)
        elif stated:
            raise DataError(f"{path}: expected a netCDF (.nc) or GeoTIFF (.tif) file")
    return layers


def _is_matter(source: SoilSource, layer: Layer) -> bool:
    if source.organic != "auto":
        return source.organic == "matter"
    text = f"{layer.name} {layer.long_name}".lower().replace("_", " ")
    return "carbon" not in text and ("organic matter" in text or layer.name.lower() in ("om", "som"))


def _texture(
    sand: Field, clay: Field, cells: Cells
) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Means of sand and clay, and what they rest upon; all [cell].

    Returns (sand, clay) %, covered part, part where both are impossible, part that the map reaches, and the mean of
    the impossible sums, %.
    """

    def produce(rows: slice, columns: slice) -> list[np.ndarray]:
        x, y = sand.read(rows, columns), clay.read(rows, columns)
        known = np.isfinite(x) & np.isfinite(y)
        x, y = np.where(known, x, 0.0), np.where(known, y, 0.0)
        total = x + y
        # Zero of both is how maps mark water, rock and ice.
        known &= total > 0
        good = known & (x >= 0) & (y >= 0) & (total <= 100 + ROUNDING)
        back = np.where(good, 100.0 / np.maximum(total, 100.0), 0.0)
        return [
            good.astype(float),
            x * back,
            y * back,
            (known & ~good).astype(float),
            np.where(known & ~good, total, 0.0),
        ]

    sums, reached = area_sums(sand.grid, cells, produce)
    if not sums:
        empty = np.full(cells.size, np.nan)
        return (empty, empty), np.zeros(cells.size), np.zeros(cells.size), reached, empty
    weight, x, y, wrong, excess = sums
    safe = np.where(weight > 0, weight, 1.0)
    means = (np.where(weight > 0, x / safe, np.nan), np.where(weight > 0, y / safe, np.nan))
    refused = np.where(wrong > 0, excess / np.where(wrong > 0, wrong, 1.0), np.nan)
    return means, np.minimum(weight / cells.area, 1.0), np.minimum(wrong / cells.area, 1.0), reached, refused


def _other(quantity: str, source: SoilSource, fields: dict[str, Field], cells: Cells) -> np.ndarray | None:
    """A quantity beside the texture: the value of the study, else of the map, else None."""
    if quantity in source.values:
        return np.full(cells.size, float(source.values[quantity]))
    return _mean(fields[quantity], cells) if quantity in fields else None


def _mean(field: Field, cells: Cells) -> np.ndarray:
    """Mean of one quantity over the part of the cell that holds it."""

    def produce(rows: slice, columns: slice) -> list[np.ndarray]:
        x = field.read(rows, columns)
        good = np.isfinite(x) & (x >= 0)
        return [good.astype(float), np.where(good, x, 0.0)]

    sums, _ = area_sums(field.grid, cells, produce)
    if not sums:
        return np.full(cells.size, np.nan)
    return np.asarray(np.where(sums[0] > 0, sums[1] / np.where(sums[0] > 0, sums[0], 1.0), np.nan))


def _problems(
    enough: np.ndarray, coverage: np.ndarray, lost: np.ndarray, reached: np.ndarray, minimum: float
) -> dict[str, np.ndarray]:
    """Why a cell has no texture: the first reason that holds."""
    left = ~enough
    found = {}
    tests = {
        OUTSIDE: reached <= 0,
        IMPOSSIBLE: (lost > 0) & (coverage + lost >= minimum),
        PARTLY: coverage > 0,
        NO_SOIL: np.ones(enough.size, bool),
    }
    for reason, test in tests.items():
        found[reason] = left & test
        left = left & ~test
    return {reason: mask for reason, mask in found.items() if mask.any()}


def _attrs(source: SoilSource, product: Product, fields: dict[str, Field]) -> dict[str, object]:
    return {
        "product": product.name,
        "label": source.name,
        "files": list(dict.fromkeys(f for field in fields.values() for f in field.files)),
        "variables": {q: field.layers[0].name for q, field in fields.items()},
        "depth": list(source.depth),
        "layers": {q: _bounds(field) for q, field in fields.items()},
        "citation": product.citation,
        "warnings": [note for field in fields.values() for note in field.notes],
    }


def _bounds(field: Field) -> list[list[float]]:
    return [[float(b) for b in layer.bounds] for layer in field.layers if layer.bounds is not None]


def _extent(grid: LatLonGrid) -> str:
    return _span(grid.lat_bnds, grid.lon_bnds) + f", {grid.shape[0]} x {grid.shape[1]} cells"


def _reach(cells: Cells) -> str:
    if not np.isfinite(cells.lat).any():
        return "nowhere: their positions are unknown, state `location`"
    return _span(cells.lat, cells.lon)


def _span(lat: np.ndarray, lon: np.ndarray) -> str:
    return f"{np.nanmin(lat):.4g} to {np.nanmax(lat):.4g} N, {np.nanmin(lon):.4g} to {np.nanmax(lon):.4g} E"
