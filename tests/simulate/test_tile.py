"""A tile in memory: other draws and states can be put in their place; its budget says what came from outside."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from tests.simulate import studies

from vadose.simulate import tables
from vadose.simulate.collate import Ends
from vadose.simulate.draws import Draws
from vadose.simulate.restart import arrays_of, state_of
from vadose.simulate.run import Outcome, make_plan
from vadose.simulate.spinup import SpunUp
from vadose.simulate.study import load_study
from vadose.simulate.tasks import Worked
from vadose.simulate.tile import Ready
from vadose.workflow.kept import save_arrays

ENSEMBLE = {
    "size": 3, "control": False, "texture": {"sand": 10.0, "clay": 10.0},
    "parameters": {"K_s": [0.1, 10.0], "lai": [0.5, 2.0]},
}  # fmt: skip


@pytest.fixture(scope="module")
def plan(weather: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    table = studies.study(weather, ensemble=ENSEMBLE, study={"tile": 16})
    return make_plan(load_study(table)[0], tmp_path_factory.mktemp("plan"))


@pytest.fixture
def ready(plan: Any) -> Ready:
    """One tile of three members of three columns, at the first day."""
    (tile,) = plan.tiles
    made = Ready.make(tile)
    made.load(None, 0)
    return made


def leaves(tree: Any) -> list[np.ndarray]:
    return [np.asarray(x) for x in jax.tree.leaves(tree)]


def equal(a: Any, b: Any) -> bool:
    return all(np.array_equal(x, y, equal_nan=True) for x, y in zip(leaves(a), leaves(b), strict=True))


def test_own_draws_again_are_the_same_parameters(ready: Ready) -> None:
    before = ready.parameters
    ready.redraw(ready.draws)
    assert ready.parameters is not before
    assert equal(ready.parameters, before)


def test_other_draws_change_the_parameters_and_not_the_state(ready: Ready) -> None:
    state, before = ready.carry.state, ready.parameters
    given = list(ready.draws)
    given[1] = Draws(given[1].texture, {**given[1].factors, "K_s": 2.0 * np.asarray(given[1].factors["K_s"])})
    ready.redraw(given)
    assert equal(ready.carry.state, state)
    assert ready.draws == tuple(given)
    old, new = (np.asarray(p.soil.retention.K_s) for p in (before, ready.parameters))
    ratio = np.ones(old.shape[1])
    ratio[3:6] = 2.0  # the columns of the second member
    assert np.allclose(new / old, ratio, rtol=1e-12)
    assert equal(ready.parameters.vegetation, before.vegetation)


def test_members_can_change_places(ready: Ready) -> None:
    """Parameters follow from draws alone: those of another member make its columns."""
    before = np.asarray(ready.parameters.soil.retention.K_s)
    ready.redraw([ready.draws[2], ready.draws[0], ready.draws[1]])
    after = np.asarray(ready.parameters.soil.retention.K_s)
    assert np.array_equal(after, before[:, [6, 7, 8, 0, 1, 2, 3, 4, 5]])


def test_a_state_can_be_replaced(plan: Any, ready: Ready) -> None:
    """A tile that is wider than its columns keeps its width; tally and heat go on."""
    count = ready.tile.columns
    assert count == 9 and ready.tile.size >= count
    arrays = {name: np.array(v[..., :count]) for name, v in arrays_of(ready.carry.state).items()}
    arrays["soil.liquid"][0, 4] += 0.01
    storage = np.asarray(ready.model.storage(ready.carry.state))[:count]
    tally = ready.carry.tally
    ready.replace(state_of(arrays, ready.initial))
    found = arrays_of(ready.carry.state)
    assert found["soil.liquid"].shape[-1] == ready.tile.size
    assert np.array_equal(found["soil.liquid"][:, :count], arrays["soil.liquid"])
    gained = np.asarray(ready.model.storage(ready.carry.state))[:count] - storage
    assert np.allclose(gained, np.where(np.arange(count) == 4, 0.01 * 100.0, 0.0), rtol=0.0, atol=1e-9)
    assert equal(ready.carry.tally, tally)


def test_the_budget_has_what_was_added_where_anything_was(plan: Any, ready: Ready, tmp_path: Path) -> None:
    """A state file with `added` makes a column of the table; names with a colon are none of its arrays."""
    held = ready.held()
    added = np.arange(9.0)
    (tmp_path / "notes.json").write_text("{}")
    rows = []
    for name, extra in (
        ("plain", {}),
        ("added", {"added": added, "draws:K_s": np.ones((3, 3)), "draws:a.b": np.ones(3)}),
    ):
        save_arrays(held | extra, tmp_path / f"{name}.npz")
        worked = Worked((tmp_path / f"{name}.npz",), (), tmp_path / "notes.json")
        ends = Ends.of(Outcome(plan, SpunUp(), (worked,), 0.0))
        rows.append(tables.budget(plan, ends))
        assert not any("a.b" in key for member in plan.members[:1] for key in ends.states(member, 0))
    plain, more = rows
    assert "added" not in plain[0]
    single = [r for r in more if r["column"] != "total"]
    assert [r["added"] for r in single] == list(added)
    totals = [r["added"] for r in more if r["column"] == "total"]
    area = plan.cells.area
    assert np.allclose(totals, [np.average(added[k : k + 3], weights=area) for k in (0, 3, 6)])
    keys = list(more[0])
    assert keys.index("added") == keys.index("storage_change") + 1


def test_replaced_draws_must_fit(ready: Ready) -> None:
    from vadose.errors import DataError

    bad = [replace(d, factors={**d.factors, "K_s": np.full(3, np.nan)}) for d in ready.draws]
    with pytest.raises(DataError, match="values are not finite; an update failed before this"):
        ready.redraw(bad)
