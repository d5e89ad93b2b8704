"""A small twin experiment and its parts, for the tests of the cycle.

3 x 3 cells, 8 members, 8 days, observed in each cell after 1, 4 and 7 of them: two tiles, and one compiled program for
all of the tests. A test that needs other numbers changes the study by settings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from vadose.assimilate.assimilated import Assimilated
from vadose.assimilate.cycle import Finished, run_experiment
from vadose.assimilate.ensemble import Ensemble
from vadose.assimilate.plan import Plan, make_plan
from vadose.assimilate.sample import Twin, write_sample
from vadose.assimilate.study import load_study
from vadose.simulate.run import run_study as simulate
from vadose.simulate.spinup import SpunUp

CELLS, MEMBERS, DAYS = 9, 8, 8
SMALL = Twin(cells=3, days=DAYS, members=MEMBERS)
EXPERIMENTS = ("open loop", "state", "state and parameters")
STATE_ONLY = "assimilation.experiments=['state']"
OPEN_ONLY = "assimilation.experiments=['open loop']"


def write(folder: Path, chosen: Twin = SMALL) -> Path:
    """The study, beside a truth that has been run."""
    truth, study = write_sample(folder, chosen)
    simulate(truth, folder / "truth", workers=1, report=False)
    return study


def planned(study: Path, cache: Path, *settings: str) -> Plan:
    """A study with some settings, ready to run."""
    return make_plan(load_study(study, settings)[0], cache)


def run(plan: Plan, name: Any = "state", ensemble: Ensemble | None = None) -> Finished:
    """An experiment of a plan, without spin-up."""
    return run_experiment(plan, name, ensemble or Ensemble(plan.simulation, 1), plan.sets, SpunUp())


def begun(plan: Plan) -> Ensemble:
    """The members at the first day."""
    made = Ensemble(plan.simulation, 1)
    made.begin({})
    return made


def arrays(path: Path) -> dict[str, np.ndarray]:
    """Every variable of a file by name."""
    with xr.open_dataset(path, decode_times=False) as opened:
        return {str(name): np.asarray(v.values) for name, v in opened.variables.items()}


def files(run: Assimilated | Path, slug: str) -> dict[str, dict[str, np.ndarray]]:
    """What an experiment wrote: outputs, analyses and, where it has them, parameters."""
    folder = (run.run if isinstance(run, Assimilated) else run) / slug
    names = [n for n in ("outputs.nc", "analysis.nc", "parameters.nc") if (folder / n).exists()]
    return {name: arrays(folder / name) for name in names}


def same(a: dict[str, Any], b: dict[str, Any]) -> bool:
    """True where all arrays, of files too, are equal to the last bit."""

    def equal(x: Any, y: Any) -> bool:
        if isinstance(x, dict):
            return same(x, y)
        return bool(np.array_equal(x, y, equal_nan=np.asarray(x).dtype.kind == "f"))

    return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)


def left(done: Finished) -> dict[str, Any]:
    """All numbers of an experiment that has not been written: rows, last states, accounts, parameters."""
    from vadose.workflow.kept import load_arrays

    kept: dict[str, Any] = {"prior": done.prior, "posterior": done.posterior}
    for n, worked in enumerate(done.outcome.worked):
        kept |= {f"means {n} {c}": load_arrays(path) for c, path in enumerate(worked.means)}  # type: ignore[union-attr]
        kept[f"state {n}"] = load_arrays(worked.states[-1])  # type: ignore[union-attr]
    for n, account in enumerate(done.accounts):
        plain = {k: v for k, v in vars(account).items() if isinstance(v, np.ndarray)}
        kept[f"account {n}"] = plain | account.parameters
    return kept


def stamps(folder: Path) -> dict[str, int]:
    """When each file of a folder of kept results was written."""
    return {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in folder.rglob("*.npz")}


def before_forecast(ensemble: Ensemble, day: int, spoil: Callable[[Ensemble], None]) -> None:
    """Let something happen to the members at the beginning of a day that begins a cycle."""
    real = ensemble.forecast

    def forecast(chunk: Any, *more: Any) -> None:
        if chunk.first == day:
            spoil(ensemble)
        real(chunk, *more)

    ensemble.forecast = forecast  # type: ignore[method-assign]


def kill_member(member: int) -> Callable[[Ensemble], None]:
    """What makes a member's deepest liquid water in its second cell not a number."""

    def spoil(ensemble: Ensemble) -> None:
        for tile, numbers, ready in zip(ensemble.tiles, ensemble.numbers, ensemble.ready, strict=True):
            if member not in numbers:
                continue
            column = numbers.index(member) * (tile.stop - tile.start) + 1
            soil = ready.carry.state.soil
            state = replace(ready.carry.state, soil=replace(soil, liquid=soil.liquid.at[-1, column].set(np.nan)))
            ready.carry = replace(ready.carry, state=state)

    return spoil
