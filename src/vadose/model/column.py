"""The column land surface model: processes in the order of a step, with budgets that close.

Water moves at the temperature of the layer that it enters, as in CLM and Noah-MP; what that convention adds is no part
of the energy budget, which counts radiation, turbulent heat, heat of precipitation, storage and phase changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import LATENT_HEAT_FUSION, LATENT_HEAT_VAPORISATION, RHO_WATER
from vadose.land.air import Forcing
from vadose.land.energy_state import EnergyOptions, SurfaceFluxes
from vadose.land.interception import CanopyPhaseChange
from vadose.land.state import Canopy, Soil
from vadose.model.above import Above, Light, come_down, leaf_heat, mean_heat, shine
from vadose.model.ground import withdraw
from vadose.model.heat_layers import soil_capacity
from vadose.model.state import Budget, Fluxes, Parameters, State
from vadose.model.surface import Energy, balance


@pytree
class ColumnModel:
    """A land surface model of soil columns, many at once: each slot holds the process that was chosen for it.

    thickness [layer] m of the soil layers. `vadose.model.presets` has the sets of processes that belong together.
    """

    thickness: Array
    rain_snow: Any
    leaves: Any
    interception: Any
    snow_cover: Any
    snow_albedo: Any
    two_stream: Any
    roots: Any
    stress: Any
    soil_resistance: Any
    turbulence: Any
    stomata: Any
    energy: EnergyOptions
    heat: Any
    snowpack: Any
    soil_water: Any

    def step(self, state: State, parameters: Parameters, forcing: Forcing, dt: Array) -> tuple[State, Fluxes, Budget]:
        """The state after `dt` seconds, what moved (means over the step), and what is left unexplained."""
        above = come_down(self, state, parameters, forcing, dt)
        light = shine(self, above, parameters, forcing, dt)
        energy = balance(self, above, light, parameters, dt)
        return self._water(state, above, light, energy, parameters, forcing, dt)

    def storage(self, state: State) -> Array:
        """Water of the whole column, kg m-2 [column]."""
        soil = RHO_WATER * jnp.sum((state.soil.liquid + state.soil.ice) * self.depths, axis=0)
        held = state.canopy.liquid + state.canopy.ice + state.snow.water_equivalent + state.pond
        return held + soil + state.groundwater.aquifer

    @property
    def depths(self) -> Array:
        """Thickness of the soil layers as they broadcast with the columns, [layer, 1] m."""
        return jnp.asarray(self.thickness)[:, None]

    def _water(
        self,
        before: State,
        above: Above,
        light: Light,
        energy: Energy,
        parameters: Parameters,
        forcing: Forcing,
        dt: Array,
    ) -> tuple[State, Fluxes, Budget]:
        """What the vapour takes, then canopy, snow and soil water; what could not be honoured goes back as heat."""
        state, surface = energy.state, energy.surface
        canopy, leaves = self._leaf_water(above, surface, parameters, dt)
        soil, left = withdraw(
            state.snow, state.soil, self.thickness[0], surface.ground_evaporation, energy.latent_heat, dt
        )
        snow, pack = self.snowpack.step(
            state.snow, snowfall=above.fall.snowfall, density=above.density, rain=above.fall.rain,
            sublimation=left.sublimation, frost=left.frost, air_temperature=above.air.temperature, dt=dt,
            ice_fraction=energy.ice_fraction, pressure=above.air.pressure,
        )  # fmt: skip
        unsublimated = left.sublimation - pack.sublimation
        asked, wanted = left.evaporation + unsublimated, surface.transpiration[None] * energy.share
        soil, groundwater, pond, water = self.soil_water.step(
            soil, state.groundwater, state.pond, parameters.soil, self.depths,
            inflow=pack.outflow + energy.heat.melt + left.dew, evaporation=asked, uptake=wanted, dt=dt,
        )  # fmt: skip
        missing = asked - water.evaporation
        unmet = surface.transpiration - jnp.sum(water.uptake, axis=0)
        kept = left.heat + LATENT_HEAT_FUSION * unsublimated
        soil = _warmed(soil, parameters, self.depths, kept * dt)
        state = State(canopy, snow, soil, groundwater, surface.ground_temperature, pond)

        canopy_evaporation = surface.canopy_evaporation - leaves.unmet
        transpiration = surface.transpiration - unmet
        ground_evaporation = surface.ground_evaporation - missing
        latent_canopy = surface.latent_canopy - surface.canopy_latent_heat * leaves.unmet
        latent_transpiration = surface.latent_transpiration - LATENT_HEAT_VAPORISATION * unmet
        latent_ground = surface.latent_ground - kept - LATENT_HEAT_VAPORISATION * missing
        back = surface.canopy_latent_heat * leaves.unmet + LATENT_HEAT_VAPORISATION * (unmet + missing)
        stored = surface.canopy_heat_storage
        if not self.energy.leaf_storage:
            # Leaves without heat of their own take that of melting from the air.
            fusion = LATENT_HEAT_FUSION * leaves.melt + leaves.heat
            back, stored = back - fusion, stored + fusion
        light_in = light.radiation
        fluxes = Fluxes(
            precipitation=forcing.precipitation,
            rain=above.rain,
            snowfall=above.snowfall,
            canopy_evaporation=canopy_evaporation,
            transpiration=transpiration,
            ground_evaporation=ground_evaporation,
            snow_sublimation=pack.sublimation,
            snow_outflow=pack.outflow + energy.heat.melt,
            infiltration=water.infiltration,
            surface_runoff=water.surface_runoff + pack.excess,
            subsurface_runoff=water.subsurface_runoff,
            recharge=water.recharge,
            uptake=water.uptake,
            shortwave=light.sun,
            reflected=light_in.reflected,
            absorbed_canopy=light_in.absorbed_canopy,
            absorbed_ground=light_in.absorbed_ground,
            net_longwave=surface.net_longwave,
            sensible=surface.sensible + back,
            latent=latent_canopy + latent_transpiration + latent_ground,
            latent_canopy=latent_canopy,
            latent_transpiration=latent_transpiration,
            latent_ground=latent_ground,
            ground_heat=surface.ground_heat + kept,
            canopy_heat_storage=stored,
            precipitation_heat=mean_heat(above),
            bottom_heat=energy.heat.bottom_heat,
            radiative_temperature=surface.radiative_temperature,
            temperature_2m=surface.temperature_2m,
            specific_humidity_2m=surface.specific_humidity_2m,
            photosynthesis=surface.photosynthesis,
            snow_cover=light.cover,
            stress=energy.stress,
            lai=above.lai,
            converged=surface.converged & energy.heat.converged & water.converged,
            iterations=surface.iterations + energy.heat.iterations + water.iterations,
        )
        return state, fluxes, self._budget(before, state, fluxes, energy.heat.storage + kept, dt)

    def _leaf_water(
        self, above: Above, surface: SurfaceFluxes, parameters: Parameters, dt: Array
    ) -> tuple[Canopy, CanopyPhaseChange]:
        """Water on the leaves after evaporation, melting and freezing, with the leaves' new temperature."""
        canopy = replace(
            above.state.canopy,
            temperature=surface.temperature,
            air_temperature=surface.air_temperature,
            vapour_pressure=surface.vapour_pressure,
        )
        canopy, _, change = self.interception.update(
            canopy,
            evaporation=surface.canopy_evaporation,
            throughfall=above.fall,
            heat_capacity=above.fraction * leaf_heat(above, parameters.vegetation.canopy_heat),
            frozen=surface.canopy_latent_heat > LATENT_HEAT_VAPORISATION,
            dt=dt,
        )
        return canopy, change

    def _budget(self, before: State, after: State, fluxes: Fluxes, stored: Array, dt: Array) -> Budget:
        """What the step leaves unexplained; `stored` W m-2 in snow and soil."""
        out = fluxes.canopy_evaporation + fluxes.transpiration + fluxes.ground_evaporation
        out = out + fluxes.surface_runoff + fluxes.subsurface_runoff
        water = self.storage(after) - self.storage(before) - dt * (fluxes.precipitation - out)
        gained = fluxes.absorbed_canopy + fluxes.absorbed_ground + fluxes.precipitation_heat - fluxes.net_longwave
        given = fluxes.sensible + fluxes.latent + fluxes.canopy_heat_storage + fluxes.bottom_heat
        return Budget(water=water, energy=gained - given - stored)


def _warmed(soil: Soil, parameters: Parameters, dz: Array, heat: Array) -> Soil:
    """Soil whose first layer took `heat`, J m-2."""
    capacity = soil_capacity(soil, parameters.soil, dz)[0]
    return replace(
        soil, temperature=jnp.concatenate([(soil.temperature[0] + heat / capacity)[None], soil.temperature[1:]])
    )
