"""The rules of the tree, read from its syntax: who may import whom, docstrings, lengths."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "src" / "vadose"

BASE = {"constants", "variables", "errors"}
PHYSICS = BASE | {"arrays", "grid", "soil", "numerics", "flow", "land", "model"}
JOBS = {"benchmark", "calibrate", "simulate", "assimilate"}

# What each part of the tree may import from the others; parts that do not exist yet are listed too.
ALLOWED: dict[str, set[str]] = {
    "constants": set(),
    "errors": set(),
    "variables": {"constants", "errors"},
    "arrays": {"errors"},
    "config": BASE,
    "grid": BASE,
    "workflow": BASE | {"grid"},
    "numerics": BASE | {"arrays"},
    "soil": BASE | {"arrays", "grid"},
    "flow": BASE | {"arrays", "grid", "soil", "numerics"},
    "land": BASE | {"arrays", "grid", "soil", "numerics"},
    "model": PHYSICS - {"model"},
    "data": BASE | {"grid"},
    "metrics": BASE | {"grid"},
    "observe": BASE | {"grid", "soil"},
    "report": BASE | {"grid"},
    "benchmark": BASE | {"config", "workflow", "grid", "data", "metrics", "observe"},
    "calibrate": PHYSICS | {"config", "workflow", "data", "observe"},
    "simulate": PHYSICS | {"config", "workflow", "data", "metrics"},
    "assimilate": PHYSICS | {"config", "workflow", "data", "metrics", "observe", "simulate"},  # decision 19
}
ALLOWED["cli"] = set(ALLOWED)
ALLOWED["__init__"] = set(ALLOWED)
ALLOWED["__main__"] = {"cli"}

# A job may ask for the report of its own run, inside a function: the report itself reads only files.
IN_FUNCTIONS = {job: {"report"} for job in JOBS}

NO_JAX_AT_TOP = {"data", "metrics", "benchmark", "report", "cli", "config", "grid", "__init__"} | BASE
NO_LABELLED_ARRAYS = {"soil", "numerics", "flow", "land", "model"}
LABELLED_ARRAYS = {"xarray", "dask", "pandas"}

LONGEST_FILE = 400
LONGEST_DOCSTRING = 25


@dataclass(frozen=True)
class Import:
    """One imported module with its line; `deferred` inside a function or under TYPE_CHECKING."""

    module: str
    line: int
    deferred: bool


def imports_of(tree: ast.Module, package: str) -> Iterator[Import]:
    """Every import of a module that lies in `package` (dotted), relative ones resolved."""

    def visit(node: ast.AST, deferred: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from (Import(a.name, child.lineno, deferred) for a in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = child.module or ""
                if child.level:
                    parents = package.split(".")
                    parents = parents[: len(parents) - child.level + 1]
                    base = ".".join([*parents, base] if base else parents)
                if base == "vadose":
                    yield from (Import(f"vadose.{a.name}", child.lineno, deferred) for a in child.names)
                else:
                    yield Import(base, child.lineno, deferred)
            else:
                inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                typing = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
                yield from visit(child, deferred or inside or typing)

    return visit(tree, False)


def part_of(module: str) -> str:
    """The part of the tree that a dotted module belongs to: vadose.data.cf -> data."""
    pieces = module.split(".")
    return pieces[1] if len(pieces) > 1 else "__init__"


def faults(path: str, text: str) -> list[str]:
    """Every broken rule of imports in the file at `path` (relative to src/vadose, with slashes)."""
    pieces = path.removesuffix(".py").split("/")
    package = ".".join(["vadose", *pieces[:-1]])
    part = pieces[0]
    if part not in ALLOWED:
        return [f"{path}: `{part}` is no part of the planned tree"]
    found = []
    for item in imports_of(ast.parse(text), package):
        where = f"{path}:{item.line}"
        top = item.module.split(".")[0]
        if top == "vadose":
            target = part_of(item.module)
            allowed = ALLOWED[part] | (IN_FUNCTIONS.get(part, set()) if item.deferred else set())
            if target not in {part, "__init__"} and target not in allowed:
                found.append(f"{where}: `{part}` must not import `{target}`")
        if top in {"jax", "jaxlib"} and part in NO_JAX_AT_TOP and not item.deferred:
            found.append(f"{where}: jax at module level in `{part}`")
        if top in LABELLED_ARRAYS and part in NO_LABELLED_ARRAYS and path != "model/bridge.py":
            found.append(f"{where}: {top} in `{part}`; only model/bridge.py may import it")
    return found


def files() -> list[str]:
    return sorted(p.relative_to(SOURCE).as_posix() for p in SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", files())
def test_imports_point_downward(path: str) -> None:
    assert faults(path, (SOURCE / path).read_text()) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("grid/regrid.py", "from vadose.data.cf import open_canonical"),
        ("metrics/bias.py", "from ..data import series"),
        ("metrics/bias.py", "def f():\n    import vadose.data.series"),
        ("calibrate/drydown.py", "from vadose.benchmark import compare"),
        ("benchmark/run.py", "from vadose.report import page"),
        ("report/page.py", "def f():\n    from vadose import benchmark"),
        ("flow/richards.py", "from vadose.land import snow"),
        ("data/cf.py", "import jax.numpy as jnp"),
        ("cli.py", "try:\n    import jax\nexcept ImportError:\n    jax = None"),
        ("soil/retention.py", "def f():\n    import xarray as xr"),
        ("model/column.py", "import pandas"),
        ("helpers/misc.py", ""),
    ],
)
def test_a_breach_is_seen(path: str, text: str) -> None:
    assert faults(path, text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("benchmark/run.py", "def report(self):\n    from vadose.report.page import write"),
        ("simulate/run.py", "def f():\n    import jax"),
        ("data/cf.py", "def f():\n    import jax"),
        ("model/bridge.py", "import xarray as xr"),
        ("cli.py", "def f():\n    from vadose.benchmark.run import run"),
        ("data/cf.py", "from . import series\nfrom vadose import errors"),
    ],
)
def test_what_is_allowed_passes(path: str, text: str) -> None:
    assert faults(path, text) == []


def test_jobs_never_import_each_other_but_for_an_assimilation_that_is_a_simulation() -> None:
    for job in JOBS:
        assert ALLOWED[job] & (JOBS - {job}) == ({"simulate"} if job == "assimilate" else set())
        assert not (IN_FUNCTIONS[job] & JOBS)


def test_the_allowed_directions_have_no_cycle() -> None:
    done: set[str] = set()
    while len(done) < len(ALLOWED):
        ready = {part for part, below in ALLOWED.items() if part not in done and below - {part} <= done}
        assert ready, f"cycle among {sorted(set(ALLOWED) - done)}"
        done |= ready


def documented(tree: ast.Module) -> Iterator[tuple[str, int, str | None, bool]]:
    """(name, line, docstring, required) of the module and of its classes and functions."""
    yield "the module", 1, ast.get_docstring(tree), True

    def visit(body: list[ast.stmt], prefix: str, required: bool) -> Iterator[tuple[str, int, str | None, bool]]:
        for node in body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                public = required and not node.name.startswith("_")
                yield f"{prefix}{node.name}", node.lineno, ast.get_docstring(node), public
                if isinstance(node, ast.ClassDef):
                    yield from visit(node.body, f"{node.name}.", False)

    yield from visit(tree.body, "", True)


@pytest.mark.parametrize("path", files())
def test_public_names_have_short_docstrings(path: str) -> None:
    wrong = []
    for name, line, text, required in documented(ast.parse((SOURCE / path).read_text())):
        if required and len((text or "").strip(" .\n")) < 8:
            wrong.append(f"{path}:{line}: {name} has no docstring")
        if text and len(text.splitlines()) > LONGEST_DOCSTRING:
            wrong.append(f"{path}:{line}: {name} has {len(text.splitlines())} lines of docstring")
    assert wrong == []


@pytest.mark.parametrize("path", files())
def test_a_file_is_a_room(path: str) -> None:
    lines = len((SOURCE / path).read_text().splitlines())
    assert lines <= LONGEST_FILE, f"{path} has {lines} lines: split it"


@pytest.mark.parametrize("path", files())
def test_source_is_ascii_and_finished(path: str) -> None:
    text = (SOURCE / path).read_text()
    assert text.isascii(), [line for line in text.splitlines() if not line.isascii()]
    unfinished = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error")
    assert not [word for word in unfinished if word in text]
