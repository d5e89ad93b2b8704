"""The weather of an ensemble: members share it, so that it is read once for all of them, and some days ahead."""

from __future__ import annotations

import threading
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.data.forcing import ForcingFiles, ForcingSeries, ForcingSource

if TYPE_CHECKING:
    from vadose.simulate.tile import Ready

BYTES = 64 * 2**20  # of weather that is read at once for some columns
DAY = np.timedelta64(1, "D")


class SharedWeather:
    """What `ForcingFiles` is to tiles, with a memory for the stretch of time that was read last.

    Tiles of other members with the same cells ask for the same days, cycle after cycle for days that follow; files are
    compressed in pieces that are often longer than a cycle.
    """

    def __init__(self, files: ForcingFiles, end: np.datetime64) -> None:
        self.files, self.end = files, end
        self.lock = threading.Lock()
        self.held: ForcingSeries | None = None

    @property
    def source(self) -> ForcingSource:
        """Of the files, for messages."""
        return self.files.source

    def read(self, step: float, columns: np.ndarray, start: np.datetime64, end: np.datetime64) -> ForcingSeries:
        """As `ForcingFiles.read`; all calls must name the same columns."""
        with self.lock:
            held = self.held
            if held is None or held.step != step or start < held.times[0] or end > _end(held):
                a_day = 8 * 12 * columns.size * round(86400 / step)
                ahead = start + max(1, BYTES // a_day) * DAY
                held = self.held = self.files.read(step, columns, start, max(end, min(ahead, self.end)))
        rows = slice(*np.searchsorted(held.times, [start, end]))
        values: dict[str, Any] = {f.name: getattr(held, f.name) for f in fields(held)}
        cut = {name: v[rows] for name, v in values.items() if name == "times" or np.ndim(v) == 2}
        return replace(held, **cut)


def _end(held: ForcingSeries) -> np.datetime64:
    return np.datetime64(held.times[-1] + np.timedelta64(round(held.step), "s"))


def share(tiles: list[Ready]) -> None:
    """Let tiles with the same columns read their weather together."""
    known: dict[tuple[bytes, bytes], SharedWeather] = {}
    for ready in tiles:
        files, columns = ready.files, ready.wanted.columns
        key = (columns.tobytes(), np.asarray(files.elevation).tobytes())
        if key not in known:
            known[key] = SharedWeather(files, ready.tile.schedule.end)
        ready.files = known[key]
