"""Pedotransfer functions: from what a map says of a soil to the parameters that a model needs."""

from vadose.soil.pedotransfer.contract import Flag, PedotransferFunction, Prediction, SoilProperties
from vadose.soil.pedotransfer.ensemble import Ensemble, EnsembleProperties, complete, outliers
from vadose.soil.pedotransfer.registry import pedotransfer

__all__ = [
    "Ensemble",
    "EnsembleProperties",
    "Flag",
    "PedotransferFunction",
    "Prediction",
    "SoilProperties",
    "complete",
    "outliers",
    "pedotransfer",
]
