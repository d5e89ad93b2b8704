"""A heterogeneous catchment, 50 x 50 columns of 30 layers, against ParFlow 3.15, and the storm that stalls ParFlow."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from tests.parity.parflow_catchment import (
    DT,
    NAME,
    SETTINGS,
    SIDE,
    STORAGE,
    at_rest,
    catchment,
    raining,
    resized,
    run,
)

from vadose.flow.curve import hydraulics
from vadose.flow.subsurface import Subsurface, prepared

# All that ParFlow ran, and the storm's five days, where VADOSE_LONG is set; else until some days after the rain.
LONG = bool(os.environ.get("VADOSE_LONG"))
HOURS, STORM = (240, 126) if LONG else (96, 60)


@pytest.fixture(scope="module")
def folder(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue("vadose_data") / "golden" / "parflow"


@pytest.fixture(scope="module")
def problem(folder: Path) -> Subsurface:
    return catchment(folder)


@pytest.mark.slow
def test_rain_and_the_days_after_it_agree_with_parflow(folder: Path, problem: Subsurface) -> None:
    """1 mm/h for 24 h on a water table at 3 m, then up to 9 days: heads, top saturation, storage against the rain."""
    stored = np.load(folder / f"{NAME}.npz")
    start = at_rest(problem, 3.0)
    # Stored every six hours from the first step, heads every so often among them.
    press = dict(zip(stored["times_h"].tolist(), stored["press"][:, ::-1].astype(float), strict=True))
    saturation = dict(zip(stored["all_times_h"].tolist(), stored["top_sat_6h"], strict=True))
    storage = dict(zip(stored["all_times_h"].tolist(), 1e-3 * stored["sub_storage_with_Ss_mm"], strict=True))
    curve = prepared(problem, SETTINGS.smooth_head).curve
    porosity, rained, compared = np.asarray(problem.retention.theta_s), 0.0, 0
    for hour, done in enumerate(run(problem, start, 1e-3 / 3600.0, 24, HOURS), start=1):
        assert bool(done.converged) and int(done.substeps) == 1
        rained += 1e-3 if hour <= 24 else 0.0
        assert abs(float(done.unbalanced)) <= 1e-10 * rained * SIDE * SIDE * 2500
        if hour in press:
            away = np.asarray(done.state.head) - press[hour]
            assert np.sqrt(np.mean(away**2)) < 1e-5 and np.abs(away).max() < 1e-4
        if hour in saturation:
            head = np.asarray(done.state.head)
            theta = np.asarray(hydraulics(curve, head).water) / (1.0 + STORAGE / porosity * head)
            # The file's five layers count from the bottom, as all its arrays do.
            away = (theta / porosity)[:5] - saturation[hour][::-1]
            assert np.sqrt(np.mean(away[0] ** 2)) < 1e-4 and np.abs(away).max() < 1e-4
            # Changes since the start: the files' single precision moves what was there by 1e-8 m.
            gained = float((done.state.water - start.water).sum()) / 2500.0
            assert abs(gained - (storage[hour] - storage[0])) < 1e-6 * rained
            compared += 1
    assert compared == HOURS // 6


@pytest.mark.slow
def test_the_storm_that_stalls_parflow_runs_through(problem: Subsurface) -> None:
    """Water table at 0.5 m, 10 mm/h for 6 h, then up to 5 days, in hourly steps: Hortonian and saturation runoff."""
    start = at_rest(problem, 0.5)
    outflow, unbalanced, throughput, substeps = [], 0.0, 0.0, 0
    for done in run(problem, start, 1e-2 / 3600.0, 6, STORM):
        assert bool(done.converged)
        outflow.append(float(np.sum(done.x[:, -1] - done.x[:, 0]) + np.sum(done.y[-1] - done.y[0])) * SIDE)
        unbalanced += abs(float(done.unbalanced))
        throughput += float(done.throughput)
        substeps = max(substeps, int(done.substeps))
    flow = np.asarray(outflow)
    assert substeps <= 3
    assert unbalanced <= 1e-10 * throughput
    gained = float((done.state.water - start.water).sum()) * SIDE * SIDE
    assert gained + DT * flow.sum() == pytest.approx(0.06 * 2500 * SIDE * SIDE, rel=1e-9)
    peak = int(flow.argmax())
    assert flow[peak] > 10.0 and 4 <= peak <= 12
    # After the peak the hydrograph falls to the end and never turns negative.
    assert (np.diff(flow[peak:]) < 0.0).all() and flow.min() >= 0.0
    assert raining(problem, 0.0).terms[0].flux.sum() == 0.0


@pytest.mark.slow
@pytest.mark.parametrize("width", [SIDE, 10.0])
def test_solver_work_stays_flat_from_16_to_64_columns(problem: Subsurface, width: float) -> None:
    """Two wet hours on the fields of the catchment: as they are, and on columns so narrow that they exchange much."""
    newton, products = [], []
    for side in (16, 64):
        land = resized(problem, side, width)
        steps = list(run(land, at_rest(land, 3.0), 1e-3 / 3600.0, 2, 2))
        assert all(bool(done.converged) and int(done.substeps) == 1 for done in steps)
        newton.append(sum(int(done.iterations) for done in steps))
        products.append(sum(int(done.products) for done in steps))
    assert newton[1] <= 1.3 * newton[0] and products[1] <= 1.3 * products[0]
    # Wide columns are solved by their lines at once; narrow ones take a few cycles.
    assert products[1] == newton[1] if width == SIDE else newton[1] < products[1] < 6 * newton[1]
