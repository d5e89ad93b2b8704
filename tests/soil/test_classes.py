"""Texture classes: a partition of the triangle, equal to the polygons that are drawn."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from matplotlib.path import Path

from vadose.errors import RangeError
from vadose.soil.classes import (
    HYPRES_CLASSES,
    HYPRES_POLYGONS,
    USDA_CLASSES,
    USDA_POLYGONS,
    hypres_class,
    usda_class,
)

SYSTEMS = [(usda_class, USDA_CLASSES, USDA_POLYGONS), (hypres_class, HYPRES_CLASSES, HYPRES_POLYGONS)]


def triangle(step: float) -> tuple[np.ndarray, np.ndarray]:
    """All points of the triangle on a grid, edges included."""
    side = np.round(np.arange(0.0, 100.0 + step / 2, step), 6)
    sand, clay = np.meshgrid(side, side)
    inside = sand + clay <= 100.0
    return sand[inside], clay[inside]


@pytest.mark.parametrize(("function", "names", "polygons"), SYSTEMS)
def test_every_point_has_one_class_and_lies_in_its_polygon(function, names, polygons) -> None:
    sand, clay = triangle(0.5)
    number = function(sand, clay)
    assert set(np.unique(number)) == set(range(len(names)))
    points = np.column_stack([sand, clay])
    assert list(polygons) == list(names)
    for i, name in enumerate(names):
        # On a border two classes are possible, so that polygons are grown a little, whichever way they turn.
        path = Path(polygons[name])
        held = [path.contains_points(points[number == i], radius=r) for r in (1e-3, -1e-3)]
        assert np.all(held[0] | held[1])


@pytest.mark.parametrize(("function", "names", "polygons"), SYSTEMS)
def test_polygons_cover_the_triangle_once(function, names, polygons) -> None:
    def area(corners) -> float:
        x, y = np.array(corners, float).T
        return 0.5 * abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))

    assert sum(area(p) for p in polygons.values()) == pytest.approx(5000.0, rel=1e-12)
    rng = np.random.default_rng(0)
    sand, _, clay = 100.0 * rng.dirichlet([1, 1, 1], 20_000).T
    number = function(sand, clay)
    for i, name in enumerate(names):
        assert np.array_equal(Path(polygons[name]).contains_points(np.column_stack([sand, clay])), number == i)


@pytest.mark.parametrize(
    ("sand", "clay", "name"),
    [
        (92, 5, "sand"), (82, 6, "loamy sand"), (65, 10, "sandy loam"), (20, 15, "silt loam"), (7, 6, "silt"),
        (40, 20, "loam"), (60, 28, "sandy clay loam"), (10, 34, "silty clay loam"), (33, 34, "clay loam"),
        (52, 42, "sandy clay"), (6, 47, "silty clay"), (22, 58, "clay"),
        # On borders, where rounding of 100 - sand - clay must not decide.
        (43.1, 6.9, "silt loam"), (8, 12, "silt loam"), (85, 0, "loamy sand"), (70, 0, "sandy loam"),
        (20, 40, "silty clay"), (45, 40, "clay"), (100, 0, "sand"), (0, 0, "silt"), (0, 100, "clay"),
    ],
)  # fmt: skip
def test_centres_and_borders_of_the_usda_classes(sand: float, clay: float, name: str) -> None:
    assert USDA_CLASSES[usda_class(sand, clay)] == name


@pytest.mark.parametrize(
    ("sand", "clay", "name"),
    [
        (80, 10, "coarse"), (40, 20, "medium"), (70, 25, "medium"), (5, 20, "medium fine"), (30, 45, "fine"),
        (10, 70, "very fine"),
    ],
)  # fmt: skip
def test_centres_of_the_hypres_classes(sand: float, clay: float, name: str) -> None:
    assert HYPRES_CLASSES[hypres_class(sand, clay)] == name


def test_fractions_turned_into_percent_stay_on_their_border() -> None:
    assert USDA_CLASSES[usda_class(100 * 0.5, 100 * 0.07)] == "loam"
    assert USDA_CLASSES[usda_class(100 * 0.29, 100 * 0.21)] == "silt loam"


@pytest.mark.parametrize("function", [usda_class, hypres_class])
def test_jax_gives_the_same_also_when_traced(function) -> None:
    sand, clay = triangle(5.0)
    expected = function(sand, clay)
    assert np.array_equal(jax.jit(function)(jax.numpy.asarray(sand), jax.numpy.asarray(clay)), expected)
    assert expected.dtype.kind == "i"


@pytest.mark.parametrize("function", [usda_class, hypres_class])
def test_bad_numbers_raise_and_bad_elements_are_minus_one(function) -> None:
    with pytest.raises(RangeError, match="at most 100 %, got 80 and 30"):
        function(80, 30)
    bad = function(np.array([80.0, -1.0, np.nan, 40.0]), np.array([30.0, 5.0, 20.0, 20.0]))
    assert bad[:3].tolist() == [-1, -1, -1]
    assert bad[3] >= 0
