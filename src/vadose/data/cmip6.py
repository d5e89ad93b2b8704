"""CMIP6 as it lies on disk: which model, member, table and grid each file belongs to, and which to use.

Where a variable is there more than once, the rules are: monthly tables before finer ones (Lmon, Emon, LImon, Amon,
then others); the grid gn, then gr, then gr1 and so on; the latest version folder (v20190815); historical, joined with
an ssp experiment only where there is exactly one. What the rules left out is in `ModelFiles.notes`.
"""

from __future__ import annotations

import csv
import glob
import gzip
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vadose.data.netcdf import data_variables, opened
from vadose.data.source import Source
from vadose.errors import DataError
from vadose.variables import lookup

TABLES = ("Lmon", "Emon", "LImon", "Amon", "Omon", "SImon", "Eday", "day", "E3hr", "3hr", "fx")
FIXED = ("sftlf", "areacella")
ONLY = "single"  # label of the member of a model whose files name none
_NAME = re.compile(
    r"^(?P<variable>[A-Za-z][A-Za-z0-9]*)_(?P<table>[A-Za-z0-9]+)_(?P<model>[^_]+)_(?P<experiment>[^_]+)"
    r"_(?P<member>(?:s\d+-)?r\d+i\d+p\d+(?:f\d+)?)(?:_(?P<grid>g[a-z0-9]*))?(?:_(?P<span>\d{4,}[\d-]*))?\.nc4?$"
)
_VERSION = re.compile(r"^v\d{6,8}$")
_MEMBER = re.compile(r"r(\d+)i(\d+)p(\d+)(?:f(\d+))?")
_COLUMNS = {
    "model": ("source_id", "source", "model"),
    "experiment": ("experiment_id", "experiment"),
    "member": ("member_id", "variant_label", "member"),
    "table": ("table_id", "table"),
    "variable": ("variable_id", "variable"),
    "grid": ("grid_label", "grid"),
    "path": ("path", "uri", "file"),
}
_ATTRIBUTES = {
    "model": "source_id", "experiment": "experiment_id", "member": "variant_label", "table": "table_id",
    "variable": "variable_id", "grid": "grid_label",
}  # fmt: skip


@dataclass(frozen=True)
class Record:
    """One variable of one file."""

    path: str
    variable: str
    model: str = ""
    experiment: str = ""
    member: str = ""
    table: str = ""
    grid: str = ""


@dataclass(frozen=True)
class ModelFiles:
    """The files of one model.

    members  label -> variable (name in the file) -> paths in the order of their names
    fixed    "sftlf", "areacella" -> path
    notes    what the rules of the module left out
    """

    name: str
    members: dict[str, dict[str, tuple[str, ...]]]
    fixed: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def variables(self) -> tuple[str, ...]:
        return tuple(sorted({v for files in self.members.values() for v in files}))

    def source(
        self, variable: str, member: str | None = None, file_variable: str | None = None, **options: Any
    ) -> Source:
        """The source of one variable of one member (the first where None), with the land fraction of the model.

        variable       vadose or CMIP name; file_variable  the one to take, where a quantity has several (mrsol, mrsos)
        options        other fields of `Source`
        Raises DataError naming what the model has.
        """
        known = lookup(variable)
        label = member if member is not None else next(iter(self.members))
        if label not in self.members:
            raise DataError(f"{self.name}: no member {label!r}; it has {', '.join(self.members)}")
        files = self.members[label]
        wanted = [file_variable] if file_variable else [known.cmip, known.name, *known.aliases]
        found = next((v for v in wanted if v in files), None)
        if found is None:
            raise DataError(
                f"{self.name} ({label}): no files of {known.name} (looked for {', '.join(dict.fromkeys(wanted))}); "
                f"it has {', '.join(files) or 'none'}; add the files or widen `path` in the study"
            )
        options.setdefault("land_fraction", self.fixed.get("sftlf"))
        options.setdefault("cell_area", self.fixed.get("areacella"))
        options.setdefault("label", f"{self.name} {found}")
        options["attrs"] = {"model": self.name, "member": label, **options.get("attrs", {})}
        return Source(variable=known.name, paths=files[found], file_variable=found, **options)


def find_files(pattern: str | Sequence[str], base: str | Path = ".") -> list[str]:
    """Files of a glob pattern (`**` for any folders), a folder, or a list of them, relative to `base`.

    Raises DataError with the pattern and the nearest folder that exists.
    """
    found: list[str] = []
    for one in [pattern] if isinstance(pattern, str) else pattern:
        full = str(Path(base) / Path(one).expanduser())
        if Path(full).is_dir():
            full = str(Path(full) / "**" / "*.nc*")
        files = [f for f in glob.glob(full, recursive=True) if Path(f).is_file()]
        if not files:
            raise DataError(_nothing(one, full))
        found += files
    return sorted(dict.fromkeys(found))


def find_models(pattern: str | Sequence[str], base: str | Path = ".") -> list[ModelFiles]:
    """All models among the files of a pattern or a catalogue, by name."""
    records = read_records(pattern, base)
    names = sorted({r.model for r in records if r.variable not in FIXED} or {r.model for r in records})
    return [choose(name or "model", [r for r in records if r.model == name]) for name in names]


def find_model(name: str, pattern: str | Sequence[str], base: str | Path = ".") -> ModelFiles:
    """The files of the one model that a pattern or a catalogue describes.

    Raises DataError where the files are of several models and none is called `name`.
    """
    records = read_records(pattern, base)
    models = sorted({r.model for r in records if r.model})
    if len(models) > 1:
        if name not in models:
            raise DataError(
                f"{name}: the files of {pattern!r} are of {len(models)} models ({', '.join(models)}); narrow `path`, "
                "or give the model the name that its files have"
            )
        records = [r for r in records if r.model in (name, "")]
    return choose(name, records)


def read_records(pattern: str | Sequence[str], base: str | Path = ".") -> list[Record]:
    """What each file of a pattern, or of an intake-esm catalogue (.csv, .csv.gz, .json), holds."""
    if isinstance(pattern, str) and pattern.lower().endswith((".csv", ".csv.gz", ".json")):
        return _catalogue(Path(base) / Path(pattern).expanduser())
    return [record for path in find_files(pattern, base) for record in _describe(path)]


def choose(name: str, records: Iterable[Record]) -> ModelFiles:
    """Apply the rules of this module to the records of one model."""
    records = list(records)
    notes: list[str] = []
    records = _latest(records, notes)
    data = _one_run([r for r in records if r.variable not in FIXED], notes)
    by_variable: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for r in data:
        by_variable[r.member or ONLY, r.variable].append(r)
    members: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    grids: list[str] = []
    for (member, variable), rows in sorted(by_variable.items(), key=lambda item: (_member_key(item[0][0]), item[0][1])):
        rows = _best(rows, "table", _table_rank, f"{name} {variable} {member}", notes)
        rows = _best(rows, "grid", _grid_rank, f"{name} {variable} {member}", notes)
        members[member][variable] = tuple(sorted(dict.fromkeys(r.path for r in rows)))
        grids.append(rows[0].grid)
    usual = max(set(grids), key=grids.count) if grids else ""
    fixed = {}
    for variable in FIXED:
        rows = sorted((r for r in records if r.variable == variable), key=lambda r: (r.grid != usual, r.path))
        if rows:
            fixed[variable] = rows[0].path
    if not members:
        raise DataError(f"{name}: only fixed fields were found ({', '.join(sorted(fixed))}); widen `path` in the study")
    return ModelFiles(name, dict(members), fixed, tuple(dict.fromkeys(notes)))


def _describe(path: str) -> list[Record]:
    """The records of a file: by its name, else its global attributes, else its data variables."""
    named = _NAME.match(Path(path).name)
    if named:
        return [Record(path, *(named[k] or "" for k in ("variable", "model", "experiment", "member", "table", "grid")))]
    try:
        with opened(path) as dataset:
            found = {k: str(getattr(dataset, a, "")).strip() for k, a in _ATTRIBUTES.items()}
            if found["variable"] in dataset.variables:
                return [Record(path, **found)]
            found.pop("variable")
            return [Record(path, variable=n, **found) for n, v in data_variables(dataset).items() if v.ndim > 1]
    except DataError:
        # Kept, so that the variable that needs the file fails by name, not the whole model.
        return [Record(path, variable=Path(path).name.split("_")[0])]


def _catalogue(path: Path) -> list[Record]:
    """Records of an intake-esm catalogue."""
    if not path.is_file():
        raise DataError(f"{path}: no such catalogue")
    column = None
    if path.suffix == ".json":
        try:
            head = json.loads(path.read_text())
        except ValueError as error:
            raise DataError(f"{path}: not valid JSON ({error})") from error
        column = head.get("assets", {}).get("column_name") if isinstance(head, dict) else None
        if not isinstance(head, dict) or not ({"catalog_file", "catalog_dict"} & set(head)):
            raise DataError(f"{path}: not an intake-esm catalogue: expected the key catalog_file or catalog_dict")
        if "catalog_dict" in head:
            return _rows(head["catalog_dict"], path, column)
        path = path.parent / str(head["catalog_file"]).removeprefix("file://")
        if not path.is_file():
            raise DataError(f"{path}: no such file; the catalogue names it as catalog_file")
    raw = gzip.open(path, "rb").read() if path.suffix == ".gz" else path.read_bytes()
    return _rows(list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig")))), path, column)


def _rows(rows: list[dict[str, str]], path: Path, column: str | None) -> list[Record]:
    names = {key: next((c for c in columns if rows and c in rows[0]), None) for key, columns in _COLUMNS.items()}
    names["path"] = column if rows and column in rows[0] else names["path"]
    missing = [key for key in ("path", "variable", "model") if names[key] is None]
    if missing:
        have = ", ".join(rows[0]) if rows else "no rows"
        raise DataError(f"{path}: the catalogue has no column for {', '.join(missing)}; it has {have}")
    records = []
    for row in rows:
        values = {key: str(row.get(name) or "").strip() for key, name in names.items() if name}
        file = Path(values.pop("path").removeprefix("file://"))
        if file.suffix == ".zarr" or "://" in str(file):
            raise DataError(f"{path}: {file} is not a local netCDF file; download it before (`vadose data fetch`)")
        records.append(Record(str(file if file.is_absolute() else path.parent / file), **values))
    return records


def _latest(records: list[Record], notes: list[str]) -> list[Record]:
    """The latest of the version folders that hold a file of the same name."""
    newest: dict[tuple[str, ...], str] = {}
    for r in records:
        key, version = _without_version(r)
        newest[key] = max(newest.get(key, ""), version)
    kept = []
    for r in records:
        key, version = _without_version(r)
        if version == newest[key]:
            kept.append(r)
        else:
            notes.append(f"{r.path}: version {version} left out, {newest[key]} is newer")
    return kept


def _without_version(r: Record) -> tuple[tuple[str, ...], str]:
    parts = Path(r.path).parts
    version = next((p for p in reversed(parts[:-1]) if _VERSION.match(p)), "")
    if not version:
        return (r.path, r.variable), ""
    at = len(parts) - 1 - parts[::-1].index(version)
    return (*parts[:at], r.variable), version


def _one_run(records: list[Record], notes: list[str]) -> list[Record]:
    """One experiment, or historical with the one that continues it."""
    experiments = sorted({r.experiment for r in records if r.experiment})
    if len(experiments) < 2:
        return records
    future = [e for e in experiments if e.startswith(("ssp", "rcp"))]
    if "historical" in experiments and future == [e for e in experiments if e != "historical"] and len(future) == 1:
        return records
    kept = "historical" if "historical" in experiments else experiments[0]
    left = ", ".join(e for e in experiments if e != kept)
    notes.append(f"experiment {kept} taken, left out: {left}; narrow `path` to choose another")
    return [r for r in records if r.experiment in (kept, "")]


def _best(rows: list[Record], what: str, rank: Any, where: str, notes: list[str]) -> list[Record]:
    labels = sorted({getattr(r, what) for r in rows}, key=rank)
    if len(labels) > 1:
        notes.append(f"{where}: {what} {labels[0]} taken, left out: {', '.join(labels[1:])}")
    return [r for r in rows if getattr(r, what) == labels[0]]


def _table_rank(table: str) -> tuple[int, int, str]:
    known = TABLES.index(table) if table in TABLES else len(TABLES)
    return (0 if "mon" in table else 1, known, table)


def _grid_rank(grid: str) -> tuple[int, str]:
    return ({"gn": 0, "gr": 1}.get(grid, 2 if grid else 3), grid)


def _member_key(label: str) -> tuple[int, ...]:
    numbers = _MEMBER.search(label)
    return tuple(int(n or 0) for n in numbers.groups()) if numbers else (10**6,)


def _nothing(pattern: str, full: str) -> str:
    folder = Path(full)
    while not folder.is_dir() and folder != folder.parent:
        folder = folder.parent
    inside = sorted(p.name + ("/" if p.is_dir() else "") for p in folder.iterdir())[:8]
    have = f"it holds {', '.join(inside)}" if inside else "it is empty"
    return (
        f"no file matches {pattern!r}; the nearest folder that exists is {folder} ({have}); correct `path` in the study"
    )
