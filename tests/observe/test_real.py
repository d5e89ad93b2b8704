"""A half orbit of SMAP on a mesh of 9 km: pixels are where their cells are, and refusals add up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import vadose
from vadose.grid import ease2
from vadose.grid.cells import Cells
from vadose.observe import (
    ErrorMap,
    boxes_of,
    depth_mean,
    frozen,
    out_of_domain,
    outside_range,
    pixel_columns,
    quality,
    screen,
)  # fmt: skip

ORBIT = "data/satellite/SMAP_L2_halforbits_20150811/SMAP_L2_SM_P_02801_A_20150811T013002_R18290_001.h5"
LAYERS = np.array([[0.0, 0.05], [0.05, 0.2]])


def test_pixels_see_their_own_cells(vadose_data: Path) -> None:
    daily = vadose.read_daily(vadose.DailySource(str(vadose_data / ORBIT), quality="all", overpass="pm"))
    there = np.isfinite(daily.values[0])
    lat, lon, observed = daily.cells.lat[there], daily.cells.lon[there], daily.values[0][there].astype(float)
    assert observed.size > 600
    # The 16 cells of 9 km in each pixel of 36 km hold its value; half of the domain is not modelled.
    row, column = ease2.row_column(36, lat, lon)
    part = np.arange(4)
    rows = (4 * row[:, None, None] + part[:, None]) + np.zeros((4, 4), np.int64)
    columns = (4 * column[:, None, None] + part) + np.zeros((4, 4), np.int64)
    index = ease2.cell_index(9, rows, columns).reshape(observed.size, 16)
    modelled = np.arange(observed.size) % 2 == 0
    order = np.argsort(index[modelled].ravel())
    cells = Cells(ease2.ease2(9), index[modelled].ravel()[order])
    field = np.repeat(observed[modelled], 16)[order]
    seen = pixel_columns(36, lat, lon, boxes_of(cells))
    assert seen.inside.tolist() == modelled.tolist()
    simulated = depth_mean(seen, LAYERS).simulate(np.stack([field, 0 * field]))
    assert simulated[modelled] == pytest.approx(observed[modelled], abs=1e-12)
    checks = {
        quality.DOMAIN: out_of_domain(seen),
        quality.RANGE: outside_range(observed, high=0.45),
        quality.FROZEN: frozen(np.where(np.abs(lat) > 60, 270.0, 290.0)),
    }
    found = screen(observed, checks)
    assert found.used + sum(found.counts.values()) == observed.size
    assert found.counts[quality.DOMAIN] == (~modelled).sum()


def test_the_error_field_of_smap_is_empty_here(vadose_data: Path) -> None:
    """So that all of it is replaced, and said to be."""
    from netCDF4 import Dataset

    with Dataset(vadose_data / ORBIT) as file:
        values = np.ma.filled(file["Soil_Moisture_Retrieval_Data/soil_moisture_error"][:].astype(float), np.nan)
    field = ErrorMap(values)
    assert field.replaced == values.size
    assert (field.standard_deviation(values) == 0.04).all()
