"""Rosetta 3 with spread: CPU time against the package rosetta-soil in the same run, and memory of a million soils.

    python benchmarks/rosetta_networks.py

Both get the same soils (sand, silt, clay). The package is given a tenth of them and its time is multiplied. This file
must not be called rosetta.py, which would hide the package.
"""

from __future__ import annotations

import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

import common
import numpy as np
import rosetta as package

from vadose.soil.pedotransfer.rosetta import predict

SOILS = 10_000
SHARE = 10

MILLION = """
import numpy as np
from vadose.soil.pedotransfer.rosetta import FUNCTIONS
from vadose.soil.texture import Soil
sand, silt, clay = 100.0 * np.random.default_rng(0).dirichlet([1, 1, 1], 1_000_000).T
made = FUNCTIONS[2](Soil(sand, clay))
assert np.isfinite(made.spread["log10_K_s"]).all()
"""


def cpu(work, repeat: int = 1) -> float:
    """The least CPU seconds of some runs."""
    spent = []
    for _ in range(repeat):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)


def main() -> None:
    """Print and record the ratio, and what a million soils cost."""
    soils = 100.0 * np.random.default_rng(0).dirichlet([1, 1, 1], SOILS)
    predict(3, 2, soils)  # compiled once
    ours = cpu(lambda: predict(3, 2, soils), repeat=5)
    arith = cpu(lambda: predict(3, 2, soils, "arith"), repeat=5)
    few = soils[::SHARE]
    theirs = SHARE * cpu(lambda: package.rosetta(3, few.tolist()))
    difference = np.max(np.abs(predict(3, 2, few, "arith")[1] / package.rosetta(3, few.tolist())[1] - 1.0))
    common.record(
        "rosetta",
        soils=SOILS,
        cpu_s=ours,
        arith_cpu_s=arith,
        package_cpu_s=theirs,
        ratio=theirs / arith,
        largest_relative_difference=float(difference),
        million=common.python(MILLION),
    )


if __name__ == "__main__":
    main()
