"""The study file of `vadose benchmark`: what is compared with what, where and how."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, make_dataclass
from pathlib import Path
from typing import Any, Literal

from vadose.benchmark.pair import ILAMB_WEIGHTS, Mode, grid_step
from vadose.config import build, expand, override, read_toml
from vadose.errors import ConfigError
from vadose.variables import lookup


@dataclass(frozen=True)
class Header:
    """[study]: the title, the period and how scores are computed.

    period      first and last year, inclusive
    regions     built-in regions, see `vadose.grid.regions`
    grid        "composite" (union of both cells' bounds) or "conservative:STEP" in degrees
    mode        the mode that the report shows first; both are always computed
    rmse_basis  RMSE of the mean annual cycles ("cycle", as ILAMB) or of the monthly "series"
    mass_weighting  weigh cells by the reference's period mean as well as by area
    interannual_in_overall  count the interannual score in the overall one
    member      "first", "mean" over all members, or a label such as "r1i1p1f1"
    root        folder that relative paths start from; default: that of the study file
    """

    period: tuple[int, int]
    title: str = "Soil moisture benchmark"
    regions: tuple[str, ...] = ("global",)
    grid: str = "composite"
    mode: Mode = "exact"
    rmse_basis: Literal["cycle", "series"] = "cycle"
    mass_weighting: bool = False
    interannual_in_overall: bool = False
    member: str = "first"
    root: str = ""

    def __post_init__(self) -> None:
        first, last = self.period
        if not 0 < first <= last < 3000:
            raise ConfigError(f"`period` must be [first year, last year], got [{first}, {last}]")
        grid_step(self.grid)

    @property
    def months(self) -> tuple[int, int]:
        """First and last month as 12 * year + month - 1."""
        return 12 * self.period[0], 12 * self.period[1] + 11


@dataclass(frozen=True)
class Model:
    """[[models]]: one model and where its files are.

    family   land-surface model family, for grouping and the family test
    parent   models of one parent are averaged before the multi-model mean (Qiao et al. 2022 section 2b)
    path     pattern(s) of its files, a folder, or an intake-esm catalogue
    names    file variable to read instead of the CMIP name, by variable ({gpp = "GPP"})
    units    unit to assume instead of the file's, by variable
    points   "sites" or "grid" where the files hold points instead of a map
    without  variables that the model is known not to have: shown as a dash, not as a failure
    """

    name: str
    path: str | tuple[str, ...]
    family: str = ""
    parent: str = ""
    member: str = ""
    names: dict[str, str | tuple[str, ...]] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    layers: tuple[tuple[float, float], ...] = ()
    points: Literal["grid", "sites", ""] = ""
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ConfigError("`name` of a model must not be empty")
        for key in ("names", "units"):
            object.__setattr__(self, key, {lookup(k).name: v for k, v in getattr(self, key).items()})
        for variable in self.without:
            lookup(variable)


@dataclass(frozen=True)
class Reference:
    """[[references]]: one comparison of all models with one data set.

    A known `name` (see `vadose data list`) brings its own defaults; every key here goes before them.
    path            pattern(s) of the files
    depth           [top, bottom] m for soil moisture
    model_variable  CMIP variable of the model; soil moisture: "mrsol" (integrated) or "mrsos" (top 0.1 m)
    weight          weight in its group
    points          "sites", or "grid" to put points of a regular lattice on that lattice
    file_variable, units, accumulation, layers, stamp, calendar, frequency, minimum_count, climatology, site_table
                    how to read the files, see `vadose.data.source.Source`
    uncertainty     standard uncertainty in canonical units; biases below it cost nothing
    """

    name: str
    variable: str
    path: str | tuple[str, ...]
    depth: tuple[float, float] | None = None
    model_variable: str = ""
    weight: float = 1.0
    group: str = ""
    title: str = ""
    points: Literal["grid", "sites", ""] = ""
    file_variable: str | tuple[str, ...] | None = None
    units: str = ""
    layers: tuple[tuple[float, float], ...] = ()
    accumulation: str = ""
    stamp: Literal["start", "middle", "end", ""] = ""
    calendar: str = ""
    frequency: Literal["month", "day", ""] = ""
    minimum_count: int | None = None
    climatology: bool = False
    site_table: str = ""
    uncertainty: float = 0.0
    citation: str = ""
    bibtex: str = ""
    doi: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        variable = lookup(self.variable)
        if self.weight < 0:
            raise ConfigError(f"`weight` must not be negative, got {self.weight}")
        if self.depth is not None and not 0 <= self.depth[0] < self.depth[1]:
            raise ConfigError(f"`depth` must be [top, bottom] in m with top < bottom, got {list(self.depth)}")
        if variable.name == "soil_moisture" and self.depth is None:
            raise ConfigError("soil moisture needs a `depth`, for example [0.0, 0.10]")
        if self.model_variable == "mrsos" and self.depth is not None and self.depth[1] > 0.1 + 1e-9:
            raise ConfigError(f"`mrsos` is the top 0.1 m and cannot be compared at {list(self.depth)} m; use `mrsol`")

    @property
    def quantity(self) -> str:
        return lookup(self.variable).name

    @property
    def read_from_model(self) -> str:
        """CMIP short name of the model variable."""
        return self.model_variable or lookup(self.variable).cmip


@dataclass(frozen=True)
class RegionTable:
    """[[regions]]: a region besides the built-in ones; one of box, mask, shapefile or climatology."""

    name: str
    title: str = ""
    box: tuple[float, float, float, float] | None = None
    mask: str = ""
    shapefile: str = ""
    labels: str = ""
    climatology: str = ""

    def __post_init__(self) -> None:
        given = [k for k in ("box", "mask", "shapefile", "climatology") if getattr(self, k)]
        if len(given) != 1:
            raise ConfigError(
                f"region {self.name!r} needs exactly one of box, mask, shapefile, climatology; got {given or 'none'}"
            )


@dataclass(frozen=True)
class Side:
    """One side of a relationship: a variable as one reference sees it."""

    variable: str
    reference: str
    depth: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        lookup(self.variable)


@dataclass(frozen=True)
class Relationship:
    """[[relationships]]: how the dependent variable responds to the independent one."""

    independent: Side
    dependent: Side
    weight: float = 1.0
    group: str = "Relationships"
    title: str = ""


@dataclass(frozen=True)
class Quantile:
    """[[quantiles]]: scores of Collier et al. (2023), 1 - |error| / quantile, for a variable in a built-in region.

    bias, rmse : the errors that score 0 (their 70th percentile over a model ensemble), in canonical units
    """

    variable: str
    region: str
    bias: float
    rmse: float

    def __post_init__(self) -> None:
        lookup(self.variable)
        if self.bias <= 0 or self.rmse <= 0:
            raise ConfigError(f"`bias` and `rmse` must be > 0, got {self.bias} and {self.rmse}")


@dataclass(frozen=True)
class Bootstrap:
    """[bootstrap]: intervals of the scores by resampling blocks of years; `replicates = 0` turns them off."""

    replicates: int = 200
    block_years: int = 1
    cells: int = 4000
    seed: int = 20220101

    def __post_init__(self) -> None:
        if self.replicates < 0 or self.block_years < 1 or self.cells < 0:
            raise ConfigError("`replicates` and `cells` must be >= 0 and `block_years` >= 1")


@dataclass(frozen=True)
class MultiModel:
    """[multimodel]: the stepwise multi-model mean of Qiao et al. (2022) on a common grid of `grid` degrees."""

    enabled: bool = True
    grid: float = 1.0
    high_resolution: tuple[str, ...] = ()
    deseasonalise: bool = False


@dataclass(frozen=True)
class Study:
    """A whole study, as `vadose benchmark` runs it.

    weights : [weights], of the component scores in the overall one
    """

    study: Header
    models: tuple[Model, ...]
    references: tuple[Reference, ...]
    regions: tuple[RegionTable, ...] = ()
    relationships: tuple[Relationship, ...] = ()
    quantiles: tuple[Quantile, ...] = ()
    weights: dict[str, float] = field(default_factory=lambda: dict(ILAMB_WEIGHTS))
    bootstrap: Bootstrap = Bootstrap()
    multimodel: MultiModel = MultiModel()

    def __post_init__(self) -> None:
        for kind, items in (("models", self.models), ("references", self.references)):
            if not items:
                raise ConfigError(f"the study names no {kind}; add a [[{kind}]] table")
        for kind, names in (("models", [m.name for m in self.models]), ("regions", [r.name for r in self.regions])):
            twice = sorted({n for n in names if names.count(n) > 1})
            if twice:
                raise ConfigError(f"[[{kind}]]: the name {twice[0]!r} stands twice; names must differ")
        for i, relationship in enumerate(self.relationships, start=1):
            for side in (relationship.independent, relationship.dependent):
                find_reference(self.references, side, f"[[relationships]] {i}")


def find_reference(references: Sequence[Reference], side: Side, where: str) -> Reference:
    """The reference that a side of a relationship names. Raises ConfigError where there is none."""
    wanted = lookup(side.variable).name
    for reference in references:
        same_depth = side.depth is None or reference.depth == side.depth
        if reference.name == side.reference and reference.quantity == wanted and same_depth:
            return reference
    known = ", ".join(f"{r.name} ({r.variable}{f' {list(r.depth)} m' if r.depth else ''})" for r in references)
    depth = f" at {list(side.depth)} m" if side.depth else ""
    raise ConfigError(f"{where}: no reference {side.reference!r} of {wanted}{depth}; the study has {known}")


def read_study(path: str | os.PathLike[str], assignments: Sequence[str] = ()) -> tuple[Study, Path]:
    """The study in a TOML file and the folder that its relative paths start from.

    assignments : overrides such as "bootstrap.replicates=50"
    Raises ConfigError that names the file, the table and the key.
    """
    path = Path(path)
    study = parse_study(override(read_toml(path), assignments), str(path))
    return study, study_root(study, path.parent)


def parse_study(table: dict[str, Any], source: str = "study") -> Study:
    """A study from the tables of a TOML file or a plain dictionary of the same form."""
    known = {"study": Header, "bootstrap": Bootstrap, "multimodel": MultiModel}
    lists = {
        "models": Model,
        "references": Reference,
        "regions": RegionTable,
        "relationships": Relationship,
        "quantiles": Quantile,
    }
    if "study" not in table:
        raise ConfigError(f"{source}: the table [study] is missing")
    checked: dict[str, Any] = {}
    for key, value in table.items():
        if key in known:
            checked[key] = build(known[key], value, f"{source}: [{key}]")
        elif key in lists:
            if not isinstance(value, list):
                raise ConfigError(f"{source}: [{key}] must be written [[{key}]], one table for each")
            checked[key] = tuple(build(lists[key], v, f"{source}: [[{key}]] {i}") for i, v in enumerate(value, start=1))
        elif key == "weights":
            checked[key] = _weights(value, f"{source}: [weights]")
        else:
            build(Study, {key: value}, source)
    try:
        return Study(**{"models": (), "references": ()} | checked)
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from None


def _weights(table: Any, where: str) -> dict[str, float]:
    """Weights of the component scores; those that are not named keep ILAMB's."""
    fields = [(name, float, weight) for name, weight in ILAMB_WEIGHTS.items()]
    found = asdict(build(make_dataclass("Weights", fields), table, where))
    if min(found.values()) < 0 or max(found.values()) == 0:
        raise ConfigError(f"{where}: weights must not be negative, and one must be positive; got {found}")
    return found


def study_root(study: Study, folder: Path) -> Path:
    """The folder that relative paths of the study start from."""
    return Path(expand(study.study.root, folder)) if study.study.root else folder
