"""One pore-size distribution for water and heat: Lu & Dong's conductivity with parameters of the retention curve.

Lu & Dong (2015) give the form in theta / theta_f with m, and read theta_f as the onset of the funicular regime, the
end of the retention curve's capillary part. Fu et al. (2024) find the critical water content of the conductivity
closely correlated with points of that curve, its inflection and the loss of hydraulic continuity among them.
The equalities below are a choice of this module, not of these papers:
theta_f is where the curve's steepest tangent over ln h meets theta_r, and m is van Genuchten's n.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.arrays import Array, all_or_nan, as_float, namespace, pytree, static, traced
from vadose.errors import ConfigError, RangeError
from vadose.soil.retention.van_genuchten import VanGenuchten
from vadose.soil.thermal.lu2007 import ICE, WATER, dry_conductivity, saturated_conductivity
from vadose.soil.thermal.lu_dong import connected_share
from vadose.soil.thermal.mixing import between, pores, texture

ONSETS = ("funicular", "continuity")


def pore_sizes(retention: Any) -> tuple[Array, Array, Array, bool]:
    """(theta_r, theta_s, n, power law): n is van Genuchten's, or 1 + lambda of a power law Se ~ h^-lambda.

    Raises ConfigError where the closure has no single pore-size distribution of these kinds.
    """
    if isinstance(retention, VanGenuchten):
        return retention.theta_r, retention.theta_s, retention.n, False
    if hasattr(retention, "lambda_"):
        slope = retention.lambda_
    elif hasattr(retention, "b"):
        slope = 1.0 / retention.b
    else:
        raise ConfigError(
            f"retention must be van Genuchten, Brooks-Corey or Campbell, got {type(retention).__name__}; "
            "fit one of these, or give theta_f and m to LuDong2015"
        )
    return retention.theta_r, retention.theta_s, 1.0 + slope, True


def funicular_onset(retention: Any) -> Array:
    """Water content where the steepest tangent of theta over ln h meets theta_r, m3 m-3.

    Van Genuchten: the inflection is at X = (alpha h)^n = 1/m (Dexter 2004), the crossing at ln X = (1 + m)/m - ln m.
    Brooks-Corey, Campbell: steepest at air entry, the crossing at Se = 1/e, which is van Genuchten's limit as m -> 0.
    Source: tangent construction of the residual state, Vanapalli et al. (1998), with theta_r as its lower line
    """
    theta_r, theta_s, n, power_law = pore_sizes(retention)
    xp = namespace(theta_r, theta_s, n)
    if power_law:
        # The zero gives the shape, and the NaN of elements that are missing.
        return theta_r + (theta_s - theta_r) * float(np.exp(-1.0)) + 0.0 * n
    m = 1.0 - 1.0 / n
    log_X = (1.0 + m) / m - xp.log(m)
    return theta_r + (theta_s - theta_r) * xp.exp(-m * xp.logaddexp(log_X, 0.0))


def hydraulic_continuity(retention: Any) -> Array:
    """Water content where the steepest tangent of theta over h meets theta_r, m3 m-3: films begin to break.

    Van Genuchten: h = m^(1/n - 2) / alpha, X = m^(1 - 2n).
    Power law, its steepest point at air entry: h/h_b = 1 + 1/lambda, Se = (1 + 1/lambda)^-lambda.
    Source: Lehmann et al. (2008); Assouline & Or (2014)
    """
    theta_r, theta_s, n, power_law = pore_sizes(retention)
    xp = namespace(theta_r, theta_s, n)
    slope = n - 1.0
    if power_law:
        return theta_r + (theta_s - theta_r) * xp.exp(-slope * xp.log1p(1.0 / slope))
    m = 1.0 - 1.0 / n
    return theta_r + (theta_s - theta_r) * xp.exp(-m * xp.logaddexp((1.0 - 2.0 * n) * xp.log(m), 0.0))


@pytree
class UnifiedThermal:
    """Lu & Dong's form with theta_f and m of the retention curve: Ke = E(theta) / E(theta_s).

    E(theta) = 1 - [1 + (theta/theta_f)^m]^(1/m - 1), m = n of van Genuchten or 1 + lambda of Brooks-Corey

    retention                van Genuchten, Brooks-Corey, Campbell (or of their kind); its theta_s is the porosity
    lambda_dry, lambda_sat   W m-1 K-1   of dry soil and of soil saturated with liquid water
    onset                    "funicular" (`funicular_onset`) or "continuity" (`hydraulic_continuity`)
    Division by E(theta_s) makes lambda_sat the conductivity at saturation, which Lu & Dong's form does not reach.
    Raises RangeError, ConfigError where these cannot be. Source: form of Lu & Dong (2015); see the module for the rest
    """

    retention: Any
    lambda_dry: Array
    lambda_sat: Array
    onset: str = static("funicular")

    def __post_init__(self) -> None:
        if self.onset not in ONSETS:
            raise ConfigError(f"onset must be one of {', '.join(ONSETS)}, got {self.onset!r}")
        pore_sizes(self.retention)
        if traced(self.lambda_dry, self.lambda_sat):
            return
        dry, sat = as_float(self.lambda_dry), as_float(self.lambda_sat)
        valid = (dry > 0.0) & (sat > dry)
        if np.ndim(valid) == 0 and not valid:
            raise RangeError(f"lambda_dry and lambda_sat must be 0 < dry < sat, in W m-1 K-1, got {dry:g} and {sat:g}")
        for name, value in zip(("lambda_dry", "lambda_sat"), all_or_nan(valid, dry, sat), strict=True):
            object.__setattr__(self, name, value)

    @classmethod
    def from_soil(
        cls, retention: Any, sand: Array, clay: Array, *, quartz: Array = None, onset: str = "funicular"
    ) -> UnifiedThermal:
        """The scheme of a soil with a retention curve; dry and saturated conductivity as in Lu et al. (2007).

        sand, clay in %, quartz a fraction of the solids (that of sand if not given). Raises as the class.
        """
        sand, porosity = texture(sand, clay, retention.theta_s)
        return cls(retention, dry_conductivity(porosity), saturated_conductivity(sand, porosity, quartz), onset)

    @property
    def porosity(self) -> Array:
        """Saturated water content of the retention curve, m3 m-3."""
        return self.retention.theta_s

    @property
    def theta_f(self) -> Array:
        """Onset of the funicular regime, m3 m-3."""
        return (funicular_onset if self.onset == "funicular" else hydraulic_continuity)(self.retention)

    @property
    def m(self) -> Array:
        """Connectivity of the pore water, 1: n of van Genuchten, or 1 + lambda of a power law."""
        return pore_sizes(self.retention)[2]

    def kersten(self, theta: Array) -> Array:
        """Kersten number at a water content, m3 m-3: 0 in dry soil, 1 at saturation."""
        theta_f, m = self.theta_f, self.m
        return connected_share(theta, theta_f, m) / connected_share(self.porosity, theta_f, m)

    def conductivity(self, theta: Array, theta_ice: Array = 0.0) -> Array:
        """Thermal conductivity, W m-1 K-1, with theta of liquid water and theta_ice of ice, m3 m-3."""
        saturation, frozen = pores(theta, theta_ice, self.porosity)
        Ke = self.kersten(saturation * self.porosity)
        return between(self.lambda_dry, self.lambda_sat, Ke, self.porosity, frozen, ICE / WATER)
