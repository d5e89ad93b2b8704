"""Which retrievals are taken: conditions on flag variables, and why a value was refused."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vadose.errors import ConfigError

FLAG, RANGE, SPIKE = "quality flag", "range", "spike"
SLACK = 1e-6  # m3 m-3: rounding of packed values is no error
_BITS = re.compile(r"^bits?\s+([\d\s,]+?)\s*clear$")
_LIMIT = re.compile(r"^(<=|>=|<|>)\s*([-+]?\d*\.?\d+(?:[eE][-+]?\d+)?)$")
_COMPARE = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}


@dataclass(frozen=True)
class Rule:
    """A condition that a value must meet: `variable` has an allowed value, clear bits, or lies within a limit.

    optional  True for a rule of a product whose older or newer files lack the variable
    lenient   True where a missing flag does not refuse the value
    """

    variable: str
    allowed: tuple[int, ...] = ()
    bits: tuple[int, ...] = ()
    compare: str = ""
    limit: float = 0.0
    optional: bool = False
    lenient: bool = False

    def passes(self, flags: np.ndarray) -> np.ndarray:
        """True where the flags, as decoded numbers with NaN where missing, meet the condition."""
        known = np.isfinite(flags)
        if self.compare:
            with np.errstate(invalid="ignore"):
                good = np.asarray(_COMPARE[self.compare](flags, self.limit))
        elif self.bits:
            mask = sum(1 << b for b in self.bits)
            good = (np.where(known, flags, 0).astype(np.int64) & mask) == 0
        else:
            good = np.isin(flags, self.allowed)
        return good | ~known if self.lenient else good & known

    def __str__(self) -> str:
        if self.compare:
            return f"{self.variable} {self.compare} {self.limit:g}"
        if self.bits:
            return f"{self.variable} with bits {', '.join(map(str, self.bits))} clear"
        return f"{self.variable} in {', '.join(map(str, self.allowed))}"


def rules_of(quality: str | Mapping[str, Sequence[int] | str], recommended: Sequence[Rule]) -> tuple[Rule, ...]:
    """The rules that `quality` of a source asks for.

    recommended  rules of the product
    Raises ConfigError for a condition that cannot be read.
    """
    if isinstance(quality, str):
        return tuple(recommended) if quality == "recommended" else ()
    return tuple(_rule(name, condition) for name, condition in quality.items())


def _rule(name: str, condition: Sequence[int] | str) -> Rule:
    if not isinstance(condition, str):
        if not condition:
            raise ConfigError(f"`quality.{name}` allows no value; list the values to keep, for example [0]")
        return Rule(name, allowed=tuple(int(v) for v in condition))
    text = condition.strip()
    if found := _BITS.match(text):
        return Rule(name, bits=tuple(int(b) for b in re.findall(r"\d+", found[1])))
    if found := _LIMIT.match(text):
        return Rule(name, compare=found[1], limit=float(found[2]))
    raise ConfigError(
        f"`quality.{name}`: {condition!r} is no condition; expected allowed values such as [0, 8], "
        '"bits 0 2 clear", "<= 0.2" or ">= 1"'
    )


def within(values: np.ndarray, valid_range: tuple[float, float]) -> np.ndarray:
    """True where values lie in the valid range."""
    with np.errstate(invalid="ignore"):
        return np.asarray((values >= valid_range[0] - SLACK) & (values <= valid_range[1] + SLACK))


def add_counts(total: dict[str, np.ndarray], more: Mapping[str, np.ndarray]) -> None:
    """Add counts [cell] by reason to a running total."""
    for reason, counts in more.items():
        if reason in total:
            total[reason] += counts
        else:
            total[reason] = np.array(counts, dtype=np.int32)


def find_spikes(values: np.ndarray, threshold: float, reach: int) -> np.ndarray:
    """True where a value exceeds, or falls below, the values next to it in time by more than `threshold`.

    values  [time, cell]; neighbours are the nearest values within `reach` days on either side
    """
    steps = np.arange(values.shape[0])[:, None]
    known = np.isfinite(values)
    last = np.maximum.accumulate(np.where(known, steps, -1), axis=0)
    following = np.minimum.accumulate(np.where(known, steps, steps.size)[::-1], axis=0)[::-1]
    before = np.concatenate([np.full((1, values.shape[1]), -1), last[:-1]])
    after = np.concatenate([following[1:], np.full((1, values.shape[1]), steps.size)])
    near = known & (before >= 0) & (after < steps.size) & (steps - before <= reach) & (after - steps <= reach)
    rise = values - np.take_along_axis(values, before.clip(0), axis=0)
    fall = values - np.take_along_axis(values, after.clip(max=steps.size - 1), axis=0)
    with np.errstate(invalid="ignore"):
        both = ((rise > threshold) & (fall > threshold)) | ((rise < -threshold) & (fall < -threshold))
    return np.asarray(near & both)
