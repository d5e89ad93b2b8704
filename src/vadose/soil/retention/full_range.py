"""What PDI and Brunswick share: the contract from saturation to oven dryness, of liquid water and of vapour."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from vadose.arrays import Array
from vadose.soil import adsorption
from vadose.soil.adsorption import VAPOUR_TEMPERATURE
from vadose.soil.retention.contract import Hydraulics
from vadose.soil.retention.invert import invert


class FullRange(ABC):
    """A closure whose water ends at the suction head h0: theta is 0 from there on, and the liquid K that at h0.

    A closure gives what its curves have in common in `_terms`, and from it theta and C in `_water`, the conductivity
    of the liquid in `_liquid` and its slope in `_liquid_slope`. `vapour` adds the isothermal vapour flow to K.
    """

    theta_s: Any
    h0: float
    vapour: bool
    temperature: float

    @abstractmethod
    def _terms(self, psi: Array) -> tuple[Any, ...]:
        """The arguments of the other three."""

    @abstractmethod
    def _water(self, *terms: Any) -> tuple[Array, Array]:
        """Water content, m3 m-3, and capacity, m-1."""

    @abstractmethod
    def _liquid(self, *terms: Any) -> Array:
        """Conductivity without vapour, m s-1."""

    @abstractmethod
    def _liquid_slope(self, *terms: Any) -> Array:
        """Its derivative with respect to psi, s-1."""

    def water_content(self, psi: Array) -> Array:
        """theta at matric head psi, m: theta_s where psi >= 0, 0 from psi = -h0 on; m3 m-3."""
        return self._water(*self._terms(psi))[0]

    def matric_head(self, theta: Array) -> Array:
        """Matric head, m, in (-h0, 0], at water content theta, m3 m-3, in (0, theta_s].

        Raises RangeError where theta is one number outside (0, theta_s]; in arrays such elements give NaN.
        """
        return invert(self, theta, h_high=self.h0)

    def capacity(self, psi: Array) -> Array:
        """d(theta)/d(psi), m-1; 0 where psi >= 0 and from psi = -h0 on."""
        return self._water(*self._terms(psi))[1]

    def conductivity(self, psi: Array) -> Array:
        """Hydraulic conductivity, m s-1: K_s where psi >= 0; beyond h0 the liquid part keeps its value at h0."""
        return self.evaluate(psi).conductivity if self.vapour else self._liquid(*self._terms(psi))

    def vapour_conductivity(self, psi: Array, temperature: Array = VAPOUR_TEMPERATURE) -> Array:
        """Isothermal vapour conductivity, m s-1, at temperature, K; the pore space is theta_s.

        Source: Saito et al. (2006)
        """
        air = self.theta_s - self.water_content(psi)
        return adsorption.vapour_conductivity(psi, air, self.theta_s, temperature)

    def conductivity_derivative(self, psi: Array) -> Array:
        """dK/dpsi, s-1; 0 where psi >= 0, and of the liquid part from psi = -h0 on.

        For n < 2 it grows without bound as psi -> 0 from below, as the function does.
        """
        terms = self._terms(psi)
        slope = self._liquid_slope(*terms)
        if not self.vapour:
            return slope
        theta, C = self._water(*terms)
        air = self.theta_s - theta
        return slope + adsorption.vapour_conductivity_derivative(psi, air, self.theta_s, C, self.temperature)

    def evaluate(self, psi: Array) -> Hydraulics:
        """Water content, capacity and conductivity from the same logarithms and exponentials."""
        terms = self._terms(psi)
        theta, C = self._water(*terms)
        K = self._liquid(*terms)
        if self.vapour:
            K = K + adsorption.vapour_conductivity(psi, self.theta_s - theta, self.theta_s, self.temperature)
        return Hydraulics(theta, C, K)
