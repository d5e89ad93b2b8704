"""Structs of arrays on disk: one .npz each, whole or absent, without pickles."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from vadose.workflow.kept import load_arrays, save_arrays

__all__ = ["load", "load_arrays", "save", "save_arrays"]

T = TypeVar("T")


def save(struct: Any, path: Path) -> None:
    """Write the array fields of a dataclass; fields that are None are left out."""
    held = {f.name: getattr(struct, f.name) for f in dataclasses.fields(struct)}
    save_arrays({k: np.asarray(v) for k, v in held.items() if v is not None}, path)


def load(cls: type[T], path: Path) -> T:
    """The dataclass that `save` wrote; fields left out are None."""
    held = load_arrays(path)
    return cls(**{f.name: held.get(f.name) for f in dataclasses.fields(cls)})  # type: ignore[arg-type]
