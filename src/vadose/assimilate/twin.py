"""The parameters of a twin's truth, with which those of the members are compared."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from vadose.errors import VadoseError
from vadose.grid.cells import Cells
from vadose.simulate.members import members
from vadose.simulate.planned import USUAL
from vadose.simulate.setup import Climate, kinds, prepare
from vadose.simulate.soil_texture import texture_of
from vadose.simulate.study import load_study
from vadose.workflow.folder import log


def truth_parameters(truth: Path, cells: Cells) -> dict[str, np.ndarray]:
    """Sand and clay, %, and K_s, m s-1, of the top layer of a simulated truth, and its factors, [cell]; or nothing.

    truth  run folder of `vadose simulate`, whose study.toml says of what soil it is
    """
    try:
        study = load_study(truth / "study.toml")[0]
        member = members(study)[0]
        made = prepare(study, member, cells, Climate(np.full(cells.size, USUAL)))
        texture = made.draws.texture
        if texture is None:
            texture = np.full((2, cells.size), np.nan)
            for where, soil, _ in kinds(study, member, cells):
                stated = texture_of(soil, study.soil_maps, cells.part(where), 1, [])
                texture[:, where] = stated.sand[0], stated.clay[0]
        K_s = np.asarray(made.parameters.soil.retention.K_s)[0]
    except VadoseError as error:
        log.warning("%s: the parameters of the truth are not known: %s", truth, error)
        return {}
    others = {name: np.asarray(by) for name, by in made.draws.factors.items() if name != "K_s"}
    return {"sand": texture[0], "clay": texture[1], "K_s": K_s} | others
