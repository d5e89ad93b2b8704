"""Accuracy of van Genuchten-Mualem over random soils against 50 digits: the limits are 1e-14, 1e-12 and 1e-8.

python benchmarks/soil_accuracy.py [soils=100000]; each soil gets a head between 1 mm and 1e5 m, n from 1.05 to 8.
The inverse counts where the rounding of theta, 4 eps theta, moves psi by less than 1e-8 of itself.
"""

from __future__ import annotations

import multiprocessing
import sys

import mpmath
import numpy as np
from common import record

from vadose.soil.retention.van_genuchten import VanGenuchten

DIGITS = 50
CHUNK = 1000
EPS = float(np.finfo(float).eps)


def random_soils(number: int, seed: int) -> tuple[VanGenuchten, np.ndarray]:
    """Soils and a matric head each, m."""
    draw = np.random.default_rng(seed)
    soils = VanGenuchten(
        theta_r=np.where(draw.random(number) < 0.1, 0.0, draw.uniform(0.0, 0.2, number)),
        theta_s=draw.uniform(0.25, 0.9, number),
        alpha=10.0 ** draw.uniform(-2.0, 2.0, number),
        n=1.0 + 10.0 ** draw.uniform(np.log10(0.05), np.log10(7.0), number),
        K_s=10.0 ** draw.uniform(-9.0, -3.0, number),
        tau=draw.uniform(-1.0, 2.0, number),
    )
    return soils, -(10.0 ** draw.uniform(-3.0, 5.0, number))


def exact(
    theta_r: float, theta_s: float, alpha: float, n: float, K_s: float, tau: float, psi: float
) -> list[mpmath.mpf]:
    """theta, C, K and dK/dpsi from logarithms of 1 + X and 1 + 1/X, which lose no digits."""
    theta_r, theta_s, alpha, n, K_s, tau, h = (mpmath.mpf(v) for v in (theta_r, theta_s, alpha, n, K_s, tau, -psi))
    m = 1 - 1 / n
    X = (alpha * h) ** n
    Se = mpmath.exp(-m * mpmath.log1p(X))
    E = mpmath.expm1(-m * mpmath.log1p(1 / X))
    C = (theta_s - theta_r) * (n - 1) * Se * X / (1 + X) / h
    power = mpmath.exp(tau * mpmath.log(Se))
    dE = (n - 1) * (1 + E) / (1 + X) / h
    slope = tau * (n - 1) * X / (1 + X) / h
    return [theta_r + (theta_s - theta_r) * Se, C, K_s * power * E**2, K_s * power * (slope * E**2 - 2 * E * dE)]


def errors(task: tuple[int, int]) -> tuple[float, ...]:
    """Largest errors of theta (absolute), K, C, dK/dpsi and of the inverse (relative) in one set of soils."""
    soils, psi = random_soils(*task)
    got = (soils.water_content, soils.capacity, soils.conductivity, soils.conductivity_derivative)
    values = np.stack([method(psi) for method in got], axis=1).tolist()
    leaves = np.stack([*vars(soils).values(), psi], axis=1).tolist()
    worst = [mpmath.mpf(0)] * 4
    with mpmath.workdps(DIGITS):
        for row, leaf in zip(values, leaves, strict=True):
            true = exact(*leaf)
            off = [abs(row[0] - true[0]), *(abs(row[i] / true[i] - 1) for i in (1, 2, 3))]
            worst = [max(a, b) for a, b in zip(worst, off, strict=True)]
    theta = soils.water_content(psi)
    resolved = np.abs(soils.capacity(psi) * psi) * 1e-8 > 4.0 * EPS * theta
    inverse = np.abs(soils.matric_head(theta)[resolved] / psi[resolved] - 1.0).max()
    return (*(float(w) for w in worst), float(inverse), float(resolved.mean()))


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    tasks = [(min(CHUNK, number - start), start) for start in range(0, number, CHUNK)]
    # Started afresh and not forked: importing vadose.arrays has started JAX's threads.
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        found = np.array(pool.map(errors, tasks))
    theta, C, K, dK, inverse, resolved = (float(v) for v in [*found[:, :5].max(axis=0), found[:, 5].mean()])
    record(
        "soil_accuracy",
        soils=number,
        theta=theta,
        K_relative=K,
        capacity_relative=C,
        dK_relative=dK,
        inverse_relative=inverse,
        inverse_resolved=resolved,
    )
    if theta > 1e-14 or K > 1e-12 or inverse > 1e-8:
        raise SystemExit("above its limit: theta 1e-14, K 1e-12, inverse 1e-8")


if __name__ == "__main__":
    main()
