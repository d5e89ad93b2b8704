"""What the results of all jobs share: what run.json says, what failed, and where the report is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vadose.errors import DataError


@dataclass(frozen=True)
class Failure:
    """A part of a run without result, and why; `model` and `row` name it as in a benchmark."""

    model: str
    row: str
    why: str


def read_manifest(run: Path, what: str) -> dict[str, Any]:
    """What run.json of a finished run says. Raises DataError that calls the run `what`, as in "calibration run"."""
    try:
        content: dict[str, Any] = json.loads((run / "run.json").read_text())
    except (OSError, ValueError) as error:
        raise DataError(f"{run}: not a finished {what} ({error})") from error
    return content


def report_of(run: Path) -> Path | None:
    """The first page of the report, where it has been written."""
    page = run / "index.html"
    return page if page.exists() else None
