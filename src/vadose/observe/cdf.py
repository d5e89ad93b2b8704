"""Matching of cumulative distributions: the quantiles of the observations become those of the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vadose.errors import ConfigError
from vadose.observe.bias import LEAST, paired

TAILS = ("empirical", "regression", "normal")


@dataclass(frozen=True, eq=False)
class CdfMatching:
    """y' = F_m^-1(F_o(y)), linear between percentiles and beyond the last in the slope of the last interval.

    observed, model  one array of percentiles for each place, of as many bins as its pairs allow; empty where too few
    shape            of the places

    The extreme percentiles rest on single values. `tails` says what stands for them:
    "empirical"   the extremes themselves
    "regression"  the model's extremes follow from the observed ones by a regression through the first inner
                  percentile, of the sorted values beyond it (Moesinger et al. 2020)
    "normal"      parametric: beyond the first inner percentile both are normal with their own standard deviation
    Source: Reichle & Koster (2004); with "regression" the numbers of pytesmo
    """

    observed: tuple[np.ndarray, ...]
    model: tuple[np.ndarray, ...]
    shape: tuple[int, ...]

    @classmethod
    def fit(
        cls, observed: np.ndarray, model: np.ndarray, bins: int = 100, tails: str = "regression", least: int = LEAST
    ) -> CdfMatching:
        """Of the times at which both are there.

        bins   at most; fewer where there would be less than `least` values in each
        Raises ConfigError for other `tails`, DataError where no place has `least` pairs.
        """
        if tails not in TAILS:
            raise ConfigError(f"`tails` must be one of {', '.join(TAILS)}, got {tails!r}")
        if bins < 3:
            raise ConfigError(f"`bins` must be at least 3, got {bins}")
        o, m = paired(observed, model, least)
        found = [
            _fit_one(a[np.isfinite(a)], b[np.isfinite(b)], bins, tails, least) for a, b in zip(o.T, m.T, strict=True)
        ]
        return cls(tuple(f[0] for f in found), tuple(f[1] for f in found), np.shape(observed)[1:])

    def apply(self, observed: np.ndarray) -> np.ndarray:
        """[..., place], NaN where a place was not fitted."""
        return self._mapped(observed)[0]

    def error(self, observed: np.ndarray, deviation: np.ndarray) -> np.ndarray:
        """Scaled by the slope of the match at each value, which is steep where percentiles of the model lie apart."""
        return self._mapped(observed)[1] * np.asarray(deviation, float)

    def _mapped(self, observed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Values and slopes."""
        values = np.asarray(observed, float)
        flat = values.reshape(-1, len(self.observed))
        out, slopes = np.full(flat.shape, np.nan), np.full(flat.shape, np.nan)
        for i, (x, y) in enumerate(zip(self.observed, self.model, strict=True)):
            if x.size < 2:
                continue
            slope = np.diff(y) / np.diff(x)
            at = np.clip(np.searchsorted(x, flat[:, i], side="right") - 1, 0, slope.size - 1)
            out[:, i] = y[at] + slope[at] * (flat[:, i] - x[at])
            slopes[:, i] = np.where(np.isfinite(flat[:, i]), slope[at], np.nan)
        return out.reshape(values.shape), slopes.reshape(values.shape)


def _fit_one(o: np.ndarray, m: np.ndarray, bins: int, tails: str, least: int) -> tuple[np.ndarray, np.ndarray]:
    """Percentiles of one place."""
    if o.size < least or np.ptp(o) == 0:
        return np.empty(0), np.empty(0)
    o, m = np.sort(o), np.sort(m)
    number = max(1, min(bins, o.size // least))
    if number < 3:
        # Too few values for percentiles: a straight line through both, which is the match of mean and deviation.
        slope = m.std() / o.std()
        ends = np.array([o[0], o[-1]])
        return ends, m.mean() + slope * (ends - o.mean())
    at = np.arange(number + 1) / number
    x, y = (_distinct(np.quantile(v, at, method="hazen"), at) for v in (o, m))
    if tails != "empirical":
        y[0] = y[1] + _slope(o[o <= x[1]] - x[1], m[m <= y[1]] - y[1], tails) * (x[0] - x[1])
        y[-1] = y[-2] + _slope(o[o >= x[-2]] - x[-2], m[m >= y[-2]] - y[-2], tails) * (x[-1] - x[-2])
    return x, y


def _slope(x: np.ndarray, y: np.ndarray, tails: str) -> float:
    """Model over observed beyond an inner percentile, of the sorted differences from it."""
    if tails == "normal":
        # Half-normal beyond the percentile: root mean squares are in the ratio of the standard deviations.
        return float(np.sqrt(np.mean(y**2) / max(np.mean(x**2), 1e-300)))
    if x.size != y.size:
        x = np.quantile(x, np.arange(y.size) / max(y.size - 1, 1), method="hazen")
    square = float(x @ x)
    return float(x @ y) / square if square > 0 else 1.0


def _distinct(quantiles: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Quantiles that ascend strictly. Of equal ones, which packed values make, the middle stays and the others are
    drawn towards their neighbours: the first of them would shift all values by half a step of the packing."""
    unique, first, count = np.unique(quantiles, return_index=True, return_counts=True)
    if unique.size == quantiles.size or unique.size < 2:
        return quantiles
    place = 0.5 * (at[first] + at[first + count - 1])
    place[0], place[-1] = at[0], at[-1]
    return np.interp(at, place, unique)
