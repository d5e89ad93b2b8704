"""What of a study can be wrong and is cheap to know: tried before anything is computed, and by `--dry-run`."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.errors import ConfigError, DataError
from vadose.simulate.observations import Observed, observe, read_all

if TYPE_CHECKING:
    from vadose.grid.cells import Cells
    from vadose.simulate.members import Member
    from vadose.simulate.schedule import Schedule
    from vadose.simulate.study import Study

USUAL = 285.0  # K, stands for the mean air temperature, which takes a year of the forcing to know


def check_members(study: Study, members: Sequence[Member], cells: Cells) -> None:
    """Set up one column of each soil and vegetation table for each combination of choices; all over a subsurface.

    Raises ConfigError and DataError as the setup of the run would: functions without their inputs, closures that the
    model's choices cannot use or that differ, parameters, roots, initial values.
    """
    from vadose.simulate.setup import Climate, kinds, prepare

    # The last of the members that differ in their number alone: it has the factors of [ensemble.parameters].
    for member in {(m.preset, m.soil_map, m.ptf, m.closure): m for m in members}.values():
        first = np.sort([where[0] for where, _, _ in kinds(study, member, cells)])
        some = cells if study.subsurface.on else cells.part(first)
        prepare(study, member, some, Climate(np.full(some.size, USUAL)))


def read_observations(
    study: Study, layers: Sequence[Sequence[float]], schedule: Schedule, cells: Cells
) -> Observed | None:
    """The observations of a study on the intervals of its outputs; None where it has none.

    layers  m, thickness of the soil layers of each preset, all of which must reach the depths that were measured
    Raises DataError, ConfigError or UnitError that name the observation, its file and the remedy, also where nothing
    was measured in the period.
    """
    if not study.observations:
        return None
    edges = [np.concatenate([[0.0], np.cumsum(np.asarray(some, float))]) for some in layers]
    least = min(edges, key=lambda e: float(e[-1]))
    measured = read_all(study.observations, np.stack([least[:-1], least[1:]], axis=1))
    bounds = np.concatenate([schedule.bounds(chunk) for chunk in schedule.chunks()])
    found = observe(study.observations, bounds, cells, measured)
    for target, series in zip(found.targets, measured, strict=True):
        if not (target.groups >= 0).any():
            raise DataError(
                f"[[observations]] {target.name!r}: {target.path}: no measurement between {bounds[0, 0]} and "
                f"{bounds[-1, 1]}, the period of the run; the file holds {series.span}: change [period] or leave the "
                "observation out"
            )
    return found


@contextmanager
def naming(study: Any) -> Iterator[None]:
    """Put the study file before the message of a ConfigError, where the study is one."""
    try:
        yield
    except ConfigError as error:
        path = str(Path(study)) if isinstance(study, str | os.PathLike) else ""
        if not path or str(error).startswith(path):
            raise
        raise ConfigError(f"{path}: {error}") from error
