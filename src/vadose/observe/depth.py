"""Means over a depth, and values at a depth: the vertical half of linear operators."""

from __future__ import annotations

import numpy as np

from vadose.errors import ConfigError, DataError
from vadose.grid.layers import covered, depth_weights
from vadose.observe.columns import Columns
from vadose.observe.error import ConstantError, ErrorModel
from vadose.observe.operator import LinearOperator, Support

SENSED = (0.0, 0.05)  # m, what an L-band radiometer sees; Entekhabi et al. (2010)


def depth_mean(
    columns: Columns, layers: np.ndarray, depth: tuple[float, float] = SENSED, error: ErrorModel | None = None,
    extent: float = 0.0,
) -> LinearOperator:  # fmt: skip
    """Soil moisture of a depth, m3 m-3: the mean of the layers by their exact overlap with it.

    layers  [layer, 2] m, top and bottom;  depth  (top, bottom) m
    error   0.04 m3 m-3 by default;  extent  m, width of what the columns stand for
    Raises DataError where the layers cover less than half of the depth.
    """
    top, bottom = depth
    if covered(layers, top, bottom) < 0.5 * (bottom - top):
        raise DataError(f"the soil layers reach {layers[-1, 1]:g} m, too shallow for {top:g}-{bottom:g} m")
    vertical = np.tile(depth_weights(layers, top, bottom, "volumetric"), (columns.size, 1))
    return LinearOperator("soil_moisture", columns, vertical, Support(depth, extent), error or ConstantError(0.04))


def probes(
    columns: Columns, layers: np.ndarray, depth: np.ndarray, how: str = "interpolated",
    error: ErrorModel | None = None, variable: str = "soil_moisture",
) -> LinearOperator:  # fmt: skip
    """What point sensors at depths report, m3 m-3 or K.

    depth  [observation] m
    how    "layer": of the layer that holds the sensor (of the upper one at an interface);
           "interpolated": linear between the centres of layers, constant above the first and below the last
    error  0.02 m3 m-3 by default, the accuracy that makers of dielectric probes state after calibration
    Raises DataError for a depth outside of the soil column, ConfigError for another `how`.
    """
    depth = np.broadcast_to(np.asarray(depth, float), (columns.size,))
    bottom = layers[-1, 1]
    bad = ~((depth >= 0) & (depth <= bottom))
    if bad.any():
        raise DataError(f"a probe at {depth[bad][0]:g} m lies outside of the soil layers, 0 to {bottom:g} m")
    size = layers.shape[0]
    if how == "layer":
        vertical = np.eye(size)[np.clip(np.searchsorted(layers[:, 1], depth), 0, size - 1)]
    elif how == "interpolated":
        centres = layers.mean(axis=1)
        vertical = np.stack([np.interp(depth, centres, one) for one in np.eye(size)], axis=1)
    else:
        raise ConfigError(f'`how` must be "layer" or "interpolated", got {how!r}')
    reach = Support((float(depth.min()), float(depth.max())) if depth.size else None)
    return LinearOperator(variable, columns, vertical, reach, error or ConstantError(0.02))
