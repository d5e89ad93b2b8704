"""What every closure offers: water content, capacity and conductivity as functions of the matric head."""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

from vadose.arrays import Array


class Hydraulics(NamedTuple):
    """What one evaluation of a closure gives, all with the shape of the matric head.

    water_content   m3 m-3
    capacity        m-1, d(water content)/d(matric head)
    conductivity    m s-1
    """

    water_content: Array
    capacity: Array
    conductivity: Array


@runtime_checkable
class Retention(Protocol):
    """A closure of the Richards equation: a pytree whose leaves are parameters, [layer, column] or single numbers.

    psi is the matric head in m, negative when unsaturated; at psi >= 0 the soil is saturated: the water content is
    theta_s, the capacity 0 and the conductivity K_s. All methods take numpy or JAX arrays that broadcast with the
    leaves, give back the same kind, and have finite gradients with respect to psi and to every leaf.
    """

    @property
    def theta_s(self) -> Array:
        """Saturated water content, m3 m-3."""

    @property
    def K_s(self) -> Array:
        """Saturated hydraulic conductivity, m s-1."""

    def water_content(self, psi: Array) -> Array:
        """Volumetric water content, m3 m-3, at matric head psi, m."""

    def matric_head(self, theta: Array) -> Array:
        """Matric head, m, at water content theta, m3 m-3; 0 at saturation, NaN outside the closure's range."""

    def capacity(self, psi: Array) -> Array:
        """Differential water capacity d(theta)/d(psi), m-1."""

    def conductivity(self, psi: Array) -> Array:
        """Hydraulic conductivity, m s-1."""

    def conductivity_derivative(self, psi: Array) -> Array:
        """d(conductivity)/d(psi), s-1."""

    def evaluate(self, psi: Array) -> Hydraulics:
        """Water content, capacity and conductivity together, at the cost of little more than one of them."""
