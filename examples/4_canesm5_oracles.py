"""CanESM5 as ilamb3 scored it: published scores recomputed from what was stored, and what Taylor's skill adds.

The stored results hold statistics by region and regional-mean monthly series, no maps. From them follow the spatial
score and most period means; Taylor skill and the interannual correlation of the regional series are new.
VADOSE_DATA names the folder that holds `data/`.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np

from vadose.benchmark.compare import temporal_statistics
from vadose.metrics.formulas import MONTH_LENGTH, taylor_score

REGIONS = ("global", "tropical")


def stored(folder: Path) -> dict[str, Any]:
    """Region -> analysis -> statistic -> value."""
    found = json.loads((folder / "regression/diagnostic.json").read_text())["RESULTS"]
    while "global" not in found:
        found = next(iter(found.values()))
    return found


def series(folder: Path, region: str, model: bool) -> dict[str, float]:
    """Month ("1970-01") -> regional mean."""
    for one in json.loads((folder / "regression/series.json").read_text()):
        where = one["dimensions"]
        if where["region"] == region and ("source_id" in where) == model:
            return {t[:7]: v for t, v in zip(one["index"], one["values"], strict=True) if v is not None}
    return {}


def main() -> None:
    root = os.environ.get("VADOSE_DATA")
    if not root:
        sys.exit("set VADOSE_DATA to the folder that holds data/ilamb_oracles")
    print("case               region             spatial score  months      R  sigma  Taylor skill")
    print("                                 stored  recomputed")
    worst = 0.0
    for folder in sorted(p for p in Path(root, "data/ilamb_oracles").iterdir() if (p / "regression").is_dir()):
        for region in REGIONS:
            spatial = stored(folder)[region]["Spatial Distribution"]
            score = taylor_score(spatial["Correlation"], spatial["Normalized Standard Deviation"])
            worst = max(worst, abs(score - spatial["Spatial Distribution Score"]))
            model, reference = series(folder, region, True), series(folder, region, False)
            months = sorted(set(model) & set(reference))
            r, m = (np.array([s[t] for t in months]) for s in (reference, model))
            skill = temporal_statistics(r, m, MONTH_LENGTH[[int(t[5:]) - 1 for t in months]])
            print(
                f"{folder.name:18s} {region:9s} {spatial['Spatial Distribution Score']:10.4f} {score:11.4f} "
                f"{len(months):7d} {skill['temporal_correlation']:6.2f} {skill['temporal_std_ratio']:6.2f} "
                f"{skill['taylor_skill_score']:13.3f}"
            )
    print(f"largest difference of the spatial score: {worst:.1e}")


if __name__ == "__main__":
    main()
