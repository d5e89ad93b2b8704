"""The reference data sets that vadose knows by name: how to read them, whom to cite, where to get them.

The table is `references.toml`; it describes, it holds no code and no data.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from vadose.errors import ConfigError
from vadose.variables import VARIABLES, lookup

if TYPE_CHECKING:
    from rich.table import Table

_VERSION = re.compile(r"v?\d*[a-z]?")
_PAPER = ("author", "title", "journal", "year", "volume", "pages", "doi")


@dataclass(frozen=True)
class Product:
    """One variable of a reference at one depth; fields as in `references.toml`."""

    variable: str
    units: str
    step: str = "month"
    file_variable: str | tuple[str, ...] | None = None
    names: tuple[str, ...] = ()
    layers: tuple[tuple[float, float], ...] = ()
    depth: tuple[float, float] | None = None
    accumulation: str | None = None
    stamp: str | None = None
    minimum_count: int | None = None
    climatology: bool = False
    sign: int = 1

    def options(self) -> dict[str, Any]:
        """Fields of `Source`; what the files may state better is left to `fallback`."""
        apart = isinstance(self.file_variable, tuple)
        fallback: dict[str, Any] = {"units": self.units}
        if self.names:
            fallback["file_variable"] = self.names
        if self.layers and not apart:
            fallback["layers"] = self.layers
        options: dict[str, Any] = {
            "file_variable": self.file_variable,
            "layers": self.layers if apart else None,
            "accumulation": self.accumulation,
            "stamp": self.stamp,
            "minimum_count": self.minimum_count,
            "climatology": self.climatology or None,
            "sign": self.sign if self.sign != 1 else None,
        }
        return {"fallback": fallback} | {k: v for k, v in options.items() if v is not None}


@dataclass(frozen=True)
class KnownReference:
    """A reference data set: what it is, how its variables are read, how to cite and get it."""

    name: str
    title: str
    kind: str
    period: tuple[int, int]
    licence: str
    where: str
    note: str
    paper: dict[str, Any]
    products: tuple[Product, ...]
    aliases: tuple[str, ...] = ()
    doi: str = ""
    keys: frozenset[str] = field(default=frozenset(), repr=False)

    @property
    def citation(self) -> str:
        p = self.paper
        authors = [a.strip() for a in p["author"].split(" and ")]
        who = f"{authors[0]} et al." if len(authors) > 2 else " and ".join(authors)
        return f"{who} ({p['year']}): {p['title']}. {p['journal']} {p['volume']}, {p['pages']}. doi:{p['doi']}"

    @property
    def bibtex(self) -> str:
        lines = [f"  {key} = {{{self.paper[key]}}}" for key in _PAPER]
        return f"@article{{{self.paper['key']},\n" + ",\n".join(lines) + "\n}"

    def product(self, variable: str, depth: tuple[float, float] | None = None) -> Product | None:
        """The product of a variable whose depth comes nearest to `depth`; the first one without it."""
        found = [p for p in self.products if p.variable == variable]
        if depth is None or not found:
            return found[0] if found else None
        return min(found, key=lambda p: _apart(p.depth, depth))


def list_references() -> tuple[KnownReference, ...]:
    """All known references, by name."""
    return tuple(_table().values())


def known_reference(name: str) -> KnownReference | None:
    """The reference called `name`: its name or an alias, with or without a version behind it."""
    wanted = _plain(name)
    best: tuple[int, KnownReference] | None = None
    for reference in list_references():
        for key in reference.keys:
            matches = wanted.startswith(key) and _VERSION.fullmatch(wanted[len(key) :])
            if matches and (best is None or len(key) > best[0]):
                best = (len(key), reference)
    return best[1] if best else None


def defaults_for(name: str, variable: str, depth: tuple[float, float] | None = None) -> dict[str, Any]:
    """What is known of a reference by its name: fields of `Source`, and citation, bibtex, doi, licence, where, kind.

    Empty for an unknown name; without fields of `Source` where the reference is not known to have the variable.
    """
    reference = known_reference(name)
    if reference is None:
        return {}
    product = reference.product(lookup(variable).name, depth)
    about = {
        "citation": reference.citation,
        "bibtex": reference.bibtex,
        "doi": reference.doi or reference.paper["doi"],
        "licence": reference.licence,
        "where": reference.where,
        "kind": reference.kind,
    }
    return about | (product.options() if product else {})


def reference_table() -> Table:
    """The known references as a table for the terminal."""
    from rich.table import Table

    table = Table(title="References that vadose knows", show_lines=True)
    for column, share in (("Name", 2), ("Variables, depths in m, period", 3), ("Licence, where to get it", 5)):
        table.add_column(column, overflow="fold", ratio=share)
    for r in list_references():
        variables = ", ".join(dict.fromkeys(VARIABLES[p.variable].title for p in r.products))
        depths = [f"{d[0]:g}-{d[1]:g}" for p in r.products for d in (p.layers or ((p.depth,) if p.depth else ()))]
        what = [variables, ", ".join(dict.fromkeys(depths)), f"{r.period[0]}-{r.period[1]}"]
        table.add_row(r.name, "\n".join(w for w in what if w), f"{r.licence}\n{r.where}\n{r.note}")
    return table


@cache
def _table() -> dict[str, KnownReference]:
    text = files("vadose.data").joinpath("references.toml").read_text(encoding="utf-8")
    found = {}
    for name, row in tomllib.loads(text).items():
        try:
            row["products"] = tuple(_product(p) for p in row["products"])
            row["aliases"] = tuple(row.get("aliases", ()))
            row["period"] = tuple(row["period"])
            keys = frozenset(_plain(n) for n in (name, *row["aliases"]))
            found[name] = KnownReference(name=name, keys=keys, **row)
        except (KeyError, TypeError, ConfigError) as error:
            raise ConfigError(f"references.toml: [{name!r}]: {error}") from error
    return found


def _product(row: dict[str, Any]) -> Product:
    lookup(row["variable"])
    values: dict[str, Any] = {key: _frozen(value) for key, value in row.items()}
    return Product(**values)


def _frozen(value: Any) -> Any:
    return tuple(_frozen(v) for v in value) if isinstance(value, list) else value


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _apart(a: tuple[float, float] | None, b: tuple[float, float]) -> float:
    """How far two depth ranges lie apart; layered products that reach the depth count as equal to it."""
    if a is None:
        return 0.0
    return abs(a[0] - b[0]) + abs(a[1] - b[1])
