"""What schemes share that run off what falls on the saturated and the frozen part of the area."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp

from vadose.arrays import Array
from vadose.land.runoff.column import RunoffScheme, SoilColumn


class SaturatedArea(RunoffScheme):
    """Infiltration P (1 - f) with f = (1 - F) f_sat + F, F the frozen share of the top layer's area.

    `prepare` gives f, or a tuple that begins with it. Source: Niu et al. (2005) eq. 1
    """

    def infiltration(
        self, prepared: Any, column: SoilColumn, liquid: Array, *, inflow: Array, infiltrated: Array, dt: Array
    ) -> Array:
        """Inflow times the share of the area that takes water, [column] m s-1."""
        area = prepared[0] if isinstance(prepared, tuple) else prepared
        return inflow * (1.0 - area)


def running_off(saturated: Array, column: SoilColumn) -> Array:
    """Share of the area from which water runs off, [column], of its saturated share."""
    frozen = column.impermeable[0]
    return (1.0 - frozen) * saturated + frozen


def power(x: Array, exponent: Array) -> Array:
    """x^exponent for x >= 0 and exponent > 0, with a finite derivative at 0."""
    inside = x > 1e-12
    return jnp.where(inside, jnp.exp(exponent * jnp.log(jnp.where(inside, x, 1.0))), 0.0)
