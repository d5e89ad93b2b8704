"""An assimilation over a subsurface: water closes, heads below the land move with wells, pores and water fit.

4 x 4 cells in a valley, 6 members, 4 days, observed after the first and the third. The truth is a run of columns alone,
which is sooner compiled; what it is does not matter here.
"""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tests.assimilate import twins
from tests.assimilate.twins import left, planned, run, same

from vadose.assimilate.assimilated import Assimilated
from vadose.assimilate.ensemble import Ensemble
from vadose.assimilate.plan import Plan
from vadose.assimilate.run import run_study
from vadose.assimilate.sample import LAYER, Twin, write_sample
from vadose.assimilate.subsurface import head_bounds
from vadose.assimilate.update import HEADS, Memory, Seen, Updater
from vadose.constants import RHO_WATER
from vadose.observe.well import depth_from_heads
from vadose.simulate.run import run_study as simulate

MEMBERS, CELLS, DEEP = 6, 16, 3
SMALL = Twin(
    cells=4, days=4, members=MEMBERS, every=2, subsurface=True, layers=DEEP, rows="hour", wells=2, groundwater=True,
    porosity=0.03, water_table=2.6, rain=1.0, spread=0.4, start=148,
)  # fmt: skip
JOINT = "state and parameters"
TABLES = 2.3 + 0.1 * np.arange(MEMBERS)  # m, of the members

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("valley")
    truth, made = write_sample(folder, SMALL)
    tables = tomllib.loads(truth.read_text())
    del tables["subsurface"], tables["spinup"]
    tables["study"]["root"] = str(folder)
    simulate(tables, folder / "truth", workers=1, report=False)
    return made


@pytest.fixture(scope="module")
def whole(study: Path) -> Assimilated:
    return run_study(study, study.parent / "run", workers=1, report=False)


@pytest.fixture(scope="module")
def plan(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return planned(study, tmp_path_factory.mktemp("plan"))


@pytest.fixture(scope="module")
def members(plan: Plan) -> Ensemble:
    """The members, whose state a test begins anew."""
    return Ensemble(plan.simulation, 1)


def parted(ensemble: Ensemble) -> Ensemble:
    """The members with water tables of their own: heads below the land at rest over them."""
    for ready in ensemble.ready:
        ready.day = -1
    ensemble.begin({})
    middle = ensemble.below.mean(axis=1)
    head = np.broadcast_to(middle[:, None] - TABLES[:, None, None], (MEMBERS, DEEP, CELLS))
    ensemble.put_liquid(ensemble.fields()["soil_liquid"], head)
    ensemble.added = [np.zeros(CELLS) for _ in ensemble.tiles]
    return ensemble


def store(ensemble: Ensemble) -> dict[str, np.ndarray]:
    """Heads [member, layer, cell], deep water [member, deep layer, cell] and storage [member, cell] kg m-2."""
    stores = [ready.carry.state.groundwater for ready in ensemble.ready]
    return {
        "head": ensemble.gather([np.asarray(s.head) for s in stores]),
        "deep": ensemble.gather([np.asarray(s.deep) for s in stores]),
        "storage": ensemble.gather([np.asarray(r.model.storage(r.carry.state)) for r in ensemble.ready]),
    }


def by_wells(plan: Plan, depth: float, **keys: Any) -> Plan:
    """The plan with wells alone, which all read one depth."""
    wells = tuple(
        replace(
            s,
            values=np.full_like(s.values, depth),
            raw=np.full_like(s.values, depth),
            error=np.full_like(s.error, 0.05),
        )
        for s in plan.sets
        if s.variable == "water_table_depth"
    )
    chosen = replace(plan.study.assimilation, **({"filter": "etkf", "radius": None} | keys))
    return replace(plan, sets=wells, study=replace(plan.study, assimilation=chosen))


def update(plan: Plan, ensemble: Ensemble) -> Any:
    return plan.updater("state").at(ensemble, Seen(0, plan.sets), Memory(np.ones(MEMBERS, bool)))


@pytest.mark.parametrize("name", twins.EXPERIMENTS)
def test_water_closes_with_what_the_analyses_added(whole: Assimilated, name: str) -> None:
    assert whole.failures == []
    table = whole.experiments[name].budget
    table = table[table.column != "total"]
    assert len(table) == CELLS * MEMBERS
    left_over = table.precipitation - table.evaporation - table.runoff + table.added - table.storage_change
    through = table.precipitation.abs() + table.evaporation.abs() + table.runoff.abs() + table.added.abs()
    assert (left_over.abs() / through).max() < 1e-10
    assert (table.added == 0.0).all() == (name == "open loop")


def test_what_is_added_is_that_of_land_and_heads(whole: Assimilated) -> None:
    table = whole.experiments["state"].budget
    by_cell = table[table.column != "total"].groupby("column", sort=False).added.mean().to_numpy()
    with whole.analyses("state") as held:
        land = RHO_WATER * np.einsum("tlc,l->tc", held.increment.values, held.thickness.values).sum(axis=0)
        assert held.head_increment.shape == (2, DEEP, CELLS)
        assert np.abs(held.head_increment.values).max() > 1e-3
        assert (held.head_spread_analysis.values <= held.head_spread_forecast.values + 1e-9).mean() > 0.5
        assert np.allclose(held.added.values.sum(axis=0), by_cell, rtol=0.0, atol=1e-9)
    assert np.abs(land - by_cell).max() > 1e-3  # the rest lies below the land


def test_the_water_table_is_judged_against_the_truth(whole: Assimilated) -> None:
    table = whole.twin
    rows = table[(table["what"] == "water table") & (table["metric"] == "rmse")]
    assert list(rows["experiment"]) == list(twins.EXPERIMENTS)
    assert set(rows["units"]) == {"m"} and (rows["cells"] == CELLS).all() and (rows["mean"] > 0.0).all()
    factors = table[(table["what"] == "parameter") & (table["experiment"] == JOINT)]
    assert {"K_s", "theta_s"} <= set(factors["metric"])


def test_a_killed_experiment_goes_on(
    study: Path, tmp_path: Path, members: Ensemble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Heads, deep water and the parameters of all layers are the same to the last bit."""

    class Killed(BaseException):
        pass

    real = Updater.at

    def at(self: Updater, ensemble: Any, seen: Any, *more: Any) -> Any:
        if seen.number == 1:
            raise Killed
        return real(self, ensemble, seen, *more)

    undisturbed = left(run(planned(study, tmp_path / "whole"), JOINT, members))
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Updater, "at", at)
        run(planned(study, tmp_path / "cut"), JOINT, members)
    found = left(run(planned(study, tmp_path / "cut"), JOINT))
    assert {"groundwater.head", "groundwater.deep"} <= found["state 0"].keys()
    assert same(found, undisturbed)


def test_wells_move_the_water_table_by_the_heads_below(plan: Plan, members: Ensemble) -> None:
    ensemble = parted(members)
    before, table = store(ensemble), ensemble.fields()["water_table_depth"]
    assert np.allclose(table.mean(axis=1), TABLES, atol=0.1)  # a straight line between layers that are far apart
    account = update(by_wells(plan, 2.4), ensemble)
    after, fields = store(ensemble), ensemble.fields()
    moved = fields["water_table_depth"]
    assert (np.abs(moved.mean(axis=0) - 2.4) < 0.5 * np.abs(table.mean(axis=0) - 2.4)).all()
    assert account.counts[HEADS] == 0
    # The table is that of the heads, deep water that of the heads, and what came in is counted.
    edges = np.cumsum([0.0, *np.asarray(ensemble.ready[0].model.thickness), *[LAYER] * DEEP])
    layers = np.stack([edges[:-1], edges[1:]], axis=1)
    assert np.allclose(depth_from_heads(after["head"], layers), moved, atol=1e-9)
    soil = ensemble.ready[0].model.soil_water.deep
    held = np.asarray(soil.water_content(np.minimum(after["head"][0, -DEEP:], -0.02)))[0] * LAYER
    dry = after["head"][0, -DEEP] < -0.02
    assert np.allclose(after["deep"][0, 0][dry], held[dry], rtol=1e-6)
    gained = after["storage"] - before["storage"]
    land = RHO_WATER * ((fields["soil_liquid"] * np.diff(edges)[:-DEEP, None]).sum(axis=1))
    assert np.allclose(account.added, gained.mean(axis=0), rtol=0.0, atol=1e-9)
    assert land.shape == gained.shape and np.abs(gained).max() > 1.0
    # Wells that are seen by the analysis stand where the state is.
    assert np.allclose(account.analysis, np.concatenate([s.simulate(fields) for s in by_wells(plan, 2.4).sets], axis=1))


def test_without_groundwater_the_layers_below_stay(plan: Plan, members: Ensemble) -> None:
    ensemble = parted(members)
    before, fields = store(ensemble), ensemble.fields()
    account = update(by_wells(plan, 2.4, groundwater=False), ensemble)
    after = store(ensemble)
    assert np.array_equal(after["deep"], before["deep"])
    assert np.array_equal(after["head"][:, -DEEP:], before["head"][:, -DEEP:])
    assert account.head is None and HEADS not in account.counts
    # Land's layers whose water was not changed keep their heads; a changed one has that of its water.
    gained = ensemble.fields()["soil_liquid"] - fields["soil_liquid"]
    rise = after["head"][:, :-DEEP] - before["head"][:, :-DEEP]
    assert (np.abs(gained) > 1e-5).any()
    assert np.array_equal(np.sign(rise)[np.abs(gained) > 1e-5], np.sign(gained)[np.abs(gained) > 1e-5])


def test_soil_moisture_moves_the_heads_below_unless_they_are_left_to_the_levels(plan: Plan, members: Ensemble) -> None:
    """With wells beside footprints the heads get the analysis of the wells alone, the land's layers that of both."""

    def left(sets: str, groundwater: bool | str) -> tuple[dict[str, np.ndarray], np.ndarray]:
        ensemble = parted(members)
        chosen = by_wells(plan, 2.4, groundwater=groundwater)
        moist = tuple(s for s in plan.sets if s.variable == "soil_moisture")
        update(chosen if sets == "wells" else replace(chosen, sets=(*moist, *chosen.sets)), ensemble)
        return store(ensemble), ensemble.fields()["soil_liquid"]

    (apart, by_both), (alone, by_wells_only), (mixed, _) = (
        left("both", "levels"), left("wells", True), left("both", True)
    )  # fmt: skip
    assert np.allclose(apart["head"][:, -DEEP:], alone["head"][:, -DEEP:], rtol=0.0, atol=1e-12)
    assert np.abs(mixed["head"][:, -DEEP:] - alone["head"][:, -DEEP:]).max() > 1e-3
    assert np.abs(by_both - by_wells_only).max() > 1e-4


def test_a_far_off_well_meets_the_bounds_of_the_heads(plan: Plan, members: Ensemble) -> None:
    """A reading far above the ground or below the bottom: water is at rest under a table at the one or the other."""
    for depth in (-40.0, 60.0):
        ensemble = parted(members)
        forecast, below = ensemble.fields()["head"], ensemble.below
        account = update(by_wells(plan, depth), ensemble)
        head = ensemble.fields()["head"]
        low, high = head_bounds(forecast, np.ones(MEMBERS, bool), below)
        assert np.all((head >= low) & (head <= high))
        assert account.counts[HEADS] > 50
        table = ensemble.fields()["water_table_depth"]
        assert table.min() > -0.5 and table.max() < below[-1, 1] + 0.5


def test_the_bounds_of_the_heads_are_those_of_rest_or_of_the_members() -> None:
    layers = np.array([[2.0, 3.0], [3.0, 5.0]])
    head = np.array([[[-1.0], [0.5]], [[-9.0], [7.0]], [[99.0], [-99.0]]])
    low, high = head_bounds(head, np.array([True, True, False]), layers)
    assert low.tolist() == [[-9.0], [-1.0]]  # the members; rest over a table at 5 m
    assert high.tolist() == [[2.5], [7.0]]  # rest under a table at the ground; the members


def test_pores_that_change_leave_the_water_table(plan: Plan, members: Ensemble) -> None:
    """Full layers stay full of other pores, at the same heads; drier ones keep their water unless it has no room."""
    ensemble = parted(members)
    fields, pores = ensemble.fields(), ensemble.retention(lambda r: np.asarray(r.theta_s))
    wet = fields["soil_liquid"].copy()
    wet[:, -1] = pores[:, -1]
    ensemble.put_liquid(wet)
    before, fields = store(ensemble), ensemble.fields()
    updater = plan.updater(JOINT)
    assert updater.parameters is not None
    changed = updater.parameters.fields(ensemble)
    changed["theta_s"] = changed["theta_s"] + np.where(np.arange(MEMBERS) % 2, 0.05, -0.05)[:, None]
    every = np.ones(MEMBERS, bool)
    found: Any = SimpleNamespace(
        ensemble=changed | {"liquid": fields["soil_liquid"], "head": fields["head"]}, members=every
    )
    added, _ = updater._put(ensemble, fields, found, every)
    now, after = ensemble.fields(), store(ensemble)
    new = ensemble.retention(lambda r: np.asarray(r.theta_s))
    assert np.allclose(new / pores, np.exp(np.where(np.arange(MEMBERS) % 2, 0.05, -0.05))[:, None, None])
    assert np.allclose(now["soil_liquid"][:, -1], new[:, -1], rtol=0.0, atol=1e-12)
    assert np.all(now["soil_liquid"] + now["soil_ice"] <= new + 1e-12)
    assert np.array_equal(now["soil_liquid"][:, 0], fields["soil_liquid"][:, 0])
    assert np.array_equal(after["head"][:, -DEEP:], before["head"][:, -DEEP:])
    assert np.allclose(now["water_table_depth"], fields["water_table_depth"], atol=0.02)
    full = before["head"][:, -DEEP:] >= 0.0
    below = [np.asarray(r.model.soil_water.deep.theta_s)[:1] for r in ensemble.ready]
    ratio = (after["deep"] / before["deep"])[full]
    assert np.allclose(np.abs(np.log(ratio)), 0.05, atol=1e-4) and len(below) == MEMBERS
    assert np.allclose(added, after["storage"] - before["storage"], rtol=0.0, atol=1e-9)


def test_a_stage_updates_the_soil_and_leaves_the_pond(plan: Plan, members: Ensemble) -> None:
    """Members whose pond is deeper where their soil is wetter: a stage moves the soil, by covariance."""
    ensemble = parted(members)
    liquid = ensemble.fields()["soil_liquid"].copy()
    share = np.linspace(-1.0, 1.0, MEMBERS)
    liquid[:, 1] = 0.25 + 0.03 * share[:, None]
    ensemble.put_liquid(liquid)
    wells = by_wells(plan, 0.0, filter="etkf", groundwater=False)
    one = wells.sets[0]
    columns = one.operator.columns
    cell = int(columns.column[0])
    gauge = replace(one.table, name="gauge", variable="ponded_water")
    sets = (replace(one, table=gauge, values=np.full_like(one.values, 30.0), error=np.full_like(one.error, 5.0)),)
    for n, ready in enumerate(ensemble.ready):
        pond = np.zeros(CELLS)
        pond[cell] = 20.0 + 10.0 * share[n]
        ready.replace(replace(ready.carry.state, pond=pond))
    before = ensemble.fields()
    account = update(replace(wells, sets=sets), ensemble)
    after = ensemble.fields()
    assert np.allclose(account.forecast[:, 0], 20.0 + 10.0 * share)
    assert np.array_equal(after["ponded_water"], before["ponded_water"])
    assert account.increment[1].mean() > 0.001
