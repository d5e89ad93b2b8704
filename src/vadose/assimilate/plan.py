"""What an assimilation knows before it computes: the simulation that it drives, its analyses and their observations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vadose.assimilate.observed import ObservationSet, gather
from vadose.assimilate.parameters import ParameterFields
from vadose.assimilate.study import LOCAL, Study
from vadose.assimilate.update import Updater, updated_layers
from vadose.errors import ConfigError, DataError
from vadose.simulate.depths import layers_of
from vadose.simulate.draws import priors
from vadose.simulate.planned import read_observations
from vadose.simulate.run import Plan as Simulation
from vadose.simulate.run import make_plan as plan_simulation
from vadose.simulate.schedule import Schedule


@dataclass(frozen=True, eq=False)
class Plan:
    """A study, ready to run.

    simulation  members, places, weather, tiles; its schedule stops at each analysis
    spinup      the same whose schedule does not stop
    sets        observations at the moments of analyses
    days        [moment] number of the day at whose beginning each analysis is
    thickness   [layer] m, of the soil of all members
    notes       what was assumed or left out while reading
    """

    study: Study
    simulation: Simulation
    spinup: Simulation
    sets: tuple[ObservationSet, ...]
    days: np.ndarray
    thickness: np.ndarray
    notes: tuple[str, ...]

    @property
    def moments(self) -> np.ndarray:
        """[moment] datetime64[s] UTC."""
        return self.sets[0].moments

    def updater(self, experiment: str) -> Updater:
        """How an experiment updates."""
        updates = self.study.assimilation.updates(experiment)
        names = tuple(name for name in updates if name != "state")
        parameters = ParameterFields(names, priors(self.study)) if names else None
        layers = updated_layers(self.study, self.thickness)
        return Updater(self.study, self.simulation.cells, layers, bool(updates), parameters)


def make_plan(study: Study, cache: Path, hashed: bool = True) -> Plan:
    """Read all that a study names but the weather.

    Raises ConfigError and DataError that name table, key or file, what was expected and the remedy.
    """
    bare = plan_simulation(study, cache, hashed)
    thickness = _one_soil(study, bare)
    chosen = study.assimilation
    if chosen.filter in LOCAL and chosen.radius is None and bare.cells.size > 1:
        raise ConfigError(
            f"[assimilation] the filter {chosen.filter!r} is local and needs `radius` in km (Zhao et al. 2025: 10); "
            f"{chosen.filter.removeprefix('l')!r} runs without one"
        )
    updated_layers(study, thickness)
    schedule = bare.schedule.from_hour(chosen.hour)
    every = np.arange(chosen.every, schedule.days + 1, chosen.every)
    if not every.size:
        raise DataError(
            f"[assimilation] the period has {schedule.days} whole days from {chosen.hour}:00 UTC, too short for an "
            f"analysis every {chosen.every}"
        )
    gathered = gather(chosen.observations, np.array([schedule.day(int(n)) for n in every]), bare.cells, thickness)
    there = np.any([np.isfinite(s.values).any(axis=1) for s in gathered.sets], axis=0)
    sets = tuple(_at(s, there) for s in gathered.sets)
    days = every[there]
    observed = bare.observed
    if schedule != bare.schedule:
        observed = read_observations(study, [layers_of(study, m) for m in bare.members], schedule, bare.cells)
    spinup = _scheduled(replace(bare, observed=observed), schedule)
    stopping = _scheduled(spinup, replace(schedule, stops=tuple(int(d) for d in days)))
    return Plan(study, stopping, spinup, sets, days, thickness, gathered.notes)


def _one_soil(study: Study, plan: Simulation) -> np.ndarray:
    """[layer] m, the layers that all members share. Raises ConfigError where they differ."""
    found = {m.preset: layers_of(study, m) for m in plan.members}
    if len(set(found.values())) > 1:
        told = ", ".join(f"{preset} {len(layers)}" for preset, layers in found.items())
        raise ConfigError(
            f"[ensemble] members of different presets have different soil layers ({told}), which an analysis cannot "
            "join; state [model] `layers`"
        )
    return np.asarray(next(iter(found.values())), float)


def _at(one: ObservationSet, which: np.ndarray) -> ObservationSet:
    """A set at some of its moments."""
    return replace(
        one, moments=one.moments[which], values=one.values[which], error=one.error[which], raw=one.raw[which]
    )  # fmt: skip


def _scheduled(plan: Simulation, schedule: Schedule) -> Simulation:
    tiles = tuple(replace(tile, schedule=schedule) for tile in plan.tiles)
    return replace(plan, schedule=schedule, tiles=tiles)


def treated(sets: Sequence[ObservationSet], forecasts: np.ndarray) -> tuple[ObservationSet, ...]:
    """The sets after their treatments of bias; forecasts [moment, place] of the open loop, set after set."""
    from vadose.assimilate.observed_bias import fit_bias

    ends = np.cumsum([s.size for s in sets])
    parts = np.split(forecasts, ends[:-1], axis=1)
    return tuple(fit_bias(one, part) for one, part in zip(sets, parts, strict=True))
