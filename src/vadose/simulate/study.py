"""The study file of `vadose simulate`: where, which model, what weather, which soil and plants, what is written."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from vadose.config import build, expand, override, read_toml
from vadose.data.forcing.source import ForcingSource
from vadose.data.soilmaps.source import QUANTITIES, SoilSource
from vadose.errors import ConfigError
from vadose.simulate.study_ensemble import Ensemble
from vadose.simulate.study_land import Soil, Vegetation
from vadose.simulate.study_output import Observation, Output
from vadose.simulate.study_subsurface import BEGINNING, Subsurface

DAYS = 86400.0
S = TypeVar("S", bound="Study")


@dataclass(frozen=True)
class Header:
    """[study]: the title and how the work is cut.

    tile     columns (of all members) that are worked on at once; it changes speed and memory, never a number
    months   of simulated time after which a tile keeps its state, so that a killed run goes on from there
    root     folder that relative paths start from; default: that of the study file
    device   "cpu", one process a core, or "gpu", one process with the columns over all GPUs of the machine
    """

    title: str = "Simulation"
    tile: int = 2048
    months: int = 12
    root: str = ""
    device: Literal["cpu", "gpu"] = "cpu"

    def __post_init__(self) -> None:
        if self.tile < 1 or self.months < 1:
            raise ConfigError(f"`tile` and `months` must be at least 1, got {self.tile} and {self.months}")


@dataclass(frozen=True)
class Site:
    """[[sites]] or [site]: one place; what it does not say comes from [soil], [vegetation] and the forcing.

    latitude, longitude   degrees north and east; default: those of the forcing
    elevation             m, for what the forcing lacks (air pressure)
    soil, vegetation      of this site, in place of [soil] and [vegetation]
    """

    name: str = ""
    latitude: float | None = None
    longitude: float | None = None
    elevation: float | None = None
    soil: Soil | None = None
    vegetation: Vegetation | None = None

    def __post_init__(self) -> None:
        for key, bound in (("latitude", 90.0), ("longitude", 360.0)):
            value = getattr(self, key)
            if value is not None and not abs(value) <= bound:
                raise ConfigError(f"`{key}` must lie within +-{bound:g} degrees, got {value:g}")


@dataclass(frozen=True)
class Grid:
    """[grid]: the cells of a gridded forcing that are simulated; all of them without it.

    box             (west, east, south, north) degrees
    mask, variable  netCDF file whose cells > 0 (or land fraction >= 0.5) are simulated, and its variable
    """

    box: tuple[float, float, float, float] | None = None
    mask: str = ""
    variable: str = ""


@dataclass(frozen=True)
class Model:
    """[model]: the set of processes and the step.

    preset    "vadose" (recommended), "noahmp" or "clm"
    options   slot -> choice, in place of the preset's own, see docs/science/land-model.md
    step      s
    layers    thickness of the soil layers, m, from the top; default: the preset's
    """

    preset: Literal["vadose", "noahmp", "clm"] = "vadose"
    options: dict[str, str] = field(default_factory=dict)
    step: float = 1800.0
    layers: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not 0.0 < self.step <= 10800.0:
            raise ConfigError(f"`step` must be > 0 and at most 10800 s, got {self.step:g}")
        if any(not layer > 0.0 for layer in self.layers):
            raise ConfigError(f"`layers` must be thicknesses > 0 m, got {list(self.layers)}")


@dataclass(frozen=True)
class Initial:
    """[initial]: how the columns begin.

    moisture      m3 m-3, one value or one a layer; or "field capacity", "wilting point", "saturation" or "middle"
                  (half way between wilting point and field capacity)
    temperature   K, one value or one a layer; default: mean air temperature of the forcing's first year
    snow_water    kg m-2
    water_table   m below the ground; default: the preset's
    restart       a run folder or a restart file of the same model and columns, which says all of this
    """

    moisture: float | tuple[float, ...] | str = "middle"
    temperature: float | tuple[float, ...] | None = None
    snow_water: float = 0.0
    water_table: float | None = None
    restart: str = ""

    def __post_init__(self) -> None:
        named = ("field capacity", "wilting point", "saturation", "middle")
        if isinstance(self.moisture, str) and self.moisture not in named:
            raise ConfigError(
                f"`moisture` must be m3 m-3 or one of {', '.join(map(repr, named))}, got {self.moisture!r}"
            )
        values = self.moisture if isinstance(self.moisture, tuple) else (self.moisture,)
        if any(not isinstance(v, str) and not 0.0 <= v <= 1.0 for v in values):
            raise ConfigError(f"`moisture` must be 0 to 1 m3 m-3, got {self.moisture}; divide % by 100")
        if self.snow_water < 0.0:
            raise ConfigError(f"`snow_water` must be >= 0 kg m-2, got {self.snow_water:g}")


@dataclass(frozen=True)
class SpinUp:
    """[spinup]: the first years again and again until the column no longer drifts.

    cycles      at most; 0 leaves it out
    years       of the period, from its start, that a cycle repeats
    drift       mm of stored water (to the soil's bottom and in the aquifer) a year, below which a column has settled
    share       of the columns that must have settled
    """

    cycles: int = 0
    years: int = 1
    drift: float = 1.0
    share: float = 1.0

    def __post_init__(self) -> None:
        if self.cycles < 0 or self.years < 1 or not self.drift > 0.0 or not 0.0 < self.share <= 1.0:
            raise ConfigError(
                f"`cycles` >= 0, `years` >= 1, `drift` > 0 and 0 < `share` <= 1 are needed, got {self.cycles}, "
                f"{self.years}, {self.drift:g} and {self.share:g}"
            )


@dataclass(frozen=True)
class Period:
    """[period]: first and last day, "2008-01-01"; default: all of the forcing."""

    start: str = ""
    end: str = ""


@dataclass(frozen=True)
class Study:
    """A whole study, as `vadose simulate` runs it. Only [forcing] is needed."""

    forcing: ForcingSource
    study: Header = Header()
    site: Site | None = None
    sites: tuple[Site, ...] = ()
    grid: Grid = Grid()
    model: Model = Model()
    soil: Soil = Soil()
    soil_maps: dict[str, SoilSource] = field(default_factory=dict)
    vegetation: Vegetation = Vegetation()
    subsurface: Subsurface = Subsurface()
    initial: Initial = Initial()
    spinup: SpinUp = SpinUp()
    period: Period = Period()
    output: Output = Output()
    ensemble: Ensemble = Ensemble()
    observations: tuple[Observation, ...] = ()

    def __post_init__(self) -> None:
        if self.site is not None and self.sites:
            raise ConfigError("give [site] for one place or [[sites]] for several, not both")
        for where, name in self._maps_named():
            if name and name not in self.soil_maps:
                known = ", ".join(self.soil_maps) or "none: add a [soil_maps.NAME] table"
                raise ConfigError(f"{where}: no soil map {name!r}; the study has {known}")
        below = [name for name in self.ensemble.parameters if name in BEGINNING]
        if below and not self.subsurface.on:
            raise ConfigError(f"[ensemble.parameters] `{below[0]}` needs a [subsurface]; add one, or leave it out")

    @property
    def places(self) -> tuple[Site, ...]:
        """The sites; empty for a grid."""
        return (self.site,) if self.site is not None else self.sites

    def _maps_named(self) -> list[tuple[str, str]]:
        named = [("[soil] `map`", self.soil.map), *(("[ensemble]", n) for n in self.ensemble.names("soil_map"))]
        return named + [(f"[[sites]] {s.name!r}", s.soil.map) for s in self.places if s.soil is not None]


def load_study(study: Any, settings: Sequence[str] = ()) -> tuple[Study, str]:
    """A study in any of its forms, its paths resolved, and a name for its run.

    study     a study file, its tables as a dictionary, or a Study
    settings  overrides such as "model.preset='noahmp'"
    Raises ConfigError that names the file, the table and the key.
    """
    made, folder, name = built(Study, study, settings)
    return located(made, folder), name or "simulate-run"


def built(kind: type[S], study: Any, settings: Sequence[str]) -> tuple[S, Path, str]:
    """A study of a kind in any of its forms, the folder that its paths start from, and the name of its file or ""."""
    if isinstance(study, kind):
        return study, Path.cwd(), ""
    if isinstance(study, Mapping):
        return build(kind, override(dict(study), settings), "study"), Path.cwd(), ""
    path = Path(os.fspath(study))
    return build(kind, override(read_toml(path), settings), str(path)), path.parent, path.stem


def located(study: S, folder: Path) -> S:
    """The study with every path made absolute, starting from `root` or else from `folder`."""
    root = (Path(expand(study.study.root, folder)) if study.study.root else folder).resolve()
    study = replace(study, forcing=_placed(study.forcing, study.places))
    maps = {name: with_paths(m, ("path", *QUANTITIES), root) for name, m in study.soil_maps.items()}
    return replace(
        study,
        study=replace(study.study, root=str(root)),
        forcing=with_paths(study.forcing, ("path",), root),
        grid=with_paths(study.grid, ("mask",), root),
        vegetation=with_paths(study.vegetation, ("map",), root),
        subsurface=with_paths(study.subsurface, ("elevation", "slopes", "soil_file"), root),
        initial=with_paths(study.initial, ("restart",), root),
        soil_maps=maps,
        observations=tuple(with_paths(o, ("path",), root) for o in study.observations),
    )


def _placed(forcing: ForcingSource, sites: Sequence[Site]) -> ForcingSource:
    """The forcing of a single site with the site's place where it states none itself."""
    if len(sites) != 1 or forcing.lat is not None or forcing.lon is not None:
        return forcing
    site = sites[0]
    found: dict[str, Any] = (
        {} if site.latitude is None or site.longitude is None else {"lat": site.latitude, "lon": site.longitude}
    )
    if site.elevation is not None and forcing.elevation is None:
        found["elevation"] = site.elevation
    return replace(forcing, **found)


def with_paths(source: Any, names: Sequence[str], root: Path) -> Any:
    """A table with the paths in the fields `names` made absolute."""
    found: dict[str, Any] = {}
    for name in names:
        paths = getattr(source, name)
        if isinstance(paths, str) and paths:
            found[name] = expand(paths, root)
        elif isinstance(paths, tuple):
            found[name] = tuple(expand(path, root) for path in paths)
    return replace(source, **found)
