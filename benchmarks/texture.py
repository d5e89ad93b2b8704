"""The texture problem: CPU microseconds a cell of each method, beside scipy's least squares cell by cell.

Soils drawn about a map, thresholds of Saxton & Rawls (2006) with carbon; one process. scipy gets the compiled
thresholds and takes its derivatives by differences. Compilation counts only in `first_call_s`: the gradient method with
uncertainty in a fresh process, with nothing kept from an earlier one.
"""

from __future__ import annotations

import dataclasses
import functools
import time
from collections.abc import Callable
from types import SimpleNamespace

import jax
import numpy as np
from common import record
from scipy import optimize

from vadose.calibrate.misfit import sr06_thresholds
from vadose.calibrate.texture import Experiment, Wanted, fit_texture
from vadose.calibrate.texture_problem import predict

CELLS, PEER_CELLS, ROUNDS = 1024, 24, 3
KEY = ("sr06", True, "potential", ())
LIMIT_US = 1000.0


def cpu_us(f: Callable[[], object], cells: int) -> float:
    """Least CPU time of several rounds after a first one, us a cell."""
    f()
    best = np.inf
    for _ in range(ROUNDS):
        started = time.process_time()
        f()
        best = min(best, time.process_time() - started)
    return best / cells * 1e6


def main() -> None:
    jax.config.update("jax_enable_compilation_cache", False)
    r = np.random.default_rng(20261121)
    base = np.stack([r.uniform(20.0, 60.0, CELLS), r.uniform(12.0, 35.0, CELLS), r.uniform(0.5, 6.0, CELLS)], axis=1)
    ranges = np.array([20.0, 10.0, 5.0])
    truth = np.clip(base + r.uniform(-0.7, 0.7, base.shape) * ranges, [6.0, 3.0, 0.0], [60.0, 40.0, 15.0])
    w, c = predict(KEY, truth, np.zeros((CELLS, 2)))
    error = np.full(CELLS, 0.01)
    wanted = Wanted(w, c, error, error)
    soil = SimpleNamespace(sand=base[:, 0], clay=base[:, 1], organic_carbon=base[:, 2])
    low, high = np.maximum(base - ranges, [6.0, 3.0, 0.0]), np.minimum(base + ranges, [98.0, 58.0, 15.0])

    def search(k: int) -> None:
        def errors(x: np.ndarray) -> np.ndarray:
            return np.array(sr06_thresholds(x[0], x[1], x[2])) - (w[k], c[k])

        optimize.least_squares(errors, np.clip(base[k], low[k] + 1e-6, high[k] - 1e-6), bounds=(low[k], high[k]))

    def scipy() -> None:
        for k in range(PEER_CELLS):
            search(k)

    plain = Experiment("plain", tie_break=False, uncertainty=False)
    tied = dataclasses.replace(plain, tie_break=True)
    whole = dataclasses.replace(tied, uncertainty=True)
    started = time.process_time()
    fit_texture(dataclasses.replace(whole, method="gradient"), wanted, soil)
    numbers = {"first_call_s": time.process_time() - started, "scipy_us": cpu_us(scipy, PEER_CELLS)}
    for method in ("gradient", "sceua"):
        for name, one in (("", plain), ("_tie_break", tied), ("_uncertainty", whole)):
            chosen = dataclasses.replace(one, method=method)
            numbers[f"{method}{name}_us"] = cpu_us(functools.partial(fit_texture, chosen, wanted, soil), CELLS)
    ratios = {f"scipy_over_{m}": numbers["scipy_us"] / numbers[f"{m}_us"] for m in ("gradient", "sceua")}
    record("texture", **numbers, **ratios, limit_us=LIMIT_US)


if __name__ == "__main__":
    main()
