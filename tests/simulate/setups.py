"""Studies and places that the tests of the setup share."""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.config import build
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.simulate.members import members
from vadose.simulate.setup import Climate, Prepared, prepare
from vadose.simulate.study import Study

WARM = 285.0  # K, mean air temperature


def a_study(**tables: Any) -> Study:
    """A study with a forcing that is never opened; a soil and plants where the test states none."""
    usual: dict[str, Any] = {
        "forcing": {"path": "none.csv"},
        "soil": {"texture_class": "loam"},
        "vegetation": {"kind": "grassland"},
    }
    return build(Study, usual | tables, "study")


def points(*names: str) -> Cells:
    """Sites one degree apart."""
    count = np.arange(len(names), dtype=float)
    return Cells.whole(Sites(40.0 + count, -88.0 + count, names))


def a_grid(rows: int, columns: int) -> Cells:
    """All cells of a grid of one degree from the equator and Greenwich."""
    return Cells.whole(LatLonGrid.from_centres(np.arange(rows) + 0.5, np.arange(columns) + 0.5))


def prepared(study: Study, cells: Cells | None = None, number: int = 0) -> Prepared:
    """One member of a study on some cells."""
    cells = cells or points("A")
    return prepare(study, members(study)[number], cells, Climate(np.full(cells.size, WARM)))
