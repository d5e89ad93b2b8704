"""Where the columns are: sites of the study or of the forcing, cells of a grid within box, mask and maps."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import netCDF4
import numpy as np
import pytest
from tests.simulate.setups import a_grid, a_study, points

from vadose.errors import ConfigError, DataError, GridMismatch
from vadose.grid.cells import Cells
from vadose.simulate.columns import find_places, inside, places
from vadose.simulate.nearest import nearest_values


def files(cells: Cells, height: float = np.nan) -> Any:
    """What `places` takes of an opened forcing."""
    source = SimpleNamespace(name="weather", assumed={})
    return SimpleNamespace(cells=cells, elevation=np.full(cells.size, height), source=source, parts={})


def a_map(path: Path, values: np.ndarray, name: str = "kind") -> str:
    """A map on the cells of `a_grid`."""
    with netCDF4.Dataset(path, "w") as file:
        for axis, size, units in (("lat", values.shape[0], "degrees_north"), ("lon", values.shape[1], "degrees_east")):
            file.createDimension(axis, size)
            file.createVariable(axis, "f8", (axis,))[:] = np.arange(size) + 0.5
            file[axis].units = units
        file.createVariable(name, "f8", ("lat", "lon"))[:] = values
    return str(path)


def test_a_site_without_a_position_lies_where_its_forcing_does() -> None:
    found = find_places(a_study(site={"name": "Bondville"}), files(points("x"), 219.0))
    assert (found.cells.lat[0], found.cells.lon[0], found.elevation[0]) == (40.0, -88.0, 219.0)
    assert found.cells.grid.names == ("Bondville",)  # type: ignore[union-attr]


def test_a_site_is_found_by_its_name_among_those_of_the_forcing() -> None:
    sites = [{"name": "C"}, {"name": "A", "elevation": 5.0}]
    found = find_places(a_study(sites=sites), files(points("A", "B", "C"), 9.0))
    assert found.cells.lat.tolist() == [42.0, 40.0] and found.elevation.tolist() == [9.0, 5.0]


@pytest.mark.parametrize(
    ("sites", "message"),
    [
        ([{"name": "X"}], "its sites are A, B"),
        ([{"latitude": 40.0}], "belong together"),
        ([{"name": "A"}, {"name": "A"}], "two sites are called 'A'"),
    ],
)
def test_a_site_that_cannot_be_placed_is_told(sites: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        places(a_study(sites=sites), files(points("A", "B")))


def test_a_site_far_from_the_forcing_is_told() -> None:
    with pytest.raises(GridMismatch, match="no weather near 10.000 N"):
        places(a_study(site={"latitude": 10.0, "longitude": 10.0}), files(points("A")))


def test_a_study_without_places_takes_all_of_the_forcing() -> None:
    assert places(a_study(), files(a_grid(3, 4))).size == 12


def test_a_box_may_cross_the_date_line() -> None:
    cells = a_grid(3, 4)
    assert inside((1.0, 3.0, 0.0, 2.0), cells).sum() == 4
    assert inside((2.0, 1.0, 0.0, 3.0), cells).sum() == 9  # all but longitude 1.5
    with pytest.raises(ConfigError, match="south < north"):
        inside((0.0, 1.0, 2.0, 1.0), cells)


def test_box_mask_and_maps_leave_cells_out_and_say_why(tmp_path: Path) -> None:
    land = np.ones((3, 4))
    land[0] = 0.4
    kinds = np.full((3, 4), 10.0)
    kinds[2, :2] = 17.0
    study = a_study(
        grid={"box": [0.0, 3.0, 0.0, 3.0], "mask": a_map(tmp_path / "m.nc", land)},
        vegetation={"map": a_map(tmp_path / "v.nc", kinds)},
    )
    found = find_places(study, files(a_grid(3, 4)))
    assert found.cells.index.tolist() == [4, 5, 6, 10]
    assert sorted(found.left_out.values()) == [2, 3, 3] and "outside [grid] `box`" in found.left_out


def test_cells_without_soil_are_left_out(tmp_path: Path) -> None:
    sand = np.full((3, 4), 60.0)
    sand[1, 1] = np.nan
    maps = {"m": {"sand": a_map(tmp_path / "s.nc", sand), "clay": a_map(tmp_path / "c.nc", sand / 4.0)}}
    maps["m"]["units"] = {"sand": "%", "clay": "%"}  # type: ignore[assignment]
    found = find_places(a_study(soil={"map": "m"}, soil_maps=maps), files(a_grid(3, 4)))
    assert found.cells.size == 11 and found.left_out == {"no soil in map 'm' (no value)": 1}


def test_nothing_left_is_an_error() -> None:
    with pytest.raises(DataError, match="none of its 12 cells is left .* 12 outside"):
        places(a_study(grid={"box": [50.0, 60.0, 0.0, 3.0]}), files(a_grid(3, 4)))


def test_the_nearest_value_goes_around_the_globe(tmp_path: Path) -> None:
    values = np.arange(12.0).reshape(3, 4)
    path = a_map(tmp_path / "m.nc", values)
    assert nearest_values(path, "", a_grid(3, 4), "x").tolist() == values.ravel().tolist()
    assert np.isnan(nearest_values(path, "kind", points("A"), "x")).all()
    with pytest.raises(DataError, match="no variable 'class'"):
        nearest_values(path, "class", a_grid(3, 4), "[vegetation] `map`")


def test_leaves_of_a_forcing_that_has_none_are_told() -> None:
    with pytest.raises(ConfigError, match="weather has none"):
        places(a_study(vegetation={"kind": 10, "lai": "forcing"}), files(points("A")))
