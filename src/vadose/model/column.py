"""The column land surface model: processes in the order of a step, with budgets that close.

Water moves at the temperature of the layer that it enters, as in CLM and Noah-MP; what that convention adds is no part
of the energy budget, which counts radiation, turbulent heat, heat of precipitation, storage and phase changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import (
    FREEZING_POINT,
    HEAT_ICE,
    HEAT_WATER,
    LATENT_HEAT_FUSION,
    LATENT_HEAT_VAPORISATION,
    RHO_ICE,
    RHO_WATER,
)
from vadose.land.air import Air, Forcing, air_of
from vadose.land.energy import surface_energy
from vadose.land.energy_state import CanopySurface, EnergyOptions, GroundSurface, SurfaceFluxes
from vadose.land.interception import CanopyPhaseChange, Throughfall
from vadose.land.precipitation_heat import AdvectedHeat, precipitation_heat
from vadose.land.radiation import Radiation, canopy_emissivity, ground_albedo, ground_emissivity, split
from vadose.land.roughness import SurfaceRoughness, surface_roughness
from vadose.land.snow.heat import ice_fraction
from vadose.land.snow.fresh import fresh_density
from vadose.land.state import Canopy, Snow, Soil
from vadose.model.ground import latent_heat, withdraw
from vadose.model.heat_layers import HeatFluxes, soil_capacity
from vadose.model.state import Budget, Fluxes, Parameters, State

DEEP_SNOW = 0.05  # m, above which the ground's surface stays at 0 degrees C while it melts; He et al. (2023)
LEFT = 1e-6  # of the top layer's water, which evaporation leaves there


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
        above = self._above(state, parameters, forcing, dt)
        light = self._light(above, parameters, forcing, dt)
        energy = self._energy(above, light, parameters, dt)
        return self._water(state, above, light, energy, parameters, forcing, dt)

    def storage(self, state: State) -> Array:
        """Water of the whole column, kg m-2 [column]."""
        soil = RHO_WATER * jnp.sum((state.soil.liquid + state.soil.ice) * self._dz, axis=0)
        held = state.canopy.liquid + state.canopy.ice + state.snow.water_equivalent + state.pond
        return held + soil + state.groundwater.aquifer

    @property
    def _dz(self) -> Array:
        return jnp.asarray(self.thickness)[:, None]

    def _above(self, state: State, parameters: Parameters, forcing: Forcing, dt: Array) -> _Above:
        """Weather, plants and what falls through them."""
        air = air_of(forcing, parameters.reference_height)
        scheme = self.rain_snow.snow_fraction(air)
        given = jnp.isfinite(forcing.snow_fraction)
        frozen = jnp.where(given, jnp.where(given, forcing.snow_fraction, 0.0), scheme)
        snowfall = frozen * forcing.precipitation
        rain = forcing.precipitation - snowfall
        density = fresh_density(air)
        lai, sai, fraction = self.leaves.leaves(parameters.vegetation, forcing, state.snow.depth)
        canopy, fall = self.interception.intercept(
            state.canopy, parameters.vegetation, fraction=fraction, lai=lai, sai=sai, rain=rain, snowfall=snowfall,
            air=air, snow_density=density, dt=dt,
        )  # fmt: skip
        heat = precipitation_heat(
            air, canopy, state.ground_temperature, fall, fraction=fraction, rain=rain, snowfall=snowfall
        )
        return _Above(replace(state, canopy=canopy), air, rain, snowfall, density, lai, sai, fraction, fall, heat)

    def _light(self, above: _Above, parameters: Parameters, forcing: Forcing, dt: Array) -> _Light:
        """Snow cover, albedo and who absorbs the sun."""
        state, soil = above.state, parameters.soil
        cover = self.snow_cover.cover(state.snow, parameters.vegetation)
        snow, direct, diffuse = self.snow_albedo.step(
            state.snow, snowfall=above.fall.snowfall, ground_temperature=state.ground_temperature,
            cos_zenith=forcing.cos_zenith, dt=dt,
        )  # fmt: skip
        moisture = state.soil.liquid[0] + state.soil.ice[0]
        ground_direct, ground_diffuse = ground_albedo(soil, moisture, cover, direct, diffuse)
        sun = jnp.where(forcing.cos_zenith > 0.0, forcing.shortwave, 0.0)
        radiation = self.two_stream.absorb(
            split(sun), cos_zenith=forcing.cos_zenith, vegetation=parameters.vegetation, fraction=above.fraction,
            lai=above.lai, sai=above.sai, wet_fraction=above.fall.wet_fraction,
            canopy_temperature=state.canopy.temperature, ground_direct=ground_direct, ground_diffuse=ground_diffuse,
        )  # fmt: skip
        return _Light(snow, cover, sun, radiation)

    def _energy(self, above: _Above, light: _Light, parameters: Parameters, dt: Array) -> _Energy:
        """Leaf and ground temperatures, the turbulent fluxes, and the heat of snow and soil."""
        state, soil, plants = replace(above.state, snow=light.snow), parameters.soil, parameters.vegetation
        rough = surface_roughness(plants, soil, snow_depth=state.snow.depth, snow_cover=light.cover)
        stress, share = self.stress.uptake(state.soil, soil, self.roots.weights(plants, self._dz), self._dz)
        resistance, humidity = self.soil_resistance.resistance(
            state.soil, soil, self._dz, snow_cover=light.cover, air=above.air,
            ground_temperature=state.ground_temperature,
        )  # fmt: skip
        conductance, contact = self.heat.coupling(state.snow, state.soil, soil, self._dz, dt)
        paid = latent_heat(state.ground_temperature)
        held = RHO_WATER * self.thickness[0] * (state.soil.liquid[0] + state.soil.ice[0]) * (1.0 - LEFT)
        ground = GroundSurface(
            temperature=state.ground_temperature,
            conductance=conductance,
            contact_temperature=contact,
            humidity=humidity,
            evaporation_resistance=resistance,
            emissivity=ground_emissivity(light.cover),
            roughness=rough.ground,
            displacement=rough.ground_displacement,
            latent_heat=paid,
            evaporation_limit=(held + state.snow.water_equivalent) / dt,
            melting=jnp.where(state.snow.depth > DEEP_SNOW, 1.0, 0.0),
            absorbed=light.radiation.absorbed_ground,
            precipitation_heat=jnp.stack([above.heat.ground_vegetated, above.heat.ground_bare]),
        )
        surface = surface_energy(
            above.air, state.canopy, plants, canopy_surface=self._canopy(above, light, rough, plants, dt),
            ground_surface=ground, turbulence=self.turbulence, stomata=self.stomata, stress=stress, dt=dt,
            options=self.energy,
        )  # fmt: skip
        shares = ice_fraction(state.snow)
        snow, ground_soil, heat = self.heat.step(
            state.snow, state.soil, soil, self._dz, surface.ground_heat, light.cover, dt
        )
        state = replace(state, snow=snow, soil=ground_soil, ground_temperature=surface.ground_temperature)
        return _Energy(state, surface, heat, paid, stress, share, shares)

    def _canopy(
        self, above: _Above, light: _Light, rough: SurfaceRoughness, plants: Any, dt: Array
    ) -> CanopySurface:
        """The canopy as the energy balance sees it."""
        canopy = above.state.canopy
        frozen = canopy.temperature <= FREEZING_POINT
        return CanopySurface(
            fraction=above.fraction,
            lai=above.lai,
            sai=above.sai,
            sunlit_lai=light.radiation.sunlit_lai,
            shaded_lai=light.radiation.shaded_lai,
            roughness=rough.canopy,
            displacement=rough.canopy_displacement,
            height=plants.height_top,
            wet_fraction=above.fall.wet_fraction,
            heat_capacity=_leaf_heat(above, plants.canopy_heat),
            emissivity=canopy_emissivity(above.lai, above.sai),
            absorbed=light.radiation.absorbed_canopy,
            par=light.radiation.par,
            precipitation_heat=above.heat.canopy,
            liquid_limit=jnp.where(frozen, canopy.ice, canopy.liquid) / dt,
        )

    def _water(
        self,
        before: State,
        above: _Above,
        light: _Light,
        energy: _Energy,
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
            soil, state.groundwater, state.pond, parameters.soil, self._dz,
            inflow=pack.outflow + energy.heat.melt + left.dew, evaporation=asked, uptake=wanted, dt=dt,
        )  # fmt: skip
        missing = asked - water.evaporation
        unmet = surface.transpiration - jnp.sum(water.uptake, axis=0)
        kept = left.heat + LATENT_HEAT_FUSION * unsublimated
        soil = _warmed(soil, parameters, self._dz, kept * dt)
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
            ground_heat=surface.ground_heat,
            canopy_heat_storage=stored,
            precipitation_heat=_mean_heat(above),
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
        self, above: _Above, surface: SurfaceFluxes, parameters: Parameters, dt: Array
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
            heat_capacity=above.fraction * _leaf_heat(above, parameters.vegetation.canopy_heat),
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


class _Above(NamedTuple):
    """What comes from above: weather, plants, and precipitation on its way through them."""

    state: State
    air: Air
    rain: Array
    snowfall: Array
    density: Array
    lai: Array
    sai: Array
    fraction: Array
    fall: Throughfall
    heat: AdvectedHeat


class _Light(NamedTuple):
    """Snow with its new albedo, its cover, the sun and who absorbs it."""

    snow: Snow
    cover: Array
    sun: Array
    radiation: Radiation


class _Energy(NamedTuple):
    """The state after the heat step, the fluxes, and what the water steps must know of them."""

    state: State
    surface: SurfaceFluxes
    heat: HeatFluxes
    latent_heat: Array
    stress: Array
    share: Array
    ice_fraction: Array


def _leaf_heat(above: _Above, canopy_heat: Array) -> Array:
    """Heat capacity of leaves and of the water on them, J m-2 K-1 of vegetated ground."""
    f = above.fraction
    share = jnp.where(f > 0.0, f, 1.0)
    canopy = above.state.canopy
    water = canopy.liquid * (HEAT_WATER / RHO_WATER) + canopy.ice * (HEAT_ICE / RHO_ICE)
    return canopy_heat * HEAT_WATER * (above.lai + above.sai) + jnp.where(f > 0.0, water / share, 0.0)


def _mean_heat(above: _Above) -> Array:
    """Heat of precipitation of the whole cell, W m-2."""
    f, heat = above.fraction, above.heat
    return heat.canopy + f * heat.ground_vegetated + (1.0 - f) * heat.ground_bare


def _warmed(soil: Soil, parameters: Parameters, dz: Array, heat: Array) -> Soil:
    """Soil whose first layer took `heat`, J m-2."""
    capacity = soil_capacity(soil, parameters.soil, dz)[0]
    return replace(soil, temperature=jnp.concatenate([(soil.temperature[0] + heat / capacity)[None], soil.temperature[1:]]))
