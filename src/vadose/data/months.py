"""Time stamps: from what a file writes to integer months, 12 * year + month - 1.

A stamp may lie at the start, in the middle or at the end of what it stands for. Bounds decide where a file has
them; without bounds the study (`stamp`) does; without both, a stamp belongs to the month it lies in, except that
first-of-month stamps are taken for the end where the file name says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.constants import MONTH_DAYS, SECONDS_PER_DAY
from vadose.errors import DataError

if TYPE_CHECKING:
    from netCDF4 import Dataset

EPOCH = "days since 1850-01-01"
SHORTEST_MONTH, LONGEST_MONTH = 26.0, 45.0  # d, tolerant of 5-week "months" and of jittered stamps
_ABSOLUTE = re.compile(r"^\s*day as %Y%m%d", re.IGNORECASE)
_MONTHS_SINCE = re.compile(r"^\s*months?\s+since\s+(-?\d+)-(\d+)", re.IGNORECASE)
_NAME_RANGE = re.compile(r"(?<!\d)(\d{4})(0[1-9]|1[0-2])(?:\d{2})*-(\d{4})(0[1-9]|1[0-2])(?:\d{2})*(?!\d)")
_NAME_DATE = re.compile(r"(?<!\d)((?:19|20)\d{2})[-_.]?(0[1-9]|1[0-2])(?:[-_.]?([0-2]\d|3[01]))?")
_FINE = re.compile(
    r"(^|[_.\-\s])(p1d|pt\d+h|day|daily|\d*hr|\d+h|\d*hour(ly)?|eday|cfday|8day|8-day)($|[_.\-\s])", re.IGNORECASE
)
_COARSE = re.compile(r"(^|[_.\-\s])(p1m|mon|month|monthly|[a-z]{1,2}mon)($|[_.\-\s])", re.IGNORECASE)


def month_index(year: int, month: int) -> int:
    """The integer of a month: 12 * year + month - 1, month from 1 to 12."""
    return 12 * year + month - 1


def month_text(index: int) -> str:
    """A month as 2000-01."""
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def month_start(index: int) -> float:
    """First day of a month in noleap days since 1850-01-01."""
    return 365.0 * (index // 12 - 1850) + sum(MONTH_DAYS[: index % 12])


def span_text(months: Sequence[int] | np.ndarray) -> str:
    """Months as runs: '2000-01..2000-12, 2002-05'."""
    unique = np.unique(np.asarray(months, dtype=int))
    runs = np.split(unique, np.flatnonzero(np.diff(unique) > 1) + 1)
    text = [month_text(r[0]) if r.size == 1 else f"{month_text(r[0])}..{month_text(r[-1])}" for r in runs if r.size]
    return ", ".join(text if len(text) <= 6 else [*text[:5], f"... ({len(text)} spans)"])


@dataclass(frozen=True, eq=False)
class Stamps:
    """The time axis of one file before months are assigned.

    days      [step] since EPOCH in the calendar of the file
    bounds    [step, 2] likewise, or None
    seconds   [step] s, length of the calendar month; filled in by `assign_months`
    months    [step] int32, filled in by `assign_months`
    nominal   True for months 1 to 12 without a year
    hint      "month", "day" or "" as attributes or the file name suggest
    """

    path: str
    days: np.ndarray
    calendar: str
    bounds: np.ndarray | None = None
    hint: str = ""
    nominal: bool = False
    months: np.ndarray | None = None
    seconds: np.ndarray | None = None


def read_stamps(dataset: Dataset, coordinate: str | None, path: str, calendar: str | None = None) -> Stamps:
    """Read the time coordinate, or the date in the file name where the file has none.

    Raises DataError for times that cannot be decoded.
    """
    if coordinate is None:
        return _stamps_of_name(path)
    variable = dataset.variables[coordinate]
    units = str(getattr(variable, "units", ""))
    calendar = str(calendar or getattr(variable, "calendar", "standard")).strip().lower() or "standard"
    where = f"{path}: time coordinate {coordinate!r}"
    values = _plain(variable, where)
    if not units.strip() and values.size == 12 and np.array_equal(values, np.arange(1, 13)):
        days = np.array([month_start(month_index(2001, m)) + 14.0 for m in range(1, 13)])
        return Stamps(path, days, "noleap", hint="month", nominal=True)
    bounds = None
    name = getattr(variable, "bounds", None)
    if name in dataset.variables and dataset.variables[name].shape == (*variable.shape, 2):
        limits = dataset.variables[name]
        raw: np.ndarray = np.ma.filled(np.ma.asarray(limits[...], dtype=float), np.nan).reshape(-1, 2)
        if np.all(np.isfinite(raw)) and np.all(raw[:, 1] > raw[:, 0]):
            bounds = _to_days(raw, str(getattr(limits, "units", units)), calendar, where)
    hint = _hint(dataset, path)
    return Stamps(path, _to_days(values, units, calendar, where), calendar, bounds, hint)


def assign_months(files: Sequence[Stamps], stamp: str | None, frequency: str | None) -> tuple[list[Stamps], bool, str]:
    """Give every step of a set of files its month.

    stamp, frequency  as in `Source`; None leaves them to the files
    Returns the stamps with months and seconds, whether they are monthly, and a warning or "".
    Raises DataError where steps are longer than a month.
    """
    step, warning = _step(files)
    monthly = frequency == "month" if frequency else step >= SHORTEST_MONTH
    if monthly and step > LONGEST_MONTH and any(f.bounds is not None for f in files) and frequency is None:
        raise DataError(
            f"{files[0].path}: one time step covers {step:.0f} days; expected months or shorter. "
            'Use monthly files, or set frequency = "month" in the study if the bounds are wrong'
        )
    half = 15.0 if monthly else min(step, LONGEST_MONTH) / 2
    return [_assign(f, stamp, monthly, half) for f in files], monthly, warning


def month_lengths(months: np.ndarray, calendar: str) -> np.ndarray:
    """Length of each month in s in a calendar."""
    if calendar == "360_day":
        return np.full(len(months), 30 * SECONDS_PER_DAY)
    unique, inverse = np.unique(months, return_inverse=True)
    start = [_date(m, calendar) for m in unique]
    end = [_date(m + 1, calendar) for m in unique]
    return np.array([(b - a).total_seconds() for a, b in zip(start, end, strict=True)])[inverse]


def check_times(files: Sequence[Stamps], monthly: bool) -> None:
    """Raise DataError where a step is there twice, in one file or in two; `files` in the order of their first step."""
    for f in files:
        key = f.months if monthly else f.days
        assert key is not None and f.months is not None
        wrong = np.flatnonzero(np.diff(key) <= 0)
        if wrong.size:
            raise DataError(
                f"{f.path}: times repeat or run backwards at {span_text(f.months[wrong + 1])}; "
                "sort the file along time and drop the duplicates"
            )
    for a, b in zip(files[:-1], files[1:], strict=True):
        assert a.months is not None and b.months is not None
        if (a.months[-1] >= b.months[0]) if monthly else (a.days[-1] >= b.days[0]):
            both = np.intersect1d(a.months, b.months)
            if not both.size:
                both = np.arange(b.months[0], min(a.months[-1], b.months[-1]) + 1)
            raise DataError(
                f"{a.path} and {b.path} overlap in time ({span_text(both)}); "
                "remove one of them or narrow `path` in the study"
            )


def _assign(f: Stamps, stamp: str | None, monthly: bool, half: float) -> Stamps:
    days = f.days
    if f.bounds is not None and stamp is None and _plausible(f, monthly):
        days = f.bounds.mean(axis=1)
    elif stamp is None and monthly and _ends_by_name(f):
        days = days - half
    elif stamp is not None:
        days = days + {"start": half, "middle": 0.0, "end": -half}[stamp]
    dates = _dates(days, EPOCH, f.calendar)
    months = np.array([12 * d.year + d.month - 1 for d in dates], dtype=np.int32)
    return replace(f, months=months, seconds=month_lengths(months, f.calendar))


def _plausible(f: Stamps, monthly: bool) -> bool:
    """Bounds decide only where they enclose their stamp and have the length of a step."""
    assert f.bounds is not None
    width = f.bounds[:, 1] - f.bounds[:, 0]
    near = (f.days >= f.bounds[:, 0] - 1) & (f.days <= f.bounds[:, 1] + 1)
    return bool(near.all() and width.max() <= LONGEST_MONTH and (not monthly or width.min() >= SHORTEST_MONTH))


def _ends_by_name(f: Stamps) -> bool:
    """First-of-month stamps one month later than the range in the file name (..._200001-201412.nc)."""
    found = _NAME_RANGE.search(Path(f.path).name)
    first = _dates(f.days[:1], EPOCH, f.calendar)[0]
    if found is None or first.day != 1:
        return False
    return 12 * first.year + first.month - 1 == month_index(int(found[1]), int(found[2])) + 1


def _step(files: Sequence[Stamps]) -> tuple[float, str]:
    """Length of a time step in days, and a warning where it had to be guessed."""
    widths = [np.median(f.bounds[:, 1] - f.bounds[:, 0]) for f in files if f.bounds is not None and len(f.days)]
    if len(widths) == len(files):
        return float(np.median(widths)), ""
    days = np.unique(np.concatenate([f.days for f in files]))
    gaps = np.diff(days)
    if gaps.size:
        return float(np.median(gaps[gaps <= 2 * gaps.min()])), ""
    hint = files[0].hint
    if hint:
        return (30.0 if hint == "month" else 1.0), ""
    guess = f'{files[0].path}: one time step without bounds is taken for a month; set frequency = "day" if it is a day'
    return 30.0, guess


def _plain(variable: Any, where: str) -> np.ndarray:
    values = np.ma.asarray(variable[...])
    if np.ma.is_masked(values) or not np.all(np.isfinite(np.asarray(values, dtype=float))):
        raise DataError(f"{where} holds missing values; a file without valid times cannot be used")
    return np.asarray(values, dtype=float).ravel()


def _to_days(values: np.ndarray, units: str, calendar: str, where: str) -> np.ndarray:
    """Numbers in the units of the file as days since EPOCH in its calendar."""
    import cftime

    text = units.strip()
    try:
        if since := _MONTHS_SINCE.match(text):
            whole = np.floor(values + 1e-6).astype(int) + month_index(int(since[1]), int(since[2]))
            inside = 14.0 * (values - np.floor(values + 1e-6) > 1e-6)
            first = cftime.date2num([_date(m, calendar) for m in whole.ravel()], EPOCH, calendar=calendar)
            return np.asarray(first, dtype=float).reshape(values.shape) + inside
        if _ABSOLUTE.match(text):
            dates = [_date_of_number(v, calendar) for v in values.ravel()]
        else:
            dates = list(_dates(values, text, calendar).ravel())
        return np.asarray(cftime.date2num(dates, EPOCH, calendar=calendar), dtype=float).reshape(values.shape)
    except (ValueError, TypeError, OverflowError) as error:
        raise DataError(
            f"{where} has units {units!r} and calendar {calendar!r}, which cannot be decoded ({error}); "
            'expected "days since 1850-01-01" or alike; correct the file or set `calendar` in the study'
        ) from error


def _dates(values: np.ndarray, units: str, calendar: str) -> np.ndarray:
    import cftime

    return np.atleast_1d(cftime.num2date(values, units, calendar=calendar, only_use_cftime_datetimes=True))


def _date(month: int, calendar: str) -> Any:
    import cftime

    return cftime.datetime(int(month) // 12, int(month) % 12 + 1, 1, calendar=calendar)


def _date_of_number(value: float, calendar: str) -> Any:
    import cftime

    whole = int(value)
    return cftime.datetime(whole // 10000, whole // 100 % 100, whole % 100, calendar=calendar)


def _stamps_of_name(path: str) -> Stamps:
    found = _NAME_DATE.search(Path(path).name)
    if found is None:
        raise DataError(
            f"{path}: neither a time coordinate nor a date in the file name; add a coordinate `time` (days since ...)"
        )
    import cftime

    date = cftime.datetime(int(found[1]), int(found[2]), int(found[3] or 15), calendar="standard")
    days = np.array([cftime.date2num(date, EPOCH, calendar="standard")], dtype=float)
    return Stamps(path, days, "standard", hint="day" if found[3] else "month")


def _hint(dataset: Dataset, path: str) -> str:
    names = ("frequency", "time_coverage_resolution", "time_coverage_duration", "table_id")
    # The name goes first: some producers copy the attributes of their daily files into the monthly ones.
    for text in (Path(path).name, *(str(getattr(dataset, n, "")) for n in names)):
        if _FINE.search(text):
            return "day"
        if _COARSE.search(text):
            return "month"
    return ""
