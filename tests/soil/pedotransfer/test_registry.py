"""The registry and its ensembles: names, errors, what is skipped, what stands apart."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import vadose
from vadose.errors import ConfigError, DataError
from vadose.soil import Soil, complete
from vadose.soil.pedotransfer import Flag, outliers

LOAM = Soil(sand=40.0, clay=20.0, organic_carbon=1.5)
EVERY = list(vadose.pedotransfer)


def test_the_functions_that_the_field_uses_are_there() -> None:
    expected = {
        "sr06", "ch78", "cosby84", "noah", "rosetta1", "rosetta2", "rosetta3", "wosten99", "wosten99-class", "toth15",
        "vereecken89", "weynants09", "weber20",
    }  # fmt: skip
    assert expected <= set(EVERY)


@pytest.mark.parametrize("name", EVERY)
def test_each_states_its_source_and_its_range(name: str) -> None:
    function = vadose.pedotransfer[name]
    assert function.name == name
    assert any(year in function.source for year in map(str, range(1978, 2027)))
    assert function.title and function.samples
    assert "class" in name or name == "noah" or function.valid_range


def test_an_unknown_name_gets_the_nearest_one() -> None:
    with pytest.raises(ConfigError, match="did you mean 'sr06'"):
        vadose.pedotransfer["SR6"]


def test_a_list_of_names_is_an_ensemble() -> None:
    found = vadose.pedotransfer[["sr06", "rosetta3"]](LOAM)
    assert found.names == ["sr06", "rosetta3"]
    assert np.shape(found.wilting_point) == (2,)
    assert np.shape(found.water_content(np.array([-1.0, -10.0, -100.0]))) == (2, 3)


def test_a_missing_density_is_an_error_alone_and_estimated_in_an_ensemble() -> None:
    with pytest.raises(DataError, match="bulk_density"):
        vadose.pedotransfer["vereecken89"](LOAM)
    member = vadose.pedotransfer[["vereecken89"]](LOAM)["vereecken89"]
    assert int(member.flags) & Flag.ESTIMATED_INPUT
    measured = vadose.pedotransfer["vereecken89"](LOAM.replace(bulk_density=1400.0))
    assert not int(measured.flags) & Flag.ESTIMATED_INPUT


def test_what_cannot_be_estimated_is_skipped_with_its_reason() -> None:
    found = vadose.pedotransfer.ensemble(["sr06", "vereecken89"])(Soil(40.0, 20.0))
    assert found.names == ["sr06"]
    assert "organic_carbon" in found.skipped["vereecken89"]


def test_the_estimated_density_is_saxton_and_rawls_normal_density() -> None:
    """Saxton & Rawls (2006) eq. 6: (1 - theta_s) 2650 kg m-3."""
    theta_s = vadose.pedotransfer["sr06"](LOAM).retention.theta_s
    assert float(complete(LOAM).bulk_density) == pytest.approx(2650.0 * (1.0 - float(theta_s)), rel=1e-12)


@pytest.mark.parametrize("name", EVERY)
def test_a_map_with_bad_cells_comes_out_with_those_masked(name: str) -> None:
    soil = Soil(
        sand=np.array([[40.0, 90.0, 120.0], [10.0, np.nan, 60.0]]),
        clay=np.array([[20.0, 5.0, 10.0], [50.0, 20.0, 55.0]]),
        organic_carbon=np.full((2, 3), 1.5),
    )
    found = vadose.pedotransfer[[name]](soil)[name]
    bad = np.array([[False, False, True], [False, True, True]])
    assert np.array_equal(np.isnan(found.wilting_point), bad)
    assert np.array_equal((np.asarray(found.flags) & Flag.INVALID) > 0, bad)


@pytest.mark.parametrize("name", EVERY)
def test_water_contents_are_ordered_all_over_the_triangle(name: str) -> None:
    """0 <= theta_w <= theta_c <= theta_s <= 1 for every function, within its range and outside it."""
    sand, clay = (a.ravel() for a in np.meshgrid(np.arange(2.0, 99.0, 8.0), np.arange(2.0, 99.0, 8.0)))
    inside = sand + clay <= 98.0
    soil = Soil(sand[inside], clay[inside], np.full(inside.sum(), 1.5))
    member = vadose.pedotransfer[[name]](soil)[name]
    w, c, s = member.wilting_point, member.critical_point, member.retention.theta_s
    assert np.all((w >= 0.0) & (w <= c + 1e-12) & (c <= s + 1e-12) & (s <= 1.0))
    assert np.all(member.retention.K_s > 0.0)


@pytest.mark.parametrize("name", EVERY)
def test_jax_gives_what_numpy_gives_inside_jit(name: str) -> None:
    sand, clay = np.array([40.0, 15.0]), np.array([20.0, 45.0])
    carbon, density = np.array([1.5, 2.5]), np.array([1400.0, 1250.0])

    def both(sand: object, clay: object, carbon: object, density: object) -> object:
        found = vadose.pedotransfer[[name]](Soil(sand, clay, carbon, density))[name]
        return found.wilting_point, found.critical_point, found.retention.K_s, found.flags

    plain = both(sand, clay, carbon, density)
    traced = jax.jit(both)(*(jnp.asarray(v) for v in (sand, clay, carbon, density)))
    for a, b in zip(plain, traced, strict=True):  # type: ignore[call-overload]
        assert np.allclose(a, b, rtol=1e-10, atol=0.0)


def test_an_outlier_is_seen_and_a_narrow_ensemble_has_none() -> None:
    assert outliers(np.array([0.30, 0.31, 0.29, 0.32, 0.60])).tolist() == [False] * 4 + [True]
    assert not outliers(np.array([0.300, 0.300, 0.300, 0.300, 0.310])).any()
