"""Fits recover what made the data, know how far they are known, and say what is wrong with the data."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import optimize

from vadose.errors import ConfigError, DataError
from vadose.soil.fit_parameters import CLOSURES, closure_rows
from vadose.soil.fitting import fit
from vadose.soil.retention.van_genuchten import VanGenuchten

PSI = -np.array([0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.6, 3.45, 6.9, 20.0, 50.0, 150.0, 500.0, 2000.0])
PSI_K = -np.geomspace(0.05, 100.0, 14)
TRUE = {
    "theta_r": 0.06, "theta_s": 0.43, "alpha": 3.0, "n": 1.6, "K_s": 1e-5, "tau": 0.5, "psi_b": -0.25, "lambda_": 0.4,
    "psi_s": -0.2, "b": 5.0, "alpha_2": 30.0, "n_2": 2.0, "weight_2": 0.3, "a": 0.5, "m": 0.6, "p": 4.0, "omega": 1e-4,
    "theta_sc": 0.37, "theta_snc": 0.08, "K_sc": 1e-5, "K_snc": 1e-9,
}  # fmt: skip


@pytest.mark.parametrize("name", [k if k != "Brunswick" else pytest.param(k, marks=pytest.mark.slow) for k in CLOSURES])
def test_exact_data_give_the_parameters_back(name: str) -> None:
    cls, rows = closure_rows(name)
    soil = cls(**{k: row.default if row.held else TRUE[k] for k, row in rows.items()})
    found = fit(name, PSI, soil.water_content(PSI), psi_K=PSI_K, K=soil.conductivity(PSI_K))
    assert found.converged and isinstance(found.retention, cls)
    for parameter, value in found.values.items():
        assert value == pytest.approx(TRUE[parameter], rel=1e-6)
    assert found.rmse_theta < 1e-9 and found.rmse_log10_K < 1e-7
    assert found.at_bound == () and not found.rank_deficient


def test_intervals_cover_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    hits, inside, soils, heads = 0, 0, 100, np.array([-1.0, -10.0])
    for _ in range(soils):
        soil = VanGenuchten(
            rng.uniform(0.05, 0.1), rng.uniform(0.38, 0.5), np.exp(rng.uniform(0, 1.5)), rng.uniform(1.4, 2.2), 1.0
        )
        found = fit(VanGenuchten, PSI, soil.water_content(PSI) + 0.005 * rng.normal(size=PSI.size))
        hits += sum(low <= getattr(soil, k) <= high for k, (low, high) in found.confidence(0.95).items())
        low, high = found.band(heads, 0.95)
        inside += int(np.sum((low <= soil.water_content(heads)) & (soil.water_content(heads) <= high)))
    assert 0.85 < hits / (4 * soils) <= 1.0
    assert 0.85 < inside / (2 * soils) <= 1.0


def noisy() -> tuple[VanGenuchten, np.ndarray]:
    soil = VanGenuchten(0.06, 0.43, 3.0, 1.6, 1.0)
    return soil, soil.water_content(PSI) + 0.005 * np.random.default_rng(1).normal(size=PSI.size)


def test_parameters_and_errors_equal_those_of_scipy_curve_fit() -> None:
    def curve(h: Any, theta_r: float, theta_s: float, alpha: float, n: float) -> Any:
        return theta_r + (theta_s - theta_r) * (1.0 + (alpha * h) ** n) ** (1.0 / n - 1.0)

    _, theta = noisy()
    best, covariance = optimize.curve_fit(curve, -PSI, theta, (0.05, 0.4, 2.0, 1.5), ftol=1e-14, xtol=1e-14)
    found = fit(VanGenuchten, PSI, theta)
    assert list(found.values.values()) == pytest.approx(best, rel=1e-5)
    assert list(found.standard_error.values()) == pytest.approx(np.sqrt(np.diag(covariance)), rel=1e-3)
    assert found.covariance == pytest.approx(covariance, rel=1e-3, abs=1e-9)


def test_the_fit_equals_unsatfit() -> None:
    unsatfit = pytest.importorskip("unsatfit")
    _, theta = noisy()
    f = unsatfit.Fit()
    f.set_model("vg", const=["q=1"])
    f.swrc = (-PSI, theta)
    f.ini = (0.45, 0.05, 2.5, 0.4)
    f.optimize()
    found = fit("VanGenuchten", PSI, theta)
    theta_s, theta_r, alpha, m = f.fitted
    expected = {"theta_r": theta_r, "theta_s": theta_s, "alpha": alpha, "n": 1.0 / (1.0 - m)}
    assert found.values == pytest.approx(expected, rel=1e-3)


def test_a_band_holds_the_curve_and_widens_with_the_level() -> None:
    _, theta = noisy()
    found = fit(VanGenuchten, PSI, theta)
    middle = found.retention.water_content(PSI)
    low, high = found.band(PSI, 0.95)
    lower, higher = found.band(PSI, 0.99)
    assert np.all((lower < low) & (low < middle) & (middle < high) & (high < higher))


def test_the_outline_of_a_region_has_the_misfit_that_its_level_says() -> None:
    _, theta = noisy()
    found = fit(VanGenuchten, PSI, theta)
    region = found.region("alpha", "n", 0.95, 40)
    assert region.shape == (40, 2) and np.all(region[:, 1] > 1.0)
    z = np.column_stack([np.log(region[:, 0]), np.log(region[:, 1] - 1.0)]) - found.scaled[2:]
    distance = np.einsum("pi,ij,pj->p", z, np.linalg.inv(found.covariance_scaled[2:, 2:]), z)
    assert distance == pytest.approx(2.0 * 3.98229795709449, rel=1e-9)  # F(0.95; 2, 11) of the tables: 3.98


def test_what_the_data_do_not_tell_has_no_finite_error() -> None:
    _, theta = noisy()
    theta_2 = np.tile([0.42, 0.43, 0.41, 0.425], 2) - np.repeat([0.0, 0.2], 4)
    two_heads = fit(VanGenuchten, np.repeat([-0.1, -10.0], 4), theta_2)
    assert two_heads.rank_deficient and np.isinf(list(two_heads.standard_error.values())).any()
    low, high = two_heads.band([-1000.0])
    assert (low[0], high[0]) == (0.0, 1.0)
    as_many = fit(VanGenuchten, PSI[::4], theta[::4])
    assert np.isinf(list(as_many.standard_error.values())).all() and np.isinf(as_many.AICc)
    assert as_many.confidence()["n"] == as_many.bounds["n"]
    with pytest.raises(DataError, match="do not tell alpha and n"):
        as_many.region("alpha", "n")


def test_fixed_parameters_stay_and_bounds_hold() -> None:
    _, theta = noisy()
    found = fit(VanGenuchten, PSI, theta, fixed={"theta_r": 0.0}, bounds={"n": (1.1, 1.3)})
    assert found.retention.theta_r == 0.0 and found.names == ("theta_s", "alpha", "n")
    assert found.values["n"] == pytest.approx(1.3, abs=1e-3) and found.at_bound == ("n",)
    low, high = found.confidence()["n"]
    assert 1.1 <= low < high <= 1.3 + 1e-12


def test_without_K_the_conductivity_is_relative() -> None:
    soil, theta = noisy()
    assert fit(VanGenuchten, PSI, theta).retention.K_s == 1.0


def test_weights_choose_between_the_data() -> None:
    soil, theta = noisy()
    K = soil.conductivity(PSI_K) * np.exp(0.3 * np.random.default_rng(2).normal(size=PSI_K.size))
    on_theta = fit(VanGenuchten, PSI, theta, psi_K=PSI_K, K=K, weights=(1e3, 1.0))
    on_K = fit(VanGenuchten, PSI, theta, psi_K=PSI_K, K=K, weights=(1.0, 1e3))
    assert on_theta.rmse_theta < on_K.rmse_theta and on_theta.rmse_log10_K > on_K.rmse_log10_K


def test_pairs_that_are_not_finite_are_left_out_and_counted() -> None:
    _, theta = noisy()
    whole = fit(VanGenuchten, PSI[1:], theta[1:])
    holed = fit(VanGenuchten, PSI, np.where(PSI == PSI[0], np.nan, theta))
    assert (holed.n, holed.dropped) == (14, 1) and holed.values == pytest.approx(whole.values, rel=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"psi": -PSI}, "psi must be <= 0 m, got 2000; give suction heads with a minus sign"),
        ({"theta": 100.0 * noisy()[1]}, "looks like percent; divide by 100"),
        ({"theta": noisy()[1] - 0.2}, "theta must lie in 0 to 1"),
        ({"theta": noisy()[1][:3]}, "same length"),
        ({"psi": PSI[:3], "theta": noisy()[1][:3]}, "3 finite pairs are fewer than the 4 parameters"),
        ({"theta": np.full(PSI.size, np.nan)}, "no finite pair"),
        ({"psi_K": PSI_K}, "psi_K and K go together"),
        ({"psi_K": PSI_K, "K": np.zeros(PSI_K.size)}, "K must be > 0 m s-1, got 0"),
        ({"psi_K": PSI_K[:1], "K": [1e-6]}, "1 pairs of K are fewer than the parameters K_s, tau"),
        ({"weights": (-1.0, 1.0)}, "weights of theta"),
    ],
)
def test_bad_data_are_named(change: dict[str, Any], message: str) -> None:
    _, theta = noisy()
    with pytest.raises(DataError, match=message):
        fit(VanGenuchten, **{"psi": PSI, "theta": theta, **change})


def test_unknown_names_are_told_with_the_nearest() -> None:
    _, theta = noisy()
    with pytest.raises(ConfigError, match="did you mean 'VanGenuchten'"):
        fit("vanGenuchten", PSI, theta)
    with pytest.raises(ConfigError, match="no parameter 'alfa'; expected one of theta_r"):
        fit(VanGenuchten, PSI, theta, fixed={"alfa": 1.0})
    with pytest.raises(ConfigError, match="bounds of n"):
        fit(VanGenuchten, PSI, theta, bounds={"n": (2.0, 1.5)})
    with pytest.raises(ConfigError, match="'b' was not fitted"):
        fit(VanGenuchten, PSI, theta).region("alpha", "b")


def test_a_measured_layer_is_met(vadose_data: Path) -> None:
    with (vadose_data / "data/retention/swissforestsoils.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["layer_id"] == "CH5_2"]
    psi, theta, K = (np.array([float(r[k] or "nan") for r in rows]) for k in ("head", "theta", "ku"))
    both = fit(VanGenuchten, -psi, theta, psi_K=-psi, K=K / 86400.0)
    assert both.converged and (both.n, both.dropped) == (13, 7)
    assert both.rmse_theta < 0.04 and both.rmse_log10_K < 0.2
    # K_s of the fit within a factor of 3 of the measured one, 0.123 m d-1, which it has not seen.
    assert abs(np.log10(both.values["K_s"] * 86400.0 / 0.122688)) < 0.5
    found = fit(VanGenuchten, -psi, theta)
    assert found.rmse_theta < 0.02
    # A sand (86 %) with a measured porosity of 0.433.
    assert found.values["theta_s"] == pytest.approx(0.433, abs=0.03)
    assert 1.3 < found.values["n"] < 3.0
