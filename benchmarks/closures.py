"""Van Genuchten's water content, capacity and conductivity together: ns an element, beside the textbook form.

Ten layers of 10 000 columns, float64, one process; CPU time, so that threads do not flatter. The goal is 60 ns.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from common import record

from vadose.soil import VanGenuchten

SHAPE = (10, 10_000)
ROUNDS = 25
LIMIT = 60.0


def cpu_ns(f: Callable[[], object]) -> float:
    """Best CPU time of several rounds, ns an element; the first call, which compiles, does not count."""
    jax.block_until_ready(f())
    best = np.inf
    for _ in range(ROUNDS):
        started = time.process_time()
        jax.block_until_ready(f())
        best = min(best, time.process_time() - started)
    return best / (SHAPE[0] * SHAPE[1]) * 1e9


def textbook(c: VanGenuchten, psi: np.ndarray) -> tuple[np.ndarray, ...]:
    """As in the papers, with powers."""
    m = 1.0 - 1.0 / c.n
    X = (c.alpha * -psi) ** c.n
    Se = (1.0 + X) ** -m
    C = (c.theta_s - c.theta_r) * c.alpha * c.n * m * (c.alpha * -psi) ** (c.n - 1.0) * (1.0 + X) ** (-m - 1.0)
    K = c.K_s * Se**c.tau * (1.0 - (1.0 - Se ** (1.0 / m)) ** m) ** 2
    return c.theta_r + (c.theta_s - c.theta_r) * Se, C, K


def main() -> None:
    r = np.random.default_rng(20261121)
    closure = VanGenuchten(
        theta_r=r.uniform(0.0, 0.1, SHAPE),
        theta_s=r.uniform(0.35, 0.6, SHAPE),
        alpha=10.0 ** r.uniform(-1.0, 1.5, SHAPE),
        n=r.uniform(1.05, 4.0, SHAPE),
        K_s=10.0 ** r.uniform(-8.0, -4.0, SHAPE),
        tau=r.uniform(-1.0, 1.0, SHAPE),
    )
    psi = -(10.0 ** r.uniform(-3.0, 4.0, SHAPE))
    on_jax = jax.tree_util.tree_map(jnp.asarray, closure)
    compiled = jax.jit(lambda c, p: c.evaluate(p))
    compiled_textbook = jax.jit(textbook)
    psi_jax = jnp.asarray(psi)
    numbers = {
        "numpy_ns": cpu_ns(lambda: closure.evaluate(psi)),
        "jax_ns": cpu_ns(lambda: compiled(on_jax, psi_jax)),
        "textbook_numpy_ns": cpu_ns(lambda: textbook(closure, psi)),
        "textbook_jax_ns": cpu_ns(lambda: compiled_textbook(on_jax, psi_jax)),
    }
    record("closures", **numbers, limit_ns=LIMIT)


if __name__ == "__main__":
    main()
