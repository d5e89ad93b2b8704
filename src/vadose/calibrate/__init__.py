"""Calibrate soil maps from drydowns: `vadose.calibrate(study)` runs a study, the modules hold its parts."""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

# Each name with the module that defines it; a module is never called as one of its functions.
_NAMES = {
    "bounded_least_squares": "gradient",
    "Experiment": "texture_experiment",
    "drydown_events": "drydown.events",
    "estimate_published": "drydown.published",
    "estimate_robust": "drydown.robust",
    "fit_texture": "texture",
    "iteration_sensitivity": "texture_sensitivity",
    "sceua": "shuffled",
    "synthetic_series": "drydown.synthetic",
}

__all__ = sorted(_NAMES)


class _Callable(types.ModuleType):
    """The package is callable, so that `vadose.calibrate(study)` reads as the job it is."""

    def __call__(self, study: Any, out: Any = None, **options: Any) -> Any:
        from vadose.calibrate.run import run_study

        return run_study(study, out, **options)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"vadose.calibrate.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


sys.modules[__name__].__class__ = _Callable
