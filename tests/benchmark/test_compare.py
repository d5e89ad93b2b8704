"""The scoring engine: its kernels against a slow implementation with xarray, and what must hold for any data."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from tests.benchmark.worlds import FIRST, grid, series

from vadose.benchmark.compare import CompareSettings, PairResult, compare
from vadose.data.series import CellSeries
from vadose.errors import ConfigError, DataError, GridMismatch
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.grid.regions import box_region, parse_region
from vadose.grid.regrid import composite
from vadose.metrics import formulas, reduce
from vadose.metrics.bias import bias, bias_score
from vadose.metrics.interannual import interannual_score
from vadose.metrics.overall import weighted_score
from vadose.metrics.rmse import crmse, rmse, rmse_score
from vadose.metrics.seasonal import annual_cycle, phase_shift, seasonal_cycle_score
from vadose.metrics.spatial import spatial_correlation, spatial_score, spatial_std_ratio
from vadose.metrics.taylor import correlation, std_ratio, taylor_skill_score

REGIONS = (*parse_region("global"), box_region("north", 10, 80, -150, 160), box_region("east", -60, 60, 0, 170))
SETTINGS = CompareSettings(regions=REGIONS, replicates=0)
UNIT_SCORES = (
    "bias_score",
    "rmse_score",
    "seasonal_cycle_score",
    "interannual_score",
    "spatial_score",
    "overall_score",
)


def values(result: PairResult, mode: str = "exact") -> dict[tuple[str, str], float]:
    return {(s.region, s.score): s.value for s in result.scores if s.mode == mode}


def unpacked(s: CellSeries) -> xr.DataArray:
    """The series on its whole grid, float64."""
    assert isinstance(s.grid, LatLonGrid)
    full = np.full((s.grid.size, s.months.size), np.nan)
    full[s.cells] = s.values
    dims = ("lat", "lon", "time")
    return xr.DataArray(full.reshape(*s.grid.shape, -1), dims=dims, coords={"time": s.months})


def slow(reference: CellSeries, model: CellSeries, basis: str) -> dict[tuple[str, str], float]:
    """The exact mode, written with the labelled metrics on whole arrays of the composite grid."""
    assert isinstance(reference.grid, LatLonGrid) and isinstance(model.grid, LatLonGrid)
    both = composite(reference.grid, model.grid)
    r = unpacked(reference).isel(lat=both.rows_a, lon=both.cols_a)
    m = unpacked(model).isel(lat=both.rows_b, lon=both.cols_b)
    r, m = reduce.matched(r, m)
    length = reduce.month_lengths(r, "time")
    over = {"over": "time", "weights": length}
    maps = {
        "bias": bias(r, m, **over),
        "bias_score": bias_score(r, m, **over),
        "seasonal_cycle_score": seasonal_cycle_score(r, m, over="time"),
        "interannual_score": interannual_score(r, m, **over),
        "phase_shift": abs(phase_shift(r, m, over="time")) * 12 / 365,
        "period_mean": reduce.mean(m, "time", length),
        "reference_period_mean": reduce.mean(r, "time", length),
    }
    if basis == "series":
        maps |= {"rmse": rmse(r, m, **over), "crmse": crmse(r, m, **over), "rmse_score": rmse_score(r, m, **over)}
    else:
        a, b = annual_cycle(r, over="time"), annual_cycle(m, over="time")
        by_month = {"over": "month", "weights": a["month"].copy(data=formulas.MONTH_LENGTH[a["month"].values])}
        scale = reduce.deviation(r, "time", length)
        maps |= {"rmse": rmse(a, b, **by_month), "crmse": crmse(a, b, **by_month)}
        maps["rmse_score"] = rmse_score(a, b, **by_month, scale=scale)
    fraction = [np.full(s.grid.size, np.nan) for s in (reference, model)]
    for f, s in zip(fraction, (reference, model), strict=True):
        f[s.cells] = s.land_fraction
    land = np.fmin(fraction[0][both.index_a], fraction[1][both.index_b])
    area = xr.DataArray(both.grid.area * np.nan_to_num(land), dims=("lat", "lon"))
    out = {}
    for region in REGIONS:
        inside = xr.DataArray(region.mask(both.grid), dims=("lat", "lon"))
        w = area.where(inside, 0.0)
        found = {k: float(reduce.mean(v, ("lat", "lon"), w)) for k, v in maps.items()}
        one, two = maps["reference_period_mean"].where(inside), maps["period_mean"].where(inside)
        for name, f in (
            ("spatial_correlation", spatial_correlation),
            ("spatial_std_ratio", spatial_std_ratio),
            ("spatial_score", spatial_score),
        ):
            found[name] = float(f(one, two, over=("lat", "lon")))
        found["overall_score"] = weighted_score(found, SETTINGS.overall_weights)
        one, two = (reduce.mean(x, ("lat", "lon"), w) for x in (r, m))
        for name, f in (
            ("temporal_correlation", correlation),
            ("temporal_std_ratio", std_ratio),
            ("temporal_crmse", crmse),
            ("taylor_skill_score", taylor_skill_score),
        ):
            found[name] = float(f(one, two, **over))
        found["cells"] = float((inside & maps["bias"].notnull()).sum())
        out.update({(region.name, k): v for k, v in found.items()})
    return out


@pytest.mark.parametrize("basis", ["cycle", "series"])
@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_the_kernels_equal_the_labelled_metrics(basis: str, gaps: float) -> None:
    reference, model = series(grid(18, 36), gaps=gaps), series(grid(15, 28), seed=1, gaps=gaps / 2)
    found = values(compare(reference, model, replace(SETTINGS, rmse_basis=basis)))  # type: ignore[arg-type]
    expected = slow(reference, model, basis)
    assert len(expected) > 50
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, rel=1e-10, abs=1e-12), key


def test_months_of_one_side_only_and_partial_years_are_left_out() -> None:
    reference, model = series(grid(18, 36), gaps=0.1, first=FIRST + 5, months=40), series(grid(15, 28), seed=1)
    found, expected = values(compare(reference, model, SETTINGS)), slow(*_cut(reference, model), "cycle")
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, rel=1e-10, abs=1e-12), key


def _cut(reference: CellSeries, model: CellSeries) -> tuple[CellSeries, CellSeries]:
    first, last = FIRST + 5, FIRST + 44
    return reference.between(first, last), model.between(first, last)


@pytest.mark.parametrize("mode", ["exact", "ilamb2"])
@pytest.mark.parametrize("basis", ["cycle", "series"])
def test_a_model_that_is_the_reference_is_perfect(mode: str, basis: str) -> None:
    reference = series(grid(18, 36), gaps=0.1)
    result = compare(reference, reference, replace(SETTINGS, rmse_basis=basis))  # type: ignore[arg-type]
    found = values(result, mode)
    for region in REGIONS:
        for name in (*UNIT_SCORES, "taylor_skill_score", "spatial_correlation"):
            assert found[region.name, name] == pytest.approx(1.0, abs=1e-6), name
        for name in ("bias", "rmse", "crmse", "phase_shift", "temporal_crmse"):
            assert found[region.name, name] == pytest.approx(0.0, abs=1e-6), name


def test_a_shift_of_all_values_costs_bias_only() -> None:
    reference = series(grid(18, 36))
    model = replace(reference, values=reference.values + np.float32(0.01))
    found = values(compare(reference, model, SETTINGS))
    assert found["global", "bias"] == pytest.approx(0.01, rel=1e-5)
    assert found["global", "bias_score"] < 0.9
    for name in ("rmse_score", "seasonal_cycle_score", "interannual_score", "spatial_score"):
        assert found["global", name] == pytest.approx(1.0, abs=1e-5)


def test_scores_lie_in_their_range_and_intervals_hold_them() -> None:
    settings = replace(SETTINGS, replicates=60, bootstrap_cells=200)
    result = compare(series(grid(18, 36), gaps=0.1), series(grid(15, 28), seed=1), settings)
    for row in result.scores:
        if row.score in UNIT_SCORES:
            assert 0 <= row.value <= 1
        if np.isfinite(row.low):
            assert row.low <= row.value <= row.high, row
    with_interval = {r.score for r in result.scores if np.isfinite(r.low)}
    assert set(UNIT_SCORES) | {"bias", "taylor_skill_score", "phase_shift"} <= with_interval


def test_the_interval_of_a_bias_is_its_standard_error() -> None:
    # Years of independent noise, the same in every cell: the bias of n years has the error sigma / sqrt(n).
    where, years = grid(6, 12), 40
    noise = np.random.default_rng(5).normal(0, 0.02, years)
    reference = series(where, months=12 * years, sea=0.0)
    model = replace(reference, values=(reference.values + np.repeat(noise, 12)).astype(np.float32))
    result = compare(reference, model, replace(SETTINGS, replicates=800))
    row = next(r for r in result.scores if (r.mode, r.region, r.score) == ("exact", "global", "bias"))
    assert row.value == pytest.approx(noise.mean(), abs=1e-6)
    assert (row.high - row.low) / (2 * 1.96) == pytest.approx(noise.std() / np.sqrt(years), rel=0.1)


def test_intervals_do_not_depend_on_the_order_of_work() -> None:
    settings = replace(SETTINGS, replicates=20)
    pairs = [(series(grid(9, 18), seed=k), series(grid(8, 14), seed=9 + k)) for k in range(2)]
    first = [compare(r, m, settings).scores for r, m in pairs]
    second = [compare(r, m, settings).scores for r, m in reversed(pairs)][::-1]
    assert repr(first) == repr(second)
    assert repr(first) != repr([compare(r, m, replace(settings, seed=1)).scores for r, m in pairs])


def test_cells_that_the_sample_leaves_out_change_the_interval_little() -> None:
    reference, model = series(grid(36, 72)), series(grid(30, 56), seed=1)
    widths = []
    for cells in (0, 500):
        rows = compare(reference, model, replace(SETTINGS, replicates=100, bootstrap_cells=cells)).scores
        widths.append({(r.mode, r.region, r.score): r.high - r.low for r in rows if np.isfinite(r.low)})
    assert widths[0].keys() == widths[1].keys()
    for score in ("bias_score", "rmse_score"):
        a, b = (w["exact", "global", score] for w in widths)
        assert b == pytest.approx(a, rel=0.5)


def test_mass_weighting_weighs_cells_by_the_reference() -> None:
    where = LatLonGrid.regular(90.0)
    reference = series(where, sea=0.0)
    wet = np.arange(where.size) % 2 == 0
    values_ = reference.values + np.where(wet, 9.0, 0.0)[:, None].astype(np.float32)
    reference = replace(reference, values=values_, land_fraction=np.ones(where.size, np.float32))
    model = replace(reference, values=reference.values + np.where(wet, 0.0, 1.0)[:, None].astype(np.float32))
    plain, weighted = (
        values(compare(reference, model, replace(SETTINGS, mass_weighting=on)))["global", "bias_score"]
        for on in (False, True)
    )
    assert plain == pytest.approx(0.5, abs=0.01)
    assert weighted > 0.95


def test_quantiles_and_uncertainty_change_the_scores_they_should() -> None:
    reference = series(grid(18, 36))
    model = replace(reference, values=reference.values + np.float32(0.01))
    by_quantile = values(compare(reference, model, replace(SETTINGS, quantiles=(("global", 0.04, 1.0),))))
    assert by_quantile["global", "bias_score"] == pytest.approx(0.75, abs=1e-4)
    assert by_quantile["global", "rmse_score"] == pytest.approx(1.0, abs=1e-4)
    certain = values(compare(reference, model, replace(SETTINGS, uncertainty=0.02)))
    assert certain["global", "bias_score"] == 1.0
    by_cell = np.where(np.arange(reference.cells.size) % 2, 0.02, 0.0)
    between = values(compare(reference, model, SETTINGS, by_cell))["global", "bias_score"]
    assert values(compare(reference, model, SETTINGS))["global", "bias_score"] < between < 1.0


def test_a_reference_that_never_changes_has_no_scale() -> None:
    reference = series(grid(6, 12))
    flat = replace(reference, values=np.full_like(reference.values, 0.3))
    found = values(compare(flat, reference, replace(SETTINGS, replicates=20)))
    for name in ("bias_score", "rmse_score", "interannual_score"):
        assert np.isnan(found["global", name])
    assert np.isfinite(found["global", "bias"])


def test_a_common_grid_averages_both_sides_first() -> None:
    reference, model = series(grid(36, 72), sea=0.0), series(grid(24, 48), sea=0.0, seed=1)
    result = compare(reference, model, replace(SETTINGS, grid="conservative:15"))
    assert result.map_grid.shape == (12, 24)
    assert values(result)["global", "cells"] == 12 * 24
    weights = reference.grid.area.ravel() * reference.land_fraction  # type: ignore[union-attr]
    mean = values(compare(reference, reference, replace(SETTINGS, grid="conservative:15")))["global", "period_mean"]
    time = reference.values.astype(float) @ formulas.MONTH_LENGTH[reference.months % 12] / 365 / 5
    assert mean == pytest.approx((weights * time).sum() / weights.sum(), rel=1e-6)


def test_sites_are_compared_with_the_cells_that_hold_them() -> None:
    model = series(grid(18, 36), sea=0.0)
    sites = Sites(np.array([5.0, -47.0]), np.array([-179.0, 33.0]), ("A", "B"))
    towers = series(sites, sea=0.0)
    result = compare(towers, model, SETTINGS)
    assert result.map_grid is sites and result.maps["bias"].shape == (2,)
    cell = {"A": 9 * 36 + 0, "B": 4 * 36 + 21}
    for k, name in enumerate(sites.names):
        expected = bias(_one(towers, k), _one(model, cell[name]), over="time", weights=_lengths(model))
        assert result.maps["bias"][k] == pytest.approx(float(expected), rel=1e-5)
    found = values(result)
    assert found["global", "bias"] == pytest.approx(result.maps["bias"].mean(), rel=1e-5), "sites count equally"
    assert ("global", "spatial_score") not in values(result, "ilamb2"), "ILAMB has none for sites"


def _one(s: CellSeries, row: int) -> xr.DataArray:
    return xr.DataArray(s.values[row].astype(float), dims="time", coords={"time": s.months})


def _lengths(s: CellSeries) -> xr.DataArray:
    return reduce.month_lengths(_one(s, 0), "time")


def test_a_site_by_the_sea_takes_the_nearest_land_cell_and_says_so() -> None:
    whole = series(grid(18, 36), sea=0.0)
    sea = 9 * 36 + 18
    keep = whole.cells != sea
    model = replace(whole, values=whole.values[keep], cells=whole.cells[keep], land_fraction=whole.land_fraction[keep])
    towers = series(Sites(np.array([9.0]), np.array([5.0]), ("Coast",)), sea=0.0)
    result = compare(towers, model, SETTINGS)
    assert any("Coast" in w for w in result.warnings)
    north = bias(_one(towers, 0), _one(whole, sea + 36), over="time", weights=_lengths(whole))
    assert result.maps["bias"][0] == pytest.approx(float(north), rel=1e-5)


def test_maps_follow_the_headline_mode() -> None:
    reference, model = series(grid(18, 36)), series(grid(15, 28), seed=1)
    for mode in ("exact", "ilamb2"):
        result = compare(reference, model, replace(SETTINGS, headline=mode))  # type: ignore[arg-type]
        assert result.maps["bias"].shape == result.map_grid.shape
        assert result.maps["bias"].dtype == np.float32
        assert np.isfinite(result.maps["bias"]).sum() == values(result, mode)["global", "cells"]
        assert result.curves["cycle_model"].shape == (3, 12)
        assert result.curves["series_reference"].shape == (3, 60)
        assert result.curves["scatter"][0].sum() == np.isfinite(result.maps["bias"]).sum()
        phases = result.maps["reference_phase"]
        assert set(np.unique(phases[np.isfinite(phases)])) <= set(range(1, 13))


def test_views_and_mapped_files_give_the_numbers_of_arrays(tmp_path) -> None:  # type: ignore[no-untyped-def]
    reference, model = series(grid(9, 18)), series(grid(8, 14), seed=1)
    model.save(tmp_path / "model")
    mapped = CellSeries.load(tmp_path / "model")
    strided = replace(reference, values=np.asfortranarray(reference.values))
    assert repr(compare(strided, mapped, SETTINGS).scores) == repr(compare(reference, model, SETTINGS).scores)


def test_bad_input_is_refused_with_a_reason() -> None:
    reference, model = series(grid(9, 18)), series(grid(8, 14), seed=1)
    with pytest.raises(DataError, match="share no month"):
        compare(reference, replace(model, months=model.months + 600), SETTINGS)
    with pytest.raises(DataError, match="units differ"):
        compare(reference, replace(model, units="kg m-2"), SETTINGS)
    with pytest.raises(ConfigError, match="regions"):
        compare(reference, model, replace(SETTINGS, regions=()))
    with pytest.raises(ConfigError, match="grid"):
        compare(reference, model, replace(SETTINGS, grid="conservative:fine"))
    with pytest.raises(ConfigError, match="weights"):
        CompareSettings(weights={"bias": 1.0})
    with pytest.raises(GridMismatch, match="on sites"):
        compare(reference, series(Sites(np.zeros(1), np.zeros(1), ("A",)), sea=0.0), SETTINGS)
    half = reference.cells < 81
    south, north = (
        replace(
            reference, cells=reference.cells[k], values=reference.values[k], land_fraction=reference.land_fraction[k]
        )
        for k in (half, ~half)
    )
    with pytest.raises(DataError, match="no cell"):
        compare(south, north, SETTINGS)


def test_a_region_without_cells_is_empty_and_named() -> None:
    regions = (*REGIONS, box_region("nowhere", 89.9, 89.95, 0, 0.1))
    result = compare(
        series(grid(9, 18)), series(grid(8, 14), seed=1), replace(SETTINGS, regions=regions, replicates=20)
    )
    found = values(result)
    assert found["nowhere", "cells"] == 0
    assert np.isnan(found["nowhere", "overall_score"])
    assert any("nowhere" in w for w in result.warnings)


def test_sea_cells_of_the_model_count_in_the_ilamb2_mode_only() -> None:
    reference, model = series(grid(9, 18), sea=0.0), series(grid(9, 18), sea=0.0, seed=1)
    wet = np.arange(model.cells.size) < 60
    model = replace(model, land_fraction=np.where(wet, 0.0, model.land_fraction).astype(np.float32))
    result = compare(reference, model, SETTINGS)
    assert values(result)["global", "cells"] == 162 - 60
    assert values(result, "ilamb2")["global", "cells"] == 162
