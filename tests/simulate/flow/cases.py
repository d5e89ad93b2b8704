"""A slope of 6 x 5 columns with four layers: what the tests of flow runs share, small and of one shape."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

LAYERS = [0.1, 0.3, 0.6, 1.0]
NY, NX = 6, 5
SHAPE = (len(LAYERS), NY, NX)
SIZE = 50.0  # m
AREA = SIZE * SIZE * NY * NX  # m2


def study(**tables: Any) -> dict[str, Any]:
    """48 h of a slope toward the south with a storm, a pumped well and a drain; `tables` go over it key by key."""
    made: dict[str, Any] = {
        "study": {"title": "Slope"},
        "domain": {"dx": SIZE, "dy": SIZE, "layers": LAYERS, "cells": [NY, NX], "slope_x": 0.0, "slope_y": 0.02},
        "soil": {"K_s": 0.01, "K_unit": "m h-1", "porosity": 0.4, "theta_r": 0.05, "alpha": 3.0, "n": 1.8},
        "surface": {"manning": 0.05},
        "rain": [{"rate": 30.0, "first": 3.0, "last": 9.0}, {"rate": -0.2}],
        "initial": {"water_table": 0.8},
        "period": {"start": "2026-05-01", "hours": 48.0, "step": 3600.0},
        "output": {"every": 6.0},
        "wells": [{"name": "Pump", "y": 2, "x": 2, "layers": [2, 3], "flow": -1e-4}],
        "drains": [{"name": "Ditch", "y": 4, "x": 1, "layers": [1, 1], "conductance": 1e-5}],
    }
    for name, value in tables.items():
        if isinstance(value, Mapping) and isinstance(made.get(name), Mapping):
            made[name] = {k: v for k, v in {**made[name], **value}.items() if v is not None}
        elif value is None:
            del made[name]
        else:
            made[name] = value
    return made


def write_slopes(path: Path, slope_x: Any = 0.0, slope_y: Any = 0.02, **more: Any) -> str:
    """A file of slopes [y, x] and what else is given as name=(dims, values) or name=(dims, values, attributes)."""
    plane = np.ones((NY, NX))
    data = {"slope_x": (("y", "x"), slope_x * plane), "slope_y": (("y", "x"), slope_y * plane), **more}
    xr.Dataset(data).to_netcdf(path)
    return str(path)


def sloped(path: str, **more: Any) -> dict[str, Any]:
    """A [domain] whose slopes are those of a file."""
    return {"cells": None, "slope_x": None, "slope_y": None, "slopes": path, **more}
