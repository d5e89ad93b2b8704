"""Statistics of innovations of ensembles whose truth is known, against numpy, scipy and arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from vadose.assimilate.evaluate_files import Analyses
from vadose.assimilate.evaluate_ranks import flatness, rank_rows
from vadose.assimilate.innovations import COLUMNS, departures, effective_number, innovation_rows, statistics

ERROR = 0.04


def analyses(
    *, times: int = 400, members: int = 40, places: int = 3, spread: float = 0.05, claimed: float = 1.0,
    error: float = ERROR, bias: float = 0.0, phi: float = 0.0, seed: int = 0,
) -> Analyses:  # fmt: skip
    """Truth and members of one distribution; `claimed` is the factor of the members' spread, `phi` errors' memory.

    The analysis is that of a Kalman filter of each place alone, with the true variances.
    """
    draw = np.random.default_rng(seed)
    off = draw.standard_normal((times, places))
    for t in range(1, times):
        off[t] = phi * off[t - 1] + np.sqrt(1 - phi**2) * off[t]
    forecast = 0.3 + claimed * spread * draw.standard_normal((times, members, places))
    observed = 0.3 + bias + spread * off + error * draw.standard_normal((times, places))
    gain = spread**2 / (spread**2 + error**2)
    noise = error * draw.standard_normal(forecast.shape)
    after = forecast + gain * (observed[:, None] + noise - noise.mean(axis=1, keepdims=True) - forecast)
    return Analyses(
        np.datetime64("2020-01-01", "s") + np.arange(times) * np.timedelta64(86400, "s"), observed,
        np.full(observed.shape, error), forecast, after, np.ones(observed.shape, bool), np.arange(places) % 2,
        ("satellite", "probe"), ("soil_moisture", "soil_moisture"),
    )  # fmt: skip


def of_all(a: Analyses, *, updates: bool = True) -> dict[str, float]:
    return next(r for r in innovation_rows("state", updates, a) if r["set"] == "all")


def test_a_consistent_ensemble_has_a_chi_square_of_one_and_the_variance_it_expects() -> None:
    found = of_all(analyses())
    assert found["used"] == 1200 and found["moments"] == 400 and found["places"] == 3
    assert found["chi_square"] == pytest.approx(1.0, abs=0.12)
    assert found["chi_square_low"] < found["chi_square"] < found["chi_square_high"]
    assert found["variance_ratio"] == pytest.approx(1.0, abs=0.12)
    assert found["expected_variance"] == pytest.approx(0.05**2 * 41 / 40 + ERROR**2, rel=0.03)
    assert found["effective"] == pytest.approx(1200, rel=0.1)
    assert abs(found["lag_1"]) < 0.08 and found["white_p"] > 0.05
    assert abs(found["skewness"]) < 0.25


def test_the_bounds_of_chi_square_hold_95_percent_of_consistent_ensembles() -> None:
    inside = []
    for seed in range(300):
        found = of_all(analyses(times=60, members=60, seed=seed))
        inside.append(found["chi_square_low"] <= found["chi_square"] <= found["chi_square_high"])
    assert 0.9 <= np.mean(inside) <= 0.985


def test_the_interval_of_the_mean_holds_95_percent_with_memory_in_time() -> None:
    inside = []
    for seed in range(200):
        found = of_all(analyses(times=150, members=20, bias=0.02, phi=0.8, error=0.01, seed=seed))
        inside.append(found["mean_low"] <= 0.02 <= found["mean_high"])
    assert 0.9 <= np.mean(inside) <= 0.99


def test_too_little_spread_a_bias_and_memory_are_seen() -> None:
    narrow = of_all(analyses(claimed=0.4))
    assert narrow["chi_square"] > narrow["chi_square_high"] and narrow["variance_ratio"] > 1.5
    biased = of_all(analyses(bias=0.03))
    assert biased["mean_low"] > 0 and biased["mean"] == pytest.approx(0.03, abs=0.006)
    sticky = of_all(analyses(phi=0.9, error=0.01))
    assert sticky["white_p"] < 1e-4 and sticky["not_white"] == 1 and sticky["lag_1"] > 0.7
    assert sticky["effective"] < 500


def test_desroziers_finds_the_errors_that_were_put_in() -> None:
    found = of_all(analyses(times=4000))
    assert found["desroziers_error_sd"] == pytest.approx(ERROR, rel=0.03)
    assert found["desroziers_spread_sd"] == pytest.approx(0.05, rel=0.03)
    assert np.isnan(of_all(analyses(), updates=False)["desroziers_error_sd"])


def test_numbers_equal_their_definitions() -> None:
    a = analyses(times=50, members=8)
    d = departures(a)
    found = statistics(d, a.error)
    b = a.observed - a.forecast.mean(axis=1)
    expected = 9 / 8 * a.forecast.var(axis=1, ddof=1) + ERROR**2
    assert found["mean"] == pytest.approx(b.mean())
    assert found["variance"] == pytest.approx(b.var())
    assert found["chi_square"] == pytest.approx((b**2 / expected).mean())
    assert found["skewness"] == pytest.approx(stats.skew((b / np.sqrt(expected)).ravel()))
    after = a.observed - a.analysis.mean(axis=1)
    assert found["desroziers_error_sd"] ** 2 == pytest.approx((after * b).mean())
    assert found["analysis_variance"] == pytest.approx(after.var())
    assert set(found) <= set(COLUMNS)


def test_places_that_say_the_same_count_once() -> None:
    one = np.random.default_rng(2).standard_normal((300, 1))
    same, apart = np.repeat(one, 10, axis=1), np.random.default_rng(3).standard_normal((300, 10))
    for squares in (False, True):
        assert effective_number(same, squares=squares) == pytest.approx(300, rel=0.1)
        assert effective_number(apart, squares=squares) > 2400
    # Few moments: what places have in common is still found.
    few = [effective_number(same[k : k + 7], squares=True) for k in range(0, 280, 7)]
    assert np.median(few) == pytest.approx(7, abs=1.5)
    few = [effective_number(apart[k : k + 7], squares=True) for k in range(0, 280, 7)]
    assert np.median(few) > 40


def test_no_observation_and_one_member_give_no_statistics() -> None:
    a = analyses(times=5)
    empty = Analyses(a.times, a.observed * np.nan, a.error, a.forecast, a.analysis, a.used & False, a.place_set,
                     a.sets, a.variables)  # fmt: skip
    assert of_all(empty)["used"] == 0 and np.isnan(of_all(empty)["chi_square"])
    assert [r for r in rank_rows("state", empty) if r["what"] == "rank"] == []
    single = analyses(times=5, members=1)
    assert of_all(single)["used"] == 0


def test_sets_of_different_units_have_no_common_mean() -> None:
    a = analyses()
    mixed = Analyses(a.times, a.observed, a.error, a.forecast, a.analysis, a.used, a.place_set, a.sets,
                     ("soil_moisture", "water_table_depth"))  # fmt: skip
    found = of_all(mixed)
    assert np.isnan(found["mean"]) and found["units"] == "" and np.isfinite(found["chi_square"])
    rows = {r["set"]: r for r in rank_rows("state", mixed) if r["what"] == "spread-skill"}
    assert rows["all"]["spread"] == pytest.approx(1.0)  # in units of what was expected


def ranks_of(a: Analyses, what: str) -> list[dict[str, float]]:
    return [r for r in rank_rows("state", a) if r["what"] == what and r["set"] == "all"]


def test_ranks_of_a_consistent_ensemble_are_even() -> None:
    p = [ranks_of(analyses(times=100, members=9, seed=seed), "flatness")[0]["p_value"] for seed in range(200)]
    assert stats.kstest(p, "uniform").pvalue > 0.005
    a = analyses(members=9)
    counts = [r["count"] for r in ranks_of(a, "rank")]
    assert len(counts) == 10 and sum(counts) == 1200
    assert ranks_of(a, "spread-skill")[0]["ratio"] == pytest.approx(1.0, abs=0.06)


def test_ranks_tell_too_little_spread_and_a_bias() -> None:
    narrow = [r["count"] for r in ranks_of(analyses(claimed=0.3, error=0.005, members=9), "rank")]
    assert narrow[0] > 2 * narrow[4] and narrow[9] > 2 * narrow[5]
    assert ranks_of(analyses(claimed=0.3, members=9), "flatness")[0]["p_value"] < 1e-6
    high = [r["count"] for r in ranks_of(analyses(bias=0.08, members=9), "rank")]
    assert high[9] > 4 * high[0]
    assert ranks_of(analyses(claimed=0.3, error=0.005), "spread-skill")[0]["ratio"] == pytest.approx(0.31, abs=0.05)


def test_flatness_is_pearsons_test() -> None:
    counts = np.array([18, 25, 30, 27])
    assert flatness(counts, 100) == pytest.approx(stats.chisquare(counts).pvalue)
    # As if only half of the cases were independent: half of the statistic.
    assert flatness(counts, 50) == pytest.approx(stats.chi2.sf(stats.chisquare(counts).statistic / 2, 3))
    assert np.isnan(flatness(counts, 9))


def test_ranks_are_the_same_whoever_asks_and_whatever_the_order() -> None:
    a = analyses(times=40)
    part = Analyses(a.times[10:], a.observed[10:], a.error[10:], a.forecast[10:], a.analysis[10:], a.used[10:],
                    a.place_set, a.sets, a.variables)  # fmt: skip
    first = Analyses(a.times[:10], a.observed[:10], a.error[:10], a.forecast[:10], a.analysis[:10], a.used[:10],
                     a.place_set, a.sets, a.variables)  # fmt: skip
    whole, late, early = ([r["count"] for r in ranks_of(x, "rank")] for x in (a, part, first))
    assert whole == [x + y for x, y in zip(late, early, strict=True)]


def test_bins_of_spread_hold_all_cases_from_narrow_to_wide() -> None:
    rows = ranks_of(analyses(), "spread bin")
    assert [r["bin"] for r in rows] == list(range(5)) and sum(r["count"] for r in rows) == 1200
    widths = [r["spread"] for r in rows]
    assert widths == sorted(widths)
