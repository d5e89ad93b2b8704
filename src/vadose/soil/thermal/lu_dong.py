"""Lu & Dong (2015): conductivity rises where water begins to connect the grains, at the funicular onset theta_f."""

from __future__ import annotations

from vadose.arrays import Array, as_float, expm1, namespace, pytree
from vadose.soil.retention.parameters import check_parameters
from vadose.soil.retention.van_genuchten import softplus_pair
from vadose.soil.thermal.lu2007 import ICE, WATER, dry_conductivity, saturated_conductivity
from vadose.soil.thermal.mixing import DRIEST, between, conductivity_rules, pores, texture


def connected_share(theta: Array, theta_f: Array, m: Array) -> Array:
    """Ke = 1 - [1 + (theta / theta_f)^m]^(1/m - 1), 0 in dry soil and below 1 always; Lu & Dong (2015).

    With y = m ln(theta / theta_f) it is -expm1[-(1 - 1/m) ln(1 + e^y)], which keeps its digits in dry soil.
    """
    xp = namespace(theta, theta_f, m)
    dry = theta <= DRIEST * theta_f
    y = m * xp.log(xp.where(dry, theta_f, theta) / theta_f)
    Ke = -expm1(-(1.0 - 1.0 / m) * softplus_pair(xp, y)[0])
    return xp.where(dry, 0.0, Ke)


@pytree
class LuDong2015:
    """Lu & Dong's conductivity: lambda_dry + (lambda_sat - lambda_dry) {1 - [1 + (theta/theta_f)^m]^(1/m - 1)}.

    lambda_dry, lambda_sat   W m-1 K-1   of dry soil and of soil saturated with liquid water
    porosity                 m3 m-3
    theta_f                  m3 m-3      water content at the onset of the funicular regime
    m                        1           connectivity of the pore water, > 1
    The form comes close to lambda_sat at saturation and does not reach it. The source has no ice: here theta is that
    of water and ice together, and ice in the saturated conductivity as in Johansen (1975).
    Source: Lu & Dong (2015)
    """

    lambda_dry: Array
    lambda_sat: Array
    porosity: Array
    theta_f: Array
    m: Array

    def __post_init__(self) -> None:
        rules = conductivity_rules(self.lambda_dry, self.lambda_sat, self.porosity)
        check_parameters(self, rules, theta_f=0.0, m=1.0)

    @classmethod
    def from_soil(
        cls, sand: Array, clay: Array, porosity: Array, *, theta_f: Array, m: Array, quartz: Array = None
    ) -> LuDong2015:
        """The scheme of a soil whose theta_f and m are known; dry and saturated conductivity as in Lu et al. (2007).

        sand, clay in %, porosity and theta_f in m3 m-3, quartz a fraction of the solids (that of sand if not given).
        Raises RangeError where a single number is impossible. UnifiedThermal takes both from a retention curve.
        """
        sand, porosity = texture(sand, clay, porosity)
        sat = saturated_conductivity(sand, porosity, quartz)
        return cls(dry_conductivity(porosity), sat, porosity, as_float(theta_f), as_float(m))

    def kersten(self, theta: Array) -> Array:
        """Kersten number at a water content, m3 m-3."""
        return connected_share(theta, self.theta_f, self.m)

    def conductivity(self, theta: Array, theta_ice: Array = 0.0) -> Array:
        """Thermal conductivity, W m-1 K-1, with theta of liquid water and theta_ice of ice, m3 m-3."""
        saturation, frozen = pores(theta, theta_ice, self.porosity)
        Ke = self.kersten(saturation * self.porosity)
        return between(self.lambda_dry, self.lambda_sat, Ke, self.porosity, frozen, ICE / WATER)
