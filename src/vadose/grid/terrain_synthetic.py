"""A made catchment for twin experiments: hills that drain through a valley network over a plain to one outlet.

Source: Flint (1974), slope falls with drainage area, S = k A^-0.45; hills in the south and a plain
in the north as in the catchment of the Rur
"""

from __future__ import annotations

import numpy as np
from numba import njit

from vadose.errors import ConfigError, RangeError
from vadose.grid.terrain import Conditioning, Terrain, terrain
from vadose.grid.terrain_slopes import edge

_CONCAVITY = 0.45
_ROUNDS = 12
_PLAIN = 0.04  # slope factor of the plain over that of the hills
_BASE = 30.0  # m, elevation of the outlet


def synthetic_catchment(
    shape: tuple[int, int],
    dx: float,
    *,
    relief: float = 300.0,
    seed: int = 0,
    outlet: tuple[int, int] | None = None,
    conditioning: Conditioning = Conditioning(),  # noqa: B008  (frozen)
) -> Terrain:
    """A catchment of square cells that drains by one outlet, the same for the same arguments.

    Rounds of routing and of building each cell above the one it drains to by S = k A^-0.45, smoothed in between, turn
    noise into valleys; k grows with the distance from the outlet.
    shape   cells along y and x, at least 8 each;  dx  m;  relief  m from the lowest to the highest cell
    outlet  (y, x) of a cell of the border; the middle of the northern one by default
    Raises RangeError for a shape, dx or relief that makes no catchment, ConfigError for an outlet inside.
    """
    ny, nx = shape
    if min(shape) < 8:
        raise RangeError(f"`shape` of a catchment must be at least (8, 8), got {shape}")
    if not relief > 0.0:
        raise RangeError(f"`relief` must be > 0 m, got {relief:g}")
    mouth = (ny - 1, nx // 2) if outlet is None else outlet
    ends = np.zeros(shape, bool)
    if not (0 <= mouth[0] < ny and 0 <= mouth[1] < nx and edge(~ends)[mouth]):
        raise ConfigError(f"`outlet` must be a cell (y, x) of the border of {shape}, got {mouth}")
    ends[mouth] = True
    from scipy.ndimage import gaussian_filter

    y, x = np.indices(shape)
    distance = np.hypot(y - mouth[0], x - mouth[1])
    distance /= distance.max()
    hills = np.clip((distance - 0.25) / 0.45, 0.0, 1.0)
    steepness = _PLAIN + (1.0 - _PLAIN) * hills * hills * (3.0 - 2.0 * hills)
    noise = gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 1.5, mode="nearest")
    z = _scaled(distance + 0.3 * noise / noise.std() * steepness, relief)
    for _ in range(_ROUNDS):
        now = terrain(z, dx, dx, outlets=ends)
        rise = steepness * (now.area / dx**2) ** -_CONCAVITY
        built = _built(rise.ravel(), now.downstream.ravel(), np.argsort(now.elevation, axis=None, kind="stable"))
        z = _scaled(gaussian_filter(built.reshape(shape), 0.6, mode="nearest"), relief)
    return terrain(z, dx, dx, outlets=ends, conditioning=conditioning)


def _scaled(z: np.ndarray, relief: float) -> np.ndarray:
    """z stretched to the relief above the base, m."""
    return np.asarray(_BASE + relief * (z - z.min()) / np.ptp(z))


@njit(cache=True)
def _built(rise: np.ndarray, downstream: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Height [cell] of each cell above the outlet: rise by rise along the way; `order` from the lowest up."""
    z = np.zeros(rise.size)
    for cell in order:
        below = downstream[cell]
        if below != cell:
            z[cell] = z[below] + rise[cell]
    return z
