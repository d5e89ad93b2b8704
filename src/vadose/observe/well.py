"""The level of groundwater, from the state's own water table or from a profile of pressure heads."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vadose.observe.columns import Columns
from vadose.observe.error import ConstantError, ErrorModel
from vadose.observe.operator import LinearOperator, Support, check_layers


def water_table(columns: Columns, error: ErrorModel | None = None) -> LinearOperator:
    """Depth of the water table m below the ground, of a state that has it as [..., column].

    error  0.1 m by default: a well is a point in a cell
    """
    return LinearOperator("water_table_depth", columns, None, Support(), error or ConstantError(0.1))


def depth_from_heads(head: np.ndarray, layers: np.ndarray) -> np.ndarray:
    """Depth of the water table m of profiles of pressure head: the top of the saturated zone at the bottom.

    z = z_i - h_i (z_i - z_{i-1}) / (h_i - h_{i-1}) between the uppermost layer i of that zone, h_i >= 0, and the one
    above it; z_i - h_i where there is none above, and below the last layer where nothing is saturated

    head    [..., layer, column] m, negative when unsaturated;  layers  [layer, 2] m
    Returns [..., column] m, negative where water stands on the ground. A perched zone is no water table.
    """
    check_layers(head, layers.shape[0])
    z = layers.mean(axis=1)
    wet = np.asarray(head) >= 0
    # Saturated from here down to the bottom of the soil.
    zone = np.flip(np.logical_and.accumulate(np.flip(wet, axis=-2), axis=-2), axis=-2)
    top = np.where(zone.any(axis=-2), np.argmax(zone, axis=-2), z.size - 1)
    above = np.maximum(top - 1, 0)
    h = np.take_along_axis(head, top[..., None, :], axis=-2)[..., 0, :]
    h_above = np.take_along_axis(head, above[..., None, :], axis=-2)[..., 0, :]
    between = (h >= 0) & (top > 0)
    slope = np.where(between, (z[top] - z[above]) / np.where(between, h - h_above, 1.0), 1.0)
    return np.asarray(z[top] - h * slope)


@dataclass(frozen=True, eq=False)
class WaterTableFromHeads:
    """Depth of the water table m of columns whose state is pressure head [..., layer, column] m.

    The mean over columns is of their water tables, not of their heads.
    """

    columns: Columns
    layers: np.ndarray
    error: ErrorModel = field(default_factory=lambda: ConstantError(0.1))
    variable: str = "matric_head"
    support: Support = Support()

    @property
    def inside(self) -> np.ndarray:
        """[observation] True where the model has columns for it."""
        return self.columns.inside

    def simulate(self, values: np.ndarray) -> np.ndarray:
        """[..., layer, column] m -> [..., observation] m below the ground."""
        return self.columns.mean(depth_from_heads(np.asarray(values, float), self.layers))
