"""Lorenz-96: RMSE of every filter over 5 seeds, beside DAPPER's of one seed where it has the filter.

Each seed has a truth, observations, members and perturbations of its own: 3000 analyses, the first 400 left out. Seeds
in which the filter loses the truth (RMSE > 1) are counted and left out of mean and standard deviation. t is the
distance to the reference over sd sqrt(1 + 1 / seeds), with seeds - 1 degrees of freedom: 4.6 is the 99 % limit of 5.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import numpy as np
from common import record

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.assimilate.lorenz96 import OURS, SETUPS, run, truth

SEEDS = (1, 2, 3, 4, 5)
STEPS, BURN_IN = 3000, 400
LOST = 1.0


def reference() -> dict[str, float]:
    """DAPPER's analysis RMSE by name, empty without VADOSE_DATA."""
    root = os.environ.get("VADOSE_DATA")
    path = Path(root or ".") / "golden/lorenz96/table.json"
    if not root or not path.is_file():
        return {}
    return {name: row["rmse_a"] for name, row in json.loads(path.read_text())["results"].items()}


def main() -> None:
    theirs = reference()
    truths = {seed: truth(seed, STEPS) for seed in SEEDS}
    for name, setup in {**SETUPS, **OURS}.items():
        started = time.process_time()
        found = np.array([run(setup, seed, truths[seed], BURN_IN) for seed in SEEDS])
        seconds = (time.process_time() - started) / len(SEEDS) / STEPS
        kept = found[found[:, 0] < LOST]
        mean, sd = kept.mean(axis=0), kept.std(axis=0, ddof=1)
        numbers: dict[str, object] = {"analysis": float(mean[0]), "sd": float(sd[0]), "forecast": float(mean[1])}
        if name in theirs:
            spread = float(sd[0] * np.sqrt(1.0 + 1.0 / len(kept)))
            numbers |= {"dapper": theirs[name], "t": float(mean[0] - theirs[name]) / spread}
        numbers["lost"] = len(SEEDS) - len(kept)
        record("lorenz96", filter=name, **numbers, ms_a_cycle=1e3 * seconds)


if __name__ == "__main__":
    main()
