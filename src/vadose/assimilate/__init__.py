"""Ensemble Kalman filters, usable alone on plain arrays, and `vadose.assimilate(study)`, which cycles them."""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

# Each name with the module that defines it; no module has the name of a function.
_NAMES = {
    "Adaptive": "inflation",
    "Analysis": "result",
    "Assimilated": "assimilated",
    "FiniteSize": "inflation",
    "Localization": "localization",
    "Log": "transforms",
    "Logit": "transforms",
    "Multiplicative": "inflation",
    "Options": "options",
    "RTPP": "inflation",
    "RTPS": "inflation",
    "Screening": "options",
    "Study": "study",
    "Texture": "transforms",
    "denkf": "deterministic",
    "enkf": "stochastic",
    "ensrf": "serial",
    "esmda": "smoother",
    "estkf": "error_subspace",
    "etkf": "transform",
    "lenkf": "stochastic",
    "lestkf": "error_subspace",
    "load_study": "study",
    "letkf": "transform",
}

__all__ = sorted(_NAMES)


class _Callable(types.ModuleType):
    """The package is callable, so that `vadose.assimilate(study)` reads as the job it is."""

    def __call__(self, study: Any, out: Any = None, **options: Any) -> Any:
        from vadose.assimilate.run import run_study

        return run_study(study, out, **options)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"vadose.assimilate.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


sys.modules[__name__].__class__ = _Callable
