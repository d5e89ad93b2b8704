"""Fixtures of the data tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.data.files import write_netcdf


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    """Write a file in the temporary folder: `write("a.nc", values, ...)` gives its path."""

    def make(file: str, values: np.ndarray, *args: Any, **options: Any) -> str:
        return str(write_netcdf(tmp_path / file, np.asarray(values), *args, **options))

    return make


@pytest.fixture
def mass() -> np.ndarray:
    """Water of the top 0.1 m, kg m-2 [24 months, lat, lon]: every value is different, all are possible."""
    months, rows, columns = np.arange(24)[:, None, None], np.arange(4)[:, None], np.arange(6)
    return (10.0 + 5 * np.sin(months / 2) + rows + 0.1 * columns).astype("f4")
