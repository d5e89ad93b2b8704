"""Three presets of the land model at six places, against measurements, a bucket and regressions on the weather.

One study a place lies in `sites/`. VADOSE_DATA names the folder that holds `data/`. Nine years of Kendall take some
minutes; name the places that are wanted, `9_real_sites.py reynolds --out runs`.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

import vadose
from vadose.constants import SECONDS_PER_DAY
from vadose.simulate.baselines import baselines
from vadose.simulate.observations import Target
from vadose.simulate.observations_simulated import simulated
from vadose.simulate.run import make_plan
from vadose.simulate.scores import difference
from vadose.simulate.study import load_study

STUDIES = Path(__file__).resolve().parent / "sites"
SITES = ("kendall", "bondville", "loobos", "reynolds", "neustift", "bourne")
SCORES = ("bias", "rmse", "ubrmse", "correlation", "nme")
RIVAL = "1lin"  # PLUMBER: a land model should beat a linear regression on sunshine
YEAR = 365.25
RATE, READABLE = "kg m-2 s-1", ("mm d-1", SECONDS_PER_DAY)
# Heading -> outputs that are added up, by their CMIP names.
WATER = {
    "precipitation": ("pr",), "evapotranspiration": ("evspsbl",), "transpiration": ("tran",),
    "from the ground": ("evspsblsoi",), "from leaves": ("evspsblveg",), "runoff": ("mrros", "mrrob"),
}  # fmt: skip


def table(title: str, headings: tuple[str, ...], rows: dict[str, list[str]]) -> Table:
    """A table with a label before each row."""
    out = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for number, heading in enumerate(("", *headings)):
        out.add_column(heading, justify="right" if number else "left", no_wrap=True)
    for label, cells in rows.items():
        out.add_row(label, *cells)
    return out


def shown(one: pd.DataFrame, metric: str) -> str:
    """A score with its 95 % interval, rates in mm a day and snow to a tenth of a mm."""
    size = READABLE[1] if one.units[metric] == RATE else 1.0
    digits = 1 if one.units[metric] == "kg m-2" else 3
    value, low, high = (f"{one[key][metric] * size:.{digits}f}" for key in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def water(run: vadose.Simulation) -> dict[str, list[str]]:
    """Mean water balance of each member, mm a year."""
    outputs, rows = run.outputs, {}
    for member in outputs.member.values:
        here = outputs.sel(member=member)
        sums = [sum(float(here[n].mean()) for n in names) * SECONDS_PER_DAY * YEAR for names in WATER.values()]
        rows[str(member)] = [f"{value:.0f}" for value in sums]
    return rows


def against(run: vadose.Simulation, target: Target, bounds: np.ndarray, rival: np.ndarray) -> dict[str, str]:
    """Member -> difference of its normalised mean error from the rival's, with a 95 % interval."""
    series = simulated(run.outputs, target)
    found = {}
    for name, values in zip(run.outputs.member.values, series, strict=True):
        value, low, high = difference(target, bounds, values, rival)
        word = "yes" if high < 0 else "no" if low > 0 else "undecided"
        found[str(name)] = f"{value:+.2f} [{low:+.2f}, {high:+.2f}] {word}"
    return found


def compared(run: vadose.Simulation, console: Console) -> None:
    """A table a measured series: each member and each benchmark, and which member beats the regression."""
    study, _ = load_study(run.run / "study.toml")
    plan = make_plan(study, run.run / "cache")
    bounds = np.concatenate([plan.schedule.bounds(chunk) for chunk in plan.schedule.chunks()])
    observed = plan.observed
    assert observed is not None  # the run wrote scores
    made = baselines(observed, lambda cells, a, b: plan.files.read(plan.schedule.step, cells, a, b)).series
    scores = pd.read_csv(run.run / "scores.csv")
    for target in observed.targets:
        here = scores[scores.observation == target.name]
        beats = against(run, target, bounds, made[RIVAL][target.name])
        units = READABLE[0] if target.units == RATE else target.units
        rows = {}
        for name in dict.fromkeys(here.member):
            one = here[here.member == name].set_index("metric")
            rows[name] = [*(shown(one, m) for m in SCORES), beats.get(name, "")]
        title = f"{study.study.title}: {target.name}, {units}, n = {here.n.max()}"
        console.print(table(title, (*SCORES, f"nme less that of {RIVAL}: beaten?"), rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sites", nargs="*", default=SITES, metavar="SITE", help=f"of {', '.join(SITES)}; default all")
    parser.add_argument("--out", type=Path, default=Path("real-sites"), help="folder of the runs")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override a key of the studies")
    parser.add_argument("--workers", type=int, default=1, help="processes")
    chosen = parser.parse_args()
    if unknown := sorted(set(chosen.sites) - set(SITES)):
        parser.error(f"unknown {', '.join(unknown)}; expected among {', '.join(SITES)}")
    if not (Path(os.environ.get("VADOSE_DATA", "")) / "data/forcing").is_dir():
        sys.exit("skipped: set VADOSE_DATA to the folder that holds data/forcing")
    console = Console(width=200)
    for site in chosen.sites:
        run = vadose.simulate(
            STUDIES / f"{site}.toml", chosen.out / site, settings=chosen.set, workers=chosen.workers
        )  # fmt: skip
        for failure in run.failures:
            console.print(f"{site}, {failure.model}, {failure.row}: {failure.why}", style="red")
        console.print(table(f"{run.manifest['title']}: mm a year", tuple(WATER), water(run)))
        if (run.run / "scores.csv").exists():
            compared(run, console)


if __name__ == "__main__":
    main()
