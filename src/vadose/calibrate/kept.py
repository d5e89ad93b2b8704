"""Structs of arrays on disk: one .npz each, whole or absent, without pickles."""

from __future__ import annotations

import dataclasses
import os
import zipfile
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from vadose.errors import DataError

T = TypeVar("T")


def save(struct: Any, path: Path) -> None:
    """Write the array fields of a dataclass; fields that are None are left out."""
    held = {f.name: getattr(struct, f.name) for f in dataclasses.fields(struct)}
    save_arrays({k: np.asarray(v) for k, v in held.items() if v is not None}, path)


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


def load(cls: type[T], path: Path) -> T:
    """The dataclass that `save` wrote; fields left out are None."""
    held = load_arrays(path)
    return cls(**{f.name: held.get(f.name) for f in dataclasses.fields(cls)})  # type: ignore[arg-type]


def load_arrays(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a file by name. A damaged file is removed, so that the next run makes it again.

    Raises DataError, naming the file.
    """
    try:
        with np.load(path, allow_pickle=False) as held:
            return {name: held[name] for name in held.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        path.unlink(missing_ok=True)
        raise DataError(f"{path}: the kept result is damaged ({error}) and was removed; run again") from error
