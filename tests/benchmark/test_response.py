"""Relationships between two variables: made-up responses with known answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.benchmark.worlds import grid, series

from vadose.benchmark.pair import CompareSettings
from vadose.benchmark.response import ResponseResult, ilamb_limits, respond
from vadose.data.series import CellSeries
from vadose.errors import DataError
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.grid.regions import box_region, parse_region

REGIONS = (*parse_region("global"), box_region("east", -60, 60, 0, 170))
SETTINGS = CompareSettings(regions=REGIONS, replicates=0)


def driver(where: LatLonGrid | Sites, seed: int = 0, **changes: float) -> CellSeries:
    """Moisture whose mean differs widely between cells, all land."""
    x = series(where, seed=seed, sea=0.0, **changes)
    spread = np.random.default_rng(100).uniform(0, 1, (where.size, 1)).astype(np.float32)
    return replace(x, values=x.values + spread, land_fraction=np.ones(where.size, np.float32))


def answer(x: CellSeries, slope: float) -> CellSeries:
    return replace(x, name="gpp", units="kg m-2 s-1", source_units="kg m-2 s-1", values=np.float32(slope) * x.values)


def values(result: ResponseResult, mode: str = "exact") -> dict[tuple[str, str], float]:
    return {(s.region, s.score): s.value for s in result.scores if s.mode == mode}


@pytest.mark.parametrize("mode", ["exact", "ilamb2"])
def test_the_same_response_is_perfect(mode: str) -> None:
    x = driver(grid(18, 36))
    found = values(respond(x, answer(x, 2.0), x, answer(x, 2.0), SETTINGS), mode)
    for region in REGIONS:
        assert found[region.name, "relationship_score"] == pytest.approx(1.0, abs=1e-6)
        assert found[region.name, "hellinger_distance"] == pytest.approx(0.0, abs=1e-6)
        assert found[region.name, "valid_bins"] > 15


@pytest.mark.parametrize("mode", ["exact", "ilamb2"])
def test_a_response_twice_as_strong_scores_one_over_e(mode: str) -> None:
    x = driver(grid(18, 36))
    found = values(respond(x, answer(x, 1.0), x, answer(x, 2.0), SETTINGS), mode)
    assert found["global", "relationship_score"] == pytest.approx(np.exp(-1.0), rel=1e-5)


def test_a_wetter_model_with_the_right_response_is_not_punished_for_its_bias() -> None:
    x = driver(grid(18, 36))
    wet = replace(x, values=x.values + np.float32(0.05))
    found = values(respond(x, answer(x, 1.0), wet, answer(wet, 1.0), SETTINGS))
    assert found["global", "relationship_score"] > 0.98


def test_exact_bins_do_not_depend_on_the_model() -> None:
    x = driver(grid(18, 36))
    wet = replace(x, values=3 * x.values)
    edges = [respond(x, answer(x, 1.0), m, answer(m, 1.0), SETTINGS).arrays["x_edges"][1] for m in (x, wet)]
    np.testing.assert_array_equal(*edges)


def test_limits_of_a_study_span_all_its_models() -> None:
    x = driver(grid(18, 36))
    wet = replace(x, values=3 * x.values)
    low, high = ilamb_limits(x, [x, wet])
    assert low < np.percentile(x.values.mean(axis=1), 5)
    assert high > x.values.mean(axis=1).max()


def test_grids_and_gaps_may_differ() -> None:
    x, mx = driver(grid(18, 36), gaps=0.2), driver(grid(15, 28), seed=1)
    y = answer(driver(grid(12, 24), seed=2, gaps=0.1), 1.0)
    result = respond(x, y, mx, answer(mx, 1.0), replace(SETTINGS, replicates=30, bootstrap_cells=300))
    dims = {name: dim for name, (dim, _) in result.arrays.items()}
    assert dims["reference_mean"] == ("region", "bin") and dims["model_histogram"] == ("region", "bin", "ybin")
    for side in ("reference", "model"):
        np.testing.assert_allclose(result.arrays[f"{side}_histogram"][1].sum(axis=(1, 2)), 1.0)
        low, mean, high = (result.arrays[f"{side}_{k}"][1] for k in ("q25", "mean", "q75"))
        valid = result.arrays[f"{side}_valid"][1].astype(bool)
        assert (low[valid] <= high[valid]).all() and np.isfinite(mean[valid]).all()
    row = next(r for r in result.scores if (r.mode, r.region, r.score) == ("exact", "global", "relationship_score"))
    assert 0 <= row.low <= row.value <= row.high <= 1


def test_at_sites_all_is_taken_there() -> None:
    rng = np.random.default_rng(4)
    sites = Sites(rng.uniform(-60, 60, 300), rng.uniform(-170, 170, 300), tuple(f"S{k}" for k in range(300)))
    x, mx = driver(sites), driver(grid(18, 36), seed=1)
    result = respond(x, answer(x, 1.0), mx, answer(mx, 1.0), SETTINGS)
    assert result.arrays["reference_count"][1][0].sum() <= 300
    assert 0 < values(result)["global", "relationship_score"] <= 1


def test_fields_that_do_not_meet_are_refused() -> None:
    x = driver(grid(9, 18))
    north, south = (
        replace(x, cells=x.cells[k], values=x.values[k], land_fraction=x.land_fraction[k])
        for k in (x.cells >= 81, x.cells < 81)
    )
    with pytest.raises(DataError, match="no cell"):
        respond(north, answer(south, 1.0), x, answer(x, 1.0), SETTINGS)
