"""Loss function of surface soil moisture and the recession that follows from it, compiled.

A dry day takes water at a rate L(theta), papers' Figure 1 of McColl et al. (2017):

    L = (theta - theta_w) / tau                    theta <= theta_c           (limited by water)
    L = E = (theta_c - theta_w) / tau              theta_c < theta <= theta_f (limited by energy)
    L = E + k (theta - theta_f)                    theta > theta_f            (and drainage)

L depends on theta alone, so every drydown runs along one curve theta(z), the master recession, and differs from the
others only in where it enters. z (days) counts from theta_c: negative while wetter, positive while drier.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def recession(z: float, w: float, c: float, f: float, tau: float, k: float) -> float:
    """Soil moisture z days after the critical point was passed, m3 m-3.

    w, c, f  wilting point, critical point, field capacity; tau days; k drainage, d-1
    """
    if z >= 0.0:
        return w + (c - w) * np.exp(-z / tau)
    E = (c - w) / tau
    t = (f - c) / E
    if z >= -t:
        return c - E * z
    return f + E / k * np.expm1(min(k * (-z - t), 50.0))


@njit(cache=True, nogil=True, error_model="numpy")
def age(theta: float, w: float, c: float, f: float, tau: float, k: float) -> float:
    """Position z on the recession (days) at which soil moisture is theta; infinite at or below the wilting point."""
    if theta <= w:
        return np.inf
    if theta <= c:
        return tau * np.log((c - w) / (theta - w))
    E = (c - w) / tau
    if theta <= f:
        return (c - theta) / E
    return (c - f) / E - np.log1p(k / E * (theta - f)) / k


@njit(cache=True, nogil=True, error_model="numpy")
def dried(theta: float, days: float, w: float, c: float, f: float, tau: float, k: float) -> float:
    """Soil moisture after some dry days; unchanged at or below the wilting point."""
    if theta <= w:
        return theta
    if theta <= c:
        return w + (theta - w) * np.exp(-days / tau)
    return recession(age(theta, w, c, f, tau, k) + days, w, c, f, tau, k)
