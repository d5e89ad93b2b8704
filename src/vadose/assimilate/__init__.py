"""Ensemble Kalman filters: usable alone on plain arrays and with any forward model."""

from __future__ import annotations

import importlib
from typing import Any

# Each name with the module that defines it; no module has the name of a function.
_NAMES = {
    "Adaptive": "inflation",
    "Analysis": "result",
    "FiniteSize": "inflation",
    "Localization": "localization",
    "Log": "transforms",
    "Logit": "transforms",
    "Multiplicative": "inflation",
    "Options": "options",
    "RTPP": "inflation",
    "RTPS": "inflation",
    "Screening": "options",
    "Texture": "transforms",
    "denkf": "deterministic",
    "enkf": "stochastic",
    "ensrf": "serial",
    "esmda": "smoother",
    "estkf": "error_subspace",
    "etkf": "transform",
    "lenkf": "stochastic",
    "lestkf": "error_subspace",
    "letkf": "transform",
}

__all__ = sorted(_NAMES)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"vadose.assimilate.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
