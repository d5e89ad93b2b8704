"""The vegetation of columns: classes, maps, stated leaves and parameters, roots within the layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.simulate.setups import a_grid, a_study, points, prepared
from tests.simulate.test_columns import a_map

from vadose.data.forcing.sun import year_fraction
from vadose.errors import ConfigError
from vadose.grid.cells import Cells
from vadose.grid.latlon import Sites
from vadose.simulate.vegetation import class_number, rooted


def plants(**table: Any) -> Any:
    return prepared(a_study(vegetation=table)).parameters.vegetation


@pytest.mark.parametrize("kind", [12, "12", "cropland", "Croplands"])
def test_a_class_goes_by_number_or_name(kind: str | int) -> None:
    assert class_number(kind, "modis") == 12


def test_both_tables_can_be_asked() -> None:
    assert class_number("C4 grass", "clm") == 14
    assert float(plants(kind="C4 grass", table="clm").photosynthesis.c3[0]) == 0.0


def test_stated_leaves_cover_and_parameters_go_before_the_table() -> None:
    made = plants(kind="grassland", lai=[float(m) for m in range(12)], sai=0.5, fraction=0.7,
                  parameters={"vcmax25": 55.0, "height_top": 0.3})  # fmt: skip
    assert made.lai[:, 0].tolist() == list(range(12)) and np.all(made.sai == 0.5)
    assert [float(x[0]) for x in (made.fraction, made.photosynthesis.vcmax25, made.height_top)] == [0.7, 55.0, 0.3]


def test_exponential_roots_are_stretched_to_the_stated_depth() -> None:
    made = plants(kind="grassland", root_depth=0.8)
    assert float(made.root_depth[0]) == 0.8
    assert rooted(made, np.array([0.8]))[0] == pytest.approx(0.95)


def test_classes_are_read_from_the_nearest_cell_of_a_map(tmp_path: Path) -> None:
    kinds = np.array([[10.0, 12.0], [1.0, 10.0]])
    cells = a_grid(2, 2)
    made = prepared(a_study(vegetation={"map": a_map(tmp_path / "v.nc", kinds)}), cells).parameters.vegetation
    single = plants(kind=12)
    assert made.height_top[1] == single.height_top[0] and made.height_top[2] == 20.0
    kinds[0, 0] = 17.0
    with pytest.raises(ConfigError, match="class 17 at 0.500 N, 0.500 E .1 of 4 places"):
        prepared(a_study(vegetation={"map": a_map(tmp_path / "w.nc", kinds)}), cells)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"kind": "grasland"}, "did you mean 'grassland'"),
    ({"kind": 17}, "17 is no land class"),
    ({"kind": 10, "parameters": {"vcmax": 50.0}}, "did you mean `vcmax25`"),
    ({"kind": 10, "parameters": {"lay": 3.0}}, "`lai`. .a key of .vegetation. itself"),
    ({"kind": 10, "parameters": {"height_top": -1.0}}, "cannot be"),
]


@pytest.mark.parametrize(("table", "message"), WRONG, ids=[m for _, m in WRONG])
def test_plants_that_cannot_be_are_refused(table: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        plants(**table)


def test_layers_that_do_not_reach_the_roots_are_refused_with_the_depth() -> None:
    forest = {"kind": "evergreen needleleaf forest"}
    for preset, layers in (("noahmp", [0.1, 0.3, 0.6]), ("vadose", [0.05, 0.1])):
        with pytest.raises(ConfigError, match=r"layers` end at .* roots reach .* m.*; add layers down to"):
            prepared(a_study(model={"preset": preset, "layers": layers}, vegetation=forest))
    shallow = forest | {"root_depth": 0.9}
    prepared(a_study(model={"preset": "noahmp", "layers": [0.1, 0.3, 0.6]}, vegetation=shallow))


def test_what_is_not_stated_is_said() -> None:
    notes = prepared(a_study(soil={}, vegetation={})).notes
    assert any("grassland was taken" in n for n in notes) and any("loam was taken" in n for n in notes)


def test_stated_months_begin_in_january_on_both_sides_of_the_equator() -> None:
    """The year fraction of the forcing is shifted by half a year in the south, for the sake of the tables."""
    north = points("A")
    south = Cells.whole(Sites(-north.lat, north.lon, ("B",)))
    for lai, months in ((None, 0), (3.0, 0), (list(map(float, range(12))), 6)):
        study = a_study(vegetation={"kind": "cropland"} | ({} if lai is None else {"lai": lai}))
        here, there = (np.asarray(prepared(study, c).parameters.vegetation.lai) for c in (north, south))
        assert np.array_equal(np.roll(here, months, axis=0), there)
    assert (
        float(there[0, 0]) == 6.0 and float(year_fraction(np.array(["2001-07-15"], "M8[s]"), south.lat)[0, 0]) < 1 / 12
    )
