"""Hydrographs of a flow run: what wells and river gauges would read, beside what they read."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.errors import ConfigError, DataError

if TYPE_CHECKING:
    from vadose.simulate.flow.setup import FlowSetup
    from vadose.simulate.flow.study import FlowStudy
    from vadose.simulate.flow.study_places import Gauge

VARIABLE = {"water table": "water_table_depth", "head": "head", "discharge": "discharge", "stage": "pond"}


@dataclass
class Gauges:
    """Simulated values at the gauges so far, and the observed series: name -> (times s, values)."""

    gauges: tuple[Gauge, ...]
    observed: dict[str, tuple[np.ndarray, np.ndarray]]
    rows: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, study: FlowStudy, setup: FlowSetup) -> Gauges:
        """The gauges of a study with their files; ConfigError for a place without a cell, DataError for files."""
        from vadose.simulate.flow.places import check_place

        for gauge in study.gauges:
            check_place(gauge.name, gauge.y, gauge.x, setup.active[0])
            if not 0 <= gauge.layer < setup.problem.grid.shape[0]:
                raise ConfigError(f"gauge {gauge.name!r}: `layer` {gauge.layer} of {setup.problem.grid.shape[0]}")
        start = study.period.start
        return cls(study.gauges, {g.name: _read(g, start) for g in study.gauges if g.file})

    def take(self, time: float, fields: Mapping[str, np.ndarray]) -> None:
        """Read all gauges at a moment (s)."""
        for gauge in self.gauges:
            values = fields[VARIABLE[gauge.kind]]
            at = values[gauge.layer, gauge.y, gauge.x] if gauge.kind == "head" else values[gauge.y, gauge.x]
            self.rows.append({"name": gauge.name, "kind": gauge.kind, "time": time, "simulated": float(at)})

    def compared(self) -> list[dict[str, Any]]:
        """All rows, gauge by gauge, with what was observed at their moments.

        Between observations by the straight line, and only at moments with an observation within half the time to
        the next state: six-hourly observations are not counted twice among three-hourly states.
        """
        out = []
        for gauge in self.gauges:
            rows = [r for r in self.rows if r["name"] == gauge.name]
            times, values = self.observed.get(gauge.name, (np.empty(0), np.empty(0)))
            moments = np.array([r["time"] for r in rows])
            near = 0.5 * float(np.diff(moments).max(initial=0.0)) if moments.size > 1 else 0.0
            for row in rows:
                inside = times.size and times[0] <= row["time"] <= times[-1]
                seen = inside and float(np.abs(times - row["time"]).min()) < near * (1.0 - 1e-9)
                out.append(row | {"observed": float(np.interp(row["time"], times, values)) if seen else ""})
        return out


def _read(gauge: Gauge, start: str) -> tuple[np.ndarray, np.ndarray]:
    path = Path(gauge.file)
    try:
        with path.open(encoding="utf-8", newline="") as file:
            table = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: gauge {gauge.name!r}: cannot be read: {error}") from error
    if not table or not {"time", "value"} <= set(table[0]):
        got = ", ".join(table[0]) if table else "none"
        raise DataError(f"{path}: gauge {gauge.name!r}: expected columns time and value, got {got}")
    times, values = [], []
    for number, row in enumerate(table, 2):
        try:
            values.append(float(row["value"]))
            times.append(_seconds(row["time"], start))
        except (TypeError, ValueError) as error:
            raise DataError(f"{path}, line {number}: {error}; expected a time (date, or hours) and a number") from error
    order = np.argsort(times, kind="stable")
    return np.asarray(times)[order], np.asarray(values)[order]


def _seconds(text: str, start: str) -> float:
    try:
        return 3600.0 * float(text)
    except ValueError:
        if not start:
            raise ValueError(f"time {text!r} is a date; say [period] `start`") from None
        return float((np.datetime64(text, "s") - np.datetime64(start, "s")) / np.timedelta64(1, "s"))
