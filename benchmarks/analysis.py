"""One analysis of a filter: CPU seconds and peak memory of a process of its own that holds prior and analysis.

300 x 300 columns x 10 layers, 289 observations 18 columns apart, support 20 columns, float64. PDAF 3 takes 12.7 CPU s
(LETKF) and 15.5 CPU s with 2.5 GB (LEnKF) for 32 members, a plain numba LEnKF 1.25 CPU s. The goal is 0.5 CPU s and
0.7 GB, 30 CPU s for 500 members, and time linear in the columns up to a million.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any

import numpy as np
from common import record

LAYERS, APART, SUPPORT = 10, 18, 20.0
ROUNDS = 5
LIMIT_CPU_S, LIMIT_GB, LIMIT_500_S = 0.5, 0.7, 30.0


def problem(side: int, members: int) -> dict[str, Any]:
    """A prior [member, layer, y, x] of soil moisture, and observations of its top layer."""
    from vadose.assimilate import Localization

    r = np.random.default_rng(side + members)
    prior = np.empty((members, LAYERS, side, side))
    for member in prior:  # one by one: no second copy of the ensemble
        r.standard_normal(out=member)
        member *= 0.05
        member += 0.3 + 0.03 * r.standard_normal()
    at = np.arange(6, side, APART)
    places = np.stack(np.meshgrid(at, at, indexing="ij"), axis=-1).reshape(-1, 2)
    simulated = prior[:, 0, places[:, 0], places[:, 1]]
    grid = np.stack(np.mgrid[:side, :side], axis=-1)
    return {
        "ensemble": prior,
        "observed": 0.3 + 0.04 * r.standard_normal(len(places)),
        "simulated": simulated,
        "error": 0.04,
        "localization": Localization(grid, places, SUPPORT, places="last"),
    }


def peak_mb() -> float:
    """Most memory that this process has held, MB (Linux)."""
    with open("/proc/self/status") as lines:
        return next(float(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1e3


def child(name: str, side: int, members: int, rounds: int, overwrite: int) -> None:
    """Run in a process of its own: the least and the median CPU time of some rounds, and the peak of memory."""
    import vadose.assimilate

    run = getattr(vadose.assimilate, name)
    extra: dict[str, Any] = {"key": 1} if name == "lenkf" else {}
    small = problem(40, 4)
    run(**small, **extra)  # loads the compiled code
    given = problem(side, members) | {"overwrite": bool(overwrite)}
    seconds = []
    for _ in range(rounds):
        started = time.process_time()
        run(**given, **extra)
        seconds.append(time.process_time() - started)
    print(json.dumps({"least": min(seconds), "median": float(np.median(seconds)), "peak_mb": peak_mb()}))


def measure(name: str, side: int, members: int, rounds: int = ROUNDS, overwrite: bool = False) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", name, *map(str, (side, members, rounds, int(overwrite)))]
    env = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=env)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def main() -> None:
    for overwrite in (False, True):
        for name in ("letkf", "lenkf"):
            cost = measure(name, 300, 32, overwrite=overwrite)
            limits = {"limit_s": LIMIT_CPU_S, "limit_gb": LIMIT_GB}
            record("analysis", filter=name, overwrite=overwrite, columns=90_000, members=32, **cost, **limits)
    for name in ("letkf", "lenkf"):
        cost = measure(name, 300, 500, 1)
        record("analysis", filter=name, columns=90_000, members=500, **cost, limit_s=LIMIT_500_S)
    for overwrite in (False, True):
        for side in (100, 300, 1000):
            cost = measure("letkf", side, 32, 3, overwrite)
            each = 1e6 * cost["least"] / side**2
            record(
                "analysis", filter="letkf", overwrite=overwrite, columns=side**2, members=32, **cost, us_a_column=each
            )


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        child(sys.argv[2], *(int(a) for a in sys.argv[3:]))
    else:
        main()
