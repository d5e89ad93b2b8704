"""Cote & Konrad (2005): one hyperbola for the Kersten number, steeper in coarser soil."""

from __future__ import annotations

from vadose.arrays import Array, namespace, pytree
from vadose.constants import LN_10
from vadose.errors import ConfigError
from vadose.soil.retention.parameters import check_parameters
from vadose.soil.thermal.mixing import between, conductivity_rules, pores, saturated, solids, texture

WATER = 0.60  # W m-1 K-1, Cote & Konrad (2005)
ICE = 2.24  # W m-1 K-1, Cote & Konrad (2005)
COARSE_SAND = 50.0  # %, of sand above which a soil is a sand

# kind -> kappa unfrozen, kappa frozen, chi (W m-1 K-1), eta; Cote & Konrad (2005)
KINDS: dict[str, tuple[float, float, float, float]] = {
    "gravel": (4.60, 1.70, 1.70, 1.80),
    "sand": (3.55, 0.95, 0.75, 1.20),
    "silt and clay": (1.90, 0.85, 0.75, 1.20),
    "peat": (0.60, 0.25, 0.30, 0.87),
}
PEAT_SOLID = 0.25  # W m-1 K-1, organic solids; Farouki (1981)


@pytree
class CoteKonrad:
    """Cote & Konrad's conductivity: Ke = kappa Sr / [1 + (kappa - 1) Sr].

    lambda_dry, lambda_sat        W m-1 K-1   of dry soil and of soil saturated with liquid water
    porosity                      m3 m-3
    kappa, kappa_frozen           1           of unfrozen and of frozen soil
    Between thawed and frozen Ke is weighted by the ice's share of the pore water: the source has the ends only.
    Source: Cote & Konrad (2005)
    """

    lambda_dry: Array
    lambda_sat: Array
    porosity: Array
    kappa: Array
    kappa_frozen: Array

    def __post_init__(self) -> None:
        rules = conductivity_rules(self.lambda_dry, self.lambda_sat, self.porosity)
        check_parameters(self, rules, kappa=0.0, kappa_frozen=0.0)

    @classmethod
    def from_soil(
        cls, sand: Array, clay: Array, porosity: Array, *, quartz: Array = None, kind: str | None = None
    ) -> CoteKonrad:
        """The scheme of a soil: lambda_dry = chi 10^(-eta porosity).

        sand, clay   %        of the mineral fine earth
        porosity     m3 m-3
        quartz       1        fraction of the solids; the sand fraction where not given, not used for peat
        kind         one of KINDS; "sand" above 50 % sand and "silt and clay" below where not given
        Raises RangeError where a single number is impossible, ConfigError where the kind is unknown.
        """
        if kind is not None and kind not in KINDS:
            raise ConfigError(f"kind must be one of {', '.join(KINDS)}, got {kind!r}")
        sand, porosity = texture(sand, clay, porosity)
        xp = namespace(sand, porosity)
        if kind is None:
            pairs = zip(KINDS["sand"], KINDS["silt and clay"], strict=True)
            kappa, frozen, chi, eta = (xp.where(sand > COARSE_SAND, *pair) for pair in pairs)
        else:
            kappa, frozen, chi, eta = (xp.where(xp.isnan(sand), xp.nan, value) for value in KINDS[kind])
        solid = solids(sand / 100.0 if quartz is None else quartz)
        sat = saturated(xp.where(xp.isnan(sand), xp.nan, PEAT_SOLID) if kind == "peat" else solid, porosity, WATER)
        return cls(chi * xp.exp(-eta * LN_10 * porosity), sat, porosity, kappa, frozen)

    def kersten(self, saturation: Array, frozen: Array = 0.0) -> Array:
        """Kersten number at a degree of saturation; frozen is the ice's share of the pore water, 0 to 1."""
        thawed = self.kappa * saturation / (1.0 + (self.kappa - 1.0) * saturation)
        solid = self.kappa_frozen * saturation / (1.0 + (self.kappa_frozen - 1.0) * saturation)
        return (1.0 - frozen) * thawed + frozen * solid

    def conductivity(self, theta: Array, theta_ice: Array = 0.0) -> Array:
        """Thermal conductivity, W m-1 K-1, with theta of liquid water and theta_ice of ice, m3 m-3."""
        saturation, frozen = pores(theta, theta_ice, self.porosity)
        Ke = self.kersten(saturation, frozen)
        return between(self.lambda_dry, self.lambda_sat, Ke, self.porosity, frozen, ICE / WATER)
