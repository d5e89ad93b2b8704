"""Maps at display resolution: what a mean over display cells must keep."""

from __future__ import annotations

import base64

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose.grid.latlon import LatLonGrid
from vadose.report.maps import DisplayGrids, Reducer, display_grid, pack_maps
from vadose.report.pack import MISSING, numbers, pack_scores, pack_values, to_json


def irregular() -> LatLonGrid:
    """A grid whose cells cross the edges of whole degrees, as composite grids do."""
    lat = np.unique(np.concatenate([np.linspace(-90, 90, 193), np.linspace(-90, 90, 361)]).round(9))
    lon = np.unique(np.concatenate([np.linspace(-180, 180, 289), np.linspace(-180, 180, 721)]).round(9))
    bounds = [np.stack([e[:-1], e[1:]], axis=1) for e in (lat, lon)]
    return LatLonGrid(bounds[0].mean(axis=1), bounds[1].mean(axis=1), *bounds)


def test_means_keep_the_area_integral_and_constants() -> None:
    source = irregular()
    target = display_grid(source)
    assert target.shape == (180, 360)
    field = np.random.default_rng(1).normal(1.0, 0.3, source.shape).astype(np.float32)
    out = Reducer.between(source, target).mean({"rmse": field, "bias": np.full(source.shape, 0.25, np.float32)})
    assert (out["rmse"] * target.area).sum() == pytest.approx((field * source.area).sum(), rel=1e-5)
    np.testing.assert_allclose(out["bias"], 0.25, rtol=1e-5)


def test_missing_cells_do_not_count() -> None:
    source = irregular()
    field = np.where(source.lon[None] < 0, np.nan, 2.0) * np.ones((source.lat.size, 1))
    out = Reducer.between(source, display_grid(source)).mean({"bias": field})["bias"]
    assert np.isnan(out[:, :179]).all() and np.allclose(out[:, 181:], 2.0)


def test_months_average_around_the_year() -> None:
    source = irregular()
    month = np.where(np.arange(source.lon.size)[None] % 2 == 0, 12.0, 1.0) * np.ones((source.lat.size, 1))
    shift = np.where(np.arange(source.lon.size)[None] % 2 == 0, 5.5, -5.5) * np.ones((source.lat.size, 1))
    out = Reducer.between(source, display_grid(source)).mean({"model_phase": month, "phase_shift": shift})
    assert set(np.unique(out["model_phase"].round(3))) and (out["model_phase"] % 12 <= 1).mean() > 0.99
    assert out["model_phase"].min() >= 0.5 and out["model_phase"].max() <= 12.5
    assert (np.abs(out["phase_shift"]) >= 5.49).all()


def test_regional_and_coarse_grids_stay_as_they_are() -> None:
    coarse = LatLonGrid.regular(2.5)
    assert display_grid(coarse) is coarse
    island = LatLonGrid.from_centres(np.arange(18.0, 23, 0.1), np.arange(-161.0, -154, 0.1))
    assert display_grid(island) is island
    dense = LatLonGrid.from_centres(np.arange(18.0, 23, 0.01), np.arange(-161.0, -154, 0.01))
    assert display_grid(dense).size <= 45_000


def test_only_land_is_stored_and_comes_back() -> None:
    grid = LatLonGrid.regular(10.0)
    field = np.full(grid.shape, np.nan, np.float32)
    field[5, 7:20] = np.linspace(0.1, 0.4, 13)
    packed = pack_maps({"bias": field}, DisplayGrids([]), grid, Reducer.between(grid, grid))
    land = np.unpackbits(np.frombuffer(base64.b64decode(packed["land"]), np.uint8))[: grid.size].astype(bool)
    np.testing.assert_array_equal(land.reshape(grid.shape), np.isfinite(field))
    layer = packed["layers"]["bias"]
    whole = np.frombuffer(base64.b64decode(layer["data"]), "<u2")
    np.testing.assert_allclose(layer["min"] + whole / 65000 * (layer["max"] - layer["min"]), field[5, 7:20], atol=1e-5)


@given(st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(float("nan"))), min_size=1, max_size=50))
def test_packed_values_are_within_half_a_step(values: list[float]) -> None:
    array = np.array(values)
    packed = pack_values(array)
    whole = np.frombuffer(base64.b64decode(packed["data"]), "<u2")
    span = packed["max"] - packed["min"]
    np.testing.assert_array_equal(whole == MISSING, np.isnan(array))
    known = np.isfinite(array)
    np.testing.assert_allclose(packed["min"] + whole[known] / 65000 * span, array[known], atol=span / 65000 + 1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_packed_scores_are_good_to_five_digits(values: list[float]) -> None:
    whole = np.frombuffer(base64.b64decode(pack_scores(np.array(values))), "<u2")
    np.testing.assert_allclose(whole / 60000, values, atol=1e-5)


@given(st.text())
def test_json_is_ascii_without_markup_and_reads_back(text: str) -> None:
    import json

    packed = to_json({"name": text, "nothing": float("nan")})
    assert packed.isascii() and "<" not in packed
    assert json.loads(packed) == {"name": text, "nothing": None}


def test_numbers_keep_five_digits_and_write_none_for_missing() -> None:
    assert numbers(np.array([[0.123456789, np.nan], [3.0, -1e-9]])) == [[0.12346, None], [3, -1e-09]]
