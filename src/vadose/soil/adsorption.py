"""Water that capillarity does not hold: adsorbed films and vapour, as suction head h grows to oven dryness h0.

Adsorbed water and flow in its films: Peters (2013), Water Resour. Res. 49, 6765-6780, in the smooth form of Iden &
Durner (2014), Water Resour. Res. 50, 7530-7534. Isothermal vapour flow: Saito et al. (2006), Vadose Zone J. 5, 784-800.
"""

from __future__ import annotations

from typing import NamedTuple

from vadose.arrays import Array, expm1, namespace
from vadose.constants import GAS_CONSTANT, GRAVITY, LN_10, RHO_WATER, WATER_MOLAR_MASS
from vadose.soil.retention.van_genuchten import softplus_pair

OVEN_DRY_HEAD = 10.0**4.8  # m, suction head h0 at 105 degrees C, pF 6.8; Schneider & Goss (2012)
FILM_EXPONENT = -1.5  # slope of film conductivity over suction head, log-log; Tokunaga (2009), Peters (2013)
VAPOUR_TEMPERATURE = 293.15  # K, 20 degrees C, where none is given


def transition_width(theta_r: Array, theta_s: Array, n: Array) -> Array:
    """b = 0.1 + 0.2 / n^2 {1 - exp[-(theta_r / (theta_s - theta_r))^2]}, in decades of h.

    theta_r, theta_s   m3 m-3
    n                  1, of the van Genuchten curve of the capillary water
    Source: Iden & Durner (2014)
    """
    xp = namespace(theta_r, theta_s, n)
    return 0.1 - 0.2 / xp.square(n) * expm1(-xp.square(theta_r / (theta_s - theta_r)))


class Films(NamedTuple):
    """Adsorbed water at suction head h.

    With L = ln(alpha h), L0 = ln(alpha h0) and B = b ln 10,  drained = B ln(1 + e^(L/B)):  0 in wet soil, ln(h / ha)
    in dry soil, ha = 1 / alpha. Both published forms are functions of it, without cancellation.
    """

    h: Array
    drained: Array  # 1
    share: Array  # 1, d(drained) / d(ln h)
    span: Array  # L0

    @property
    def saturation(self) -> Array:
        """Sad = 1 + [log10(h / ha) + b ln(1 + (ha / h)^(1 / (b ln 10)))] / log10(ha / h0) = 1 - drained / L0."""
        return 1.0 - self.drained / self.span

    @property
    def saturation_derivative(self) -> Array:
        """d(Sad)/d(psi), m-1."""
        return self.share / (self.span * self.h)

    def conductivity(self, exponent: float = FILM_EXPONENT) -> Array:
        """(h0 / ha)^(a (1 - Sad)) = e^(a drained), relative to saturation; Peters (2013)."""
        return namespace(self.drained).exp(exponent * self.drained)

    def conductivity_derivative(self, exponent: float = FILM_EXPONENT) -> Array:
        """d(relative film conductivity)/d(psi), m-1."""
        return -exponent * self.share / self.h * self.conductivity(exponent)


def films(h: Array, alpha: Array, width: Array, h0: float = OVEN_DRY_HEAD) -> Films:
    """Adsorbed water at suction head h.

    h       m, > 0 and at most h0
    alpha   m-1, with alpha h0 > 1
    width   decades of h, see `transition_width`
    Source: Iden & Durner (2014)
    """
    xp = namespace(h, alpha, width)
    B = LN_10 * width
    rise, fall = softplus_pair(xp, xp.log(alpha * h) / B)
    return Films(h, B * rise, xp.exp(-fall), xp.log(alpha * h0))


def saturated_vapour_density(temperature: Array = VAPOUR_TEMPERATURE) -> Array:
    """rho_vs = 10^-3 exp(31.3716 - 6014.79 / T - 7.92495e-3 T) / T, kg m-3; T in K.

    Source: Saito et al. (2006), after Campbell (1985)
    """
    exp = namespace(temperature).exp
    return 1e-3 * exp(31.3716 - 6014.79 / temperature - 7.92495e-3 * temperature) / temperature


def relative_humidity(psi: Array, temperature: Array = VAPOUR_TEMPERATURE) -> Array:
    """Kelvin's equation, Hr = exp(psi M g / (R T)), 1 where psi >= 0; psi in m, T in K."""
    xp = namespace(psi, temperature)
    return xp.exp(xp.minimum(psi, 0.0) * _per_head(temperature))


def vapour_conductivity(psi: Array, air: Array, porosity: Array, temperature: Array = VAPOUR_TEMPERATURE) -> Array:
    """Isothermal vapour conductivity K_v = D rho_vs Hr M g / (rho_w R T), m s-1.

    D = D_a air^(10/3) / porosity^2,  D_a = 2.12e-5 (T / 273.15)^2 m2 s-1
    psi             m, matric head
    air, porosity   m3 m-3, air-filled and whole pore space; 0 where there is no air
    temperature     K
    Source: Saito et al. (2006); tortuosity of Millington & Quirk (1961)
    """
    return _vapour_scale(porosity, temperature) * _power(air, 10.0 / 3.0) * relative_humidity(psi, temperature)


def vapour_conductivity_derivative(
    psi: Array, air: Array, porosity: Array, capacity: Array, temperature: Array = VAPOUR_TEMPERATURE
) -> Array:
    """d(K_v)/d(psi), s-1, where the air content falls by `capacity`, m-1, as psi rises; 0 where psi >= 0."""
    xp = namespace(psi, air, porosity, capacity)
    growth = _per_head(temperature) * _power(air, 10.0 / 3.0) - 10.0 / 3.0 * capacity * _power(air, 7.0 / 3.0)
    slope = _vapour_scale(porosity, temperature) * growth * relative_humidity(psi, temperature)
    return xp.where(psi >= 0.0, 0.0, slope)


def _per_head(temperature: Array) -> Array:
    return WATER_MOLAR_MASS * GRAVITY / (GAS_CONSTANT * temperature)


def _vapour_scale(porosity: Array, temperature: Array) -> Array:
    xp = namespace(porosity, temperature)
    diffusion = 2.12e-5 * xp.square(temperature / 273.15)
    density = saturated_vapour_density(temperature) / RHO_WATER
    return diffusion * density * _per_head(temperature) / xp.square(porosity)


def _power(air: Array, exponent: float) -> Array:
    """air^exponent with a finite derivative at 0, where the logarithm has none."""
    xp = namespace(air)
    some = air > 0.0
    return xp.where(some, xp.exp(exponent * xp.log(xp.where(some, air, 1.0))), 0.0)
