"""Time in a ParFlow run: its steps, and values that follow a cycle of intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vadose.data.parflow.keys import CaseKeys
from vadose.errors import DataError, RangeError

_ROUNDING = 1e-10  # of a time
_MOST = 5_000_000  # intervals of a series: more are a slip of the keys


@dataclass(frozen=True)
class Timing:
    """The steps of a run.

    start, stop  s;  base_unit  s, of which the lengths of cycles are multiples
    first        s, the first step; each one after is `growth` times the last, between `shortest` and `longest` s
    dump_steps   results are wanted every so many steps, or None;  dump_interval  or every so many s, or None
    Steps also end where a cycle turns to its next interval.
    """

    start: float
    stop: float
    base_unit: float
    first: float
    growth: float
    shortest: float
    longest: float
    dump_steps: int | None
    dump_interval: float | None


@dataclass(frozen=True, eq=False)
class TimeSeries:
    """Values that hold over intervals: `values[i]` over (starts[i], starts[i + 1]], the last one for ever.

    starts  [interval] s, ascending, from the start of the run;  values  [interval]
    """

    starts: np.ndarray
    values: np.ndarray

    def at(self, time: float) -> float:
        """The value for the step that ends at `time` s, be it a sum of many steps with its rounding."""
        time -= _ROUNDING * abs(time)
        return float(self.values[max(int(np.searchsorted(self.starts, time, side="left")) - 1, 0)])


def read_timing(keys: CaseKeys, seconds: float) -> Timing:
    """Start, stop, steps and output times of the run, in s.

    seconds  in the run's unit of time
    Raises RangeError for a step or base unit that is not above zero, or a run that stops before it starts.
    """
    start, stop = (keys.number(f"TimingInfo.{end}") * seconds for end in ("StartTime", "StopTime"))
    if stop < start:
        raise RangeError(f"{keys.path}: `TimingInfo.StopTime` lies before `TimingInfo.StartTime`")
    base = keys.positive("TimingInfo.BaseUnit", 1.0) * seconds
    dump = keys.number("TimingInfo.DumpInterval", 0.0)
    steps = round(-dump) if dump < 0 else None
    interval = dump * seconds if dump > 0 else None
    if keys.choice("TimeStep.Type", ("Constant", "Growth")) == "Constant":
        step = keys.positive("TimeStep.Value") * seconds
        return Timing(start, stop, base, step, 1.0, step, step, steps, interval)
    first, shortest, longest = (keys.positive(f"TimeStep.{n}Step") * seconds for n in ("Initial", "Min", "Max"))
    if shortest > longest:
        raise RangeError(f"{keys.path}: `TimeStep.MinStep` is above `TimeStep.MaxStep`")
    return Timing(start, stop, base, first, keys.positive("TimeStep.GrowthFactor"), shortest, longest, steps, interval)


def interval_names(keys: CaseKeys, cycle: str) -> tuple[str, ...]:
    """The names of the intervals of a cycle; DataError for a cycle that the run does not have."""
    known = keys.names("Cycle.Names")
    if cycle not in known:
        raise DataError(f"{keys.path}: cycle {cycle!r} is not in `Cycle.Names` ({' '.join(known)})")
    names = keys.names(f"Cycle.{cycle}.Names")
    if not names:
        raise DataError(f"{keys.path}: `Cycle.{cycle}.Names` names no interval")
    return names


def time_series(keys: CaseKeys, cycle: str, values: list[float], timing: Timing) -> TimeSeries:
    """Values of the intervals of a cycle over the whole run.

    The lengths of intervals are multiples of `TimingInfo.BaseUnit`, from the start of the run; the cycle repeats
    `Repeat` times (for ever where it is negative), after which the last value holds. ParFlow takes the value at the end
    of a step, and counts time in whole base units: with steps shorter than these it turns up to one of them later.
    Raises RangeError for intervals of no length.
    """
    lengths = []
    for name in interval_names(keys, cycle):
        length = keys.whole(f"Cycle.{cycle}.{name}.Length")
        if length < 1:
            raise RangeError(f"{keys.path}: `Cycle.{cycle}.{name}.Length` must be >= 1, got {length}")
        lengths.append(length * timing.base_unit)
    period, repeat = sum(lengths), keys.whole(f"Cycle.{cycle}.Repeat", -1)
    # ParFlow counts the repetitions from time zero, not from the start of the run.
    until = timing.stop if repeat < 0 else min(timing.stop, repeat * period)
    rounds = max(int(np.ceil((until - timing.start) / period - 1e-9)), 1)
    if rounds * len(lengths) > _MOST:
        raise RangeError(f"{keys.path}: cycle {cycle!r} has {rounds * len(lengths)} intervals before the run stops")
    starts = (timing.start + np.arange(rounds)[:, None] * period + np.cumsum([0.0, *lengths[:-1]])).ravel()
    held = np.tile(np.asarray(values, float), rounds)
    if until < timing.stop:
        kept = starts < until
        starts, held = np.append(starts[kept], max(until, timing.start)), np.append(held[kept], values[-1])
    kept = (starts < timing.stop) & np.append(True, np.diff(held) != 0)
    kept[0] = True
    return TimeSeries(starts[kept], held[kept])
