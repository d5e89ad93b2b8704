"""`EnthalpyHeat`: snow and soil conduct, melt and freeze in one implicit step of enthalpy."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import FREEZING_POINT, LATENT_HEAT_FUSION, RHO_WATER
from vadose.flow.heat import HeatLayers, Series, divergence, matrix, surface_conductance
from vadose.flow.heat_boundary import ZeroHeatFlux
from vadose.flow.heat_enthalpy import EnthalpySettings, enthalpy_step
from vadose.flow.heat_freezing import FreezingLayers
from vadose.land.parameters import SoilParameters
from vadose.land.snow.conductivity import Stieglitz
from vadose.land.state import Snow, Soil
from vadose.model.heat_layers import HeatFluxes, heat_fluxes, heat_layers, thin_snow, updated

EXCURSION = 10.0  # K, over which the surface counts on the latent heat of a layer's ice or liquid water
THIN_DENSITY = 100.0  # kg m-3, of snow without layers where its depth is not known


@pytree
class EnthalpyHeat:
    """One backward Euler step of the enthalpy of snow and soil; pore water follows the retention curve.

    snow_conductivity   scheme with `conductivity(density)`
    bottom              ZeroHeatFlux, DeepTemperature or FixedHeatFlux
    interface           conductivity between layers: Series, or UpperLayer
    settings            tolerance and limits of the iteration
    Snow melts at 0 degrees C with a sharp plateau, its water stays in the layer; snow without layers melts and
    insulates on the top soil layer. `coupling` is the implicit response of the column to heat at its surface, so that
    layers of centimetres are stable with steps of an hour. Closures whose head has no closed form work, and cost more.
    Source: see vadose.flow.heat_enthalpy
    """

    needs_power_law: ClassVar[bool] = False

    snow_conductivity: Any = dataclasses.field(default_factory=Stieglitz)
    bottom: Any = dataclasses.field(default_factory=ZeroHeatFlux)
    interface: Any = dataclasses.field(default_factory=Series)
    settings: EnthalpySettings = dataclasses.field(default_factory=EnthalpySettings)

    def layers(self, snow: Snow, soil: Soil, parameters: SoilParameters, thickness: Array) -> HeatLayers:
        """Snow and soil as they conduct, [snow + layer, column]."""
        return heat_layers(snow, soil, parameters, thickness, self.snow_conductivity)

    def coupling(
        self, snow: Snow, soil: Soil, parameters: SoilParameters, thickness: Array, dt: Array
    ) -> tuple[Array, Array]:
        """Conductance k, W m-2 K-1, and temperature T, K, [column], with ground heat = k (T_ground - T).

        The top layer ends at a + b G after a step with the flux G, to first order; with r the resistance from the
        surface to its middle, k = 1 / (r + b) and T = a.
        """
        layers = self.layers(snow, soil, parameters, thickness)
        count = snow.thickness.shape[0]
        exchange = self.bottom.exchange(
            layers.thickness[count:], layers.conductivity[count:], parameters.deep_temperature
        )
        conductance = self.interface.conductance(layers)
        lower, middle, _ = matrix(conductance, exchange, dt)
        capacity = layers.capacity + apparent_capacity(layers, snow, soil, parameters)
        no_flux = jnp.zeros_like(layers.temperature[0])
        gain = dt * divergence(conductance, layers.temperature, layers.top, no_flux, exchange)
        change, response = response_at_top(lower, capacity + middle, gain, dt)
        contact = jnp.sum(layers.top * (layers.temperature + change), axis=0)
        resistance = 1.0 / surface_conductance(layers) + thin_resistance(snow, self.snow_conductivity)
        return 1.0 / (resistance + jnp.sum(layers.top * response, axis=0)), contact

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
        thin = thin_snow(snow)
        on_soil = jnp.concatenate([thin[None], jnp.zeros_like(dz[1:])])
        there = layers.present[:count]
        melting = jnp.concatenate([jnp.where(there, snow.ice + snow.liquid, 0.0), on_soil])
        ice = jnp.concatenate([jnp.where(there, snow.ice, 0.0), on_soil + RHO_WATER * dz * soil.ice])
        made = enthalpy_step(
            layers,
            FreezingLayers(melting, soil.liquid + soil.ice, parameters.retention),
            ice,
            self.interface.conductance(layers),
            ground_heat,
            exchange,
            dt,
            self.settings,
        )
        from_thin = thin - made.snow_ice[count]
        from_layers = jnp.where(there, snow.ice - made.snow_ice[:count], 0.0)
        melted = (from_layers, from_thin, RHO_WATER * dz * (soil.ice - made.ice))
        after = updated(snow, soil, dz, made.temperature, melted)
        fluxes = heat_fluxes(
            layers,
            (snow, soil),
            after,
            dz,
            ground_heat=ground_heat,
            bottom_heat=made.bottom_heat,
            melted=from_thin,
            dt=dt,
            solver=(made.iterations, made.converged),
        )
        return *after, fluxes


def thin_resistance(snow: Snow, scheme: Any) -> Array:
    """Thermal resistance of snow without layers, m2 K W-1, [column]."""
    water = thin_snow(snow)
    some = (water > 0.0) & (snow.depth > 0.0)
    density = jnp.where(some, water / jnp.where(some, snow.depth, 1.0), THIN_DENSITY)
    return jnp.where(some, snow.depth, 0.0) / scheme.conductivity(density)


def apparent_capacity(layers: HeatLayers, snow: Snow, soil: Soil, parameters: SoilParameters) -> Array:
    """Latent heat per change of temperature that the surface may count on, J m-2 K-1, [snow + layer, column].

    The slope of the freezing curve, and at most what the layer's ice or its liquid water gives over 10 K: the slope
    alone promises more near 0 degrees C than there is.
    """
    count = snow.thickness.shape[0]
    dz = layers.thickness[count:]
    water = FreezingLayers(layers.capacity, soil.liquid + soil.ice, parameters.retention)
    x = FREEZING_POINT - soil.temperature
    cold = x > 0.0
    slope = jnp.where(cold, water.held(jnp.where(cold, x, 1.0))[1], 0.0)
    both = jnp.minimum(soil.liquid, soil.ice) / EXCURSION
    in_soil = RHO_WATER * dz * jnp.where(both > 0.0, jnp.minimum(both, slope), 0.0)
    in_snow = jnp.minimum(snow.ice, snow.liquid) / EXCURSION
    return LATENT_HEAT_FUSION * jnp.concatenate([in_snow, in_soil])


def response_at_top(lower: Array, diagonal: Array, gain: Array, dt: Array) -> tuple[Array, Array]:
    """Change of temperature, K, and its response to a flux, K m2 W-1, of every layer if it were the uppermost.

    lower, diagonal   [layer, column] J m-2 K-1   of a symmetric system; gain [layer, column] J m-2
    Elimination from the bottom up.
    """

    def up(carry: tuple[Array, Array, Array], row: tuple[Array, Array, Array]) -> tuple[Any, tuple[Array, Array]]:
        coupling, pivot, collected = carry
        a, d, g = row
        # `coupling` is the entry between this layer and the one below it, which has been eliminated.
        inverse = 1.0 / (d - coupling * coupling * pivot)
        total = g - coupling * pivot * collected
        return (a, inverse, total), (total * inverse, dt * inverse)

    zero = jnp.zeros_like(gain[0])
    _, (change, response) = jax.lax.scan(up, (zero, zero, zero), (lower, diagonal, gain), reverse=True)
    return change, response
