"""Kendall 2010-2012: one sensor is assimilated, the others judge; both directions, and three treatments of bias.

The study in 14_kendall_assimilation.toml assimilates the probe at 5 cm. Here it is run as it is, then with the neutrons
in its place, without a treatment of bias and with each of two. `--depth 0.3` leaves the soil below 30 cm alone.

VADOSE_DATA names the folder that holds `data/`. A run of three years and 32 members takes some minutes.
"""

from __future__ import annotations

import argparse
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

import pandas as pd

import vadose
from vadose.assimilate import Assimilated
from vadose.constants import SECONDS_PER_DAY

STUDY = Path(__file__).with_suffix(".toml")
SENSORS = ("probe", "neutrons")
TREATMENTS = ("none", "mean-deviation", "cdf")
ET = "ET, tower"
# The judges of the study are those of the probe: of the neutrons the probe takes their place.
PROBE = {"name": "Soil moisture, 5 cm", "variable": "soil_moisture"}
# Lattice and organic water: what makes the depths that the file states, 5.8 / (theta + 0.0829 + water) cm (Zreda et al.
# 2008; Franz et al. 2012), 0.042 of the volume, in a soil of 1500 kg m-3.
NEUTRONS = {"name": "Cosmic-ray neutrons", "operator": "crns", "bulk_density": 1500.0, "lattice_water": 0.028}
METRICS = ("bias", "rmse", "ubrmse", "correlation", "ner_rmse", "ner_ubrmse")


def study_of(sensor: str, bias: str, depth: float | None) -> dict[str, Any]:
    """The tables of a run."""
    study = tomllib.loads(STUDY.read_text())
    (assimilated,) = study["assimilation"]["observations"]
    if sensor == "neutrons":
        place = next(n for n, one in enumerate(study["observations"]) if one["name"] == NEUTRONS["name"])
        neutrons = study["observations"][place]
        study["observations"][place] = assimilated | PROBE
        assimilated = NEUTRONS | {"path": neutrons["path"], "column": neutrons["column"]}
        study["study"]["title"] = "Kendall 2010-2012: neutrons assimilated"
    if bias != "none":
        assimilated = assimilated | {"bias": bias}
        study["study"]["title"] += f", {bias}"
    if depth is not None:
        study["assimilation"]["depth"] = depth
        study["study"]["title"] += f", above {depth:g} m"
    study["assimilation"]["observations"] = [assimilated]
    return study


def shown(row: pd.Series) -> str:
    """A score with its 95 % interval, ET in mm a day."""
    rate = row.observation == ET and row.metric in ("bias", "rmse", "ubrmse")
    size, digits = (SECONDS_PER_DAY, 3) if rate else (1.0, 1 if row.metric.startswith("ner") else 3)
    value, low, high = (f"{v * size:.{digits}f}" for v in (row.value, row.low, row.high))
    return f"{value} [{low}, {high}]"


def told(run: Assimilated) -> None:
    """Print the scores of all judges, the innovations and the water that the analyses added."""
    scores, manifest = run.evaluation, run.manifest
    print(f"\n# {manifest['title']}")
    for one in manifest["observations"]:
        print(f"{one['name']}: {one['values']} values of {one['error']} m3 m-3, refused {one['counts']}")
    for judge in dict.fromkeys(scores.observation):
        here = scores[(scores.observation == judge) & scores.metric.isin(METRICS)]
        if here.empty:
            continue
        print(f"## {judge}, n = {here.n.max()}\n| experiment | {' | '.join(METRICS)} |")
        for name in dict.fromkeys(here.experiment):
            one = here[here.experiment == name].set_index("metric", drop=False)
            cells = (shown(one.loc[m]) if m in one.index else "" for m in METRICS)
            print(f"| {name} | {' | '.join(cells)} |")
    ranks = pd.read_csv(run.run / "ranks.csv")
    spread = ranks[ranks.what == "spread-skill"].set_index("experiment").ratio
    years = len(pd.date_range(*manifest["period"])) / 365.25
    for row in run.innovations.itertuples():
        print(
            f"{row.experiment}: innovations mean {row.mean:.4f}, chi-square {row.chi_square:.2f} "
            f"[{row.chi_square_low:.2f}, {row.chi_square_high:.2f}], lag 1 {row.lag_1:.2f}, spread over error "
            f"{spread[row.experiment]:.2f}"
        )
    for one in manifest["experiments"]:
        water = pd.read_csv(run.run / one["slug"] / "budget.csv").query("column == 'total'").mean(numeric_only=True)
        flows = (f"{name} {water[name] / years:.0f}" for name in ("precipitation", "evaporation", "runoff", "added"))
        print(f"{one['name']}: mm a year: {', '.join(flows)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sensors", nargs="*", default=SENSORS, metavar="SENSOR", help="probe, neutrons; default both")
    parser.add_argument("--bias", nargs="+", choices=TREATMENTS, default=TREATMENTS, help="treatments; default all")
    parser.add_argument("--depth", type=float, help="m, to which layers are updated; default all")
    parser.add_argument("--out", type=Path, default=Path("kendall-assimilation"), help="folder of the runs")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override a key of the study")
    parser.add_argument("--workers", type=int, default=1, help="threads")
    chosen = parser.parse_args()
    if unknown := sorted(set(chosen.sensors) - set(SENSORS)):
        parser.error(f"unknown {', '.join(unknown)}; expected among {', '.join(SENSORS)}")
    if not (Path(os.environ.get("VADOSE_DATA", "")) / "data/insitu").is_dir():
        sys.exit("skipped: set VADOSE_DATA to the folder that holds data/insitu")
    for sensor in chosen.sensors:
        for bias in chosen.bias:
            study, out = study_of(sensor, bias, chosen.depth), chosen.out / f"{sensor}-{bias}"
            told(vadose.assimilate(study, out, settings=chosen.set, workers=chosen.workers))


if __name__ == "__main__":
    main()
