"""Means over the period as a table: what maps would show where there is a single cell."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vadose.grid.latlon import Sites
from vadose.report.simulation_data import SimulationRun
from vadose.report.simulation_series import MAPPED, Reduced


def one_cell(run: SimulationRun, reduced: Reduced) -> bool:
    """Whether the outputs are those of a grid with values in no more than one cell."""
    if isinstance(run.where, Sites):
        return False
    known = [np.isfinite(field).any(axis=0) for field in reduced.fields.values()]
    return run.where.size == 1 or (bool(known) and int(np.any(known, axis=0).sum()) <= 1)


def means_table(run: SimulationRun, reduced: Reduced) -> dict[str, Any] | None:
    """{"columns": [{"title", "units"}], "rows": [{"name", "values": texts}]} of a run of one cell; else None."""
    if not one_cell(run, reduced):
        return None
    held = {n: reduced.mean(n)[:, 0] for n in MAPPED if n in reduced.series and reduced.series[n].ndim == 3}
    shown = {n: v for n, v in held.items() if np.isfinite(v).any() and (np.abs(v[np.isfinite(v)]) > 1e-9).any()}
    if not shown:
        return None
    columns = [_texts(v) for v in shown.values()]
    return {
        "columns": [{"title": reduced.about[n].title, "units": reduced.about[n].units} for n in shown],
        "rows": [{"name": name, "values": [texts[k] for texts in columns]} for k, name in enumerate(run.members)],
    }


def _texts(values: np.ndarray) -> list[str]:
    """Numbers of a column with equal decimals, three significant digits of its largest; a dash for none."""
    largest = float(np.nanmax(np.abs(values)))
    digits = max(0, 2 - math.floor(math.log10(largest)))
    return [f"{v:,.{digits}f}".replace("-", "\u2212") if np.isfinite(v) else "\u2013" for v in values]
