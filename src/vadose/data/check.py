"""Say what a file is and whether vadose can use it: `vadose data check PATH`."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.data.axes import role_of
from vadose.data.catalog import list_references
from vadose.data.cf import open_stack
from vadose.data.layout import read_layout
from vadose.data.months import span_text
from vadose.data.netcdf import data_variables, opened
from vadose.data.sites import monthly_table
from vadose.data.source import Source
from vadose.data.tables import TABLES, read_observations, read_table
from vadose.data.units import conversion
from vadose.errors import DataError, UnitError, VadoseError
from vadose.grid.latlon import Sites
from vadose.variables import VARIABLES

if TYPE_CHECKING:
    from rich.console import Group

__all__ = ["CheckReport", "VariableReport", "check"]

_OTHERS = 12  # variables that are only named
_FIXED = {"sftlf": "land fraction", "areacella": "cell area"}


@dataclass(frozen=True)
class VariableReport:
    """One variable of a file: what it would be inside vadose, or why it cannot be used."""

    name: str
    quantity: str
    units: str = ""
    period: str = ""
    grid: str = ""
    layers: str = ""
    problem: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckReport:
    """What a file, or the files of a folder, are.

    kind      "netCDF on a grid", "netCDF of sites", "CSV of sites", ... or "" where nothing could be read
    variables those that vadose has a use for; others are only named
    """

    path: str
    kind: str
    variables: tuple[VariableReport, ...] = ()
    others: tuple[str, ...] = ()
    problem: str = ""
    files: int = 1
    notes: tuple[str, ...] = field(default=())

    @property
    def usable(self) -> bool:
        return not self.problem and any(not v.problem for v in self.variables)

    def table(self) -> Group:
        """The report for the terminal."""
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        many = f", {self.files} files" if self.files > 1 else ""
        head = Text.assemble((f"{self.path}", "bold"), f": {self.kind or 'unknown'}{many}: ")
        head.append("usable" if self.usable else "not usable", "green" if self.usable else "red")
        table = Table()
        for column in ("Variable", "Is", "Units", "Period", "Grid", "Layers", "Remarks"):
            table.add_column(column, overflow="fold")
        for v in self.variables:
            remarks = Text(v.problem, "red") if v.problem else Text("; ".join(v.notes))
            table.add_row(*map(Text, (v.name, v.quantity, v.units, v.period, v.grid, v.layers)), remarks)
        notes = [self.problem, *self.notes]
        if self.others:
            more = f" and {len(self.others) - _OTHERS} more" if len(self.others) > _OTHERS else ""
            notes.append(f"not used: {', '.join(self.others[:_OTHERS])}{more}")
        tail = [Text(n) for n in notes if n]
        return Group(head, *([table] if self.variables else []), *tail, "")


def check(path: str | Path) -> CheckReport:
    """Look at one file, or at the files of a folder as one source; never raises for what is wrong with them."""
    path = str(path)
    try:
        paths = _paths(path)
        if paths[0].lower().endswith(TABLES):
            return _check_table(path, paths)
        return _check_netcdf(path, paths)
    except VadoseError as error:
        return CheckReport(path, "", problem=str(error))


def _paths(path: str) -> list[str]:
    if not Path(path).exists():
        raise DataError(f"{path}: no such file or folder")
    if not Path(path).is_dir():
        return [path]
    inside = sorted(p for p in Path(path).iterdir() if p.is_file())
    tables = [str(p) for p in inside if p.name.lower().endswith(TABLES)]
    fields = [str(p) for p in inside if p.suffix.lower() in (".nc", ".nc4", ".h5", ".hdf5", ".he5")]
    if not tables and not fields:
        raise DataError(f"{path}: the folder holds neither netCDF nor CSV files")
    return fields or tables


def _check_netcdf(path: str, paths: list[str]) -> CheckReport:
    with opened(paths[0]) as dataset:
        names = {n: tuple(v.dimensions) for n, v in data_variables(dataset).items()}
        swath = _swath(dataset, paths[0])
        fixed = [f"{n} is the {_FIXED[n]} of a model: used with its other files" for n in names if n in _FIXED]
        is_lattice = "gp" in dataset.dimensions or _is_index(dataset)
    if swath:
        return CheckReport(path, "swath", others=tuple(names), problem=swath, files=len(paths))
    if fixed:
        found = tuple(VariableReport(n, _FIXED[n]) for n in names if n in _FIXED)
        return CheckReport(path, "fixed field of a model", found, files=len(paths), notes=tuple(fixed))
    known = [(n, source) for n in names if (source := _source(n, paths)) is not None]
    reports = tuple(_check_variable(n, source) for n, source in known)
    problem = ""
    if not known:
        problem = "no variable that vadose has a use for; name one with `file_variable` in the study if there is"
        if is_lattice:
            problem = "a list of grid points without data; use the files beside it"
    kind = "netCDF of sites" if any(r.grid.endswith("sites") for r in reports) else "netCDF on a grid"
    others = tuple(n for n in names if n not in dict(known) and role_of(n, None) is None)
    return CheckReport(path, kind if known else "netCDF", reports, others, problem, len(paths))


def _is_index(dataset: Any) -> bool:
    return {"gpi", "cell"} <= set(dataset.variables)


def _swath(dataset: Any, path: str) -> str:
    """Why an orbit cannot be used, where the file is one: positions for every observation, and none repeats."""
    for group in (dataset, *dataset.groups.values()):
        for lat_name, lon_name in (("latitude", "longitude"), ("lat", "lon")):
            lat, lon = group.variables.get(lat_name), group.variables.get(lon_name)
            if lat is None or lon is None or lat.ndim != 1 or lat.dimensions != lon.dimensions:
                continue
            dim = lat.dimensions[0]
            along = sum(v.dimensions[:1] == (dim,) for v in group.variables.values())
            no_time = not any(
                v.dimensions in ((), ("time",)) for n, v in group.variables.items() if "time" in n.lower()
            )
            if along > 4 and lat.size > 1000 and no_time and str(getattr(dataset, "featureType", "")) == "":
                return (
                    f"{Path(path).name} is a swath (level 2): {lat.size} observations along an orbit, whose places "
                    "differ from file to file; a benchmark needs the gridded level 3 product (for SMAP: SPL3SMP); "
                    'a calibration reads half orbits of SMAP, product = "smap_l2"'
                )
    return ""


def _source(name: str, paths: list[str]) -> Source | None:
    """How the variable called `name` would be read, by the registry and the known references."""
    for known in VARIABLES.values():
        if name in (known.cmip, known.name, *known.aliases):
            row = _known_names().get(name, {"variable": known.name, "options": {}})
            return Source(known.name, tuple(paths), file_variable=name, **row["options"])
    if name in _known_names():
        row = _known_names()[name]
        return Source(row["variable"], tuple(paths), file_variable=name, **row["options"])
    return None


@cache
def _known_names() -> dict[str, dict[str, Any]]:
    """Names of variables of the known references, each alone with the layer it stands for."""
    found: dict[str, dict[str, Any]] = {}
    for reference in list_references():
        for product in reference.products:
            options: dict[str, Any]
            single = product.file_variable if isinstance(product.file_variable, tuple) else ()
            for name, layer in zip(single, product.layers, strict=bool(single)):
                options = {"layers": (layer,), "fallback": {"units": product.units}}
                found.setdefault(name, {"variable": product.variable, "options": options})
            plain = (product.file_variable,) if isinstance(product.file_variable, str) else product.names
            for name in plain:
                options = {"accumulation": product.accumulation, "sign": product.sign}
                found.setdefault(name, {"variable": product.variable, "options": options})
    return found


def _check_variable(name: str, source: Source) -> VariableReport:
    quantity = source.quantity.title
    try:
        layout = read_layout(source.paths[0], source)
        if layout.ragged or isinstance(layout.horizontal.grid, Sites):
            return _check_sites(name, source)
        stack = open_stack(source)
        with opened(stack.first.path) as dataset:
            sample = stack.first.read(dataset, slice(0, 1))
    except VadoseError as error:
        return VariableReport(name, quantity, problem=str(error))
    layers = stack.layers
    step = "" if stack.monthly else ", shorter steps"
    months = "climatology" if stack.first.stamps.nominal else span_text(stack.months)
    notes = [*stack.warnings]
    if not np.isfinite(sample).any():
        notes.append("the first step is all missing")
    if source.accumulation and _is_amount(stack.first.conversion.source_units, source):
        notes.append(f"an amount, taken as summed over one {source.accumulation}")
    if stack.first.stamps.nominal:
        notes.append("months without a year: set climatology = true in the study")
    return VariableReport(
        name=name,
        quantity=quantity,
        units=f"{stack.first.conversion.source_units} -> {source.quantity.units}",
        period=f"{months} ({stack.first.stamps.calendar}{step})",
        grid=_grid_text(stack.horizontal.grid),
        layers="" if layers is None else f"{layers.size}: {layers.bounds[0, 0]:g}-{layers.bottom:g} m",
        notes=tuple(notes),
    )


def _is_amount(units: str, source: Source) -> bool:
    try:
        conversion(units, source.quantity, source.name)
    except UnitError:
        return True
    return False


def _check_sites(name: str, source: Source) -> VariableReport:
    layout = read_layout(source.paths[0], source)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        days = layout.stamps.days
        first, last = (_day_text(d, layout.stamps.calendar) for d in (days.min(), days.max()))
    sites = layout.horizontal.grid
    assert isinstance(sites, Sites)
    return VariableReport(
        name=name,
        quantity=source.quantity.title,
        units=f"{layout.conversion.source_units} -> {source.quantity.units}",
        period=f"{first}..{last} ({layout.stamps.calendar})",
        grid=f"{sites.size} sites",
        layers="" if layout.layers is None else f"{layout.layers.bounds[0, 0]:g}-{layout.layers.bottom:g} m",
        notes=(f"{len(source.paths)} files",) if len(source.paths) > 1 else (),
    )


def _day_text(day: float, calendar: str) -> str:
    import cftime

    return str(cftime.num2date(day, "days since 1850-01-01", calendar=calendar).strftime("%Y-%m-%d"))


def _grid_text(grid: Any) -> str:
    d_lat, d_lon = grid.spacing
    return f"{grid.shape[0]}x{grid.shape[1]}, {d_lat:.3g}x{d_lon:.3g} degrees"


def _check_table(path: str, paths: list[str]) -> CheckReport:
    table = read_table(paths[0]) if len(paths) == 1 else None
    reports = []
    for known in VARIABLES.values():
        source = Source(known.name, (path,), fallback={"units": _usual_units(known.name)})
        try:
            seen = read_observations(source)
        except DataError as error:
            if "no column of " + known.name in str(error):
                continue
            return CheckReport(path, "CSV", problem=str(error))
        period = (int(seen.month.min()), int(seen.month.max()))
        values, months = monthly_table(seen.site, seen.month, seen.value, seen.sites.size, period, 1, seen.day)
        reports.append(
            VariableReport(
                name=seen.name,
                quantity=known.title,
                units=f"{seen.units} (assumed) -> {known.units}",
                period=span_text(months) + ("" if seen.monthly else " (shorter steps)"),
                grid=f"{seen.sites.size} sites, {int(np.isfinite(values).sum())} site months",
                notes=(*seen.notes, "a CSV states no units: set `units` in the study"),
            )
        )
    have = ", ".join(map(str, table.columns)) if table is not None else "several tables"
    problem = "" if reports else f"no column that vadose has a use for; the columns are {have}"
    return CheckReport(path, "CSV of sites", tuple(reports), problem=problem, files=len(paths))


def _usual_units(variable: str) -> str:
    known = VARIABLES[variable]
    return known.shown_units if known.name != "gpp" else "gC m-2 d-1"
