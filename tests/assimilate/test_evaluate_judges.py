"""Scores at independent sensors: Eqs. 21-25 of Zhao et al. (2025) by hand, and intervals that hold what they should."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from tests.assimilate.sample_run import Sample, write_run

from vadose.assimilate.evaluate_files import Experiment, at_cells, experiments
from vadose.assimilate.evaluate_judges import (
    COLUMNS,
    domain_totals,
    gains,
    judge_rows,
    pair,
    read_observations,
    score,
    simulated_at,
)
from vadose.metrics.ensemble import crps
from vadose.simulate.observations import Target
from vadose.simulate.observations_simulated import simulated

DAYS = 60
EDGES = np.datetime64("2020-01-01", "s") + np.arange(DAYS + 1) * np.timedelta64(86400, "s")
BOUNDS = np.stack([EDGES[:-1], EDGES[1:]], axis=1)


def ar1(draw: np.random.Generator, phi: float, count: int) -> np.ndarray:
    out = draw.standard_normal(count)
    for t in range(1, count):
        out[t] = phi * out[t - 1] + np.sqrt(1 - phi**2) * out[t]
    return out


def target(values: np.ndarray, variable: str = "latent_heat", units: str = "W m-2") -> Target:
    return Target("tower", variable, units, values, 0, 0, "site A")


def made(seed: int = 0) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    draw = np.random.default_rng(seed)
    o = draw.normal(50.0, 10.0, DAYS)
    return o, {
        "open loop": o + draw.normal(8.0, 6.0, (5, DAYS)),
        "state": o + draw.normal(2.0, 3.0, (5, DAYS)),
    }


def test_scores_equal_the_equations_of_the_paper() -> None:
    o, members = made()
    rows = {(r["experiment"], r["metric"]): r for r in score(pair(target(o), BOUNDS, members))}
    for name, x in members.items():
        y = x.mean(axis=0)
        bias, rmse = np.mean(y - o), np.sqrt(np.mean((y - o) ** 2))
        assert rows[name, "bias"]["value"] == pytest.approx(bias)
        assert rows[name, "rmse"]["value"] == pytest.approx(rmse)
        assert rows[name, "ubrmse"]["value"] ** 2 == pytest.approx(rmse**2 - bias**2)
        assert rows[name, "correlation"]["value"] == pytest.approx(np.corrcoef(y, o)[0, 1])
        spread = np.sqrt(x.var(axis=0, ddof=1).mean())
        assert rows[name, "spread"]["value"] == pytest.approx(spread)
        assert rows[name, "spread_skill"]["value"] == pytest.approx(np.sqrt(6 / 5) * spread / rmse)
        assert rows[name, "crps"]["value"] == pytest.approx(crps(o, x, over=0).mean())
    for metric in ("rmse", "ubrmse"):
        da, ol = (rows[name, metric]["value"] for name in ("state", "open loop"))
        assert rows["state", f"ner_{metric}"]["value"] == pytest.approx(100 * (1 - da / ol))
    delta = rows["state", "correlation"]["value"] - rows["open loop", "correlation"]["value"]
    assert rows["state", "delta_correlation"]["value"] == pytest.approx(delta)
    assert ("open loop", "ner_rmse") not in rows
    assert all(set(r) == set(COLUMNS) for r in rows.values())
    for r in rows.values():
        if np.isfinite(r["low"]):
            assert r["low"] <= r["value"] <= r["high"]


def test_a_series_gains_nothing_over_itself_and_everything_where_it_is_right() -> None:
    o, members = made()
    same = gains(o, members["state"][0], members["state"][0])
    assert all(np.allclose(v, 0.0, atol=1e-9) for v in same.values())
    right = gains(o, members["open loop"][0], o)
    assert right["ner_rmse"] == pytest.approx((100.0, 100.0, 100.0))


@pytest.mark.parametrize("phi", [0.0, 0.7])
def test_intervals_of_the_gain_hold_what_the_errors_were_made_with(phi: float) -> None:
    draw = np.random.default_rng(11)
    trials, inside = 150, 0
    for _ in range(trials):
        o, shared = 3.0 * ar1(draw, phi, 400), ar1(draw, phi, 400)
        before, after = o + shared + ar1(draw, phi, 400), o + 0.6 * (shared + ar1(draw, phi, 400))
        _, low, high = gains(o, before, after)["ner_ubrmse"]
        inside += low <= 40.0 <= high  # errors of variance 2 and 0.72: 100 (1 - 0.6)
    assert 0.88 <= inside / trials <= 0.99


def test_only_times_that_all_experiments_have_are_compared() -> None:
    o, members = made()
    o[3] = np.nan
    members["state"][:, 7] = np.nan
    members["open loop"][2] = np.nan  # a member that died
    found = pair(target(o), BOUNDS, members)
    assert found.measured.size == DAYS - 2
    assert found.made["open loop"].shape == (4, DAYS - 2) and found.made["state"].shape == (5, DAYS - 2)
    assert {r["n"] for r in score(found)} == {DAYS - 2}


def test_totals_are_water_over_the_pairs() -> None:
    x = np.full((1, DAYS), 2e-5)
    o = np.full(DAYS, 3e-5)
    o[:10] = np.nan
    one = target(o, "evapotranspiration", "kg m-2 s-1")
    rows = {(r["experiment"], r["metric"]): r for r in score(pair(one, BOUNDS, {"open loop": x}))}
    assert rows["measured", "total"]["value"] == pytest.approx(3e-5 * 86400 * 50)
    assert rows["open loop", "total"]["value"] == pytest.approx(2e-5 * 86400 * 50)
    assert rows["open loop", "total"]["units"] == "kg m-2"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_run(tmp_path_factory.mktemp("judged") / "run", Sample(days=40, members=6, shape=(3, 4), twin=False))


def listed(run: Path) -> list[Experiment]:
    import json

    return experiments(run, json.loads((run / "run.json").read_text()))


def test_observations_come_back_as_they_were_written(run: Path, tmp_path: Path) -> None:
    found = read_observations(run / "state" / "observations.nc")
    assert [t.name for t in found.targets] == ["probe 5 cm", "probe 30 cm", "tower", "well"]
    assert found.targets[0].depth == (0.0, 0.05) and found.targets[0].liquid and found.targets[1].index == 11
    found.write(tmp_path / "again.nc")
    with xr.open_dataset(tmp_path / "again.nc") as again, xr.open_dataset(run / "state" / "observations.nc") as first:
        xr.testing.assert_identical(again.load(), first.load())


def test_cells_that_are_read_together_are_those_read_one_by_one(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vadose.assimilate.evaluate_files.BLOCK", 4000)  # bytes: many pieces
    targets = read_observations(run / "state" / "observations.nc").targets
    with xr.open_dataset(run / "state" / "outputs.nc") as outputs:
        for one, found in zip(targets, simulated_at(outputs, targets), strict=True):
            np.testing.assert_allclose(found, simulated(outputs, one), rtol=1e-6)
        small = at_cells(outputs, ["mrsol"], [11, 2])
        expected = outputs["mrsol"].values.reshape(6, 40, 7, 12)[..., [11, 2]]
        np.testing.assert_array_equal(small["mrsol"].values, expected)


def test_every_sensor_judges_every_experiment(run: Path) -> None:
    rows, notes = judge_rows(listed(run))
    assert notes == []
    found = {(r["experiment"], r["observation"]) for r in rows if r["metric"] == "ubrmse"}
    names = ("open loop", "state", "state and parameters")
    assert found == {(e, o) for e in names for o in ("probe 5 cm", "probe 30 cm", "tower", "well")}


def test_a_run_without_sensors_has_totals_and_a_note(run: Path, tmp_path: Path) -> None:
    bare = write_run(tmp_path / "bare", Sample(days=12, members=3, shape=None, sites=2, twin=False, judges=False))
    rows, notes = judge_rows(listed(bare))
    assert {r["observation"] for r in rows} == {"domain"} and "no independent observations" in notes[0]
    assert domain_totals(Experiment("x", tmp_path, ())) == []


def test_too_few_pairs_are_said(tmp_path: Path) -> None:
    short = write_run(tmp_path / "short", Sample(days=9, members=3, shape=(2, 2), twin=False))
    rows, notes = judge_rows(listed(short))
    assert not any(r["metric"] == "bias" for r in rows)
    assert len(notes) == 4 and "9 pairs" in notes[1]
