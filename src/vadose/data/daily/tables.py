"""Tables of soil moisture at one point: any delimiter, with or without a header, hourly or daily.

Known by their columns: COSMOS level 3 (`SOILM DEP SM12H D12`, volume per cent and cm) and COSMOS-Europe.
Source: Zreda et al. (2012), Bogena et al. (2022)
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from vadose.constants import RHO_WATER
from vadose.data.daily.columns import Table, dates, numbers, parse_table
from vadose.data.daily.observations import Observations, PointSource
from vadose.data.daily.quality import FLAG, Rule, rules_of
from vadose.data.units import conversion
from vadose.errors import DataError, UnitError
from vadose.grid.latlon import Sites
from vadose.variables import lookup

SUFFIXES = tuple(s + z for s in (".csv", ".txt", ".tsv", ".dat") for z in ("", ".gz"))
_EUROPE = "SoilMoisture_volumetric_MovAvg24h"
_NAMES = (
    _EUROPE, "SOILM", "soil_moisture", "soilmoisture", "sm", "swc", "vwc", "theta", "mrsos", "mrsol", "soil_water",
    "volumetric_water_content", "soil_water_content",
)  # fmt: skip
_SITE_NAMES = ("site", "sitename", "site_name", "site_id", "station", "station_name", "station_id")
# Units and depth (column, metres of its unit) that the networks document and their files leave out.
_UNITS = {_EUROPE: "m3 m-3", "SOILM": "%", "SM12H": "%"}
_DEPTHS = {_EUROPE: ("Footprint_Depth_m", 1.0), "SOILM": ("DEP", 0.01), "SM12H": ("D12", 0.01)}
_QUALITY = {_EUROPE: ("Flag_Extreme_Counts", "Flag_Porosity_Excess", "Flag_Snow_ERA5")}


def read_tables(paths: tuple[str, ...], source: PointSource) -> list[Observations]:
    """Observations of tables, one site a value column; tables of one column name continue one another in time.

    Raises DataError for columns or dates that are not there, UnitError for units that are not or do not convert.
    """
    seen = []
    for path in paths:
        table = parse_table(path)
        for name in _value_columns(table, source):
            seen.append(_read(table, name, source, alone=len(paths) == 1))
    return seen


def _read(table: Table, name: str, source: PointSource, alone: bool) -> Observations:
    where = f"{table.path}: column {name!r}"
    time = dates(table, source.time)
    raw = numbers(table, name)
    notes: list[str] = []
    value, factor = _canonical(raw, table, name, source, where, notes)
    label = source.label or Path(table.path).name.split(".")[0]
    several = source.variable is not None and "," in source.variable
    sites, site = _sites(table, source, f"{label} {name}" if several else label)
    return Observations(
        sites,
        site,
        time,
        value * factor,
        {FLAG: _flagged(table, name, source, time.size)},
        None if source.rain is None else numbers(table, table.column(source.rain, "rain")),
        source.depth or _depth(table, name),
        (table.path,),
        tuple(notes),
    )


def _value_columns(table: Table, source: PointSource) -> list[str]:
    if source.variable is not None:
        if source.variable in table.names:
            return [source.variable]
        return [table.column(v.strip(), "variable") for v in source.variable.split(",")]
    plain = {n.lower(): n for n in reversed(table.names)}
    for name in _NAMES:
        if name.lower() in plain:
            return [plain[name.lower()]]
    begins = [n for n in table.names if n.lower().startswith(("soil_moisture", "soilmoisture", "swc", "vwc", "sm_"))]
    if len(begins) == 1:
        return begins
    raise DataError(
        f"{table.path}: no single column of soil moisture; it has {table.described}; name one with `variable`"
    )


def _canonical(
    raw: np.ndarray, table: Table, name: str, source: PointSource, where: str, notes: list[str]
) -> tuple[np.ndarray, float]:
    """Values, and the factor that makes them m3 m-3."""
    units = source.units or table.units.get(name) or _UNITS.get(name)
    if units is None:
        known = raw[np.isfinite(raw)]
        if known.size and not (known.min() >= -0.1 and known.max() <= 1.0):
            raise UnitError(
                f"{where}: no units, and values reach {known.max():g}: not m3 m-3; state `units` ('%', or 'mm' with "
                "`depth`) in the study"
            )
        units = "m3 m-3"
        notes.append(f"{where}: no units; values between 0 and 1 are taken as m3 m-3")
    how = conversion(units, lookup("soil_moisture"), where)
    if how.kind != "mass":
        return raw + (how.offset / how.scale if how.scale else 0.0), how.scale
    if source.depth is None:
        raise UnitError(
            f"{where}: units {units!r} need the thickness of the soil they stand for; state `depth` = [top, bottom] m"
        )
    return raw, how.scale / (RHO_WATER * (source.depth[1] - source.depth[0]))


def _flagged(table: Table, name: str, source: PointSource, size: int) -> np.ndarray:
    """True where the quality columns of the table refuse the value."""
    bad = np.zeros(size, bool)
    usual = [Rule(flag, allowed=(0,)) for flag in _QUALITY.get(name, ()) if flag in table.names]
    for rule in rules_of(source.quality, usual):
        bad |= ~rule.passes(numbers(table, table.column(rule.variable, "quality")))
    return bad


def _depth(table: Table, name: str) -> tuple[float, float] | None:
    """From the surface to the median depth that a cosmic-ray sensor sees."""
    column, factor = _DEPTHS.get(name, ("", 1.0))
    if column not in table.names:
        return None
    depth = numbers(table, column) * factor
    depth = depth[np.isfinite(depth) & (depth > 0)]
    return (0.0, round(float(np.median(depth)), 3)) if depth.size else None


def _sites(table: Table, source: PointSource, label: str) -> tuple[Sites, np.ndarray]:
    """The site of every row: all rows are one site, unless a column names several.

    Raises DataError where rows lie at several places but no column names their sites.
    """
    import pandas as pd

    rows = len(table.frame)
    column = next((n for n in table.names if n.lower() in _SITE_NAMES and table.frame[n].nunique() > 1), None)
    if column is None:
        lat, lon = _location(table, source, slice(None))
        return _at([lat], [lon], [label]), np.zeros(rows, np.int64)
    place, names = pd.factorize(table.frame[column].astype("string").str.strip(), use_na_sentinel=True)
    if (place < 0).any():
        raise DataError(f"{table.path}: column {column!r} names no site in row {int(np.argmin(place)) + 1}")
    where = [_location(table, source, place == i) for i in range(len(names))]
    alone = label == Path(table.path).name.split(".")[0]
    titles = [str(n) if alone else f"{label} {n}" for n in names]
    return _at([w[0] for w in where], [w[1] for w in where], titles), place.astype(np.int64)


def _at(lat: list[float], lon: list[float], names: list[str]) -> Sites:
    return Sites(np.array(lat), (np.array(lon) + 180) % 360 - 180, tuple(names))


def _location(table: Table, source: PointSource, rows: Any) -> tuple[float, float]:
    """Latitude and longitude that the rows share, or those of the study; NaN where neither states them."""
    if source.location is not None:
        return source.location
    found = []
    for names in (("lat", "latitude"), ("lon", "longitude")):
        column = next((n for n in table.names if n.lower() in names), None)
        values = numbers(table, column)[rows] if column else np.array([])
        values = np.unique(values[np.isfinite(values)])
        if values.size > 1:
            raise DataError(
                f"{table.path}: column {column!r} holds {values.size} values at one site; expected the observations of "
                "one point, or a column `site` that tells them apart"
            )
        found.append(float(values[0]) if values.size else np.nan)
    return found[0], found[1]
