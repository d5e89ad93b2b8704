"""Campbell's power law with the smooth wet end of Clapp & Hornberger (1978).

With W = theta / theta_s and the suction head h = -psi: h = -psi_s W^-b where W <= W_i, and near saturation the
parabola h = -m (W - n) (W - 1), whose m and n keep value and slope at W_i, so that psi goes to 0 where W goes to 1.

In v = (1 - W) / (1 - W_i), g = h / h_i and beta = b (1 - W_i) / W_i the parabola is
g = (2 - beta) v - (1 - beta) v^2,  back: v = 2 g / (2 - beta + r),  r = dg/dv = sqrt[(2 - beta)^2 - 4 (1 - beta) g].
This root is the one with v = 0 at g = 0; it needs no difference of near numbers and holds for beta = 1 too.
The code of CLM and ELM itself leaves the parabola out and stops the power law at saturation: that is `Campbell`.
"""

from __future__ import annotations

from typing import Any

from vadose.arrays import Array, as_float, namespace, pytree
from vadose.soil.retention.parameters import check_parameters, suction
from vadose.soil.retention.power_law import PowerConductivity


@pytree
class ClmCampbell(PowerConductivity):
    """Clapp-Hornberger closure whose head falls smoothly to 0 at saturation; K = K_s W^(2b + 3) throughout.

    theta_s   m3 m-3   saturated water content
    psi_s     m        head at which the power law alone would saturate, < 0
    b         1        exponent of the retention curve, > 0 and < 2 W_i / (1 - W_i) (23 by default): from there on
                       the parabola would have suction rise with water content
    K_s       m s-1    saturated hydraulic conductivity
    W_i       1        saturation theta / theta_s at which the parabola begins, 0.92 in the source
    Leaves are numbers or arrays [layer, column]. Source: Clapp & Hornberger (1978).
    """

    theta_s: Array
    psi_s: Array
    b: Array
    K_s: Array
    W_i: Array = 0.92

    theta_r = 0.0

    def __post_init__(self) -> None:
        b, W_i = as_float(self.b), as_float(self.W_i)
        rules = {
            "psi_s": (as_float(self.psi_s) < 0.0, "< 0 m"),
            "W_i": ((W_i > 0.0) & (W_i < 1.0), "> 0 and < 1"),
            "b": ((b > 0.0) & (b * (1.0 - W_i) < 2.0 * W_i), "> 0 and < 2 W_i / (1 - W_i); raise W_i, or use Campbell"),
        }
        check_parameters(self, rules)

    @property
    def exponent(self) -> Array:
        """2b + 3."""
        return 2.0 * self.b + 3.0

    @property
    def psi_i(self) -> Array:
        """Matric head at which the parabola begins, m: psi_s W_i^-b."""
        xp = namespace(self.b, self.W_i)
        return self.psi_s * xp.exp(-self.b * xp.log(self.W_i))

    @property
    def _beta(self) -> Array:
        return self.b * (1.0 - self.W_i) / self.W_i

    def _log_saturation(self, psi: Array) -> tuple[Array, Array]:
        saturated, h = suction(psi)
        h_i, u_i, beta = -self.psi_i, 1.0 - self.W_i, self._beta
        wet = psi >= -h_i
        xp: Any = namespace(wet, h, self.b, self.psi_s, self.W_i)
        g = xp.where(wet, xp.where(saturated, 0.0, h) / h_i, 1.0)
        # Two forms of the same polynomial: each adds positive terms only.
        concave = xp.square(beta) + 4.0 * (1.0 - beta) * (1.0 - g)
        convex = xp.square(2.0 - beta) + 4.0 * (beta - 1.0) * g
        r = xp.sqrt(xp.where(beta < 1.0, concave, convex))
        deficit = u_i * 2.0 * g / (2.0 - beta + r)
        h = xp.where(wet, 1.0, h)
        power_law = -xp.log(xp.where(wet, 1.0, h / -self.psi_s)) / self.b
        parabola_slope = xp.where(saturated, 0.0, u_i / (h_i * r * (1.0 - deficit)))
        return xp.where(wet, xp.log1p(-deficit), power_law), xp.where(wet, parabola_slope, 1.0 / (self.b * h))

    def _head(self, Se: Array, deficit: Array) -> Array:
        wet = Se >= self.W_i
        xp = namespace(wet, Se, self.b, self.psi_s)
        v, beta = deficit / (1.0 - self.W_i), self._beta
        parabola = self.psi_i * v * (2.0 - beta - (1.0 - beta) * v)
        return xp.where(wet, parabola, self.psi_s * xp.exp(-self.b * xp.log(Se)))
