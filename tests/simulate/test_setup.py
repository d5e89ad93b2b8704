"""From a study to what a run takes: parameters, state, factors of members, joined members, and its speed."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest
from tests.simulate.setups import WARM, a_grid, a_study, points, prepared

from vadose.errors import ConfigError
from vadose.simulate.members import members
from vadose.simulate.setup import Climate, join, options_of, prepare

UNCERTAIN = {"K_s": [0.1, 10.0], "theta_s": [0.9, 1.1], "n": [0.8, 1.25], "vcmax25": [0.8, 1.2], "lai": [0.5, 2.0],
             "root_depth": [0.7, 1.4], "soil.slope": [0.5, 1.0]}  # fmt: skip


@pytest.mark.parametrize("preset", ["noahmp", "clm", "vadose"])
def test_a_setup_is_finite_float64_and_of_one_width(preset: str) -> None:
    made = prepared(a_study(model={"preset": preset}), a_grid(2, 3))
    for leaf in jax.tree.leaves((made.parameters, made.state)):
        assert leaf.dtype == np.float64 and leaf.shape[-1] == 6 and np.isfinite(leaf).all()
    assert np.all(made.parameters.soil.deep_temperature == WARM) and np.all(made.state.soil.temperature == WARM)


@pytest.mark.parametrize("name", ["field capacity", "wilting point", "saturation", "middle"])
def test_the_initial_water_goes_by_name(name: str) -> None:
    made = prepared(a_study(initial={"moisture": name}))
    curve = made.parameters.soil.retention
    dry, wet = (float(np.asarray(curve.water_content(h))[0, 0]) for h in (-152.95743, -3.365063))
    expected = {"field capacity": wet, "wilting point": dry, "middle": 0.5 * (dry + wet)}
    found = float(made.state.soil.liquid[0, 0])
    assert found == pytest.approx(expected.get(name, float(curve.theta_s[0, 0])), rel=1e-6)


def test_the_initial_state_is_as_stated() -> None:
    layers = [0.1, 0.3, 0.6, 1.0]
    start = {
        "moisture": [0.1, 0.2, 0.3, 0.9],
        "temperature": [280.0, 281.0, 282.0, 283.0],
        "snow_water": 12.0,
        "water_table": 1.5,
    }
    made = prepared(a_study(model={"preset": "noahmp", "layers": layers}, initial=start))
    theta_s = float(made.parameters.soil.retention.theta_s[3, 0])
    assert made.state.soil.liquid[:, 0].tolist() == [0.1, 0.2, 0.3, theta_s]
    assert made.state.soil.temperature[:, 0].tolist() == [280.0, 281.0, 282.0, 283.0]
    assert float(made.state.snow.water_equivalent[0]) == 12.0 and float(made.state.groundwater.water_table[0]) == 1.5
    assert any("above saturation in 1 columns" in note for note in made.notes)


@pytest.mark.parametrize(
    ("start", "message"),
    [({"moisture": [0.2, 0.3]}, "one a layer .10."), ({"temperature": 12.0}, "add 273.15")],
)
def test_an_initial_state_that_cannot_be_is_refused(start: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        prepared(a_study(initial=start))


def test_stated_months_of_leaves_go_before_those_of_the_forcing() -> None:
    chosen = [a_study(vegetation={"kind": 10} | lai) for lai in ({}, {"lai": 2.0}, {"lai": "forcing"})]
    assert [options_of(s, members(s)[0]).get("leaves") for s in chosen] == [None, "monthly", None]
    wrong = replace(chosen[2], model=replace(chosen[2].model, options={"leaves": "monthly"}))
    with pytest.raises(ConfigError, match='needs .model.options. leaves = "given"'):
        options_of(wrong, members(wrong)[0])


def test_factors_lie_within_their_bounds_and_leave_the_first_member_alone() -> None:
    study = a_study(soil={"texture_class": "loam"}, ensemble={"size": 2, "seed": 3, "parameters": UNCERTAIN})
    cells = a_grid(20, 20)
    plain, first, second = (prepared(s, cells, n) for s, n in ((a_study(), 0), (study, 0), (study, 1)))
    assert all(
        np.array_equal(a, b) for a, b in zip(*map(jax.tree.leaves, (plain.parameters, first.parameters)), strict=True)
    )
    ratio = np.asarray(second.parameters.soil.retention.K_s / first.parameters.soil.retention.K_s)
    assert np.all((ratio > 0.1) & (ratio < 10.0)) and np.ptp(ratio, axis=0).max() < 1e-12
    assert abs(np.log(ratio[0]).mean()) < 0.2  # log-uniform around 1: sd of the mean 0.07
    assert np.all(second.parameters.soil.retention.n > 1.0)
    leaves = np.asarray(second.parameters.vegetation.lai / first.parameters.vegetation.lai)
    assert leaves.min() > 0.5 and leaves.max() < 2.0 and np.ptp(leaves, axis=0).max() < 1e-12
    soil = second.parameters.soil
    assert np.all(soil.wilting_point < soil.critical_point) and np.all(soil.critical_point <= soil.retention.theta_s)
    assert np.array_equal(soil.thermal.porosity, soil.retention.theta_s)


def test_a_column_s_factors_depend_on_its_place_alone() -> None:
    study = a_study(ensemble={"size": 3, "seed": 3, "parameters": UNCERTAIN})
    cells = a_grid(5, 5)
    whole = prepared(study, cells, 2).parameters
    part = prepared(study, cells.part(slice(7, 9)), 2).parameters
    for a, b in zip(jax.tree.leaves(whole), jax.tree.leaves(part), strict=True):
        assert np.array_equal(a[..., 7:9], b)
    other = prepared(replace(study, ensemble=replace(study.ensemble, seed=4)), cells, 2).parameters
    assert not np.any(other.soil.retention.K_s == whole.soil.retention.K_s)


def test_an_unknown_uncertain_parameter_is_named_with_the_nearest() -> None:
    study = a_study(ensemble={"parameters": {"Ks": [0.5, 2.0]}})
    with pytest.raises(ConfigError, match="did you mean `K_s`"):
        prepared(study)


def test_members_of_a_group_are_joined_side_by_side() -> None:
    study = a_study(ensemble={"ptfs": ["rosetta3", "toth15-class"]})
    cells = points("A", "B")
    made = [prepare(study, m, cells, Climate(np.full(2, WARM))) for m in members(study)]
    joined = join(made)
    K_s = joined.parameters.soil.retention.K_s
    assert K_s.shape == (10, 4)
    assert np.array_equal(K_s[:, 2:], made[1].parameters.soil.retention.K_s)
    assert join(made[:1]) is made[0]
    other = prepared(a_study(soil={"texture_class": "loam", "closure": "campbell"}), cells)
    with pytest.raises(ConfigError, match="cannot share a program"):
        join([made[0], other])


@pytest.mark.slow
@pytest.mark.parametrize(("preset", "soil"), [("noahmp", {}), ("vadose", {}), ("vadose", {"closure": "campbell"})])
def test_ten_thousand_columns_are_set_up_in_seconds(preset: str, soil: dict[str, Any]) -> None:
    study = a_study(model={"preset": preset}, soil={"texture_class": "loam"} | soil)
    prepared(study)
    began = time.process_time()
    prepared(study, a_grid(100, 100))
    assert time.process_time() - began < 5.0
