"""The multi-model mean on constructed models: steps, groups, regions, budgets of memory, P - E coupling."""

from __future__ import annotations

import json
from collections.abc import Callable

import numpy as np
import pytest
import xarray as xr

from vadose.benchmark.common import CommonGrid, blocks, cell_correlation
from vadose.benchmark.multimodel import MultiModelSettings, multimodel
from vadose.benchmark.skill import taylor_of_series
from vadose.benchmark.stepwise import HIGH, LOW, MMEM, StepwiseMean, parents_of, resolution_groups
from vadose.data.series import CellSeries
from vadose.grid.latlon import LatLonGrid, Sites
from vadose.grid.regions import parse_region
from vadose.metrics.significance import correlation_p_value, effective_sample_size

FIRST, MONTHS = 12 * 2000, 60
SETTINGS = MultiModelSettings(FIRST, FIRST + MONTHS - 1, step=5.0)
RNG = np.random.default_rng(11)
SEASON = np.cos(2 * np.pi * np.arange(MONTHS) / 12)
NOISE = RNG.normal(size=MONTHS)


def series(
    values: np.ndarray | float, step: float = 5.0, cells: np.ndarray | None = None, start: int = FIRST
) -> CellSeries:
    """A packed series on a global grid; values [time] or [cell, time]."""
    grid = LatLonGrid.regular(step)
    cells = np.arange(grid.size) if cells is None else cells
    values = np.atleast_2d(np.asarray(values, np.float32))
    if values.shape == (1, 1):
        values = np.full((1, MONTHS), values.item(), np.float32)
    values = np.ascontiguousarray(np.broadcast_to(values, (cells.size, values.shape[1])))
    months = np.arange(start, start + values.shape[1], dtype=np.int32)
    return CellSeries(
        "soil_moisture", "m3 m-3", values, cells.astype(np.int32), months, grid, np.ones(cells.size, "f4")
    )


def comparison(row: str, variable: str = "soil_moisture", reference: str = "ERA5", depth: object = (0.0, 0.1)) -> dict:
    return {"id": row, "reference": reference, "variable": variable, "units": "1", "title": row, "depth": depth}


def model(name: str, parent: str = "", latitudes: int = 90) -> dict:
    return {"name": name, "parent": parent, "resolution": [180 / latitudes, 2.0]}


def study(
    fields: dict[str, CellSeries | None],
    reference: CellSeries,
    models: list[dict],
    settings: MultiModelSettings = SETTINGS,
) -> xr.Dataset:
    """One comparison, "sm"."""
    out = multimodel([comparison("sm")], models, lambda m, c: fields[m], lambda c: reference, settings)
    assert out is not None
    return out


CNRM = [model("CNRM-CM6-1", "CNRM", 128), model("CNRM-CM6-1-HR", "CNRM", 360), model("CNRM-ESM2-1", "CNRM", 128)]


def test_three_models_of_one_parent_count_once() -> None:
    fields = dict(
        zip(("CNRM-CM6-1", "CNRM-CM6-1-HR", "CNRM-ESM2-1", "MIROC6"), map(series, (1.0, 2.0, 6.0, 9.0)), strict=True)
    )
    out = study(fields, series(4.0), [*CNRM, model("MIROC6", "", 128)])
    land = out["mean_mmem"].isel(row=0)
    assert np.nanmax(abs(land - 6.0)) < 1e-6
    assert float(land.sel(lat=2.5, lon=22.5)) == pytest.approx(6.0)
    assert float(out["mean_reference"].sel(lat=2.5, lon=22.5).item()) == pytest.approx(4.0)
    assert float(out["bias_ratio"].sel(lat=2.5, lon=22.5).item()) == pytest.approx((6 - 4) / 6)
    assert float(out["spread"].sel(lat=2.5, lon=22.5).item()) == pytest.approx(np.std([3, 9], ddof=1))
    cycle = out["cycle"].sel(row="sm", region="qiao:C-AF", month=7)
    assert float(cycle.sel(source=MMEM)) == pytest.approx(6)
    assert float(cycle.sel(source=HIGH)) == pytest.approx(2)
    assert float(cycle.sel(source=LOW)) == pytest.approx(((1 + 6) / 2 + 9) / 2)
    assert float(cycle.sel(source="reference")) == pytest.approx(4)
    assert json.loads(out.attrs["parents"]) == {"CNRM": [m["name"] for m in CNRM], "MIROC6": ["MIROC6"]}
    assert out.attrs["steps"] == "CNRM: mean of CNRM-CM6-1, CNRM-CM6-1-HR, CNRM-ESM2-1; MIROC6"
    assert json.loads(out.attrs["resolution_high"]) == ["CNRM-CM6-1-HR"]


def test_models_on_other_cells_do_not_pull_the_mean() -> None:
    grid = LatLonGrid.regular(5.0)
    north = np.flatnonzero(np.repeat(grid.lat > 0, grid.lon.size))
    models = [model("A", "P"), model("B", "P"), model("C")]
    out = study({"A": series(1.0), "B": series(3.0, cells=north), "C": series(8.0)}, series(4.0), models)
    mean = out["mean_mmem"].isel(row=0)
    assert float(mean.sel(lat=42.5, lon=22.5)) == pytest.approx((2 + 8) / 2)
    assert float(mean.sel(lat=-22.5, lon=22.5)) == pytest.approx((1 + 8) / 2)


def test_the_joint_mask_is_that_of_each_model() -> None:
    """B has the northern half of C-AF only: its reference mean there must come from the same cells."""
    grid = LatLonGrid.regular(5.0)
    field = np.repeat(np.where(grid.lat > 0, 1.0, 3.0), grid.lon.size)[:, None] + 0.1 * NOISE
    north = np.flatnonzero(np.repeat(grid.lat > 0, grid.lon.size))
    copies = {"A": series(field), "B": series(field[north], cells=north)}
    out = study(copies, series(field), [model("A"), model("B")])
    assert out["tss"].sel(source=["A", "B", MMEM], region="qiao:C-AF").values == pytest.approx(1.0)
    assert out["crps"].sel(region="qiao:C-AF").item() == pytest.approx(0.0, abs=1e-6)


def test_a_missing_model_and_no_model() -> None:
    out = study({"A": None, "B": series(2.0)}, series(4.0), [model("A"), model("B")])
    assert float(out["mean_mmem"].sel(lat=2.5, lon=22.5).item()) == pytest.approx(2.0)
    assert out["tss"].sel(source="A").isnull().all()
    out = study({"A": None}, series(4.0), [model("A")])
    assert out["mean_mmem"].isnull().all()


def test_sites_and_references_without_months_are_left_out() -> None:
    sites = Sites(np.array([1.0]), np.array([2.0]), ("s",))
    at = CellSeries(
        "gpp", "1", np.ones((1, 2), "f4"), np.zeros(1, "i4"), np.array([FIRST, FIRST + 1]), sites, np.ones(1)
    )
    for found in (at, None, series(1.0, start=FIRST + 600)):
        reference_of = {"x": found}.__getitem__
        assert multimodel([comparison("x")], [model("A")], lambda m, c: None, reference_of, SETTINGS) is None


def test_greenland_and_antarctica_are_out() -> None:
    out = study({"A": series(2.0)}, series(4.0), [model("A")])
    assert out["mean_mmem"].sel(lat=72.5, lon=-42.5).isnull().all()
    assert out["mean_mmem"].sel(lat=-82.5).isnull().all()
    assert out["mean_mmem"].sel(lat=-32.5, lon=142.5).notnull().all()


def test_regridding_conserves_the_area_integral() -> None:
    common = CommonGrid(LatLonGrid.regular(3.0))
    source = series(RNG.normal(size=(LatLonGrid.regular(2.0).size, 3)), step=2.0)
    every = np.arange(common.grid.size)
    field = common.field(source, every, source.months)
    ours = common.grid.area.ravel() @ field.astype(float)
    theirs = source.grid.area.ravel() @ source.values.astype(float)
    assert ours == pytest.approx(theirs, rel=1e-5, abs=1e-6 * source.grid.area.sum())
    assert common.fraction(source) == pytest.approx(1.0)
    part = common.field(source, every[500:900], source.months)
    assert np.array_equal(part, field[500:900])


def test_months_outside_the_series_are_missing() -> None:
    common = CommonGrid(LatLonGrid.regular(5.0))
    field = common.field(series(1.0, start=FIRST + 6), np.arange(40), np.arange(FIRST, FIRST + 12))
    assert np.isnan(field[:, :6]).all()
    assert (field[:, 6:] == 1).all()


def test_blocks_do_not_change_a_number() -> None:
    size = LatLonGrid.regular(4.0).size
    fields = {m: series(RNG.normal(1, 0.2, (size, MONTHS)), step=4.0) for m in "ABC"}
    reference = series(RNG.normal(1, 0.2, (LatLonGrid.regular(5.0).size, MONTHS)))
    models = [model("A", "P"), model("B", "P", 200), model("C")]
    whole = study(fields, reference, models)
    small = MultiModelSettings(SETTINGS.first, SETTINGS.last, step=5.0, memory=95.0 * MONTHS * 300)
    assert len(list(blocks(np.arange(2000), MONTHS, 95.0, small.memory))) > 5
    xr.testing.assert_allclose(whole, study(fields, reference, models, small), rtol=1e-12)


def test_taylor_statistics_by_construction() -> None:
    """Orthogonal parts: m = 0.5 r + e with std(e) = 0.5 std(r) has R = 1/sqrt(2) and sigma = 1/sqrt(2)."""
    t = 2 * np.pi * np.arange(240) / 12
    r, e = np.cos(t), np.sin(t)
    for offset in (0.0, 100.0):
        found = taylor_of_series(r[None] + offset, (0.5 * r + 0.5 * e)[None])
        sigma = 1 / np.sqrt(2)
        tss = 4 * (1 + sigma) / ((sigma + 1 / sigma) ** 2 * 2)
        expected = [sigma, sigma, np.sqrt(1 + 0.5 - 2 * sigma * sigma), tss]
        assert [float(x[0]) for x in found] == pytest.approx(expected, abs=1e-9)


def test_taylor_needs_a_year_and_variance() -> None:
    r = np.sin(np.arange(24.0))
    assert np.isnan(taylor_of_series(np.where(np.arange(24) < 11, r, np.nan), r)[3])
    assert np.isnan(taylor_of_series(r, np.ones(24))[0])
    assert np.isnan(taylor_of_series(r, np.ones(24))[3])


def test_counts_of_skill() -> None:
    good, bad = series(SEASON + 5), series(-SEASON + 5)
    out = study({"A": good, "B": bad}, series(2 * SEASON + 4), [model("A"), model("B")])
    # A: R = 1, sigma = 1/2, TSS = 4 / 2.5^2 = 0.64; B: R = -1, TSS = 0.
    assert out["tss"].sel(row="sm", source="A", region="qiao:EUR").item() == pytest.approx(0.64, abs=1e-5)
    assert out["tss"].sel(row="sm", source="B", region="qiao:EUR").item() == pytest.approx(0.0, abs=1e-5)
    assert out["models_above"].sel(row="sm", region="qiao:EUR").item() == 1
    assert out["regions_above"].sel(row="sm", source="A").item() == 13
    assert out["regions_above"].sel(row="sm", source="B").item() == 0


def test_crps_and_ranks_of_the_ensemble() -> None:
    fields = {"A": series(1.0), "B": series(3.0), "C": None}
    out = study(fields, series(2.0), [model("A"), model("B"), model("C")])
    # mean |x - y| = 1, mean |x - x'| / 2 = 1/2
    assert out["crps"].sel(row="sm", region="qiao:EUR").item() == pytest.approx(0.5)
    assert out["rank_histogram"].sel(row="sm", region="qiao:EUR").values.tolist()[:3] == [0, 1, 0]
    assert np.isnan(out["rank_histogram"].sel(row="sm", region="qiao:EUR").values[3])


def balance(
    moisture: np.ndarray, precipitation: np.ndarray, evaporation: np.ndarray, runoff: np.ndarray | None = None
) -> Callable[[str], CellSeries | None]:
    fields = {"sm": moisture, "pr": precipitation, "et": evaporation, "ro": runoff, "deep": -moisture}
    return lambda c: None if fields[c] is None else series(fields[c])


COMPARISONS = [
    comparison("deep", depth=(0.0, 2.0)),
    comparison("sm"),
    comparison("pr", "precipitation", depth=None),
    comparison("et", "evapotranspiration", depth=None),
    comparison("ro", "surface_runoff", depth=None),
]


def test_water_balance_rows_and_coupling() -> None:
    runoff = np.full(MONTHS, 0.25)
    reference = balance(NOISE, 2 + NOISE, np.ones(MONTHS), runoff)
    members = {"A": balance(NOISE, 3 + NOISE, np.ones(MONTHS), runoff), "B": balance(NOISE, 3 - NOISE, np.ones(MONTHS))}
    out = multimodel(COMPARISONS, [model("A"), model("B")], lambda m, c: members[m](c), reference, SETTINGS)
    assert out is not None
    assert out["row"].values.tolist() == ["deep", "sm", "pr", "et", "ro", "p-e:ERA5", "p-e-r:ERA5"]
    at = {"lat": 2.5, "lon": 22.5}
    assert out["mean_mmem"].sel(row="p-e:ERA5", **at).item() == pytest.approx(2.0, abs=0.2)
    # B has no runoff: P - E - R is that of A.
    assert out["tss"].sel(row="p-e-r:ERA5", source="B").isnull().all()
    mean = np.average(2 + NOISE - 0.25, weights=np.tile([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], 5))
    assert out["mean_mmem"].sel(row="p-e-r:ERA5", **at).item() == pytest.approx(mean, rel=1e-5)
    assert out["pe_row"].values.tolist() == ["sm"]
    here = out["pe_correlation"].sel(pe="ERA5", **at)
    assert here.sel(pe_source="reference").item() == pytest.approx(1.0)
    assert np.isnan(here.sel(pe_source=MMEM).item())  # the noise of A and B cancels in P - E
    assert bool(out["pe_significant"].sel(pe="ERA5", pe_source="reference", **at))
    assert not bool(out["pe_significant"].sel(pe="ERA5", pe_source=MMEM, **at))
    assert out["pe_sample_size"].sel(pe="ERA5", pe_source="reference", **at).item() <= MONTHS


def test_ratios_near_zero_are_missing() -> None:
    grid = LatLonGrid.regular(5.0)
    field = np.where(np.repeat(grid.lat, grid.lon.size) > 0, 1.0, 1e-5)[:, None] * np.ones(MONTHS)
    out = study({"A": series(field)}, series(0.5), [model("A")])
    assert out["bias_ratio"].sel(row="sm", lat=42.5, lon=22.5).item() == pytest.approx(0.5)
    assert np.isnan(out["bias_ratio"].sel(row="sm", lat=-22.5, lon=22.5).item())


def test_resolution_groups_of_the_paper() -> None:
    """001 Table 2: 160 latitudes and more are high."""
    high = {"BCC-CSM2-MR": 160, "CESM2": 192, "CNRM-CM6-1-HR": 360, "E3SM-1-0": 180, "GFDL-CM4": 180, "MRI-ESM2-0": 160}
    low = {
        "ACCESS-CM2": 144,
        "ACCESS-ESM1-5": 145,
        "CanESM5": 64,
        "CNRM-CM6-1": 128,
        "IPSL-CM6A-LR": 143,
        "GISS-E2-1-G": 90,
    }
    groups = resolution_groups([model(n, "", k) for n, k in (high | low).items()])
    assert set(groups[HIGH]) == set(high)
    assert set(groups[LOW]) == set(low)
    named = resolution_groups([model("A"), model("B", "", 300)], high=("A",))
    assert named == {HIGH: ["A"], LOW: ["B"]}
    assert resolution_groups([{"name": "A", "resolution": None}]) == {HIGH: [], LOW: []}


def test_parents() -> None:
    assert parents_of([model("A"), model("B", "P"), model("C", "P")]) == {"A": ["A"], "P": ["B", "C"]}


def test_stepwise_mean_alone_is_the_same() -> None:
    one, two = StepwiseMean((3,)), StepwiseMean((3,))
    for field in (np.array([1, np.nan, 3], "f4"), np.array([5, 7, np.nan], "f4")):
        one.add(field, alone=True)
        two.add(field)
        two.close_parent()
    assert np.array_equal(one.mean(), two.mean())
    assert one.mean().tolist() == [3, 7, 3]


def noise(phi: float, cells: int, months: int, seed: int) -> np.ndarray:
    shocks = np.random.default_rng(seed).normal(size=(cells, months))
    out = np.empty_like(shocks)
    out[:, 0] = shocks[:, 0] / np.sqrt(1 - phi**2)
    for t in range(1, months):
        out[:, t] = phi * out[:, t - 1] + shocks[:, t]
    return out.astype(np.float32)


def test_memory_does_not_make_correlations_significant() -> None:
    """Unrelated AR(1) series: 5 % false positives with the effective sample size, many without it."""
    x, y = noise(0.8, 3000, 540, 1), noise(0.8, 3000, 540, 2)
    r, r1, r2, n = cell_correlation(x, y, np.arange(540) % 12, False)
    assert r1 == pytest.approx(0.8, abs=0.15)
    honest = (correlation_p_value(r, effective_sample_size(n, r1, r2)) < 0.05).mean()
    naive = (correlation_p_value(r, n) < 0.05).mean()
    assert honest == pytest.approx(0.05, abs=0.015)
    assert naive > 0.25


def test_correlation_by_cell_with_gaps_and_seasons() -> None:
    x, y = noise(0.3, 4, 120, 3), noise(0.3, 4, 120, 4)
    y[0, 7] = x[0, 50] = np.nan
    y[1] = 2.0
    season = 50 * np.cos(2 * np.pi * np.arange(120) / 12)
    calendar = np.arange(120) % 12
    plain = cell_correlation(x, y, calendar, False)[0]
    known = np.isfinite(x[0]) & np.isfinite(y[0])
    assert plain[0] == pytest.approx(np.corrcoef(x[0][known], y[0][known])[0, 1], abs=1e-6)
    assert np.isnan(plain[1])
    with_season = cell_correlation(x + season, y + season, calendar, False)[0]
    assert with_season[2] > 0.99
    both = [cell_correlation(*pair, calendar, True)[0] for pair in ((x, y), (x + season, y + season))]
    assert both[1][2] == pytest.approx(both[0][2], abs=1e-3)


def test_regions_of_the_study_come_after_those_of_the_paper() -> None:
    own = tuple(parse_region("global") + parse_region("qiao:EUR"))
    settings = MultiModelSettings(SETTINGS.first, SETTINGS.last, own, step=5.0)
    out = study({"A": series(2.0)}, series(4.0), [model("A")], settings)
    names = out["region"].values.tolist()
    assert len(names) == 16
    assert names[:3] == ["qiao:SIB", "qiao:M-AS", "qiao:TIB"]
    assert names[-3:] == ["hemisphere:north", "hemisphere:south", "global"]
    assert out["cycle"].sel(row="sm", source="A", region="global", month=1).item() == pytest.approx(2.0)


def test_the_result_can_be_written(tmp_path: object) -> None:
    out = study({"A": series(NOISE)}, series(NOISE), [model("A")])
    path = f"{tmp_path}/multimodel.nc"
    out.to_netcdf(path)
    with xr.open_dataset(path) as back:
        assert back["tss"].dims == ("row", "source", "region")
        assert back["pe_row"].size == 0
