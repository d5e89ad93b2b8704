"""A twin: scores of cells against numpy, depth means against layers, parameters against the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from vadose.assimilate.evaluate_files import Experiment
from vadose.assimilate.evaluate_parameters import parameter_errors, parameter_rows
from vadose.assimilate.evaluate_twin import TABLE, Zones, averaged, cell_scores, compare, twin_rows, zones_of
from vadose.errors import DataError

EDGES = np.array([0.0, 0.02, 0.1, 0.8])
DAYS = np.datetime64("2020-01-01", "ns") + np.arange(30) * np.timedelta64(1, "D")
BOUNDS = np.stack([DAYS, DAYS + np.timedelta64(1, "D")], axis=1)


def outputs(theta: np.ndarray, edges: np.ndarray = EDGES) -> xr.Dataset:
    """Outputs of soil moisture [member, time, layer, lat, lon] m3 m-3."""
    mass = 1000.0 * np.diff(edges)[:, None, None] * theta
    about = {"vadose_name": "soil_moisture", "units": "kg m-2"}
    return xr.Dataset(
        {
            "mrsol": (("member", "time", "depth", "lat", "lon"), mass, about),
            "depth_bnds": (("depth", "bnds"), np.stack([edges[:-1], edges[1:]], axis=1)),
        },
        {"time": DAYS[: theta.shape[1]], "time_bnds": (("time", "bnds"), BOUNDS[: theta.shape[1]])},
    )


def drawn(members: int = 6, seed: int = 0) -> np.ndarray:
    return 0.2 + 0.02 * np.random.default_rng(seed).standard_normal((members, 30, 3, 2, 3))


def test_zones_are_depth_means_of_the_layers_by_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vadose.assimilate.evaluate_files.BLOCK", 1000)
    theta = drawn()
    found = zones_of(outputs(theta))
    surface = (0.02 * theta[:, :, 0] + 0.03 * theta[:, :, 1]) / 0.05
    root = np.einsum("l,mtlyx->mtyx", np.diff(EDGES) / 0.8, theta)  # the soil ends at 0.8 m
    np.testing.assert_allclose(found.depth, [[0.0, 0.05], [0.0, 0.8]])
    for k, x in enumerate((surface, root)):
        np.testing.assert_allclose(found.mean[k], x.mean(axis=0).reshape(30, 6), rtol=1e-12)
        np.testing.assert_allclose(found.variance[k], x.var(axis=0, ddof=1).reshape(30, 6), rtol=1e-9)
    assert (found.members == 6).all()


def test_a_member_without_values_and_a_shallow_soil_leave_the_rest() -> None:
    theta = drawn()
    theta[1] = np.nan
    theta[:, :, 2, 0, 0] = np.nan  # one cell has two layers
    found = zones_of(outputs(theta))
    rest = np.delete(theta, 1, axis=0)
    shallow = (0.02 * rest[:, :, 0, 0, 0] + 0.08 * rest[:, :, 1, 0, 0]) / 0.1
    np.testing.assert_allclose(found.mean[1, :, 0], shallow.mean(axis=0), rtol=1e-12)
    assert (found.members == 5).all() and np.isfinite(found.mean).all()


def test_scores_of_cells_equal_numpy() -> None:
    draw = np.random.default_rng(1)
    x, truth = drawn()[:, :, 0].reshape(6, 30, 6), 0.21 + 0.02 * draw.standard_normal((30, 6))
    truth[4, 2] = np.nan
    mean, variance = x.mean(axis=0), x.var(axis=0, ddof=1)
    found = cell_scores(mean, variance, truth, np.full(6, 6))
    for c in range(6):
        known = np.isfinite(truth[:, c])
        a, b = mean[known, c], truth[known, c]
        rmse = np.sqrt(np.mean((a - b) ** 2))
        spread = np.sqrt(variance[known, c].mean())
        expected = {
            "bias": (a - b).mean(), "rmse": rmse, "ubrmse": np.sqrt(rmse**2 - (a - b).mean() ** 2),
            "correlation": np.corrcoef(a, b)[0, 1], "spread": spread, "spread_skill": np.sqrt(7 / 6) * spread / rmse,
        }  # fmt: skip
        assert {k: v[c] for k, v in found.items()} == pytest.approx(expected)


def zones(mean: np.ndarray, variance: float = 4e-4, members: int = 9) -> Zones:
    both = np.stack([mean, mean])
    return Zones(both, np.full(both.shape, variance), np.array([[0, 0.05], [0, 1.0]]), BOUNDS.astype("M8[s]"),
                 np.full(mean.shape[1], members))  # fmt: skip


def test_rows_give_reduction_and_share_of_cells_by_hand() -> None:
    signal = np.sin(np.arange(30.0))[:, None] * 0.02
    truth = zones(0.2 + np.zeros((30, 4)))
    worse, better = zones(0.2 + signal * np.ones(4)), zones(0.2 + signal * np.array([0.5, 0.5, 0.5, 1.5]))
    scored = {"open loop": compare(truth, worse), "state": compare(truth, better)}
    rows = {(r["experiment"], r["what"], r["metric"]): r for r in twin_rows(scored, truth.reach)}
    one = rows["state", "surface", "ubrmse"]
    # Errors are 0.5, 0.5, 0.5 and 1.5 of those of the open loop: 25 % less, three of four cells better.
    assert one["reduction"] == pytest.approx(25.0) and one["improved"] == 0.75 and one["cells"] == 4
    assert one["median"] == pytest.approx(0.5 * one["open_loop"])
    assert np.isnan(rows["open loop", "surface", "ubrmse"]["reduction"])
    rmse = np.sqrt(np.mean(signal**2) * np.mean([0.25, 0.25, 0.25, 2.25]))
    skill = rows["state", "root zone", "spread_skill"]
    assert skill["mean"] == pytest.approx(np.sqrt(10 / 9 * 4e-4) / rmse)
    assert rows["state", "root zone", "spread"]["mean"] == pytest.approx(0.02)


def test_the_water_table_is_judged_where_both_have_it() -> None:
    """In m, with no depth of its own; a run without it is judged by its soil alone."""
    draw = np.random.default_rng(4)
    deep = {
        w: 2.0 + 0.3 * draw.standard_normal((n, 30, 2, 3)) for w, n in (("truth", 1), ("open loop", 5), ("state", 5))
    }
    held = {}
    for who, depth in deep.items():
        made = outputs(drawn(depth.shape[0], seed=len(who)))
        made["wtd"] = ("member", "time", "lat", "lon"), depth, {"vadose_name": "water_table_depth"}
        held[who] = zones_of(made)
    assert held["truth"].names == ("surface", "root zone", TABLE)
    truth = held.pop("truth")
    rows = {
        (r["experiment"], r["what"], r["metric"]): r
        for r in twin_rows({who: compare(truth, made) for who, made in held.items()}, truth.reach)
    }
    one, base = rows["state", TABLE, "rmse"], rows["open loop", TABLE, "rmse"]
    off = {who: np.sqrt(((deep[who].mean(axis=0) - deep["truth"][0]) ** 2).mean(axis=0)).mean() for who in held}
    assert (one["mean"], base["mean"]) == pytest.approx((off["state"], off["open loop"]))
    assert one["reduction"] == pytest.approx(100.0 * (1.0 - off["state"] / off["open loop"]))
    assert (one["units"], one["top"], one["bottom"]) == ("m", "", "")
    assert (rows["state", "surface", "rmse"]["units"], rows["state", TABLE, "correlation"]["units"]) == ("m3 m-3", "1")
    assert list(compare(truth, zones_of(outputs(drawn())))) == ["surface", "root zone"]


def test_a_finer_truth_is_averaged_over_the_intervals_of_the_run() -> None:
    days = BOUNDS.astype("M8[s]")[:3]
    starts = days[0, 0] + np.arange(10, 72) * np.timedelta64(3600, "s")  # hours; the first day is not whole
    hours = np.stack([starts, starts + np.timedelta64(3600, "s")], axis=1)
    values = np.arange(62.0)[None, :, None] * np.ones((2, 1, 4))
    found = averaged(values, hours, days)
    assert np.isnan(found[:, 0]).all()
    np.testing.assert_allclose(found[:, 1], np.arange(14, 38).mean())
    np.testing.assert_allclose(found[:, 2], np.arange(38, 62).mean())
    np.testing.assert_array_equal(averaged(values, hours, hours), values)


def test_a_truth_of_other_cells_or_times_is_refused() -> None:
    truth = zones(np.zeros((30, 4)))
    with pytest.raises(DataError, match="4 cells and the run 3"):
        compare(truth, zones(np.zeros((30, 3))))
    week = np.stack([truth.bounds[:, 0], truth.bounds[:, 0] + np.timedelta64(7, "D")], axis=1)
    for other in (truth.bounds + np.timedelta64(999, "D"), week[::7]):
        with pytest.raises(DataError, match="no interval of the run"):
            some = truth.mean[:, : len(other)]
            compare(Zones(some, some, truth.depth, other, truth.members), truth)
    with pytest.raises(DataError, match="soil_moisture"):
        zones_of(xr.Dataset())


def test_parameters_are_compared_as_means_and_conductivity_by_its_logarithm(tmp_path: Path) -> None:
    truth = xr.Dataset(
        {"K_s": ("cell", [1e-6, 1e-5]), "sand": ("cell", [40.0, 60.0]), "porosity": ("cell", [0.4, 0.4])}
    )
    held = {
        "K_s_prior": (("member", "cell"), [[1e-6, 1e-5], [1e-4, 1e-3]]),  # means of the logarithm: -5, -4
        "K_s_posterior": (("member", "cell"), [[1e-6, 1e-4], [1e-5, 1e-3]]),  # -5.5, -3.5
        "sand_prior": (("member", "cell"), [[30.0, 60.0], [40.0, 62.0]]),
        "sand_posterior": (("member", "cell"), [[38.0, 60.0], [40.0, np.nan]]),
    }
    xr.Dataset(held).to_netcdf(tmp_path / "parameters.nc")
    errors = parameter_errors(Experiment("state", tmp_path, ()), truth)
    assert set(errors) == {"K_s", "sand"}
    np.testing.assert_allclose(errors["K_s"], [[1.0, 1.0], [0.5, 1.5]])
    np.testing.assert_allclose(errors["sand"], [[5.0, 1.0], [1.0, 0.0]])
    rows = {r["metric"]: r for r in parameter_rows("state", errors)}
    assert rows["K_s"]["improved"] == 0.5 and rows["K_s"]["reduction"] == pytest.approx(0.0)
    assert rows["sand"]["improved"] == 1.0 and rows["sand"]["reduction"] == pytest.approx(100 * (1 - 0.5 / 3.0))
    assert rows["K_s"]["units"] == "log10(m s-1)"
    assert parameter_errors(Experiment("state", tmp_path / "none", ()), truth) == {}
