"""The study file of `vadose calibrate`: which soil moisture, how drydowns are read, which soil maps are optimised."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

from vadose.calibrate.drydown.published import Published
from vadose.calibrate.drydown.robust import Robust
from vadose.calibrate.texture import Experiment
from vadose.config import build, expand, override, read_toml
from vadose.data.daily.observations import PointSource
from vadose.data.soilmaps.source import QUANTITIES, SoilSource
from vadose.errors import ConfigError

S = TypeVar("S", PointSource, SoilSource)


@dataclass(frozen=True)
class Header:
    """[study]: the title and how the work is cut.

    tile    cells that are worked on at once; it changes speed and memory, never a number
    root    folder that relative paths start from; default: that of the study file
    """

    title: str = "Soil calibration"
    tile: int = 1024
    root: str = ""

    def __post_init__(self) -> None:
        if self.tile < 1:
            raise ConfigError(f"`tile` must be at least 1 cell, got {self.tile}")


@dataclass(frozen=True)
class Drydown:
    """[drydown]: how thresholds come out of a series.

    method     "robust" (all dry spells of a cell at once) or "published" (medians over events)
    events     write the table of events; they are found by the published rule, whatever the method
    published, robust   settings of the two
    """

    method: Literal["robust", "published"] = "robust"
    events: bool = True
    published: Published = field(default_factory=Published)
    robust: Robust = field(default_factory=Robust)


@dataclass(frozen=True)
class Figures:
    """[report]: `cells` whose drydowns are drawn, [[latitude, longitude], ...]; a choice over the range without it."""

    cells: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class Sensitivity:
    """[sensitivity]: textures again with other numbers of evaluations of SCE-UA, on some cells of each experiment.

    evaluations  the numbers, such as [300, 3000, 10000, 30000]; none leaves it out
    cells        at most, spread evenly over those with a result
    """

    evaluations: tuple[int, ...] = ()
    cells: int = 200

    def __post_init__(self) -> None:
        if self.cells < 1 or min(self.evaluations, default=1) < 1:
            raise ConfigError(f"`cells` and `evaluations` must be at least 1, got {self.cells}, {self.evaluations}")


@dataclass(frozen=True)
class Study:
    """A whole study, as `vadose calibrate` runs it; without experiments it ends with the thresholds.

    An experiment that names no soil map takes the only one.
    """

    soil_moisture: PointSource
    study: Header = Header()
    drydown: Drydown = Drydown()
    soil: tuple[SoilSource, ...] = ()
    experiments: tuple[Experiment, ...] = ()
    sensitivity: Sensitivity = Sensitivity()
    report: Figures = Figures()

    def __post_init__(self) -> None:
        for kind, names in (("soil", [s.name for s in self.soil]), ("experiments", [e.name for e in self.experiments])):
            twice = sorted({n for n in names if names.count(n) > 1})
            if twice:
                raise ConfigError(f"[[{kind}]]: the name {twice[0]!r} stands twice; names must differ")
        if len(self.soil) == 1:
            only = self.soil[0].name
            chosen = tuple(e if e.soil else replace(e, soil=only) for e in self.experiments)
            object.__setattr__(self, "experiments", chosen)
        for experiment in self.experiments:
            find_soil(self.soil, experiment)


def find_soil(soils: Sequence[SoilSource], experiment: Experiment) -> SoilSource:
    """The soil map that an experiment starts from. Raises ConfigError where there is none of its name."""
    for soil in soils:
        if soil.name == experiment.soil:
            return soil
    known = ", ".join(s.name for s in soils) or "none: add a [[soil]] table"
    raise ConfigError(f"[[experiments]] {experiment.name!r}: no soil map {experiment.soil!r}; the study has {known}")


def load_study(study: Any, settings: Sequence[str] = ()) -> tuple[Study, str]:
    """A study in any of its forms, its paths resolved, and a name for its run.

    study     a study file, its tables as a dictionary, or a Study
    settings  overrides such as "drydown.method='published'"
    Raises ConfigError that names the file, the table and the key.
    """
    if isinstance(study, Study):
        return located(study, Path.cwd()), "calibrate-run"
    if isinstance(study, Mapping):
        return located(build(Study, override(dict(study), settings), "study"), Path.cwd()), "calibrate-run"
    path = Path(os.fspath(study))
    return located(build(Study, override(read_toml(path), settings), str(path)), path.parent), path.stem


def located(study: Study, folder: Path) -> Study:
    """The study with every path made absolute, starting from `root` or else from `folder`."""
    root = Path(expand(study.study.root, folder)) if study.study.root else folder
    root = root.resolve()
    return replace(
        study,
        study=replace(study.study, root=str(root)),
        soil_moisture=_located(study.soil_moisture, ("path",), root),
        soil=tuple(_located(soil, ("path", *QUANTITIES), root) for soil in study.soil),
    )


def _located(source: S, names: Sequence[str], root: Path) -> S:
    """A source with the paths in the fields `names` made absolute."""
    found: dict[str, Any] = {}
    for name in names:
        paths = getattr(source, name)
        if isinstance(paths, str):
            found[name] = expand(paths, root)
        elif paths is not None:
            found[name] = tuple(expand(path, root) for path in paths)
    return replace(source, **found)
