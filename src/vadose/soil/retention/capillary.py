"""Van Genuchten's curve rescaled to be zero at oven dryness, with Mualem's conductivity: for PDI and Brunswick.

X = (alpha h)^n, G = (1 + X)^-m, m = 1 - 1/n, and G0, X0 at h0:
Sc = (G - G0) / (1 - G0),  K = Sc^tau {1 - [(1 - G^(1/m)) / (1 - G0^(1/m))]^m}^2
Source: Iden & Durner (2014), Water Resour. Res. 50, 7530-7534; Weber et al. (2019).

With x = ln X and s(x) = ln(1 + e^x):  G = e^(-m s(x)),  1 - G^(1/m) = e^(-s(-x)).  The differences
D = s(x0) - s(x) and d = s(-x) - s(-x0) give Sc = G (1 - e^(-m D)) / (1 - G0) and the bracket 1 - e^(-m d).
"""

from __future__ import annotations

from typing import NamedTuple

from vadose.arrays import Array, expm1, namespace
from vadose.soil.retention.parameters import suction
from vadose.soil.retention.van_genuchten import softplus_pair


class Capillary(NamedTuple):
    """Capillary water at suction heads below h0; symbols as in the module."""

    h: Array  # m
    x: Array
    x0: Array
    m: Array
    n: Array
    wet: Array  # s(x)
    dry: Array  # s(-x)
    left: Array  # 1 - e^(-m D), the share of G that is above G0
    norm: Array  # 1 - G0
    bracket: Array  # e^(-m d) - 1
    d: Array

    @property
    def saturation(self) -> Array:
        """Sc, 1."""
        return namespace(self.wet).exp(-self.m * self.wet) * self.left / self.norm

    @property
    def saturation_derivative(self) -> Array:
        """d(Sc)/d(psi) = (n - 1) G [X / (1 + X)] / [h (1 - G0)], m-1."""
        exp = namespace(self.wet).exp
        return (self.n - 1.0) / self.h * exp(-self.m * self.wet - self.dry) / self.norm

    def conductivity(self, tau: Array) -> Array:
        """K relative to saturation, 1."""
        return self._tortuosity(tau) * namespace(self.bracket).square(self.bracket)

    def conductivity_derivative(self, tau: Array) -> Array:
        """dK/dpsi relative to saturation, m-1."""
        exp = namespace(self.wet).exp
        inner = tau * self.bracket * exp(-self.dry) / self.left - 2.0 * exp(-self.m * self.d - self.wet)
        return self._tortuosity(tau) * self.bracket * inner * (self.n - 1.0) / self.h

    def _tortuosity(self, tau: Array) -> Array:
        # Sc^tau by logarithms: Sc itself may underflow in dry coarse soil.
        xp = namespace(self.wet, tau)
        return xp.exp(tau * (xp.log(self.left) - self.m * self.wet - xp.log(self.norm)))


def capillary(h: Array, alpha: Array, n: Array, h0: float) -> Capillary:
    """Capillary water at suction head h, m, 0 < h < h0; alpha in m-1, h0 in m."""
    xp = namespace(h, alpha, n)
    m, x, x0 = 1.0 - 1.0 / n, n * xp.log(alpha * h), n * xp.log(alpha * h0)
    (wet, dry), (wet0, dry0) = softplus_pair(xp, x), softplus_pair(xp, x0)
    # Close to h0 the differences lose their digits: there they follow from x0 - x = n ln(h0 / h), computed from h0 - h.
    near = x0 - x < 0.5
    safe = xp.where(near, h, h0)
    fall = expm1(-n * xp.log1p((h0 - safe) / safe))
    D = xp.where(near, -xp.log1p(xp.exp(-dry0) * fall), wet0 - wet)
    d = xp.where(near, -xp.log1p(xp.exp(-wet) * fall), dry - dry0)
    return Capillary(h, x, x0, m, n, wet, dry, -expm1(-m * D), -expm1(-m * wet0), expm1(-m * d), d)


def zones(psi: Array, h0: float) -> tuple[Array, Array, Array]:
    """(saturated, bone_dry, h): where psi >= 0, where h >= h0, and the suction head, 1 m in both so that it is safe."""
    saturated, h = suction(psi)
    bone_dry = h >= h0
    return saturated, bone_dry, namespace(psi).where(bone_dry, 1.0, h)
