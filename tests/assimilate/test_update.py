"""The analysis of a moment: bounds hold and are counted, filters and inflations act, only what is asked for changes."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.assimilate import twins

from vadose.assimilate.ensemble import Ensemble
from vadose.assimilate.plan import Plan, make_plan
from vadose.assimilate.sample import axes
from vadose.assimilate.study import load_study
from vadose.assimilate.update import CLIPPED, Account, Memory, Seen, bounds
from vadose.constants import RHO_WATER
from vadose.errors import ConfigError, DataError

FILTERS = ("lenkf", "letkf", "lestkf", "enkf", "etkf", "estkf", "denkf", "ensrf")
ALIVE = np.ones(twins.MEMBERS, bool)
LAYERS = 4


@pytest.fixture(scope="module")
def plan(twin: Path, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return twins.planned(twin, tmp_path_factory.mktemp("update"))


def again(plan: Plan, **keys: Any) -> Plan:
    """The plan with other settings of the filter."""
    return replace(plan, study=replace(plan.study, assimilation=replace(plan.study.assimilation, **keys)))


def observed(plan: Plan, value: float, error: float, only: int | None = None) -> Plan:
    """The plan with one value at each cell, or at one cell alone."""
    one = plan.sets[0]
    values, errors = np.full(one.values.shape, value), np.full(one.values.shape, error)
    if only is not None:
        values[:, np.arange(one.size) != only] = np.nan
    return replace(plan, sets=(replace(one, values=values, error=errors, raw=values),))


def wet(plan: Plan, mean: float = 0.25, sd: float = 0.03, seed: int = 3) -> Ensemble:
    """Members at the first day, of which each column has its own moisture, half as far from the mean in each layer."""
    made = twins.begun(plan)
    draw = np.random.default_rng(seed)
    anomaly = draw.standard_normal((made.members, 1, made.cells)) + draw.standard_normal((made.members, 1, 1))
    decay = 0.5 ** np.arange(LAYERS)[:, None]
    low, high = bounds(made, made.fields(), keep=False)
    made.put_liquid(np.clip(mean + sd * decay * anomaly, low + 0.005, high - 0.005))
    made.added = [np.zeros(tile.columns) for tile in made.tiles]
    return made


def update(plan: Plan, ensemble: Ensemble, name: Any = "state", alive: np.ndarray = ALIVE) -> Account:
    return plan.updater(name).at(ensemble, Seen(0, plan.sets), Memory(alive))


@pytest.mark.parametrize("value", [0.02, 0.60])
def test_water_stays_between_driest_and_saturated(plan: Plan, value: float) -> None:
    """Observations that ask for less than the driest or for more than the pores, and that are trusted."""
    strong = observed(again(plan, filter="enkf", radius=None), value, 0.001)
    ensemble = wet(strong)
    low, high = bounds(ensemble, ensemble.fields())
    account = update(strong, ensemble)
    liquid = ensemble.fields()["soil_liquid"]
    assert np.all((liquid >= low) & (liquid <= high))
    at_bound = np.count_nonzero((liquid == low) | (liquid == high))
    assert account.counts[CLIPPED] == at_bound > 10

    free = again(strong, bounds="logit")
    ensemble = wet(free)
    account = update(free, ensemble)
    liquid = ensemble.fields()["soil_liquid"]
    assert np.all((liquid > low) & (liquid < high))
    assert account.counts[CLIPPED] == 0
    assert np.sign(account.increment[0].mean()) == np.sign(value - 0.25)


def test_a_bound_of_the_logit_is_far_from_a_wet_soil(plan: Plan) -> None:
    """Where no bound is near, both spaces bring nearly the same."""
    near = observed(plan, 0.27, 0.03)
    found = [update(again(near, bounds=kind), wet(near)).increment for kind in ("clip", "logit")]
    assert np.abs(found[0][0]).max() > 0.005
    assert np.abs(found[0] - found[1]).max() < 0.25 * np.abs(found[0]).max()


def test_a_saturated_member_does_not_carry_the_others_with_it(plan: Plan) -> None:
    """At a bound the logit has no end; what no observation reaches stays saturated to the last bit but rounding."""
    found = []
    for kind in ("clip", "logit"):
        chosen = observed(again(plan, bounds=kind, radius=0.3), 0.28, 0.03, only=4)
        ensemble = wet(chosen)
        _, high = bounds(ensemble, ensemble.fields(), keep=False)
        liquid = ensemble.fields()["soil_liquid"]
        liquid[0, 0] = high[0, 0]
        ensemble.put_liquid(liquid)
        account = update(chosen, ensemble)
        found.append(account.analysis[:, 4])
        after = ensemble.fields()["soil_liquid"]
        elsewhere = np.arange(twins.CELLS) != 4
        assert np.allclose(after[:, :, elsewhere], liquid[:, :, elsewhere], rtol=0.0, atol=1e-12)
        assert account.counts[CLIPPED] == 0
    assert abs(found[0].mean() - found[1].mean()) < 0.025
    assert np.all(found[1][1:] < 0.31)
    assert found[1][0] < high[0, 0, 4] - 0.01


@pytest.mark.parametrize("kind", ["clip", "logit"])
def test_ice_leaves_less_room(plan: Plan, kind: str) -> None:
    """Pores full of ice but for less water than the driest has: nothing fits in, and nothing breaks."""
    strong = observed(again(plan, bounds=kind), 0.45, 0.005)
    ensemble = wet(strong)
    real = ensemble.fields
    pores = ensemble.retention(lambda r: np.asarray(r.theta_s))

    def icy() -> dict[str, np.ndarray]:
        found = real()
        found["soil_ice"] = np.zeros_like(pores)
        found["soil_ice"][:, 1] = pores[:, 1] - 0.5 * found["soil_liquid"][:, 1]  # more than there is room for
        found["soil_ice"][:, 0] = 0.1
        return found | {"soil_moisture": found["soil_liquid"] + found["soil_ice"]}

    ensemble.fields = icy  # type: ignore[method-assign]
    before = icy()
    account = update(strong, ensemble)
    after = icy()
    assert np.abs(account.increment[0]).max() > 0.01
    assert np.all(after["soil_liquid"][:, 0] <= np.maximum(pores[:, 0] - 0.1, before["soil_liquid"][:, 0]) + 1e-12)
    assert np.all(after["soil_liquid"][:, 1] <= before["soil_liquid"][:, 1] + 1e-12)


@pytest.mark.parametrize("name", FILTERS)
def test_every_filter_narrows_what_is_observed(plan: Plan, name: str) -> None:
    chosen = observed(again(plan, filter=name, radius=4.0 if name.startswith("l") else None), 0.28, 0.02)
    account = update(chosen, wet(chosen))
    assert (account.status == 1).all()
    before, after = account.forecast.std(axis=0, ddof=1), account.analysis.std(axis=0, ddof=1)
    assert np.all(after < before) and after.mean() < 0.9 * before.mean()
    off = [np.abs(x.mean(axis=0) - 0.28).mean() for x in (account.forecast, account.analysis)]
    assert off[1] < off[0]


@pytest.mark.parametrize("name", ["enkf", "etkf", "estkf", "denkf", "ensrf"])
def test_a_radius_makes_a_filter_local(plan: Plan, name: str) -> None:
    """An observation of one corner, of half a cell around it, changes that cell alone."""
    local = observed(again(plan, filter=name, radius=0.3), 0.30, 0.01, only=0)
    moved = np.abs(update(local, wet(local)).increment[0])
    assert moved[0] > 1e-3
    assert np.all(moved[1:] < 1e-12)
    everywhere = again(local, radius=None)
    assert np.all(np.abs(update(everywhere, wet(everywhere)).increment[0]) > 1e-4)


def test_support_doubles_the_reach(plan: Plan) -> None:
    """Cells lie 0.5 km apart: a radius of 0.4 reaches the next one as a half-width only."""
    corner = observed(again(plan, radius=0.4), 0.30, 0.01, only=0)
    for support, reached in (("radius", 1), ("half-width", 4)):
        chosen = again(corner, support=support)
        moved = np.abs(update(chosen, wet(chosen)).increment[0]) > 1e-9
        assert np.count_nonzero(moved) == reached, support


def test_filters_without_perturbations_agree(plan: Plan) -> None:
    """ETKF and ESTKF are the same analysis in other bases; the mean of the EnSRF with one observation is theirs."""
    chosen = observed(again(plan, radius=None), 0.28, 0.02, only=4)
    etkf, estkf, ensrf = (
        update(again(chosen, filter=name), wet(chosen)).increment for name in ("etkf", "estkf", "ensrf")
    )
    assert np.allclose(etkf, estkf, rtol=0.0, atol=1e-12)
    assert np.allclose(etkf, ensrf, rtol=0.0, atol=1e-12)


def test_one_column_needs_no_radius_and_many_do(twin: Path, tmp_path: Path) -> None:
    tables = tomllib.loads(twin.read_text())
    tables["study"]["root"] = str(twin.parent)
    del tables["assimilation"]["radius"]
    with pytest.raises(ConfigError, match="'letkf' is local and needs `radius` in km .*; 'etkf' runs without one"):
        make_plan(load_study(tables)[0], tmp_path)
    lat, lon = axes(3)
    tables["grid"] = {"box": [float(x) for x in (lon[0] - 0.001, lon[0] + 0.001, lat[0] - 0.001, lat[0] + 0.001)]}
    found = []
    for name in ("letkf", "etkf"):
        plan = make_plan(load_study(tables, [f"assimilation.filter='{name}'"])[0], tmp_path)
        assert plan.simulation.cells.size == 1
        chosen = observed(plan, 0.28, 0.02)
        found.append(update(chosen, wet(chosen)).increment)
    assert np.abs(found[0]).max() > 1e-3
    assert np.array_equal(found[0], found[1])


@pytest.mark.parametrize(("kind", "value"), [("multiplicative", 1.3), ("rtps", 0.7), ("rtpp", 0.7), ("adaptive", 0.5)])
def test_inflation_gives_spread_back(twin: Path, tmp_path: Path, kind: str, value: float) -> None:
    plan = twins.planned(twin, tmp_path)
    inflated = twins.planned(twin, tmp_path, f"assimilation.inflation=[{{kind='{kind}',value={value}}}]")
    found = []
    for one in (plan, inflated):
        chosen, variance = observed(one, 0.35, 0.01), None
        ensemble = wet(chosen)
        for number in range(2):  # what is learnt acts on the next analysis
            if number:
                ensemble = wet(chosen)
            account = one.updater("state").at(ensemble, Seen(number, chosen.sets), Memory(ALIVE, variance))
            variance = account.variance
        found.append(account)
    assert np.all(found[1].spread_analysis[0] > found[0].spread_analysis[0])
    assert found[0].variance is None
    assert (found[1].variance is not None) == (kind == "adaptive")


def test_depth_limits_the_layers(twin: Path, tmp_path: Path, plan: Plan) -> None:
    """Layers of Noah-MP: 0.1, 0.3, 0.6 and 1 m, with their middles at 0.05, 0.25, 0.7 and 1.5 m."""
    assert np.allclose(plan.thickness, [0.1, 0.3, 0.6, 1.0])
    for depth, count in ((0.05, 1), (0.3, 2), (1.0, 3)):
        chosen = observed(again(plan, depth=depth), 0.28, 0.02)
        account = update(chosen, wet(chosen))
        assert np.all(account.increment[:count] != 0.0)
        assert not account.increment[count:].any()
    with pytest.raises(ConfigError, match=r"`depth` = 0.04 m leaves no layer; the first has its middle at 0.05 m"):
        twins.planned(twin, tmp_path, "assimilation.depth=0.04")


def test_an_open_loop_only_looks(plan: Plan) -> None:
    chosen = observed(again(plan, beyond=0.1), 0.60, 0.001)
    ensemble = wet(chosen)
    before = ensemble.fields()
    account = update(chosen, ensemble, "open loop")
    assert twins.same(ensemble.fields(), before)
    assert (account.status == 1).all()  # it has no analysis that could refuse a value for being far away
    assert not account.added.any()


def test_a_dead_member_takes_no_part(plan: Plan) -> None:
    """What is given up stays out although its numbers are back, and no number of its own changes the others."""
    chosen = observed(plan, 0.28, 0.02)
    alive = ALIVE.copy()
    alive[2] = False
    found = []
    for value in (0.2, 0.4):
        ensemble = wet(chosen)
        liquid = ensemble.fields()["soil_liquid"]
        liquid[2] = value
        ensemble.put_liquid(liquid)
        ensemble.added = [np.zeros(tile.columns) for tile in ensemble.tiles]
        account = update(chosen, ensemble, alive=alive)
        found.append((account, ensemble.fields()["soil_liquid"]))
        assert np.array_equal(found[-1][1][2], liquid[2])
        assert list(account.alive) == list(alive)
    assert np.array_equal(np.delete(found[0][1], 2, 0), np.delete(found[1][1], 2, 0))
    assert np.array_equal(found[0][0].increment, found[1][0].increment)


def test_equal_members_are_collapsed(plan: Plan) -> None:
    chosen = observed(plan, 0.28, 0.02)
    ensemble = wet(chosen)
    liquid = ensemble.fields()["soil_liquid"]
    ensemble.put_liquid(np.repeat(liquid[:1], ensemble.members, axis=0))
    with pytest.raises(DataError, match="the ensemble has collapsed: all members simulate the same at each of the 9"):
        update(chosen, ensemble)


def test_water_that_is_put_in_is_counted(plan: Plan) -> None:
    ensemble = wet(plan)
    liquid = ensemble.fields()["soil_liquid"]
    more = liquid.copy()
    more[3, 1, 7] += 0.01
    gained = ensemble.put_liquid(more)
    expected = np.zeros((ensemble.members, ensemble.cells))
    expected[3, 7] = 0.01 * 0.3 * RHO_WATER
    assert np.allclose(gained, expected, rtol=0.0, atol=1e-9)
    assert np.array_equal(ensemble.gather(ensemble.added), gained)
    assert np.array_equal(ensemble.fields()["soil_liquid"], more)


def test_fields_are_those_of_the_tiles(plan: Plan) -> None:
    """Members and cells come back where they were, whatever the tiles."""
    ensemble = twins.begun(plan)
    assert len(ensemble.tiles) == 2
    number = np.arange(ensemble.members * ensemble.cells, dtype=float).reshape(ensemble.members, 1, ensemble.cells)
    parts = [ensemble._part(number, n) for n in range(2)]
    assert [p.shape for p in parts] == [(1, tile.columns) for tile in ensemble.tiles]
    assert np.array_equal(ensemble.gather(parts), number)
    held = ensemble.fields()
    assert held["soil_moisture"].shape == (twins.MEMBERS, LAYERS, twins.CELLS)
    assert held["snow_water"].shape == (twins.MEMBERS, twins.CELLS)
    assert np.array_equal(held["soil_moisture"], held["soil_liquid"] + held["soil_ice"])
