"""Overall scores: the published table of Massoud et al. (2026) Fig. A1 and small cases."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.benchmark.pair import CompareSettings
from vadose.metrics.overall import weighted_score

# Model: bias, RMSE, seasonal cycle and spatial distribution scores, and the overall score, as printed.
FIGURE_A1 = {
    "ACCESS-ESM1-5": (0.379, 0.506, 0.752, 0.962, 0.621),
    "AWI-ESM1-1-LR": (0.278, 0.567, 0.824, 0.974, 0.642),
    "BCC-ESM1": (0.265, 0.525, 0.811, 0.939, 0.613),
    "CanESM5-1": (0.267, 0.352, 0.793, 0.882, 0.529),
    "CESM2": (0.377, 0.498, 0.831, 0.637, 0.578),
    "CMCC-ESM2": (0.378, 0.493, 0.830, 0.841, 0.607),
    "CNRM-ESM2-1": (0.365, 0.482, 0.842, 0.984, 0.631),
    "EC-Earth3-CC": (0.322, 0.475, 0.862, 0.844, 0.596),
    "GFDL-ESM4": (0.376, 0.562, 0.807, 0.981, 0.658),
    "GISS-E3-G": (0.356, 0.466, 0.823, 0.907, 0.604),
    "MPI-ESM1-2-LR": (0.277, 0.576, 0.811, 0.978, 0.644),
    "MRI-ESM2-0": (0.356, 0.496, 0.711, 0.936, 0.599),
    "NorESM2-LM": (0.345, 0.476, 0.825, 0.631, 0.550),
    "SAM0-UNICON": (0.375, 0.554, 0.825, 0.949, 0.651),
    "TaiESM1": (0.383, 0.562, 0.833, 0.957, 0.659),
    "UKESM1-0-LL": (0.275, 0.466, 0.795, 0.841, 0.569),
}
MISPRINTED = "CESM2"
NAMES = ("bias_score", "rmse_score", "seasonal_cycle_score", "spatial_score")


@pytest.mark.parametrize("model", [m for m in FIGURE_A1 if m != MISPRINTED])
def test_the_published_overall_scores_come_out(model: str) -> None:
    *components, overall = FIGURE_A1[model]
    found = weighted_score(dict(zip(NAMES, components, strict=True)), CompareSettings().overall_weights)
    # Each printed component is off by up to 0.0005, and so is the printed result: their weighted mean by 0.001.
    assert found == pytest.approx(overall, abs=0.001)


def test_one_row_of_the_paper_contradicts_itself() -> None:
    """The components printed for CESM2 give 0.568, the overall score printed beside them is 0.578."""
    *components, printed = FIGURE_A1[MISPRINTED]
    found = weighted_score(dict(zip(NAMES, components, strict=True)), CompareSettings().overall_weights)
    assert found == pytest.approx(0.568, abs=0.001)
    assert printed - found > 0.009


def test_a_missing_component_leaves_the_others() -> None:
    assert weighted_score({"a": 0.2, "b": np.nan}, {"a": 1.0, "b": 2.0}) == 0.2
    assert weighted_score({"a": 0.2, "b": 0.8}, {"a": 1.0, "b": 2.0}) == pytest.approx(0.6)
    assert np.isnan(weighted_score({"a": np.nan}, {"a": 1.0}))
    assert np.isnan(weighted_score({}, {"a": 1.0}))


def test_arrays_are_scored_element_by_element() -> None:
    out = weighted_score({"a": np.array([0.0, np.nan]), "b": np.array([1.0, 1.0])}, {"a": 1.0, "b": 1.0})
    np.testing.assert_allclose(out, [0.5, 1.0])


def test_the_interannual_score_counts_only_where_it_is_asked_for() -> None:
    assert "interannual_score" not in CompareSettings().overall_weights
    assert CompareSettings(interannual_in_overall=True).overall_weights["interannual_score"] == 1.0
