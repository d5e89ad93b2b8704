"""The texture triangle as a picture: what it draws, and that names keep inside their classes."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.path import Path

from vadose.errors import ConfigError, DataError
from vadose.soil.classes import HYPRES_CLASSES, USDA_CLASSES
from vadose.soil.triangle import CLASSES, HEIGHT, PLACES, position, ternary

SAND, _, CLAY = 100.0 * np.random.default_rng(0).dirichlet([1, 1, 1], 30).T


@pytest.fixture(autouse=True)
def close():
    """No figure outlives its test."""
    yield
    plt.close("all")


def test_corners_stand_where_the_soil_survey_draws_them() -> None:
    assert position(100, 0) == pytest.approx((0, 0))
    assert position(0, 0) == pytest.approx((1, 0))
    assert position(0, 100) == pytest.approx((0.5, HEIGHT))


@pytest.mark.parametrize("system", ["usda", "hypres"])
def test_names_stand_in_their_class_and_do_not_touch_each_other(system: str) -> None:
    ax = ternary(classes=system)
    ax.figure.canvas.draw()
    names = {t.get_text().replace("\n", " "): t for t in ax.texts}
    wanted = USDA_CLASSES if system == "usda" else HYPRES_CLASSES
    assert set(wanted) <= set(names)
    for name in wanted:
        sand, clay, _, _ = PLACES[name]
        assert Path(CLASSES[system][name]).contains_point((sand, clay))
    flat = [t.get_window_extent() for t in ax.texts if t.get_rotation() == 0]
    assert not any(a.overlaps(b) for i, a in enumerate(flat) for b in flat[:i])


def test_points_and_fields_carry_a_colour_bar() -> None:
    for field in (False, True):
        ax = ternary(SAND, CLAY, SAND * CLAY, field=field, label="q (m s-1)")
        assert ax.figure.axes[-1].get_ylabel() == "q (m s-1)"
    assert len(ternary(SAND, CLAY).figure.axes) == 1


def test_impossible_and_missing_soils_are_left_out() -> None:
    sand, clay = np.array([40.0, 80.0, np.nan, 20.0]), np.array([20.0, 40.0, 10.0, 30.0])
    points = ternary(sand, clay, np.array([1.0, 2.0, 3.0, np.nan])).collections[0]
    assert points.get_offsets().shape == (1, 2)


def test_it_draws_into_axes_that_are_given() -> None:
    _, ax = plt.subplots()
    assert ternary(40.0, 20.0, ax=ax, classes=None, color="black") is ax


def test_wrong_choices_are_told() -> None:
    with pytest.raises(ConfigError, match="'fao'; expected one of usda, hypres"):
        ternary(classes="fao")
    with pytest.raises(DataError, match="a field needs values"):
        ternary(SAND, CLAY, field=True)
    with pytest.raises(DataError, match="values must have the shape"):
        ternary(SAND, CLAY, SAND[:3])
