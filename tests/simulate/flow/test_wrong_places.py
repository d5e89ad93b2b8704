"""Lakes and boundaries that cannot be: each message names the place, the key, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.simulate.flow import cases
from tests.simulate.flow.test_wrong_study import refused

from vadose.errors import ConfigError, DataError, GridMismatch
from vadose.simulate.flow.load import load_flow_study
from vadose.simulate.flow.setup import set_up

POND = {"name": "Pond", "stage": 0.3, "y": [2, 3], "x": [2, 3]}
EDGE = {"name": "Edge", "side": "west", "head": 0.3}
FLOW = {"name": "Flow", "side": "west", "flux": 1.0, "flux_unit": "mm h-1"}


def mask(folder: Path, values: np.ndarray, name: str = "lake") -> dict[str, Any]:
    """A row of [[lakes]] with a file."""
    path = cases.write_slopes(folder / "mask.nc", **{name: (("y", "x"), values)})
    return {"name": "Pond", "stage": 0.3, "file": path}


def without(table: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {k: v for k, v in table.items() if k not in keys}


def test_names_must_differ() -> None:
    refused(ConfigError, "[[lakes]] names must differ, got Pond, Pond", lakes=[POND, POND])
    refused(ConfigError, "[[boundaries]] names must differ", boundaries=[EDGE, EDGE])


@pytest.mark.parametrize("stage", [0.0, -0.3, float("nan"), float("inf")])
def test_a_lake_stands_above_the_ground(stage: float) -> None:
    refused(ConfigError, "lake 'Pond': `stage` must be > 0 m", f"got {stage:g}", lakes=[POND | {"stage": stage}])
    refused(ConfigError, "the key `stage` is missing", lakes=[without(POND, "stage")])


def test_a_lake_has_a_box_or_a_file() -> None:
    words = "lake 'Pond': say either `file`, or `y` and `x`"
    refused(ConfigError, words, "got neither", lakes=[without(POND, "y", "x")])
    refused(ConfigError, words, "got `x`", lakes=[without(POND, "y")])
    refused(ConfigError, words, "got `file` and `y` and `x`", lakes=[POND | {"file": "lake.nc"}])


def test_boxes_outside_the_domain_are_named() -> None:
    refused(ConfigError, "'Pond': `y` must be first and last of 0 to 5, got [4, 6]", lakes=[POND | {"y": [4, 6]}])
    refused(ConfigError, "'Pond': `x` must be first and last of 0 to 4, got [3, 2]", lakes=[POND | {"x": [3, 2]}])
    refused(ConfigError, "'Edge': `y` must be first and last of 0 to 5", boundaries=[EDGE | {"y": [-1, 2]}])
    refused(ConfigError, "'Edge': `layers` must be first and last of 0 to 3", boundaries=[EDGE | {"layers": [2, 4]}])


def test_masks_of_lakes_are_checked(tmp_path: Path) -> None:
    plane = np.zeros((cases.NY, cases.NX))
    refused(ConfigError, "lake 'Pond', ", "mask.nc: has no cell", "`lake` must be > 0", lakes=[mask(tmp_path, plane)])
    wrong = mask(tmp_path, plane + 1.0, "water")
    refused(DataError, "mask.nc: no variable 'lake'; it holds slope_x", lakes=[wrong])
    refused(DataError, "none.nc: no such file", lakes=[{"name": "Pond", "stage": 0.3, "file": "none.nc"}])


def test_a_mask_of_another_shape_is_refused(tmp_path: Path) -> None:
    xr.Dataset({"lake": (("x", "y"), np.ones((cases.NX, cases.NY)))}).to_netcdf(tmp_path / "turned.nc")
    row = {"name": "Pond", "stage": 0.3, "file": str(tmp_path / "turned.nc")}
    refused(GridMismatch, "turned.nc, variable lake", "(5, 6), expected (6, 5)", "reverse order", lakes=[row])


def test_cells_that_are_not_active_are_named(tmp_path: Path) -> None:
    active = np.ones((cases.NY, cases.NX))
    active[3:, 3:] = 0.0
    path = cases.write_slopes(tmp_path / "slopes.nc", active=(("y", "x"), active))
    domain = cases.sloped(path, active=path)
    refused(ConfigError, "lake 'Pond': y=3, x=3 is not active (1 such cells)", domain=domain, lakes=[POND])
    corner = {"name": "Corner", "side": "top", "flux": 1.0, "flux_unit": "mm h-1", "y": [4, 5], "x": [3, 4]}
    refused(ConfigError, "boundary 'Corner': no active cell lies there", domain=domain, boundaries=[corner])


def test_one_cell_has_one_lake_and_one_face_one_boundary() -> None:
    other = {"name": "Other", "stage": 0.5, "y": [3, 4], "x": [3, 4]}
    refused(ConfigError, "lakes 'Pond' and 'Other' share 1 cells", lakes=[POND, other])
    refused(ConfigError, "boundaries 'Edge' and 'Flow' share 24 cells", boundaries=[EDGE, FLOW])
    apart = [EDGE | {"y": [0, 2]}, FLOW | {"y": [3, 5]}, FLOW | {"name": "South", "side": "south"}]
    assert len(load_flow_study(cases.study(boundaries=apart))[0].boundaries) == 3


def test_a_boundary_holds_one_thing() -> None:
    words = "boundary 'Edge': say one of `water_table` (m below the ground), `head` (m) or `flux`"
    refused(ConfigError, words, "got none", boundaries=[without(EDGE, "head")])
    both = EDGE | {"flux": 1.0, "flux_unit": "mm h-1"}
    refused(ConfigError, words, "got `head` and `flux`", boundaries=[both])
    refused(ConfigError, words, "got `water_table` and `head`", boundaries=[EDGE | {"water_table": 1.0}])
    refused(ConfigError, "boundary 'Edge': `head` must be a number, got nan", boundaries=[EDGE | {"head": np.nan}])


def test_a_flux_has_a_unit() -> None:
    refused(ConfigError, "'Flow': `flux_unit` is missing: such as 'mm h-1'", boundaries=[without(FLOW, "flux_unit")])
    refused(ConfigError, "`flux_unit`", "expected one of", "'mm h-1'", boundaries=[FLOW | {"flux_unit": "mm/h"}])
    unused = EDGE | {"flux_unit": "m s-1"}
    refused(ConfigError, "'Edge': `flux_unit` has no effect without `flux`, got 'm s-1'", boundaries=[unused])


def test_sides_are_known_and_take_only_their_own_ranges() -> None:
    refused(ConfigError, "`side`", "expected one of 'west', 'east'", "'up'", boundaries=[EDGE | {"side": "up"}])
    refused(ConfigError, "`x` has no effect on the side 'west'", boundaries=[EDGE | {"x": [0, 1]}])
    refused(ConfigError, "`y` has no effect on the side 'north'", boundaries=[EDGE | {"side": "north", "y": [0, 1]}])
    refused(ConfigError, "`layers` has no effect", boundaries=[EDGE | {"side": "bottom", "layers": [0, 1]}])
    refused(ConfigError, "`head` cannot be held on the top", "[[lakes]]", boundaries=[EDGE | {"side": "top"}])


def test_a_parflow_case_brings_its_own() -> None:
    for table, row in (("lakes", POND), ("boundaries", EDGE)):
        tables = {"parflow": {"database": "case.pfidb", "time_unit": "h"}, table: [row]}
        with pytest.raises(ConfigError, match=rf"\[\[{table}\]\] has no effect with \[parflow\]"):
            set_up(load_flow_study(tables)[0])
