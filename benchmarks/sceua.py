"""SCE-UA beside spotpy's at equal evaluations and complexes: share of seeds that reach the minimum, and CPU time.

Standard functions of Duan et al. (1993) with arrays as objective; the texture misfit of Saxton & Rawls, compiled.
The goal is 0.5 ms CPU a cell for 3000 evaluations of the texture misfit. spotpy runs in the same process.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from common import record

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.calibrate.standard_functions import FUNCTIONS, Standard, spotpy_minimum

from vadose.calibrate import sceua
from vadose.calibrate.misfit import sr06_misfit, sr06_thresholds

SEEDS = 20
EVALUATIONS = 3000
CELLS = 500
LIMIT_MS = 0.5


def cpu(f: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Least CPU seconds of several rounds, and what the last one gave."""
    best, found = np.inf, None
    for _ in range(rounds):
        started = time.process_time()
        found = f()
        best = min(best, time.process_time() - started)
    return best, found


def texture(cells: int) -> tuple[dict[str, Any], np.ndarray]:
    """Boxes of +-20, +-10, +-5 % around random soils, and the thresholds of other soils within them."""
    r = np.random.default_rng(20261121)
    sand = r.uniform(10.0, 75.0, cells)
    base = np.column_stack([sand, r.uniform(5.0, 90.0 - sand).clip(5.0, 50.0), r.uniform(0.3, 6.0, cells)])
    width = np.array([20.0, 10.0, 5.0])
    low, high = np.maximum(base - width, [6.0, 3.0, 0.0]), np.minimum(base + width, [98.0, 58.0, 15.0])
    truth = np.clip(base + 0.5 * width * r.uniform(-1.0, 1.0, base.shape), low, high)
    data = np.array([sr06_thresholds(*row) for row in truth])
    return {"lower": low, "upper": high, "data": data, "start": base}, data


def compare(name: str, f: Standard) -> None:
    theirs_s, theirs = cpu(lambda: [spotpy_minimum(f, EVALUATIONS, f.complexes, s) for s in range(SEEDS)], 1)
    settings: dict[str, Any] = {"evaluations": EVALUATIONS, "complexes": f.complexes, "streams": np.arange(SEEDS)}
    ours_s, ours = cpu(lambda: sceua(f.arrays, f.lower, f.upper, **settings), 2)
    bar = f.minimum + 1e-3 * max(abs(f.minimum), 1.0)
    record(
        "sceua",
        function=name,
        success=float(np.mean(ours.value < bar)),
        success_spotpy=float(np.mean(np.array(theirs) < bar)),
        evaluations=float(ours.evaluations.mean()),
        cpu_ratio=theirs_s / ours_s,
    )


def main() -> None:
    for name, f in FUNCTIONS.items():
        compare(name, f)
    given, data = texture(CELLS)
    box = given.pop("lower"), given.pop("upper")
    sceua(sr06_misfit, *box, **given)
    seconds, found = cpu(lambda: sceua(sr06_misfit, *box, **given), 7)
    first = Standard(lambda x: sr06_misfit(np.ascontiguousarray(x), data[0]), list(box[0][0]), list(box[1][0]), 0.0)
    spotpy_s, _ = cpu(lambda: spotpy_minimum(first, EVALUATIONS, first.complexes, 0), 2)
    record(
        "sceua",
        function="texture, compiled",
        cell_ms=1e3 * seconds / CELLS,
        evaluation_ns=1e9 * seconds / float(found.evaluations.sum()),
        share_below_1e6=float(np.mean(found.value < 1e-6)),
        spotpy_ratio=spotpy_s / (seconds / CELLS),
        limit_ms=LIMIT_MS,
    )


if __name__ == "__main__":
    main()
