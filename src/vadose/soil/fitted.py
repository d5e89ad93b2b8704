"""What a fit of a closure says: the parameters, how far they are known, and how well the curve goes through the data.

All uncertainty is linear in the scaled parameters (ln alpha, ln(n - 1), log10 K_s ...) and is mapped back from there,
so that intervals are as skew as the parameters are and stay inside the bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from scipy import stats

from vadose.errors import ConfigError, DataError
from vadose.soil.fit_parameters import SCALES


@dataclass(frozen=True)
class Fit:
    """A closure fitted to measured theta(psi) and K(psi).

    retention        the closure; names and values: its fitted parameters in their own units
    standard_error   by the delta method, infinite for a parameter that the data do not tell
    covariance       of the values; covariance_scaled: of the parameters on their `scales`
    covariance_told  the same without the combinations of parameters that the data do not tell, so always finite
    blind            [direction, parameter] directions on the scales along which the data say nothing
    rmse_theta, rmse_log10_K   m3 m-3 and 1; NaN where there are no K data
    n, dropped       pairs used, and pairs left out because they were not finite
    converged        whether the best search ended at a minimum; starts_agreeing: how many of `starts` ended there
    at_bound         names of parameters that ended at a bound: their standard error says little
    AICc             Akaike's criterion, corrected for few data; lower is better on the same data
    """

    retention: Any
    names: tuple[str, ...]
    values: dict[str, float]
    standard_error: dict[str, float]
    covariance: np.ndarray
    covariance_scaled: np.ndarray
    covariance_told: np.ndarray
    scales: tuple[str, ...]
    scaled: np.ndarray
    bounds: dict[str, tuple[float, float]]
    blind: np.ndarray
    rmse_theta: float
    rmse_log10_K: float
    n: int
    dropped: int
    converged: bool
    starts: int
    starts_agreeing: int
    at_bound: tuple[str, ...]
    AICc: float

    @property
    def degrees_of_freedom(self) -> int:
        """Pairs less fitted parameters."""
        return self.n - len(self.names)

    @property
    def rank_deficient(self) -> bool:
        """True where the data leave some combination of the parameters open."""
        return len(self.blind) > 0

    def _back(self, i: int, z: Any) -> Any:
        low, high = self.bounds[self.names[i]]
        with np.errstate(over="ignore"):
            return np.clip(SCALES[self.scales[i]][1](np.asarray(z, float)), low, high)

    def confidence(self, level: float = 0.95) -> dict[str, tuple[float, float]]:
        """Interval of each parameter, in its own unit: Student's t on the parameter's scale, cut at the bounds."""
        t = _student(level, self.degrees_of_freedom)
        found = {}
        for i, name in enumerate(self.names):
            half = t * np.sqrt(self.covariance_scaled[i, i])
            found[name] = (float(self._back(i, self.scaled[i] - half)), float(self._back(i, self.scaled[i] + half)))
        return found

    def band(self, psi: Any, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """(lower, upper) confidence band of theta(psi), m3 m-3, by the delta method; psi in m.

        It holds the uncertainty of the curve, not the scatter of single measurements about it. Where the curve depends
        on something that the data do not tell, it is 0 to 1.
        """
        psi = np.atleast_1d(np.asarray(psi, float))
        fixed = {k: v for k, v in vars(self.retention).items() if k not in self.names}

        def theta(z: jax.Array) -> jax.Array:
            fitted = {k: SCALES[s][1](z[i]) for i, (k, s) in enumerate(zip(self.names, self.scales, strict=True))}
            return type(self.retention)(**fixed, **fitted).water_content(jax.numpy.asarray(psi))

        slope = np.asarray(jax.jacfwd(theta)(jax.numpy.asarray(self.scaled)))
        variance = np.einsum("pi,ij,pj->p", slope, self.covariance_told, slope)
        half = _student(level, self.degrees_of_freedom) * np.sqrt(np.maximum(variance, 1e-300))
        if self.rank_deficient:
            half = np.where(np.abs(slope @ self.blind.T).max(axis=1) > 1e-8, np.inf, half)
        middle = np.asarray(self.retention.water_content(psi))
        return np.clip(middle - half, 0.0, 1.0), np.clip(middle + half, 0.0, 1.0)

    def region(self, name1: str, name2: str, level: float = 0.95, points: int = 100) -> np.ndarray:
        """[points, 2] outline of the joint confidence region of two parameters, in their own units.

        (z - zhat)' C^-1 (z - zhat) = 2 F(level; 2, n - p) on the parameters' scales, mapped back and cut at the bounds.
        Raises ConfigError for a name that was not fitted and DataError where the data do not tell the two.
        Source: Seber & Wild (1989) section 5.2
        """
        for name in (name1, name2):
            if name not in self.names:
                raise ConfigError(f"{name!r} was not fitted; expected one of {', '.join(self.names)}")
        pair = [self.names.index(name1), self.names.index(name2)]
        C = self.covariance_scaled[np.ix_(pair, pair)]
        if not np.all(np.isfinite(C)) or self.degrees_of_freedom < 1:
            raise DataError(f"the data do not tell {name1} and {name2}: fix another parameter, or give more data")
        # The square root by eigenvalues holds where the two are so correlated that Cholesky's fails.
        size, axes = np.linalg.eigh(C)
        radius = np.sqrt(2.0 * stats.f.ppf(level, 2, self.degrees_of_freedom) * np.maximum(size, 0.0))
        angle = np.linspace(0.0, 2.0 * np.pi, points)
        z = self.scaled[pair] + (radius * np.column_stack([np.cos(angle), np.sin(angle)])) @ axes.T
        return np.column_stack([self._back(i, z[:, k]) for k, i in enumerate(pair)])


def _student(level: float, degrees: int) -> float:
    return float(stats.t.ppf(0.5 + 0.5 * level, degrees)) if degrees > 0 else float("inf")
