"""Wells and river gauges of a flow study: simulated beside observed, and how they agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vadose.errors import DataError
from vadose.report.flow_data import FlowRun
from vadose.report.flow_topography import correlation
from vadose.report.pack import numbers

KINDS = {  # title, units, whether larger is further down
    "water table": ("Water table below the ground", "m", True),
    "head": ("Head", "m", False),
    "discharge": ("Discharge", "m3 s-1", False),
    "stage": ("Stage", "m", False),
}
MOST_PLACES = 24
LEAST = 3  # pairs that a score needs


@dataclass(frozen=True)
class Gauge:
    """A well or gauge: time s, simulated and observed (NaN where nothing was), all [row]."""

    name: str
    kind: str
    time: np.ndarray
    simulated: np.ndarray
    observed: np.ndarray

    @property
    def pairs(self) -> int:
        """Times at which both are known."""
        return int((np.isfinite(self.simulated) & np.isfinite(self.observed)).sum())

    def scores(self) -> dict[str, float | None]:
        """r, RMSE and bias (simulated minus observed) over the pairs; None where there are fewer than LEAST."""
        both = np.isfinite(self.simulated) & np.isfinite(self.observed)
        if both.sum() < LEAST:
            return {"r": None, "rmse": None, "bias": None}
        simulated, observed = self.simulated[both], self.observed[both]
        error = simulated - observed
        return {
            "r": correlation(observed, simulated),
            "rmse": float(np.sqrt((error * error).mean())),
            "bias": float(error.mean()),
        }

    def row(self) -> dict[str, Any]:
        """The place for the table and the script."""
        title, units, down = KINDS.get(self.kind, (self.kind, "", False))
        return {"name": self.name, "kind": self.kind, "title": title, "units": units, "down": down, "n": self.pairs,
                **self.scores()}  # fmt: skip

    def series(self) -> dict[str, Any]:
        """What the script draws."""
        return {**self.row(), "time": self.time, "simulated": numbers(self.simulated, 6),
                "observed": numbers(self.observed, 6)}  # fmt: skip


def gauges(run: FlowRun) -> list[Gauge]:
    """Places of hydrographs.csv in the order in which they come. Raises DataError for a time that is no number."""
    rows: dict[tuple[str, str], list[list[float]]] = {}
    for k, row in enumerate(run.hydrographs):
        time = row.get("time")
        if not isinstance(time, float):
            raise DataError(
                f"{run.path / 'hydrographs.csv'}: row {k + 2} of 'time' must be a number of seconds, got {time!r}; "
                "run the flow study again"
            )
        key = (_text(row.get("name")), _text(row.get("kind")).strip().lower())
        rows.setdefault(key, []).append([time, *(_number(row.get(n)) for n in ("simulated", "observed"))])
    found = []
    for (name, kind), values in rows.items():
        time, simulated, observed = np.array(sorted(values)).T
        found.append(Gauge(name, kind, time, simulated, observed))
    return found


def _text(value: Any) -> str:
    """A name as it was written, a number among them as well."""
    return f"{value:g}" if isinstance(value, float) else str(value or "")


def _number(value: Any) -> float:
    return value if isinstance(value, float) else float("nan")
