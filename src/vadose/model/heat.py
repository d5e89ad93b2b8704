"""Heat of snow and soil: the schemes a column can take.

A scheme has `coupling`, what the surface needs to know of the ground, and `step`, which takes the heat that the
surface hands down. `NoahHeat` conducts, then melts and freezes; `EnthalpyHeat` solves both together.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import jax.numpy as jnp

from vadose.arrays import Array, pytree, static
from vadose.constants import RHO_WATER
from vadose.flow.heat import HeatLayers, UpperLayer, conduct, surface_conductance
from vadose.flow.heat_boundary import DeepTemperature
from vadose.flow.heat_phase import snow_phase, soil_phase, thin_snow_phase
from vadose.flow.heat_supercooled import NiuYang
from vadose.land.parameters import SoilParameters
from vadose.land.snow.conductivity import Stieglitz
from vadose.land.state import Snow, Soil
from vadose.model.heat_enthalpy import EnthalpyHeat
from vadose.model.heat_layers import HeatFluxes, heat_fluxes, heat_layers, thin_snow, updated

__all__ = ["EnthalpyHeat", "HeatFluxes", "NoahHeat"]

THIN_SNOW_CONDUCTIVITY = 0.35  # W m-1 K-1, of snow without layers; Noah-MP v5


@pytree
class NoahHeat:
    """Noah-MP's heat of snow and soil: implicit conduction, then phase change by correction of temperature.

    snow_conductivity   scheme with `conductivity(density)`
    supercooled         what stays liquid below 0 degrees C: NiuYang, Koren or RetentionCurve
    bottom              ZeroHeatFlux, DeepTemperature or FixedHeatFlux
    interface           conductivity between layers: UpperLayer as the reference, or Series, which is exact for
                        layers that differ
    overshoot           freeze down to the limit at the temperature before the latent heat, as the reference does
    thin_layers         the coupling counts on the uppermost layer's warming in the step; the reference's does not, and
                        layers of centimetres then swing from step to step
    The ground heat flux enters as it is; the top layer's conductivity is mixed with that of the snow on it.
    Unlike in the reference heat closes: what a molten snow layer cannot keep warms the next layer whether that one
    changes phase or not (there it is lost), and pure water in a snow layer does not stay above 0 degrees C. The flux
    to the deep temperature is implicit, and its distance counts from the soil surface even under thin snow.
    Source: Niu et al. (2011); He et al. (2023)
    """

    snow_conductivity: Any = dataclasses.field(default_factory=Stieglitz)
    supercooled: Any = dataclasses.field(default_factory=NiuYang)
    bottom: Any = dataclasses.field(default_factory=DeepTemperature)
    interface: Any = dataclasses.field(default_factory=UpperLayer)
    overshoot: bool = static(False)
    thin_layers: bool = static(False)

    @property
    def needs_power_law(self) -> bool:
        """Whether it computes with psi_s and b of the retention."""
        return bool(self.supercooled.needs_power_law)

    def layers(self, snow: Snow, soil: Soil, parameters: SoilParameters, thickness: Array) -> HeatLayers:
        """Snow and soil as they conduct, [snow + layer, column]."""
        made = heat_layers(snow, soil, parameters, thickness, self.snow_conductivity)
        count = snow.thickness.shape[0]
        depth, lambda_snow = snow.depth, THIN_SNOW_CONDUCTIVITY + 0.0 * snow.depth
        if count > 0:
            layered = made.present[count - 1]
            depth = jnp.where(layered, made.thickness[count - 1], depth)
            lambda_snow = jnp.where(layered, made.conductivity[count - 1], lambda_snow)
        dz = made.thickness[count]
        mixed = (made.conductivity[count] * dz + lambda_snow * depth) / (depth + dz)
        conductivity = jnp.concatenate([made.conductivity[:count], mixed[None], made.conductivity[count + 1 :]])
        return dataclasses.replace(made, conductivity=conductivity)

    def coupling(
        self, snow: Snow, soil: Soil, parameters: SoilParameters, thickness: Array, dt: Array
    ) -> tuple[Array, Array]:
        """Conductance, W m-2 K-1, and temperature, K, of the ground's uppermost layer as it is now, [column].

        With thin layers kappa / (1 + kappa dt / C), C J m-2 K-1 that of the layer, which takes up G dt meanwhile.
        """
        layers = self.layers(snow, soil, parameters, thickness)
        conductance = surface_conductance(layers)
        if self.thin_layers:
            conductance = conductance / (1.0 + conductance * dt / jnp.sum(layers.top * layers.capacity, axis=0))
        return conductance, jnp.sum(layers.top * layers.temperature, axis=0)

    def step(
        self,
        snow: Snow,
        soil: Soil,
        parameters: SoilParameters,
        thickness: Array,
        ground_heat: Array,
        snow_cover: Array,
        dt: Array,
    ) -> tuple[Snow, Soil, HeatFluxes]:
        """Snow and soil after dt, s, in which `ground_heat`, [column] W m-2, entered.

        thickness    [layer, 1 or column] m   of the soil layers
        snow_cover   [column] 1               not used: the state is that of the whole cell
        """
        layers = self.layers(snow, soil, parameters, thickness)
        count = snow.thickness.shape[0]
        dz = layers.thickness[count:]
        exchange = self.bottom.exchange(dz, layers.conductivity[count:], parameters.deep_temperature)
        T = conduct(layers, self.interface.conductance(layers), ground_heat, exchange, dt)
        bottom_heat = exchange.heat(T[-1])

        T_snow, capacity, T_soil = T[:count], layers.capacity[count:], T[count:]
        from_layers = jnp.zeros_like(T_snow)
        if count > 0:
            T_snow, from_layers, excess = snow_phase(
                T_snow, snow.ice, snow.liquid, layers.capacity[:count], layers.present[:count]
            )
            T_soil = jnp.concatenate([(T_soil[0] + excess / capacity[0])[None], T_soil[1:]])
        T_top, from_thin = thin_snow_phase(T_soil[0], capacity[0], thin_snow(snow))
        T_soil = jnp.concatenate([T_top[None], T_soil[1:]])
        mass = RHO_WATER * dz
        total = soil.liquid + soil.ice

        def most_liquid(temperature: Array) -> Array:
            return mass * self.supercooled.liquid(parameters.retention, total, soil.ice, temperature)

        T_soil, from_soil = soil_phase(
            T_soil, mass * soil.ice, mass * soil.liquid, capacity, most_liquid, self.overshoot
        )

        melted = (from_layers, from_thin, from_soil)
        after = updated(snow, soil, dz, jnp.concatenate([T_snow, T_soil]), melted)
        fluxes = heat_fluxes(
            layers, (snow, soil), after, dz, ground_heat=ground_heat, bottom_heat=bottom_heat, melted=from_thin, dt=dt
        )
        return *after, fluxes
