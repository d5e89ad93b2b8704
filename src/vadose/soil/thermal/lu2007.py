"""Lu et al. (2007): an exponential Kersten number that holds down to dry soil."""

from __future__ import annotations

from vadose.arrays import Array, as_float, namespace, pytree
from vadose.soil.retention.parameters import check_parameters
from vadose.soil.thermal.mixing import DRIEST, between, conductivity_rules, pores, saturated, solids, texture

WATER = 0.594  # W m-1 K-1, at 20 degrees C; Lu et al. (2007)
ICE = 2.2  # W m-1 K-1, Johansen (1975)
ALPHA_COARSE, ALPHA_FINE = 0.96, 0.27  # Lu et al. (2007)
COARSE_SAND = 40.0  # %, of sand above which a soil is coarse; Lu et al. (2007)
SHAPE = 1.33  # exponent; Lu et al. (2007)


def dry_conductivity(porosity: Array) -> Array:
    """lambda_dry = 0.51 - 0.56 porosity, W m-1 K-1, for porosity 0.2 to 0.6; 0.05 at the least, as dry peat.

    Source: Lu et al. (2007), fitted to mineral soils; the floor: Farouki (1981), above porosity 0.82
    """
    return namespace(porosity).maximum(0.51 - 0.56 * porosity, 0.05)


def saturated_conductivity(sand: Array, porosity: Array, quartz: Array = None) -> Array:
    """Geometric mean of the solids and water at 20 degrees C, W m-1 K-1; quartz is the sand fraction if not given."""
    return saturated(solids(sand / 100.0 if quartz is None else quartz), porosity, WATER)


@pytree
class Lu2007:
    """Lu's conductivity: Ke = exp{alpha [1 - Sr^(alpha - 1.33)]}, alpha < 1.33.

    lambda_dry, lambda_sat   W m-1 K-1   of dry soil and of soil saturated with liquid water
    porosity                 m3 m-3
    alpha                    1           0.96 in coarse, 0.27 in fine soil
    The source has no ice: here Ke of water and ice together, and ice in the saturated conductivity as in Johansen.
    Source: Lu et al. (2007)
    """

    lambda_dry: Array
    lambda_sat: Array
    porosity: Array
    alpha: Array

    def __post_init__(self) -> None:
        rules = conductivity_rules(self.lambda_dry, self.lambda_sat, self.porosity)
        alpha = as_float(self.alpha)
        rules["alpha"] = ((alpha > 0.0) & (alpha < SHAPE), f"> 0 and < {SHAPE}")
        check_parameters(self, rules)

    @classmethod
    def from_soil(cls, sand: Array, clay: Array, porosity: Array, *, quartz: Array = None) -> Lu2007:
        """The scheme of a soil; sand and clay in %, porosity m3 m-3, quartz a fraction (that of sand if not given).

        Raises RangeError where a single number is impossible.
        """
        sand, porosity = texture(sand, clay, porosity)
        alpha = namespace(sand).where(sand > COARSE_SAND, ALPHA_COARSE, ALPHA_FINE)
        return cls(dry_conductivity(porosity), saturated_conductivity(sand, porosity, quartz), porosity, alpha)

    def kersten(self, saturation: Array) -> Array:
        """Kersten number at a degree of saturation, 0 to 1."""
        xp = namespace(saturation, self.alpha)
        power = xp.exp((self.alpha - SHAPE) * xp.log(xp.maximum(saturation, DRIEST)))
        return xp.exp(self.alpha * (1.0 - power))

    def conductivity(self, theta: Array, theta_ice: Array = 0.0) -> Array:
        """Thermal conductivity, W m-1 K-1, with theta of liquid water and theta_ice of ice, m3 m-3."""
        saturation, frozen = pores(theta, theta_ice, self.porosity)
        Ke = self.kersten(saturation)
        return between(self.lambda_dry, self.lambda_sat, Ke, self.porosity, frozen, ICE / WATER)
