"""Figures for print."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from vadose.errors import DataError
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.report import figures

SCORES = pd.DataFrame(
    [
        {"model": m, "row": r, "region": "global", "mode": "exact", "score": s, "value": v}
        for r, s, values in (
            ("sm", "overall_score", (0.4, 0.5, 0.6)),
            ("sm--gpp", "relationship_score", (0.7, 0.7, 0.7)),
        )
        for m, v in zip("ABC", values, strict=True)
    ]
)


def test_relative_scale_is_a_standard_score_with_a_floor() -> None:
    z = figures.relative_scale(np.array([[0.4, 0.5, 0.6], [0.7, 0.7, 0.71], [0.1, np.nan, 0.3]]))
    np.testing.assert_allclose(z[0], [-1.2247449, 0, 1.2247449], atol=1e-6)
    np.testing.assert_allclose(z[1], np.array([-1, -1, 2]) / 300 / 0.02, atol=1e-9)
    np.testing.assert_allclose(z[2], [-1, np.nan, 1], atol=1e-9)


def test_the_portrait_shows_comparisons_and_relationships() -> None:
    fig = figures.portrait(SCORES, titles={"sm": "Soil moisture"})
    ax = fig.axes[0]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["Soil moisture", "sm--gpp"]
    assert [t.get_text() for t in ax.texts][:3] == ["0.40", "0.50", "0.60"]
    with pytest.raises(DataError, match="there are regions"):
        figures.portrait(SCORES, region="nowhere")


def test_a_taylor_diagram_places_models_by_angle_and_radius() -> None:
    fig = figures.taylor([0.5, -0.3, np.nan], [1.2, 9.0, 1.0], ["A", "B", "C"], limit=2.0)
    lines = {line.get_label(): line for line in fig.axes[0].lines}
    assert lines["A"].get_xdata()[0] == pytest.approx(np.pi / 3)
    assert lines["A"].get_ydata()[0] == pytest.approx(1.2)
    assert lines["B"].get_ydata()[0] == pytest.approx(2.0)
    assert "C" not in lines
    with pytest.raises(DataError, match="at least one model"):
        figures.taylor([np.nan], [1.0], ["A"])


def test_maps_of_grids_and_sites(tmp_path) -> None:
    grid = LatLonGrid.regular(10.0)
    figures.map(np.cos(np.radians(grid.lat))[:, None] * np.ones(36), grid, title="Cosine").savefig(tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 10_000
    sites = Sites(np.array([19.5, 20.5]), np.array([-155.5, -156.0]), ("a", "b"))
    ax = figures.map(np.array([0.1, 0.2]), sites).axes[0]
    assert ax.get_xlim()[0] < -156 and ax.get_xlim()[1] > -155.5
    with pytest.raises(DataError, match="the grid's shape"):
        figures.map(np.zeros(3), sites)
    with pytest.raises(DataError, match="not missing"):
        figures.map(np.full(2, np.nan), sites)


def test_importing_the_report_does_not_import_matplotlib() -> None:
    code = "import sys, vadose.report.figures, vadose.report.page; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
