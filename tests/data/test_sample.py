"""The embedded sample: right in form, repeatable, small, and meaningful as a world."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from netCDF4 import Dataset

from vadose.benchmark.study import read_study
from vadose.data.sample import MODELS, write_sample
from vadose.data.sample_world import Land, World, _mean_decay, sphere_field
from vadose.grid.latlon import LatLonGrid

SMALL = (2000, 2001)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("archive"), years=SMALL).parent


@pytest.fixture(scope="module")
def world() -> World:
    grid = LatLonGrid.regular(15.0)
    return World.of_cells(grid, np.arange(grid.size), 7)


def only(folder: Path, pattern: str) -> Dataset:
    found = sorted(folder.glob(pattern))
    assert len(found) == 1, found
    return Dataset(found[0])


def test_the_study_reads_and_its_files_exist(archive: Path) -> None:
    study, root = read_study(archive / "study.toml")
    assert study.study.period == SMALL
    assert [m.name for m in study.models] == [m.name for m in MODELS]
    assert len({m.family for m in study.models}) == 5
    assert sum(m.parent == "Alder" for m in study.models) == 2
    for source in (*study.models, *study.references):
        assert list(root.glob(str(source.path))), source


def test_no_name_is_that_of_a_real_model() -> None:
    real = {"CESM2", "CanESM5", "UKESM1", "MPI-ESM", "IPSL", "ACCESS", "MIROC", "NorESM", "GFDL", "CNRM", "EC-Earth"}
    assert not [m.name for m in MODELS if any(r.lower() in m.name.lower() for r in real)]


def test_files_have_the_forms_that_a_reader_must_survive(archive: Path) -> None:
    calendars, east, centimetres = set(), set(), set()
    for model in MODELS:
        for path in (archive / "models" / model.name).rglob("mrsol_*.nc"):
            with Dataset(path) as file:
                calendars.add(file["time"].calendar)
                east.add(bool(file["lon"][:].max() > 180))
                centimetres.add(file["depth"].units)
    assert {"noleap", "360_day", "standard", "proleptic_gregorian"} <= calendars
    assert east == {True, False} and centimetres == {"m", "cm"}
    assert len(list((archive / "models" / "Birch-ESM").rglob("mrsol_*.nc"))) == 2
    assert {p.parent.name for p in (archive / "models" / "Alder-LM").rglob("mrsol_*.nc")} == {"r1i1p1f1", "r2i1p1f1"}
    assert not list((archive / "models" / "Gorse-ES").rglob("gpp_*.nc"))
    with Dataset(archive / "references" / "lantern_sm.nc") as lantern:
        assert lantern["lat"][0] > lantern["lat"][-1]
        assert "time_bnds" not in lantern.variables and lantern["sm"].units == "%"
    assert max(m.layers[0] for m in MODELS) > 0.05


def test_layers_and_surface_agree(archive: Path) -> None:
    """The first layer of Dune-ES is the top 0.1 m, so mrsol there is mrsos."""
    folder = archive / "models" / "Dune-ES" / "historical" / "r1i1p1f1"
    with only(folder, "mrsol_*.nc") as layered, only(folder, "mrsos_*.nc") as surface:
        np.testing.assert_allclose(layered["depth_bnds"][0], [0.0, 0.1])
        np.testing.assert_allclose(layered["mrsol"][:, 0].compressed(), surface["mrsos"][:].compressed(), rtol=5e-3)


def test_the_satellite_sees_less_than_the_layered_product(archive: Path) -> None:
    with (
        Dataset(archive / "references" / "lantern_sm.nc") as a,
        Dataset(archive / "references" / "palisade_sm.nc") as b,
    ):
        skin, layered = a["sm"][:], b["sm"][:, 0]
        assert skin.count() < 0.8 * layered.count()
        winter, summer = skin[0, :15].count(), skin[6, :15].count()  # the rows north of 45 degrees
        assert winter < 0.5 * summer
        np.testing.assert_allclose(skin.mean() / 100, layered.mean(), atol=0.05)


def test_the_same_seed_gives_the_same_values(tmp_path: Path, archive: Path) -> None:
    again, other = tmp_path / "again", tmp_path / "other"
    write_sample(again, years=SMALL)
    write_sample(other, years=SMALL, seed=3)
    name = "references/palisade_sm.nc"
    with Dataset(archive / name) as a, Dataset(again / name) as b, Dataset(other / name) as c:
        np.testing.assert_array_equal(a["sm"][:], b["sm"][:])
        assert not np.allclose(a["sm"][:].filled(-1), c["sm"][:].filled(-1))


def test_the_whole_sample_is_small(tmp_path: Path) -> None:
    folder = write_sample(tmp_path).parent
    size = sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())
    assert size <= 25e6
    assert not list(folder.rglob("*.partial"))


def test_fields_are_smooth_and_of_unit_variance() -> None:
    grid = LatLonGrid.regular(4.0)
    lat, lon = np.repeat(grid.lat, grid.lon.size), np.tile(grid.lon, grid.lat.size)
    area = grid.area.ravel() / grid.area.sum()
    squares = [(area * sphere_field(lat, lon, seed, 5.0) ** 2).sum() for seed in range(40)]
    assert np.mean(squares) == pytest.approx(1.0, abs=0.1)
    near = sphere_field(np.array([10.0, 10.0]), np.array([179.9, -179.9]), 0, 5.0)
    assert near[0] == pytest.approx(near[1], abs=0.05)  # no seam at the date line


def test_layer_means_are_those_of_the_profile() -> None:
    depth = np.linspace(0.1, 0.4, 20001)
    expected = np.exp(-depth / 0.12).mean()
    assert _mean_decay(np.array([[0.1, 0.4]]), 0.12)[0] == pytest.approx(expected, rel=1e-4)


def test_soil_and_vegetation_hang_together(world: World) -> None:
    history = world.run(Land(), 120, 7)
    theta = history.soil_moisture(np.array([[0.0, 1.0]]))[:, 0]
    assert 0.03 <= theta.min() and theta.max() <= 0.6
    assert np.all(history.gpp >= 0) and np.all(history.evapotranspiration > 0)
    dry = (np.abs(world.lat) < 30) & (history.root.mean(0) < 0.5)
    water, growth = (x[:, dry] - x[:, dry].mean(0) for x in (theta, history.gpp))
    r = (water * growth).sum(0) / np.sqrt((water**2).sum(0) * (growth**2).sum(0))
    assert np.median(r) > 0.5


def test_models_of_a_family_resemble_each_other(world: World) -> None:
    """Distances of mean soil moisture maps are smaller within a family than between families."""
    maps = {m.name: world.run(m.land, 24, 7).soil_moisture(np.array([[0.0, 1.0]]))[:, 0].mean(0) for m in MODELS}
    family = {m.name: m.family for m in MODELS}
    within, between = [], []
    for a, b in combinations(maps, 2):
        (within if family[a] == family[b] else between).append(np.sqrt(np.mean((maps[a] - maps[b]) ** 2)))
    assert max(within) < min(between)
