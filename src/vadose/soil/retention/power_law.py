"""Power-law retention with a sharp air entry: Brooks & Corey (1964) and Campbell (1974), Clapp & Hornberger (1978).

Se = (psi / psi_b)^-lambda where psi < psi_b, 1 where wetter;  K/K_s = Se^p

With x = ln(psi / psi_b), 0 where saturated, all of it is the exponential of a multiple of x.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from vadose.arrays import Array, as_float, namespace, pytree
from vadose.soil.retention.contract import Hydraulics
from vadose.soil.retention.parameters import check_parameters, effective_saturation, suction


class PowerConductivity(ABC):
    """What closures share whose conductivity is a power of the effective saturation, K = K_s Se^p.

    A closure gives ln Se and d(ln Se)/d(psi) in `_log_saturation`, p in `exponent`, and the way back in `_head`.
    """

    theta_r: Array
    theta_s: Array
    K_s: Array

    @property
    @abstractmethod
    def exponent(self) -> Array:
        """The power p of the effective saturation in the conductivity, 1."""

    @abstractmethod
    def _log_saturation(self, psi: Array) -> tuple[Array, Array]:
        """ln Se, 1, and its derivative with respect to psi, m-1; both 0 where saturated."""

    @abstractmethod
    def _head(self, Se: Array, deficit: Array) -> Array:
        """Matric head, m, at effective saturation 0 < Se < 1; deficit is 1 - Se without its rounding."""

    def water_content(self, psi: Array) -> Array:
        """theta = theta_r + (theta_s - theta_r) Se at matric head psi, m; theta_s where saturated; m3 m-3."""
        log_Se, _ = self._log_saturation(psi)
        return self._theta(log_Se)

    def matric_head(self, theta: Array) -> Array:
        """Matric head, m, at water content theta, m3 m-3; 0 at theta_s, though the air entry holds as much water.

        Raises RangeError where theta is one number outside (theta_r, theta_s]; in arrays such elements give NaN.
        """
        inside, saturated, Se = effective_saturation(theta, self.theta_r, self.theta_s)
        usable = inside & ~saturated
        xp = namespace(usable, Se)
        deficit = xp.where(usable, (self.theta_s - theta) / (self.theta_s - self.theta_r), 0.5)
        psi = self._head(Se, deficit)
        xp = namespace(psi)
        return xp.where(inside, xp.where(saturated, 0.0, psi), xp.nan)

    def capacity(self, psi: Array) -> Array:
        """C = (theta_s - theta_r) Se d(ln Se)/d(psi), m-1; 0 where saturated."""
        log_Se, slope = self._log_saturation(psi)
        return (self.theta_s - self.theta_r) * namespace(log_Se).exp(log_Se) * slope

    def conductivity(self, psi: Array) -> Array:
        """K = K_s Se^p, m s-1; K_s where saturated."""
        log_Se, _ = self._log_saturation(psi)
        return self._conductivity(log_Se)

    def conductivity_derivative(self, psi: Array) -> Array:
        """dK/dpsi = p K d(ln Se)/d(psi), s-1; 0 where saturated."""
        log_Se, slope = self._log_saturation(psi)
        return self.exponent * self._conductivity(log_Se) * slope

    def evaluate(self, psi: Array) -> Hydraulics:
        """Water content, capacity and conductivity from the same logarithm."""
        log_Se, slope = self._log_saturation(psi)
        water = (self.theta_s - self.theta_r) * namespace(log_Se).exp(log_Se)
        return Hydraulics(self._theta(log_Se), water * slope, self._conductivity(log_Se))

    def _theta(self, log_Se: Array) -> Array:
        xp = namespace(log_Se, self.theta_r, self.theta_s)
        theta = self.theta_r + (self.theta_s - self.theta_r) * xp.exp(log_Se)
        # The sum may round to a neighbour of theta_s.
        return xp.where(log_Se == 0.0, self.theta_s, theta)

    def _conductivity(self, log_Se: Array) -> Array:
        power = self.exponent * log_Se
        return self.K_s * namespace(power).exp(power)


def sharp_entry(psi: Array, psi_b: Array) -> tuple[Array, Array, Array]:
    """(saturated, h, x): where psi >= psi_b, the suction head h in m, 1 there, and x = ln(psi / psi_b), 0 there."""
    _, h = suction(psi)
    saturated = psi >= psi_b
    xp = namespace(saturated, h, psi_b)
    h = xp.where(saturated, 1.0, h)
    return saturated, h, xp.log(xp.where(saturated, 1.0, h / -psi_b))


@pytree
class BrooksCorey(PowerConductivity):
    """Brooks-Corey closure: Se = (psi / psi_b)^-lambda, K = K_s Se^(tau + 2 + 2/lambda).

    theta_r, theta_s   m3 m-3   residual and saturated water content
    psi_b              m        air-entry (bubbling) head, < 0
    lambda_            1        pore-size distribution index, > 0
    K_s                m s-1    saturated hydraulic conductivity
    tau                1        tortuosity and connectivity: 1 is Burdine's K = K_s Se^(3 + 2/lambda), as in
                                Brooks & Corey; 0.5 is Mualem's
    Leaves are numbers or arrays [layer, column]. Source: Brooks & Corey (1964); Burdine (1953); Mualem (1976).
    """

    theta_r: Array
    theta_s: Array
    psi_b: Array
    lambda_: Array
    K_s: Array
    tau: Array = 1.0

    def __post_init__(self) -> None:
        psi_b, lambda_, tau = as_float(self.psi_b), as_float(self.lambda_), as_float(self.tau)
        rules = {
            "psi_b": (psi_b < 0.0, "< 0 m"),
            "tau": ((tau + 2.0) * lambda_ + 2.0 > 0.0, "> -2 - 2/lambda, so that wetter soil conducts better"),
        }
        check_parameters(self, rules, lambda_=0.0)

    @property
    def exponent(self) -> Array:
        """tau + 2 + 2/lambda."""
        return self.tau + 2.0 + 2.0 / self.lambda_

    def _log_saturation(self, psi: Array) -> tuple[Array, Array]:
        saturated, h, x = sharp_entry(psi, self.psi_b)
        return -self.lambda_ * x, _unless(saturated, self.lambda_ / h)

    def _head(self, Se: Array, deficit: Array) -> Array:
        xp = namespace(Se, self.lambda_)
        return self.psi_b * xp.exp(-xp.log(Se) / self.lambda_)


@pytree
class Campbell(PowerConductivity):
    """Campbell closure with Clapp and Hornberger's names: psi = psi_s W^-b, K = K_s W^(2b + 3), W = theta / theta_s.

    theta_s   m3 m-3   saturated water content
    psi_s     m        air-entry head, < 0
    b         1        exponent of the retention curve, > 0
    K_s       m s-1    saturated hydraulic conductivity
    Brooks-Corey with theta_r = 0, lambda = 1/b and tau = 1. Leaves are numbers or arrays [layer, column].
    Source: Campbell (1974); Clapp & Hornberger (1978).
    """

    theta_s: Array
    psi_s: Array
    b: Array
    K_s: Array

    theta_r = 0.0

    def __post_init__(self) -> None:
        check_parameters(self, {"psi_s": (as_float(self.psi_s) < 0.0, "< 0 m")}, b=0.0)

    @property
    def exponent(self) -> Array:
        """2b + 3."""
        return 2.0 * self.b + 3.0

    def _log_saturation(self, psi: Array) -> tuple[Array, Array]:
        saturated, h, x = sharp_entry(psi, self.psi_s)
        return -x / self.b, _unless(saturated, 1.0 / (self.b * h))

    def _head(self, Se: Array, deficit: Array) -> Array:
        xp = namespace(Se, self.b)
        return self.psi_s * xp.exp(-self.b * xp.log(Se))


def _unless(saturated: Array, slope: Array) -> Array:
    return namespace(saturated, slope).where(saturated, 0.0, slope)
