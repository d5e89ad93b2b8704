"""Benchmark models against references: `vadose.benchmark(study)` runs a study, the modules hold its parts."""

from __future__ import annotations

import sys
import types
from typing import Any


class _Callable(types.ModuleType):
    """The package is callable, so that `vadose.benchmark(study)` reads as the job it is."""

    def __call__(self, study: Any, out: Any = None, **options: Any) -> Any:
        from vadose.benchmark.run import run_study

        return run_study(study, out, **options)


sys.modules[__name__].__class__ = _Callable
