"""Columns of a text table: delimiter, header, units, dates and numbers, as loggers and networks write them."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from vadose.data.daily.text import read_text
from vadose.errors import DataError

_MISSING = ["-9999", "-9999.0", "-9999.00", "-999", "-999.0", "-99999", "noData", "NoData", "NAN", "*", "---"]
_NUMBER = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$")
_DATE = re.compile(r"^\d{1,4}[-/.]\d{1,2}([-/.]\d{1,4})?([ T].*)?$")
_CLOCK = re.compile(r"^\d{1,2}:\d{2}(:\d{2})?$")
_UNITS = re.compile(r"^(.*?)\s*[\[(]([^\])]+)[\])]\s*$")
_DATE_NAMES = (
    "datetime_utc", "datetime", "timestamp", "date_time", "time_utc", "date", "yyyy-mm-dd", "time", "day_utc",
)  # fmt: skip
_PARTS = {"year": ("year", "yyyy", "yr"), "month": ("month", "mm", "mon"), "day": ("day", "dd"), "hour": ("hour", "hh")}


@dataclass(frozen=True, eq=False)
class Table:
    """A table as text: column name -> values, and the units that its header states."""

    path: str
    frame: Any
    units: dict[str, str] = field(default_factory=dict)
    header: bool = True

    @cached_property
    def names(self) -> list[str]:
        """The columns from left to right; "column 1", ... of a table without a header."""
        return [str(c) for c in self.frame.columns]

    @property
    def described(self) -> str:
        """The columns as a message lists them."""
        if not self.header:
            return f"{len(self.names)} columns without names ('column 1' to 'column {len(self.names)}')"
        return ", ".join(self.names)

    def column(self, name: str, what: str) -> str:
        """The column called `name`, or counted as "column 17"; raises DataError with the columns that there are."""
        if name in self.names:
            return name
        counted = re.fullmatch(r"column\s+(\d+)", name.strip().lower())
        if counted and 1 <= int(counted[1]) <= len(self.names):
            return self.names[int(counted[1]) - 1]
        raise DataError(f"{self.path}: no column {name!r} (`{what}`); it has {self.described}")


def parse_table(path: str) -> Table:
    """A text table, plain or gzipped; lines that begin with # are comments.

    Raises DataError where the file has no rows or its rows differ in length.
    """
    import pandas as pd

    lines = [line for line in read_text(path).splitlines() if line.strip() and not line.startswith("#")]
    lines, unit_line = _logger(lines)
    delimiter = next((d for d in ("\t", ";", ",") if d in lines[0]), None) if lines else None
    first = _split(lines[0], delimiter) if lines else []
    has_header = bool(first) and not all(_NUMBER.match(t) or _DATE.match(t) or _CLOCK.match(t) or not t for t in first)
    names, units = _names(first) if has_header else ([f"column {i + 1}" for i in range(len(first))], {})
    if unit_line is not None:
        units |= {n: u for n, u in zip(names, _split(unit_line, delimiter), strict=False) if u}
    body = lines[1:] if has_header else lines
    if not body:
        raise DataError(f"{path}: the table has no rows; expected a header line and rows of dates and values")
    if len(_split(body[0], delimiter)) > len(names):
        names = [*names, *(f"column {i + 1}" for i in range(len(names), len(_split(body[0], delimiter))))]
    try:
        frame = pd.read_csv(
            io.StringIO("\n".join(body)), sep=delimiter or r"\s+", header=None, names=names, na_values=_MISSING,
            skipinitialspace=True, low_memory=False,
        )  # fmt: skip
    except ValueError as error:
        raise DataError(f"{path}: not a readable table ({error}); expected rows of equal length") from error
    return Table(path, frame, units, has_header)


def numbers(table: Table, name: str) -> np.ndarray:
    """A column as numbers, NaN where it is empty; raises DataError where it holds text."""
    import pandas as pd

    column = table.frame[name]
    values = pd.to_numeric(column, errors="coerce").to_numpy(float)
    wrong = np.flatnonzero(np.isnan(values) & column.notna().to_numpy())
    if wrong.size:
        raise DataError(
            f"{table.path}: column {name!r} holds text ({str(column.iloc[wrong[0]])!r} in row {wrong[0] + 1}); "
            "expected numbers, empty or -9999 for missing"
        )
    return np.where(np.isinf(values) | (values <= -9999.0), np.nan, values)


def dates(table: Table, name: str | None = None) -> np.ndarray:
    """The time of every row, datetime64[s] in UTC where the table states a zone; NaT where it is empty.

    name  the column of dates; by its usual names, or from columns of year, month, day (hour), where None
    Raises DataError where there is none, or where days and months cannot be told apart.
    """
    import pandas as pd

    parts = _date_parts(table) if name is None else None
    if parts is not None:
        stamp = pd.to_datetime(parts, errors="coerce")
        if stamp.notna().any():
            return stamp.to_numpy().astype("datetime64[s]")
    column = table.column(name, "time") if name is not None else _date_column(table)
    text = table.frame[column].astype("string").str.strip()
    following = table.names.index(column) + 1
    if following < len(table.names):
        clock = table.frame[table.names[following]].astype("string").str.strip()
        if clock.dropna().str.fullmatch(_CLOCK.pattern).all() and clock.notna().any():
            text = text + " " + clock
    formats = _formats(text, _day_first(text, table.path, column))
    for number, how in enumerate(formats, 1):
        try:
            stamp = pd.to_datetime(text, utc=True, **how).dt.tz_localize(None)
            break
        except (ValueError, OverflowError) as error:
            if number == len(formats):
                raise DataError(
                    f"{table.path}: column {column!r} holds no dates ({error}); expected such as 2010-02-05 or "
                    "2010-02-05 13:30"
                ) from error
    return stamp.to_numpy().astype("datetime64[s]")


def _formats(text: Any, day_first: bool) -> list[dict[str, Any]]:
    """Ways to read dates, the fast ones first: the last reads each text by itself."""
    known = text.dropna()
    sample = known.iloc[0] if len(known) else ""
    ways: list[dict[str, Any]] = []
    if re.match(r"\d{4}-", sample):
        ways.append({"format": "ISO8601"})
    elif found := re.match(r"\d{1,2}([./-])\d{1,2}[./-]\d{4}", sample):
        date = found[1].join(("%d", "%m", "%Y") if day_first else ("%m", "%d", "%Y"))
        clock = {0: "", 1: " %H:%M", 2: " %H:%M:%S"}.get(sample.count(":"), "")
        ways.append({"format": date + clock})
    return [*ways, {"format": "mixed", "dayfirst": day_first}]


def _day_first(text: Any, path: str, column: str) -> bool:
    """Whether dates such as 01.07.2013 or 16/11/2014 begin with the day."""
    if not text.str.match(r"^\d{1,2}[./-]\d{1,2}[./-]\d{4}").any():
        return False
    if text.str.contains(".", regex=False).all():
        return True
    ends = text.str.extract(r"^(\d{1,2})[./-](\d{1,2})[./-]\d{4}").astype(float)
    if ends[0].max() <= 12 and ends[1].max() <= 12:
        raise DataError(f"{path}: column {column!r}: days and months cannot be told apart; expected 2010-02-05")
    return bool(ends[0].max() > 12)


def _date_column(table: Table) -> str:
    lower = {n.lower(): n for n in reversed(table.names)}
    for name in _DATE_NAMES:
        if name in lower:
            return lower[name]
    for name in table.names[:2]:
        column = table.frame[name].dropna().astype(str)
        if len(column) and column.str.match(r"^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}").all():
            return name
    raise DataError(f"{table.path}: no column of dates; it has {table.described}; name it with `time`")


def _date_parts(table: Table) -> Any:
    """Year, month, day (and hour) as a frame, from named columns or the first of a table without a header."""
    import pandas as pd

    lower = {n.lower(): n for n in reversed(table.names)}
    if table.header:
        found = {part: next((lower[n] for n in names if n in lower), None) for part, names in _PARTS.items()}
        if not (found["year"] and found["month"] and found["day"]):
            return None
        columns = {part: column for part, column in found.items() if column}
    else:
        columns = dict(zip(("year", "month", "day", "hour"), table.names, strict=False))
        kinds = [table.frame[c].dtype.kind for c in columns.values()]
        if kinds[:3] != ["i"] * 3 or not table.frame[columns["year"]].between(1800, 2200).all():
            return None
        if len(kinds) < 4 or kinds[3] != "i" or not table.frame[columns["hour"]].between(0, 23).all():
            columns.pop("hour", None)
    return pd.DataFrame({part: table.frame[column] for part, column in columns.items()})


def _logger(lines: list[str]) -> tuple[list[str], str | None]:
    """Lines of a Campbell TOA5 file without its station, unit and kind lines; the unit line."""
    if len(lines) > 4 and lines[0].replace('"', "").startswith("TOA5"):
        return [lines[1], *lines[4:]], lines[2]
    return lines, None


def _split(line: str, delimiter: str | None) -> list[str]:
    return [t.strip().strip('"') for t in (line.split(delimiter) if delimiter else line.split())]


def _names(first: list[str]) -> tuple[list[str], dict[str, str]]:
    """Column names and units of a header such as 'SM_5cm [%]'; a repeated name is numbered."""
    names: list[str] = []
    units = {}
    for i, text in enumerate(first):
        found = _UNITS.match(text)
        name = (found[1] if found else text) or f"column {i + 1}"
        while name in names:
            name += " 2"
        names.append(name)
        if found:
            units[name] = found[2]
    return names, units
