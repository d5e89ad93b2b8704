"""Class tables against the papers' other tables, a regression's Noah thresholds and Noah-MP's own parameters."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose

from vadose.arrays import Array
from vadose.soil.classes import USDA_CLASSES
from vadose.soil.pedotransfer import land_tables
from vadose.soil.pedotransfer.class_tables import (
    CH78_CLASS,
    COSBY84_CLASS,
    FUNCTIONS,
    NOAH_CLASS,
    RAWLS82_CLASS,
    look_up,
)
from vadose.soil.pedotransfer.contract import Flag
from vadose.soil.texture import Soil
from vadose.soil.threshold import thresholds

# A texture well inside each class, in the order of USDA_CLASSES.
SAND = np.array([92.0, 82.0, 65.0, 20.0, 7.0, 40.0, 60.0, 10.0, 32.0, 52.0, 6.0, 20.0])
CLAY = np.array([3.0, 6.0, 10.0, 15.0, 6.0, 18.0, 27.0, 34.0, 34.0, 42.0, 47.0, 60.0])
NOT_SILT = np.array([name != "silt" for name in USDA_CLASSES])


def test_every_table_has_a_value_for_every_class() -> None:
    for table in (land_tables.CLAPP_HORNBERGER, land_tables.COSBY, land_tables.RAWLS, land_tables.NOAH):
        assert {len(values) for values in table.values()} == {len(USDA_CLASSES)}


def test_noah_has_the_parameters_of_noahmp_for_silty_clay_loam(vadose_data: Path) -> None:
    text = (vadose_data / "golden/noahmp/params_veg12_soil8.json").read_text()
    theirs = json.loads(text)["soil8"]
    made = NOAH_CLASS(Soil(10.0, 34.0))
    assert made.retention.b == theirs["bb"]
    assert made.retention.theta_s == theirs["maxsmc"]
    assert -made.retention.psi_s == theirs["satpsi"]
    assert made.retention.K_s == theirs["satdk"]
    assert made.extra["critical_point"] == theirs["refsmc"]
    assert made.extra["wilting_point"] == theirs["wltsmc"]


def test_noah_thresholds_follow_from_its_own_parameters() -> None:
    made = NOAH_CLASS(Soil(SAND, CLAY))
    found = thresholds(made.retention, "noah")
    # The table has three decimals.
    assert_allclose(found.critical_point, made.extra["critical_point"], rtol=0.0, atol=5.1e-4)
    assert_allclose(found.wilting_point, made.extra["wilting_point"], rtol=0.0, atol=5.1e-4)


def test_noah_is_cosby_but_for_silt() -> None:
    noah, cosby = NOAH_CLASS(Soil(SAND, CLAY)).retention, COSBY84_CLASS(Soil(SAND, CLAY)).retention
    for name, tolerance in (("b", 1e-12), ("theta_s", 1e-12), ("psi_s", 0.01), ("K_s", 0.005)):
        assert_allclose(getattr(noah, name)[NOT_SILT], getattr(cosby, name)[NOT_SILT], rtol=tolerance)


def test_clapp_hornberger_has_the_means_of_ptfkit() -> None:
    ptfkit = pytest.importorskip("ptfkit.clapp1978")
    closure = CH78_CLASS(Soil(SAND, CLAY)).retention
    for i, name in enumerate(USDA_CLASSES):
        if name == "silt":
            continue
        theirs = ptfkit.calc_ptf_clapp1978(soil_texture=ptfkit.UsdaTextureClass(name))
        assert_allclose(closure.b[i], theirs.b)
        assert_allclose(closure.theta_s[i], theirs.saturated_water_content)
        assert_allclose(closure.K_s[i] * 6000.0, theirs.saturated_hydraulic_conductivity, rtol=1e-12)
        # ptfkit has the logarithmic mean of the suction, which is less than the arithmetic mean.
        assert -100.0 * closure.psi_s[i] > theirs.saturation_suction


def test_rawls_has_the_means_of_pedon_but_for_clay_loam() -> None:
    pedon = pytest.importorskip("pedon")
    closure = RAWLS82_CLASS(Soil(SAND, CLAY)).retention
    for i, name in enumerate(USDA_CLASSES):
        if name == "silt":
            continue
        theirs = pedon.Soil(name.title()).from_name(pedon.Brooks, source="Rawls").model
        assert_allclose(closure.theta_r[i], theirs.theta_r)
        assert_allclose(closure.theta_s[i], theirs.theta_s)
        assert_allclose(-100.0 * closure.psi_b[i], theirs.h_b)
        assert_allclose(closure.K_s[i] * 8.64e6, theirs.k_s)
        if name == "clay loam":  # pedon has the arithmetic mean of silty clay loam here
            assert theirs.l == 0.177
            assert closure.lambda_[i] == 0.194
        else:
            assert_allclose(closure.lambda_[i], theirs.l)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)
def test_silt_is_flagged_where_the_table_lacks_it(function: Any) -> None:
    flags = function(Soil(SAND, CLAY)).flags
    expected = np.where(NOT_SILT | (function is NOAH_CLASS), 0, Flag.LIMITED)
    np.testing.assert_array_equal(flags, expected)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)
def test_missing_soils_are_nan_and_invalid(function: Any) -> None:
    made = function(Soil(np.array([40.0, np.nan, 90.0]), np.array([20.0, 10.0, 50.0])))
    np.testing.assert_array_equal((made.flags & Flag.INVALID) > 0, [False, True, True])
    for values in (made.wilting_point, made.retention.K_s, *made.extra.values()):
        np.testing.assert_array_equal(np.isnan(values), [False, True, True])


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.name)
def test_jax_under_jit_equals_numpy(function: Any) -> None:
    def run(sand: Array, clay: Array) -> Any:
        made = function(Soil(sand, clay))
        return made.flags, made.retention.K_s, made.wilting_point, made.critical_point

    for a, b in zip(run(SAND, CLAY), jax.jit(run)(jax.numpy.asarray(SAND), jax.numpy.asarray(CLAY)), strict=True):
        assert_allclose(a, np.asarray(b), rtol=1e-13)


def test_look_up_gives_nan_for_no_class() -> None:
    row = look_up(land_tables.NOAH, np.array([0, -1, 11]))
    np.testing.assert_array_equal(row["b"], [2.79, np.nan, 11.55])
