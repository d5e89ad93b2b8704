"""Soil layers: where a layered quantity lies below the ground, and its mean over any depth.

Source: Massoud et al. (2026) eq. 1; Qiao et al. (2022) section 2a.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from vadose.constants import RHO_WATER
from vadose.errors import ConfigError, DataError, UnitError

TOLERANCE = 1e-3  # m, rounding that producers leave between the bottom of a layer and the top of the next
_STATE = "state the layers of the source (`layers = [[0.0, 0.1], ...]`)"
DEEPEST = 60.0  # m, no land surface model has a deeper soil column (CLM5, the deepest of CMIP6, ends at 49.6 m)
_METRES = {
    "m": 1.0, "metre": 1.0, "meter": 1.0, "metres": 1.0, "meters": 1.0,
    "dm": 0.1,
    "cm": 0.01, "centimetre": 0.01, "centimeter": 0.01, "centimetres": 0.01, "centimeters": 0.01,
    "mm": 0.001, "millimetre": 0.001, "millimeter": 0.001, "millimetres": 0.001, "millimeters": 0.001,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class SoilLayers:
    """The layers of a soil column, from the surface down.

    bounds   [layer, 2] m, top and bottom, positive downward; each layer begins where the one above ends
    order    [layer] index of each layer in the file: `x[order]` runs from the surface down
    inferred True where the bounds were derived from layer centres
    """

    bounds: np.ndarray
    order: np.ndarray
    inferred: bool = False

    @classmethod
    def from_bounds(cls, bounds: np.ndarray, units: str | None = "m", *, surface: bool = True) -> SoilLayers:
        """Layers from their bounds as a file states them.

        bounds  [layer, 2] or interfaces [layer + 1], in `units`, in either order, positive down or up
        units   "m", "cm", "mm" or a spelling of them
        surface False allows a column that begins below the ground (a single deep layer of a product)
        Raises UnitError for an unknown unit or an implausible depth, DataError for gaps, overlaps or empty layers.
        """
        raw = _plain(bounds)
        if raw.ndim == 1 and raw.size > 1:
            raw = np.stack([raw[:-1], raw[1:]], axis=1)
        if raw.ndim != 2 or raw.shape[1] != 2 or not raw.size:
            raise DataError(f"layer bounds must be [layer, 2] or interfaces [layer + 1], got shape {raw.shape}")
        metres = np.sort(_downward(_to_metres(raw, units)), axis=1)
        order = np.argsort(metres.mean(axis=1), kind="stable")
        metres = metres[order]
        _check(metres, order, surface)
        metres[1:, 0] = metres[:-1, 1]
        if surface:
            metres[0, 0] = 0.0
        return cls(metres, order)

    @classmethod
    def from_centres(cls, centres: np.ndarray, units: str | None = "m") -> SoilLayers:
        """Layers from the depths of their centres: interfaces half way, the first top at the surface.

        centres [layer] in `units`; the last layer ends as far below its centre as it begins above it
        Warns, because half way is a guess wherever the layers thicken with depth.
        """
        raw = _plain(centres).ravel()
        if not raw.size:
            raise DataError(f"layer centres are empty; {_STATE}")
        depth = _downward(_to_metres(raw, units))
        order = np.argsort(depth, kind="stable")
        depth = depth[order]
        if depth[0] <= 0 or np.any(np.diff(depth) <= 0):
            raise DataError(f"layer centres must be distinct and below the surface, got {_text(depth)} m; {_STATE}")
        inner = 0.5 * (depth[1:] + depth[:-1])
        last = 2 * depth[-1] - (inner[-1] if inner.size else 0.0)
        edges = np.concatenate([[0.0], inner, [last]])
        warnings.warn(
            f"layer bounds are missing; taken half way between the centres, from 0 to {last:.4g} m: {_text(edges)} m",
            stacklevel=2,
        )
        return cls(np.stack([edges[:-1], edges[1:]], axis=1), order, inferred=True)

    @property
    def size(self) -> int:
        return self.bounds.shape[0]

    @property
    def thickness(self) -> np.ndarray:
        """Layer thickness [layer] m."""
        return self.bounds[:, 1] - self.bounds[:, 0]

    @property
    def bottom(self) -> float:
        """Depth of the bottom of the column, m."""
        return float(self.bounds[-1, 1])


def overlap(bounds: np.ndarray, top: float, bottom: float) -> np.ndarray:
    """Thickness of each layer inside [top, bottom].

    o_i = max(0, min(bottom, b_i) - max(top, t_i))

    bounds [layer, 2] m; top, bottom m below the surface
    Returns [layer] m. Raises ConfigError unless 0 <= top < bottom.
    Source: Massoud et al. (2026) eq. 1
    """
    if not 0 <= top < bottom:
        raise ConfigError(f"`depth` must be [top, bottom] with 0 <= top < bottom in m, got [{top}, {bottom}]")
    return np.clip(np.minimum(bounds[:, 1], bottom) - np.maximum(bounds[:, 0], top), 0.0, None)


def covered(bounds: np.ndarray, top: float, bottom: float) -> float:
    """Depth in m of [top, bottom] that the layers cover; less than bottom - top in a shallow column."""
    return float(overlap(bounds, top, bottom).sum())


def depth_weights(bounds: np.ndarray, top: float, bottom: float, kind: str) -> np.ndarray:
    """Weights that turn the layers of a column into the volumetric water content of [top, bottom].

    theta = sum_i w_i x_i;  w_i = o_i / (rho_w dz_i D) for mass, o_i / D for volumetric;  D = sum_i o_i

    bounds [layer, 2] m; top, bottom m
    kind   "mass" where x is kg m-2 in a layer, "volumetric" where x is m3 m-3
    Returns [layer]. The water of the depth in kg m-2 is rho_w D theta.
    Raises DataError where no layer reaches the depth.
    Source: Massoud et al. (2026) eq. 1; Qiao et al. (2022) section 2a
    """
    if kind not in ("mass", "volumetric"):
        raise ConfigError(f'`kind` of layer values must be "mass" or "volumetric", got {kind!r}')
    inside = overlap(bounds, top, bottom)
    depth = inside.sum()
    if depth <= 0:
        raise DataError(
            f"no layer lies within {top:g}-{bottom:g} m: the layers span "
            f"{bounds[0, 0]:g}-{bounds[-1, 1]:g} m; choose a depth inside them"
        )
    if kind == "volumetric":
        return inside / depth
    return inside / (RHO_WATER * (bounds[:, 1] - bounds[:, 0]) * depth)


def _plain(x: np.ndarray) -> np.ndarray:
    """As float64, NaN where masked."""
    filled: np.ndarray = np.ma.filled(np.ma.asarray(x, dtype=float), np.nan)
    return filled


def _to_metres(depth: np.ndarray, units: str | None) -> np.ndarray:
    factor = _METRES.get((units or "m").strip().lower())
    if factor is None:
        raise UnitError(f"layer depths are in {units!r}; expected m, cm or mm: state `layers` of the source in m")
    metres = depth * factor
    if not np.all(np.isfinite(metres)):
        raise DataError(
            f"layer depths hold missing values: {_text(depth)}; state the layers (`layers = [[0.0, 0.1], ...]`)"
        )
    deepest = np.abs(metres).max()
    if deepest > DEEPEST:
        guess = "cm" if deepest / 100 <= DEEPEST else "mm"
        raise UnitError(
            f"layer depths in {units or 'm'!r} reach {deepest:.4g} m, deeper than any soil column ({DEEPEST:g} m); "
            f"they are probably in {guess}: state `layers` of the source in m"
        )
    return metres


def _downward(depth: np.ndarray) -> np.ndarray:
    """Depths counted upward (0, -0.1, ...) as positive numbers."""
    if depth.min() < -TOLERANCE and depth.max() <= TOLERANCE:
        return -depth
    return depth


def _check(bounds: np.ndarray, order: np.ndarray, surface: bool) -> None:
    remedy = f"correct the depth bounds of the file or {_STATE}"

    def layer(i: int) -> str:
        return f"layer {order[i] + 1} ({bounds[i, 0]:.4g}-{bounds[i, 1]:.4g} m)"

    for i in np.flatnonzero(bounds[:, 1] - bounds[:, 0] <= 0).tolist():
        raise DataError(f"{layer(i)} has no thickness; {remedy}")
    if surface and abs(bounds[0, 0]) > TOLERANCE:
        raise DataError(f"the column must begin at the surface, but {layer(0)} is the first; {remedy}")
    if bounds[0, 0] < -TOLERANCE:
        raise DataError(f"{layer(0)} begins above the surface; {remedy}")
    step = bounds[1:, 0] - bounds[:-1, 1]
    for i in np.flatnonzero(np.abs(step) > TOLERANCE).tolist():
        what = "a gap lies between" if step[i] > 0 else "there is an overlap of"
        raise DataError(f"{what} {layer(i)} and {layer(i + 1)}; {remedy}")


def _text(x: np.ndarray) -> str:
    return "[" + ", ".join(f"{v:.4g}" for v in np.ravel(x)) + "]"
