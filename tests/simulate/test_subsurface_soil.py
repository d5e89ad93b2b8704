"""The layers below the land's: the soil above them, numbers, or a file by depth, in its units and from the top."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.simulate.subsurface_studies import (
    COLUMNS,
    LAYERS,
    ROWS,
    active,
    cells,
    coordinates,
    planned,
    tables,
    write_map,
)

from vadose.errors import ConfigError, DataError, GridMismatch, RangeError, UnitError, VadoseError
from vadose.simulate.subsurface_soil import deep_fields, deep_soil
from vadose.soil import Brunswick, VanGenuchten

SHAPE = (len(LAYERS), ROWS, COLUMNS)


def soil(columns: int = 19) -> VanGenuchten:
    """Two layers; the lower one differs between columns."""
    one = np.ones((2, columns))
    lower = np.linspace(0.4, 0.5, columns)
    return VanGenuchten(
        0.05 * one, np.stack([one[0] * 0.45, lower]), 2.0 * one, 1.5 * one, np.stack([one[0], lower]) * 1e-6
    )


def by_depth() -> np.ndarray:
    """K_s that differs in each cell, m s-1, [layer, y, x]."""
    return 1e-6 * (1.0 + np.arange(np.prod(SHAPE)).reshape(SHAPE))


def test_the_lowest_land_layer_goes_on() -> None:
    deep = deep_soil(tables(), soil(), cells())
    assert deep.theta_s.shape == (3, 19)
    assert (deep.theta_s == soil().theta_s[1]).all() and (deep.K_s == soil().K_s[1]).all()


def test_numbers_take_the_place_of_its_conductivity_and_porosity() -> None:
    deep = deep_soil(tables(K_s=1e-4, porosity=0.3), soil(), cells())
    assert (deep.K_s == 1e-4).all() and (deep.theta_s == 0.3).all() and (deep.n == 1.5).all()


def test_a_file_is_read_from_the_top_by_the_nearest_cell(tmp_path: Path) -> None:
    values = by_depth()
    path = write_map(tmp_path / "soil.nc", "m s-1", K_s=values)
    deep = deep_soil(tables(soil_file=path, porosity=0.3), soil(), cells())
    assert np.array_equal(deep.K_s, values[:, active()]) and (deep.theta_s == 0.3).all()


def test_a_file_may_fall_southward_and_state_other_units(tmp_path: Path) -> None:
    values = by_depth()
    held = {
        "K_s": (("depth", "lat", "lon"), values * 8.64e6, {"units": "cm/d"}),
        "porosity": (("lat", "lon"), np.full(SHAPE[1:], 30.0), {"units": "%"}),
    }
    axes = coordinates() | {"depth": ("depth", [2.5, 3.5, 6.0], {"units": "m", "positive": "down"})}
    xr.Dataset(held, axes).isel(lat=slice(None, None, -1)).to_netcdf(tmp_path / "soil.nc")
    found = deep_fields(str(tmp_path / "soil.nc"), 3, cells())
    assert found["K_s"] == pytest.approx(values[:, active()], rel=1e-12)
    assert found["porosity"] == pytest.approx(np.full((3, 19), 0.3))


@pytest.mark.parametrize(
    ("axis", "positive"), [([6.0, 3.5, 2.5], "down"), ([-6.0, -3.5, -2.5], "up"), ([0.0, 1.0, 2.0], "up")]
)
def test_layers_from_the_bottom_are_refused(axis: list[float], positive: str, tmp_path: Path) -> None:
    held = {"K_s": (("depth", "lat", "lon"), by_depth(), {"units": "m s-1"})}
    axes = coordinates() | {"depth": ("depth", axis, {"units": "m", "positive": positive})}
    xr.Dataset(held, axes).to_netcdf(tmp_path / "soil.nc")
    with pytest.raises(GridMismatch, match="its layers begin at the bottom by the axis 'depth'"):
        deep_fields(str(tmp_path / "soil.nc"), 3, cells())


@pytest.mark.parametrize(
    ("units", "change", "said"),
    [
        ("", {}, "units ''; expected one of 'm s-1', 'm h-1'"),
        ("furlong d-1", {}, "units 'furlong d-1'"),
        ("m s-1", {(1, 2, 3): np.nan}, r"K_s is missing in 1 cells, the first in layer 2 from the top at 50.80"),
        ("m s-1", {(0, 1, 1): 0.0}, r"K_s is not 1e-14 to 0.1 m s-1 in 1 cells.*got 0"),
        ("m s-1", {(0, 1, 1): -9.0}, r"K_s is not 1e-14 to 0.1 m s-1"),
        ("m s-1", {(2, 1, 1): 36.0}, r"in layer 3 from the top.*got 36; correct the map or its `units`"),
    ],
)
def test_conductivities_that_cannot_be(units: str, change: dict[Any, float], said: str, tmp_path: Path) -> None:
    values = by_depth()
    for place, value in change.items():
        values[place] = value
    path = write_map(tmp_path / "soil.nc", units, K_s=values)
    with pytest.raises((DataError, UnitError, RangeError), match=said):
        deep_fields(path, 3, cells())


def test_files_that_do_not_fit(tmp_path: Path) -> None:
    path = write_map(tmp_path / "soil.nc", "m s-1", K_s=by_depth())
    with pytest.raises(GridMismatch, match="has 3 layers along 'layer', expected 2"):
        deep_fields(path, 2, cells())
    with pytest.raises(ConfigError, match="`K_s` is stated and in"):
        deep_soil(tables(soil_file=path, K_s=1e-5), soil(), cells())
    other = write_map(tmp_path / "other.nc", "m s-1", conductivity=by_depth())
    with pytest.raises(DataError, match="neither K_s nor porosity; it holds"):
        deep_fields(other, 3, cells())
    points = tmp_path / "points.nc"
    where = {"lat": ("site", [50.8], {"units": "degrees_north"}), "lon": ("site", [6.4], {"units": "degrees_east"})}
    xr.Dataset({"K_s": (("site",), [1e-5], {"units": "m s-1"})}, where).to_netcdf(points)
    with pytest.raises(VadoseError, match="points.nc"):
        deep_fields(str(points), 3, cells())


def test_porosity_below_the_residual_water(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"`porosity` = 0.04 must be above the residual water .*0.05 m3 m-3"):
        deep_soil(tables(porosity=0.04), soil(), cells())
    path = write_map(tmp_path / "soil.nc", "1", porosity=np.full(SHAPE, 0.01))
    with pytest.raises(ConfigError, match=r"soil.nc: `porosity` = 0.01"):
        deep_soil(tables(soil_file=path), soil(), cells())


def test_a_closure_without_a_conductivity_of_its_own() -> None:
    one = np.ones((2, 19))
    pores = Brunswick(0.3 * one, 0.1 * one, 2.0 * one, 1.5 * one, 1e-6 * one, 1e-9 * one)
    with pytest.raises(ConfigError, match="the closure Brunswick has no K_s and theta_s of its own"):
        deep_soil(tables(), pores, cells())


def test_the_file_is_an_input_of_the_study(tmp_path: Path) -> None:
    from vadose.simulate.study import located

    study = planned(
        subsurface={"layers": [1.0], "slope_y": -0.01, "soil_file": "soil.nc"}, study={"root": str(tmp_path)}
    )
    assert located(study, tmp_path).subsurface.soil_file == str(tmp_path / "soil.nc")
