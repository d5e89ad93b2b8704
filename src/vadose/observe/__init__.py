"""What instruments see of a model's state: operators with their errors, bias and quality control.

An operator is made of the columns that an observation sees (`nearest_columns`, `pixel_columns`, `ring_columns`) and of
what it does with their layers (`depth_mean`, `probes`, `CosmicRay`, `flux`, `water_table`).
"""

from __future__ import annotations

from vadose.observe.augmented import AugmentedBias
from vadose.observe.bias import BiasTreatment, MeanDeviation, NoTreatment
from vadose.observe.cdf import CdfMatching
from vadose.observe.columns import Columns, nearest_columns
from vadose.observe.crns import CosmicRay, Surroundings, ring_columns
from vadose.observe.depth import depth_mean, probes
from vadose.observe.error import ConstantError, ErrorMap, ErrorModel, RelativeError
from vadose.observe.flux import flux
from vadose.observe.operator import LinearOperator, ObservationOperator, Support, Weights
from vadose.observe.quality import (
    Screened,
    duplicates,
    far_from_forecast,
    frozen,
    out_of_domain,
    out_of_period,
    outside_range,
    screen,
    snow_covered,
    without_error,
)  # fmt: skip
from vadose.observe.satellite import box_columns, boxes_of, pixel_columns, square_boxes
from vadose.observe.well import WaterTableFromHeads, depth_from_heads, water_table

__all__ = [
    "AugmentedBias", "BiasTreatment", "CdfMatching", "Columns", "ConstantError", "CosmicRay", "ErrorMap", "ErrorModel",
    "LinearOperator", "MeanDeviation", "NoTreatment", "ObservationOperator", "RelativeError", "Screened", "Support",
    "Surroundings", "WaterTableFromHeads", "Weights", "box_columns", "boxes_of", "depth_from_heads", "depth_mean",
    "duplicates", "far_from_forecast", "flux", "frozen", "nearest_columns", "out_of_domain", "out_of_period",
    "outside_range", "pixel_columns", "probes", "ring_columns", "screen", "snow_covered", "square_boxes", "water_table",
    "without_error",
]  # fmt: skip
