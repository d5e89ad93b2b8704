"""The folder of a run: made, checked, cleared of what an interrupted run left, with its log."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vadose.errors import VadoseError
from vadose.workflow.cache import write_text

log = logging.getLogger("vadose")


def prepare(run: Path, fresh: bool) -> None:
    """Make the run folder and make sure that it can be written to; `fresh` forgets earlier results."""
    try:
        run.mkdir(parents=True, exist_ok=True)
        if fresh:
            shutil.rmtree(run / "cache", ignore_errors=True)
        write_text(run / ".writable", "")
        (run / ".writable").unlink()
        for stale in run.rglob("*.partial"):
            shutil.rmtree(stale) if stale.is_dir() else stale.unlink()
    except OSError as error:
        raise VadoseError(
            f"{run}: the run folder cannot be written ({error.strerror}); choose another with --out"
        ) from error


@contextmanager
def log_to(path: Path) -> Iterator[None]:
    """Write what vadose logs into the file `path` as well."""
    handler = logging.FileHandler(path, mode="w")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log.setLevel(logging.INFO)
    log.addHandler(handler)
    try:
        yield
    finally:
        log.removeHandler(handler)
        handler.close()
