"""The study file of a flow run: a ParFlow case to take, or domain, soil, surface and rain; what is written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vadose.errors import ConfigError, RangeError
from vadose.simulate.flow.study_places import Drainage, Gauge, OpenSide, Pumping, StandingWater

PER_SECOND = {
    "m s-1": 1.0,
    "m h-1": 1.0 / 3600.0,
    "m d-1": 1.0 / 86400.0,
    "cm d-1": 0.01 / 86400.0,
    "mm h-1": 1e-3 / 3600.0,
}


@dataclass(frozen=True)
class Header:
    """[study]: the title, and the folder that relative paths start from (default: that of the study file)."""

    title: str = "Flow in three dimensions"
    root: str = ""


@dataclass(frozen=True)
class Parflow:
    """[parflow]: a case of ParFlow to run as it is.

    database    its key database (.pfidb, or YAML or JSON of pftools)
    time_unit   unit of time of its conductivities, fluxes and times: "s", "min", "h" or "day"; files carry none
    inputs      folder of its .pfb files; default: that of the database
    """

    database: str = ""
    time_unit: Literal["", "s", "min", "h", "day"] = ""
    inputs: str = ""

    def __post_init__(self) -> None:
        if self.database and not self.time_unit:
            raise ConfigError(
                "`time_unit` is missing: ParFlow's files carry no units; say in which unit of time the case is "
                'written, for example time_unit = "h" where conductivity is in m/h'
            )


@dataclass(frozen=True)
class Domain:
    """[domain]: where the water moves.

    dx, dy              m
    layers              thickness, m, from the top
    elevation           file of a digital elevation model [y, x] m, from which slopes are taken; or
    slopes              netCDF file with slope_x and slope_y [y, x], and `elevation` (m) for maps where it has it; or
    slope_x, slope_y    1, of a plane of `cells` = (y, x) cells
    active              netCDF file whose variable `active` is > 0 where cells take part
    least_slope         1, of the conditioned elevation model
    terrain_following   the layers follow the surface
    """

    dx: float = 0.0
    dy: float = 0.0
    layers: tuple[float, ...] = ()
    elevation: str = ""
    slopes: str = ""
    slope_x: float = 0.0
    slope_y: float = 0.0
    cells: tuple[int, int] = (0, 0)
    active: str = ""
    least_slope: float = 1e-4
    terrain_following: bool = True

    def __post_init__(self) -> None:
        for number, value in enumerate(self.layers):
            if not value > 0.0:
                raise RangeError(f"[domain] `layers`: layer {number} (from the top) must be > 0 m thick, got {value:g}")


@dataclass(frozen=True)
class Soil:
    """[soil]: van Genuchten parameters, each a number or a variable of `file` ([y, x] or [layer, y, x] from the top).

    file              netCDF file with any of K_s, porosity, alpha, n, theta_r
    K_s               saturated conductivity in `K_unit`: m s-1, m h-1, m d-1, cm d-1 or mm h-1
    K_unit            needed where K_s is a number or its variable states no units
    porosity, theta_r m3 m-3;  alpha m-1;  n 1
    specific_storage  m-1;  stretch 1, horizontal over vertical conductivity
    order             "top" or "bottom": which layer comes first in `file`
    indicator         netCDF file with `indicator` [layer, y, x]: whole numbers, each with a row in [[soils]]
    """

    file: str = ""
    K_s: float | None = None
    K_unit: str = ""
    porosity: float | None = None
    theta_r: float | None = None
    alpha: float | None = None
    n: float | None = None
    specific_storage: float = 1e-5
    stretch: float = 1.0
    order: Literal["top", "bottom"] = "top"
    indicator: str = ""

    def __post_init__(self) -> None:
        if self.K_unit and self.K_unit not in PER_SECOND:
            raise ConfigError(f"`K_unit` must be one of {', '.join(map(repr, PER_SECOND))}, got {self.K_unit!r}")
        if self.K_s is not None and not self.K_unit:
            raise ConfigError(f"`K_unit` is missing for K_s = {self.K_s:g}: one of {', '.join(map(repr, PER_SECOND))}")


@dataclass(frozen=True)
class SoilClass:
    """[[soils]]: what the cells of an indicator value are made of; units as in [soil]."""

    value: int
    K_s: float
    porosity: float
    theta_r: float
    alpha: float
    n: float
    name: str = ""


@dataclass(frozen=True)
class Surface:
    """[surface]: how water runs over the land.

    scheme    "kinematic", "diffusive", "cell kinematic" (ParFlow's older scheme) or "none": what ponds stays
    manning   s m-1/3, or
    file      netCDF file with `manning` [y, x]
    """

    scheme: Literal["kinematic", "diffusive", "cell kinematic", "none"] = "kinematic"
    manning: float = 0.05
    file: str = ""


@dataclass(frozen=True)
class Rain:
    """[[rain]]: a rate over some hours of the run, or a file with its own times; all rows add up.

    rate     mm h-1; negative takes water from the first layer
    first, last   h from the start of the run; default: all of it
    file, variable   netCDF [time, y, x] or [time] with units of a flux; a time is the start of its interval
    """

    rate: float = 0.0
    first: float = 0.0
    last: float | None = None
    file: str = ""
    variable: str = ""

    def __post_init__(self) -> None:
        if self.file and (self.rate or self.first or self.last is not None):
            raise ConfigError("`file` has its own rates and times; leave out `rate`, `first` and `last`, or `file`")
        if self.last is not None and not self.last > self.first:
            raise ConfigError(f"`last` must be > `first` (h), got {self.last:g} and {self.first:g}")


@dataclass(frozen=True)
class Initial:
    """[initial]: how the cells begin.

    water_table   m below the ground, heads hydrostatic from there; or
    head          m, everywhere; or
    restart       a run folder of a flow run, or its restart file
    """

    water_table: float | None = None
    head: float | None = None
    restart: str = ""

    def __post_init__(self) -> None:
        said = [k for k in ("water_table", "head", "restart") if getattr(self, k) not in (None, "")]
        if len(said) > 1:
            raise ConfigError(f"{' and '.join(f'`{k}`' for k in said)} contradict each other; keep one")


@dataclass(frozen=True)
class Period:
    """[period]: start (a date, may be left out), hours, and the step in s; a ParFlow case brings its own."""

    start: str = ""
    hours: float | None = None
    step: float | None = None


@dataclass(frozen=True)
class SpinUp:
    """[spinup]: the period again and again until the ground no longer drifts.

    cycles   at most; 0 leaves it out
    change   m, largest change of the water table from one cycle's end to the next at which it ends, in 95 % of columns
    """

    cycles: int = 0
    change: float = 0.01


@dataclass(frozen=True)
class Solver:
    """[solver]: how exactly.

    smooth_head   m, suction below which water content and conductivity go straight to saturation
    tolerance     m of water, what a cell may lack before the last correction of a step
    newton        most iterations before a step is halved
    shortest      part of a step down to which it is halved before the run stops
    devices       GPUs (or other devices of JAX) that share the rows of the domain equally
    """

    smooth_head: float = 1e-3
    tolerance: float = 1e-6
    newton: int = 25
    shortest: float = 1e-4
    devices: int = 1

    def __post_init__(self) -> None:
        for name in ("smooth_head", "tolerance", "newton", "shortest", "devices"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"`{name}` must be > 0, got {getattr(self, name):g}")


@dataclass(frozen=True)
class Output:
    """[output]: hours between two states that are written (default 6; of a ParFlow case its own), and the format."""

    every: float | None = None
    format: Literal["netcdf", "zarr"] = "netcdf"

    def __post_init__(self) -> None:
        if self.every is not None and not self.every > 0.0:
            raise ConfigError(f"`every` must be > 0 h, got {self.every:g}")


@dataclass(frozen=True)
class FlowStudy:
    """All tables of a flow study."""

    study: Header = field(default_factory=Header)
    parflow: Parflow = field(default_factory=Parflow)
    domain: Domain = field(default_factory=Domain)
    soil: Soil = field(default_factory=Soil)
    soils: tuple[SoilClass, ...] = ()
    surface: Surface = field(default_factory=Surface)
    rain: tuple[Rain, ...] = ()
    initial: Initial = field(default_factory=Initial)
    period: Period = field(default_factory=Period)
    spinup: SpinUp = field(default_factory=SpinUp)
    solver: Solver = field(default_factory=Solver)
    output: Output = field(default_factory=Output)
    wells: tuple[Pumping, ...] = ()
    drains: tuple[Drainage, ...] = ()
    lakes: tuple[StandingWater, ...] = ()
    boundaries: tuple[OpenSide, ...] = ()
    gauges: tuple[Gauge, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.parflow.database) == bool(self.domain.layers):
            raise ConfigError("say either [parflow] `database` or [domain] `layers`: what the water moves in")
        for table in ("wells", "drains", "lakes", "boundaries", "gauges"):
            names = [row.name for row in getattr(self, table)]
            if len(set(names)) < len(names):
                raise ConfigError(f"[[{table}]] names must differ, got {', '.join(names)}")
