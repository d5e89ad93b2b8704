"""Columns for gradients of whole runs: windows of Bondville's year side by side, one column each, in all conditions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from tests.parity.bondville import A_DAY, MOST_COVER, THICKNESS, Bondville

from vadose.model.initial import initial_state
from vadose.model.presets import build

DAYS = 10


class Window(NamedTuple):
    """Some days: the first of them, the moisture to begin with (None: the reference's) and snow, kg m-2."""

    day: int
    moisture: float | None = None
    snow: float = 0.0


WINDOWS = {
    "frost": Window(0, snow=1.0),
    "snow": Window(0, snow=60.0),
    "spring": Window(85),
    "summer": Window(150),
    "saturated": Window(180, moisture=0.46),
    "dry": Window(210, moisture=0.17),
    "autumn": Window(320),
}


def columns(
    site: Bondville, preset: str, repeats: int, windows: Iterable[Window] = tuple(WINDOWS.values())
) -> tuple[Any, Any, Any, Any]:
    """Model, state, parameters and forcing [time, column] of the windows, each `repeats` times in a row."""
    chosen = [window for window in windows for _ in range(repeats)]
    model = build(preset, layers=THICKNESS)
    parameters = site.parameters([MOST_COVER] * len(chosen))
    water, heat = site.year["SOIL_M"].values.astype(float), site.year["SOIL_T"].values.astype(float)
    moisture = [water[w.day * A_DAY] if w.moisture is None else np.full(4, w.moisture) for w in chosen]
    state = initial_state(
        model, parameters, moisture=np.stack(moisture, 1),
        temperature=np.stack([heat[w.day * A_DAY] for w in chosen], 1), snow_water=np.array([w.snow for w in chosen]),
    )  # fmt: skip
    year = site.forcing(1)

    def cut(values: Any) -> Any:
        parts = [np.asarray(values)[w.day * A_DAY : (w.day + DAYS) * A_DAY, 0] for w in chosen]
        return jnp.asarray(np.stack(parts, 1))

    return model, state, parameters, jax.tree.map(cut, year)
