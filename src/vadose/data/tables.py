"""Tables of site values (CSV, such as FLUXNET2015 extracts): columns, dates, positions, units."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vadose.constants import SECONDS_PER_DAY
from vadose.data.horizontal import wrap
from vadose.data.layout import Rejected
from vadose.data.months import month_lengths
from vadose.data.source import Source
from vadose.data.units import conversion
from vadose.errors import DataError, UnitError
from vadose.grid.latlon import Sites

if TYPE_CHECKING:
    import pandas as pd

TABLES = (".csv", ".csv.gz")
_COLUMNS = {
    "site": ("sitename", "site", "site_id", "site_name", "station", "station_id", "id", "name"),
    "lat": ("lat", "latitude", "location_lat"),
    "lon": ("lon", "longitude", "location_long"),
    "date": ("date", "time", "timestamp", "datetime", "yearmonth"),
    "year": ("year", "yr"),
    "month": ("month", "mon"),
}


@dataclass(frozen=True, eq=False)
class Observations:
    """Values at sites in any order, in canonical units.

    site   [observation] place in `sites`, -1 where its position is unknown
    month  [observation] 12 * year + month - 1;  day [observation] d;  value [observation], NaN where missing
    """

    sites: Sites
    site: np.ndarray
    month: np.ndarray
    day: np.ndarray
    value: np.ndarray
    monthly: bool
    rejected: Rejected
    path: str
    name: str
    units: str
    notes: tuple[str, ...] = ()


def read_observations(source: Source) -> Observations:
    """Observations of one CSV table, with the positions of the sites from it or from the table of sites.

    Raises DataError for missing columns or dates, UnitError where the study states no units.
    """
    path = _table_path(source)
    table = read_table(path)
    columns = {key: _column(table, key) for key in _COLUMNS}
    name = _value_column(table, source, columns, path)
    if columns["site"] is None:
        raise DataError(
            f"{path}: no column of site names ({', '.join(_COLUMNS['site'])}); it has {', '.join(map(str, table))}"
        )
    month, day, monthly = _times(table, columns, path)
    how = conversion(
        source.units or source.fallback.get("units"), source.quantity, f"{path}: column {name!r}", source.accumulation
    )
    if how.kind == "mass":
        raise UnitError(
            f"{path}: column {name!r}: units {how.source_units!r} need the thickness of the soil; expected m3 m-3 or %"
        )
    names = table[columns["site"]].astype(str).str.strip().to_numpy()
    sites, notes = _positions(source, path, table, columns, names)
    index = {n: i for i, n in enumerate(sites.names)}
    value = _values(table, name, path) * how.scale + how.offset
    value = source.sign * value
    if how.per_month:
        value = value / month_lengths(month, "noleap")
    value, rejected = _plausible(value, source)
    return Observations(
        sites=sites, site=np.array([index.get(n, -1) for n in names]), month=month, day=day, value=value,
        monthly=monthly, rejected=rejected, path=path, name=name, units=how.source_units, notes=tuple(notes),
    )  # fmt: skip


def _values(table: pd.DataFrame, name: str, path: str) -> np.ndarray:
    try:
        return table[name].to_numpy(dtype=float)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{path}: column {name!r} holds text ({error}); expected numbers, empty or -9999 for missing"
        ) from error


def read_table(path: str) -> pd.DataFrame:
    """A CSV file (or .csv.gz) as a table; lines that begin with # are comments.

    Raises DataError where it cannot be parsed.
    """
    import pandas as pd

    try:
        table = pd.read_csv(path, comment="#", skipinitialspace=True, na_values=["-9999", "-9999.0"])
    except (OSError, EOFError, ValueError, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: not a readable CSV table ({error}); expected a header line and columns") from error
    table.columns = [str(c).strip() for c in table.columns]
    return table


def _table_path(source: Source) -> str:
    """The table of values: the file itself, or the one in the folder that is not the table of sites."""
    path = Path(source.paths[0])
    if len(source.paths) > 1:
        raise DataError(f"{source.name}: {len(source.paths)} tables match; expected one CSV, name it in `path`")
    if not path.is_dir():
        return str(path)
    tables = [p for p in sorted(path.iterdir()) if p.name.lower().endswith(TABLES) and not _is_site_table(p)]
    if len(tables) != 1:
        raise DataError(f"{path}: {len(tables)} CSV tables of values; expected one, name it in `path` of the study")
    return str(tables[0])


def _is_site_table(path: Path) -> bool:
    return path.name.lower().removesuffix(".gz").removesuffix(".csv") in ("sites", "site", "stations", "site_info")


def _column(table: pd.DataFrame, key: str) -> str | None:
    lower = {str(c).lower(): str(c) for c in table.columns}
    return next((lower[c] for c in _COLUMNS[key] if c in lower), None)


def _value_column(table: pd.DataFrame, source: Source, columns: dict[str, str | None], path: str) -> str:
    known = source.quantity
    usual = [*source.fallback.get("file_variable", ()), known.cmip, known.name, *known.aliases, "value"]
    wanted = [source.file_variable] if source.file_variable else usual
    for name in wanted:
        if name in table.columns:
            return str(name)
    have = ", ".join(str(c) for c in table.columns if c not in columns.values())
    raise DataError(
        f"{path}: no column of {known.name} (looked for {', '.join(map(str, wanted))}); it has {have}; "
        "name one with `file_variable` in the study"
    )


def _times(table: pd.DataFrame, columns: dict[str, str | None], path: str) -> tuple[np.ndarray, np.ndarray, bool]:
    """Month and day of every row, and whether rows are monthly: one a site and month."""
    import pandas as pd

    if columns["year"] and columns["month"] and not columns["date"]:
        month = 12 * table[columns["year"]].to_numpy(int) + table[columns["month"]].to_numpy(int) - 1
        days = month.astype(float) * 31
        if "day" in table:
            days = days + table["day"].to_numpy(float)
    elif columns["date"]:
        text = table[columns["date"]].astype(str).str.strip()
        try:
            dates = pd.to_datetime(text, format="%Y%m" if text.str.fullmatch(r"\d{6}").all() else "mixed")
        except ValueError as error:
            raise DataError(
                f"{path}: column {columns['date']!r} holds no dates ({error}); expected 2010-02-05"
            ) from error
        month = (12 * dates.dt.year + dates.dt.month - 1).to_numpy()
        days = np.floor(dates.to_numpy().astype("datetime64[s]").astype(float) / SECONDS_PER_DAY)
    else:
        raise DataError(f"{path}: no column of dates (date, or year and month); it has {', '.join(map(str, table))}")
    pairs = np.stack([table[columns["site"]].astype(str).factorize()[0], month])
    return month, days, np.unique(pairs, axis=1).shape[1] == month.size


def _positions(
    source: Source, path: str, table: pd.DataFrame, columns: dict[str, str | None], names: np.ndarray
) -> tuple[Sites, list[str]]:
    """Sites of the values, with their positions from the table of sites or from the table itself."""
    places, where = table, columns
    if columns["lat"] is None or columns["lon"] is None:
        other = _site_table(source, path)
        places = read_table(other)
        where = {key: _column(places, key) for key in _COLUMNS}
        absent = [key for key in ("site", "lat", "lon") if where[key] is None]
        if absent:
            raise DataError(f"{other}: no column of {', '.join(absent)}; it has {', '.join(map(str, places))}")
    unique = places.drop_duplicates(where["site"]).set_index(places[where["site"]].drop_duplicates().astype(str))
    wanted = [n for n in dict.fromkeys(names) if n in unique.index]
    lost = [n for n in dict.fromkeys(names) if n not in unique.index]
    if not wanted:
        raise DataError(
            f"{path}: none of its sites has a position in the table of sites; state `site_table` in the study"
        )
    lat, lon = (unique.loc[wanted, where[key]].to_numpy(float) for key in ("lat", "lon"))
    notes = [f"{path}: no position for {', '.join(lost[:8])} ({len(lost)} sites left out)"] if lost else []
    return Sites(lat, wrap(lon), tuple(wanted)), notes


def _site_table(source: Source, path: str) -> str:
    if source.site_table:
        return source.site_table
    beside = [p for p in sorted(Path(path).parent.iterdir()) if _is_site_table(p)]
    if not beside:
        raise DataError(
            f"{path}: no columns lat and lon, no sites.csv beside it; state `site_table` (site, lat, lon) in the study"
        )
    return str(beside[0])


def _plausible(value: np.ndarray, source: Source) -> tuple[np.ndarray, Rejected]:
    low, high = source.quantity.valid_range
    wrong = np.isfinite(value) & ((value < low) | (value > high))
    example = float(value[wrong][0]) if wrong.any() else np.nan
    return np.where(wrong, np.nan, value), Rejected(int(wrong.sum()), example)
