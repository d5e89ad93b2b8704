"""The joint update of parameters: within bounds, damped, from the draws of the simulation, with room for water."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.assimilate import twins
from tests.assimilate.test_update import observed, wet

from vadose.assimilate.ensemble import Ensemble
from vadose.assimilate.parameters import described
from vadose.assimilate.plan import Plan
from vadose.assimilate.update import Account, Memory, Seen, bounds
from vadose.simulate.members import members
from vadose.simulate.setup import Climate, prepare

JOINT = "state and parameters"
NAMES = ("texture", "K_s", "theta_s", "lai")
FACTORS = ("ensemble.parameters.theta_s=[0.85,1.15]", "ensemble.parameters.lai=[0.5,2.0]")
WARM = 288.0  # K


@pytest.fixture(scope="module")
def plan(twin: Path, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """All kinds of priors: a texture, a log-normal factor and two log-uniform ones, undamped."""
    chosen = f"assimilation.parameters={list(NAMES)}"
    return twins.planned(
        twin, tmp_path_factory.mktemp("parameters"), *FACTORS, chosen, "assimilation.damping=1.0",
        "assimilation.filter='etkf'",
    )  # fmt: skip


def again(plan: Plan, **keys: Any) -> Plan:
    return replace(plan, study=replace(plan.study, assimilation=replace(plan.study.assimilation, **keys)))


def linked(plan: Plan, *names: str) -> Ensemble:
    """Members that are wetter where there is more sand, faster drainage, more pores and fewer leaves, or some of it."""
    made = wet(plan)
    draws = made.draws()
    values = {"texture": np.stack([d.texture[0] for d in draws])}  # type: ignore[index]
    values |= {n: np.log(np.stack([d.factors[n] for d in draws])) for n in ("K_s", "theta_s", "lai")}
    values["lai"] = -values["lai"]
    chosen = [values[n] for n in names or NAMES]
    standard = np.mean([(v - v.mean(axis=0)) / v.std(axis=0, ddof=1) for v in chosen], axis=0)
    made.put_liquid(0.25 + 0.02 * standard[:, None] * 0.5 ** np.arange(4)[:, None])
    made.added = [np.zeros(tile.columns) for tile in made.tiles]
    return made


def update(plan: Plan, ensemble: Ensemble, name: Any = JOINT) -> Account:
    return plan.updater(name).at(ensemble, Seen(0, plan.sets), Memory(np.ones(twins.MEMBERS, bool)))


def test_members_begin_with_the_draws_of_the_simulation(plan: Plan) -> None:
    """The same that `setup.prepare` draws for a member over all cells, whatever its tile."""
    ensemble = twins.begun(plan)
    study, cells = plan.simulation.study, plan.simulation.cells
    climate = Climate(np.full(cells.size, WARM))
    shown = described(ensemble, NAMES)
    for number in (0, twins.MEMBERS - 1):
        made = prepare(study, members(study)[number], cells, climate)
        found = ensemble.draws()[number]
        assert np.array_equal(found.texture, made.draws.texture)  # type: ignore[arg-type]
        assert found.factors.keys() == made.draws.factors.keys() == {"K_s", "theta_s", "lai"}
        for name, by in made.draws.factors.items():
            assert np.array_equal(found.factors[name], by)
        assert np.array_equal(shown["K_s"][number], np.asarray(made.parameters.soil.retention.K_s)[0])
        assert np.array_equal(shown["sand"][number], found.texture[0])  # type: ignore[index]


@pytest.mark.parametrize("value", [0.02, 0.6])
def test_bounds_hold_whatever_the_increment(plan: Plan, value: float) -> None:
    strong = observed(plan, value, 0.002)
    ensemble = linked(strong)
    prior = ensemble.draws()
    update(strong, ensemble)
    for draws, before in zip(ensemble.draws(), prior, strict=True):
        sand, clay = draws.texture  # type: ignore[misc]
        assert np.all((sand > 0.0) & (clay > 0.0) & (sand + clay < 100.0))
        assert np.all((draws.factors["theta_s"] >= 0.85) & (draws.factors["theta_s"] <= 1.15))
        assert np.all((draws.factors["lai"] >= 0.5) & (draws.factors["lai"] <= 2.0))
        assert np.all(draws.factors["K_s"] > 0.0)
        assert not np.allclose(draws.factors["K_s"], before.factors["K_s"], rtol=0.01)


@pytest.mark.parametrize("name", ["K_s", "theta_s", "lai"])
def test_a_parameter_follows_its_covariance(plan: Plan, name: str) -> None:
    """Members are wet where the parameter is large, small for leaves; wet observations make it larger, or smaller."""
    wetter = observed(plan, 0.28, 0.01)
    ensemble = linked(wetter, name)
    prior = ensemble.draws()
    update(wetter, ensemble)
    moved = [np.log(a.factors[name] / b.factors[name]) for a, b in zip(ensemble.draws(), prior, strict=True)]
    assert np.mean(moved) * (-1.0 if name == "lai" else 1.0) > 0.01


def test_damping_shortens_the_step(plan: Plan) -> None:
    """In the spaces of the update: ln K_s, the logit of ln theta_s, log-ratios of the texture. The state is not."""
    mild = observed(plan, 0.28, 0.02)
    steps, states = [], []
    for damping in (1.0, 0.1):
        chosen = again(mild, damping=damping)
        ensemble = linked(chosen)
        prior = ensemble.draws()
        states.append(update(chosen, ensemble).analysis)
        after = ensemble.draws()
        found = []
        for a, b in zip(after, prior, strict=True):
            ratio = [np.log(np.stack([d.texture[0], d.texture[1]]) / (100.0 - d.texture.sum(axis=0))) for d in (a, b)]  # type: ignore[index, union-attr]
            share = [np.log(d.factors["theta_s"] / 0.85) / np.log(1.15 / 0.85) for d in (a, b)]
            logit = [np.log(s / (1.0 - s)) for s in share]
            found.append([*(ratio[0] - ratio[1]), np.log(a.factors["K_s"] / b.factors["K_s"]), logit[0] - logit[1]])
        steps.append(np.array(found))
    assert np.abs(steps[0]).mean() > 0.01
    assert np.allclose(steps[1], 0.1 * steps[0], rtol=1e-6, atol=1e-9)
    assert np.array_equal(states[0], states[1])


def test_fewer_pores_hold_less_water(plan: Plan) -> None:
    """Wet members learn that their pores are few: what does not fit any more is taken out, and counted."""
    dry = observed(again(plan, parameters=("theta_s",)), 0.10, 0.002)
    ensemble = linked(dry)
    pores = ensemble.retention(lambda r: np.asarray(r.theta_s))
    full = ensemble.fields()["soil_liquid"]
    full[:, 2:] = pores[:, 2:] - 1e-4  # deep layers without covariance are saturated
    ensemble.put_liquid(full)
    ensemble.added = [np.zeros(tile.columns) for tile in ensemble.tiles]
    shallow = again(dry, depth=0.3)
    account = update(shallow, ensemble)
    fewer = ensemble.retention(lambda r: np.asarray(r.theta_s))
    assert np.count_nonzero(fewer < pores - 0.005) > 50
    now = ensemble.fields()
    assert np.all(now["soil_liquid"] + now["soil_ice"] <= fewer + 1e-12)
    assert np.all(account.increment[2:] <= 0.0) and account.increment[2:].min() < -0.001
    assert account.counts["water contents set to a bound"] > 40
    low, _ = bounds(ensemble, now)
    assert np.all(now["soil_liquid"] >= low)


def test_the_state_alone_leaves_the_parameters(plan: Plan) -> None:
    chosen = observed(plan, 0.28, 0.02)
    ensemble = linked(chosen)
    before = ensemble.draws()
    account = update(chosen, ensemble, "state")
    assert account.parameters == {}
    for a, b in zip(ensemble.draws(), before, strict=True):
        assert a.texture is not None and np.array_equal(a.texture, b.texture)  # type: ignore[arg-type]
        assert all(np.array_equal(a.factors[n], b.factors[n]) for n in b.factors)


def test_statistics_are_of_the_members_that_live(plan: Plan) -> None:
    ensemble = twins.begun(plan)
    alive = np.arange(twins.MEMBERS) != 3
    updater = plan.updater(JOINT)
    assert updater.parameters is not None
    found = updater.parameters.statistics(ensemble, alive)
    shown = described(ensemble, NAMES)
    assert set(found) == {"sand", "clay", "K_s", "theta_s", "lai"}
    assert np.allclose(found["sand"][0], shown["sand"][alive].mean(axis=0))
    assert np.allclose(found["K_s"][1], np.log(shown["K_s"][alive]).std(axis=0, ddof=1))


def test_parameters_and_water_survive_a_restart_of_the_cycle(plan: Plan, tmp_path: Path) -> None:
    """What `held` keeps brings back parameters, state and the water added so far, to the last bit."""
    from vadose.workflow.kept import save_arrays

    chosen = observed(plan, 0.30, 0.02)
    ensemble = linked(chosen)
    update(chosen, ensemble)
    paths = []
    for n in range(len(ensemble.tiles)):
        paths.append(tmp_path / f"{n}.npz")
        save_arrays(ensemble.held(n), paths[-1])
    other = twins.begun(chosen)
    assert not np.array_equal(described(other, NAMES)["K_s"], described(ensemble, NAMES)["K_s"])
    other.resume(paths, 3)
    assert twins.same(described(other, NAMES), described(ensemble, NAMES))
    assert twins.same(other.fields(), ensemble.fields())
    assert np.array_equal(other.gather(other.added), ensemble.gather(ensemble.added))
    for a, b in zip(other.ready, ensemble.ready, strict=True):
        assert a.day == 3
        for name in ("K_s", "theta_s", "psi_s"):
            pair = [np.asarray(getattr(r.parameters.soil.retention, name)) for r in (a, b)]
            assert np.array_equal(*pair), name
    other.begin({})
    fresh = twins.begun(chosen)
    assert twins.same(described(other, NAMES), described(fresh, NAMES))
    assert twins.same(other.fields(), fresh.fields())
