"""What the results of all jobs share: what run.json says, what failed, and where the report is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

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


@dataclass(frozen=True)
class FinishedRun:
    """The folder of a finished run; results of jobs add what theirs holds.

    run   folder of the run
    KIND  as run.json calls it;  WHAT  as messages do;  JOB  the command that makes such a run
    """

    KIND: ClassVar[str]
    WHAT: ClassVar[str]
    JOB: ClassVar[str]

    run: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "run", Path(self.run))

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What run.json says: settings, failures, notes, versions, hashes. Raises DataError for another kind of run."""
        content = read_manifest(self.run, self.WHAT)
        if content.get("kind") != self.KIND:
            raise DataError(f"{self.run}: a run of another kind; expected one of `vadose {self.JOB}`")
        return content

    @property
    def failures(self) -> list[Failure]:
        """Parts that have no result though the study asked for them."""
        return [Failure(f["what"], f["part"], f["why"]) for f in self.manifest["failures"]]

    @property
    def index(self) -> Path | None:
        """The first page of the report, where it has been written."""
        return report_of(self.run)
