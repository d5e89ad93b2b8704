"""Retention and conductivity of Saxton & Rawls (2006): a power law, a straight line, saturation.

psi = A theta^-B up to -33 kPa (their Eq. 11), continued beyond -1500 kPa; linear in theta from there to the air
entry (Eq. 12); theta_s where wetter (Eq. 13); K = K_s (theta / theta_s)^(3 + 2/lambda), lambda = 1/B (Eq. 17).
"""

from __future__ import annotations

import math
from typing import Any

from vadose.arrays import Array, as_float, namespace, pytree
from vadose.constants import HEAD_CRITICAL, HEAD_WILTING
from vadose.soil.retention.parameters import check_parameters, suction
from vadose.soil.retention.power_law import BrooksCorey, Campbell, PowerConductivity

LOG_HEADS = math.log(HEAD_WILTING / HEAD_CRITICAL)  # 1, ln(1500 / 33)


@pytree
class SaxtonRawls(PowerConductivity):
    """Saxton-Rawls closure, set by the water contents at -33 and -1500 kPa, at saturation and by the air entry.

    theta_33     m3 m-3   water content at -33 kPa
    theta_1500   m3 m-3   water content at -1500 kPa, > 0 and < theta_33
    theta_s      m3 m-3   saturated water content, > theta_33
    psi_e        m        air-entry head, from -33 kPa (-3.365 m) to 0; at -33 kPa itself theta jumps to theta_s
    K_s          m s-1    saturated hydraulic conductivity
    Leaves are numbers or arrays [layer, column]. Source: Saxton & Rawls (2006) Eqs. 11-15, 17, 18.
    """

    theta_33: Array
    theta_1500: Array
    theta_s: Array
    psi_e: Array
    K_s: Array

    theta_r = 0.0

    def __post_init__(self) -> None:
        theta_33, theta_1500, psi_e = as_float(self.theta_33), as_float(self.theta_1500), as_float(self.psi_e)
        rules = {
            "theta_1500": (theta_1500 > 0.0, "> 0 m3 m-3"),
            "theta_33": (
                (theta_33 > theta_1500) & (theta_33 < as_float(self.theta_s)),
                "> theta_1500 and < theta_s",
            ),
            "psi_e": ((psi_e >= HEAD_CRITICAL) & (psi_e <= 0.0), f"a head from {HEAD_CRITICAL:.4g} (-33 kPa) to 0 m"),
        }
        check_parameters(self, rules)

    @property
    def B(self) -> Array:
        """Exponent of the power law, ln(1500/33) / ln(theta_33 / theta_1500); Eq. 15."""
        xp = namespace(self.theta_33, self.theta_1500)
        return LOG_HEADS / xp.log1p((self.theta_33 - self.theta_1500) / self.theta_1500)

    @property
    def lambda_(self) -> Array:
        """Pore-size distribution index, 1 / B; Eq. 18."""
        return 1.0 / self.B

    @property
    def exponent(self) -> Array:
        """3 + 2/lambda."""
        return 3.0 + 2.0 * self.B

    @property
    def psi_b(self) -> Array:
        """Head at which the power law alone would saturate, m."""
        xp = namespace(self.theta_33, self.theta_1500, self.theta_s)
        return HEAD_CRITICAL * xp.exp(-self.B * xp.log(self.theta_s / self.theta_33))

    def as_brooks_corey(self) -> BrooksCorey:
        """The power law carried on to saturation; the same water content and conductivity drier than -33 kPa."""
        return BrooksCorey(0.0 * self.theta_s, self.theta_s, self.psi_b, self.lambda_, self.K_s)

    def as_campbell(self) -> Campbell:
        """The same as `as_brooks_corey`, in the parameters of Clapp and Hornberger."""
        return Campbell(self.theta_s, self.psi_b, self.B, self.K_s)

    def _log_saturation(self, psi: Array) -> tuple[Array, Array]:
        _, h = suction(psi)
        saturated, wet = psi >= self.psi_e, psi >= HEAD_CRITICAL
        xp: Any = namespace(saturated, h, self.theta_33, self.theta_1500, self.theta_s)
        linear = wet & ~saturated
        # Where the air entry is at -33 kPa no psi is on the line, and its slope must not be infinite.
        width = xp.where(self.psi_e > HEAD_CRITICAL, self.psi_e - HEAD_CRITICAL, 1.0)
        slope = (self.theta_s - self.theta_33) / (self.theta_s * width)
        deficit = xp.where(linear, self.psi_e - psi, 0.0) * slope
        line, line_slope = xp.log1p(-deficit), xp.where(linear, slope / (1.0 - deficit), 0.0)
        B, h = self.B, xp.where(wet, 1.0, h)
        power_law = xp.log(self.theta_33 / self.theta_s) - xp.log(xp.where(wet, 1.0, h / -HEAD_CRITICAL)) / B
        on_line = wet | saturated
        return xp.where(on_line, line, power_law), xp.where(on_line, line_slope, 1.0 / (B * h))

    def _head(self, Se: Array, deficit: Array) -> Array:
        wet = Se * self.theta_s >= self.theta_33
        xp = namespace(wet, Se, self.theta_33, self.theta_1500)
        fraction = deficit * self.theta_s / (self.theta_s - self.theta_33)
        line = self.psi_e - fraction * (self.psi_e - HEAD_CRITICAL)
        return xp.where(wet, line, HEAD_CRITICAL * xp.exp(-self.B * xp.log(Se * self.theta_s / self.theta_33)))
