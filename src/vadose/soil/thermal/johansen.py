"""Johansen (1975), as Peters-Lidard et al. (1998) give it: Kersten numbers from the logarithm of the saturation."""

from __future__ import annotations

from vadose.arrays import Array, as_float, namespace, pytree
from vadose.soil.retention.parameters import check_parameters
from vadose.soil.thermal.mixing import DRIEST, between, conductivity_rules, pores, saturated, solids, texture

WATER = 0.57  # W m-1 K-1, Johansen (1975)
ICE = 2.2  # W m-1 K-1, Johansen (1975)
SOLID_DENSITY = 2700.0  # kg m-3, Johansen (1975)
SLOPE_COARSE, SLOPE_FINE = 0.7, 1.0  # of Ke over log10 of the saturation
COARSE_SAND = 40.0  # %, of sand above which a soil counts as coarse, the boundary of Lu et al. (2007)


@pytree
class Johansen:
    """Johansen's conductivity: Ke = max(0, 1 + slope log10 Sr) unfrozen, Ke = Sr frozen.

    lambda_dry, lambda_sat   W m-1 K-1   of dry soil and of soil saturated with liquid water
    porosity                 m3 m-3
    slope                    1           0.7 in coarse, 1.0 in fine soil
    Between thawed and frozen Ke is weighted by the ice's share of the pore water: the source has the ends only.
    Source: Johansen (1975); Peters-Lidard et al. (1998) eqs. 5-14
    """

    lambda_dry: Array
    lambda_sat: Array
    porosity: Array
    slope: Array = SLOPE_FINE

    def __post_init__(self) -> None:
        check_parameters(self, conductivity_rules(self.lambda_dry, self.lambda_sat, self.porosity), slope=0.0)

    @classmethod
    def from_soil(
        cls, sand: Array, clay: Array, porosity: Array, *, quartz: Array = None, bulk_density: Array = None
    ) -> Johansen:
        """The scheme of a soil: lambda_dry = (0.135 rho + 64.7) / (2700 - 0.947 rho), rho the bulk density.

        sand, clay     %        of the mineral fine earth; coarse above 40 % sand
        porosity       m3 m-3
        quartz         1        fraction of the solids; the sand fraction where not given
        bulk_density   kg m-3   2700 (1 - porosity) where not given
        Raises RangeError where a single number is impossible.
        """
        sand, porosity = texture(sand, clay, porosity)
        rho = (1.0 - porosity) * SOLID_DENSITY if bulk_density is None else as_float(bulk_density)
        dry = (0.135 * rho + 64.7) / (2700.0 - 0.947 * rho)
        sat = saturated(solids(sand / 100.0 if quartz is None else quartz), porosity, WATER)
        slope = namespace(sand).where(sand > COARSE_SAND, SLOPE_COARSE, SLOPE_FINE)
        return cls(dry, sat, porosity, slope)

    def kersten(self, saturation: Array, frozen: Array = 0.0) -> Array:
        """Kersten number at a degree of saturation; frozen is the ice's share of the pore water, 0 to 1."""
        xp = namespace(saturation, frozen, self.slope)
        thawed = xp.maximum(1.0 + self.slope * xp.log10(xp.maximum(saturation, DRIEST)), 0.0)
        return (1.0 - frozen) * thawed + frozen * saturation

    def conductivity(self, theta: Array, theta_ice: Array = 0.0) -> Array:
        """Thermal conductivity, W m-1 K-1, with theta of liquid water and theta_ice of ice, m3 m-3."""
        saturation, frozen = pores(theta, theta_ice, self.porosity)
        Ke = self.kersten(saturation, frozen)
        return between(self.lambda_dry, self.lambda_sat, Ke, self.porosity, frozen, ICE / WATER)
