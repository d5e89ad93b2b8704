"""Coastlines of the pages: what clipping and packing must keep."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.report.coast import _clipped, coast


def area(ring: np.ndarray) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return 0.5 * abs(float((x * np.roll(y, -1) - np.roll(x, -1) * y).sum()))


@pytest.mark.parametrize(
    ("box", "expected"),
    [((-1, 11, -1, 11), 100.0), ((2, 4, 3, 8), 10.0), ((5, 20, 5, 20), 25.0), ((20, 30, 20, 30), 0.0)],
)
def test_a_square_cut_to_a_box_has_the_area_of_the_overlap(box: tuple[float, ...], expected: float) -> None:
    square = np.array([[0.0, 0], [10, 0], [10, 10], [0, 10]])
    assert area(_clipped(square, box)) == pytest.approx(expected)


def test_a_triangle_over_an_edge() -> None:
    triangle = np.array([[0.0, 0], [4, 0], [0, 4]])
    assert area(_clipped(triangle, (-1.0, 5.0, 2.0, 9.0))) == pytest.approx(2.0)


def test_global_lines_are_whole_hundredths_and_regional_ones_finer_and_few() -> None:
    world = coast([])
    assert "near" not in world
    assert all(isinstance(v, int) and abs(v) <= 36000 for line in world["lines"] for v in line)
    near = coast([(18.5, 22.5, -160.5, -154.5)])["near"]
    assert near["lines"] and near["land"]
    points = np.array([v for line in near["lines"] for v in line]).reshape(-1, 2) / 100
    assert points[:, 0].min() > -163 and points[:, 0].max() < -152
    assert sum(map(len, near["land"])) < 20_000
