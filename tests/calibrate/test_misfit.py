"""The misfit of textures: compiled against `vadose.pedotransfer`, and against the brute-force optima of 500 cells."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vadose
from vadose.calibrate import misfit, sceua
from vadose.errors import ConfigError, DataError
from vadose.soil import Soil

OBJECTIVES = {"SR06": misfit.sr06_misfit, "CH78": misfit.ch78_misfit}


def textures(count: int) -> np.ndarray:
    """Sand, clay, organic carbon over all that is possible, the corners of the box included."""
    r = np.random.default_rng(4)
    sand = r.uniform(0.0, 100.0, count)
    x = np.column_stack([sand, r.uniform(0.0, 1.0, count) * (100.0 - sand), r.uniform(0.0, 20.0, count)])
    corners = [
        [98.0, 2.0, 0.0],
        [100.0, 0.0, 0.0],
        [0.0, 100.0, 0.0],
        [6.0, 58.0, 15.0],
        [6.0, 3.0, 60.0],
        [42, 58, 15],
    ]
    return np.concatenate([x, corners])


def golden(vadose_data: Path) -> Any:
    return np.load(vadose_data / "golden/calibrate/texture_500cells.npz")


def wanted(d: Any, name: str) -> np.ndarray:
    return np.stack([d[f"{name}_theta_w"], d[f"{name}_theta_c"]], axis=1)


def test_the_compiled_thresholds_are_those_of_the_pedotransfer_functions() -> None:
    x = textures(5000)
    clamped = 0
    for name, kernel in (("sr06", misfit.sr06_thresholds), ("ch78", misfit.ch78_thresholds)):
        columns = 3 if name == "sr06" else 2
        found = np.array([kernel(*row[:columns]) for row in x])
        soil = Soil(*x.T) if name == "sr06" else Soil(x[:, 0], x[:, 1])
        made = vadose.pedotransfer[name](soil)
        np.testing.assert_allclose(found[:, 0], made.wilting_point, rtol=0, atol=1e-12)
        np.testing.assert_allclose(found[:, 1], made.critical_point, rtol=0, atol=1e-12)
        clamped += int(np.sum((made.flags & int(vadose.soil.Flag.LIMITED)) > 0))
    assert clamped > 20


@pytest.mark.parametrize(("ptf", "carbon"), [("sr06", True), ("sr06", False), ("ch78", False)])
def test_compiled_and_array_objectives_agree(ptf: str, carbon: bool) -> None:
    x = textures(300)[:, : 3 if carbon else 2]
    x[:5, 1] = 100.0 - x[:5, 0] + 1e-9  # no soil
    data = np.column_stack([np.full(len(x), 0.15), np.full(len(x), 0.3), np.linspace(0.0, 10.0, len(x))])
    compiled = misfit.compiled_misfit(ptf, carbon)
    one_by_one = [compiled(np.ascontiguousarray(a), b) for a, b in zip(x, data, strict=True)]
    columns = 2 if carbon or ptf == "ch78" else 3
    arrays = misfit.misfit_of(ptf, carbon)(x[:, None, :], data[:, :columns])
    assert arrays.shape == (len(x), 1)
    assert np.all(np.isinf(arrays[:5]))
    np.testing.assert_allclose(arrays[:, 0], one_by_one, rtol=0, atol=1e-12)


def test_the_misfit_is_the_root_mean_square_of_both_differences() -> None:
    wilting, critical = misfit.predictor("sr06")(40.0, 20.0, 1.5)
    data = np.array([[wilting[0] - 0.03, critical[0] + 0.04]])
    assert misfit.sr06_misfit(np.array([40.0, 20.0, 1.5]), data[0]) == pytest.approx(0.05 / np.sqrt(2.0), abs=1e-15)


@pytest.mark.parametrize("ptf", ["wosten99", "toth15", "rosetta3", "cosby84", "weynants09"])
def test_any_pedotransfer_function_gives_an_objective(ptf: str) -> None:
    objective = misfit.misfit_of(ptf)
    x = np.array([[[40.0, 20.0, 1.0], [90.0, 20.0, 1.0]]])
    values = objective(x, np.array([[0.15, 0.3]]))
    assert np.isfinite(values[0, 0]) and np.isinf(values[0, 1])


def test_golden_misfits_are_reproduced(vadose_data: Path) -> None:
    d = golden(vadose_data)
    for name, objective in OBJECTIVES.items():
        n = d[f"{name}_lo"].shape[1]
        # The heads of the stored CH78 are rounded: its own truths come back within 2e-8.
        tolerance = 1e-12 if name == "SR06" else 2e-8
        for x, stored in ((d["base"][:, :n], "J_base"), (d[f"{name}_x_best"], "J_best")):
            rows = zip(np.ascontiguousarray(x), wanted(d, name), strict=True)
            found = np.array([objective(a, b) for a, b in rows])
            np.testing.assert_allclose(found, d[f"{name}_{stored}"], rtol=0, atol=tolerance)


@pytest.mark.parametrize(("name", "share"), [("SR06", 0.995), ("CH78", 1.0)])
def test_3000_evaluations_reach_the_brute_force_optimum(vadose_data: Path, name: str, share: float) -> None:
    d = golden(vadose_data)
    low, high = d[f"{name}_lo"], d[f"{name}_hi"]
    start = d["base"][:, : low.shape[1]]
    took = np.inf
    for _ in range(3):
        before = time.process_time()
        found = sceua(OBJECTIVES[name], low, high, data=wanted(d, name), start=start)
        took = min(took, time.process_time() - before)
    gap = found.value - d[f"{name}_J_best"]
    assert np.mean(gap <= 1e-6) >= share
    assert np.all(found.x[:, :2].sum(axis=1) <= 100.0)
    assert np.all((found.x >= low) & (found.x <= high))
    assert took / 500 < 2e-3  # s a cell; four times the goal, for machines that are shared


def test_the_array_engine_finds_the_same_textures(vadose_data: Path) -> None:
    d = golden(vadose_data)
    cells = slice(0, 500, 25)
    given = {"data": wanted(d, "SR06")[cells], "start": d["base"][cells], "evaluations": 600, "complexes": 2}
    box = d["SR06_lo"][cells], d["SR06_hi"][cells]
    compiled = sceua(misfit.sr06_misfit, *box, **given)
    arrays = sceua(misfit.misfit_of("sr06"), *box, **given)
    # The last digit of the two objectives differs, and a search may part there: most cells do not.
    np.testing.assert_allclose(np.median(np.abs(arrays.value - compiled.value)), 0.0, atol=1e-9)
    assert np.all(arrays.value < d["SR06_J_best"][cells] + 1e-2)


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ConfigError, match="did you mean 'sr06'"):
        misfit.misfit_of("sr6")
    with pytest.raises(ConfigError, match="ptf must be the name"):
        misfit.predictor(3)  # type: ignore[arg-type]
    with pytest.raises(DataError, match="x must be"):
        misfit.misfit_of("sr06")(np.zeros((1, 1, 2)), np.zeros((1, 2)))
    with pytest.raises(DataError, match="data must be"):
        misfit.misfit_of("sr06")(np.zeros((2, 1, 3)), np.zeros((1, 2)))
    assert misfit.compiled_misfit("rosetta3", True) is None
