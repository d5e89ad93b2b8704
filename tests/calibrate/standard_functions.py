"""The standard functions of global optimisation, with their bounds and published minima.

Goldstein-Price, Rosenbrock, six-hump camel back, Rastrigin, Griewank, Shekel and Hartman as Duan et al. (1993) use
them; tables of Shekel and Hartman, and Branin: Dixon & Szego (1978), Towards Global Optimisation 2.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Standard:
    """f(x [..., parameter]) with bounds, its least value, complexes to use and the share of seeds that must succeed."""

    arrays: Callable[[Any], Any]
    lower: list[float]
    upper: list[float]
    minimum: float
    complexes: int = 4
    success: float = 1.0


def goldstein_price(x: Any) -> Any:
    a, b = x[..., 0], x[..., 1]
    one = 1.0 + (a + b + 1.0) ** 2 * (19.0 - 14.0 * a + 3.0 * a**2 - 14.0 * b + 6.0 * a * b + 3.0 * b**2)
    two = 30.0 + (2.0 * a - 3.0 * b) ** 2 * (18.0 - 32.0 * a + 12.0 * a**2 + 48.0 * b - 36.0 * a * b + 27.0 * b**2)
    return one * two


def rosenbrock(x: Any) -> Any:
    return 100.0 * (x[..., 1] - x[..., 0] ** 2) ** 2 + (1.0 - x[..., 0]) ** 2


def camel_back(x: Any) -> Any:
    a, b = x[..., 0], x[..., 1]
    return (4.0 - 2.1 * a**2 + a**4 / 3.0) * a**2 + a * b + (-4.0 + 4.0 * b**2) * b**2


def branin(x: Any) -> Any:
    a, b = x[..., 0], x[..., 1]
    bend = b - 5.1 / (4.0 * np.pi**2) * a**2 + 5.0 / np.pi * a - 6.0
    return bend**2 + 10.0 * (1.0 - 1.0 / (8.0 * np.pi)) * np.cos(a) + 10.0


def rastrigin(x: Any) -> Any:
    """With its constant 2, so that the minimum is 0."""
    return np.sum(x**2, axis=-1) - np.cos(18.0 * x[..., 0]) - np.cos(18.0 * x[..., 1]) + 2.0


def griewank(x: Any) -> Any:
    n = x.shape[-1]
    d = 200.0 if n == 2 else 4000.0
    return np.sum(x**2, axis=-1) / d - np.prod(np.cos(x / np.sqrt(np.arange(1.0, n + 1.0))), axis=-1) + 1.0


SHEKEL_A = np.array(
    [[4, 4, 4, 4], [1, 1, 1, 1], [8, 8, 8, 8], [6, 6, 6, 6], [3, 7, 3, 7],
     [2, 9, 2, 9], [5, 5, 3, 3], [8, 1, 8, 1], [6, 2, 6, 2], [7, 3.6, 7, 3.6]]
)  # fmt: skip
SHEKEL_C = np.array([0.1, 0.2, 0.2, 0.4, 0.4, 0.6, 0.3, 0.7, 0.5, 0.5])


def shekel(x: Any) -> Any:
    return -np.sum(1.0 / (np.sum((x[..., None, :] - SHEKEL_A) ** 2, axis=-1) + SHEKEL_C), axis=-1)


HARTMAN_C = np.array([1.0, 1.2, 3.0, 3.2])
HARTMAN_A3 = np.array([[3.0, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]])
HARTMAN_P3 = np.array(
    [[0.3689, 0.1170, 0.2673], [0.4699, 0.4387, 0.7470], [0.1091, 0.8732, 0.5547], [0.03815, 0.5743, 0.8828]]
)
HARTMAN_A6 = np.array(
    [[10.0, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8], [17, 8, 0.05, 10, 0.1, 14]]
)
HARTMAN_P6 = np.array(
    [[0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886], [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
     [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650], [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381]]
)  # fmt: skip


def hartman(x: Any) -> Any:
    A, P = (HARTMAN_A3, HARTMAN_P3) if x.shape[-1] == 3 else (HARTMAN_A6, HARTMAN_P6)
    return -np.sum(HARTMAN_C * np.exp(-np.sum(A * (x[..., None, :] - P) ** 2, axis=-1)), axis=-1)


FUNCTIONS = {
    "goldstein-price": Standard(goldstein_price, [-2.0] * 2, [2.0] * 2, 3.0),
    "rosenbrock": Standard(rosenbrock, [-5.0, -2.0], [5.0, 8.0], 0.0),
    "six-hump camel back": Standard(camel_back, [-5.0, -2.0], [5.0, 8.0], -1.0316285),
    "branin": Standard(branin, [-5.0, 0.0], [10.0, 15.0], 0.39788736),
    "rastrigin": Standard(rastrigin, [-1.0] * 2, [1.0] * 2, 0.0),
    "griewank 2": Standard(griewank, [-600.0] * 2, [600.0] * 2, 0.0, 10, 0.8),
    "griewank 10": Standard(griewank, [-600.0] * 10, [600.0] * 10, 0.0, 5, 0.8),
    "shekel": Standard(shekel, [0.0] * 4, [10.0] * 4, -10.5364, 10, 0.8),
    "hartman 3": Standard(hartman, [0.0] * 3, [1.0] * 3, -3.86278),
    "hartman 6": Standard(hartman, [0.0] * 6, [1.0] * 6, -3.32237, 4, 0.8),
}


def spotpy_minimum(f: Standard, evaluations: int, complexes: int, seed: int) -> float:
    """What spotpy's `sceua` finds with this many evaluations and complexes; its stopping criteria left as they are."""
    import spotpy

    class Setup:
        def __init__(self) -> None:
            self.least = np.inf
            self.count = 0
            pairs = zip(f.lower, f.upper, strict=True)
            self.params = [spotpy.parameter.Uniform(f"x{i}", a, b) for i, (a, b) in enumerate(pairs)]

        def parameters(self) -> Any:
            return spotpy.parameter.generate(self.params)

        def simulation(self, vector: Any) -> list[float]:
            value = float(f.arrays(np.array(list(vector), float)))
            self.count += 1
            if self.count <= evaluations:
                self.least = min(self.least, value)
            return [value]

        def evaluation(self) -> list[float]:
            return [0.0]

        def objectivefunction(self, simulation: Any, evaluation: Any) -> float:
            return simulation[0]

    setup = Setup()
    with contextlib.redirect_stdout(io.StringIO()):
        sampler = spotpy.algorithms.sceua(setup, dbname="none", dbformat="ram", save_sim=False, random_state=seed)
        sampler.sample(evaluations, ngs=complexes)
    return setup.least
