"""PDI: capillary and adsorbed water from saturation to oven dryness, with flow in films and, if wanted, of vapour.

Peters (2013), Water Resour. Res. 49, 6765-6780; Iden & Durner (2014), Water Resour. Res. 50, 7530-7534.
theta = (theta_s - theta_r) Scap + theta_r Sad,  K = K_s [(1 - omega) Kcap + omega (h0 / ha)^(a (1 - Sad))] + K_v
"""

from __future__ import annotations

from typing import Any

from vadose.arrays import Array, as_float, namespace, pytree, static
from vadose.soil import adsorption
from vadose.soil.adsorption import FILM_EXPONENT, OVEN_DRY_HEAD, VAPOUR_TEMPERATURE, Films
from vadose.soil.retention.capillary import Capillary, capillary, zones
from vadose.soil.retention.full_range import FullRange
from vadose.soil.retention.parameters import check_parameters


@pytree
class PDI(FullRange):
    """Peters-Durner-Iden closure with van Genuchten's curve for the capillary water.

    theta_r, theta_s   m3 m-3   adsorbed water and all water at saturation
    alpha              m-1      inverse of the air-entry head, alpha h0 > 1
    n                  1        width of the pore-size distribution, > 1
    K_s                m s-1    saturated hydraulic conductivity
    tau                1        tortuosity and connectivity, > -2
    omega              1        share of the films in K_s, 0 to 1
    h0                 m        suction head of oven-dry soil, static; from there on theta is 0 and K that at h0
    exponent           1        a, slope of the film conductivity, static
    vapour             bool     whether conductivity holds the isothermal vapour flow too, static
    temperature        K        of the vapour, static
    Leaves are numbers or arrays [layer, column]. Source: Peters (2013); Iden & Durner (2014).
    """

    theta_r: Array
    theta_s: Array
    alpha: Array
    n: Array
    K_s: Array
    tau: Array = 0.5
    omega: Array = 1e-4
    h0: float = static(OVEN_DRY_HEAD)
    exponent: float = static(FILM_EXPONENT)
    vapour: bool = static(False)
    temperature: float = static(VAPOUR_TEMPERATURE)

    def __post_init__(self) -> None:
        alpha, omega = as_float(self.alpha), as_float(self.omega)
        rules = {
            "alpha": (alpha * self.h0 > 1.0, f"> 1 / h0 = {1.0 / self.h0:g} m-1"),
            "omega": ((omega >= 0.0) & (omega <= 1.0), "0 to 1"),
        }
        check_parameters(self, rules, n=1.0, tau=-2.0)

    def _terms(self, psi: Array) -> tuple[Any, Array, Array, Capillary, Films, Films]:
        """The namespace, where psi >= 0, where h >= h0, capillary and adsorbed water, and the films with h <= h0."""
        xp = namespace(psi, self.theta_r, self.theta_s, self.alpha, self.n, self.K_s, self.tau, self.omega)
        saturated, bone_dry, h = zones(psi, self.h0)
        width = adsorption.transition_width(self.theta_r, self.theta_s, self.n)
        films = adsorption.films(h, self.alpha, width, self.h0)
        driest = adsorption.films(self.h0, self.alpha, width, self.h0)
        return xp, saturated, bone_dry, capillary(h, self.alpha, self.n, self.h0), films, driest

    def _water(
        self, xp: Any, saturated: Array, bone_dry: Array, pores: Capillary, films: Films, _: Films
    ) -> tuple[Array, Array]:
        span = self.theta_s - self.theta_r
        theta = span * pores.saturation + self.theta_r * films.saturation
        C = span * pores.saturation_derivative + self.theta_r * films.saturation_derivative
        # The smoothed Sad passes zero a little before h0: -1e-8 there in usual soils.
        empty = bone_dry | (theta <= 0.0)
        return (
            xp.where(saturated, self.theta_s, xp.where(empty, 0.0, theta)),
            xp.where(saturated | empty, 0.0, C),
        )

    def _liquid(
        self, xp: Any, saturated: Array, bone_dry: Array, pores: Capillary, films: Films, driest: Films
    ) -> Array:
        thin = xp.where(bone_dry, driest.conductivity(self.exponent), films.conductivity(self.exponent))
        wide = xp.where(bone_dry, 0.0, pores.conductivity(self.tau))
        return xp.where(saturated, self.K_s, self.K_s * ((1.0 - self.omega) * wide + self.omega * thin))

    def _liquid_slope(
        self, xp: Any, saturated: Array, bone_dry: Array, pores: Capillary, films: Films, _: Films
    ) -> Array:
        wide = (1.0 - self.omega) * pores.conductivity_derivative(self.tau)
        thin = self.omega * films.conductivity_derivative(self.exponent)
        return xp.where(saturated | bone_dry, 0.0, self.K_s * (wide + thin))
