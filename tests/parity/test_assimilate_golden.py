"""Stored analyses: a reference that equals PDAF to 1e-15, and ten filters of PDAF on its tutorial case."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vadose import assimilate as a

EXACT = 1e-12
PDAF = 1e-8
FOOTPRINT = 9  # cells on the lower side of the observation's cell, and on the upper side with that cell


@pytest.fixture(scope="module")
def problem(vadose_data: Path) -> dict[str, np.ndarray]:
    return dict(np.load(vadose_data / "golden/assimilate/problem_60x60x10x32.npz"))


@pytest.fixture(scope="module")
def analyses(vadose_data: Path) -> dict[str, np.ndarray]:
    return dict(np.load(vadose_data / "golden/assimilate/analysis_60x60x10x32.npz"))


@pytest.fixture(scope="module")
def tutorial(vadose_data: Path) -> dict[str, np.ndarray]:
    return dict(np.load(vadose_data / "golden/assimilate/offline_2D_serial.npz"))


def run_reference(run: Callable[..., a.Analysis], problem: dict[str, np.ndarray], footprint: bool) -> a.Analysis:
    """States X and parameters P in one update, the parameters damped by 0.1; taper zero at 20 cells."""
    at = np.stack([problem["iy"], problem["ix"]], axis=-1)

    def nearest(fields: dict[str, np.ndarray]) -> np.ndarray:
        return fields["X"][:, at[:, 0], at[:, 1], :2] @ problem["h"]

    def mean_of_pixel(fields: dict[str, np.ndarray]) -> np.ndarray:
        n = FOOTPRINT
        pixels = [fields["X"][:, y - n : y + n, x - n : x + n, :2].mean(axis=(1, 2)) for y, x in at]
        return np.stack(pixels, axis=1) @ problem["h"]

    grid = np.stack(np.mgrid[:60, :60], axis=-1)
    extra = {"perturbations": problem["eps"]} if run is a.lenkf else {}
    return run(
        {"X": problem["X"], "P": problem["P"]},
        problem["y"],
        mean_of_pixel if footprint else nearest,
        float(problem["sig_obs"]),
        localization=a.Localization(grid, at, 20.0),
        damping={"P": 0.1},
        **extra,
    )


@pytest.mark.parametrize(
    ("run", "name"), [(a.lenkf, "lenkf"), (a.letkf, "letkf"), (a.lestkf, "letkf"), (a.lenkf, "lenkf_footprint")]
)
def test_local_filters_with_damped_parameters(
    run: Callable[..., a.Analysis], name: str, problem: dict[str, np.ndarray], analyses: dict[str, np.ndarray]
) -> None:
    found = run_reference(run, problem, name == "lenkf_footprint").ensemble
    np.testing.assert_allclose(found["X"][:, ::2, ::2], analyses[f"{name}_X"], rtol=0, atol=EXACT)
    if f"{name}_P" in analyses:
        np.testing.assert_allclose(found["P"][:, ::2, ::2], analyses[f"{name}_P"], rtol=EXACT, atol=0)


# PDAF's own names and settings; its radii are those of the support.
CASES: dict[str, tuple[Callable[..., a.Analysis], float | None, str]] = {
    "enkf_global": (a.enkf, None, ""),
    "etkf_global": (a.etkf, None, ""),
    "estkf_global": (a.estkf, None, ""),
    "ensrf_gc_r10": (a.ensrf, 10.0, "gaspari-cohn"),
    "letkf_gc_r10": (a.letkf, 10.0, "gaspari-cohn"),
    "lestkf_gc_r10": (a.lestkf, 10.0, "gaspari-cohn"),
    "lestkf_gc_r5": (a.lestkf, 5.0, "gaspari-cohn"),
    "lestkf_r0": (a.lestkf, 0.0, "step"),
    "lenkf_gc_r10": (a.lenkf, 10.0, "gaspari-cohn"),
    "lenkf_step_r10": (a.lenkf, 10.0, "step"),
}


@pytest.mark.parametrize("name", list(CASES))
def test_pdafs_tutorial(name: str, tutorial: dict[str, np.ndarray], problem: dict[str, np.ndarray]) -> None:
    """Every member of all ten cases.

    PDAF draws its perturbations from one stream, keeps their mean, and begins the stream anew in each program: those
    of the tutorial (9 members, 28 observations, error 0.5) are the first 252 numbers of those that are stored for the
    other problem (error 0.04).
    """
    run, radius, taper = CASES[name]
    # PDAF's order of the grid, y fastest, is the order in which its serial filter takes the observations.
    prior, obs = np.swapaxes(tutorial["ens_f"], 1, 2), tutorial["obs"].T
    at = np.argwhere(obs > -900.0)
    settings: dict[str, Any] = {}
    if radius is not None:
        grid = np.stack(np.mgrid[: obs.shape[0], : obs.shape[1]], axis=-1)
        settings["localization"] = a.Localization(grid, at, radius, taper=taper)
    error = float(tutorial["rms_obs"])
    if run in (a.enkf, a.lenkf):
        stream = problem["eps_pdaf"].ravel() / float(problem["sig_obs"])
        size = prior.shape[0] * len(at)
        settings |= {"perturbations": error * stream[:size].reshape(prior.shape[0], -1), "centred": False}
    simulated = prior[:, at[:, 0], at[:, 1]]
    found = run(prior, obs[at[:, 0], at[:, 1]], simulated, error, **settings)
    stored = np.swapaxes(tutorial[f"{name}_ens"], 1, 2)
    np.testing.assert_allclose(found.ensemble, stored, rtol=0, atol=PDAF)
    # A step is no positive definite taper, and the analysis says so.
    assert any("not positive definite" in w for w in found.warnings) == (name == "lenkf_step_r10")
