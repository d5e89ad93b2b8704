"""A small model with the Basic Model Interface that is not ours: linear buckets in a row, for tests of the ensemble."""

from __future__ import annotations

from typing import Any

import numpy as np

WATER, OUTFLOW = "bucket_water__depth", "bucket_outflow__depth_rate"


class Bucket:
    """w <- a w + rain per step of 1 h in each of several places; outflow = (1 - a) w. Units m; time in h.

    step_error raises at that step; top  most water that set_value lets stand; frozen  set_value does nothing
    """

    def __init__(self, water: Any, rain: float = 0.1, keep: float = 0.8, **oddities: Any) -> None:
        self.water, self.rain, self.keep = np.array(water, float), rain, keep
        self.hours = 0.0
        self.odd = oddities

    def update_until(self, time: float) -> None:
        while self.hours < time - 1e-9:
            if self.odd.get("step_error") == self.hours:
                raise FloatingPointError("the bucket leaks")
            self.water = self.keep * self.water + self.rain
            self.hours += self.odd.get("step", 1.0)

    def get_value(self, name: str, dest: Any) -> Any:
        dest[:] = self.water if name == WATER else (1.0 - self.keep) * self.water
        return dest

    def set_value(self, name: str, src: Any) -> None:
        if name != WATER or self.odd.get("closed"):
            raise NotImplementedError(f"{name} is not to be set")
        if not self.odd.get("frozen"):
            self.water = np.minimum(np.array(src, float), self.odd.get("top", np.inf))

    def get_input_var_names(self) -> tuple[str, ...]:
        return (WATER,)

    def get_output_var_names(self) -> tuple[str, ...]:
        return (WATER, OUTFLOW)

    def get_var_type(self, name: str) -> str:
        return str(self.odd.get("type", "double"))

    def get_var_itemsize(self, name: str) -> int:
        return 8

    def get_var_nbytes(self, name: str) -> int:
        return 8 * self.water.size

    def get_var_units(self, name: str) -> str:
        return str(self.odd.get("units", "m"))

    def get_var_grid(self, name: str) -> int:
        return 0

    def get_var_location(self, name: str) -> str:
        return "node"

    def get_current_time(self) -> float:
        return self.hours

    def get_time_units(self) -> str:
        return str(self.odd.get("clock", "h"))

    def get_grid_type(self, grid: int) -> str:
        return str(self.odd.get("grid", "uniform_rectilinear"))

    def get_grid_rank(self, grid: int) -> int:
        return 1

    def get_grid_size(self, grid: int) -> int:
        return self.water.size

    def get_grid_shape(self, grid: int, shape: Any) -> Any:
        shape[:] = self.water.size
        return shape

    def get_grid_spacing(self, grid: int, spacing: Any) -> Any:
        spacing[:] = 2.0
        return spacing

    def get_grid_origin(self, grid: int, origin: Any) -> Any:
        origin[:] = 10.0
        return origin
