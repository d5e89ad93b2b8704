"""Reading: from files as they lie on disk to monthly values in canonical units, with bounds everywhere.

Find the files of a model (`find_model`), say what a variable needs to be read (`Source`), and take it as a lazy CF
dataset (`open_canonical`) or as series packed by cell (`pack_series`). `list_references` shows what is known by name.
"""

from __future__ import annotations

import importlib
from typing import Any

_NAMES = {
    "CellSeries": "vadose.data.series",
    "Source": "vadose.data.source",
    "defaults_for": "vadose.data.catalog",
    "find_files": "vadose.data.cmip6",
    "find_model": "vadose.data.cmip6",
    "find_models": "vadose.data.cmip6",
    "list_references": "vadose.data.catalog",
    "open_canonical": "vadose.data.cf",
    "pack_depths": "vadose.data.pack",
    "pack_series": "vadose.data.pack",
}

__all__ = sorted(_NAMES)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'vadose.data' has no attribute {name!r}")
