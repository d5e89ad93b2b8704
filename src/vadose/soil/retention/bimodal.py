"""Bimodal van Genuchten retention (Durner 1994) with its conductivity (Priesack & Durner 2006): soil with structure.

Se = sum_i w_i Se_i,   K/K_s = Se^tau {sum_i w_i alpha_i (1 - [X_i / (1 + X_i)]^m_i) / sum_i w_i alpha_i}^2

Each pore system i is a van Genuchten curve, X_i = (alpha_i h)^n_i, written with the softplus functions of
`van_genuchten` so that nothing cancels. ln Se is a log-sum-exp: Se itself underflows in very dry soil, its slope
relative to itself does not.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from vadose.arrays import Array, as_float, expm1, namespace, pytree
from vadose.soil.retention.contract import Hydraulics
from vadose.soil.retention.invert import invert
from vadose.soil.retention.parameters import check_parameters, suction
from vadose.soil.retention.van_genuchten import softplus_pair


class Pores(NamedTuple):
    """One pore system at h: its weights in water (w) and in conductivity (g), ln Se, s(-x), E and slopes in ln h."""

    w: Array
    g: Array
    log_Se: Array
    E: Array  # [X / (1 + X)]^m - 1
    drained: Array  # -d(ln Se)/d(ln h)
    dE: Array  # dE/d(ln h)


@pytree
class BimodalVanGenuchten:
    """Two van Genuchten pore systems in one soil, usually the matrix and the pores between aggregates.

    theta_r, theta_s   m3 m-3   residual and saturated water content
    alpha, alpha_2     m-1      inverse of the air-entry head of each pore system
    n, n_2             1        width of each pore-size distribution, > 1
    weight_2           1        share of theta_s - theta_r in the second system, between 0 and 1
    K_s                m s-1    saturated hydraulic conductivity
    tau                1        tortuosity and connectivity, 0.5 in Mualem (1976)
    Leaves are numbers or arrays [layer, column]. Source: Durner (1994); Priesack & Durner (2006).
    """

    theta_r: Array
    theta_s: Array
    alpha: Array
    n: Array
    alpha_2: Array
    n_2: Array
    weight_2: Array
    K_s: Array
    tau: Array = 0.5

    def __post_init__(self) -> None:
        weight = as_float(self.weight_2)
        share = (weight > 0.0) & (weight < 1.0)
        check_parameters(self, {"weight_2": (share, "between 0 and 1")}, alpha=0.0, n=1.0, alpha_2=0.0, n_2=1.0)

    def _terms(self, psi: Array) -> tuple[Any, Array, Array, tuple[Pores, Pores]]:
        """The namespace, where psi >= 0, the suction head h and both pore systems."""
        xp = namespace(psi, *vars(self).values())
        saturated, h = suction(psi)
        sides = ((1.0 - self.weight_2, self.alpha, self.n), (self.weight_2, self.alpha_2, self.n_2))
        total = sides[0][0] * self.alpha + sides[1][0] * self.alpha_2
        pores = []
        for w, alpha, n in sides:
            m = 1.0 - 1.0 / n
            wet, dry = softplus_pair(xp, n * xp.log(alpha * h))
            drained = (n - 1.0) * xp.exp(-dry)
            dE = (n - 1.0) * xp.exp(-m * dry - wet)
            pores.append(Pores(w, w * alpha / total, -m * wet, expm1(-m * dry), drained, dE))
        return xp, saturated, h, (pores[0], pores[1])

    def _theta(self, xp: Any, pores: tuple[Pores, Pores]) -> Array:
        Se = sum(p.w * xp.exp(p.log_Se) for p in pores)
        return self.theta_r + (self.theta_s - self.theta_r) * Se

    def _capacity(self, xp: Any, h: Array, pores: tuple[Pores, Pores]) -> Array:
        slope = sum(p.w * xp.exp(p.log_Se) * p.drained for p in pores)
        return (self.theta_s - self.theta_r) * slope / h

    def _conductivity(self, xp: Any, pores: tuple[Pores, Pores]) -> Array:
        log_Se, _ = log_saturation(xp, pores)
        return self.K_s * xp.exp(self.tau * log_Se) * xp.square(sum(p.g * p.E for p in pores))

    def water_content(self, psi: Array) -> Array:
        """theta = theta_r + (theta_s - theta_r) sum_i w_i Se_i at matric head psi, m; theta_s at psi >= 0; m3 m-3."""
        xp, saturated, _, pores = self._terms(psi)
        return xp.where(saturated, self.theta_s, self._theta(xp, pores))

    def matric_head(self, theta: Array) -> Array:
        """psi, m, at water content theta, m3 m-3, by iteration (`invert`); 0 at theta_s.

        Raises RangeError where theta is one number outside (theta_r, theta_s]; in arrays such elements give NaN.
        """
        return invert(self, theta)

    def capacity(self, psi: Array) -> Array:
        """C = (theta_s - theta_r) sum_i w_i (n_i - 1) Se_i [X_i / (1 + X_i)] / h, m-1; 0 where psi >= 0."""
        xp, saturated, h, pores = self._terms(psi)
        return xp.where(saturated, 0.0, self._capacity(xp, h, pores))

    def conductivity(self, psi: Array) -> Array:
        """K = K_s Se^tau {sum_i g_i (1 - [X_i / (1 + X_i)]^m_i)}^2, g_i = w_i alpha_i / sum w alpha; m s-1."""
        xp, saturated, _, pores = self._terms(psi)
        return xp.where(saturated, self.K_s, self._conductivity(xp, pores))

    def conductivity_derivative(self, psi: Array) -> Array:
        """dK/dpsi = K_s Se^tau F [tau F d(ln Se)/d(ln h) + 2 dF/d(ln h)] / -h, F = sum g_i E_i; s-1; 0 at psi >= 0."""
        xp, saturated, h, pores = self._terms(psi)
        log_Se, drained = log_saturation(xp, pores)
        F = sum(p.g * p.E for p in pores)
        dF = sum(p.g * p.dE for p in pores)
        dK = self.K_s * xp.exp(self.tau * log_Se) * F * (self.tau * F * drained - 2.0 * dF) / h
        return xp.where(saturated, 0.0, dK)

    def evaluate(self, psi: Array) -> Hydraulics:
        """Water content, capacity and conductivity from the same logarithms and exponentials."""
        xp, saturated, h, pores = self._terms(psi)
        return Hydraulics(
            xp.where(saturated, self.theta_s, self._theta(xp, pores)),
            xp.where(saturated, 0.0, self._capacity(xp, h, pores)),
            xp.where(saturated, self.K_s, self._conductivity(xp, pores)),
        )


def log_saturation(xp: Any, pores: tuple[Pores, Pores]) -> tuple[Array, Array]:
    """ln sum_i w_i Se_i and -d(ln Se)/d(ln h), which exist where Se itself is too small for a float."""
    largest = xp.maximum(pores[0].log_Se, pores[1].log_Se)
    held = [p.w * xp.exp(p.log_Se - largest) for p in pores]
    total = held[0] + held[1]
    return largest + xp.log(total), (held[0] * pores[0].drained + held[1] * pores[1].drained) / total
