"""Soil maps of the documented structures on cells and sites: layers, units, area means, coverage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.data.soilmaps.files import write_gsde, write_netcdf, write_smap

from vadose.data.soilmaps import SoilSource, read_soil_map
from vadose.data.soilmaps.resample import area_sums
from vadose.grid.cells import Cells
from vadose.grid.ease2 import cell_index, ease2
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.grid.regrid import apply_conservative, conservative

LAT, LON = np.arange(10.25, 14.0, 0.5), np.arange(20.25, 26.0, 0.5)  # 8 x 12 cells of half a degree


def whole(step: float = 1.0) -> Cells:
    """Cells of `step` degrees over the map."""
    lat = np.arange(10 + step / 2, 14, step)
    return Cells.whole(LatLonGrid.from_centres(lat, np.arange(20 + step / 2, 26, step)))


def test_gsde_layers_are_averaged_by_their_thickness(tmp_path: Path) -> None:
    write_gsde(tmp_path, LAT, LON)
    found = read_soil_map(SoilSource(path=str(tmp_path), depth=(0.0, 0.091)), whole(0.5))
    assert found.attrs["product"] == "gsde"
    np.testing.assert_allclose(found.sand[1:], (40 * 4.5 + 44 * 4.6) / 9.1)
    np.testing.assert_allclose(found.clay[1:], (20 * 4.5 + 24 * 4.6) / 9.1)
    assert found.organic_carbon is not None and found.bulk_density is not None
    np.testing.assert_allclose(found.organic_carbon[1:], (2.0 * 4.5 + 1.6 * 4.6) / 9.1)
    np.testing.assert_allclose(found.bulk_density[1:], 1300.0)
    assert np.isnan(found.sand[0]) and found.problems["no value"].tolist() == [True] + [False] * 95
    assert found.attrs["layers"]["sand"] == [[0.0, 0.045], [0.045, 0.091]]
    assert len(found.attrs["files"]) == 4


def test_gsde_layers_are_counted_where_the_depths_do_not_say_them(tmp_path: Path) -> None:
    write_gsde(tmp_path, LAT, LON, depth=[1.0, 2.0, 3.0, 4.0])
    for name in ("SAND", "CLAY"):
        (tmp_path / f"{name}2.nc").write_bytes((tmp_path / f"{name}1.nc").read_bytes())
    found = read_soil_map(SoilSource(path=str(tmp_path), depth=(0.166, 0.493)), whole(0.5))
    assert found.attrs["layers"]["sand"] == [[0.166, 0.289], [0.289, 0.493]]
    np.testing.assert_allclose(found.sand[1:], (52 * 0.123 + 40 * 0.204) / 0.327)


def test_a_part_of_a_layer_and_a_deep_one_are_taken_as_far_as_they_reach(tmp_path: Path) -> None:
    write_gsde(tmp_path, LAT, LON)
    found = read_soil_map(SoilSource(path=str(tmp_path), depth=(0.02, 0.05)), whole(0.5))
    np.testing.assert_allclose(found.sand[5], (40 * 2.5 + 44 * 0.5) / 3.0)


def test_hwsd_is_known_by_its_names_and_descending_latitudes_are_turned(tmp_path: Path) -> None:
    sand = np.arange(96.0).reshape(8, 12) / 4 + 20
    for name, values in (("T_SAND", sand), ("T_CLAY", sand / 2), ("T_OC", sand / 20)):
        attributes = {"_FillValue": np.float32(-1.0), "units": "% wt."}
        write_netcdf(tmp_path / f"{name}.nc4", {name: values[::-1]}, LAT[::-1], LON, attributes=attributes)
    write_netcdf(tmp_path / "T_BULK_DEN.nc4", {"T_BULK_DEN": sand * 0 + 1.4}, LAT, LON)
    found = read_soil_map(SoilSource(path=str(tmp_path)), whole(0.5))
    assert found.attrs["product"] == "hwsd" and found.bulk_density is not None
    np.testing.assert_allclose(found.sand, sand.ravel(), rtol=1e-6)
    np.testing.assert_allclose(found.bulk_density, 1400.0, rtol=1e-6)


def test_means_over_coarser_cells_are_those_of_the_conservative_weights(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    sand, clay = rng.uniform(10, 60, (8, 12)), rng.uniform(5, 40, (8, 12))
    sand[2, 3] = clay[5, 7] = np.nan
    path = write_netcdf(
        tmp_path / "map.nc", {"sand": sand, "clay": clay}, LAT, LON, attributes={"units": "percent"}, kind="f8"
    )
    cells = whole(0.8)
    found = read_soil_map(SoilSource(path=path, minimum_coverage=0.0), cells)
    both = np.isfinite(sand) & np.isfinite(clay)
    source = LatLonGrid.from_centres(LAT, LON)
    weights = conservative(source, cells.grid)  # type: ignore[arg-type]
    table = np.where(both.ravel()[:, None], np.stack([sand.ravel(), clay.ravel()], axis=1), np.nan)
    expected = apply_conservative(weights, table, np.arange(96), cells.grid, minimum=0.0).values  # type: ignore[arg-type]
    np.testing.assert_allclose(np.stack([found.sand, found.clay], axis=1), expected, rtol=1e-6)
    covered = np.asarray(weights @ both.ravel().astype(float)) / cells.area
    np.testing.assert_allclose(found.coverage, covered, rtol=1e-9)


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), step=st.sampled_from([0.25, 0.7, 1.0, 2.0]))
def test_means_never_leave_the_range_of_the_map_nor_add_to_more_than_all(seed: int, step: float) -> None:
    rng = np.random.default_rng(seed)
    sand = rng.uniform(0, 100, (8, 12))
    clay = rng.uniform(0, 1, (8, 12)) * (100 - sand)
    grid, cells = LatLonGrid.from_centres(LAT, LON), whole(step)
    (ones, x, y), part = area_sums(grid, cells, lambda r, c: [np.ones((8, 12))[r, c], sand[r, c], clay[r, c]])
    known = ones > 0
    assert np.all((x + y)[known] <= 100 * ones[known] * (1 + 1e-12))
    assert np.all((x / np.where(known, ones, 1))[known] >= sand.min() - 1e-9)
    np.testing.assert_allclose(ones, part * cells.area, rtol=1e-9)


def test_the_area_of_a_map_is_kept_on_an_equal_area_grid() -> None:
    grid = LatLonGrid.regular(2.0)
    (sums,), _ = area_sums(grid, Cells.whole(ease2(36)), lambda r, c: [np.ones(grid.shape)[r, c]])
    target = ease2(36)
    np.testing.assert_allclose(sums.sum(), target.area.sum(), rtol=1e-9)


def test_cells_across_the_date_line_take_both_sides(tmp_path: Path) -> None:
    lon = np.arange(-179.5, 180, 1.0)
    sand = np.broadcast_to(np.where(lon < 0, 30.0, 50.0), (4, 360))
    variables = {"sand": sand, "clay": sand / 2}
    path = write_netcdf(tmp_path / "a.nc", variables, np.arange(0.5, 4), lon % 360, attributes={"units": "%"})
    grid = LatLonGrid(np.array([2.0]), np.array([-180.0]), np.array([[0.0, 4.0]]), np.array([[-181.0, -179.0]]))
    # A file from 0 to 360 is written with its columns as they stand: sort them first.
    order = np.argsort(lon % 360)
    path = write_netcdf(
        tmp_path / "b.nc", {k: v[:, order] for k, v in variables.items()}, np.arange(0.5, 4), (lon % 360)[order],
        attributes={"units": "%"},
    )  # fmt: skip
    found = read_soil_map(SoilSource(path=path), Cells.whole(grid))
    np.testing.assert_allclose(found.sand, 40.0, rtol=1e-6)


def test_sites_take_the_cell_that_holds_them(tmp_path: Path) -> None:
    sand = np.arange(96.0).reshape(8, 12) / 4 + 20
    path = write_netcdf(tmp_path / "a.nc", {"sand": sand, "clay": sand / 2}, LAT, LON, attributes={"units": "%"})
    sites = Sites(np.array([10.1, 13.9, 60.0, np.nan]), np.array([20.4, 25.6, 0.0, np.nan]), ("a", "b", "c", "d"))
    found = read_soil_map(SoilSource(path=path), Cells.whole(sites))
    np.testing.assert_allclose(found.sand, [sand[0, 0], sand[7, 11], np.nan, np.nan])
    assert found.problems["outside the map"].tolist() == [False, False, True, True]
    assert found.coverage.tolist() == [1.0, 1.0, 0.0, 0.0]


def test_a_cell_that_the_map_covers_too_little_is_masked_and_counted(tmp_path: Path) -> None:
    sand = np.full((8, 12), 40.0)
    sand[0, 1] = sand[1, 0] = sand[1, 1] = np.nan
    path = write_netcdf(tmp_path / "a.nc", {"sand": sand, "clay": sand}, LAT, LON, attributes={"units": "%"})
    quarter = read_soil_map(SoilSource(path=path, minimum_coverage=0.2), whole(1.0))
    np.testing.assert_allclose([quarter.sand[0], quarter.coverage[0]], [40.0, 0.25], rtol=1e-2)
    half = read_soil_map(SoilSource(path=path, minimum_coverage=0.5), whole(1.0))
    assert np.isnan(half.sand[0]) and half.problems["partly covered"].sum() == 1


def test_a_measured_soil_may_stand_in_the_study() -> None:
    sites = Cells.whole(Sites(np.array([47.1]), np.array([11.3]), ("Neustift",)))
    found = read_soil_map(SoilSource(values={"sand": 44.7, "clay": 1.1, "organic_carbon": 3.8}), sites)
    assert (found.sand[0], found.clay[0], found.bulk_density, found.problems) == (44.7, 1.1, None, {})


def test_what_a_map_lacks_may_stand_in_the_study(tmp_path: Path) -> None:
    variables = {"sand": np.full((8, 12), 40.0), "clay": np.full((8, 12), 20.0)}
    path = write_netcdf(tmp_path / "a.nc", variables, LAT, LON, attributes={"units": "%"})
    found = read_soil_map(SoilSource(path=path, values={"organic_carbon": 1.5}), whole(1.0))
    assert found.organic_carbon is not None
    np.testing.assert_allclose(found.organic_carbon, 1.5)


def test_smap_half_orbits_are_a_soil_map_on_their_own_grid(tmp_path: Path) -> None:
    for name, sand in (("SMAP_L2_SM_P_1.h5", [0.4, -9999.0]), ("SMAP_L2_SM_P_2.h5", [0.5, 0.3])):
        write_smap(
            tmp_path / name, [100, 101], [200, 201], sand_fraction=sand, clay_fraction=[0.2, 0.1],
            organic_content=[20.0, 30.0], bulk_density=[1.2, 1.3],
        )  # fmt: skip
    found = read_soil_map(SoilSource(path=str(tmp_path)), Cells.whole(ease2(36)))
    at = cell_index(36, np.array([100, 101]), np.array([200, 201]))
    np.testing.assert_allclose(found.sand[at], [45.0, 30.0], rtol=1e-6)
    assert found.organic_carbon is not None and found.bulk_density is not None
    np.testing.assert_allclose(found.organic_carbon[at], [2.0, 3.0], rtol=1e-6)
    np.testing.assert_allclose(found.bulk_density[at], [1200.0, 1300.0], rtol=1e-6)
    assert np.isfinite(found.sand).sum() == 2 and len(found.attrs["files"]) == 2


def test_real_half_orbits_give_soils_that_are_possible(vadose_data: Path) -> None:
    folder = vadose_data / "data/satellite/SMAP_L2_halforbits_20150811"
    if not folder.is_dir():
        pytest.skip("the half orbits are not here")
    found = read_soil_map(SoilSource(path=str(folder)), Cells.whole(ease2(36)))
    known = np.isfinite(found.sand)
    assert 2000 < known.sum() <= 1645 + 1183  # pixels with sand in the two files, less those in both
    assert found.sand[known].min() > 5 and (found.sand + found.clay)[known].max() <= 100
