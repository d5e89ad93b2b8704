"""Land and subsurface as one model: the column model with water that moves between columns, below and on the ground.

In a step the land hands down infiltration, evaporation and root uptake, and gets back what really flowed, with the
water of its layers after it. `iterations` says how often a step is taken again with what the land then knows.
Source: Maxwell & Miller (2005), J. Hydrometeorol. 6, 233-247; Kollet & Maxwell (2008), Water Resour. Res. 44, W02402
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from vadose.arrays import Array, pytree, static
from vadose.constants import RHO_WATER
from vadose.errors import GridMismatch, RangeError
from vadose.land.air import Forcing
from vadose.land.parameters import SoilParameters
from vadose.land.state import Soil
from vadose.model.column import ColumnModel
from vadose.model.coupled_fields import SubsurfaceStore, table_depth, water_of
from vadose.model.coupled_water import NOT_THERE, SubsurfaceWater
from vadose.model.state import Budget, Fluxes, Parameters, State


@pytree
class Seen:
    """A process of the land that sees other water in the soil than the step begins with.

    process        with `uptake` or `resistance`, as the slots `stress` and `soil_resistance` have
    liquid, ice    [layer, column] m3 m-3
    """

    process: Any
    liquid: Array
    ice: Array

    def uptake(self, soil: Soil, *given: Any) -> Any:
        """The process's, for that water."""
        return self.process.uptake(replace(soil, liquid=self.liquid, ice=self.ice), *given)

    def resistance(self, soil: Soil, *given: Any, **named: Any) -> Any:
        """The process's, for that water."""
        return self.process.resistance(replace(soil, liquid=self.liquid, ice=self.ice), *given, **named)


@pytree
class CoupledFluxes(Fluxes):
    """Fluxes of columns over a subsurface, and what of its state needs the soil to be known.

    saturation   [z, column] 1   of all layers at the end of the step, see SubsurfaceWater.saturation
    """

    saturation: Array


@pytree
class CoupledModel(ColumnModel):
    """The column model over a subsurface, whose `soil_water` is a SubsurfaceWater.

    iterations   times that a step is taken: from the second on roots and the ground's surface see the mean of the
                 water at its beginning and at the end that the time before gave. Each time starts from the same
                 state, so that water and energy close as in a single step.
    Columns know of each other: the gradients of `vadose.model.gradient` are those of the sum over columns.
    """

    iterations: int = static(1)

    def step(self, state: State, parameters: Parameters, forcing: Forcing, dt: Array) -> tuple[State, Fluxes, Budget]:
        """As ColumnModel.step."""
        if self.iterations == 1:
            after, fluxes, budget = super().step(state, parameters, forcing, dt)
            water: Any = self.soil_water
            saturation = water.saturation(after.soil, after.groundwater, parameters.soil)
            return after, CoupledFluxes(**vars(fluxes), saturation=saturation), budget
        last: tuple[State, Fluxes, Budget] = jax.tree.map(lambda v: v[-1], self.times(state, parameters, forcing, dt))
        return last

    def times(self, state: State, parameters: Parameters, forcing: Forcing, dt: Array) -> tuple[State, Fluxes, Budget]:
        """What `step` gives each time that it is taken, [time, ...]; the first is that of a single step."""
        soil = state.soil

        def again(water: tuple[Array, Array], _: None) -> tuple[tuple[Array, Array], Any]:
            model = replace(
                self, iterations=1, stress=Seen(self.stress, *water), soil_resistance=Seen(self.soil_resistance, *water)
            )
            done = model.step(state, parameters, forcing, dt)
            after = done[0].soil
            return (0.5 * (soil.liquid + after.liquid), 0.5 * (soil.ice + after.ice)), done

        found: tuple[State, Fluxes, Budget]
        _, found = jax.lax.scan(again, (soil.liquid, soil.ice), None, length=self.iterations)
        return found


class Start(NamedTuple):
    """Water to begin with: liquid [layer, column] m3 m-3 of the land's layers, pond [column] kg m-2, the rest."""

    liquid: Array
    pond: Array
    store: SubsurfaceStore

    def into(self, state: State) -> State:
        """The state with this water."""
        store: Any = self.store  # in the place of Groundwater, of which the column model reads the aquifer alone
        return replace(state, soil=replace(state.soil, liquid=self.liquid), groundwater=store, pond=self.pond)


def coupled(model: ColumnModel, subsurface: SubsurfaceWater, iterations: int = 1) -> CoupledModel:
    """The column model with this water in place of its own; its runoff scheme goes with that.

    Raises GridMismatch where the first layers of the subsurface are not those of the model, RangeError for
    iterations < 1.
    """
    if iterations < 1:
        raise RangeError(f"iterations must be >= 1, got {iterations}")
    land, all_layers = np.asarray(model.thickness), np.asarray(subsurface.grid.thickness)
    if len(all_layers) < len(land):
        raise GridMismatch(
            f"the subsurface has {len(all_layers)} layers, the land {len(land)}; the land's are its first ones"
        )
    off = np.abs(all_layers[: len(land)] - land[:, None, None]).max(axis=(1, 2)) > 1e-9 * land
    if off.any():
        layer = int(np.argmax(off))
        raise GridMismatch(
            f"layer {layer} (from the top) is {land[layer]:g} m thick in the land and "
            f"{all_layers[layer].flat[0]:g} m in the subsurface; the first layers of both must be the same"
        )
    slots = {field.name: getattr(model, field.name) for field in fields(ColumnModel)}
    return CoupledModel(**slots | {"soil_water": subsurface, "iterations": iterations})


def initial_store(
    subsurface: SubsurfaceWater, soil: SoilParameters, water_table: Array, *, layers: int, ice: Array | None = None
) -> Start:
    """Water at rest over a water table: heads grow by a metre a metre downward, 0 at the table.

    water_table   [column] m below the ground, negative where water stands on it; columns of all members
    layers        of the land
    ice           [layer, column] m3 m-3 in the land's layers, default none
    """
    depths = subsurface.depths(subsurface.members * len(subsurface.place))
    centre = jnp.cumsum(depths, axis=0) - 0.5 * depths
    # The head of the first layer is the pond: it counts from the surface, and not from the middle of the layer.
    table = jnp.asarray(water_table, float)
    table = jnp.where(table < 0.0, centre[0] + table, jnp.maximum(table, centre[0]))
    return store_from_heads(subsurface, soil, centre - table, layers=layers, ice=ice)


def store_from_heads(
    subsurface: SubsurfaceWater, soil: SoilParameters, head: Array, *, layers: int, ice: Array | None = None
) -> Start:
    """Water that has these heads, [z, column] m, columns of all members; layers and ice as in `initial_store`."""
    columns = subsurface.members * len(subsurface.place)
    depths, there = subsurface.depths(columns), subsurface.there(columns)
    if jnp.shape(head) != depths.shape:
        raise GridMismatch(f"head is {jnp.shape(head)}, expected {depths.shape} (layer, column of all members)")
    frozen = jnp.zeros((layers, columns)) if ice is None else jnp.asarray(ice, float)
    head = jnp.where(there, jnp.maximum(head, subsurface.settings.psi_min), NOT_THERE)
    curve = subsurface.curve(subsurface.retention(soil, layers, columns), frozen)
    water = jnp.where(there, water_of(curve, depths, head), 0.0)
    pond = jnp.maximum(head[0], 0.0)
    liquid = jnp.concatenate([(water[0] - pond)[None], water[1:layers]]) / depths[:layers]
    store = SubsurfaceStore(head, water[layers:], table_depth(head, depths, there), jnp.zeros_like(pond))
    return Start(liquid, RHO_WATER * pond, store)
