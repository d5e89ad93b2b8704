"""The texture problem: golden optima, the tie-break, masks, every pedotransfer function, bad input."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

from vadose.calibrate.reason import Reason
from vadose.calibrate.texture import Experiment, Texture, Wanted, fit_texture, pose
from vadose.calibrate.texture_experiment import stepwise
from vadose.calibrate.texture_problem import predict, residual_of
from vadose.calibrate.texture_search import search
from vadose.calibrate.texture_sensitivity import QUANTILES, iteration_sensitivity
from vadose.config import build
from vadose.errors import ConfigError, DataError
from vadose.soil.pedotransfer import pedotransfer

EXPERIMENTS = {"SR06": ("sr06", True), "CH78": ("ch78", False)}


def golden(root: Path, name: str, cells: slice = slice(None)) -> tuple[dict[str, np.ndarray], Wanted, Any]:
    with np.load(root / "golden/calibrate/texture_500cells.npz") as file:
        z = {k.removeprefix(f"{name}_"): file[k][cells] for k in file.files if k.startswith((name, "base"))}
    soil = SimpleNamespace(sand=z["base"][:, 0], clay=z["base"][:, 1], organic_carbon=z["base"][:, 2])
    return z, Wanted(z["theta_w"], z["theta_c"]), soil


def experiment(name: str, **changes: Any) -> Experiment:
    ptf, carbon = EXPERIMENTS[name]
    return Experiment(**{"name": name, "ptf": ptf, "carbon": carbon, "uncertainty": False, **changes})


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_gradient_method_reaches_every_brute_force_optimum(vadose_data: Path, name: str) -> None:
    z, wanted, soil = golden(vadose_data, name)
    found = fit_texture(experiment(name, method="gradient", tie_break=False), wanted, soil)
    assert found.done.all()
    assert (found.misfit - z["J_best"]).max() <= 1e-6
    np.testing.assert_allclose(found.misfit_baseline, z["J_base"], atol=2e-8)
    assert np.all(found.sand + found.clay <= 100.0 + 1e-9)


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_the_box_is_that_of_the_golden_set(vadose_data: Path, name: str) -> None:
    z, wanted, soil = golden(vadose_data, name)
    problem, _ = pose(experiment(name), wanted, soil)
    np.testing.assert_array_equal(problem.lower, z["lo"])
    np.testing.assert_array_equal(problem.upper, z["hi"])


def test_the_tie_break_is_never_farther_from_the_map_and_as_good(vadose_data: Path) -> None:
    z, wanted, soil = golden(vadose_data, "SR06", slice(0, 500, 4))
    free = experiment("SR06", tie_break=False)
    tied = dataclasses.replace(free, tie_break=True)
    problem, reason = pose(free, wanted, soil)
    names = np.arange(len(reason))
    first = search(problem, names)
    second = search(dataclasses.replace(problem, experiment=tied), names)
    assert np.all(problem.distance(second.x) <= problem.distance(first.x) + 1e-12)
    assert np.all(second.misfit <= first.misfit + free.tolerance)
    nearer = problem.distance(second.x) < problem.distance(first.x) - 1e-3
    assert nearer.mean() > 0.3


def test_the_tie_break_finds_the_same_texture_by_either_method(vadose_data: Path) -> None:
    z, wanted, soil = golden(vadose_data, "SR06", slice(0, 250, 4))
    one, two = (fit_texture(experiment("SR06", method=m), wanted, soil) for m in ("sceua", "gradient"))
    alike = np.abs(one.sand - two.sand) < 0.01
    assert alike.mean() >= 0.95


def test_no_texture_nearer_to_the_map_is_as_good(vadose_data: Path) -> None:
    z, wanted, soil = golden(vadose_data, "SR06", slice(0, 24))
    problem, _ = pose(experiment("SR06", method="gradient"), wanted, soil)
    found = search(problem, np.arange(24))
    matched = np.flatnonzero(found.misfit < 1e-7)
    assert matched.size > 12
    for k in matched:
        one = problem.part([k])

        def texture(u: np.ndarray, one: Any = one) -> np.ndarray:
            return one.baseline + u[None] * one.ranges

        peer = optimize.minimize(
            lambda u: u @ u,
            np.zeros(3),
            jac=lambda u: 2.0 * u,
            bounds=list(zip(*((v - one.baseline)[0] / one.ranges for v in (one.lower, one.upper)), strict=True)),
            constraints=[
                {"type": "eq", "fun": lambda u, one=one: 1e3 * (one.thresholds(texture(u, one)) - one.data[:, :2])[0]},
                {"type": "ineq", "fun": lambda u, one=one: 100.0 - texture(u, one)[0, :2].sum()},
            ],
            method="SLSQP",
            options={"ftol": 1e-12, "maxiter": 200},
        )
        if peer.success:
            assert one.distance(found.x[k : k + 1])[0] <= np.sqrt(peer.fun) + 1e-6


def test_a_texture_that_the_map_has_already_stays(vadose_data: Path) -> None:
    sand, clay, carbon = np.array([30.0, 60.0]), np.array([25.0, 12.0]), np.array([1.0, 2.5])
    w, c = predict(("sr06", True, "potential", ()), np.stack([sand, clay, carbon], axis=1), np.zeros((2, 2)))
    soil = SimpleNamespace(sand=sand, clay=clay, organic_carbon=carbon)
    for method in ("gradient", "sceua"):
        found = fit_texture(experiment("SR06", method=method), Wanted(w, c), soil)
        np.testing.assert_allclose(found.sand, sand, atol=0.02)
        np.testing.assert_allclose(found.clay, clay, atol=0.02)
        np.testing.assert_allclose(found.wilting_point, found.wilting_point_baseline, atol=1e-5)


@pytest.mark.parametrize("method", ["sceua", "gradient"])
def test_the_same_numbers_whatever_the_tiling(vadose_data: Path, method: str) -> None:
    _, wanted, soil = golden(vadose_data, "SR06", slice(0, 30))
    one = experiment("SR06", method=method, uncertainty=True, evaluations=500)
    whole = fit_texture(one, wanted, soil, streams=np.arange(100, 130))
    _, wanted, soil = golden(vadose_data, "SR06", slice(11, 19))
    part = fit_texture(one, wanted, soil, streams=np.arange(111, 119))
    for field in dataclasses.fields(Texture):
        np.testing.assert_array_equal(getattr(whole, field.name)[11:19], getattr(part, field.name), field.name)


def test_each_cell_without_a_result_says_why() -> None:
    sand = np.array([40.0, np.nan, 80.0, -1.0, 40.0, 40.0, 20.0])
    clay = np.array([20.0, 20.0, 30.0, 20.0, 20.0, 20.0, 75.0])
    w = np.array([0.12, 0.12, 0.12, 0.12, np.nan, 0.12, 0.12])
    given = np.zeros(7, np.uint8)
    given[5] = Reason.NO_DRYDOWN
    wanted = Wanted(w, np.full(7, 0.25), reason=given)
    found = fit_texture(experiment("CH78", method="gradient"), wanted, SimpleNamespace(sand=sand, clay=clay))
    assert found.reason.tolist() == [
        Reason.DONE,
        Reason.NO_SOIL,
        Reason.IMPOSSIBLE_SOIL,
        Reason.IMPOSSIBLE_SOIL,
        Reason.NO_DATA,
        Reason.NO_DRYDOWN,
        Reason.OUT_OF_BOUNDS,
    ]
    assert np.isfinite(found.sand).tolist() == found.done.tolist()
    assert found.organic_carbon is None


def test_what_ends_outside_the_bounds_is_masked_where_the_search_may_leave_them() -> None:
    soil = SimpleNamespace(sand=np.array([12.0]), clay=np.array([30.0]))
    x = np.array([[2.0, 34.0]])
    w, c = predict(("ch78", False, "potential", ()), x, np.zeros((1, 2)))
    clipped = fit_texture(experiment("CH78", method="gradient"), Wanted(w, c), soil)
    masked = fit_texture(experiment("CH78", method="gradient", outside="mask"), Wanted(w, c), soil)
    assert clipped.sand[0] == pytest.approx(6.0) and clipped.done[0]
    assert masked.reason[0] == Reason.OUT_OF_BOUNDS and np.isnan(masked.sand[0])


def test_parts_of_a_map_are_put_together_with_parts_that_are_lost() -> None:
    soil = SimpleNamespace(sand=np.array([40.0, 50.0]), clay=np.array([20.0, 20.0]), organic_carbon=np.ones(2))
    found = fit_texture(experiment("CH78", method="gradient"), Wanted(np.full(2, 0.12), np.full(2, 0.25)), soil)
    whole = Texture.concatenate([found, found.missing(3, Reason.NOT_CONVERGED)])
    assert whole.reason.tolist() == [0, 0] + 3 * [Reason.NOT_CONVERGED]
    assert whole.organic_carbon is not None and np.isnan(whole.organic_carbon[2:]).all()
    assert whole.sand_low is None


@pytest.mark.parametrize("name", list(pedotransfer))
def test_every_pedotransfer_function_is_searched_by_sceua(vadose_data: Path, name: str) -> None:
    _, wanted, soil = golden(vadose_data, "CH78", slice(0, 2))
    function = pedotransfer[name]
    carbon = "organic_carbon" in (*function.inputs, *function.optional)
    one = experiment("CH78", ptf=name, carbon=carbon, evaluations=150, tie_break=stepwise(name))
    found = fit_texture(one, wanted, soil)
    assert found.done.all() and np.all(found.misfit <= found.misfit_baseline + 1e-9)
    if stepwise(name):
        with pytest.raises(ConfigError, match="by texture class and has no gradient"):
            dataclasses.replace(one, method="gradient")


@pytest.mark.parametrize("name", [n for n in pedotransfer if not stepwise(n)])
def test_gradients_of_thresholds_are_those_of_finite_differences(name: str) -> None:
    function = pedotransfer[name]
    carbon = "organic_carbon" in (*function.inputs, *function.optional)
    residual = residual_of((name, carbon, "potential", ()))
    x = np.array([[42.0, 21.0, 1.3], [66.0, 11.0, 0.6], [20.0, 46.0, 2.5]])[:, : 3 if carbon else 2]
    data, h = np.zeros((3, 2)), 1e-3
    for direction in (np.tile(one, (3, 1)) for one in np.eye(x.shape[1])):
        _, slope = jax.jvp(lambda x: residual(x, jnp.asarray(data)), (jnp.asarray(x),), (jnp.asarray(direction),))
        known = (residual(x + h * direction, data) - residual(x - h * direction, data)) / (2.0 * h)
        np.testing.assert_allclose(slope, known, rtol=1e-6, atol=1e-10)


def test_a_density_of_the_map_is_used(vadose_data: Path) -> None:
    _, wanted, soil = golden(vadose_data, "SR06", slice(0, 4))
    one = experiment("SR06", ptf="sr06-density", evaluations=150, tie_break=False)
    soil.bulk_density = np.full(4, 1300.0)
    given = fit_texture(one, wanted, soil)
    soil.bulk_density = np.full(4, 1600.0)
    assert np.all(np.abs(given.critical_point_baseline - fit_texture(one, wanted, soil).critical_point_baseline) > 1e-4)


def test_more_evaluations_change_little(vadose_data: Path) -> None:
    _, wanted, soil = golden(vadose_data, "CH78", slice(0, 60))
    rows = iteration_sensitivity(experiment("CH78"), wanted, soil, evaluations=(3000, 300))
    assert [r.evaluations for r in rows] == [300, 3000]
    assert rows[1].change["sand"] == 5 * (0.0,)
    assert abs(rows[0].change["sand"][QUANTILES.index(0.5)]) < 0.5


def test_an_experiment_is_read_from_a_table() -> None:
    table = {
        "name": "one",
        "soil": "GSDE",
        "ptf": "ch78",
        "carbon": False,
        "sand_bounds": [5, 95],
        "method": "gradient",
    }
    found = build(Experiment, table, "[[experiments]] 1")
    assert found.sand_bounds == (5.0, 95.0) and found.parameters == ("sand", "clay")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ptf": "sr07"}, "did you mean 'sr06'"),
        ({"ptf": "ch78", "carbon": True}, "does not use organic carbon; set carbon = false"),
        ({"method": "newton"}, "must be one of sceua, gradient"),
        ({"sand_range": -1.0}, "`sand_range` must be >= 0"),
        ({"sand_range": 0.2, "clay_range": 0.1}, "look like fractions"),
        ({"clay_bounds": (58.0, 3.0)}, "`clay_bounds` must be"),
        ({"evaluations": 0}, "`evaluations` must be at least 1"),
        ({"tolerance": 0.0}, "`tolerance` must lie"),
        ({"name": " "}, "must not be empty"),
    ],
)
def test_an_impossible_experiment_is_named(change: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Experiment(**{"name": "one", **change})


def test_bad_arrays_are_named() -> None:
    wanted = Wanted(np.array([0.1, 0.1]), np.array([0.3, 0.3]))
    two, three = np.full(2, 30.0), np.full(3, 30.0)
    one = experiment("CH78")
    with pytest.raises(DataError, match="wilting_point must be"):
        fit_texture(one, wanted, SimpleNamespace(sand=three, clay=three))
    with pytest.raises(DataError, match="fractions"):
        fit_texture(one, wanted, SimpleNamespace(sand=two / 100.0, clay=two / 100.0))
    with pytest.raises(DataError, match="no organic_carbon"):
        fit_texture(experiment("SR06"), wanted, SimpleNamespace(sand=two, clay=two))
    with pytest.raises(DataError, match="streams must be"):
        fit_texture(one, wanted, SimpleNamespace(sand=two, clay=two), streams=np.arange(3))
