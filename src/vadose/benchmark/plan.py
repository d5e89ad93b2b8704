"""From a study to the work it asks for: which files belong to which model, reference and depth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from vadose.benchmark.study import Model, Reference, RegionTable, Relationship, Study, find_reference
from vadose.config import expand
from vadose.errors import ConfigError, DataError, VadoseError
from vadose.variables import Variable, lookup
from vadose.workflow.names import plain

REFERENCE = "reference"


@dataclass(frozen=True)
class Row:
    """A comparison: every model against one reference of one variable at one depth."""

    id: str
    reference: Reference
    title: str
    group: str
    known: dict[str, Any] = field(default_factory=dict)

    @property
    def variable(self) -> Variable:
        return lookup(self.reference.variable)


@dataclass(frozen=True)
class ResponseRow:
    """A relationship: how one comparison's variable responds to another's."""

    id: str
    relationship: Relationship
    independent: Row
    dependent: Row
    title: str

    @property
    def group(self) -> str:
        return self.relationship.group


@dataclass(frozen=True)
class Plan:
    """The whole work of a study, with what could not be found.

    sources   by ("reference", row id) or (model name, row id): the Sources to average (one, or one a member), or the
              error that stands in their place
    """

    study: Study
    root: Path
    rows: tuple[Row, ...]
    responses: tuple[ResponseRow, ...]
    regions: RegionList
    sources: dict[tuple[str, str], Any]

    @property
    def model_names(self) -> list[str]:
        return [m.name for m in self.study.models]


def comparison_rows(study: Study) -> tuple[Row, ...]:
    """The comparisons of a study in file order, each with an id that is unique and stable."""
    from vadose.data.catalog import defaults_for

    rows: list[Row] = []
    for reference in study.references:
        variable = lookup(reference.variable)
        depth = depth_text(reference.depth)
        source = f" ({reference.model_variable})" if reference.model_variable else ""
        name = plain("-".join(filter(None, [reference.name, variable.name, depth, reference.model_variable]))) or "row"
        taken = sum(r.id == name or r.id.startswith(f"{name}-again") for r in rows)
        title = reference.title or " ".join(filter(None, [reference.name, depth])) + source
        rows.append(
            Row(
                id=f"{name}-again{taken}" if taken else name,
                reference=reference,
                title=title,
                group=reference.group or variable.title,
                known=defaults_for(reference.name, variable.name, reference.depth),
            )
        )
    return tuple(rows)


def depth_text(depth: tuple[float, float] | None) -> str:
    """A depth range as it is written in titles: 0-10 cm, 0-1 m."""
    if depth is None:
        return ""
    top, bottom = depth
    if bottom >= 1.0:
        return f"{top:g}-{bottom:g} m"
    return f"{100 * top:g}-{100 * bottom:g} cm"


def response_rows(study: Study, rows: Sequence[Row]) -> tuple[ResponseRow, ...]:
    """The relationships of a study, tied to their comparisons."""
    by_reference = {id(row.reference): row for row in rows}
    found: list[ResponseRow] = []
    for i, relationship in enumerate(study.relationships, start=1):
        sides = [
            by_reference[id(find_reference(study.references, side, f"[[relationships]] {i}"))]
            for side in (relationship.independent, relationship.dependent)
        ]
        x, y = sides
        if x.id == y.id:
            raise ConfigError(f"[[relationships]] {i}: both sides are {x.title!r}")
        title = (
            relationship.title or f"{y.variable.title} ({y.reference.name}) vs {x.variable.title.lower()} ({x.title})"
        )
        found.append(ResponseRow(f"{y.id}--{x.id}", relationship, x, y, title))
    return tuple(found)


@dataclass(frozen=True)
class RegionList:
    """Regions by their definition: small to send to a worker, which makes them once."""

    built_in: tuple[str, ...]
    tables: tuple[RegionTable, ...]
    root: Path

    def resolve(self) -> tuple[Any, ...]:
        """The regions, built-in ones first. Raises ConfigError for unknown or repeated names."""
        return _resolve(self)


@lru_cache(maxsize=8)
def _resolve(wanted: RegionList) -> tuple[Any, ...]:
    from vadose.grid import regions as known

    found: list[Any] = [region for text in wanted.built_in for region in known.parse_region(text)]
    for table in wanted.tables:
        if table.box is not None:
            made = [known.box_region(table.name, *table.box, title=table.title)]
        elif table.mask:
            made = known.mask_region(expand(table.mask, wanted.root), name=table.name)
        elif table.climatology:
            made = known.koppen_regions(expand(table.climatology, wanted.root), name=table.name)
        else:
            made = known.shapefile_region(
                expand(table.shapefile, wanted.root), name=table.name, labels=table.labels or None
            )
        found += [replace(made[0], title=table.title)] if table.title and len(made) == 1 else made
    names = [r.name for r in found]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise ConfigError(f"the region {twice[0]!r} stands twice; names must differ")
    return tuple(found)


def paths_of(path: str | tuple[str, ...], root: Path) -> tuple[str, ...]:
    """Path patterns of a study with `~` and variables filled in, relative ones taken from `root`."""
    return tuple(expand(p, root) for p in ((path,) if isinstance(path, str) else path))


def make_plan(study: Study, root: Path) -> Plan:
    """Find the files of every model and reference; what cannot be found becomes an error in its place."""
    rows = comparison_rows(study)
    sources: dict[tuple[str, str], Any] = {}
    for row in rows:
        sources[REFERENCE, row.id] = _attempt(reference_sources, row, root)
    for model in study.models:
        found = _attempt(model_files, model, root)
        for row in rows:
            if {row.variable.name, row.reference.read_from_model} & set(model.without):
                sources[model.name, row.id] = Without(
                    f"the study says that {model.name} has no {row.variable.title.lower()}"
                )
            elif isinstance(found, VadoseError):
                sources[model.name, row.id] = found
            else:
                sources[model.name, row.id] = _attempt(model_sources, model, found, row, study.study.member)
    regions = RegionList(study.study.regions, study.regions, root)
    regions.resolve()
    for i, quantile in enumerate(study.quantiles, start=1):
        _check_region(quantile.region, f"[[quantiles]] {i}")
    return Plan(study, root, rows, response_rows(study, rows), regions, sources)


def _check_region(name: str, where: str) -> None:
    from vadose.grid.regions import parse_region

    try:
        parse_region(name)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None


def _attempt(make: Any, *args: Any) -> Any:
    try:
        return make(*args)
    except ConfigError:
        raise
    except VadoseError as error:
        return error


def reference_sources(row: Row, root: Path) -> tuple[Any, ...]:
    """The source of a reference: what is known of it by name, then what the study says."""
    from vadose.data.cmip6 import find_files
    from vadose.data.source import Source

    reference = row.reference
    stated = {k: getattr(reference, k) for k in _SOURCE_FIELDS if getattr(reference, k, None)}
    if reference.site_table:
        stated["site_table"] = expand(reference.site_table, root)
    fields = {k: v for k, v in row.known.items() if k in _SOURCE_FIELDS} | stated
    paths = find_files(paths_of(reference.path, root))
    return (
        Source(
            variable=row.variable.name,
            paths=tuple(paths),
            depth=reference.depth,
            label=f"{reference.name} {row.variable.name}",
            **fields,
        ),
    )


_SOURCE_FIELDS = (
    "file_variable", "layers", "units", "accumulation", "stamp", "calendar", "frequency", "minimum_count", "keep",
    "points", "site_table", "climatology", "sign", "fallback",
)  # fmt: skip


def model_files(model: Model, root: Path) -> Any:
    """Files of a model: `ModelFiles` of CMIP-like output."""
    from vadose.data.cmip6 import find_model

    paths = paths_of(model.path, root)
    return find_model(model.name, paths[0] if len(paths) == 1 else paths)


def model_sources(model: Model, files: Any, row: Row, member: str) -> tuple[Any, ...]:
    """The sources of one variable of a model, one for each member that is averaged.

    A model whose name is that of a known product (ERA5-Land, GLDAS ...) is read as that product.
    """
    from vadose.data.catalog import defaults_for

    variable = row.variable.name
    wanted = model.member or member
    labels = list(files.members) if wanted in ("first", "mean") else [wanted]
    product = {k: v for k, v in defaults_for(model.name, variable, row.reference.depth).items() if k in _SOURCE_FIELDS}
    options = product | {k: v for k, v in (("units", model.units.get(variable)), ("layers", model.layers)) if v}
    if model.points:
        options["points"] = model.points
    usual = options.pop("file_variable", None)
    name = model.names.get(variable) or usual
    if isinstance(name, tuple) or (name and product):
        return (_product(model, files, variable, name, row, options),)
    if name is None and (row.reference.model_variable or variable == "soil_moisture"):
        name = row.reference.read_from_model
    known = row.variable
    names = {name} if name else {known.cmip, known.name, *known.aliases}
    having = [m for m in labels if names & set(files.members.get(m, {}))] or labels
    chosen = having if wanted == "mean" else having[:1]
    return tuple(files.source(variable, m, name, depth=row.reference.depth, **options) for m in chosen)


def _product(model: Model, files: Any, variable: str, name: Any, row: Row, options: dict[str, Any]) -> Any:
    """A source from files that hold several variables each, such as layers that are variables of their own."""
    from vadose.data.source import Source

    held = next(iter(files.members.values()))
    names = name if isinstance(name, tuple) else (name,)
    paths = sorted({path for n in names for path in held.get(n, ())})
    if names[0] not in held:
        raise DataError(f"{model.name}: no files of {names[0]}; it has {', '.join(held)}; set `names` of the model")
    return Source(
        variable=variable,
        paths=tuple(paths),
        file_variable=name,
        depth=row.reference.depth,
        label=f"{model.name} {variable}",
        attrs={"model": model.name},
        **options,
    )


class Without(DataError):
    """The study says that the model does not have the variable."""
