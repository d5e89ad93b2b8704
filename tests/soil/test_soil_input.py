"""What a person may hand over as a soil: right units, wrong units, holes in a map."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose.arrays import Array
from vadose.errors import DataError, RangeError
from vadose.soil.texture import LIMITS, Soil

MISSING = np.nan


def test_the_rest_is_silt_and_carbon_is_organic_matter() -> None:
    soil = Soil(40.0, 25.0, organic_carbon=2.0)
    assert soil.silt == 35.0
    np.testing.assert_allclose(soil.organic_matter, 3.448, rtol=1e-15)
    assert soil.valid and soil.bulk_density is None


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"sand": 70.0, "clay": 40.0}, r"sand \+ clay must be at most 100 %, got 110"),
        ({"sand": -5.0, "clay": 40.0}, "sand must be 0 to 100 %, got -5"),
        ({"sand": 20.0, "clay": -40.0}, "clay must be 0 to 100 %, got -40"),
        ({"sand": 130.0, "clay": 0.0}, "sand must be 0 to 100 %, got 130"),
        ({"sand": 20.0, "clay": MISSING}, "clay must be 0 to 100 %, got nan"),
        ({"sand": 20.0, "clay": np.inf}, "clay must be 0 to 100 %"),
        ({"sand": 20.0, "clay": 20.0, "organic_carbon": 70.0}, "organic_carbon must be 0 to 60 %, got 70"),
        ({"sand": 20.0, "clay": 20.0, "bulk_density": 9000.0}, "bulk_density must be 20 to 2650 kg m-3, got 9000"),
        ({"sand": 20.0, "clay": 20.0, "bulk_density": -1.0}, "bulk_density must be 20 to 2650 kg m-3, got -1"),
        ({"sand": 20.0, "clay": 20.0, "gravel": 100.0}, "gravel must be 0 to 99 %, got 100"),
        ({"sand": 20.0, "clay": 20.0, "depth": -0.1}, "depth must be 0 to 100 m, got -0.1"),
        ({"sand": 20.0, "clay": 20.0, "pH": 15.0}, "pH must be 1 to 13"),
        ({"sand": 20.0, "clay": 20.0, "theta_33": 0.1, "theta_1500": 0.3}, "theta_33 - theta_1500 must be > 0"),
        ({"sand": None, "clay": 20.0}, "sand is missing; expected it in %"),
        ({"sand": 20.0, "clay": None}, "clay is missing; expected it in %"),
    ],
)
def test_an_impossible_number_is_named(wrong: dict[str, float], message: str) -> None:
    with pytest.raises(RangeError, match=message):
        Soil(**wrong)


@pytest.mark.parametrize("many", [False, True])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"sand": 0.4, "clay": 0.2}, "looks like fractions; use Soil.from_fractions"),
        ({"sand": 40.0, "clay": 20.0, "bulk_density": 1.4}, "looks like g cm-3; multiply by 1000"),
        (
            {"sand": 40.0, "clay": 20.0, "theta_33": 31.0},
            "theta_33 must be in m3 m-3, got 31, which looks like percent",
        ),
        ({"sand": 40.0, "clay": 20.0, "theta_1500": 12.0}, "theta_1500 must be in m3 m-3"),
    ],
)
def test_another_unit_is_recognised_in_numbers_and_in_maps(wrong: dict[str, float], message: str, many: bool) -> None:
    cells = {k: np.array([v, MISSING]) for k, v in wrong.items()} if many else wrong
    with pytest.raises(RangeError, match=message):
        Soil(**cells)


@pytest.mark.parametrize("many", [False, True])
def test_percent_given_as_fractions_is_recognised(many: bool) -> None:
    def made(value: float) -> Array:
        return np.array([value, MISSING]) if many else value

    with pytest.raises(RangeError, match="sand must be a mass fraction.*looks like percent; use Soil"):
        Soil.from_fractions(made(40.0), made(0.2))
    with pytest.raises(RangeError, match="organic_carbon must be a mass fraction"):
        Soil.from_fractions(made(0.4), made(0.2), made(1.5))


def test_fractions_become_percent() -> None:
    soil = Soil.from_fractions(0.4, [0.2, 0.3], organic_carbon=0.015, depth=0.1)
    np.testing.assert_allclose(soil.sand, 40.0)
    np.testing.assert_allclose(soil.clay, [20.0, 30.0])
    np.testing.assert_allclose(soil.organic_carbon, 1.5)
    assert Soil.from_fractions(0.4, 0.2).organic_carbon is None


def test_bad_cells_of_a_map_are_masked_in_every_field() -> None:
    sand = np.array([40.0, 90.0, -1.0, MISSING, np.inf, 40.0, 40.0])
    clay = np.array([20.0, 20.0, 20.0, 20.0, 20.0, 20.0, 120.0])
    soil = Soil(sand, clay, organic_carbon=np.array([1.0] * 5 + [MISSING, 1.0]), bulk_density=1400.0)
    expected = [True] + [False] * 6
    assert soil.valid.tolist() == expected
    for name in ("sand", "clay", "organic_carbon", "bulk_density", "silt", "organic_matter"):
        assert np.isfinite(getattr(soil, name)).tolist() == expected, name


def test_a_soil_of_pure_sand_or_with_rounded_fractions_is_possible() -> None:
    assert Soil(100.0, 0.0).silt == 0.0
    assert Soil(66.6666667, 33.3333334).valid
    assert Soil(0.0, 0.0).silt == 100.0


def test_a_map_without_any_soil_stays_empty() -> None:
    soil = Soil(np.full(3, MISSING), np.full(3, MISSING))
    assert not soil.valid.any() and soil.silt.shape == (3,)
    assert Soil(np.empty(0), np.empty(0)).valid.shape == (0,)


def test_a_changed_soil_is_checked_again() -> None:
    soil = Soil(40, 20)
    assert soil.replace(clay=30.0).silt == 30.0
    with pytest.raises(RangeError, match="clay"):
        soil.replace(clay=-1.0)
    with pytest.raises(TypeError, match="sandd"):
        soil.replace(sandd=1.0)
    assert issubclass(RangeError, DataError) and issubclass(RangeError, ValueError)


def test_a_soil_passes_through_jax() -> None:
    soil = Soil(np.array([40.0, 50.0]), np.array([20.0, 10.0]), organic_carbon=1.0)
    assert [leaf.shape for leaf in jax.tree_util.tree_leaves(soil)] == [(2,), (2,), ()]
    np.testing.assert_allclose(jax.jit(lambda s: s.silt)(soil), soil.silt)
    slope = jax.grad(lambda sand: Soil(sand, 20.0).silt)(40.0)
    assert slope == -1.0
    same = jax.tree_util.tree_map(lambda leaf: leaf, soil)
    assert isinstance(same, Soil) and same.gravel is None
    masked = Soil(jax.numpy.array([40.0, 200.0]), jax.numpy.array([20.0, 20.0]))
    assert isinstance(masked.sand, jax.Array) and np.isnan(np.asarray(masked.sand)).tolist() == [False, True]


def test_every_field_has_limits() -> None:
    assert set(vars(Soil(40.0, 20.0))) - {"estimated"} == set(LIMITS)


@given(st.floats(1.0, 100.0, exclude_min=True), st.floats(0.0, 1.0))
def test_the_three_fractions_always_make_a_hundred(sand: float, share: float) -> None:
    soil = Soil(sand, share * (100.0 - sand))
    assert abs(soil.sand + soil.clay + soil.silt - 100.0) < 1e-12 and soil.silt > -1e-12
