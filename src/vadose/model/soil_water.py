"""Soil water and groundwater of the column model: how the soil's flow, the surface and the groundwater meet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import RHO_WATER
from vadose.flow.boundary import FreeDrainage as GravityDrainage
from vadose.flow.linear_theta import FLOOR, LinearIce, ThetaSoil, fill_deficits, linear_theta
from vadose.flow.richards import RichardsSettings, richards
from vadose.land.parameters import SoilParameters
from vadose.land.runoff.column import RunoffScheme, SoilColumn, soil_column
from vadose.land.runoff.free_drainage import FreeDrainage
from vadose.land.state import Groundwater, Soil
from vadose.soil.freezing import ice_impedance


@pytree
class SoilWaterFluxes:
    """What moved, means over the step in kg m-2 s-1, [column] unless said.

    surface_runoff, subsurface_runoff   leave the column sideways
    recharge         from the soil into the aquifer, negative where it rises
    infiltration     into the soil, of inflow and pond
    evaporation      what really evaporated; uptake [layer, column] what roots really took
    converged        of the solver; iterations, substeps [column]
    """

    surface_runoff: Array
    subsurface_runoff: Array
    recharge: Array
    infiltration: Array
    evaporation: Array
    uptake: Array
    converged: Array
    iterations: Array
    substeps: Array


def available_water(soil: Soil, thickness: Array, dt: Array) -> Array:
    """Liquid water that evaporation and uptake can take from each layer in a step, [layer, column] kg m-2 s-1.

    thickness [layer, 1|column] m, dt s. `LinearTheta` honours every demand up to this in full.
    """
    return jnp.maximum(soil.liquid * thickness - FLOOR, 0.0) * (RHO_WATER / dt)


@pytree
class LinearTheta:
    """Soil water as in Noah-MP: `flow.linear_theta` with a runoff scheme; nothing ponds.

    runoff   a scheme of land.runoff
    ice      how ice hinders flow: LinearIce() or NonlinearIce() of flow.linear_theta
    """

    runoff: RunoffScheme = FreeDrainage()
    ice: Any = LinearIce()

    def step(
        self,
        soil: Soil,
        groundwater: Groundwater,
        pond: Array,
        parameters: SoilParameters,
        thickness: Array,
        *,
        inflow: Array,
        evaporation: Array,
        uptake: Array,
        dt: Array,
    ) -> tuple[Soil, Groundwater, Array, SoilWaterFluxes]:
        """Soil, groundwater, pond kg m-2 and fluxes after dt seconds.

        thickness     [layer, 1|column] m
        inflow        [column] kg m-2 s-1          on the surface, >= 0
        evaporation   [column] kg m-2 s-1          of liquid water asked of the top layer, >= 0
        uptake        [layer, column] kg m-2 s-1   asked by roots
        """
        column = soil_column(soil.ice, parameters, thickness)
        inflow = (inflow + pond / dt) / RHO_WATER
        prepared = self.runoff.prepare(column, soil.liquid, groundwater)

        def infiltration(liquid: Array, infiltrated: Array, h: Array) -> Array:
            return self.runoff.infiltration(prepared, column, liquid, inflow=inflow, infiltrated=infiltrated, dt=h)

        flow = linear_theta(
            _theta_soil(column),
            soil.liquid,
            dt=dt,
            inflow=inflow,
            evaporation=evaporation / RHO_WATER,
            uptake=uptake / RHO_WATER,
            drainage_factor=self.runoff.drainage_factor(column),
            infiltration=infiltration,
            ice=self.ice,
        )
        below = self.runoff.baseflow(
            prepared,
            column,
            flow.liquid,
            groundwater,
            conductivity=flow.conductivity,
            head=None,
            drainage=flow.drainage,
            dt=dt,
        )
        fluxes = SoilWaterFluxes(
            surface_runoff=RHO_WATER * (inflow - flow.infiltration + flow.excess),
            subsurface_runoff=RHO_WATER * below.runoff,
            recharge=RHO_WATER * below.recharge,
            infiltration=RHO_WATER * (flow.infiltration - flow.excess),
            evaporation=RHO_WATER * flow.evaporation,
            uptake=RHO_WATER * flow.uptake,
            converged=jnp.ones_like(inflow, dtype=bool),
            iterations=jnp.zeros_like(flow.substeps),
            substeps=flow.substeps,
        )
        return replace(soil, liquid=below.liquid), below.groundwater, jnp.zeros_like(pond), fluxes


def _theta_soil(column: SoilColumn) -> ThetaSoil:
    return ThetaSoil(
        thickness=column.thickness,
        ice=column.ice,
        impermeable=column.impermeable,
        theta_s=column.theta_s,
        psi_s=column.psi_s,
        b=column.b,
        K_s=column.K_s,
    )


@pytree
class RichardsWater:
    """Soil water by the Richards equation of `flow.richards` with a runoff scheme, ponding and any closure.

    The scheme says what of the inflow may infiltrate; what the soil cannot take stands on it up to `deepest_pond` and
    runs off above. Ice takes pore space and hinders flow.

    runoff         a scheme of land.runoff
    bottom         an object of flow.boundary, or None for gravity drainage times the scheme's factor. Through one that
                   lets water rise (WaterTable, FixedHead, FixedFlux) subsurface runoff may be negative
    deepest_pond   kg m-2   that stands on the ground
    omega          1        impedance of ice, K times 10^(-omega ice / theta_s)
    settings       RichardsSettings of the solver
    """

    runoff: RunoffScheme = FreeDrainage()
    bottom: Any = None
    deepest_pond: Array = 10.0
    omega: Array = 7.0
    settings: RichardsSettings = RichardsSettings()

    def step(
        self,
        soil: Soil,
        groundwater: Groundwater,
        pond: Array,
        parameters: SoilParameters,
        thickness: Array,
        *,
        inflow: Array,
        evaporation: Array,
        uptake: Array,
        dt: Array,
    ) -> tuple[Soil, Groundwater, Array, SoilWaterFluxes]:
        """Soil, groundwater, pond kg m-2 and fluxes after dt seconds; arguments as `LinearTheta.step`."""
        column = soil_column(soil.ice, parameters, thickness)
        retention, runoff = parameters.retention, self.runoff
        inflow = inflow / RHO_WATER
        prepared = runoff.prepare(column, soil.liquid, groundwater)
        nothing = jnp.zeros_like(inflow)
        supply = runoff.infiltration(prepared, column, soil.liquid, inflow=inflow, infiltrated=nothing, dt=dt + nothing)
        impedance = ice_impedance(jnp.clip(soil.ice / column.theta_s, 0.0, 1.0), self.omega)
        flow = richards(
            retention,
            thickness,
            soil.liquid,
            dt=dt,
            supply=supply,
            demand=evaporation / RHO_WATER,
            uptake=uptake / RHO_WATER,
            pond=pond / RHO_WATER,
            bottom=GravityDrainage(runoff.drainage_factor(column)) if self.bottom is None else self.bottom,
            porosity=column.theta_s - soil.ice,
            impedance=impedance,
            settings=self.settings,
        )
        # Dry layers may end below 0 by the rounding of their wet neighbours.
        water = flow.liquid * thickness
        water, drained = fill_deficits(water, jnp.zeros_like(water), flow.drainage * dt)
        below = runoff.baseflow(
            prepared,
            column,
            water / thickness,
            groundwater,
            conductivity=impedance * retention.conductivity(flow.head),
            head=flow.head,
            drainage=drained / dt,
            dt=dt,
        )
        stands = jnp.minimum(RHO_WATER * flow.pond, self.deepest_pond)
        fluxes = SoilWaterFluxes(
            surface_runoff=RHO_WATER * (inflow - supply) + (RHO_WATER * flow.pond - stands) / dt,
            subsurface_runoff=RHO_WATER * below.runoff,
            recharge=RHO_WATER * below.recharge,
            infiltration=RHO_WATER * (flow.flux[0] + flow.evaporation),
            evaporation=RHO_WATER * flow.evaporation,
            uptake=RHO_WATER * flow.uptake,
            converged=flow.converged,
            iterations=flow.iterations,
            substeps=flow.substeps,
        )
        return replace(soil, liquid=below.liquid), below.groundwater, stands, fluxes
