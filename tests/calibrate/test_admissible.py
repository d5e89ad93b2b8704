"""The spread of admissible textures: a known curve, the golden non-uniqueness, and a closed loop with known errors."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from vadose.calibrate import bounded_least_squares
from vadose.calibrate.texture import Experiment, Wanted, fit_texture
from vadose.calibrate.texture_problem import predict, residual_of

KEYS = {True: ("sr06", True, "potential", ()), False: ("ch78", False, "potential", ())}


def loop(carbon: bool, error: float, cells: int = 512, seed: int = 7) -> tuple[np.ndarray, Wanted, Any, Experiment]:
    """Textures drawn from the box about a map, and their thresholds with errors of a known size."""
    r = np.random.default_rng(seed)
    base = np.stack(
        [r.uniform(12.0, 75.0, 4 * cells), r.uniform(5.0, 45.0, 4 * cells), r.uniform(0.2, 6.0, 4 * cells)], 1
    )
    truth = base + r.uniform(-1.0, 1.0, base.shape) * [20.0, 10.0, 5.0]
    truth = np.clip(truth, [6.0, 3.0, 0.0], [98.0, 58.0, 15.0])
    possible = np.flatnonzero((base[:, :2].sum(1) <= 100.0) & (truth[:, :2].sum(1) <= 100.0))[:cells]
    base, truth = base[possible], truth[possible]
    w, c = predict(KEYS[carbon], truth if carbon else truth[:, :2], np.zeros((len(truth), 2)))
    noise = error * r.normal(size=(2, len(truth)))
    known = np.full(len(truth), error)
    wanted = Wanted(w + noise[0], c + noise[1], known, known)
    soil = SimpleNamespace(sand=base[:, 0], clay=base[:, 1], organic_carbon=base[:, 2])
    ptf = KEYS[carbon][0]
    return truth, wanted, soil, Experiment("loop", ptf=ptf, carbon=carbon, method="gradient")


@pytest.mark.parametrize("carbon", [True, False])
@pytest.mark.parametrize("error", [0.004, 0.015])
def test_a_closed_loop_is_covered(carbon: bool, error: float) -> None:
    truth, wanted, soil, one = loop(carbon, error)
    found = fit_texture(one, wanted, soil)
    assert found.done.all()
    for place, name in enumerate(("sand", "clay")):
        half = getattr(found, f"{name}_uncertainty")
        inside = np.abs(getattr(found, name) - truth[:, place]) <= half
        assert inside.mean() >= 0.90, name
        width = getattr(one, f"{name}_range")
        # Without data a texture may lie anywhere in the range: the data must say more than that.
        assert np.median(half) < width, name
        low, high = getattr(found, f"{name}_low"), getattr(found, f"{name}_high")
        assert np.mean((truth[:, place] >= low - 0.05) & (truth[:, place] <= high + 0.05)) >= 0.90


def test_larger_errors_of_the_thresholds_mean_larger_uncertainty() -> None:
    halves = []
    for error in (0.002, 0.01, 0.03):
        _, wanted, soil, one = loop(False, error, cells=128)
        halves.append(np.median(fit_texture(one, wanted, soil).clay_uncertainty))
    assert halves[0] < halves[1] < halves[2]


def test_one_answer_has_no_spread_and_many_have_one() -> None:
    for carbon in (False, True):
        truth, wanted, soil, one = loop(carbon, 0.004, cells=64)
        w, c = predict(KEYS[carbon], truth if carbon else truth[:, :2], np.zeros((len(truth), 2)))
        found = fit_texture(one, Wanted(w, c), soil)
        spread = np.median(found.sand_high - found.sand_low)
        assert spread > 5.0 if carbon else spread < 1e-3
        tight = 1e-3 + 1e-3 * np.abs(truth[:, 0])
        assert np.mean((found.sand_low <= truth[:, 0] + tight) & (truth[:, 0] - tight <= found.sand_high)) >= 0.97


def test_every_end_is_admissible_and_inside_the_box(vadose_data: Path) -> None:
    with np.load(vadose_data / "golden/calibrate/texture_500cells.npz") as file:
        base, w, c = (file[k][::10] for k in ("base", "SR06_theta_w", "SR06_theta_c"))
        low, high = file["SR06_lo"][::10], file["SR06_hi"][::10]
    soil = SimpleNamespace(sand=base[:, 0], clay=base[:, 1], organic_carbon=base[:, 2])
    found = fit_texture(Experiment("ends", method="gradient"), Wanted(w, c), soil)
    for place, name in enumerate(("sand", "clay", "organic_carbon")):
        first, best, last = (getattr(found, n) for n in (f"{name}_low", name, f"{name}_high"))
        assert np.all((low[:, place] <= first) & (first <= best) & (best <= last) & (last <= high[:, place] + 1e-9))


def test_ten_random_starts_spread_as_in_the_golden_set(vadose_data: Path) -> None:
    known = json.loads((vadose_data / "golden/calibrate/nonuniqueness.json").read_text())
    with np.load(vadose_data / "golden/calibrate/texture_500cells.npz") as file:
        data = np.stack([file["SR06_theta_w"], file["SR06_theta_c"]], axis=1)
        low, high, J = file["SR06_lo"], file["SR06_hi"], file["SR06_J_best"]
    reached = np.flatnonzero(J < 1e-6)
    assert abs(len(reached) - 398) <= 2
    r, found = np.random.default_rng(0), []
    for _ in range(10):
        start = low + r.random(low.shape) * (high - low)
        fit = bounded_least_squares(
            residual_of(KEYS[True]), low, high, start, data=data, ceiling=((1.0, 1.0, 0.0), 100.0)
        )
        found.append(np.where((np.sqrt(fit.cost) < 1e-6)[:, None], fit.x, np.nan)[reached])
    spread = np.nanmax(found, axis=0) - np.nanmin(found, axis=0)
    # The search there takes interior steps and bends away from the ends: the curve is at least as long as it says.
    ratio = np.median(spread, axis=0) / known["median_range"]
    assert np.all((ratio >= 1.0) & (ratio <= 1.8))


def test_errors_that_are_not_known_leave_the_uncertainty_open() -> None:
    _, wanted, soil, one = loop(False, 0.01, cells=8)
    error = np.full(8, 0.01)
    error[3] = np.nan
    found = fit_texture(one, Wanted(wanted.wilting_point, wanted.critical_point, error, error), soil)
    assert np.flatnonzero(np.isnan(found.sand_uncertainty)).tolist() == [3]
    assert found.done.all()
