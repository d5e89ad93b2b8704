"""Roots: how they are spread over the soil layers, how dry soil limits what they take up, and from which layer.

A profile has `weights(vegetation, thickness)`, [layer, column], whose sum over the layers is 1 where there are roots.
A stress has `uptake(soil, parameters, weights, thickness)`: the factor [column] that stomata use, 0 (wilting) to 1, and
the share [layer, column] of each layer in the transpiration, whose sum is 1 where there are roots.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from vadose.arrays import Array, pytree, static, traced
from vadose.constants import FREEZING_POINT
from vadose.errors import RangeError
from vadose.land.parameters import SoilParameters, Vegetation
from vadose.land.soil_suction import air_entry, matric_head
from vadose.land.state import Soil

# What is left of a layer's factor where it is dry: the least conductance still takes water, and the model must know
# from where; it is Noah-MP's number.
DRIEST = 1e-6
TINY = 1e-30


@pytree
class UniformRoots:
    """Roots spread evenly down to `vegetation.root_depth`; the layer that it cuts has its part.

    Where the depth is the bottom of a layer it is Noah's: thickness over rooted depth. Source: Chen & Dudhia (2001)
    """

    def weights(self, vegetation: Vegetation, thickness: Array) -> Array:
        """Share of the roots in each layer, [layer, column]; thickness [layer, 1 or column] m."""
        top = jnp.cumsum(thickness, axis=0) - thickness
        return _shares(jnp.clip(vegetation.root_depth[None] - top, 0.0, thickness))


@pytree
class ExponentialRoots:
    """Roots above depth z: Y = 1 - 0.5 (e^(-a z) + e^(-b z)), with the vegetation's root_a and root_b.

    normalised   False: roots below the column count for its deepest layer, as in CLM; True: all layers are scaled
    Source: Zeng (2001) eq. 2; CLM 3.5 technical note (Oleson et al. 2004)
    """

    normalised: bool = static(False)

    def weights(self, vegetation: Vegetation, thickness: Array) -> Array:
        """Share of the roots in each layer, [layer, column]; thickness [layer, 1 or column] m."""
        bottom = jnp.cumsum(thickness, axis=0)
        a, b = vegetation.root_a[None], vegetation.root_b[None]
        below = 0.5 * (jnp.exp(-a * bottom) + jnp.exp(-b * bottom))
        if not self.normalised:
            below = jnp.concatenate([below[:-1], jnp.zeros_like(below[:1])])
        above = jnp.concatenate([jnp.ones_like(below[:1]), below[:-1]])
        return _shares(above - below)


@pytree
class GivenRoots:
    """Roots as given: `fraction`, [layer, column] or [layer, 1], >= 0; each column is scaled to the sum 1."""

    fraction: Array

    def __post_init__(self) -> None:
        if traced(self.fraction):
            return
        fraction = np.asarray(self.fraction, dtype=float)
        if fraction.ndim != 2:
            raise RangeError(f"GivenRoots: fraction must be [layer, column] or [layer, 1], got shape {fraction.shape}")
        if not np.all(fraction >= 0.0):
            raise RangeError("GivenRoots: fraction must be finite and >= 0 in all layers")
        object.__setattr__(self, "fraction", jnp.asarray(fraction))

    def weights(self, vegetation: Vegetation, thickness: Array) -> Array:
        """Share of the roots in each layer, [layer, column]; neither argument is used but for the shape."""
        return _shares(self.fraction + 0.0 * (vegetation.root_depth[None] + thickness))


@pytree
class NoahStress:
    """Linear in the liquid water between wilting and critical point: f = (theta - theta_w) / (theta_c - theta_w).

    compensation   1   omega_c: roots in wet layers make up for dry ones until the sum of weights times f falls below
                       it, stress = sum / omega_c; 1 is no compensation. Source: Jarvis (1989)
    Source: Chen et al. (1996); Niu et al. (2011)
    """

    compensation: Array = 1.0

    def uptake(self, soil: Soil, parameters: SoilParameters, weights: Array, thickness: Array) -> tuple[Array, Array]:
        """The stress factor [column] and the layers' shares [layer, column]."""
        span = jnp.maximum(parameters.critical_point - parameters.wilting_point, 1e-6)
        return _combine((soil.liquid - parameters.wilting_point) / span, weights, self.compensation)


@pytree
class ClmStress:
    """Linear in the matric head: f = (psi_w - psi) / (psi_w - psi_e), 0 where the layer is frozen.

    wilting        m   psi_w, -150 m in CLM 3.5
    thawed_only    whether frozen layers give nothing, as in CLM 3.5; Noah-MP lets their liquid water be taken up
    compensation   as in `NoahStress`
    psi_e is the closure's air entry, 0 where it has none.
    Source: CLM 3.5 technical note (Oleson et al. 2004, 2008)
    """

    wilting: Array = -150.0
    compensation: Array = 1.0
    thawed_only: bool = static(True)

    def uptake(self, soil: Soil, parameters: SoilParameters, weights: Array, thickness: Array) -> tuple[Array, Array]:
        """The stress factor [column] and the layers' shares [layer, column]."""
        psi = jnp.maximum(matric_head(parameters.retention, soil.liquid), self.wilting)
        factor = (self.wilting - psi) / (self.wilting - air_entry(parameters.retention))
        if self.thawed_only:
            factor = jnp.where(soil.temperature > FREEZING_POINT, factor, 0.0)
        return _combine(factor, weights, self.compensation)


@pytree
class SsibStress:
    """Logarithmic in the matric head: f = 1 - exp[-c ln(psi_w / psi)].

    wilting        m   psi_w, -150 m in Noah-MP
    slope          1   c, 4.36 to 6.37 by vegetation in the source, 5.8 in Noah-MP
    compensation   as in `NoahStress`
    Source: Xue et al. (1991); Niu et al. (2011)
    """

    wilting: Array = -150.0
    slope: Array = 5.8
    compensation: Array = 1.0

    def uptake(self, soil: Soil, parameters: SoilParameters, weights: Array, thickness: Array) -> tuple[Array, Array]:
        """The stress factor [column] and the layers' shares [layer, column]."""
        ratio = jnp.clip(matric_head(parameters.retention, soil.liquid) / self.wilting, TINY, 1.0)
        return _combine(1.0 - jnp.exp(self.slope * jnp.log(ratio)), weights, self.compensation)


def _shares(amounts: Array) -> Array:
    """Amounts >= 0 scaled to the sum 1 over the layers; 0 where there are none."""
    total = jnp.sum(amounts, axis=0, keepdims=True)
    return jnp.where(total > 0.0, amounts / jnp.where(total > 0.0, total, 1.0), 0.0)


def _combine(factor: Array, weights: Array, compensation: Array) -> tuple[Array, Array]:
    """Stress and shares from the layers' factors: both go with weight times factor."""
    supply = weights * jnp.clip(factor, DRIEST, 1.0)
    return jnp.minimum(jnp.sum(supply, axis=0) / compensation, 1.0), _shares(supply)
