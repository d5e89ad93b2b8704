"""The files that run folders of different jobs share, read so that an error says which file and what to do."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path
from typing import Any

from vadose.errors import DataError

csv.field_size_limit(2**24)


def read_run_json(run: Path, kind: str, remedy: str) -> dict[str, Any]:
    """What run.json says. Raises DataError, ending with the remedy, where it is not there or of another kind."""
    path = run / "run.json"
    try:
        info = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}; {remedy}") from error
    except ValueError as error:
        raise DataError(f"{path}: is not JSON: {error}; {remedy}") from error
    if not isinstance(info, dict) or info.get("kind") != kind:
        raise DataError(f"{path}: expected an object with kind {kind!r}; {remedy}")
    return info


def read_table(path: Path, remedy: str) -> list[dict[str, Any]]:
    """Rows of a CSV file with numbers as floats; none where the file is missing.

    Raises DataError, ending with the remedy, where it is no table of text.
    """
    if not path.is_file():
        return []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return [
                {str(k): number_or_text(v) for k, v in row.items() if k is not None} for row in csv.DictReader(file)
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: is not a table: {error}; {remedy}") from error


def number_or_text(value: Any) -> Any:
    """A finite number where the text is one; None where it says "nan"; the text itself otherwise."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return value
    return number if math.isfinite(number) else None
