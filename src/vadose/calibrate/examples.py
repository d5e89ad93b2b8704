"""A few cells whose drydowns the report draws: those that the study names, or a choice over the range of climates."""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.calibrate.drydown.estimates import Estimates
from vadose.calibrate.study import Study
from vadose.data.daily.blocks import Store
from vadose.grid.latlon import Sites

MOST = 6
SITES = 24  # runs on no more sites than this show each of them


def cells(study: Study, estimates: Estimates, store: Store) -> list[dict[str, Any]]:
    """Series and kept drydowns of the chosen cells, as plain values."""
    from vadose.calibrate.drydown.published import estimate_published

    found = []
    for cell in choose(study, estimates, store):
        series = store.read(slice(cell, cell + 1))
        _, events = estimate_published(series.values, study.drydown.published)
        frame = events.frame()
        kept = frame[frame["kept"]].drop(columns=["cell", "kept"])
        found.append(
            {
                "lat": float(series.cells.lat[0]),
                "lon": float(series.cells.lon[0]),
                "name": _name(series.cells),
                "days": [str(series.days[0]), str(series.days[-1])],
                "rain": None if series.rain is None else _plain(series.rain[:, 0], 1),
                "values": _plain(series.values[:, 0], 4),
                "wilting_point": float(estimates.wilting_point[cell]),
                "critical_point": float(estimates.critical_point[cell]),
                "wilting_point_error": float(estimates.wilting_point_error[cell]),
                "critical_point_error": float(estimates.critical_point_error[cell]),
                "memory": float(estimates.memory[cell]),
                "events": kept.to_dict("records"),
            }
        )
    return found


def choose(study: Study, estimates: Estimates, store: Store) -> list[int]:
    """Positions of the cells to show, each once."""
    if study.report.cells:
        wanted = [store.cells.nearest(lat, lon) for lat, lon in study.report.cells]
        return list(dict.fromkeys(wanted))
    done = np.flatnonzero(estimates.done)
    if isinstance(store.cells.grid, Sites) and done.size <= SITES:
        return [int(c) for c in done]
    if not done.size:
        return []
    # Spread evenly over the critical point, which follows climate and soil.
    order = done[np.argsort(estimates.critical_point[done], kind="stable")]
    places = np.linspace(0, order.size - 1, min(MOST, order.size) + 2)[1:-1].round().astype(int)
    return [int(c) for c in dict.fromkeys(order[places])]


def _plain(values: np.ndarray, digits: int) -> list[float | None]:
    return [None if np.isnan(v) else round(float(v), digits) for v in values]


def _name(one: Any) -> str:
    if isinstance(one.grid, Sites):
        return one.grid.names[int(one.index[0])]
    lat, lon = one.lat[0], one.lon[0]
    return f"{abs(lat):.2f} {'N' if lat >= 0 else 'S'}, {abs(lon):.2f} {'E' if lon >= 0 else 'W'}"
