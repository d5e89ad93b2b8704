"""Accuracy of thresholds from drydowns: the robust estimator and the published rule on series whose truth is known.

    python benchmarks/drydown_accuracy.py [GOLDEN.npz]

GOLDEN is golden/drydown/synthetic_24x19yr.npz below VADOSE_DATA. The other 200 series are made here, with other seeds,
noises, revisit times and climates. Errors in m3 m-3; coverage is the share of truths within 1.96 standard errors.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import common
import numpy as np

from vadose.calibrate.drydown.published import estimate_published
from vadose.calibrate.drydown.robust import estimate_robust
from vadose.calibrate.drydown.synthetic import CLIMATES, mixed_climates

SEED = 2026
BLIND = (31, 77)  # looked at once, when the method was done
NAMES = ("wilting_point", "critical_point")
HEADER = (
    "| series | | wilting point: error | bias | coverage | critical point: error | bias | coverage | published rule |"
)


def cpu_ms(work, cells: int):
    """Result of some work and the CPU milliseconds it took a cell."""
    started = time.process_time()
    made = work()
    return made, 1e3 * (time.process_time() - started) / cells


def row(name: str, which: np.ndarray, robust, published, truth: np.ndarray) -> dict[str, object]:
    """One line of the table, printed; numbers of the robust estimator."""
    use = which & robust.done
    cells, numbers = [], {}
    for n, true in zip(NAMES, truth, strict=True):
        error = (getattr(robust, n) - true)[use]
        inside = np.abs(error) <= 1.96 * getattr(robust, f"{n}_error")[use]
        numbers |= {f"{n}_error": float(np.abs(error).mean()), f"{n}_coverage": float(inside.mean())}
        cells += [f"{np.abs(error).mean():.4f}", f"{error.mean():+.4f}", f"{100 * inside.mean():.0f} %"]
    old = [np.nanmean(np.abs(getattr(published, n) - t)[which]) for n, t in zip(NAMES, truth, strict=True)]
    print(f"| {name} | {use.sum()} of {which.sum()} | {' | '.join(cells)} | {old[0]:.3f}, {old[1]:.3f} |")
    return numbers


def table(title: str, values: np.ndarray, truth: np.ndarray, noise: np.ndarray, kind: np.ndarray | None) -> dict:
    """Estimate, print the lines of one set, return its numbers."""
    cells = values.shape[1]
    robust, cost = cpu_ms(lambda: estimate_robust(values), cells)
    (published, _), old_cost = cpu_ms(lambda: estimate_published(values), cells)
    print(HEADER, "|---" * 9 + "|", sep="\n")
    numbers = row(title, np.ones(cells, bool), robust, published, truth)
    for n in np.unique(noise):
        row(f"{title}, noise {n:g}", noise == n, robust, published, truth)
    for i, name in enumerate(CLIMATES if kind is not None else ()):
        row(f"{title}, {name}", kind == i, robust, published, truth)
    print(f"CPU ms a series: robust {cost:.1f}, published {old_cost:.2f}\n")
    return {"cells": cells, "done": int(robust.done.sum()), "cpu_ms": cost, "published_cpu_ms": old_cost, **numbers}


def main() -> None:
    """Print the tables and record the totals."""
    made, kind = mixed_climates(seed=SEED)
    estimate_robust(made.values[:700, :1])
    estimate_published(made.values[:, :1])
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "golden/drydown/synthetic_24x19yr.npz")
    path = path if path.exists() else Path(os.environ.get("VADOSE_DATA", ".")) / path
    numbers = {}
    if path.exists():
        golden = np.load(path)
        values = np.stack([golden[f"s{i}_obs"] for i in range(24)], axis=1)
        truth = np.stack([golden[f"s{i}_params"] for i in range(24)], axis=1)
        numbers["golden"] = table("golden", values, truth[:2], truth[4], None)
    truth = np.stack([made.wilting_point, made.critical_point])
    numbers["own"] = table("own", made.values, truth, made.noise, kind)
    for seed in BLIND:
        made, _ = mixed_climates(seed=seed)
        truth = np.stack([made.wilting_point, made.critical_point])
        numbers[f"seed {seed}"] = table(f"own, seed {seed}", made.values, truth, made.noise, None)
    common.record("drydown_accuracy", **numbers)


if __name__ == "__main__":
    main()
