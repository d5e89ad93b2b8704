"""Tables of a flow study that name places: wells, drains and gauges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Pumping:
    """[[wells]]: a well that takes or gives water.

    y, x      cell, counted from 0, southern and western first
    flow      m3 s-1, negative where it pumps
    layers    first and last layer of the screen, counted from the top
    """

    name: str
    y: int
    x: int
    flow: float
    layers: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Drainage:
    """[[drains]]: a place where water leaves that stands above it.

    y, x, layers   as of a well
    conductance    s-1;  level  m above the centre of each cell
    """

    name: str
    y: int
    x: int
    conductance: float
    layers: tuple[int, int] = (0, 0)
    level: float = 0.0


@dataclass(frozen=True)
class Gauge:
    """[[gauges]]: a place whose hydrograph is written, and compared where a file has observations.

    kind      "water table" m below the ground, "head" m (of `layer`), "discharge" m3 s-1 or "stage" m over the land
    file      CSV with columns time (date, or hours from the start) and value
    """

    name: str
    y: int
    x: int
    kind: Literal["water table", "head", "discharge", "stage"] = "water table"
    layer: int = 0
    file: str = ""
