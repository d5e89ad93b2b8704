"""Inflation: against the loss of spread that a small ensemble suffers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vadose.errors import ConfigError


def _share(name: str, value: float) -> None:
    if not (np.isfinite(value) and 0.0 <= value <= 1.0):
        raise ConfigError(f"the share of {name} must be within 0 to 1, got {value!r}")


@dataclass(frozen=True)
class Multiplicative:
    """Anomalies times `factor`, before the analysis ("prior") or after it ("posterior"); Anderson & Anderson (1999)."""

    factor: float
    when: str = "prior"

    def __post_init__(self) -> None:
        if not (np.isfinite(self.factor) and self.factor > 0.0):
            raise ConfigError(f"the factor of an inflation must be > 0, got {self.factor!r}")
        if self.when not in ("prior", "posterior"):
            raise ConfigError(f"when must be 'prior' or 'posterior', got {self.when!r}")


@dataclass(frozen=True)
class RTPS:
    """Relaxation to the prior spread: x'a [share (sd_f - sd_a) / sd_a + 1]; Whitaker & Hamill (2012)."""

    share: float

    def __post_init__(self) -> None:
        _share("RTPS", self.share)


@dataclass(frozen=True)
class RTPP:
    """Relaxation to the prior perturbations: (1 - share) x'a + share x'f; Zhang et al. (2004)."""

    share: float

    def __post_init__(self) -> None:
        _share("RTPP", self.share)


@dataclass(frozen=True, eq=False)
class Adaptive:
    """Prior inflation learnt from innovations, place by place; `Analysis.inflation` is the `variance` of the next one.

    variance   factor on the variance, a number or [place] in the flat order of the places
    sd         standard deviation of its forecast: how slowly it changes, 0.04 in the source
    least, most   bounds of the estimate
    Source: Miyoshi (2011)
    """

    variance: Any = 1.0
    sd: float = 0.04
    least: float = 1.0
    most: float = 5.0

    def __post_init__(self) -> None:
        values = np.asarray(self.variance, float)
        if not np.all(np.isfinite(values) & (values > 0.0)):
            raise ConfigError("the variance factor of an adaptive inflation must be > 0 everywhere")
        if not (self.sd > 0.0 and 0.0 < self.least <= self.most):
            raise ConfigError(f"sd must be > 0 and 0 < least <= most, got {self.sd}, {self.least}, {self.most}")

    def estimate(self, before: np.ndarray, number: np.ndarray, squares: np.ndarray, spread: np.ndarray) -> np.ndarray:
        """Variance factors after the innovations d of this analysis, from sums over local observations.

        before   the factors so far; number = sum rho; squares = sum rho d^2 / R; spread = sum rho H C H^T / R
        All [place], without inflation. Places that hear nothing keep their factor.
        """
        heard = spread > 0.0
        safe, count = np.where(heard, spread, 1.0), np.where(heard, number, 1.0)
        seen = (squares - number) / safe
        doubt = 2.0 / count * ((before * spread + number) / safe) ** 2
        after = (doubt * before + self.sd**2 * seen) / (doubt + self.sd**2)
        return np.where(heard, np.clip(after, self.least, self.most), before)


@dataclass(frozen=True)
class FiniteSize:
    """The EnKF-N: prior inflation from the doubt of a sample covariance of few members; filters without localization.

    The factor l minimises  d^T (R + l^2 H C H^T)^-1 d / (N - 1) + b (e / l^2 + c ln l^2),  e = (N + 1) / N,
    c = N / (N - 1)

    certainty   b, how much the hyperprior counts beside one set of innovations; 1 is the source's, more holds l near 1
    Source: Bocquet, Raanes & Hannart (2015), dual form
    """

    certainty: float = 1.0

    def __post_init__(self) -> None:
        if not (np.isfinite(self.certainty) and self.certainty > 0.0):
            raise ConfigError(f"the certainty of the hyperprior must be > 0, got {self.certainty!r}")

    def factor(self, s: np.ndarray, d: np.ndarray) -> float:
        """The factor, from anomalies s [observation, member] and innovations d [observation] in units of the error."""
        from scipy.optimize import minimize_scalar

        n = s.shape[1]
        u, values, _ = np.linalg.svd(s, full_matrices=False)
        along = u.T @ d

        def cost(log_l: float) -> float:
            square = np.exp(2.0 * log_l)
            fit = np.sum(along**2 / (square * values**2 + n - 1))
            return float(fit + self.certainty * ((n + 1) / n / square + n / (n - 1) * 2.0 * log_l))

        found = minimize_scalar(cost, bounds=(-3.0, 5.0), method="bounded", options={"xatol": 1e-8})
        return float(np.exp(found.x))


Inflation = Multiplicative | RTPS | RTPP | Adaptive | FiniteSize


def kinds(inflation: Inflation | Sequence[Inflation] | None) -> list[Inflation]:
    """The inflations asked for, as a list; raises ConfigError where one is none, or where a kind comes twice."""
    given = [] if inflation is None else list(inflation) if isinstance(inflation, Sequence) else [inflation]
    for one in given:
        if not isinstance(one, Inflation):
            raise ConfigError(f"inflation must be made of vadose.assimilate's inflations, got {type(one).__name__}")
    names = [(type(one), getattr(one, "when", None)) for one in given]
    if len(set(names)) < len(names) or {Adaptive, FiniteSize} <= {kind for kind, _ in names}:
        raise ConfigError("inflation has a kind twice; Adaptive and FiniteSize are two of a kind")
    return given
