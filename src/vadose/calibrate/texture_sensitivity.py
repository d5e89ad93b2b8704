"""How much the optimised texture depends on the number of evaluations that SCE-UA may use."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vadose.calibrate.texture import fit_texture
from vadose.calibrate.texture_experiment import Experiment
from vadose.errors import ConfigError

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Row:
    """One number of evaluations, against the largest one.

    evaluations   allowed; `used` is the median of what the cells needed
    cells         that have a result in both
    gap           m3 m-3, misfit less that of the largest number, at QUANTILES
    median        %, of each parameter by name
    change        %, of each parameter, less that of the largest number, at QUANTILES
    """

    evaluations: int
    used: float
    cells: int
    gap: tuple[float, ...]
    median: dict[str, float]
    change: dict[str, tuple[float, ...]]


def iteration_sensitivity(
    experiment: Experiment,
    wanted: Any,
    soil: Any,
    *,
    evaluations: Sequence[int] = (300, 3000, 10000, 30000),
    streams: np.ndarray | None = None,
) -> list[Row]:
    """Textures with several numbers of evaluations, one `Row` each, the smallest first.

    wanted, soil, streams   as in `fit_texture`
    Raises ConfigError where the experiment does not use SCE-UA or no number is given.
    Source: the same comparison as in Fig. S2 of the study whose experiments are the defaults of `Experiment`
    """
    if experiment.method != "sceua":
        raise ConfigError(f"`method`: only 'sceua' counts evaluations, got {experiment.method!r}")
    if not evaluations:
        raise ConfigError("evaluations must hold at least one number")
    made = {}
    for number in sorted(evaluations):
        one = dataclasses.replace(experiment, evaluations=int(number), uncertainty=False)
        made[number] = fit_texture(one, wanted, soil, streams=streams)
    last = made[max(made)]
    rows = []
    for number, texture in made.items():
        both = texture.done & last.done
        values = {p: (getattr(texture, p)[both], getattr(last, p)[both]) for p in experiment.parameters}
        rows.append(
            Row(
                evaluations=int(number),
                used=float(np.median(texture.evaluations[both])) if both.any() else float("nan"),
                cells=int(np.count_nonzero(both)),
                gap=_quantiles(texture.misfit[both] - last.misfit[both]),
                median={p: _quantiles(a)[QUANTILES.index(0.5)] for p, (a, _) in values.items()},
                change={p: _quantiles(a - b) for p, (a, b) in values.items()},
            )
        )
    return rows


def _quantiles(values: np.ndarray) -> tuple[float, ...]:
    found = np.quantile(values, QUANTILES) if values.size else np.full(len(QUANTILES), np.nan)
    return tuple(float(v) for v in found)
