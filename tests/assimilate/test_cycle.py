"""The cycle of an experiment: it goes on where it was stopped, and ends as if nothing had happened."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.assimilate import twins
from tests.assimilate.twins import left, planned, run, same

from vadose.assimilate import cycle
from vadose.assimilate.ensemble import Ensemble
from vadose.assimilate.parameters import described
from vadose.assimilate.plan import Plan
from vadose.assimilate.run import compute
from vadose.assimilate.update import Updater
from vadose.errors import DataError

JOINT = "state and parameters"
CUTS = ("in an analysis", "in the middle of the states", "before the record", "at the end, before the record")


class Killed(BaseException):
    """What no code catches, as little as a signal."""


def adaptive(study: Path, cache: Path, *settings: str) -> Plan:
    """An inflation that goes from cycle to cycle, of observations so sharp that it has to act."""
    plan = planned(study, cache, "assimilation.inflation=[{kind='adaptive',value=0.5}]", *settings)
    return replace(plan, sets=tuple(replace(s, error=0.1 * s.error) for s in plan.sets))


@pytest.fixture(scope="module")
def undisturbed(twin: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All numbers of the joint update with an inflation that goes from cycle to cycle."""
    return left(run(adaptive(twin, tmp_path_factory.mktemp("whole")), JOINT))


def kill_at(cut: str, patch: pytest.MonkeyPatch) -> None:
    """Let a run die in its second cycle, or at its end."""
    real_at, real_save = Updater.at, cycle.save_arrays

    def at(self: Updater, ensemble: Any, seen: Any, *more: Any) -> Any:
        if cut == CUTS[0] and seen.number == 1:
            raise Killed
        return real_at(self, ensemble, seen, *more)

    name = {CUTS[1]: "state-000001-0001", CUTS[2]: "cycle-000001", CUTS[3]: "cycle-000003"}.get(cut, "none")

    def save(arrays: Any, path: Path) -> None:
        if path.stem == name:
            raise Killed
        real_save(arrays, path)

    patch.setattr(Updater, "at", at)
    patch.setattr(cycle, "save_arrays", save)


@pytest.mark.parametrize("cut", CUTS)
def test_a_killed_experiment_goes_on(
    cut: str, twin: Path, tmp_path: Path, undisturbed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """States, outputs, analyses, parameters and the factors of the inflation are the same to the last bit."""
    plan = adaptive(twin, tmp_path)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        kill_at(cut, patch)
        run(plan, JOINT)
    done = sorted(tmp_path.glob("assimilation/*/cycle-*.npz"))
    assert len(done) == (3 if cut == CUTS[3] else 1)
    kept = {p: p.stat().st_mtime_ns for p in done}
    found = run(adaptive(twin, tmp_path), JOINT)
    assert {p: p.stat().st_mtime_ns for p in done} == kept
    assert same(left(found), undisturbed)
    assert not list(tmp_path.glob("assimilation/*/state-00000[012]*"))


def test_an_adaptive_inflation_goes_from_cycle_to_cycle(undisturbed: dict[str, Any]) -> None:
    factors = [undisturbed[f"account {n}"]["variance"] for n in range(3)]
    assert factors[0].shape == (twins.CELLS,)
    assert all(np.all((f >= 1.0) & (f <= 5.0)) for f in factors)
    assert not np.array_equal(factors[0], factors[1])
    assert np.all(factors[0] > 1.0)


@pytest.mark.parametrize(
    ("what", "how"),
    [
        ("means-000001-0000", "lost"),
        ("means-000001-0000", "damaged"),
        ("cycle-000001", "damaged"),
        ("cycle-000002", "empty"),
        ("state-000003-0001", "damaged"),
        ("parameters", "lost"),
    ],
)
def test_a_file_that_is_lost_or_damaged_is_made_again(
    what: str, how: str, twin: Path, tmp_path: Path, undisturbed: dict[str, Any]
) -> None:
    plan = adaptive(twin, tmp_path)
    run(plan, JOINT)
    (path,) = tmp_path.glob(f"assimilation/*/{what}.npz")
    if how == "lost":
        path.unlink()
    else:
        path.write_bytes(b"" if how == "empty" else b"half of a file")
        with pytest.raises(DataError, match=rf"{what}\.npz: the kept result is damaged .* removed; run again"):
            left(run(plan, JOINT))
        assert not path.exists()
    assert same(left(run(plan, JOINT)), undisturbed)


def test_experiments_do_not_see_each_other(twin: Path, tmp_path: Path) -> None:
    """One ensemble does one after another; each begins with the prior parameters and states."""
    plan = planned(twin, tmp_path / "shared")
    ensemble = Ensemble(plan.simulation, 1)
    run(plan, JOINT, ensemble)
    after = left(run(plan, "state", ensemble))
    assert same(after, left(run(planned(twin, tmp_path / "alone"), "state")))


def test_threads_change_no_number(twin: Path, tmp_path: Path, undisturbed: dict[str, Any]) -> None:
    plan = adaptive(twin, tmp_path)
    assert same(left(run(plan, JOINT, Ensemble(plan.simulation, 3))), undisturbed)


def test_months_of_chunks_change_no_number(twin: Path, tmp_path: Path, undisturbed: dict[str, Any]) -> None:
    found = left(run(adaptive(twin, tmp_path, "study.months=2"), JOINT))
    assert same(found, undisturbed)


@pytest.mark.slow
def test_tiles_change_numbers_by_rounding_alone(twin: Path, tmp_path: Path) -> None:
    """A tile of another size is another compiled program, whose sums are rounded in another order."""
    plans = [planned(twin, tmp_path, *s) for s in ((), ("study.tile=9",))]
    assert [len(p.simulation.tiles) for p in plans] == [2, twins.MEMBERS]
    few, many = (run(p, JOINT) for p in plans)
    for a, b in zip(few.accounts, many.accounts, strict=True):
        for name in ("forecast", "analysis", "increment", "spread_forecast", "added"):
            assert np.allclose(getattr(a, name), getattr(b, name), rtol=1e-7, atol=1e-9), name
    for name, values in few.posterior.items():
        assert np.allclose(values, many.posterior[name], rtol=1e-7), name


def test_the_hour_of_analyses_begins_the_days(twin: Path, tmp_path: Path) -> None:
    plan = planned(twin, tmp_path, "assimilation.hour=6", "assimilation.every=2")
    start = np.datetime64("2001-05-01T06:00:00")
    assert plan.simulation.schedule.start == plan.spinup.schedule.start == start
    assert plan.simulation.schedule.days == twins.DAYS - 1
    # Of the analyses after 2, 4 and 6 days every third day from the first on has observations: the first alone.
    assert list(plan.days) == [2]
    assert list(plan.moments) == [start + np.timedelta64(2, "D")]
    assert [(c.first, c.last) for c in plan.simulation.schedule.chunks()] == [(0, 2), (2, 7)]
    assert all(tile.schedule == plan.simulation.schedule for tile in plan.simulation.tiles)
    assert [(c.first, c.last) for c in plan.spinup.schedule.chunks()] == [(0, 7)]


def test_an_hour_between_steps_and_a_period_too_short_are_refused(twin: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="8 whole days from 0:00 UTC, too short for an analysis every 9"):
        planned(twin, tmp_path, "assimilation.every=9")
    with pytest.raises(DataError, match="too short for an analysis every 1"):
        planned(twin, tmp_path, "assimilation.hour=1", "period.end='2001-05-01'")


def spoiled(plan: Plan, members: tuple[int, ...], day: int) -> Ensemble:
    """An ensemble of which some members get a value that is no number."""
    ensemble = Ensemble(plan.simulation, 1)

    def spoil(some: Ensemble) -> None:
        for member in members:
            twins.kill_member(member)(some)

    twins.before_forecast(ensemble, day, spoil)
    return ensemble


def test_a_member_that_dies_is_left_out(twin: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    plan = planned(twin, tmp_path)
    caplog.set_level("WARNING", logger="vadose")
    done = run(plan, JOINT, spoiled(plan, (5,), 1))
    first, *later = done.accounts
    assert first.alive.all()
    for account in later:
        assert list(np.flatnonzero(~account.alive)) == [5]
        assert np.isfinite(account.increment).all() and np.abs(account.increment).max() > 1e-4
        assert np.isfinite(account.added).all() and np.isfinite(account.parameters["sand"]).all()
    assert "2001-05-05T00:00:00: 1 members are not finite and are left out from here on" in caplog.text
    assert caplog.text.count("left out from here on") == 1
    assert all(np.isfinite(v).all() for v in done.posterior.values())
    prior, posterior = done.prior["K_s"], done.posterior["K_s"]
    assert not np.allclose(prior[4], posterior[4], rtol=1e-6)


def test_a_death_is_the_same_after_a_resume(twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member that is given up stays so, also by a run that did not see it die."""
    plan = planned(twin, tmp_path / "whole")
    expected = left(run(plan, "state", spoiled(plan, (5,), 1)))
    plan = planned(twin, tmp_path / "cut")
    real = Updater.at

    def at(self: Updater, ensemble: Any, seen: Any, *more: Any) -> Any:
        if seen.number == 2:
            raise Killed
        return real(self, ensemble, seen, *more)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Updater, "at", at)
        run(plan, "state", spoiled(plan, (5,), 1))
    assert same(left(run(plan, "state")), expected)


def test_too_many_dead_members_stop_an_experiment_alone(
    twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = planned(twin, tmp_path, "assimilation.experiments=['open loop','state']")
    real = Updater.at

    def at(self: Updater, ensemble: Any, seen: Any, *more: Any) -> Any:
        if self.active and seen.number == 1:
            for member in (0, 3, 6):
                twins.kill_member(member)(ensemble)
        return real(self, ensemble, seen, *more)

    monkeypatch.setattr(Updater, "at", at)
    outcome = compute(plan, workers=1)
    assert [done.name for done in outcome.finished] == ["open loop"]
    why = outcome.failed["state"].why
    assert why.startswith("state, analysis of 2001-05-05T00:00:00: 3 of 8 members are not finite, more than")
    assert "`lost` = 0.25" in why


def frozen(plan: Plan, temperature: float = 268.0) -> Ensemble:
    """An ensemble whose soil is cold at the third and later analyses' beginning."""
    ensemble = Ensemble(plan.simulation, 1)
    fields = ensemble.fields
    count = [0]

    def cold() -> dict[str, np.ndarray]:
        found = fields()
        count[0] += 1
        if count[0] == 1:
            found["soil_temperature"] = np.full_like(found["soil_temperature"], temperature)
        return found

    ensemble.fields = cold  # type: ignore[method-assign]
    return ensemble


def test_where_all_is_refused_nothing_is_updated(twin: Path, tmp_path: Path) -> None:
    plan = planned(twin, tmp_path)
    done = run(plan, "state", frozen(plan))
    first, second, _ = done.accounts
    assert (first.status == 2).all()
    assert first.counts["frozen soil"] == twins.CELLS and first.counts["used"] == 0
    assert np.array_equal(first.forecast, first.analysis)
    assert not first.increment.any() and not first.added.any()
    assert (second.status == 1).all() and second.increment.any()
    assert done.analyses == 2


def test_values_far_from_the_forecast_are_refused_and_counted(twin: Path, tmp_path: Path) -> None:
    plan = planned(twin, tmp_path, "assimilation.beyond=3.0")
    one = plan.sets[0]
    values = one.values.copy()
    values[1, 4] += 1.0
    done = run(replace(plan, sets=(replace(one, values=values),)))
    assert done.accounts[1].status[4] == 2
    assert done.accounts[1].counts["innovation"] == 1
    assert done.accounts[1].counts["used"] == twins.CELLS - 1
    assert "innovation" in done.accounts[0].counts and done.accounts[0].counts["innovation"] == 0


def test_perturbed_observations_are_keyed_by_the_moment(
    twin: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stochastic filter that was stopped draws the same numbers; another seed draws others."""
    chosen = ("assimilation.filter='lenkf'",)
    expected = left(run(planned(twin, tmp_path / "whole", *chosen)))
    plan = planned(twin, tmp_path / "cut", *chosen)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        kill_at(CUTS[0], patch)
        run(plan)
    assert same(left(run(plan)), expected)
    spread = [expected[f"account {k}"]["analysis"] - expected[f"account {k}"]["forecast"] for k in range(2)]
    assert not np.allclose(spread[0], spread[1])


def test_the_end_holds_the_parameters_that_are_written(twin: Path, tmp_path: Path) -> None:
    """The last states bring back the posterior; the first draws are the prior."""
    plan = planned(twin, tmp_path)
    done = run(plan, JOINT)
    ensemble = twins.begun(plan)
    names = ("texture", "K_s")
    assert same(described(ensemble, names), done.prior)
    ensemble.resume([w.states[-1] for w in done.outcome.worked], twins.DAYS)  # type: ignore[union-attr]
    assert same(described(ensemble, names), done.posterior)
    assert not same(done.prior, done.posterior)
