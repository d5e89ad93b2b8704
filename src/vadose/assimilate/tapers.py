"""Tapers: how the influence of an observation falls with distance r, as a share of the support (1: no influence)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from vadose.errors import ConfigError

Taper = Callable[[np.ndarray], np.ndarray]


def gaspari_cohn(r: np.ndarray) -> np.ndarray:
    """Fifth-order piecewise rational function of compact support, positive definite in up to three dimensions.

    z = 2 r;  -z^5/4 + z^4/2 + 5 z^3/8 - 5 z^2/3 + 1 to z = 1,  z^5/12 - z^4/2 + 5 z^3/8 + 5 z^2/3 - 5 z + 4 - 2/(3 z)
    to z = 2, zero beyond

    r    distance over the support, 1, any shape
    Returns values from 1 to 0.
    Source: Gaspari & Cohn (1999) eq. 4.10
    """
    z = 2.0 * np.asarray(r, float)
    near = (((-0.25 * z + 0.5) * z + 0.625) * z - 5.0 / 3.0) * z**2 + 1.0
    safe = np.maximum(z, 1.0)
    far = ((((safe / 12.0 - 0.5) * safe + 0.625) * safe + 5.0 / 3.0) * safe - 5.0) * safe + 4.0 - 2.0 / (3.0 * safe)
    # Close to the support the terms cancel and may leave a negative rounding error.
    return np.where(z <= 1.0, near, np.where(z < 2.0, np.maximum(far, 0.0), 0.0))


def step(r: np.ndarray) -> np.ndarray:
    """1 up to the support and on it, 0 beyond; not positive definite."""
    return np.where(np.asarray(r, float) <= 1.0, 1.0, 0.0)


TAPERS: dict[str, Taper] = {"gaspari-cohn": gaspari_cohn, "step": step}


def taper_of(taper: str | Taper) -> Taper:
    """The function of a name, or the function itself once it has shown that it is a taper.

    Raises ConfigError for an unknown name, and for a function that is not 1 at no distance, that leaves -1 to 1, or
    that does not return one finite number for each distance.
    """
    if isinstance(taper, str):
        if taper not in TAPERS:
            raise ConfigError(f"unknown taper {taper!r}; expected a function or one of {', '.join(TAPERS)}")
        return TAPERS[taper]
    if not callable(taper):
        raise ConfigError(f"taper must be a name or a function of distance / radius, got {type(taper).__name__}")
    r = np.linspace(0.0, 1.0, 101)
    values = np.asarray(taper(r))
    if values.shape != r.shape or not np.all(np.isfinite(values)):
        raise ConfigError("taper must return one finite number for each distance / radius from 0 to 1")
    if abs(values[0] - 1.0) > 1e-12 or np.abs(values).max() > 1.0 + 1e-12:
        raise ConfigError(f"taper must be 1 at no distance and stay within -1 to 1, got {values[0]:g} at 0")
    return taper
