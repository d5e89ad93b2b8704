"""Run the column land surface model: `vadose.simulate(study)` runs a study, the modules hold its parts."""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

# Each name with the module that defines it; a module is never called as one of its functions.
_NAMES = {"Simulation": "result", "Study": "study", "load_study": "study"}

__all__ = sorted(_NAMES)


class _Callable(types.ModuleType):
    """The package is callable, so that `vadose.simulate(study)` reads as the job it is."""

    def __call__(self, study: Any, out: Any = None, **options: Any) -> Any:
        from vadose.simulate.run import run_study

        return run_study(study, out, **options)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"vadose.simulate.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


sys.modules[__name__].__class__ = _Callable
