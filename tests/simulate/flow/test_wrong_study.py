"""Flow studies that cannot be run: each message names the file, the key or the place, and what to do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.simulate.flow import cases

from vadose.data.forcing.source import ForcingSource
from vadose.errors import ConfigError, DataError, GridMismatch, RangeError, UnitError, VadoseError
from vadose.simulate.flow.describe import describe
from vadose.simulate.flow.load import is_flow, load_flow_study
from vadose.simulate.flow.restart import Restart, write_restart
from vadose.simulate.flow.setup import set_up
from vadose.simulate.flow.study import Domain, FlowStudy
from vadose.simulate.study import Study

FIELDS = {"K_s": 0.02, "porosity": 0.4, "theta_r": 0.05, "alpha": 3.0, "n": 1.8}


def refused(kind: type[VadoseError], *words: str, **tables: Any) -> None:
    """Assert that a study is refused before it runs, with these words in the message."""
    with pytest.raises(kind) as raised:
        described(**tables)
    for word in words:
        assert word in str(raised.value), f"{word!r} is not in: {raised.value}"


def described(**tables: Any) -> dict[str, str]:
    return dict(describe(load_flow_study(cases.study(**tables))[0]).rows)


@pytest.fixture
def soil(tmp_path: Path) -> Any:
    """A function that writes a file of soil, and the [soil] that reads it."""

    def write(units: str | None = "m h-1", axis: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
        one = np.ones(cases.SHAPE)
        data: dict[str, Any] = {
            k: (("layer", "y", "x"), v * one if np.ndim(v) == 0 else v) for k, v in (FIELDS | fields).items()
        }
        if units is not None:
            data["K_s"] = (*data["K_s"], {"units": units})
        made = xr.Dataset(data, {"layer": ("layer", *axis["layer"])} if axis else None)
        made.to_netcdf(tmp_path / "soil.nc")
        return dict.fromkeys(("K_s", "K_unit", "porosity", "theta_r", "alpha", "n")) | {
            "file": str(tmp_path / "soil.nc")
        }

    return write


def test_a_dry_run_says_what_a_run_would_be() -> None:
    said = described(spinup={"cycles": 3})
    assert said["domain"] == "6 x 5 columns of 4 layers, 50 x 50 m; 120 active cells"
    assert said["steps"] == "48 of 3600 s, 48 h" and said["spin-up"] == "at most 3 cycles"
    assert said["terms"] == "well Pump, drain Ditch" and said["overland"] == "kinematic wave"
    assert said["outputs"].startswith("9 states") and "GB" in said["memory"] and said["soil"] == "one soil everywhere"


def test_which_studies_are_flow(tmp_path: Path) -> None:
    assert is_flow(cases.study()) and is_flow("case.pfidb") and not is_flow({"soil": {}})
    assert is_flow(FlowStudy(domain=Domain(layers=(1.0,)))) and not is_flow(Study(ForcingSource("weather.nc")))
    with pytest.raises(ConfigError, match="no such study file"):
        is_flow(tmp_path / "none.toml")


def test_unknown_keys_are_named_with_the_nearest_valid_one() -> None:
    refused(ConfigError, "`solver`", "unknown key `newtom`", "newton", solver={"newtom": 3})
    refused(ConfigError, "unknown key `wels`", "wells", wels=[])


def test_neither_or_both_ways_to_say_where_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"\[parflow\] `database` or \[domain\] `layers`"):
        load_flow_study({"study": {"title": "nothing"}})
    refused(ConfigError, "say one of `elevation`, `slopes`, or `cells`", domain={"cells": None})
    refused(ConfigError, "`dx` and `dy` must be > 0", domain={"dx": 0.0})
    refused(ConfigError, "`hours` and `step` (s) are missing", period={"step": None})
    refused(ConfigError, "`hours` and `step` must be > 0", period={"step": -1.0})
    refused(ConfigError, "say one of `water_table`", "`restart`", initial={"water_table": None})
    refused(ConfigError, "`water_table` and `head` contradict each other", initial={"head": -1.0})


@pytest.mark.parametrize("thickness", [0.0, -0.3])
def test_layers_need_a_thickness(thickness: float) -> None:
    refused(
        RangeError, "[domain] `layers`", "layer 1 (from the top)", f"{thickness:g}", domain={"layers": [0.1, thickness]}
    )


def test_slopes_that_make_pits_are_named(tmp_path: Path) -> None:
    slope_y = np.full((cases.NY, cases.NX), 0.02)
    slope_y[2, 3] = -0.02  # the cell (3, 3) now takes water from both sides
    path = cases.write_slopes(tmp_path / "slopes.nc", slope_y=slope_y)
    refused(DataError, "slopes", "(3, 3)", domain=cases.sloped(path))
    said = describe(load_flow_study(cases.study(domain=cases.sloped(path), surface={"scheme": "diffusive"}))[0])
    assert any("water stands in" in note and "(3, 3)" in note for note in said.notes)
    assert described(domain=cases.sloped(path), surface={"scheme": "none"})["overland"].startswith("none")


def test_slopes_of_two_shapes_or_of_another_spacing_are_refused(tmp_path: Path) -> None:
    other = cases.write_slopes(tmp_path / "a.nc", slope_y=0.02, y=("y", 30.0 * np.arange(cases.NY)))
    refused(GridMismatch, "a.nc, variable y", "`dy` = 50 m", domain=cases.sloped(other))
    xr.Dataset({"slope_x": (("y", "x"), np.zeros((3, 4)))}).to_netcdf(tmp_path / "b.nc")
    refused(DataError, "b.nc: no variable 'slope_y'", "slope_x", domain=cases.sloped(str(tmp_path / "b.nc")))
    refused(DataError, "none.nc: no such file", domain=cases.sloped(str(tmp_path / "none.nc")))


def test_elevation_beside_slopes_is_kept_and_rows_are_turned_northward(tmp_path: Path) -> None:
    y = cases.SIZE * (np.arange(cases.NY)[::-1] + 0.5)
    z = (0.02 * y)[:, None] * np.ones(cases.NX)
    path = cases.write_slopes(
        tmp_path / "a.nc", slope_y=0.02, elevation=(("y", "x"), z), y=("y", y), x=("x", 50.0 * np.arange(5) + 1e5)
    )
    setup = set_up(load_flow_study(cases.study(domain=cases.sloped(path)))[0])
    assert setup.elevation is not None
    np.testing.assert_allclose(setup.elevation[:, 0], 0.02 * setup.y)
    assert setup.x[0] == 1e5 and setup.y[0] == 25.0


def test_masks_with_isolated_cells_are_named(tmp_path: Path) -> None:
    active = np.ones((cases.NY, cases.NX))
    active[1, :] = 0.0
    path = cases.write_slopes(tmp_path / "slopes.nc", active=(("y", "x"), active))
    refused(DataError, "slopes.nc", "5 cells", "(0, 0)", domain=cases.sloped(path, active=path))
    refused(DataError, "no active", domain=cases.sloped(path, active=cases.write_slopes(
        tmp_path / "none.nc", active=(("y", "x"), 0.0 * active))))  # fmt: skip


@pytest.mark.parametrize("K_s", [0.0, -0.01, np.nan, 7200.0])
def test_conductivities_that_no_soil_has_are_named(soil: Any, K_s: float) -> None:
    field = np.full(cases.SHAPE, 0.02)
    field[2, 1, 3] = K_s
    refused(RangeError, "soil.nc: K_s", "layer, y, x = (2, 1, 3)", "1 cells", "K_unit", soil=soil(K_s=field))
    if K_s <= 0.0:
        refused(RangeError, "[soil]: K_s must be > 0", soil={"K_s": K_s})


def test_values_that_no_soil_has_are_named(soil: Any) -> None:
    refused(RangeError, "soil.nc: n must be > 1", soil=soil(n=1.0))
    refused(RangeError, "soil.nc: alpha must be > 0", soil=soil(alpha=-2.0))
    refused(RangeError, "porosity must be > 0 and < 1", soil={"porosity": 40.0})
    refused(RangeError, "theta_r must be < porosity", soil={"theta_r": 0.5})
    refused(ConfigError, "[soil] `alpha` is missing", soil={"alpha": None})


def test_units_of_conductivity_are_stated_or_refused(soil: Any) -> None:
    refused(UnitError, "soil.nc, variable K_s", "units ''", "`K_unit`", "'m h-1'", soil=soil(units=None))
    refused(UnitError, "units 'furlong'", soil=soil(units="furlong"))
    refused(ConfigError, "`K_unit` is missing for K_s = 0.01", soil={"K_unit": None})
    refused(ConfigError, "`K_unit` must be one of", "'m/s'", soil={"K_unit": "m/s"})


@pytest.mark.parametrize(("units", "factor"), [("m/s", 1.0), ("m h-1", 1 / 3600), ("cm/d", 0.01 / 86400)])
def test_conductivities_come_in_metres_a_second(soil: Any, units: str, factor: float) -> None:
    setup = set_up(load_flow_study(cases.study(soil=soil(units=units, K_s=0.01)))[0])
    np.testing.assert_allclose(setup.problem.retention.K_s, 0.01 * factor)


def test_layers_from_the_bottom_are_turned_once(soil: Any) -> None:
    field = np.full(cases.SHAPE, 0.02)
    field[0] = 0.005  # the file's first layer
    for order, row in (("top", 0), ("bottom", -1)):
        setup = set_up(load_flow_study(cases.study(soil=soil(K_s=field) | {"order": order}))[0])
        np.testing.assert_allclose(setup.problem.retention.K_s[row], 0.005 / 3600)


def test_an_axis_that_says_another_order_is_refused(soil: Any) -> None:
    up = {"layer": (np.arange(4.0), {"positive": "up"})}
    refused(GridMismatch, "soil.nc", "begins with the bottom layer", 'order = "bottom"', soil=soil(axis=up))
    described(soil=soil(axis=up) | {"order": "bottom"})
    down = {"layer": (np.arange(4.0), {"positive": "down"})}
    described(soil=soil(axis=down))
    refused(GridMismatch, "begins with the top layer", soil=soil(axis=down) | {"order": "bottom"})


def test_fields_of_another_shape_or_order_of_axes_are_refused(soil: Any, tmp_path: Path) -> None:
    made = soil()
    with xr.open_dataset(tmp_path / "soil.nc") as held:
        whole = held.load()
    whole.transpose("x", "y", "layer").to_netcdf(tmp_path / "turned.nc")
    turned = made | {"file": str(tmp_path / "turned.nc")}
    refused(GridMismatch, "turned.nc, variable K_s", "(5, 6, 4)", "(4, 6, 5)", "reverse order", soil=turned)
    whole.isel(layer=slice(3)).to_netcdf(tmp_path / "few.nc")
    refused(GridMismatch, "few.nc", "is (3, 6, 5), expected (4, 6, 5)", soil=made | {"file": str(tmp_path / "few.nc")})


def test_indicator_values_without_a_soil_are_counted(tmp_path: Path) -> None:
    indicator = np.ones(cases.SHAPE)
    indicator[1:, 2, 2] = 7
    data = {"indicator": (("layer", "y", "x"), indicator)}
    path = cases.write_slopes(tmp_path / "map.nc", **data)
    row = {"value": 1, "K_s": 0.02, "porosity": 0.4, "theta_r": 0.05, "alpha": 3.0, "n": 1.8}
    none = dict.fromkeys(("K_s", "porosity", "theta_r", "alpha", "n"))
    table = none | {"indicator": path}
    refused(ConfigError, "map.nc: indicator values without a soil: 7 (3 cells)", "rows for 1", soil=table, soils=[row])
    refused(UnitError, "`K_unit` is missing", soil=table | {"K_unit": None}, soils=[row])
    refused(RangeError, "[[soils]]: K_s", soil=table, soils=[row, row | {"value": 7, "K_s": -1.0}])
    assert described(soil=table, soils=[row, row | {"value": 7}])["soil"] == "2 soils by indicator"


def test_places_outside_the_domain_are_named() -> None:
    well = {"name": "Far", "y": 9, "x": 0, "flow": -1e-4}
    refused(ConfigError, "'Far': y=9, x=0 lies outside the 6 x 5 cells", wells=[well])
    refused(ConfigError, "'Far': `layers` must be first and last of 0 to 3", wells=[well | {"y": 1, "layers": [2, 4]}])
    refused(ConfigError, "the key `conductance` is missing", drains=[{"name": "Dry", "y": 0, "x": 0}])
    dry = {"name": "Dry", "y": 0, "x": 0, "conductance": 0.0}
    refused(ConfigError, "drain 'Dry': `conductance` must be > 0", drains=[dry])
    refused(ConfigError, "[[drains]] names must differ", drains=[dry, dry])
    refused(ConfigError, "'Gauge': y=0, x=7", gauges=[{"name": "Gauge", "y": 0, "x": 7}])


def test_manning_must_be_above_zero(tmp_path: Path) -> None:
    refused(RangeError, "[surface] `manning` must be > 0", surface={"manning": 0.0})
    path = cases.write_slopes(tmp_path / "n.nc", manning=(("y", "x"), np.full((cases.NY, cases.NX), np.nan)))
    refused(RangeError, "n.nc, variable manning", "30 missing values", surface={"file": path})


def test_restarts_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    none = {"water_table": None}
    refused(DataError, "no restart here", initial=none | {"restart": str(tmp_path)})
    write_restart(tmp_path / "small.nc", Restart(np.zeros((4, 2, 2)), np.zeros((4, 2, 2)), 0.0))
    refused(
        GridMismatch, "small.nc: has (4, 2, 2)", "(4, 6, 5)", initial=none | {"restart": str(tmp_path / "small.nc")}
    )
    other = cases.write_slopes(tmp_path / "other.nc")
    refused(DataError, "lacks head and water", initial=none | {"restart": other})


def test_observations_of_gauges_are_checked(tmp_path: Path) -> None:
    from vadose.simulate.flow.gauges import Gauges

    def read(text: str, **period: Any) -> Gauges:
        (tmp_path / "seen.csv").write_text(text)
        gauge = {"name": "Level", "y": 0, "x": 0, "file": str(tmp_path / "seen.csv")}
        study = load_flow_study(cases.study(gauges=[gauge], period=period))[0]
        return Gauges.of(study, set_up(study))

    times, values = read("time,value\n2026-05-01T06:00,0.5\n2026-05-01T03:00,0.4\n").observed["Level"]
    np.testing.assert_array_equal(times, [10800.0, 21600.0])
    np.testing.assert_array_equal(values, [0.4, 0.5])
    for text, word in (
        ("a,b\n1,2\n", "expected columns time and value, got a, b"),
        ("time,value\n1,wet\n", "seen.csv, line 2"),
        ("", "got none"),
    ):
        with pytest.raises(DataError, match=word):
            read(text)
    with pytest.raises(DataError, match=r"say \[period\] `start`"):
        read("time,value\n2026-05-01,0.5\n", start=None)
