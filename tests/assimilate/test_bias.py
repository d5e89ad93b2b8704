"""Bias in a cycle: fitted against the open loop, and what the later experiments assimilate is the treated values."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.assimilate import twins

from vadose.assimilate import cycle
from vadose.assimilate.plan import Plan
from vadose.assimilate.run import compute
from vadose.observe import MeanDeviation

BOTH = "assimilation.experiments=['state','open loop']"


def biased(twin: Path, cache: Path, kind: str) -> Plan:
    """Observations 0.1 m3 m-3 too wet and of half the variation, one place without a value."""
    plan = twins.planned(twin, cache, BOTH)
    (one,) = plan.sets
    raw = 0.5 * one.values + 0.25
    raw[1, 8] = np.nan
    table = replace(one.table, bias=kind)
    return replace(plan, sets=(replace(one, table=table, values=raw, raw=raw),))


def test_values_are_treated_by_the_open_loop(twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mean and deviation of each place; three pairs make a fit here, where else 20 do."""
    monkeypatch.setattr(MeanDeviation.fit.__func__, "__defaults__", (3,))  # `least`
    plan = biased(twin, tmp_path, "mean-deviation")
    outcome = compute(plan, workers=1)
    opened, state = outcome.finished
    assert [opened.name, state.name] == ["open loop", "state"]
    raw = plan.sets[0].raw
    forecast = np.stack([a.forecast.mean(axis=0) for a in opened.accounts])
    for place in range(8):
        scale = forecast[:, place].std() / raw[:, place].std()
        expected = forecast[:, place].mean() + scale * (raw[:, place] - raw[:, place].mean())
        for k in range(3):
            for done in (opened, state):
                assert done.accounts[k].observed[place] == pytest.approx(expected[k], abs=1e-12)
                assert done.accounts[k].raw[place] == raw[k, place]
                assert done.accounts[k].error[place] == pytest.approx(0.04 * scale, rel=1e-9)
    # The place with two pairs alone is refused, in all experiments, and counted.
    assert [a.status[8] for a in opened.accounts] == [a.status[8] for a in state.accounts] == [0, 0, 0]
    assert [a.counts["used"] for a in opened.accounts] == [a.counts["used"] for a in state.accounts] == [8, 8, 8]
    assert outcome.sets[0].counts["too few pairs for the bias"] == 2
    assert abs(np.mean([a.increment[0].mean() for a in state.accounts])) < 0.02  # not 0.1 wetter


def test_where_bias_cannot_be_fitted_nothing_biased_is_assimilated(twin: Path, tmp_path: Path) -> None:
    """Three pairs a place are too few: the open loop is there, the other experiment failed and says why."""
    outcome = compute(biased(twin, tmp_path, "cdf"), workers=1)
    assert [done.name for done in outcome.finished] == ["open loop"]
    assert "bias = 'cdf'" in outcome.failed["state"].why
    assert "the best place has 3" in outcome.failed["state"].why
    assert (outcome.finished[0].accounts[0].status == 1).all()


def test_without_the_open_loop_nothing_biased_is_assimilated(
    twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Any = cycle.Updater.at

    def at(self: Any, *more: Any) -> Any:
        if not self.active:
            raise RuntimeError("no open loop")
        return real(self, *more)

    monkeypatch.setattr(cycle.Updater, "at", at)
    made: list[str] = []
    from vadose.assimilate import run

    def experiment(plan: Any, name: str, *more: Any) -> Any:
        made.append(name)
        return cycle.run_experiment(plan, name, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "run_experiment", experiment)
    with pytest.raises(run.DataError, match="no open loop"):
        compute(biased(twin, tmp_path, "cdf"), workers=1)
    assert made == ["open loop"]


def augmented(twin: Path, cache: Path, kind: str) -> Plan:
    """Observations 0.08 m3 m-3 too wet."""
    plan = twins.planned(twin, cache)
    (one,) = plan.sets
    known = {"bias_spread": 0.08} if kind == "augmented" else {}
    wet = one.values + 0.08
    return replace(plan, sets=(replace(one, table=replace(one.table, bias=kind, **known), values=wet, raw=wet),))


def test_a_bias_in_the_state_takes_most_of_what_would_go_into_the_soil(twin: Path, tmp_path: Path) -> None:
    """The members are right in the mean and differ by less than the bias may: the filter gives it the difference."""
    without, found = (twins.run(augmented(twin, tmp_path, kind)) for kind in ("none", "augmented"))
    prior = found.accounts[0]
    assert prior.bias is not None and without.accounts[0].bias is None
    mean, sd = found.accounts[-1].parameters["bias_1"]
    assert np.all((mean > 0.04) & (mean < 0.12)), "nearer to 0.08 than to 0"
    assert np.all(sd < 0.5 * 0.08)
    wetter, kept = (sum(a.increment[0].mean() for a in done.accounts) for done in (without, found))
    assert wetter > 0.015 and abs(kept) < 0.5 * wetter
    # The forecast of an observation has the bias of its member, that of the first is the drawn one, of mean 0.
    again = twins.run(augmented(twin, tmp_path, "augmented"))
    assert twins.same(twins.left(again), twins.left(found))


def test_a_bias_goes_on_after_a_stop(twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = twins.left(twins.run(augmented(twin, tmp_path / "whole", "augmented")))
    real: Any = cycle.Updater.at

    def at(self: Any, ensemble: Any, seen: Any, *more: Any) -> Any:
        if seen.number == 2:
            raise InterruptedError
        return real(self, ensemble, seen, *more)

    plan = augmented(twin, tmp_path / "cut", "augmented")
    with monkeypatch.context() as patch, pytest.raises(InterruptedError):
        patch.setattr(cycle.Updater, "at", at)
        twins.run(plan)
    assert twins.same(twins.left(twins.run(plan)), expected)
