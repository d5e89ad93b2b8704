"""Johansen's conductivity as Noah and Noah-MP switch it between thawed and frozen soil."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import RHO_ICE, RHO_WATER
from vadose.soil.thermal.johansen import ICE, WATER
from vadose.soil.thermal.mixing import DRIEST, between, saturated, solids

ICE_SEEN = 0.0005  # m3 m-3, ice (as water) above which the soil counts as frozen; Noah-MP v5
OTHER_SOLIDS = 2.0  # W m-1 K-1, minerals other than quartz, whatever the quartz fraction; Noah-MP v5


@pytree
class NoahJohansen:
    """lambda_dry + (lambda_sat - lambda_dry) Ke with Ke = Sr where there is ice, max(0, 1 + log10 Sr) where not.

    lambda_dry, lambda_sat   W m-1 K-1   of dry soil and of soil saturated with liquid water
    porosity                 m3 m-3
    `vadose.soil.thermal.Johansen` goes from one Kersten number to the other with the share of ice; this one jumps
    where the ice passes 0.0005 m3 m-3 of water, and fills the pores with ice as if it had not expanded.
    Source: Peters-Lidard et al. (1998); Noah-MP v5 (He et al. 2023)
    """

    lambda_dry: Array
    lambda_sat: Array
    porosity: Array

    @classmethod
    def from_soil(cls, quartz: Array, porosity: Array) -> NoahJohansen:
        """The scheme of a soil; quartz a fraction of the solids, porosity m3 m-3, solids of 2700 kg m-3."""
        density = (1.0 - porosity) * 2700.0
        dry = (0.135 * density + 64.7) / (2700.0 - 0.947 * density)
        return cls(dry, saturated(solids(quartz, OTHER_SOLIDS), porosity, WATER), porosity)

    def conductivity(self, theta: Array, theta_ice: Array = 0.0) -> Array:
        """W m-1 K-1, with theta of liquid water and theta_ice of ice, m3 m-3."""
        ice = theta_ice * (RHO_ICE / RHO_WATER)
        total = theta + ice
        wet = total > DRIEST
        frozen = jnp.where(wet, ice / jnp.where(wet, total, 1.0), 0.0)
        ratio = total / self.porosity
        thawed = 1.0 + jnp.log10(jnp.where(ratio > 0.1, ratio, 0.1))
        Ke = jnp.where(ice > ICE_SEEN, ratio, thawed)
        return between(self.lambda_dry, self.lambda_sat, Ke, self.porosity, frozen, ICE / WATER)
