"""Where water moves in three dimensions: columns of layers under a surface with slopes, [z, y, x] from the top."""

from __future__ import annotations

import numpy as np

from vadose.arrays import Array, pytree, static
from vadose.errors import GridMismatch, RangeError

GRAVITY_FORMS = ("mean", "upwind sine", "upwind")


@pytree
class SubsurfaceGrid:
    """Cells of dx by dy m in `thickness` layers; layer 0 lies at the surface.

    thickness           [z, 1, 1] or [z, y, x] m, from the top
    slope_x, slope_y    [y, x] 1, of the surface, positive where it rises toward +x, +y
    dx, dy              m
    active              [z, y, x] bool, or None: all; an active column is active at the surface
    terrain_following   the layers follow the surface; else they are level and slopes move overland water only
    gravity             how the slopes of two cells act between them: "mean" of their angles, the first cell's
                        ("upwind sine"), or its slope without angles ("upwind")
    Source: Maxwell (2013) for the terrain-following form
    """

    thickness: Array
    slope_x: Array
    slope_y: Array
    dx: Array
    dy: Array
    active: Array | None = None
    terrain_following: bool = static(True)
    gravity: str = static("mean")

    def __post_init__(self) -> None:
        thickness, shape = np.asarray(self.thickness), np.shape(self.slope_x)
        for name in ("dx", "dy"):
            if not np.all(np.asarray(getattr(self, name)) > 0.0):
                raise RangeError(f"{name} must be > 0 m, got {getattr(self, name)}")
        if thickness.ndim != 3:
            raise GridMismatch(f"thickness must be [z, 1, 1] or [z, y, x] m, got shape {thickness.shape}")
        if len(shape) != 2 or np.shape(self.slope_y) != shape:
            raise GridMismatch(
                f"slope_x and slope_y must be [y, x] of one shape, got {shape} and {np.shape(self.slope_y)}"
            )
        if thickness.shape[1:] not in ((1, 1), shape):
            raise GridMismatch(f"thickness is {thickness.shape}, expected {(thickness.shape[0], *shape)} as the slopes")
        bad = np.argwhere(~(thickness > 0.0))
        if bad.size:
            layer = int(bad[0][0])
            value = thickness[tuple(bad[0])]
            raise RangeError(f"thickness of layer {layer} (from the top) must be > 0 m, got {value:g}")
        for name in ("slope_x", "slope_y"):
            if not np.all(np.isfinite(np.asarray(getattr(self, name)))):
                raise RangeError(f"{name} has missing values; fill the elevation map before slopes are taken")
        if self.gravity not in GRAVITY_FORMS:
            raise RangeError(f"gravity must be one of {', '.join(GRAVITY_FORMS)}, got {self.gravity!r}")
        if self.active is not None:
            self._check_active(np.asarray(self.active))

    def _check_active(self, active: np.ndarray) -> None:
        if active.shape != self.shape:
            raise GridMismatch(f"active is {active.shape}, expected {self.shape} [z, y, x], z from the top")
        hidden = np.argwhere(active.any(axis=0) & ~active[0])
        if len(hidden):
            y, x = (int(i) for i in hidden[0])
            raise GridMismatch(
                f"column y={y}, x={x} is active below the surface but not at it ({len(hidden)} such columns); "
                "layers count from the top of each column: give thinner layers instead, or check the order of z"
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Cells as (z, y, x)."""
        return (np.shape(self.thickness)[0], *np.shape(self.slope_x))

    @property
    def area(self) -> Array:
        """Horizontal area of a cell, m2."""
        return self.dx * self.dy
