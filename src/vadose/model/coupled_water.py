"""Water of the soil and below it in three dimensions, in the place that soil water has in the column model.

One soil: the land's layers are the first layers of the subsurface, with the same porosity, the same retention curve
and the same ice. Truth of the water are the land's liquid water, the pond and the deep layers' water; heads follow.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from vadose.arrays import Array, pytree, static, traced
from vadose.constants import RHO_WATER
from vadose.errors import GridMismatch, RangeError
from vadose.flow.curve import Curve, make_curve
from vadose.flow.linear_theta import fill_deficits
from vadose.flow.subsurface import Subsurface, SubsurfaceSettings, SubsurfaceState
from vadose.flow.subsurface_demand import Evaporation, RootUptake
from vadose.flow.subsurface_grid import SubsurfaceGrid
from vadose.flow.subsurface_step import SubsurfaceStep, step
from vadose.flow.subsurface_terms import FaceFlux
from vadose.land.parameters import SoilParameters
from vadose.land.state import Soil
from vadose.model.coupled_fields import Map, SubsurfaceStore, first_guess, joined, leaving, map_of, table_depth
from vadose.model.soil_water import SoilWaterFluxes
from vadose.soil.freezing import ice_impedance


@pytree
class _Member:
    """What a step is given of one member: closure [z, column], ice and uptake [layer, column], the rest in m, m s-1."""

    retention: Any
    ice: Array
    liquid: Array
    pond: Array
    head: Array
    deep: Array
    inflow: Array
    evaporation: Array
    uptake: Array


@pytree
class _After:
    """What a step made of one member: water [layer, column] and [column] m, fluxes m s-1, counts [column]."""

    water: Array
    pond: Array
    store: SubsurfaceStore
    runoff: Array
    below: Array
    recharge: Array
    evaporation: Array
    uptake: Array
    converged: Array
    iterations: Array
    substeps: Array


@pytree
class SubsurfaceWater:
    """Soil water of the columns of a map that exchange water below and on the ground.

    grid               its first layers are those of the land; columns without land are not active
    place              [column] int, flattened y * nx + x of each column of one member
    deep               closure of the layers below the land's, leaves [z - layer, column] or numbers, or None
    overland           KinematicWave, DiffusiveWave, ..., or None: what ponds stays
    terms              what cells exchange with the outside, see flow.subsurface_terms
    settings           of the solver
    specific_storage   m-1, [z, y, x] or a number
    stretch_x, stretch_y   1, horizontal over vertical conductivity; 0: no exchange below the ground
    omega              1, impedance of ice, K times 10^(-omega ice / theta_s)
    psi_dry            m, head of a dry surface and of soil that gives no more water to roots
    members            how many stand one after another in the columns; they do not exchange
    differentiable     for reverse mode through the step
    """

    grid: SubsurfaceGrid
    place: Array
    deep: Any = None
    overland: Any = None
    terms: tuple[Any, ...] = ()
    settings: SubsurfaceSettings = SubsurfaceSettings()
    specific_storage: Array = 1e-5
    stretch_x: Array = 1.0
    stretch_y: Array = 1.0
    omega: Array = 7.0
    psi_dry: Array = -1e4
    members: int = static(1)
    differentiable: bool = static(False)

    def __post_init__(self) -> None:
        if self.members < 1:
            raise RangeError(f"members must be >= 1, got {self.members}")
        if not traced(self.place, self.grid.active):
            _check_places(self.grid, np.asarray(self.place))

    @property
    def map(self) -> Map:
        """Where the columns of a member lie."""
        return map_of(self.grid, self.place)

    def step(
        self,
        soil: Soil,
        groundwater: SubsurfaceStore,
        pond: Array,
        parameters: SoilParameters,
        thickness: Array,
        *,
        inflow: Array,
        evaporation: Array,
        uptake: Array,
        dt: Array,
    ) -> tuple[Soil, SubsurfaceStore, Array, SoilWaterFluxes]:
        """Soil, deep water, pond kg m-2 and fluxes after dt seconds; arguments as `LinearTheta.step`.

        surface_runoff is what leaves a column over the land less what comes, subsurface_runoff the same below the
        ground with what terms took, recharge what the layers below the land's gained.
        """
        land, columns = soil.liquid.shape
        one = jnp.ones(columns)
        given = _Member(
            retention=self.retention(parameters, land, columns),
            ice=soil.ice,
            liquid=soil.liquid,
            pond=pond / RHO_WATER,
            head=groundwater.head,
            deep=groundwater.deep,
            inflow=inflow / RHO_WATER * one,
            evaporation=evaporation / RHO_WATER * one,
            uptake=uptake / RHO_WATER * jnp.ones_like(soil.liquid),
        )
        after = _together(jax.lax.map(lambda one: self._member(one, thickness, dt), self._apart(given)))
        fluxes = SoilWaterFluxes(
            surface_runoff=RHO_WATER * after.runoff,
            subsurface_runoff=RHO_WATER * after.below,
            recharge=RHO_WATER * after.recharge,
            infiltration=RHO_WATER * (given.inflow - (after.pond - given.pond) / dt - after.runoff),
            evaporation=RHO_WATER * after.evaporation,
            uptake=RHO_WATER * after.uptake,
            converged=after.converged,
            iterations=after.iterations,
            substeps=after.substeps,
        )
        return replace(soil, liquid=after.water / thickness), after.store, RHO_WATER * after.pond, fluxes

    def retention(self, parameters: SoilParameters, land: int, columns: int) -> Any:
        """The closure of all layers, leaves [z, columns]; `land` layers of them are the land's."""
        return joined(parameters.retention, self.deep, (land, self.grid.shape[0] - land), columns)

    def saturation(self, soil: Soil, groundwater: SubsurfaceStore, parameters: SoilParameters) -> Array:
        """Water and ice over the pores without ice, [z, columns] 1, of all layers; no elastic storage, no pond."""
        land, columns = soil.liquid.shape
        deep = groundwater.deep / self.depths(columns)[land:]
        held = jnp.concatenate([soil.liquid + soil.ice, deep])
        return jnp.minimum(held / self.retention(parameters, land, columns).theta_s, 1.0)

    def curve(self, retention: Any, ice: Array) -> Curve:
        """The curve of columns of one or all members; retention leaves [z, column], ice [layer, column] m3 m-3."""
        count = self.grid.shape[0]
        return make_curve(
            retention,
            (count, ice.shape[1]),
            porosity=retention.theta_s - _over_all(ice, count),
            smooth_head=self.settings.smooth_head,
            specific_storage=self.of_columns(self.specific_storage, ice.shape[1]),
        )

    def depths(self, columns: int) -> Array:
        """Thickness of all layers, [z, columns] m, of one or all members."""
        return self.of_columns(self.grid.thickness, columns)

    def there(self, columns: int) -> Array:
        """Layers that take part, [z, columns] bool, of one or all members."""
        return self.of_columns(1.0 if self.grid.active is None else jnp.asarray(self.grid.active, float), columns) > 0.0

    def of_columns(self, field: Array, columns: int) -> Array:
        """A field of the map, [z, y, x] or what broadcasts to it, as [z, columns] of one or all members."""
        one = self.map.gather(field * jnp.ones(self.grid.shape))
        return jnp.tile(one, (1, columns // one.shape[1]))

    def _apart(self, tree: Any) -> Any:
        """[.., members * column] as [members, .., column]."""
        m = self.members
        return jax.tree.map(lambda v: jnp.moveaxis(v.reshape(*v.shape[:-1], m, v.shape[-1] // m), -2, 0), tree)

    def _member(self, given: _Member, land: Array, dt: Array) -> _After:
        """A step of one member; land [layer, 1] m."""
        cells, columns = self.map, given.pond.shape[0]
        there, thickness = self.there(columns), self.depths(columns)
        curve = self.curve(given.retention, given.ice)
        # Drier water than that of psi_min stands still: it is put aside.
        lowest = curve.scale * given.retention.water_content(self.settings.psi_min * jnp.ones_like(thickness))
        held = jnp.concatenate([given.liquid * land, given.deep])
        aside = jnp.where(there, jnp.minimum(held - lowest * thickness, 0.0), 0.0)
        water = jnp.concatenate([held[:1] + given.pond, held[1:]]) - aside
        head = jax.lax.stop_gradient(first_guess(curve, thickness, given.head, water, lowest))
        head = jnp.where(there, jnp.clip(head, self.settings.psi_min, None), NOT_THERE)
        state = SubsurfaceState(cells.spread(head, NOT_THERE), cells.spread(water, 0.0))
        done = step(self._problem(given, cells, dt), state, dt, self.settings, differentiable=self.differentiable)
        return self._after(given, done, held, aside, dt)

    def _problem(self, given: _Member, cells: Map, dt: Array) -> Subsurface:
        """The subsurface of one member as this step finds it."""
        shape = self.grid.shape
        theta_s = given.retention.theta_s
        ice = _over_all(given.ice, shape[0])
        offered = given.pond / dt + given.inflow
        direct = jnp.minimum(given.evaporation, offered)
        rain = jnp.zeros(shape).at[0].set(cells.spread(given.inflow, 0.0))
        land_terms = (
            FaceFlux(rain),
            Evaporation(cells.spread(direct, 0.0), cells.spread(given.evaporation - direct, 0.0), self.psi_dry),
            RootUptake(cells.spread(given.uptake, 0.0), self.psi_dry),
        )
        return Subsurface(
            grid=self.grid,
            retention=jax.tree.map(cells.spread, given.retention),
            specific_storage=self.specific_storage,
            stretch_x=self.stretch_x,
            stretch_y=self.stretch_y,
            overland=self.overland,
            terms=land_terms + tuple(self.terms),
            porosity=cells.spread(theta_s - ice),
            impedance=cells.spread(ice_impedance(jnp.clip(ice / theta_s, 0.0, 1.0), self.omega)),
            everywhere=False,
        )

    def _after(self, given: _Member, done: SubsurfaceStep, held: Array, aside: Array, dt: Array) -> _After:
        """What a step made of columns that held `held` in their layers; the pond is what stands above the ground."""
        cells = self.map
        head, water = cells.gather(done.state.head), cells.gather(done.state.water) + aside
        rain, evaporation, uptake = (cells.gather(rate) for rate in done.rates[:3])
        pond = jnp.clip(head[0], 0.0, jnp.maximum(water[0], 0.0))
        water = jnp.concatenate([(water[0] - pond)[None], water[1:]])
        # Dry layers may end below 0 by the rounding of their wet neighbours.
        water, _ = fill_deficits(water, jnp.zeros_like(water), jnp.zeros_like(pond))
        # Of a step that was given up, what falls in the time that was not reached stays on the ground.
        left = jnp.where(done.converged, 0.0, (given.inflow - rain[0]) * dt)
        over = (done.x[:, 1:] - done.x[:, :-1]) / self.grid.dx + (done.y[1:] - done.y[:-1]) / self.grid.dy
        over = cells.gather(over)
        n, count = pond.shape[0], given.liquid.shape[0]
        table = table_depth(head, self.depths(n), self.there(n))
        discharge = cells.gather(leaving(done.x, done.y, self.grid.dx, self.grid.dy))
        pond = pond + left
        gained = pond - given.pond + jnp.sum(water, axis=0) - jnp.sum(held, axis=0)
        taken = jnp.sum(uptake, axis=0) + evaporation[0]
        # What the flow leaves unexplained over all columns stays unexplained in each.
        lost = done.unbalanced / (self.grid.area * n)
        return _After(
            water=water[:count],
            pond=pond,
            store=SubsurfaceStore(head, water[count:], table, discharge),
            runoff=over,
            below=given.inflow + taken - over - (gained - lost) / dt,
            recharge=(jnp.sum(water[count:], axis=0) - jnp.sum(given.deep, axis=0)) / dt,
            evaporation=-evaporation[0],
            uptake=-uptake[:count],
            converged=jnp.full(n, done.converged),
            iterations=jnp.full(n, done.iterations),
            substeps=jnp.full(n, done.substeps),
        )


def _together(tree: Any) -> Any:
    """[members, .., column] as [.., members * column]."""

    def one(v: Array) -> Array:
        v = jnp.moveaxis(v, 0, -2)
        return v.reshape(*v.shape[:-2], v.shape[-2] * v.shape[-1])

    return jax.tree.map(one, tree)


def _over_all(ice: Array, layers: int) -> Array:
    """[layer, column] with 0 in the layers below the land's, [z, column]."""
    return jnp.concatenate([ice, jnp.zeros((layers - ice.shape[0], ice.shape[1]))])


def _check_places(grid: SubsurfaceGrid, place: np.ndarray) -> None:
    """Raises GridMismatch where columns and active cells of the surface are not the same."""
    _, ny, nx = grid.shape
    if place.ndim != 1 or not np.issubdtype(place.dtype, np.integer):
        raise GridMismatch(f"place must be [column] whole numbers y * nx + x, got {place.dtype} {place.shape}")
    wanted = np.arange(ny * nx) if grid.active is None else np.flatnonzero(np.asarray(grid.active)[0])
    counts = np.bincount(np.clip(place, 0, ny * nx), minlength=ny * nx + 1)
    if place.size and (place.min() < 0 or place.max() >= ny * nx):
        raise GridMismatch(
            f"place runs from {place.min()} to {place.max()}, expected 0 to {ny * nx - 1} on {ny} x {nx}"
        )
    twice = np.flatnonzero(counts > 1)
    if twice.size:
        raise GridMismatch(
            f"place names cell {twice[0]} (y={twice[0] // nx}, x={twice[0] % nx}) {counts[twice[0]]} times"
        )
    odd = np.setxor1d(place, wanted)
    if odd.size:
        side = "a column lies on a cell that is not active" if odd[0] in place else "an active cell has no column"
        raise GridMismatch(
            f"{side}: y={odd[0] // nx}, x={odd[0] % nx} ({odd.size} such cells); take "
            "`place = np.flatnonzero(active[0])` of the grid's own `active`"
        )


NOT_THERE = -1.0  # m, head of cells that take no part
