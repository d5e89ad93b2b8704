"""Which observations an analysis may use, and why the others are refused: every one is counted under one reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vadose.constants import FREEZING_POINT
from vadose.errors import DataError, UnitError
from vadose.observe.columns import Columns
from vadose.observe.error import check_positive

# Names of reasons, so that the counts of several sources add up.
MISSING, DOMAIN, PERIOD, FLAGGED = "missing", "out of domain", "out of period", "flagged"
RANGE, DUPLICATE, FROZEN, SNOW = "outside physical range", "duplicate", "frozen soil", "snow"
ERROR, INNOVATION = "no usable error", "innovation"
_PERCENT = 1.5  # m3 m-3, beyond which most values of a set are no volume fractions


@dataclass(frozen=True, eq=False)
class Screened:
    """What passed.

    keep    [observation] True where it may be used
    counts  reason -> number refused, in the order of the checks; each is counted under the first that refuses it
    """

    keep: np.ndarray
    counts: Mapping[str, int]

    @property
    def used(self) -> int:
        """Number of observations that passed."""
        return int(self.keep.sum())

    @property
    def text(self) -> str:
        """One sentence for logs and reports."""
        refused = ", ".join(f"{n} {reason}" for reason, n in self.counts.items() if n)
        return f"{self.used} of {self.keep.size} observations used" + (f"; refused: {refused}" if refused else "")

    def demand(self, least: int = 1) -> Screened:
        """This, where at least `least` passed. Raises DataError with the counts where not: nothing runs unobserved."""
        if self.used < least:
            raise DataError(f"{self.text}; expected at least {least}: correct the source, its quality or the period")
        return self

    def also(self, reason: str, refused: np.ndarray) -> Screened:
        """One more check [observation], True where it refuses."""
        more = self.keep & np.asarray(refused, bool)
        counts = dict(self.counts)
        counts[reason] = counts.get(reason, 0) + int(more.sum())
        return Screened(self.keep & ~more, counts)


def screen(values: np.ndarray, checks: Mapping[str, np.ndarray] | None = None) -> Screened:
    """Observations [observation] after checks, reason -> True where it refuses; missing values are refused first."""
    values = np.asarray(values, float)
    found = Screened(np.ones(values.shape, bool), {}).also(MISSING, ~np.isfinite(values))
    for reason, refused in (checks or {}).items():
        if np.shape(refused) != values.shape:
            raise DataError(f"the check {reason!r} is {np.shape(refused)}, the observations are {values.shape}")
        found = found.also(reason, refused)
    return found


def out_of_domain(columns: Columns) -> np.ndarray:
    """[observation] True where the model has no columns for it, or too few of its footprint."""
    return ~columns.inside


def out_of_period(times: np.ndarray, first: np.datetime64, last: np.datetime64) -> np.ndarray:
    """[observation] True before `first`, from `last` on, or without a time."""
    times = np.asarray(times)
    inside: np.ndarray = (times >= first) & (times < last)
    return ~inside


def outside_range(values: np.ndarray, low: float = 0.0, high: float = 1.0) -> np.ndarray:
    """[observation] True where a value is physically impossible; for soil moisture give the porosity as `high`.

    Raises UnitError where most values would be refused and a hundredth of them would not: they are in percent.
    """
    values = np.asarray(values, float)
    known = np.isfinite(values)
    refused = known & ((values < low) | (values > high))
    if known.any() and high <= _PERCENT and np.median(values[known]) > _PERCENT:
        hundredth = values[known] / 100.0
        if np.mean((hundredth >= low) & (hundredth <= high)) > 0.5:
            raise UnitError(
                f"observations from {values[known].min():.4g} to {values[known].max():.4g} are in percent, expected "
                f"m3 m-3 ({low:g} to {high:g}); state `units` = '%' of the source or divide by 100"
            )
    return refused


def duplicates(times: np.ndarray, place: np.ndarray, error: np.ndarray | None = None) -> np.ndarray:
    """[observation] True for all but one of those at the same time and place; the one of the least error stays.

    times  [observation];  place  [observation] or [observation, coordinate], compared exactly
    Without errors the first stays. Two overpasses of one pixel at different times are no duplicates.
    """
    place = np.asarray(place).reshape(np.size(times), -1)
    size = np.size(times)
    worth = np.zeros(size) if error is None else np.where(np.isfinite(error), error, np.inf)
    keys = [np.asarray(times).astype("datetime64[s]").astype(np.int64), *place.T]
    order = np.lexsort((np.arange(size), worth, *keys))
    same = np.logical_and.reduce([np.diff(key[order]) == 0 for key in keys])
    out = np.zeros(size, bool)
    out[order[1:][same]] = True
    return out


def frozen(temperature: np.ndarray, threshold: float = FREEZING_POINT + 1.0) -> np.ndarray:
    """[observation] True where the soil temperature K that is simulated or measured there does not exceed a threshold.

    A radiometer sees ice as dry ground; one degree above freezing leaves room for the error of the temperature.
    """
    temperature = np.asarray(temperature, float)
    return np.isfinite(temperature) & (temperature <= threshold)


def snow_covered(snow_water: np.ndarray, threshold: float = 1.0) -> np.ndarray:
    """[observation] True where more snow than a threshold kg m-2 lies on the ground."""
    snow_water = np.asarray(snow_water, float)
    return np.isfinite(snow_water) & (snow_water > threshold)


def without_error(error: np.ndarray) -> np.ndarray:
    """[observation] True where a standard deviation is missing, zero or negative: it would have infinite weight."""
    error = np.asarray(error, float)
    return ~(np.isfinite(error) & (error > 0))


def far_from_forecast(
    observed: np.ndarray, simulated: np.ndarray, error: np.ndarray, deviations: float = 4.0
) -> np.ndarray:
    """[observation] True where the innovation exceeds what forecast and error together make likely.

    |y - mean H(x)| > n sqrt(var H(x) + error^2)

    observed  [observation];  simulated  [member, observation];  error  [observation] standard deviations
    Raises DataError for one member alone, whose spread is unknown.
    """
    check_positive("deviations", deviations)
    simulated = np.asarray(simulated, float)
    if simulated.ndim != 2 or simulated.shape[0] < 2:
        raise DataError(
            f"the innovation check needs an ensemble [member, observation] of 2 or more, got {simulated.shape}"
        )
    innovation = np.asarray(observed, float) - simulated.mean(axis=0)
    limit = deviations * np.sqrt(simulated.var(axis=0, ddof=1) + np.asarray(error, float) ** 2)
    return np.abs(innovation) > limit
