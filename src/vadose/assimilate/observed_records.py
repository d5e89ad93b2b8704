"""Records of places and times, and which of them go into which analysis; whatever does not is counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from vadose.assimilate.study_observations import Observation
from vadose.errors import UnitError
from vadose.observe import ConstantError, ErrorMap, RelativeError, duplicates, outside_range, without_error
from vadose.observe.quality import DUPLICATE, ERROR, PERIOD, RANGE

WINDOW, FARTHER = "outside the window", "another is nearer in time"
_SECOND = np.timedelta64(1, "s")


@dataclass(frozen=True, eq=False)
class Records:
    """Values with where and when they are valid, in any order.

    place   [record] number of the place;  times  [record] datetime64[s] UTC, the middle of what a record stands for
    values  [record] in the units of the variable;  errors  [record] of an error field, None without one
    length  s that a record stands for, 0 for an instant;  series  True where those of an analysis are averaged
    counts  reason -> number refused so far
    """

    place: np.ndarray
    times: np.ndarray
    values: np.ndarray
    errors: np.ndarray | None = None
    length: float = 0.0
    series: bool = False
    counts: Mapping[str, int] = field(default_factory=dict)
    path: str = ""
    notes: tuple[str, ...] = ()

    def without(self, reason: str, refused: np.ndarray) -> Records:
        """The records that a check [record] does not refuse, with the others counted."""
        number = int(np.count_nonzero(refused))
        if not number:
            return self
        counts = dict(self.counts)
        counts[reason] = counts.get(reason, 0) + number
        kept = ~refused
        return replace(
            self, place=self.place[kept], times=self.times[kept], values=self.values[kept],
            errors=None if self.errors is None else self.errors[kept], counts=counts,
        )  # fmt: skip

    def noted(self, sentence: str) -> Records:
        """With one more note."""
        return replace(self, notes=(*self.notes, sentence))

    @property
    def span(self) -> str:
        """First and last day, for messages."""
        days = self.times.astype("datetime64[D]")
        return f"{days.min()} to {days.max()}" if days.size else "nothing"


def screened(one: Observation, records: Records) -> tuple[Records, np.ndarray]:
    """Records that are possible, have an error, and come once; and the standard deviation [record] of each.

    Raises UnitError for values in percent.
    """
    if one.variable == "soil_moisture":
        try:
            beyond = outside_range(records.values, *one.valid_range)
        except UnitError as error:
            raise UnitError(f"{one.name!r}: {records.path}: {error}") from error
        records = records.without(RANGE, beyond)
    if records.errors is not None:
        records = records.without(ERROR, without_error(records.errors))
    if records.place.size:
        records = records.without(DUPLICATE, duplicates(records.times, records.place, records.errors))
    return records, deviations(one, records.values, records.errors)


def deviations(one: Observation, values: np.ndarray, errors: np.ndarray | None) -> np.ndarray:
    """Standard deviations of values [...] as a study states them; errors [...] of an error field."""
    if errors is not None:
        return ErrorMap(errors, None, one.least_error).standard_deviation(values)
    if one.relative is not None:
        return RelativeError(one.relative, one.deviation).standard_deviation(values)
    return ConstantError(one.deviation).standard_deviation(values)


def at_moments(
    one: Observation, records: Records, errors: np.ndarray, moments: np.ndarray, places: int
) -> tuple[np.ndarray, np.ndarray, dict[str, int]]:
    """Values and standard deviations [moment, place], NaN where there is none, and counts.

    Each record goes into the nearest analysis, where its time lies within the window. Those of a series that are
    shorter than the window are averaged, and so are their standard deviations: errors of neighbours are no
    independent ones. Of longer records and of images the nearest in time stands.
    """
    window = np.timedelta64(round(3600.0 * one.window), "s")
    outside = (records.times < moments[0] - window) | (records.times > moments[-1] + window)
    kept = ~outside
    records, errors = records.without(PERIOD, outside), errors[kept]
    moment, away = nearest_moment(records.times, moments)
    late = away > window
    moment, away, errors = moment[~late], away[~late], errors[~late]
    records = records.without(WINDOW, late)
    values, deviation = (np.full((moments.size, places), np.nan) for _ in range(2))
    at = moment * places + records.place
    if records.series and records.length <= 7200.0 * one.window:
        number = np.bincount(at, minlength=values.size)
        with np.errstate(invalid="ignore"):
            for out, given in ((values, records.values), (deviation, errors)):
                out.ravel()[:] = np.bincount(at, given, minlength=values.size) / np.where(number, number, np.nan)
        return values, deviation, dict(records.counts)
    order = np.lexsort((errors, away.astype(np.int64), at))
    first = np.ones(order.size, bool)
    first[1:] = np.diff(at[order]) > 0
    taken = order[first]
    for out, given in ((values, records.values), (deviation, errors)):
        out.ravel()[at[taken]] = given[taken]
    refused = np.ones(at.size, bool)
    refused[taken] = False
    return values, deviation, dict(records.without(FARTHER, refused).counts)


def nearest_moment(times: np.ndarray, moments: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[record] number of the nearest moment, the earlier of two, and the time between them."""
    after = np.searchsorted(moments, times).clip(1, max(moments.size - 1, 1))
    before = after - 1
    after = np.minimum(after, moments.size - 1)
    to_after, to_before = np.abs(moments[after] - times), np.abs(times - moments[before])
    nearer = to_before <= to_after
    return np.where(nearer, before, after), np.where(nearer, to_before, to_after)


def hour_text(times: np.ndarray, moments: np.ndarray, hours: float) -> str:
    """At which hour of the day records of the period lie, and how far from an analysis: the remedy for a window."""
    reach = np.timedelta64(round(3600.0 * hours), "s")
    times = times[(times >= moments[0] - reach) & (times <= moments[-1] + reach)]
    if not times.size:
        return "widen `window`"
    seconds = (times - times.astype("datetime64[D]")) / _SECOND
    turn = np.angle(np.exp(2j * np.pi * seconds / 86400.0).mean()) % (2.0 * np.pi)
    minutes = round(turn / (2.0 * np.pi) * 1440.0) % 1440
    away = np.median(nearest_moment(times, moments)[1] / _SECOND) / 3600.0
    return (
        f"they lie {away:.1f} h from the nearest analysis, at about {minutes // 60:02d}:{minutes % 60:02d} UTC: set "
        "`hour` of [assimilation] near to it, or widen `window`"
    )
