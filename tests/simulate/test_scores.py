"""Scores against numbers from mathematics, and intervals that cover what they should."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from vadose.simulate.observations import Observed, Target
from vadose.simulate.scores import (
    COLUMNS,
    METRICS,
    Bootstrap,
    Pairs,
    beaten,
    difference,
    evaluate,
    score_target,
    scores,
)

START = np.datetime64("2001-01-01", "s")


def bounds(days: int) -> np.ndarray:
    edges = START + np.arange(days + 1) * np.timedelta64(1, "D")
    return np.stack([edges[:-1], edges[1:]], axis=1)


def target(values: np.ndarray, variable: str = "latent_heat") -> Target:
    return Target("LE", variable, "W m-2", values, 0, 0, "site")


def values_of(rows: list[dict[str, object]], member: str = "m") -> dict[str, float]:
    return {str(r["metric"]): float(r["value"]) for r in rows if r["member"] == member}  # type: ignore[arg-type]


def test_a_perfect_member_has_perfect_scores() -> None:
    x = np.random.default_rng(0).gamma(2.0, 20.0, 400)
    found = values_of(score_target(target(x), bounds(400), {"m": x}))
    best = {
        "bias": 0,
        "rmse": 0,
        "ubrmse": 0,
        "correlation": 1,
        "kge": 1,
        "nse": 1,
        "nme": 0,
        "sd_difference": 0,
        "overlap": 1,
    }
    assert found == pytest.approx(best, abs=1e-12)


def test_scores_equal_their_definitions() -> None:
    draw = np.random.default_rng(1)
    o = draw.gamma(2.0, 20.0, 500)
    m = 0.7 * o + draw.normal(8.0, 10.0, 500)
    found = values_of(score_target(target(o), bounds(500), {"m": m}))
    r = np.corrcoef(o, m)[0, 1]
    assert found["bias"] == pytest.approx((m - o).mean(), rel=1e-10)
    assert found["rmse"] == pytest.approx(np.sqrt(((m - o) ** 2).mean()), rel=1e-10)
    assert found["ubrmse"] == pytest.approx((m - o).std(), rel=1e-10)
    assert found["correlation"] == pytest.approx(r, rel=1e-10)
    assert found["nse"] == pytest.approx(1 - ((m - o) ** 2).sum() / ((o - o.mean()) ** 2).sum(), rel=1e-10)
    assert found["nme"] == pytest.approx(np.abs(m - o).sum() / np.abs(o.mean() - o).sum(), rel=1e-10)
    assert found["sd_difference"] == pytest.approx(abs(1 - m.std() / o.std()), rel=1e-10)
    kge = 1 - np.sqrt((r - 1) ** 2 + (m.std() / o.std() - 1) ** 2 + (m.mean() / o.mean() - 1) ** 2)
    assert found["kge"] == pytest.approx(kge, rel=1e-10)
    low, high = min(o.min(), m.min()), max(o.max(), m.max())
    heights = [np.histogram(x, 50, (low, high))[0] / 500 for x in (o, m)]
    assert found["overlap"] == pytest.approx(np.minimum(*heights).sum(), abs=0.005)


def test_the_mean_of_a_flux_around_zero_does_not_spoil_kge() -> None:
    o = np.sin(np.arange(400.0))
    found = values_of(score_target(target(o - o.mean(), "sensible_heat"), bounds(400), {"m": o - o.mean() + 0.01}))
    assert found["kge"] == pytest.approx(1 - 0.01 / o.std(), abs=1e-9)


@given(st.floats(-50, 50), st.floats(0.2, 3.0), st.integers(0, 10**6))
def test_scores_stay_within_their_bounds(shift: float, stretch: float, seed: int) -> None:
    draw = np.random.default_rng(seed)
    o = draw.normal(100, 20, 120)
    m = stretch * o + shift + draw.normal(0, 5, 120)
    for name, (value, low, high) in evaluate(Pairs(o, m, np.arange(120) // 10), Bootstrap(50), 120.0).items():
        least, most = METRICS[name][1:]
        assert least <= value <= most and least <= low <= high <= most
        assert low - 1e-9 <= value <= high + 1e-9 or name not in ("bias", "rmse", "ubrmse")


def test_the_interval_of_a_bias_covers_the_truth_as_often_as_it_says() -> None:
    draw = np.random.default_rng(3)
    inside = 0
    for number in range(200):
        noise = np.zeros(1440)
        shocks = draw.normal(0, 1, 1440)
        for t in range(1, 1440):
            noise[t] = 0.8 * noise[t - 1] + shocks[t]
        o = draw.normal(0, 1, 1440)
        _, low, high = evaluate(Pairs(o, o + 2.0 + noise, np.arange(1440) // 10), Bootstrap(300, number), 1440.0)[
            "bias"
        ]
        inside += low <= 2.0 <= high
    assert 0.86 <= inside / 200 <= 0.99


def test_all_are_scored_on_the_same_pairs_and_few_pairs_get_none() -> None:
    o = np.arange(100.0)
    a, b = o + 1.0, o + 2.0
    a[:5], b[-7:] = np.nan, np.nan
    dead = np.full(100, np.nan)
    rows = score_target(target(o), bounds(100), {"a": a, "b": b, "dead": dead})
    assert {(r["member"], r["n"]) for r in rows} == {("a", 88), ("b", 88), ("dead", 0)}
    assert all(np.isnan(r["value"]) for r in rows if r["member"] == "dead")
    assert set(rows[0]) == set(COLUMNS)
    few = np.where(np.arange(100) < 5, o, np.nan)
    assert all(np.isnan(r["value"]) and r["n"] == 5 for r in score_target(target(few), bounds(100), {"a": o}))


def test_the_same_seed_gives_the_same_interval_and_another_one_not() -> None:
    draw = np.random.default_rng(4)
    o = draw.normal(50, 10, 800)
    m = o + draw.normal(0, 5, 800)
    one, same, other = (score_target(target(o), bounds(800), {"m": m}, Bootstrap(200, s))[1]["low"] for s in (1, 1, 2))
    assert one == same != other


def test_members_and_benchmarks_join_one_table() -> None:
    x = np.random.default_rng(5).gamma(2.0, 20.0, 200)
    data = np.stack([x + 1, x + 5])[..., None]
    run = xr.Dataset(
        {"hfls": (("member", "time", "site"), data, {"vadose_name": "latent_heat"})}, {"member": ["good", "bad"]}
    )
    rows = scores(run, Observed(bounds(200), (target(x),)), {"1lin": {"LE": x + 3.0}})
    assert {r["member"] for r in rows} == {"good", "bad", "1lin"}
    worse = beaten(rows)
    assert worse["good", "LE"] == ["bad", "1lin"] and worse["1lin", "LE"] == ["bad"] and worse["bad", "LE"] == []
    assert beaten(rows, "nse")["good", "LE"] == ["bad", "1lin"]


def test_a_small_but_steady_lead_is_seen_in_the_difference() -> None:
    draw = np.random.default_rng(6)
    o = 50.0 + 20.0 * np.sin(np.arange(1000) / 58.0) + draw.normal(0, 5, 1000)
    noise = draw.normal(0, 8, 1000) * (1.0 + np.sin(np.arange(1000) / 100.0))
    one, other = o + noise, o + 1.05 * noise
    rows = score_target(target(o), bounds(1000), {"one": one, "other": other})
    nme = {r["member"]: r for r in rows if r["metric"] == "nme"}
    assert nme["one"]["high"] > nme["other"]["low"], "their own intervals overlap"
    value, low, high = difference(target(o), bounds(1000), one, other)
    assert low < value < high < 0.0
    assert value == pytest.approx(nme["one"]["value"] - nme["other"]["value"], rel=1e-12)


def test_a_few_days_have_scores_but_no_interval() -> None:
    hourly = START + np.arange(200) * np.timedelta64(1, "h")
    axis = np.stack([hourly, hourly + np.timedelta64(1, "h")], axis=1)
    x = np.random.default_rng(7).gamma(2.0, 20.0, 200)
    rows = score_target(target(x), axis, {"m": x + 1.0})
    assert values_of(rows)["bias"] == pytest.approx(1.0)
    assert all(np.isnan(row["low"]) for row in rows)
