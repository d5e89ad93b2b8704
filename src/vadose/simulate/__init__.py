"""Run the land surface model, or flow alone: `vadose.simulate(study)` runs a study, the modules hold its parts."""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

# Each name with the module that defines it; a module is never called as one of its functions.
_NAMES = {
    "FlowRun": "flow.result",
    "FlowStudy": "flow.study",
    "Simulation": "result",
    "Study": "study",
    "load_study": "study",
}

__all__ = sorted(_NAMES)


class _Callable(types.ModuleType):
    """The package is callable, so that `vadose.simulate(study)` reads as the job it is."""

    def __call__(self, study: Any, out: Any = None, **options: Any) -> Any:
        from vadose.simulate.flow.load import is_flow

        job = importlib.import_module("vadose.simulate.flow.run" if is_flow(study) else "vadose.simulate.run")
        return job.run_study(study, out, **options)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"vadose.simulate.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


sys.modules[__name__].__class__ = _Callable
