"""Brunswick: capillary water, and noncapillary water that follows from it, from saturation to oven dryness.

Weber et al. (2019), Water Resour. Res. 55, 4994-5011; parameters as in Weber et al. (2020), 56, e2019WR026820.
theta = theta_sc Sc + theta_snc Snc,  Snc = 1 - I(h) / I(h0),  I(h) = integral from 0 to h of (1 - Sc) / y dy
K = K_sc Kc + K_snc (h0 / ha)^(a (1 - Snc)) + K_v

For van Genuchten's curve, with v = ln[1 + (alpha y)^n] the integral is proportional to
F = integral from 0 to V of (1 - e^(-m v)) / (1 - e^-v) dv,  V = ln[1 + (alpha h)^n].
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vadose.arrays import Array, as_float, expm1, namespace, pytree, static
from vadose.soil.adsorption import FILM_EXPONENT, OVEN_DRY_HEAD, VAPOUR_TEMPERATURE
from vadose.soil.retention.capillary import Capillary, capillary, zones
from vadose.soil.retention.full_range import FullRange
from vadose.soil.retention.parameters import check_parameters
from vadose.soil.retention.van_genuchten import softplus_pair

FILM_ENTRY_HEAD = 0.01  # m, ha: with h0 of pF 6.8 noncapillary flow falls by 10.2 decades; Weber et al. (2019)
SPLIT = 3.0  # V up to which quadrature serves: the integrand's poles at +-2 pi i are far from [0, 3]
NODES, WEIGHTS = (0.5 * v for v in np.polynomial.legendre.leggauss(11))  # on [-0.5, 0.5]
TERMS = 13  # of a series in e^-V <= e^-3, whose remainder is below 1e-17


def drained_integral(V: Array, m: Array) -> Array:
    """F(V) = integral from 0 to V of (1 - e^(-m v)) / (1 - e^-v) dv, to about 1e-15 relative.

    Gauss-Legendre up to V = 3. Beyond, from the antiderivative
    V + ln(1 - q) + q^m [1/m + sum over k >= 1 of q^k / (m + k)],  q = e^-V.
    V   1, >= 0;  m   1, in (0, 1)
    """
    xp = namespace(V, m)
    # The lower bound keeps 0 / 0 out of the integrand; F is proportional to V there.
    low = xp.minimum(V, SPLIT)
    safe = xp.maximum(low, 1e-100)
    shape = (len(NODES), *(1,) * np.ndim(safe + m))
    v = (NODES.reshape(shape) + 0.5) * xp.asarray(safe + 0.0 * m)[None]
    inner = (WEIGHTS.reshape(shape) * expm1(-m * v) / expm1(-v)).sum(0)
    high = xp.maximum(V, SPLIT)
    q, q0 = xp.exp(-high), math.exp(-SPLIT)
    beyond = high - SPLIT + xp.log1p(-q) - math.log1p(-q0)
    decay, decay0 = xp.exp(-m * high), xp.exp(-m * SPLIT)
    beyond = beyond + decay0 * expm1(-m * (high - SPLIT)) / m
    return low * inner + beyond + decay * _series(q, m) - decay0 * _series(q0, m)


def _series(q: Array, m: Array) -> Array:
    total: Array = 0.0
    for k in range(TERMS, 0, -1):
        total = q * (total + 1.0 / (m + k))
    return total


@pytree
class Brunswick(FullRange):
    """Brunswick closure with van Genuchten's curve for the capillary water.

    theta_sc, theta_snc   m3 m-3   capillary and noncapillary water at saturation; theta_s is their sum
    alpha                 m-1      inverse of the air-entry head, alpha h0 > 1
    n                     1        width of the pore-size distribution, > 1
    K_sc, K_snc           m s-1    capillary and noncapillary saturated conductivity; K_s is their sum
    tau                   1        tortuosity and connectivity, > -2
    h0                    m        suction head of oven-dry soil, static; from there on theta is 0 and K that at h0
    ha, exponent          m, 1     of the noncapillary conductivity, static
    vapour                bool     whether conductivity holds the isothermal vapour flow too, static
    temperature           K        of the vapour, static
    Leaves are numbers or arrays [layer, column]. Source: Weber et al. (2019), (2020).
    """

    theta_sc: Array
    theta_snc: Array
    alpha: Array
    n: Array
    K_sc: Array
    K_snc: Array
    tau: Array = 0.5
    h0: float = static(OVEN_DRY_HEAD)
    ha: float = static(FILM_ENTRY_HEAD)
    exponent: float = static(FILM_EXPONENT)
    vapour: bool = static(False)
    temperature: float = static(VAPOUR_TEMPERATURE)

    def __post_init__(self) -> None:
        theta_sc, theta_snc = as_float(self.theta_sc), as_float(self.theta_snc)
        rules = {
            "theta_sc": ((theta_sc > 0.0) & (theta_sc <= 1.0), "in m3 m-3, > 0 and <= 1"),
            "theta_snc": ((theta_snc >= 0.0) & (theta_sc + theta_snc <= 1.0), "in m3 m-3, >= 0 and <= 1 - theta_sc"),
            "alpha": (as_float(self.alpha) * self.h0 > 1.0, f"> 1 / h0 = {1.0 / self.h0:g} m-1"),
            "K_snc": (as_float(self.K_snc) >= 0.0, ">= 0 m s-1"),
        }
        check_parameters(self, rules, n=1.0, K_sc=0.0, tau=-2.0)

    @property
    def theta_s(self) -> Array:
        """Saturated water content theta_sc + theta_snc, m3 m-3."""
        return self.theta_sc + self.theta_snc

    @property
    def K_s(self) -> Array:
        """Saturated hydraulic conductivity K_sc + K_snc, m s-1."""
        return self.K_sc + self.K_snc

    def _terms(self, psi: Array) -> tuple[Any, Array, Array, Capillary, Array, Array]:
        """The namespace, where psi >= 0, where h >= h0, capillary water, 1 - Snc and F(h0)."""
        xp = namespace(psi, self.theta_sc, self.theta_snc, self.alpha, self.n, self.K_sc, self.K_snc, self.tau)
        saturated, bone_dry, h = zones(psi, self.h0)
        pores = capillary(h, self.alpha, self.n, self.h0)
        whole = drained_integral(softplus_pair(xp, pores.x0)[0], pores.m)
        return xp, saturated, bone_dry, pores, drained_integral(pores.wet, pores.m) / whole, whole

    def _film_slope(self, pores: Capillary, whole: Array) -> Array:
        """d(Snc)/d(psi) = n (1 - G) / [h F(h0)], m-1."""
        return -self.n * expm1(-pores.m * pores.wet) / (pores.h * whole)

    @property
    def _decades(self) -> float:
        return self.exponent * math.log(self.h0 / self.ha)

    def _water(
        self, xp: Any, saturated: Array, bone_dry: Array, pores: Capillary, drained: Array, whole: Array
    ) -> tuple[Array, Array]:
        theta = self.theta_sc * pores.saturation + self.theta_snc * (1.0 - drained)
        C = self.theta_sc * pores.saturation_derivative + self.theta_snc * self._film_slope(pores, whole)
        empty = bone_dry | (theta <= 0.0)
        return (
            xp.where(saturated, self.theta_s, xp.where(empty, 0.0, theta)),
            xp.where(saturated | empty, 0.0, C),
        )

    def _liquid(self, xp: Any, saturated: Array, bone_dry: Array, pores: Capillary, drained: Array, _: Array) -> Array:
        wide = xp.where(bone_dry, 0.0, pores.conductivity(self.tau))
        thin = xp.exp(self._decades * xp.where(bone_dry, 1.0, drained))
        return xp.where(saturated, self.K_s, self.K_sc * wide + self.K_snc * thin)

    def _liquid_slope(
        self, xp: Any, saturated: Array, bone_dry: Array, pores: Capillary, drained: Array, whole: Array
    ) -> Array:
        wide = self.K_sc * pores.conductivity_derivative(self.tau)
        thin = -self.K_snc * self._decades * self._film_slope(pores, whole) * xp.exp(self._decades * drained)
        return xp.where(saturated | bone_dry, 0.0, wide + thin)
