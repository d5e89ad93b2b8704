"""The sample of an assimilation: possible, repeatable, and a truth that differs from the members as they do."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from vadose.assimilate.sample import WIDTH, Twin, axes, write_sample
from vadose.assimilate.study import load_study
from vadose.constants import EARTH_RADIUS
from vadose.simulate.study import load_study as load_simulation


def test_both_studies_can_be_read(tmp_path: Path) -> None:
    truth, study = write_sample(tmp_path, Twin(cells=4, days=5, members=6, rtps=0.5, filter="estkf", radius=7.0))
    one = load_simulation(truth)[0]
    many = load_study(study)[0]
    assert (one.ensemble.size, many.ensemble.size) == (1, 6)
    assert not one.ensemble.control  # the truth is a draw, not the middle of the members
    assert one.ensemble.seed != many.ensemble.seed
    for name in ("forcing", "texture", "pedotransfer"):
        assert getattr(one.ensemble, name) == getattr(many.ensemble, name)
    assert one.output.every == "hour"
    chosen = many.assimilation
    assert (chosen.filter, chosen.radius) == ("estkf", 7.0)
    assert [(i.kind, i.value) for i in chosen.inflation] == [("rtps", 0.5)]
    (seen,) = chosen.observations
    assert seen.truth == str(tmp_path / "truth")
    assert (seen.operator, seen.error, seen.every) == ("nearest", 0.04, 3.0)


def test_pixels_make_footprints(tmp_path: Path) -> None:
    seen = load_study(write_sample(tmp_path, Twin(cells=4, days=2, pixel=9))[1])[0].assimilation.observations[0]
    assert (seen.operator, seen.pixel, seen.depth) == ("footprint", 9, (0.0, 0.05))


def test_the_weather_and_the_soil_are_possible_and_repeat(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_sample(tmp_path / name, Twin(cells=5, days=10))
    for file in ("weather.nc", "soil.nc"):
        with xr.open_dataset(tmp_path / "a" / file) as a, xr.open_dataset(tmp_path / "b" / file) as b:
            assert a.equals(b)
    with xr.open_dataset(tmp_path / "a" / "soil.nc") as soil:
        assert soil.sand.shape == (5, 5)
        assert float(soil.sand.std()) > 1.0
        assert np.all((soil.sand > 0) & (soil.clay > 0) & (soil.sand + soil.clay < 100))
    with xr.open_dataset(tmp_path / "a" / "weather.nc") as weather:
        assert weather.pr.shape == (240, 5, 5)
        assert weather.time.values[0] == np.datetime64("2001-05-01T00:00:00")
        assert 275.0 < float(weather.tas.min()) and float(weather.tas.max()) < 315.0
        assert float(weather.pr.min()) >= 0.0
        rain = weather.pr.mean("time").values * 86400 * 10
        assert 0.01 < rain.std() / rain.mean() < 0.35
        assert float(weather.tas.std(("lat", "lon")).max()) < 1e-3


def test_a_twin_over_a_subsurface_lies_in_a_valley_with_wells(tmp_path: Path) -> None:
    chosen = Twin(cells=5, days=3, subsurface=True, layers=3, porosity=0.05, wells=3, groundwater=True, spinup=2)
    truth, study = (
        load(p)[0] for load, p in zip((load_simulation, load_study), write_sample(tmp_path, chosen), strict=True)
    )
    assert truth.subsurface == study.subsurface and truth.spinup == study.spinup
    assert study.subsurface.layers == (1.35, 1.35, 1.35) and study.spinup.cycles == 2
    assert study.assimilation.groundwater and study.assimilation.parameters == ("texture", "K_s", "theta_s")
    wells = [o for o in study.assimilation.observations if o.variable == "water_table_depth"]
    assert len({w.site for w in wells}) == 3
    assert set(study.output.variables) == set(truth.output.variables) >= {"water_table_depth", "ponded_water"}
    with xr.open_dataset(study.subsurface.elevation) as file:
        z = file.elevation.values
    assert z.shape == (5, 5) and np.ptp(z) > 5.0
    assert z[:, 2].mean() < min(z[:, 0].mean(), z[:, 4].mean())  # the floor lies between its sides


@pytest.mark.parametrize("cells", [2, 7])
def test_cells_are_500_m_wide(cells: int) -> None:
    lat, lon = axes(cells)
    assert lat.size == lon.size == cells
    degree = np.pi * EARTH_RADIUS / 180.0
    assert np.allclose(np.diff(lat) * degree, WIDTH)
    assert np.allclose(np.diff(lon) * degree * np.cos(np.radians(lat.mean())), WIDTH, rtol=1e-3)


def test_a_study_says_no_key_twice(tmp_path: Path) -> None:
    """Text made from pieces is a TOML file whatever the pieces."""
    for twin in (Twin(days=1, cells=2), Twin(days=1, cells=2, pixel=9, rtps=0.3, experiments=("open loop",))):
        for path in write_sample(tmp_path, twin):
            assert tomllib.loads(path.read_text())["model"]["preset"] == "noahmp"
