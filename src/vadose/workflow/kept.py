"""Arrays by name on disk: one .npz a result, whole or absent, without pickles."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from vadose.errors import DataError


def save_arrays(arrays: dict[str, np.ndarray], path: Path) -> None:
    """Write arrays by name under a temporary name that becomes `path` when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as stream:
            np.savez(stream, **arrays)  # type: ignore[arg-type]  # numpy's stub takes names for `allow_pickle`
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def load_arrays(path: Path, names: Iterable[str] | None = None) -> dict[str, np.ndarray]:
    """The arrays of a file by name, or some of them. A damaged file is removed, so that the next run makes it again.

    Raises DataError, naming the file.
    """
    try:
        with np.load(path, allow_pickle=False) as held:
            return {name: held[name] for name in (held.files if names is None else names)}
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        path.unlink(missing_ok=True)
        raise DataError(f"{path}: the kept result is damaged ({error}) and was removed; run again") from error
