"""Soil maps that cannot be used as they are: what is wrong is named, or the cells are masked and counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.data.soilmaps.files import write_netcdf

from vadose.data.soilmaps import SoilMap, SoilSource, read_soil_map
from vadose.errors import ConfigError, DataError, GridMismatch, UnitError
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid, Sites

LAT, LON = np.arange(10.25, 14.0, 0.5), np.arange(20.25, 26.0, 0.5)
CELLS = Cells.whole(LatLonGrid.from_centres(LAT, LON))


def read(folder: Path, sand: Any, clay: Any, units: str | None = "%", cells: Cells = CELLS, **options: Any) -> SoilMap:
    shape = (8, 12)
    variables = {"sand": np.broadcast_to(sand, shape), "clay": np.broadcast_to(clay, shape)}
    path = write_netcdf(folder / "map.nc", variables, LAT, LON, attributes={} if units is None else {"units": units})
    return read_soil_map(SoilSource(path=path, **options), cells)


def test_sand_and_clay_that_exceed_all_are_masked_and_rounding_is_scaled_back(tmp_path: Path) -> None:
    sand = np.full((8, 12), 60.0)
    sand[0, 0], sand[0, 1], sand[0, 2] = 90.0, 61.0, -5.0
    found = read(tmp_path, sand, 40.0)
    assert np.flatnonzero(found.problems["sand + clay > 100 %"]).tolist() == [0, 2]
    np.testing.assert_allclose(found.sand[1], 61.0 / 1.01, rtol=1e-6)
    assert np.nanmax(found.sand + found.clay) <= 100.0 + 1e-5


def test_codes_of_water_and_missing_values_are_no_soil(tmp_path: Path) -> None:
    sand, clay = np.full((8, 12), 60.0), np.full((8, 12), 20.0)
    sand[0, 0] = -9999.0
    sand[0, 1] = clay[0, 1] = 0.0
    sand[0, 2] = 1e20
    found = read(tmp_path, sand, clay)
    assert np.flatnonzero(found.problems["no value"]).tolist() == [0, 1, 2]


def test_fractions_percent_and_grams_are_told_apart(tmp_path: Path) -> None:
    np.testing.assert_allclose(read(tmp_path, 0.6, 0.2, "kg kg-1").sand, 60.0, rtol=1e-6)
    np.testing.assert_allclose(read(tmp_path, 0.6, 0.2, "1").sand, 60.0, rtol=1e-6)
    np.testing.assert_allclose(read(tmp_path, 600.0, 200.0, "g/kg").sand, 60.0, rtol=1e-6)
    with pytest.raises(UnitError, match="values are fractions"):
        read(tmp_path, 0.6, 0.2, "%")
    with pytest.raises(UnitError, match="no units; expected %"):
        read(tmp_path, 60.0, 20.0, None)
    with pytest.raises(UnitError, match="do not lead to %"):
        read(tmp_path, 60.0, 20.0, "m s-1")
    read_as = {"sand": "g kg-1", "clay": "g kg-1"}
    path = str(tmp_path / "map.nc")
    read(tmp_path, 600.0, 200.0, "g/kg")
    stated = read_soil_map(SoilSource(path=path, units=read_as), CELLS)
    np.testing.assert_allclose(stated.clay, 20.0, rtol=1e-6)


def test_units_that_are_stated_wrongly_are_seen_in_the_values(tmp_path: Path) -> None:
    with pytest.raises(UnitError, match="grams in a kilogram"):
        read(tmp_path, 600.0, 200.0, "%")
    with pytest.raises(UnitError, match="taken for fractions"):
        read(tmp_path, 60.0, 20.0, "1")


@pytest.mark.parametrize(
    "units", ["%", "% wt.", "% of weight", "percent", "percent weight", "percent by mass", "Percent"]
)
def test_percent_has_many_spellings(tmp_path: Path, units: str) -> None:
    np.testing.assert_allclose(read(tmp_path, 60.0, 20.0, units).sand, 60.0)


@pytest.mark.parametrize(("units", "value"), [("g/cm3", 1.3), ("kg/dm3", 1.3), ("kg m-3", 1300.0), ("cg cm-3", 130.0)])
def test_bulk_density_has_many_units(tmp_path: Path, units: str, value: float) -> None:
    density = write_netcdf(tmp_path / "d.nc", {"bd": np.full((8, 12), value)}, LAT, LON, attributes={"units": units})
    found = read(tmp_path, 60.0, 20.0, bulk_density=density)
    assert found.bulk_density is not None
    np.testing.assert_allclose(found.bulk_density, 1300.0, rtol=1e-6)


def test_organic_matter_becomes_carbon(tmp_path: Path) -> None:
    shape = np.ones((8, 12))
    variables = {"sand": 40 * shape, "clay": 20 * shape, "OM": 1.724 * shape}
    path = write_netcdf(tmp_path / "a.nc", variables, LAT, LON, attributes={"units": "%"})
    found = read_soil_map(SoilSource(path=path), CELLS)
    assert found.organic_carbon is not None
    np.testing.assert_allclose(found.organic_carbon, 1.0, rtol=1e-6)
    same = read_soil_map(SoilSource(path=path, organic="carbon"), CELLS)
    assert same.organic_carbon is not None
    np.testing.assert_allclose(same.organic_carbon, 1.724, rtol=1e-6)


def test_a_map_that_reaches_no_cell_says_which_extent_it_has(tmp_path: Path) -> None:
    far = Cells.whole(LatLonGrid.from_centres(np.arange(-40.0, -30.0), np.arange(100.0, 110.0)))
    with pytest.raises(GridMismatch, match=r"10 to 14 N, 20 to 26 E.*-40 to -31 N, 100 to 109 E"):
        read(tmp_path, 60.0, 20.0, cells=far)
    nowhere = Cells.whole(Sites(np.array([np.nan]), np.array([np.nan]), ("a",)))
    with pytest.raises(GridMismatch, match="state `location`"):
        read(tmp_path, 60.0, 20.0, cells=nowhere)


def test_cells_beyond_the_map_are_masked(tmp_path: Path) -> None:
    wide = Cells.whole(LatLonGrid.from_centres(np.arange(8.5, 14), np.arange(20.5, 26)))
    found = read(tmp_path, 60.0, 20.0, cells=wide)
    assert found.problems["outside the map"].sum() == 12 and np.isfinite(found.sand).sum() == 24


def test_grids_of_sand_and_clay_that_differ_are_refused(tmp_path: Path) -> None:
    sand = write_netcdf(tmp_path / "s.nc", {"sand": np.full((8, 12), 40.0)}, LAT, LON, attributes={"units": "%"})
    clay = write_netcdf(tmp_path / "c.nc", {"clay": np.full((8, 12), 20.0)}, LAT + 1, LON, attributes={"units": "%"})
    with pytest.raises(GridMismatch, match="different grids"):
        read_soil_map(SoilSource(sand=sand, clay=clay), CELLS)


def test_missing_files_and_variables_are_named(tmp_path: Path) -> None:
    path = write_netcdf(tmp_path / "a.nc", {"wet": np.full((8, 12), 40.0)}, LAT, LON)
    with pytest.raises(DataError, match="no sand and no clay .looked for sand, SAND"):
        read_soil_map(SoilSource(path=path), CELLS)
    with pytest.raises(DataError, match="matches no file"):
        read_soil_map(SoilSource(path=str(tmp_path / "none*.nc")), CELLS)
    whole = Path(path).read_bytes()
    Path(path).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match="truncated or corrupt"):
        read_soil_map(SoilSource(path=path), CELLS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs `path`"),
        ({"sand": "a.tif"}, "needs `path`, or both"),
        ({"values": {"organic_carbon": 2.0}}, "needs `path`"),
        ({"values": {"sand": 80.0, "clay": 30.0}}, "sum at most 100"),
        ({"values": {"sand": 80.0}}, "sand and clay both"),
        ({"path": "a", "depth": (0.3, 0.1)}, "0 <= top < bottom"),
        ({"path": "a", "units": {"silt": "%"}}, "`units` has silt"),
        ({"path": "a", "minimum_coverage": 2.0}, "between 0 and 1"),
        ({"path": "a", "product": "gsd"}, "must be one of auto, gsde"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        SoilSource(**options)


def test_layers_beyond_the_depth_are_named(tmp_path: Path) -> None:
    values = np.full((2, 8, 12), 30.0)
    variables = {"sand": values, "clay": values}
    path = write_netcdf(tmp_path / "a.nc", variables, LAT, LON, [10.0, 30.0], attributes={"units": "%"})
    with pytest.raises(DataError, match="no layer within `depth` = .1.0, 2.0. m; the files have 0-0.2 m"):
        read_soil_map(SoilSource(path=path, depth=(1.0, 2.0)), CELLS)
