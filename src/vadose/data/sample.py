"""The embedded sample: a small invented archive of models and references, for the demo, the docs and the tests.

All names are invented and so are the numbers (see `vadose.data.sample_world`); what is real is the form: grids,
calendars, layers, units and file layouts as CMIP6 models and observational products have them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import cftime
import numpy as np
from netCDF4 import Dataset

from vadose.constants import RHO_WATER
from vadose.data.sample_study import study_text
from vadose.data.sample_world import History, Land, World
from vadose.grid.coastlines import land_fraction
from vadose.grid.latlon import LatLonGrid, bounds_from_centres

SEED = 20260715
FILL = np.float32(1e20)
MISSING = np.float32(-9999.0)


@dataclass(frozen=True)
class SampleModel:
    """One invented model: its grid, its files' habits and how its land behaves.

    rows, columns  size of the global grid
    gaussian       latitudes at the Gauss points instead of evenly spaced
    east           longitudes 0..360 instead of -180..180
    layers         m, thickness of the soil layers from the top
    pieces         number of files that each variable is split into along time
    in_cm          layer bounds in cm
    """

    name: str
    family: str
    parent: str
    land: Land
    rows: int
    columns: int
    layers: tuple[float, ...]
    calendar: str = "noleap"
    gaussian: bool = False
    east: bool = True
    members: tuple[str, ...] = ("r1i1p1f1",)
    pieces: int = 1
    in_cm: bool = False
    without: tuple[str, ...] = ()


_CANOPY = Land(capacity=190, stress=0.5, growth=1.15, demand=0.95, own=0.35, seed=11)
_MEADOW = Land(capacity=110, stress=0.65, rainfall=1.1, delay=0.7, offset=0.03, growth=0.85, own=0.5, seed=12)
_LOAM = Land(capacity=140, stress=0.6, rainfall=0.88, delay=-0.4, offset=-0.04, drainage=0.6, own=0.4, seed=13)
_BUCKET = Land(capacity=70, stress=0.8, rainfall=1.25, delay=1.5, offset=0.06, growth=1.5, own=0.7, seed=14)
_PEAT = Land(capacity=260, stress=0.4, delay=-1.0, offset=0.07, drainage=0.4, growth=0.65, own=0.6, seed=15)

_FIVE = (0.03, 0.07, 0.20, 0.50, 1.20)
_SIX = (0.022, 0.058, 0.154, 0.409, 1.085, 1.2)
_FOUR = (0.07, 0.21, 0.72, 1.0)

MODELS = (
    SampleModel("Alder-LM", "Canopy", "Alder", _CANOPY, 30, 60, _FIVE, members=("r1i1p1f1", "r2i1p1f1")),
    SampleModel("Alder-LM-HR", "Canopy", "Alder", replace(_CANOPY, capacity=200), 36, 64, _FIVE, "standard"),
    SampleModel("Birch-ESM", "Meadow", "Birch-ESM", _MEADOW, 36, 60, _SIX, "360_day", pieces=2),
    SampleModel(
        "Cedar-ESM", "Meadow", "Cedar-ESM", replace(_MEADOW, rainfall=1.05, growth=0.95), 32, 64, _SIX,
        "proleptic_gregorian", gaussian=True, east=False,
    ),
    SampleModel("Elm-CM", "Loam", "Elm-CM", _LOAM, 30, 60, _FOUR, gaussian=True),
    SampleModel(
        "Fern-CM", "Loam", "Fern-CM", replace(_LOAM, stress=0.66, delay=-0.1), 36, 60, _FOUR, "365_day", in_cm=True,
    ),
    SampleModel("Dune-ES", "Bucket", "Dune-ES", _BUCKET, 30, 60, (0.10, 0.25, 1.65), "standard"),
    SampleModel("Gorse-ES", "Peat", "Gorse-ES", _PEAT, 30, 72, (0.05, 0.15, 0.30, 0.5, 1.0), without=("gpp",)),
)  # fmt: skip


def write_sample(folder: str | os.PathLike[str], *, seed: int = SEED, years: tuple[int, int] = (2000, 2009)) -> Path:
    """Write the sample archive under `folder` and return the path of the study file that reads it.

    seed  : decides the invented world and its weather; the same seed gives the same values
    years : first and last year, inclusive
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for number, model in enumerate(MODELS):
        _write_model(folder / "models" / model.name, model, seed, 100 + 10 * number, years)
    _write_references(folder / "references", seed, years)
    study = folder / "study.toml"
    _renamed(study, lambda path: path.write_text(study_text(MODELS, years), encoding="utf-8"))
    return study


def _write_model(folder: Path, model: SampleModel, seed: int, weather: int, years: tuple[int, int]) -> None:
    """Land variables on the land cells, fluxes of water over the ocean too, and the fixed fields."""
    grid, lon_shown = _model_grid(model)
    fraction = _land_fraction(grid)
    cells = np.flatnonzero(fraction > 0)
    bounds = _stacked(model.layers)
    world = World.of_cells(grid, cells, seed)
    for number, member in enumerate(model.members):
        history = world.run(model.land, _month_count(years), seed + weather + number)
        out = folder / "historical" / member
        out.mkdir(parents=True, exist_ok=True)
        archive = _Archive(grid, cells, lon_shown, model.calendar, years)
        labels = {"source_id": model.name, "variant_label": member, "experiment_id": "historical", "grid_label": "gn"}
        for short, table, units, values in _model_variables(history, bounds):
            if short in model.without:
                continue
            text = {
                "units": units,
                "cell_methods": "area: mean where land time: mean",
                "cell_measures": "area: areacella",
            }
            ocean = 2e-5 if table == "Amon" else None
            layers = (bounds, "cm" if model.in_cm else "m") if short == "mrsol" else None
            for first, last in _pieces(years, model.pieces):
                name = f"{short}_{table}_{model.name}_historical_{member}_gn_{first}01-{last}12.nc"
                part = slice(12 * (first - years[0]), 12 * (last + 1 - years[0]))
                cut = replace(archive, years=(first, last), layers=layers, ocean=ocean)
                cut.write(out / name, short, values[part], text, labels | {"variable_id": short, "table_id": table})
        for short, units, field in (("sftlf", "%", 100 * fraction), ("areacella", "m2", grid.area.ravel())):
            name = f"{short}_fx_{model.name}_historical_{member}_gn.nc"
            attributes = labels | {"variable_id": short, "table_id": "fx"}
            replace(archive, cells=np.arange(grid.size), years=None).write(
                out / name, short, field[None], {"units": units}, attributes
            )


def _model_variables(history: History, bounds: np.ndarray) -> list[tuple[str, str, str, np.ndarray]]:
    """(short name, table, unit, values [month, (layer,) cell]) of everything that a model writes."""
    mass = RHO_WATER * np.diff(bounds, axis=1)[None, :, :] * history.soil_moisture(bounds)
    surface = RHO_WATER * 0.1 * history.soil_moisture(np.array([[0.0, 0.1]]))[:, 0]
    flux = "kg m-2 s-1"
    return [
        ("mrsol", "Emon", "kg m-2", mass),
        ("mrsos", "Lmon", "kg m-2", surface),
        ("gpp", "Lmon", flux, history.gpp),
        ("lai", "Lmon", "1", history.lai),
        ("mrros", "Lmon", flux, history.surface_runoff),
        ("pr", "Amon", flux, history.precipitation),
        ("evspsbl", "Amon", flux, history.evapotranspiration),
    ]


def _write_references(folder: Path, seed: int, years: tuple[int, int]) -> None:
    """Six products that all saw the same invented truth, each with errors of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    months = _month_count(years)
    fine, coarse = LatLonGrid.regular(3.0), LatLonGrid.regular(4.0)
    cells = np.flatnonzero(_land_fraction(fine) >= 0.5)
    world = World.of_cells(fine, cells, seed)
    truth = world.run(Land(), months, seed)
    product = _Archive(fine, cells, fine.lon, "standard", years, fill=MISSING, descending=True)

    bounds = np.array([[0.0, 0.1], [0.1, 0.3], [0.3, 0.5], [0.5, 1.0]])
    layered = truth.soil_moisture(bounds) + rng.normal(0, 0.006, (months, 4, cells.size))
    replace(product, layers=(bounds, "m")).write(folder / "palisade_sm.nc", "sm", layered, {"units": "m3 m-3"})
    skin = truth.soil_moisture(np.array([[0.0, 0.05]]))[:, 0] + rng.normal(0, 0.012, (months, cells.size))
    skin[_unseen(world, months, rng)] = np.nan
    percent = {"units": "%", "long_name": "surface soil moisture"}
    replace(product, bounds=False).write(folder / "lantern_sm.nc", "sm", 100 * skin, percent)
    noise = lambda size: np.exp(rng.normal(0, size, (months, cells.size)))  # noqa: E731
    for name, short, units, values in (
        ("verdure_gpp", "gpp", "g m-2 d-1", truth.gpp * 8.64e7 * noise(0.06)),
        ("foliage_lai", "lai", "1", truth.lai * noise(0.05)),
        ("vapour_et", "et", "mm d-1", truth.evapotranspiration * 86400 * noise(0.05)),
    ):
        product.write(folder / f"{name}.nc", short, values, {"units": units})

    cells = np.flatnonzero(_land_fraction(coarse) >= 0.5)
    second = World.of_cells(coarse, cells, seed).run(Land(capacity=175, rainfall=1.04, own=0.1, seed=21), months, seed)
    analysis = _Archive(coarse, cells, coarse.lon, "proleptic_gregorian", years)
    bounds = np.array([[0.0, 0.1], [0.1, 0.4], [0.4, 1.0], [1.0, 2.0]])
    for short, _, units, values in _model_variables(second, bounds):
        if short in {"mrsol", "pr", "evspsbl", "mrros"}:
            layers = (bounds, "m") if short == "mrsol" else None
            replace(analysis, layers=layers).write(folder / f"mosaic_{short}.nc", short, values, {"units": units})


def _unseen(world: World, months: int, rng: np.random.Generator) -> np.ndarray:
    """Where the satellite sees nothing [month, cell]: frozen ground, dense forest, gaps that shrink with the years."""
    frozen = np.stack([world.temperature(t % 12 + 0.5) < 0.0 for t in range(months)])
    forest = (np.abs(world.lat) < 9) & (world.wetness > 0.3)
    gaps = rng.random((months, world.lat.size)) < np.linspace(0.25, 0.05, months)[:, None]
    return frozen | forest | gaps


@dataclass(frozen=True, eq=False)
class _Archive:
    """Where and when the values of a file are, and the habits of who wrote it.

    cells : [cell] row-major index of the values into the grid; elsewhere `ocean`, or `fill` where that is None
    years : first and last year, None for a field without time
    """

    grid: LatLonGrid
    cells: np.ndarray
    lon_shown: np.ndarray
    calendar: str
    years: tuple[int, int] | None
    fill: np.float32 = FILL
    descending: bool = False
    bounds: bool = True
    layers: tuple[np.ndarray, str] | None = None
    ocean: float | None = None

    def write(
        self, path: Path, name: str, values: np.ndarray, text: dict[str, Any], attributes: dict[str, Any] | None = None
    ) -> None:
        """Write values [month, (layer,) cell] as the variable `name`, with its attributes and those of the file."""

        def fill_file(partial: Path) -> None:
            with Dataset(partial, "w") as file:
                file.setncatts({"Conventions": "CF-1.7", "title": "vadose sample, invented"} | (attributes or {}))
                dims = self._write_coordinates(file)
                full = self._on_grid(values if self.years else values[0])
                chunks = (min(24, full.shape[0]), *full.shape[1:]) if self.years else full.shape
                packing: dict[str, Any] = {"zlib": True, "complevel": 4, "shuffle": True, "chunksizes": chunks}
                variable = file.createVariable(name, "f4", dims, fill_value=self.fill, **packing)
                variable.setncatts(text)
                variable[:] = full

        _renamed(path, fill_file)

    def _on_grid(self, values: np.ndarray) -> np.ndarray:
        """Packed values [..., cell] on the grid [..., lat, lon] in the order of the file."""
        full = np.full((*values.shape[:-1], self.grid.size), self.fill if self.ocean is None else self.ocean, "f4")
        full[..., self.cells] = np.where(np.isfinite(values), _short_mantissa(values), self.fill)
        full = full.reshape(*values.shape[:-1], *self.grid.shape)
        full = full[..., np.argsort(self.lon_shown)]
        return full[..., ::-1, :] if self.descending else full

    def _write_coordinates(self, file: Dataset) -> tuple[str, ...]:
        """Dimensions and coordinates of the file; returns the dimensions of its variable."""
        file.createDimension("bnds", 2)
        order = np.argsort(self.lon_shown)
        lon_bounds = self.grid.lon_bnds + (self.lon_shown - self.grid.lon)[:, None]
        turn = slice(None, None, -1) if self.descending else slice(None)
        axes = [
            ("lat", self.grid.lat[turn], self.grid.lat_bnds[turn], {"units": "degrees_north", "axis": "Y"}),
            ("lon", self.lon_shown[order], lon_bounds[order], {"units": "degrees_east", "axis": "X"}),
        ]
        if self.layers is not None:
            bounds, units = self.layers
            bounds = bounds * (100.0 if units == "cm" else 1.0)
            axes.insert(0, ("depth", bounds.mean(1), bounds, {"units": units, "axis": "Z", "positive": "down"}))
        if self.years is not None:
            edges, units = _month_edges(self.years, self.calendar)
            stamp = edges.mean(1) if self.bounds else edges[:, 0]
            axes.insert(0, ("time", stamp, edges, {"units": units, "calendar": self.calendar, "axis": "T"}))
        for name, centres, bounds, text in axes:
            file.createDimension(name, None if name == "time" else len(centres))
            coordinate = file.createVariable(name, "f8", (name,))
            coordinate.setncatts(text)
            coordinate[:] = centres
            if self.bounds or name == "depth":
                coordinate.bounds = f"{name}_bnds"
                file.createVariable(f"{name}_bnds", "f8", (name, "bnds"))[:] = bounds
        return tuple(name for name, *_ in axes)


def _renamed(path: Path, write: Any) -> None:
    """Call `write` with a temporary path and give the finished file its name."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    write(partial)
    partial.replace(path)


def _short_mantissa(values: np.ndarray) -> np.ndarray:
    """Values rounded to 9 significant bits (relative 2e-3), so that the files compress well."""
    bits = np.ascontiguousarray(values, "f4").view("u4")
    return ((bits + np.uint32(0x4000)) & np.uint32(0xFFFF8000)).view("f4")


def _model_grid(model: SampleModel) -> tuple[LatLonGrid, np.ndarray]:
    """The grid in canonical order and the longitudes [lon] as the files of the model show them."""
    if model.gaussian:
        lat = np.degrees(np.arcsin(np.polynomial.legendre.leggauss(model.rows)[0]))
    else:
        lat = -90 + 180 / model.rows * (np.arange(model.rows) + 0.5)
    step = 360 / model.columns
    lon = -180 + step * np.arange(model.columns)
    lon_bnds = np.stack([lon - step / 2, lon + step / 2], axis=1)
    lat_bnds = bounds_from_centres(lat).clip(-90, 90)
    lat_bnds[0, 0], lat_bnds[-1, 1] = -90, 90
    return LatLonGrid(lat, lon, lat_bnds, lon_bnds), np.where(lon < 0, lon + 360, lon) if model.east else lon


def _land_fraction(grid: LatLonGrid) -> np.ndarray:
    """Fraction of each cell that is land [cell], 0 on the ice sheets and where only a sliver is land."""
    fraction = land_fraction(grid, "c")
    lat, lon = grid.lat[:, None], grid.lon[None, :]
    ice = (lat < -60) | ((lat > 60) & (lon > -58) & (lon < -20))
    return np.where(ice | (fraction < 0.05), 0.0, fraction).ravel()


def _stacked(thickness: tuple[float, ...]) -> np.ndarray:
    """Bounds [layer, 2] m of layers stacked from the surface down."""
    edges = np.concatenate([[0.0], np.cumsum(thickness)])
    return np.stack([edges[:-1], edges[1:]], axis=1)


def _month_count(years: tuple[int, int]) -> int:
    return 12 * (years[1] - years[0] + 1)


def _pieces(years: tuple[int, int], count: int) -> list[tuple[int, int]]:
    """The period cut into at most `count` runs of years."""
    parts = np.array_split(np.arange(years[0], years[1] + 1), count)
    return [(int(p[0]), int(p[-1])) for p in parts if p.size]


def _month_edges(years: tuple[int, int], calendar: str) -> tuple[np.ndarray, str]:
    """First and last instant of every month [month, 2] and the unit that they are counted in."""
    units = "days since 1850-01-01 00:00:00"
    starts = [
        cftime.datetime(years[0] + i // 12, i % 12 + 1, 1, calendar=calendar) for i in range(_month_count(years) + 1)
    ]
    days = np.asarray(cftime.date2num(starts, units, calendar=calendar), float)
    return np.stack([days[:-1], days[1:]], axis=1), units
