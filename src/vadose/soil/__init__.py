"""What soil is: closures, pedotransfer functions, texture, heat and frost as pure functions of state and parameters."""

from __future__ import annotations

import importlib
from typing import Any

_NAMES = {
    "BimodalVanGenuchten": "retention.bimodal",
    "BrooksCorey": "retention.power_law",
    "Brunswick": "retention.brunswick",
    "Campbell": "retention.power_law",
    "ClmCampbell": "retention.clm_campbell",
    "FredlundXing": "retention.fredlund_xing",
    "Hydraulics": "retention.contract",
    "PDI": "retention.pdi",
    "Retention": "retention.contract",
    "SaxtonRawls": "retention.saxton_rawls",
    "VanGenuchten": "retention.van_genuchten",
    "Ensemble": "pedotransfer",
    "Flag": "pedotransfer",
    "PedotransferFunction": "pedotransfer",
    "SoilProperties": "pedotransfer",
    "complete": "pedotransfer",
    "Soil": "texture",
    "fit": "fitting",
    "hypres_class": "classes",
    "usda_class": "classes",
    "ternary": "triangle",
    "thresholds": "threshold",
}

__all__ = sorted(_NAMES)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"vadose.soil.{_NAMES[name]}"), name)
    raise AttributeError(f"module 'vadose.soil' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
