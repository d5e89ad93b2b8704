"""The published drydown rule: CPU ms a daily series of 19 years, beside scipy's curve_fit on events of the same series.

All 24 reference series (VADOSE_DATA), least CPU time of several rounds. curve_fit gets every 40th event, with the
same bounds and its default tolerances; its time is scaled to all events. The goal is 5 ms.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from common import record
from scipy.optimize import OptimizeWarning, curve_fit

from vadose.calibrate.drydown.events import Events, drydown_events
from vadose.calibrate.drydown.published import estimate_published

SERIES = 24
EVERY = 40
ROUNDS = 7
LIMIT = 5.0


def cpu_ms(f: Callable[[], object], rounds: int) -> float:
    """Least CPU time of several rounds, ms; the first call, which compiles, does not count."""
    f()
    best = np.inf
    for _ in range(rounds):
        started = time.process_time()
        f()
        best = min(best, time.process_time() - started)
    return best * 1e3


def exponential(t: np.ndarray, dtheta: float, theta_w: float, tau: float) -> np.ndarray:
    return dtheta * np.exp(-t / tau) + theta_w


def fit_by_scipy(values: np.ndarray, events: Events) -> None:
    """The same fit with a general bounded optimiser, event by event."""
    for k in range(events.size):
        t = np.arange(events.duration[k] + 1)
        theta = values[events.start[k] + t, events.cell[k]]
        t, theta = t[np.isfinite(theta)], theta[np.isfinite(theta)]
        low = theta.min()
        bounds = [0.0, 0.0, 0.1], [1.0, low + 1e-6, 200.0]
        curve_fit(exponential, t, theta, (theta[0] - low, 0.8 * low, 5.0), bounds=bounds)


def main() -> None:
    with np.load(Path(os.environ["VADOSE_DATA"]) / "golden/drydown/synthetic_24x19yr.npz") as file:
        values = np.stack([file[f"s{k}_obs"] for k in range(SERIES)], axis=1)
    events = drydown_events(values)
    fitted = events.select(np.isfinite(events.tau))
    some = fitted.select(slice(None, None, EVERY))
    one = cpu_ms(lambda: estimate_published(values), ROUNDS) / SERIES
    many = np.tile(values.astype(np.float32), (1, 20))
    tile = cpu_ms(lambda: estimate_published(many), 2) / many.shape[1]
    warnings.simplefilter("ignore", OptimizeWarning)
    scipy = cpu_ms(lambda: fit_by_scipy(values, some), 1) * fitted.size / some.size / SERIES
    record(
        "drydown",
        events_a_series=fitted.size / SERIES,
        published_ms=one,
        published_tile_ms=tile,
        curve_fit_ms=scipy,
        ratio=scipy / one,
        limit_ms=LIMIT,
    )


if __name__ == "__main__":
    main()
