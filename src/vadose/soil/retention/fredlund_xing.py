"""Fredlund & Xing (1994) retention, which falls to zero water at 1 GPa, with a power law for the conductivity.

theta = theta_s C(h) / {ln[e + (h/a)^n]}^m,   C(h) = 1 - ln(1 + h/h_r) / ln(1 + h_0/h_r),   K = K_s (theta/theta_s)^p

Written so that nothing cancels or overflows: with x = n ln(h/a), ln(e + e^x) = 1 + s(x - 1), s(x) = ln(1 + e^x), and
C(h) = ln[1 + (h_0 - h) / (h_r + h)] / ln(1 + h_0/h_r).

Fredlund, Xing & Huang (1994) integrate the retention curve for the conductivity; here it is the power form that Leong
& Rahardjo (1997) put in its place, one exponent p of the relative water content.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from vadose.arrays import Array, namespace, pytree
from vadose.constants import KPA_TO_HEAD
from vadose.soil.retention.contract import Hydraulics
from vadose.soil.retention.invert import invert
from vadose.soil.retention.parameters import check_parameters, suction
from vadose.soil.retention.van_genuchten import softplus_pair

HEAD_DRY = 1e6 * KPA_TO_HEAD  # m, suction at which no water is left, 1e6 kPa; Fredlund & Xing (1994)


class Terms(NamedTuple):
    """What all methods share at h: where the soil is saturated or empty, ln(theta/theta_s), -d(that)/dh."""

    xp: Any
    saturated: Array
    empty: Array
    log_share: Array
    slope: Array


@pytree
class FredlundXing:
    """Fredlund-Xing closure with the conductivity of Leong & Rahardjo (1997).

    theta_s   m3 m-3   saturated water content
    a         m        suction head near the air entry
    n         1        steepness beyond it, > 0
    m         1        shape towards the dry end, > 0
    h_r       m        suction head at about the residual water content
    K_s       m s-1    saturated hydraulic conductivity
    p         1        exponent of the conductivity, to be fitted
    Leaves are numbers or arrays [layer, column]. Without water (h >= 1e6 kPa) theta, C and K are 0.
    Source: Fredlund & Xing (1994); Leong & Rahardjo (1997).
    """

    theta_s: Array
    a: Array
    n: Array
    m: Array
    h_r: Array
    K_s: Array
    p: Array

    def __post_init__(self) -> None:
        check_parameters(self, a=0.0, n=0.0, m=0.0, h_r=0.0, p=0.0)

    def _terms(self, psi: Array) -> Terms:
        xp = namespace(psi, *vars(self).values())
        saturated, h = suction(psi)
        empty = h >= HEAD_DRY
        h = xp.where(empty, 1.0, h)
        wet, dry = softplus_pair(xp, self.n * xp.log(h / self.a) - 1.0)
        span = xp.log1p(HEAD_DRY / self.h_r)
        above = xp.log1p((HEAD_DRY - h) / (self.h_r + h))  # C(h) times span
        log_share = xp.log(above / span) - self.m * xp.log1p(wet)
        slope = 1.0 / ((self.h_r + h) * above) + self.m * self.n * xp.exp(-dry) / (h * (1.0 + wet))
        return Terms(xp, saturated, empty, log_share, slope)

    def _water_content(self, t: Terms) -> Array:
        theta = self.theta_s * t.xp.exp(t.log_share)
        return t.xp.where(t.saturated, self.theta_s, t.xp.where(t.empty, 0.0, theta))

    def _capacity(self, t: Terms) -> Array:
        C = self.theta_s * t.xp.exp(t.log_share) * t.slope
        return t.xp.where(t.saturated | t.empty, 0.0, C)

    def _conductivity(self, t: Terms) -> Array:
        K = self.K_s * t.xp.exp(self.p * t.log_share)
        return t.xp.where(t.saturated, self.K_s, t.xp.where(t.empty, 0.0, K))

    def water_content(self, psi: Array) -> Array:
        """theta = theta_s C(h) / {ln[e + (h/a)^n]}^m at matric head psi = -h, m; theta_s where psi >= 0; m3 m-3."""
        return self._water_content(self._terms(psi))

    def matric_head(self, theta: Array) -> Array:
        """psi, m, at water content theta, m3 m-3, by iteration (`invert`); 0 at theta_s.

        Raises RangeError where theta is one number outside (0, theta_s]; in arrays such elements give NaN.
        """
        return invert(self, theta, h_high=HEAD_DRY)

    def capacity(self, psi: Array) -> Array:
        """C = -theta d(ln theta)/dh, m-1; 0 where psi >= 0 and where no water is left."""
        return self._capacity(self._terms(psi))

    def conductivity(self, psi: Array) -> Array:
        """K = K_s (theta/theta_s)^p, m s-1; K_s where psi >= 0."""
        return self._conductivity(self._terms(psi))

    def conductivity_derivative(self, psi: Array) -> Array:
        """dK/dpsi = -p K d(ln theta)/dh, s-1; 0 where psi >= 0 and where no water is left."""
        t = self._terms(psi)
        dK = self.p * self.K_s * t.xp.exp(self.p * t.log_share) * t.slope
        return t.xp.where(t.saturated | t.empty, 0.0, dK)

    def evaluate(self, psi: Array) -> Hydraulics:
        """Water content, capacity and conductivity from the same logarithms and exponentials."""
        t = self._terms(psi)
        return Hydraulics(self._water_content(t), self._capacity(t), self._conductivity(t))
