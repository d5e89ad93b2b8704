"""What a runoff scheme sees of the soil, and what it is asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import HEAD_CRITICAL, HEAD_WILTING
from vadose.land.parameters import SoilParameters
from vadose.land.runoff.tables import RunoffParameters
from vadose.land.state import Groundwater
from vadose.soil.freezing import frozen_area
from vadose.soil.retention.clm_campbell import ClmCampbell
from vadose.soil.retention.power_law import BrooksCorey, Campbell


@pytree
class SoilColumn:
    """The soil of a step as runoff schemes see it; water moves, the rest stands still within the step.

    thickness      [layer, column] m
    bottom         [layer, column] m        depth of each layer's lower face
    ice            [layer, column] m3 m-3   as liquid
    theta_s, b, psi_s, K_s   [layer, column]   Campbell's parameters (or the nearest of another closure), psi_s < 0 m
    wilting_point, field_capacity   [layer, column] m3 m-3
    impermeable    [layer, column] 1        share of the area that ice closes
    slope          [column] 1               share of gravity drainage that leaves the column
    table          RunoffParameters of the column's soil class, or None
    """

    thickness: Array
    bottom: Array
    ice: Array
    theta_s: Array
    b: Array
    psi_s: Array
    K_s: Array
    wilting_point: Array
    field_capacity: Array
    impermeable: Array
    slope: Array
    table: RunoffParameters | None


@pytree
class Baseflow:
    """What groundwater does with a step: liquid [layer, column] m3 m-3 after it, the rest [column].

    groundwater, runoff m s-1 (leaves the column sideways), recharge m s-1 (into the aquifer)
    """

    liquid: Array
    groundwater: Groundwater
    runoff: Array
    recharge: Array


class RunoffScheme(ABC):
    """What a runoff scheme answers, in this order within a step."""

    def prepare(self, column: SoilColumn, liquid: Array, groundwater: Groundwater) -> Any:
        """What holds for the whole step, from the water at its start; handed to the other methods."""
        return None

    @abstractmethod
    def infiltration(
        self, prepared: Any, column: SoilColumn, liquid: Array, *, inflow: Array, infiltrated: Array, dt: Array
    ) -> Array:
        """Water that enters the soil, [column] m s-1, 0 to inflow; the rest runs off.

        liquid [layer, column] m3 m-3, inflow [column] m s-1, infiltrated [column] m already in this step, dt [column] s
        """

    def drainage_factor(self, column: SoilColumn) -> Array:
        """Flux through the lower face over the conductivity of the last layer, [column]; 0 closes it."""
        return column.slope

    def baseflow(
        self,
        prepared: Any,
        column: SoilColumn,
        liquid: Array,
        groundwater: Groundwater,
        *,
        conductivity: Array,
        head: Array | None,
        drainage: Array,
        dt: Array,
    ) -> Baseflow:
        """Groundwater after the soil's step; here what drains leaves as subsurface runoff.

        conductivity [layer, column] m s-1, drainage [column] m s-1 through the lower face, dt s
        head   [layer, column] m of the soil's solver, with the pressure of saturated layers; None where it knows
               water contents alone
        """
        return Baseflow(liquid, groundwater, drainage, jnp.zeros_like(drainage))


def soil_column(ice: Array, parameters: SoilParameters, thickness: Array) -> SoilColumn:
    """The column that a runoff scheme sees; ice [layer, column] m3 m-3, thickness [layer, 1|column] m."""
    flat = jnp.zeros_like(ice)
    thickness = thickness + flat
    theta_s, psi_s, b, K_s = (value + flat for value in power_law(parameters.retention))
    return SoilColumn(
        thickness=thickness,
        bottom=jnp.cumsum(thickness, axis=0),
        ice=ice,
        theta_s=theta_s,
        b=b,
        psi_s=psi_s,
        K_s=K_s,
        wilting_point=parameters.wilting_point + flat,
        field_capacity=parameters.critical_point + flat,
        # Rounding may put the share of soil full of ice above 1.
        impermeable=jnp.minimum(frozen_area(jnp.clip(ice / theta_s, 0.0, 1.0)), 1.0),
        slope=parameters.slope + flat[0],
        table=parameters.runoff,
    )


def power_law(retention: Any) -> tuple[Array, Array, Array, Array]:
    """(theta_s, psi_s m, b, K_s m s-1) of Campbell's curve for any closure.

    Closures that are no power laws give the one through their water contents at field capacity and wilting point.
    """
    if isinstance(retention, Campbell | ClmCampbell):
        return retention.theta_s, retention.psi_s, retention.b, retention.K_s
    if isinstance(retention, BrooksCorey):
        return retention.theta_s, retention.psi_b, 1.0 / retention.lambda_, retention.K_s
    wet = retention.water_content(jnp.full_like(jnp.asarray(retention.theta_s), HEAD_CRITICAL))
    dry = retention.water_content(jnp.full_like(jnp.asarray(retention.theta_s), HEAD_WILTING))
    b = jnp.log(HEAD_WILTING / HEAD_CRITICAL) / jnp.maximum(jnp.log(wet / dry), 1e-2)
    psi_s = HEAD_CRITICAL * jnp.exp(b * jnp.log(wet / retention.theta_s))
    return retention.theta_s, psi_s, b, retention.K_s
