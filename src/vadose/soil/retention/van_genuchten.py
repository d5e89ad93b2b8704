"""Van Genuchten (1980) retention with Mualem (1976) conductivity, without cancellation at either end.

X = (alpha h)^n, h = -psi, m = 1 - 1/n, Se = (1 + X)^-m,  K/K_s = Se^tau {1 - [X / (1 + X)]^m}^2

With x = ln X both factors are softplus functions, s(x) = ln(1 + e^x) = max(x, 0) + log1p(e^-|x|):
Se = e^(-m s(x)) and [X / (1 + X)]^m = e^(-m s(-x)), so that K/K_s = e^(-m tau s(x)) expm1(-m s(-x))^2.
The textbook form subtracts numbers close to 1 and loses all digits in dry soil.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from vadose.arrays import Array, expm1, namespace, pytree
from vadose.soil.retention.contract import Hydraulics
from vadose.soil.retention.parameters import check_parameters, effective_saturation, suction

LOG_LARGEST_SUCTION = 230.0  # ln of 1e100 m, beyond which the slopes of the inverse overflow


def softplus_pair(xp: Any, x: Array) -> tuple[Array, Array]:
    """(s(x), s(-x)) with s(x) = ln(1 + e^x), each to the last digit; they differ by x and share one logarithm."""
    if xp is not np:
        return _softplus_pair(x)
    tail = np.log1p(np.exp(-np.abs(x)))
    return np.maximum(x, 0.0) + tail, np.maximum(-x, 0.0) + tail


@jax.custom_jvp
def _softplus_pair(x: Array) -> tuple[Array, Array]:
    tail = jax.numpy.log1p(jax.numpy.exp(-jax.numpy.abs(x)))
    return jax.numpy.maximum(x, 0.0) + tail, jax.numpy.maximum(-x, 0.0) + tail


@_softplus_pair.defjvp
def _softplus_pair_jvp(primal: tuple[Array], tangent: tuple[Array]) -> tuple[Any, Any]:
    """s'(x) = e^-s(-x): right in all orders at x = 0 as well, where JAX takes the slope of |x| for 1."""
    wet, dry = _softplus_pair(*primal)
    return (wet, dry), (jax.numpy.exp(-dry) * tangent[0], -jax.numpy.exp(-wet) * tangent[0])


def suction_at(xp: Any, Se: Array, alpha: Array, n: Array, m: Array) -> Array:
    """h = [Se^(-1/m) - 1]^(1/n) / alpha, m, at most 1e100, for 0 < Se < 1."""
    # expm1(y) = e^y (1 - e^-y): the second form does not overflow in dry soil.
    y = -xp.log(Se) / m
    log_h = (y + xp.log(-xp.expm1(-y))) / n - xp.log(alpha)
    return xp.exp(xp.minimum(log_h, LOG_LARGEST_SUCTION))


@pytree
class VanGenuchten:
    """Van Genuchten-Mualem closure.

    theta_r, theta_s   m3 m-3   residual and saturated water content
    alpha              m-1      inverse of the air-entry head
    n                  1        width of the pore-size distribution, > 1
    K_s                m s-1    saturated hydraulic conductivity
    tau                1        tortuosity and connectivity, 0.5 in Mualem (1976)
    Leaves are numbers or arrays [layer, column]. Source: van Genuchten (1980) eqs. 3, 8; Mualem (1976).
    """

    theta_r: Array
    theta_s: Array
    alpha: Array
    n: Array
    K_s: Array
    tau: Array = 0.5

    def __post_init__(self) -> None:
        check_parameters(self, alpha=0.0, n=1.0)

    def _terms(self, psi: Array) -> tuple[Any, Array, Array, Array, Array, Array]:
        """The namespace, where psi >= 0, the suction head h, m, s(x) and s(-x)."""
        xp = namespace(psi, self.theta_r, self.theta_s, self.alpha, self.n, self.K_s, self.tau)
        saturated, h = suction(psi)
        wet, dry = softplus_pair(xp, self.n * xp.log(self.alpha * h))
        return xp, saturated, h, 1.0 - 1.0 / self.n, wet, dry

    def water_content(self, psi: Array) -> Array:
        """theta = theta_r + (theta_s - theta_r) Se at matric head psi, m; theta_s where psi >= 0; m3 m-3."""
        xp, saturated, _, m, wet, _ = self._terms(psi)
        theta = self.theta_r + (self.theta_s - self.theta_r) * xp.exp(-m * wet)
        return xp.where(saturated, self.theta_s, theta)

    def matric_head(self, theta: Array) -> Array:
        """psi = -[Se^(-1/m) - 1]^(1/n) / alpha, m, at water content theta, m3 m-3; 0 at theta_s, at least -1e100.

        Raises RangeError where theta is one number outside (theta_r, theta_s]; in arrays such elements give NaN.
        """
        xp = namespace(theta, self.theta_r, self.theta_s, self.alpha, self.n)
        inside, saturated, Se = effective_saturation(theta, self.theta_r, self.theta_s)
        h = suction_at(xp, Se, self.alpha, self.n, 1.0 - 1.0 / self.n)
        return xp.where(inside, xp.where(saturated, 0.0, -h), np.nan)

    def capacity(self, psi: Array) -> Array:
        """C = (theta_s - theta_r) (n - 1) Se [X / (1 + X)] / h, m-1; 0 where psi >= 0."""
        xp, saturated, h, m, wet, dry = self._terms(psi)
        C = (self.theta_s - self.theta_r) * (self.n - 1.0) / h * xp.exp(-m * wet - dry)
        return xp.where(saturated, 0.0, C)

    def conductivity(self, psi: Array) -> Array:
        """K = K_s Se^tau {1 - [X / (1 + X)]^m}^2, m s-1; K_s where psi >= 0."""
        xp, saturated, _, m, wet, dry = self._terms(psi)
        K = self.K_s * xp.exp(-m * self.tau * wet) * xp.square(expm1(-m * dry))
        return xp.where(saturated, self.K_s, K)

    def conductivity_derivative(self, psi: Array) -> Array:
        """dK/dpsi = K_s Se^tau E n m [tau E X + 2 (1 + E)] / [(1 + X) h], E = [X / (1 + X)]^m - 1; s-1; 0 at psi >= 0.

        For n < 2 it grows without bound as psi -> 0 from below, as the function does.
        """
        xp, saturated, h, m, wet, dry = self._terms(psi)
        E = expm1(-m * dry)
        inner = self.tau * E * xp.exp(-dry) - 2.0 * xp.exp(-m * dry - wet)
        dK = self.K_s * (self.n - 1.0) / h * xp.exp(-m * self.tau * wet) * E * inner
        return xp.where(saturated, 0.0, dK)

    def evaluate(self, psi: Array) -> Hydraulics:
        """Water content, capacity and conductivity from the same logarithm and exponentials."""
        xp, saturated, h, m, wet, dry = self._terms(psi)
        span = self.theta_s - self.theta_r
        Se = xp.exp(-m * wet)
        C = span * (self.n - 1.0) / h * (Se * xp.exp(-dry))
        K = self.K_s * xp.exp(-m * self.tau * wet) * xp.square(expm1(-m * dry))
        return Hydraulics(
            xp.where(saturated, self.theta_s, self.theta_r + span * Se),
            xp.where(saturated, 0.0, C),
            xp.where(saturated, self.K_s, K),
        )
