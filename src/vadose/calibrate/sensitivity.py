"""Whether more evaluations of SCE-UA would change the soil maps: asked on some cells of each experiment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from vadose.calibrate.drydown.estimates import Estimates
from vadose.calibrate.study import Study
from vadose.calibrate.tasks import OnCells, soil_part
from vadose.calibrate.texture import Texture
from vadose.calibrate.texture_sensitivity import QUANTILES, Row, iteration_sensitivity
from vadose.grid.cells import Cells

if TYPE_CHECKING:
    from vadose.calibrate.run import Outcome


def sensitivity(
    study: Study, outcome: Outcome, estimates: Estimates, textures: Mapping[str, Texture], cells: Cells
) -> pd.DataFrame:
    """A row an experiment, number of evaluations and quantity: median and quantiles of the change against the most.

    The cells are spread evenly over those with a result; experiments with gradients have no evaluations to choose.
    """
    rows: list[dict[str, Any]] = []
    for experiment in study.experiments:
        soil = outcome.soils[experiment.soil]
        if experiment.name not in textures or experiment.method != "sceua" or not isinstance(soil, OnCells):
            continue
        done = np.flatnonzero(textures[experiment.name].done)
        if not done.size:
            continue
        most = min(study.sensitivity.cells, done.size)
        chosen = done[np.linspace(0, done.size - 1, most).round().astype(int)]
        found = iteration_sensitivity(
            experiment,
            estimates.part(chosen),
            soil_part(soil.path, chosen)[0],
            evaluations=study.sensitivity.evaluations,
            streams=cells.index[chosen],
        )
        rows += [row for one in found for row in _rows(experiment.name, one)]
    return pd.DataFrame(rows)


def _rows(experiment: str, one: Row) -> list[dict[str, Any]]:
    shared = {"experiment": experiment, "evaluations": one.evaluations, "used": one.used, "cells": one.cells}
    quantiles = [f"change_{100 * q:g}" for q in QUANTILES]
    made = [
        {**shared, "quantity": name, "median": one.median[name], **dict(zip(quantiles, change, strict=True))}
        for name, change in one.change.items()
    ]
    return [*made, {**shared, "quantity": "misfit", **dict(zip(quantiles, one.gap, strict=True))}]
