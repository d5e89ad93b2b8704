"""Maps of a flow study through time: as many outputs as a page can hold, for a slider."""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.report.flow_fields import NOTHING, Display, Domain, Fields, Surface
from vadose.report.pack import pack_values

MOST_FRAMES = 60
MOST_VALUES = 600_000  # of one quantity over all frames: 1.6 MB


def frame_times(run: Domain, peak: int) -> list[int]:
    """Outputs that are shown: evenly chosen, with that of the peak; none where there is room for fewer than three."""
    display = Display.of(run.active.shape)
    room = MOST_VALUES // (display.shape[0] * display.shape[1])
    count = min(MOST_FRAMES, room, run.time.size)
    if count < 3:
        return []
    chosen = np.linspace(0, run.time.size - 1, count).round().astype(int)
    return sorted({*chosen.tolist(), peak})


def frames(run: Domain, outputs: Fields, surface: Surface) -> dict[str, Any]:
    """Fields of the active columns at the chosen outputs: depth of the water table m, pond m, log10 of discharge."""
    times = frame_times(run, surface.peak)
    display = Display.of(run.active.shape)
    inside = display.most(np.where(run.active, 1.0, np.nan)) > 0
    least = NOTHING * float(np.nanmax(np.where(run.active, surface.discharge[0], 0.0)))
    found: dict[str, Any] = {"times": times, "table": [], "pond": [], "discharge": []}
    for k in times:
        found["table"].append(pack_values(display.mean(outputs.read("water_table_depth", k))[inside]))
        found["pond"].append(pack_values(display.most(outputs.read("pond", k))[inside]))
        if least > 0:
            flow = display.most(outputs.read("discharge", k))[inside]
            found["discharge"].append(pack_values(np.log10(np.maximum(flow, least))))
    return found
