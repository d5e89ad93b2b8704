"""Fit of an exponential decay to one drydown, compiled.

theta(t) = dtheta exp(-t/tau) + theta_w    (McColl et al. 2017)

For a given tau the rest is linear, and its bound on theta_w is met exactly by clamping, because the sum of squares
left after dtheta is eliminated is a parabola in theta_w. One unknown remains, x = ln tau. The sum of squares as a
function of x may have several minima, so its derivative is taken on a grid of x, and each change of sign from
falling to rising is refined. Everything is float64.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# Greatest distance of grid points in ln tau.
STEP = 0.5
# Of ln tau, hence relative to tau; the sum of squares is flat to its square there.
TOLERANCE = 1e-10


@njit(cache=True, nogil=True, error_model="numpy")
def profile(
    x: float, times: np.ndarray, theta: np.ndarray, low: float, high: float, out: np.ndarray
) -> tuple[float, float, float, float]:
    """Sum of squares F and its derivative in x = ln tau, with the best (dtheta, theta_w) for it.

    times, theta  [sample] days since the first sample, m3 m-3; at least two times differ
    low, high     bounds of theta_w, m3 m-3
    out           [sample or more] holds exp(-t/tau) afterwards
    Returns (dF/dx, F, dtheta, theta_w); dF/dx = -2 dtheta sum r e t/tau, the others being at their optimum.
    """
    n = times.size
    rate = np.exp(-x)
    e = 1.0
    step = factor = last = 0.0
    e_mean = 0.0
    theta_mean = 0.0
    for i in range(n):
        if times[i] - last != step:
            step = times[i] - last
            factor = np.exp(-rate * step)
        if i > 0:
            e *= factor
        last = times[i]
        out[i] = e
        e_mean += e
        theta_mean += theta[i]
    e_mean /= n
    theta_mean /= n
    # About the means: for tau much longer than the drydown the sums themselves would cancel.
    spread = product = 0.0
    for i in range(n):
        spread += (out[i] - e_mean) ** 2
        product += (out[i] - e_mean) * (theta[i] - theta_mean)
    dtheta = product / spread
    theta_w = theta_mean - dtheta * e_mean
    if theta_w < low or theta_w > high:
        theta_w = min(max(theta_w, low), high)
        square = product = 0.0
        for i in range(n):
            square += out[i] * out[i]
            product += out[i] * (theta[i] - theta_w)
        dtheta = product / square
    F = slope = 0.0
    for i in range(n):
        r = theta[i] - theta_w - dtheta * out[i]
        F += r * r
        slope += r * out[i] * times[i]
    return -2.0 * dtheta * slope * rate, F, dtheta, theta_w


@njit(cache=True, nogil=True, error_model="numpy")
def refine(
    ends: tuple[float, float, float, float],
    times: np.ndarray,
    theta: np.ndarray,
    low: float,
    high: float,
    out: np.ndarray,
) -> float:
    """The x where the derivative changes sign from falling to rising; ends: x and derivative on the left, on the right.

    Regula falsi with the weight of Anderson and Bjorck (1973) on an end that stays twice, and a bisection wherever
    three steps did not halve the bracket (the derivative has a kink where theta_w meets a bound).
    """
    a, slope_a, b, slope_b = ends
    width, tries, side = b - a, 0, 0
    while b - a > TOLERANCE:
        middle = 0.5 * (a + b)
        x = middle
        if tries < 3 and slope_b - slope_a > 0.0:
            x = (a * slope_b - b * slope_a) / (slope_b - slope_a)
            # Half a tolerance off the ends, so that the bracket closes from both sides.
            x = min(max(x, a + 0.4 * TOLERANCE), b - 0.4 * TOLERANCE)
        slope = profile(x, times, theta, low, high, out)[0]
        if slope == 0.0:
            return x
        if slope < 0.0:
            weight = 1.0 - slope / slope_a
            if side < 0:
                slope_b *= weight if weight > 0.0 else 0.5
            a, slope_a, side = x, slope, -1
        else:
            weight = 1.0 - slope / slope_b
            if side > 0:
                slope_a *= weight if weight > 0.0 else 0.5
            b, slope_b, side = x, slope, 1
        tries += 1
        if tries > 3 or b - a < 0.5 * width:
            width, tries = b - a, 0
    return 0.5 * (a + b)


@njit(cache=True, nogil=True, error_model="numpy")
def three_samples(times: np.ndarray, theta: np.ndarray, low: float) -> float:
    """tau of the exponential through three samples at equal distances; NaN where there is none with theta_w >= low."""
    step = times[1]
    if times[2] - step != step:
        return np.nan
    q = (theta[1] - theta[2]) / (theta[0] - theta[1])
    if not 0.0 < q < 1.0 or theta[2] - (theta[1] - theta[2]) * q / (1.0 - q) < low:
        return np.nan
    return -step / np.log(q)


@njit(cache=True, nogil=True, error_model="numpy")
def fit(
    times: np.ndarray, theta: np.ndarray, low: float, high: float, bounds: tuple[float, float], out: np.ndarray
) -> tuple[float, float, float, float]:
    """Least squares over dtheta, theta_w in [low, high] and x = ln tau in [x_low, x_high]: the global optimum.

    times, theta  as in `profile`, theta falls; out [sample or more] scratch; bounds (x_low, x_high)
    Returns (dtheta, theta_w, tau, F)
    """
    x_low, x_high = bounds
    if times.size == 3:
        tau = three_samples(times, theta, low)
        if tau == tau and x_low <= np.log(tau) <= x_high:
            _, F, dtheta, theta_w = profile(np.log(tau), times, theta, low, high, out)
            return dtheta, theta_w, tau, F
    points = int(np.ceil((x_high - x_low) / STEP)) + 1
    best, dtheta, theta_w, x_best = np.inf, np.nan, np.nan, np.nan
    x_last = slope_last = 0.0
    for k in range(points):
        x = x_low + (x_high - x_low) * k / (points - 1)
        slope = profile(x, times, theta, low, high, out)[0]
        candidate = np.nan
        if k == 0 and slope >= 0.0:
            candidate = x
        elif k > 0 and slope_last < 0.0 <= slope:
            candidate = refine((x_last, slope_last, x, slope), times, theta, low, high, out)
        elif k == points - 1:
            candidate = x
        if candidate == candidate:
            _, F, a, w = profile(candidate, times, theta, low, high, out)
            if F < best:
                best, dtheta, theta_w, x_best = F, a, w, candidate
        x_last, slope_last = x, slope
    return dtheta, theta_w, np.exp(x_best), best
