"""Tables of a flow study that name places: wells, drains, lakes, boundaries and gauges."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Literal

from vadose.errors import ConfigError

Span = tuple[int, int]  # first and last


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
class StandingWater:
    """[[lakes]]: water that stands on the ground at a stage that is held through the run.

    stage     m above the ground of each of its cells
    y, x      first and last row and column of a box of cells; or
    file      netCDF file whose variable `lake` [y, x] is > 0 on its cells
    """

    name: str
    stage: float
    y: Span | None = None
    x: Span | None = None
    file: str = ""

    def __post_init__(self) -> None:
        if not (isfinite(self.stage) and self.stage > 0.0):
            raise ConfigError(f"lake {self.name!r}: `stage` must be > 0 m above the ground, got {self.stage:g}")
        said = [key for key in ("y", "x") if getattr(self, key) is not None]
        if len(said) != (0 if self.file else 2):
            raise ConfigError(
                f"lake {self.name!r}: say either `file`, or `y` and `x` = [first, last] of a box of cells; got "
                f"{' and '.join(f'`{key}`' for key in (*['file'][: bool(self.file)], *said)) or 'neither'}"
            )


@dataclass(frozen=True)
class OpenSide:
    """[[boundaries]]: a head or a flux on a side of the domain, which is closed elsewhere.

    side          whose faces are those of the outermost active cells, as seen from there
    water_table   m below the ground, heads hydrostatic from there; or
    head          m, pressure head on every face; or
    flux          in `flux_unit`, over the area of the faces, positive into the domain
    layers        first and last layer, from the top, of the lateral sides; default: all
    y, x          first and last row and column of the faces; default: all
    """

    name: str
    side: Literal["west", "east", "south", "north", "bottom", "top"]
    water_table: float | None = None
    head: float | None = None
    flux: float | None = None
    flux_unit: Literal["", "m s-1", "m h-1", "m d-1", "cm d-1", "mm h-1"] = ""
    layers: Span | None = None
    y: Span | None = None
    x: Span | None = None

    def __post_init__(self) -> None:
        where = f"boundary {self.name!r}"
        said = [key for key in ("water_table", "head", "flux") if getattr(self, key) is not None]
        if len(said) != 1:
            raise ConfigError(
                f"{where}: say one of `water_table` (m below the ground), `head` (m) or `flux`; got "
                f"{' and '.join(f'`{key}`' for key in said) or 'none'}"
            )
        if not isfinite(getattr(self, said[0])):
            raise ConfigError(f"{where}: `{said[0]}` must be a number, got {getattr(self, said[0]):g}")
        if (self.flux is None) == bool(self.flux_unit):
            needed = "is missing: such as" if self.flux is not None else "has no effect without `flux`, got"
            raise ConfigError(f"{where}: `flux_unit` {needed} {self.flux_unit or 'mm h-1'!r}")
        if self.side == "top" and self.flux is None:
            raise ConfigError(
                f"{where}: `{said[0]}` cannot be held on the top, where rain and runoff meet the ground; give a "
                "`flux`, or let water stand there with [[lakes]]"
            )
        for key in NO_RANGE[self.side]:
            if getattr(self, key) is not None:
                raise ConfigError(f"{where}: `{key}` has no effect on the side {self.side!r}; leave it out")


NO_RANGE = {"west": ("x",), "east": ("x",), "south": ("y",), "north": ("y",), "bottom": ("layers",), "top": ("layers",)}


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
