"""Van Genuchten (1980) retention with m free of n, and Gardner's (1958) conductivity, as Vereecken (1989, 1990) fitted.

X = (alpha h)^n, h = -psi, Se = (1 + X)^-m,  K = K_s / [1 + (b h)^N]

With x = ln X, Se = e^(-m s(x)) where s(x) = ln(1 + e^x): no power and no cancellation at either end. Mualem's integral
has no value for m = 1 and n <= 1, which is where Vereecken's soils lie; his conductivity is an empirical curve.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.arrays import Array, namespace, pytree
from vadose.soil.retention.contract import Hydraulics
from vadose.soil.retention.parameters import check_parameters, effective_saturation, suction
from vadose.soil.retention.van_genuchten import softplus_pair, suction_at


@pytree
class VanGenuchtenFree:
    """Van Genuchten retention with free m and Gardner conductivity.

    theta_r, theta_s   m3 m-3   residual and saturated water content
    alpha              m-1      inverse of the head at the inflection
    n, m               1        shape of the retention curve, > 0
    K_s                m s-1    saturated hydraulic conductivity
    b                  m-1      inverse of the head at which K is K_s / 2
    N                  1        slope of the conductivity, > 0
    Leaves are numbers or arrays [layer, column]. Where n <= 1 the capacity grows without bound as psi -> 0 from below.
    Source: van Genuchten (1980) eq. 3; Gardner (1958); Vereecken et al. (1989, 1990).
    """

    theta_r: Array
    theta_s: Array
    alpha: Array
    n: Array
    m: Array
    K_s: Array
    b: Array
    N: Array

    def __post_init__(self) -> None:
        check_parameters(self, alpha=0.0, n=0.0, m=0.0, b=0.0, N=0.0)

    def _retention(self, psi: Array) -> tuple[Any, Array, Array, Array, Array]:
        """The namespace, where psi >= 0, the suction head h, s(x) and s(-x) of the retention curve."""
        xp = namespace(psi, self.theta_r, self.theta_s, self.alpha, self.n, self.m)
        saturated, h = suction(psi)
        wet, dry = softplus_pair(xp, self.n * xp.log(self.alpha * h))
        return xp, saturated, h, wet, dry

    def _conduction(self, psi: Array) -> tuple[Any, Array, Array, Array, Array]:
        """The namespace, where psi >= 0, the suction head h, s(y) and s(-y) with y = N ln(b h)."""
        xp = namespace(psi, self.K_s, self.b, self.N)
        saturated, h = suction(psi)
        wet, dry = softplus_pair(xp, self.N * xp.log(self.b * h))
        return xp, saturated, h, wet, dry

    def water_content(self, psi: Array) -> Array:
        """theta = theta_r + (theta_s - theta_r) Se at matric head psi, m; theta_s where psi >= 0; m3 m-3."""
        xp, saturated, _, wet, _ = self._retention(psi)
        theta = self.theta_r + (self.theta_s - self.theta_r) * xp.exp(-self.m * wet)
        return xp.where(saturated, self.theta_s, theta)

    def matric_head(self, theta: Array) -> Array:
        """psi = -[Se^(-1/m) - 1]^(1/n) / alpha, m, at water content theta, m3 m-3; 0 at theta_s, at least -1e100.

        Raises RangeError where theta is one number outside (theta_r, theta_s]; in arrays such elements give NaN.
        """
        xp = namespace(theta, self.theta_r, self.theta_s, self.alpha, self.n, self.m)
        inside, saturated, Se = effective_saturation(theta, self.theta_r, self.theta_s)
        h = suction_at(xp, Se, self.alpha, self.n, self.m)
        return xp.where(inside, xp.where(saturated, 0.0, -h), np.nan)

    def capacity(self, psi: Array) -> Array:
        """C = (theta_s - theta_r) n m Se [X / (1 + X)] / h, m-1; 0 where psi >= 0."""
        xp, saturated, h, wet, dry = self._retention(psi)
        C = (self.theta_s - self.theta_r) * self.n * self.m / h * xp.exp(-self.m * wet - dry)
        return xp.where(saturated, 0.0, C)

    def conductivity(self, psi: Array) -> Array:
        """K = K_s / [1 + (b h)^N], m s-1; K_s where psi >= 0."""
        xp, saturated, _, wet, _ = self._conduction(psi)
        return xp.where(saturated, self.K_s, self.K_s * xp.exp(-wet))

    def conductivity_derivative(self, psi: Array) -> Array:
        """dK/dpsi = K_s N (b h)^N / {[1 + (b h)^N]^2 h}, s-1; 0 where psi >= 0."""
        xp, saturated, h, wet, dry = self._conduction(psi)
        return xp.where(saturated, 0.0, self.K_s * self.N / h * xp.exp(-wet - dry))

    def evaluate(self, psi: Array) -> Hydraulics:
        """Water content, capacity and conductivity together; the two curves share nothing but psi."""
        return Hydraulics(self.water_content(psi), self.capacity(psi), self.conductivity(psi))
