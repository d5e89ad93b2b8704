"""vadose: simulate, calibrate, assimilate and benchmark soil moisture, from one column to the globe.

Names load when they are first used, so that `import vadose` costs little.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_MODULES = ("assimilate", "benchmark", "calibrate", "data", "grid", "metrics", "observe", "report", "simulate", "soil")
_NAMES = {
    "Analysis": "vadose.assimilate.result",
    "Assimilated": "vadose.assimilate.assimilated",
    "Benchmark": "vadose.benchmark.result",
    "Calibration": "vadose.calibrate.result",
    "CellSeries": "vadose.data.series",
    "ConfigError": "vadose.errors",
    "DailySeries": "vadose.data.daily.series",
    "DailySource": "vadose.data.daily.source",
    "DataError": "vadose.errors",
    "FlowRun": "vadose.simulate.flow.result",
    "GridMismatch": "vadose.errors",
    "LatLonGrid": "vadose.grid.latlon",
    "Localization": "vadose.assimilate.localization",
    "NotConverged": "vadose.errors",
    "PointSource": "vadose.data.daily.observations",
    "RangeError": "vadose.errors",
    "Simulation": "vadose.simulate.result",
    "Sites": "vadose.grid.latlon",
    "Soil": "vadose.soil.texture",
    "Study": "vadose.benchmark.study",
    "UnitError": "vadose.errors",
    "VadoseError": "vadose.errors",
    "denkf": "vadose.assimilate.deterministic",
    "enkf": "vadose.assimilate.stochastic",
    "ensrf": "vadose.assimilate.serial",
    "esmda": "vadose.assimilate.smoother",
    "estkf": "vadose.assimilate.error_subspace",
    "etkf": "vadose.assimilate.transform",
    "lenkf": "vadose.assimilate.stochastic",
    "lestkf": "vadose.assimilate.error_subspace",
    "letkf": "vadose.assimilate.transform",
    "pedotransfer": "vadose.soil.pedotransfer.registry",
    "read_daily": "vadose.data.daily.open",
    "read_study": "vadose.benchmark.study",
    "sensitivity": "vadose.model.gradient",
}

__all__ = sorted([*_MODULES, *_NAMES])


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        return importlib.import_module(f"vadose.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    raise AttributeError(f"module 'vadose' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
