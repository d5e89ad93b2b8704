"""The soil of columns: by class, texture or map, any function and closure, and what cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
from tests.simulate.setups import a_grid, a_study, points, prepared

from vadose.errors import ConfigError, DataError
from vadose.simulate.soil_closures import CLOSURES, convert
from vadose.simulate.soil_texture import MIDDLES
from vadose.soil.classes import USDA_CLASSES, usda_class
from vadose.soil.pedotransfer import pedotransfer
from vadose.soil.retention.power_law import Campbell
from vadose.soil.texture import Soil


def soil_of(preset: str = "vadose", **table: Any) -> Any:
    return prepared(a_study(model={"preset": preset}, soil=table)).parameters.soil


def test_the_middle_of_each_class_lies_in_it() -> None:
    assert [USDA_CLASSES[int(usda_class(*MIDDLES[name]))] for name in USDA_CLASSES] == list(USDA_CLASSES)


def test_noahmp_takes_the_reference_s_soil(vadose_data: Path) -> None:
    """Silty clay loam of Noah-MP's table; golden parameters of class 8."""
    soil = soil_of("noahmp", texture_class="silty clay loam")
    curve = soil.retention
    assert isinstance(curve, Campbell)
    found = [float(v[0, 0]) for v in (curve.theta_s, curve.psi_s, curve.b, curve.K_s)]
    assert found == [0.464, -0.617, 8.72, 2.03e-6]
    assert (float(soil.wilting_point[0, 0]), float(soil.critical_point[3, 0])) == (0.120, 0.387)
    assert (float(soil.slope[0]), float(soil.solids_heat[0, 0]), float(soil.runoff.vic_shape[0])) == (0.1, 2e6, 0.22)
    assert float(soil.thermal.lambda_sat[0, 0]) == pytest.approx(0.57**0.464 * (7.7**0.1 * 2.0**0.9) ** 0.536)


@pytest.mark.parametrize("ptf", list(pedotransfer))
def test_every_function_makes_a_soil(ptf: str) -> None:
    study = a_study(soil={"sand": 40.0, "clay": 20.0, "organic_carbon": 1.5, "bulk_density": 1400.0, "ptf": ptf})
    soil = prepared(study).parameters.soil
    assert all(np.isfinite(np.asarray(x)).all() for x in (soil.retention.theta_s, soil.retention.K_s))
    assert np.all(soil.wilting_point < soil.critical_point) and np.all(soil.critical_point <= soil.retention.theta_s)


def test_a_map_column_s_layers_and_texture_can_differ() -> None:
    sand = [80.0] * 5 + [20.0] * 5
    curve = soil_of(sand=sand, clay=10.0, ptf="ch78").retention
    assert curve.theta_s[0, 0] == pytest.approx(0.489 - 0.00126 * 80.0) and curve.theta_s[9, 0] > curve.theta_s[0, 0]


def test_conductivity_falls_with_depth_where_asked() -> None:
    """K_s exp(-z / 0.5 m) at the middle of each layer; Zhao et al. (2025) eq. 6."""
    plain, falling = (soil_of("clm", sand=40.0, clay=20.0, **more) for more in ({}, {"conductivity_depth": 0.5}))
    top = 0.5 * 0.0175
    assert falling.retention.K_s[0, 0] / plain.retention.K_s[0, 0] == pytest.approx(np.exp(-top / 0.5))


def test_peat_holds_more_water_and_conducts_less_heat() -> None:
    mineral, peat = (
        soil_of("clm", sand=40.0, clay=20.0, organic_carbon=c, bulk_density=b)
        for c, b in ((0.0, 1400.0), (40.0, 200.0))
    )
    assert peat.retention.theta_s[0, 0] > 0.9 > mineral.retention.theta_s[0, 0]
    assert float(peat.thermal.lambda_dry[0, 0]) == pytest.approx(0.05)
    assert mineral.thermal.lambda_dry[0, 0] > 0.05
    assert peat.solids_heat[0, 0] > mineral.solids_heat[0, 0]


def test_stated_parameters_go_before_the_function_and_move_the_points() -> None:
    soil = soil_of("noahmp", texture_class="loam", parameters={"theta_s": 0.5, "K_s": [1e-6, 2e-6, 3e-6, 4e-6]})
    assert np.all(soil.retention.theta_s == 0.5) and soil.retention.K_s[3, 0] == 4e-6
    r1 = 0.5 * (5.79e-9 / 1e-6) ** (1.0 / (2.0 * 5.25 + 3.0))
    assert soil.critical_point[0, 0] == pytest.approx(r1 + (0.5 - r1) / 3.0)
    given = soil_of("noahmp", texture_class="loam", parameters={"wilting_point": 0.1, "critical_point": 0.3})
    assert (float(given.wilting_point[0, 0]), float(given.critical_point[0, 0])) == (0.1, 0.3)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"texture_class": "silty clay lome"}, "did you mean 'silty clay loam'"),
    ({"sand": 70.0, "clay": 40.0}, "at most 100 %, got 110"),
    ({"sand": 0.4, "clay": 0.2}, "must be in %"),
    ({"sand": [40.0, 30.0], "clay": 10.0}, "one a layer .10., got 2"),
    ({"sand": 40.0, "clay": 20.0, "bulk_density": 1.4}, "looks like g cm-3"),
    ({"sand": 40.0, "clay": 20.0, "ptf": "toth15"}, "needs organic_carbon"),
    ({"parameters": {"Ks": 1e-6}}, "did you mean `K_s`"),
    ({"parameters": {"b": 5.0}}, "no parameter of the closure VanGenuchten"),
    ({"closure": "campbell", "parameters": {"psi_s": 0.6}}, "psi_s must be < 0"),
    ({"parameters": {"wilting_point": 0.4}}, "wilting_point < critical_point"),
]


@pytest.mark.parametrize(("table", "message"), WRONG, ids=[m for _, m in WRONG])
def test_a_soil_that_cannot_be_is_refused(table: dict[str, Any], message: str) -> None:
    with pytest.raises((ConfigError, DataError), match=message):
        soil_of(**table)


def test_texture_outside_the_range_of_a_function_is_noted() -> None:
    notes = prepared(a_study(soil={"sand": 10.0, "clay": 80.0, "ptf": "ch78"})).notes
    assert any("1 of 1 soils lie outside the range of ch78" in note for note in notes)


def test_a_choice_that_needs_a_power_law_names_those_that_do_not() -> None:
    with pytest.raises(ConfigError, match=r'closure = "campbell", or heat = \'noah-curve\' or \'enthalpy\''):
        soil_of("noahmp", sand=40.0, clay=20.0, ptf="rosetta3", closure="van-genuchten")
    assert isinstance(soil_of("noahmp", sand=40.0, clay=20.0, ptf="rosetta3", closure="campbell").retention, Campbell)


@pytest.mark.parametrize("ptf", ["sr06", "vereecken89", "weber20", "rosetta3"])
def test_a_function_without_a_power_law_gets_the_nearest_one_where_the_model_needs_it(ptf: str) -> None:
    table = {"sand": 40.0, "clay": 20.0, "organic_carbon": 1.0, "bulk_density": 1400.0, "ptf": ptf}
    found = prepared(a_study(model={"preset": "noahmp"}, soil=table))
    assert isinstance(found.parameters.soil.retention, Campbell)
    assert any(f"{ptf} fitted by the closure 'campbell'" in note for note in found.notes)
    assert not isinstance(soil_of("vadose", **table).retention, Campbell)


@pytest.mark.parametrize("ptf", ["rosetta3", "ch78", "noah", "weber20", "wosten99"])
def test_gravel_takes_room_and_lengthens_the_way(ptf: str) -> None:
    """30 % of the mass in fine earth of 1325 kg m-3 is Rv = 0.15 / 0.85; Saxton & Rawls (2006) eqs. 19 and 22."""
    table = {"sand": 40.0, "clay": 20.0, "organic_carbon": 1.0, "bulk_density": 1325.0, "ptf": ptf}
    if ptf == "noah":
        table = {k: v for k, v in table.items() if k != "organic_carbon"}
    fine, stony = (prepared(a_study(soil=table | {"gravel": g})) for g in (0.0, 30.0))
    volume = 0.15 / 0.85
    one, other = fine.parameters.soil, stony.parameters.soil
    for name in ("theta_s", "K_s"):
        factor = 1.0 - volume if name == "theta_s" else 2.0 * (1.0 - volume) / (2.0 + volume)
        np.testing.assert_allclose(getattr(other.retention, name), factor * getattr(one.retention, name), rtol=1e-12)
    np.testing.assert_allclose(other.wilting_point, (1.0 - volume) * one.wilting_point, rtol=1e-9)
    np.testing.assert_allclose(other.critical_point, (1.0 - volume) * one.critical_point, rtol=1e-9)
    water = [np.asarray(s.retention.water_content(np.full((10, 1), -5.0))) for s in (one, other)]
    np.testing.assert_allclose(water[1], (1.0 - volume) * water[0], rtol=1e-12)
    assert any("multiplied by 0.82 and K_s by 0.76" in note for note in stony.notes)
    assert not any("gravel" in note for note in fine.notes)


def test_gravel_without_a_density_takes_that_of_the_porosity() -> None:
    fine, stony = (soil_of(sand=40.0, clay=20.0, ptf="ch78", gravel=g).retention for g in (0.0, 30.0))
    share = 1.0 - float(fine.theta_s[0, 0])
    volume = share * 0.3 / (1.0 - 0.3 * (1.0 - share))
    assert float(stony.theta_s[0, 0]) == pytest.approx((1.0 - volume) * float(fine.theta_s[0, 0]), rel=1e-12)


def soil_map(path: Path, missing: tuple[int, int]) -> None:
    with netCDF4.Dataset(path, "w") as file:
        for name, size, units in (("lat", 3, "degrees_north"), ("lon", 4, "degrees_east")):
            file.createDimension(name, size)
            file.createVariable(name, "f8", (name,))[:] = np.arange(size) + 0.5
            file[name].units = units
        for name, value in (("sand", 60.0), ("clay", 15.0)):
            values = np.full((3, 4), value)
            values[missing] = np.nan
            file.createVariable(name, "f8", ("lat", "lon"), fill_value=np.nan)[:] = values
            file[name].units = "%"


def test_a_map_is_read_onto_the_columns(tmp_path: Path) -> None:
    soil_map(tmp_path / "soil.nc", (2, 3))
    study = a_study(soil={"map": "m", "ptf": "ch78"}, soil_maps={"m": {"path": str(tmp_path / "soil.nc")}})
    cells = a_grid(3, 4)
    made = prepared(study, cells.part(slice(0, 11)))
    assert made.parameters.soil.retention.theta_s.shape == (10, 11)
    with pytest.raises(DataError, match=r"no soil at 2.500 N, 3.500 E .*1 of 12 places"):
        prepared(study, cells)


def power_law() -> Campbell:
    b = np.array([2.79, 5.25, 8.72, 11.55])
    return Campbell(np.array([0.34, 0.44, 0.46, 0.47]), -np.array([0.07, 0.36, 0.62, 0.47]), b, np.full(4, 3e-6))


def test_power_laws_keep_their_parameters() -> None:
    for name in ("campbell", "clm", "brooks-corey"):
        made, misfit = convert(power_law(), name)
        assert misfit is None and isinstance(made, CLOSURES[name])
        psi = -np.array([[10.0], [100.0], [1000.0]])  # drier than the parabola of clm
        assert made.water_content(psi) == pytest.approx(power_law().water_content(psi), rel=1e-12)


@pytest.mark.parametrize("name", ["van-genuchten", "pdi"])
def test_a_power_law_is_fitted_closely_by_other_closures(name: str) -> None:
    made, misfit = convert(power_law(), name)
    assert misfit is not None
    assert misfit.water.max() < 0.02 and misfit.conductivity.max() < 0.9
    assert made.theta_s == pytest.approx(power_law().theta_s)


@pytest.mark.parametrize("name", ["campbell", "clm", "brooks-corey", "pdi"])
def test_van_genuchten_is_fitted_closely_by_other_closures(name: str) -> None:
    x = np.random.default_rng(1).dirichlet([1.0, 1.0, 1.0], 300).T * 100.0
    source = pedotransfer["rosetta3"](Soil(x[0], x[1])).retention
    made, misfit = convert(source, name)
    assert misfit is not None and np.isfinite(made.theta_s).all()
    assert np.median(misfit.water) < 0.01 and misfit.water.max() < 0.035
    assert np.median(misfit.conductivity) < 0.25


def test_conversion_does_not_depend_on_the_other_soils_and_keeps_what_is_missing() -> None:
    x = np.random.default_rng(1).dirichlet([1.0, 1.0, 1.0], 20).T * 100.0
    x[:, 7] = np.nan
    source = pedotransfer["rosetta3"](Soil(x[0], x[1])).retention
    whole, _ = convert(source, "campbell")
    part, _ = convert(pedotransfer["rosetta3"](Soil(x[0, :3], x[1, :3])).retention, "campbell")
    assert np.isnan(whole.b[7]) and np.isfinite(np.delete(whole.b, 7)).all()
    assert part.b == pytest.approx(whole.b[:3], rel=1e-6)


def test_sites_with_soils_of_their_own_share_a_run() -> None:
    sites = [
        {"name": "A", "soil": {"sand": 80.0, "clay": 5.0}},
        {"name": "B"},
        {"name": "C", "soil": {"colour": 1}, "vegetation": {"kind": "cropland"}},
    ]
    study = a_study(soil={"texture_class": "clay", "ptf": "ch78"}, sites=sites)
    made = prepared(study, points("A", "B", "C")).parameters
    theta_s = made.soil.retention.theta_s[0]
    assert theta_s[0] == pytest.approx(0.489 - 0.00126 * 80.0) and theta_s[1] == theta_s[2]
    assert made.soil.albedo_dry[0, 2] > made.soil.albedo_dry[0, 1]
    assert made.vegetation.height_top[2] != made.vegetation.height_top[1]
    mixed = a_study(sites=[{"name": "A", "soil": {"ptf": "ch78"}}, {"name": "B"}], soil={"texture_class": "clay"})
    assert prepared(mixed, points("A", "B")).parameters.soil.retention.theta_s.shape == (10, 2)


def test_a_run_has_one_closure() -> None:
    study = a_study(sites=[{"name": "A"}, {"name": "B", "soil": {"closure": "pdi"}}])
    with pytest.raises(ConfigError, match="a run needs one"):
        prepared(study, points("A", "B"))
