"""The texture problem: CPU microseconds a cell of each method, beside scipy's least squares cell by cell.

Soils drawn about a map, thresholds of Saxton & Rawls (2006) with carbon; one process, compilation does not count.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
from common import record
from scipy import optimize

from vadose.calibrate.texture import Experiment, Wanted, fit_texture
from vadose.calibrate.texture_problem import predict

CELLS, PEER_CELLS, ROUNDS = 1024, 24, 3
KEY = ("sr06", True, "potential", ())
LIMIT_US = 1000.0


def cpu_us(f: Callable[[], object], cells: int, rounds: int = ROUNDS) -> float:
    """Least CPU time of several rounds after a first one, us a cell."""
    f()
    best = np.inf
    for _ in range(rounds):
        started = time.process_time()
        f()
        best = min(best, time.process_time() - started)
    return best / cells * 1e6


def main() -> None:
    r = np.random.default_rng(20261121)
    base = np.stack([r.uniform(20.0, 60.0, CELLS), r.uniform(12.0, 35.0, CELLS), r.uniform(0.5, 6.0, CELLS)], axis=1)
    ranges = np.array([20.0, 10.0, 5.0])
    truth = np.clip(base + r.uniform(-0.7, 0.7, base.shape) * ranges, [6.0, 3.0, 0.0], [60.0, 40.0, 15.0])
    w, c = predict(KEY, truth, np.zeros((CELLS, 2)))
    error = np.full(CELLS, 0.01)
    wanted, soil = (
        Wanted(w, c, error, error),
        SimpleNamespace(sand=base[:, 0], clay=base[:, 1], organic_carbon=base[:, 2]),
    )
    low, high = np.maximum(base - ranges, [6.0, 3.0, 0.0]), np.minimum(base + ranges, [98.0, 58.0, 15.0])

    def scipy() -> None:
        for k in range(PEER_CELLS):
            goal = np.array([[w[k], c[k]]])
            optimize.least_squares(
                lambda x, goal=goal: np.stack(predict(KEY, x[None], goal), axis=-1)[0] - goal[0],
                np.clip(base[k], low[k] + 1e-6, high[k] - 1e-6),
                bounds=(low[k], high[k]),
            )

    plain = Experiment("plain", tie_break=False, uncertainty=False)
    tied, whole = (
        dataclasses.replace(plain, tie_break=True),
        dataclasses.replace(plain, tie_break=True, uncertainty=True),
    )
    numbers = {"scipy_us": cpu_us(scipy, PEER_CELLS, 1)}
    for method in ("gradient", "sceua"):
        for name, one in (("", plain), ("_tie_break", tied), ("_uncertainty", whole)):
            chosen = dataclasses.replace(one, method=method)
            numbers[f"{method}{name}_us"] = cpu_us(lambda chosen=chosen: fit_texture(chosen, wanted, soil), CELLS)
    ratio = numbers["scipy_us"] / numbers["gradient_us"]
    record("texture", **numbers, scipy_over_gradient=ratio, limit_us=LIMIT_US)


if __name__ == "__main__":
    main()
