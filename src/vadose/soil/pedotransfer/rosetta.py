"""Rosetta 1, 2 and 3: van Genuchten parameters from neural networks, all bootstrap networks at once, with spread.

Rosetta 1: Schaap, Leij & van Genuchten (2001), J. Hydrol. 251, 163-176. Rosetta 2, a linear correction of it: Schaap,
Nemes & van Genuchten (2004), Vadose Zone J. 3, 1455-1463. Rosetta 3: Zhang & Schaap (2017), J. Hydrol. 547, 39-53.

Networks are walked one after the other for a block of soils that stays in the cache, and only sums are kept: neither
memory nor time per soil grows with the number of soils.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import numpy as np
from jax import numpy as jnp

from vadose.arrays import Array, as_float, namespace
from vadose.constants import LN_10, SECONDS_PER_DAY
from vadose.errors import DataError
from vadose.soil.pedotransfer.contract import PedotransferFunction, Prediction
from vadose.soil.pedotransfer.rosetta_weights import Networks, load, load_unsaturated
from vadose.soil.retention.van_genuchten import VanGenuchten
from vadose.soil.texture import Soil

BLOCK = 2048  # soils that are computed together: hidden layers of one network take 100 kB
SIZES = (1, 16, 256, BLOCK)  # shapes that are compiled; fewer soils are padded to the next
COLUMNS = ("theta_r", "theta_s", "log10_alpha", "log10_n", "log10_K_s", "log10_K_0", "L")
LOWEST_N = 1e-3  # log10 n below which n is held; the correction of Rosetta 2 can push it under n = 1
_IN_LOGS = np.array([False, False, True, True, True, True, False])


def predict(version: int, code: int, inputs: Array, estimate: str = "log10") -> tuple[Array, Array]:
    """Mean and standard deviation (n - 1) over the bootstrap networks of each hydraulic parameter.

    version    1, 2 or 3
    code       2: sand, silt, clay; 3: and bulk density; 4: and theta_33; 5: and theta_1500
    inputs     [soil, code + 1]: sand, silt, clay %, bulk density g cm-3, theta_33, theta_1500 m3 m-3
    estimate   "log10": moments of the logarithms, as the networks give them; "arith": moments of the parameters
    Returns two arrays [soil, 7] of theta_r, theta_s m3 m-3, alpha cm-1, n 1, K_s and K_0 cm d-1, L 1, those from
    alpha to K_0 as log10 where asked for. K_0 and L follow from the mean of the first four. Soils with a missing
    input are NaN. numpy in blocks of bounded memory; JAX arrays may be traced and differentiated.
    Raises DataError for unknown versions, codes and estimates, or another number of inputs.
    Source: Schaap et al. (2001), Schaap et al. (2004), Zhang & Schaap (2017)
    """
    if estimate not in ("log10", "arith"):
        raise DataError(f'estimate must be "log10" or "arith", got {estimate!r}')
    networks, unsaturated = load(version, code), load_unsaturated()
    x = as_float(inputs)
    if x.ndim != 2 or x.shape[1] != code + 1:
        raise DataError(f"model code {code} needs inputs [soil, {code + 1}], got the shape {x.shape}")
    arith = estimate == "arith"
    if isinstance(x, jax.Array):
        mean, std = _traceable(networks, unsaturated, x, arith)
        return mean, std
    out = np.empty((2, x.shape[0], len(COLUMNS)))
    for start in range(0, x.shape[0], BLOCK):
        part = x[start : start + BLOCK]
        size = next(s for s in SIZES if s >= len(part))
        block = np.zeros((x.shape[1], size))
        block[:, : len(part)] = part.T
        made = np.asarray(_evaluate(networks, unsaturated, block, arith))
        out[:, start : start + len(part)] = np.moveaxis(made[:, :, : len(part)], 1, 2)
    return out[0], out[1]


@functools.partial(jax.jit, static_argnames="arith")
def _traceable(networks: tuple[Networks, ...], unsaturated: Networks, x: Array, arith: bool) -> Array:
    """The same for JAX arrays, [2, soil, parameter]; gradients compute each block anew and need no more memory."""
    soils, k = x.shape
    blocks = -(-soils // BLOCK)
    evaluate = functools.partial(_evaluate, networks, unsaturated, arith=arith)
    if blocks < 2:
        return jnp.swapaxes(evaluate(x.T), 1, 2)
    padded = jnp.concatenate([x, jnp.zeros((blocks * BLOCK - soils, k))]).reshape(blocks, BLOCK, k)
    out = jax.lax.map(jax.checkpoint(evaluate), jnp.swapaxes(padded, 1, 2))
    return jnp.moveaxis(out, (1, 2), (0, 3)).reshape(2, blocks * BLOCK, len(COLUMNS))[:, :soils]


@functools.partial(jax.jit, static_argnames="arith")
def _evaluate(networks: tuple[Networks, ...], unsaturated: Networks, x: Array, arith: bool) -> Array:
    """Mean and standard deviation, [2, parameter, soil], of a block of inputs [input, soil]."""
    known = jnp.isfinite(x).all(axis=0)
    x = jnp.where(known[None], x, 1.0)
    first = len(networks[0].scale)
    parts = [_moments(n, x, s, arith) for n, s in zip(networks, (_IN_LOGS[:first], _IN_LOGS[first:5]), strict=False)]
    mean, std = jnp.concatenate(parts, axis=1)
    theta_r, theta_s, alpha, n = mean[:4]
    if arith:
        alpha, n = jnp.log10(alpha), jnp.log10(n)
    possible = (theta_r >= 0.0) & (theta_r < theta_s) & (theta_s < 1.0) & (n > 0.0)
    mean_K, std_K = _moments(unsaturated, jnp.stack([theta_r, theta_s, alpha, n]), _IN_LOGS[5:], arith)
    mean_K, std_K = (jnp.where(possible[None], v, jnp.nan) for v in (mean_K, std_K))
    out = jnp.stack([jnp.concatenate([mean, mean_K]), jnp.concatenate([std, std_K])])
    return jnp.where(known[None, None], out, jnp.nan)


def _moments(networks: Networks, x: Array, in_logs: np.ndarray, arith: bool) -> Array:
    """Mean and standard deviation over the networks, [2, output, soil].

    Sums are of the distances from the first network: squares of the values themselves would cancel.
    """

    def output(W1: Array, b1: Array, W2: Array, b2: Array) -> Array:
        hidden = jnp.tanh(W1 @ x + b1[:, None])
        y = networks.scale[:, None] * jnp.tanh(W2 @ hidden + b2[:, None]) + networks.offset[:, None]
        return jnp.where(in_logs[:, None], jnp.exp(LN_10 * y), y) if arith else y

    def add(sums: tuple[Array, Array], weights: tuple[Array, ...]) -> tuple[tuple[Array, Array], None]:
        distance = output(*weights) - origin
        return (sums[0] + distance, sums[1] + jnp.square(distance)), None

    weights = networks[:4]
    count = len(networks.b1)
    origin = output(*(w[0] for w in weights))
    (total, squares), _ = jax.lax.scan(add, (jnp.zeros_like(origin), jnp.zeros_like(origin)), weights)
    variance = (squares - jnp.square(total) / count) / (count - 1)
    return jnp.stack([origin + total / count, jnp.sqrt(variance)])


def model_code(soil: Soil) -> int:
    """The code of the best model for what is known of a soil, 2 to 5, as in `predict`."""
    code = 2
    for field in ("bulk_density", "theta_33", "theta_1500"):
        if getattr(soil, field) is None:
            break
        code += 1
    return code


def _prediction(version: int, soil: Soil) -> Prediction:
    code = model_code(soil)
    density = None if soil.bulk_density is None else soil.bulk_density / 1000.0
    given = (soil.sand, soil.silt, soil.clay, density, soil.theta_33, soil.theta_1500)[: code + 1]
    xp: Any = namespace(*given)
    columns = xp.broadcast_arrays(*(xp.asarray(v, dtype=float) for v in given))
    shape = columns[0].shape
    means, stds = predict(version, code, xp.stack([xp.ravel(c) for c in columns], axis=-1))
    theta_r, theta_s, alpha, n, K_s, K_0, L = (xp.reshape(means[:, i], shape)[()] for i in range(len(COLUMNS)))
    day = 100.0 * SECONDS_PER_DAY  # cm d-1 in 1 m s-1
    retention = VanGenuchten(
        theta_r,
        theta_s,
        100.0 * xp.exp(LN_10 * alpha),
        xp.exp(LN_10 * xp.maximum(n, LOWEST_N)),
        xp.exp(LN_10 * K_s) / day,
        0.5 + 0.0 * theta_s,
    )
    spread = {name: xp.reshape(stds[:, i], shape)[()] for i, name in enumerate(COLUMNS)}
    return Prediction(retention, n < LOWEST_N, spread, {"K_0": xp.exp(LN_10 * K_0) / day, "L": L})


_SPREAD = {
    "theta_r": "standard deviation over the bootstrap networks, m3 m-3",
    "theta_s": "standard deviation over the bootstrap networks, m3 m-3",
    "log10_alpha": "standard deviation over the bootstrap networks of log10 alpha",
    "log10_n": "standard deviation over the bootstrap networks of log10 n",
    "log10_K_s": "standard deviation over the bootstrap networks of log10 K_s",
    "log10_K_0": "standard deviation over the bootstrap networks of log10 K_0",
    "L": "standard deviation over the bootstrap networks of L",
}
_EXTRA = {
    "K_0": "m s-1, matching point of the unsaturated conductivity at saturation, to be used with L for K_s, tau",
    "L": "1, tortuosity and connectivity that belongs to K_0",
}


def _function(version: int, source: str, samples: str) -> PedotransferFunction:
    return PedotransferFunction(
        name=f"rosetta{version}",
        title=f"Rosetta {version}",
        source=source,
        predict=functools.partial(_prediction, version),
        optional=("bulk_density", "theta_33", "theta_1500"),
        valid_range={"bulk_density": (500.0, 2000.0)},
        spread=_SPREAD,
        extra=_EXTRA,
        samples=samples,
    )


_SAMPLES = "2134 soils with retention, 1306 with K_s, 235 with unsaturated conductivity; North America and Europe"
ROSETTA1 = _function(1, "Schaap et al. (2001)", _SAMPLES)
ROSETTA2 = _function(2, "Schaap et al. (2004), correction of Schaap et al. (2001)", _SAMPLES)
ROSETTA3 = _function(3, "Zhang & Schaap (2017)", _SAMPLES)
FUNCTIONS = (ROSETTA1, ROSETTA2, ROSETTA3)
