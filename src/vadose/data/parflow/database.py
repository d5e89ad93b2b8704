"""ParFlow's key database as a flat table: `.pfidb`, and the YAML and JSON that pftools writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from vadose.errors import DataError

Value = str | int | float
_LEAF = "_value_"  # the value of a key that also has keys below it, as pftools writes it


def read_database(path: str | Path) -> dict[str, Value]:
    """The keys of a ParFlow run: `{"ComputationalGrid.NX": "18", ...}`.

    path  a `.pfidb`, or what pftools' `run.write(file_format="yaml" | "json")` writes; numbers of a `.pfidb` stay text,
          lists are joined by spaces, logical values are "True" and "False", keys without a value are left out
    Raises DataError for a file that is absent, of another kind or cut off.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: not text: {error}; expected a .pfidb, .yaml or .json of a ParFlow run") from error
    kind = path.suffix.lower()
    if kind == ".pfidb":
        return dict(_pairs(text, path))
    if kind in (".yaml", ".yml"):
        return _flat(_yaml(text, path), path)
    if kind == ".json":
        try:
            return _flat(json.loads(text), path)
        except json.JSONDecodeError as error:
            raise DataError(f"{path}: not JSON: {error}") from error
    raise DataError(f"{path}: `{kind}` is no database of a ParFlow run; expected .pfidb, .yaml, .yml or .json")


def _pairs(text: str, path: Path) -> list[tuple[str, str]]:
    """Keys and values of a `.pfidb`: the count of pairs, then each string on a line after a line with its length."""
    lines = _Strings(text, path)
    count = lines.number("the count of keys")
    found = []
    for number in range(count):
        key = lines.string(f"key {number + 1} of {count}")
        found.append((key, lines.string(f"the value of `{key}`")))
    if lines.rest.strip():
        raise DataError(f"{path}: text after its {count} keys, from {lines.rest.strip()[:40]!r}: write it again")
    return found


class _Strings:
    """Numbers and strings of counted length, read one after the other."""

    def __init__(self, text: str, path: Path) -> None:
        self.rest, self.path = text, path

    def number(self, what: str) -> int:
        line, _, rest = self.rest.partition("\n")
        if not line.strip().isdigit():
            raise DataError(f"{self.path}: expected {what} as a whole number, got {line[:40]!r}: it is cut or damaged")
        self.rest = rest
        return int(line)

    def string(self, what: str) -> str:
        size = self.number(f"the length of {what}")
        found, end = self.rest[:size], self.rest[size : size + 1]
        if len(found) < size or end not in ("", "\n"):
            raise DataError(
                f"{self.path}: {what} should have {size} characters, got {self.rest.partition(chr(10))[0][:40]!r}: "
                "it is cut or damaged"
            )
        self.rest = self.rest[size + 1 :]
        return found


def _yaml(text: str, path: Path) -> Any:
    try:
        import yaml  # type: ignore[import-untyped]
    except ImportError as error:
        raise DataError(
            f"{path}: reading YAML needs PyYAML (pip install pyyaml), or write the run as .pfidb or .json"
        ) from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise DataError(f"{path}: not YAML: {error}") from error


def _flat(tree: Any, path: Path, prefix: str = "") -> dict[str, Value]:
    """Nested tables with their names joined by dots; names that pftools keeps for itself (`_..._`) are left out."""
    if not isinstance(tree, dict):
        raise DataError(f"{path}: expected a table of keys, got {type(tree).__name__}")
    flat: dict[str, Value] = {}
    for name, value in tree.items():
        name = str(name)
        own = len(name) > 1 and name.startswith("_") and name.endswith("_")
        if value is None or (own and name != _LEAF):
            continue
        key = prefix if name == _LEAF and prefix else f"{prefix}.{name}" if prefix else name
        if isinstance(value, dict):
            flat |= _flat(value, path, key)
        elif isinstance(value, list):
            flat[key] = " ".join(str(v) for v in value)
        else:
            flat[key] = str(value) if isinstance(value, bool) or not isinstance(value, int | float) else value
    return flat
