"""Land and subsurface as one model: without exchange it is the column model, and taking a step again converges."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.model.coupled_columns import BELOW, DT, LAYERS, TIGHT, AllEnters, grid_of, parameters_of, weather

from vadose.arrays import pytree
from vadose.flow.boundary import ZeroFlux
from vadose.flow.overland import KinematicWave
from vadose.flow.richards import RichardsSettings
from vadose.flow.richards_conductivity import Upwind
from vadose.land.state import Groundwater, Soil
from vadose.model.coupled import CoupledModel, coupled, initial_store
from vadose.model.coupled_water import SubsurfaceWater
from vadose.model.initial import initial_state
from vadose.model.presets import build
from vadose.model.run import run
from vadose.model.soil_water import RichardsWater, SoilWaterFluxes
from vadose.soil.retention.van_genuchten import VanGenuchten

N = 6
OPTIONS = {"heat": "noah-curve", "stomata": "jarvis"}


def part(tree: Any, columns: slice) -> Any:
    return jax.tree.map(lambda v: v[..., columns] if jnp.ndim(v) else v, tree)


@pytree
class Beside:
    """Soil water of the first half of the columns by one process, of the second by another: one program for both."""

    first: Any
    second: Any

    def step(
        self, soil: Any, groundwater: Any, pond: Any, parameters: Any, thickness: Any, *, dt: Any, **asked: Any
    ) -> Any:
        """Both, side by side."""
        half = pond.shape[0] // 2
        here, there = slice(None, half), slice(half, None)
        a = self.first.step(
            part(soil, here),
            groundwater.first,
            pond[here],
            part(parameters, here),
            thickness,
            dt=dt,
            **part(asked, here),
        )
        b = self.second.step(
            part(soil, there), groundwater.second, pond[there], part(parameters, there), thickness, dt=dt,
            **part(asked, there),
        )  # fmt: skip
        join = lambda x, y: jnp.concatenate([x, y], axis=-1)  # noqa: E731
        return jax.tree.map(join, a[0], b[0]), Two(a[1], b[1]), join(a[2], b[2]), jax.tree.map(join, a[3], b[3])


@pytree
class Two:
    """Groundwater of both halves."""

    first: Any
    second: Any

    @property
    def aquifer(self) -> Any:
        """Of all columns, kg m-2."""
        return jnp.concatenate([self.first.aquifer, self.second.aquifer])


def twice(tree: Any) -> Any:
    return jax.tree.map(lambda v: jnp.concatenate([v, v], axis=-1) if jnp.ndim(v) else v, tree)


@pytest.mark.slow
@pytest.mark.parametrize(("warmth", "frozen"), [(290.0, False), (264.0, True)])
def test_without_exchange_below_or_above_the_ground_it_is_the_column_model(warmth: float, frozen: bool) -> None:
    column = RichardsWater(
        runoff=AllEnters(), bottom=ZeroFlux(), deepest_pond=1e9,
        settings=RichardsSettings(mean=Upwind(), specific_storage=1e-5, smooth_head=0.01, tolerance=1e-12),
    )  # fmt: skip
    water = SubsurfaceWater(grid_of((2, 3), LAYERS), np.arange(N), settings=TIGHT, stretch_x=0.0, stretch_y=0.0)
    model = replace(build("noahmp", layers=LAYERS, options=OPTIONS), soil_water=Beside(column, water))
    one = parameters_of(N)
    start = initial_store(water, one.soil, jnp.full(N, 2.5), layers=len(LAYERS))
    temperature = np.linspace(warmth, 283.0, len(LAYERS))[:, None] + np.zeros((len(LAYERS), N))
    state = start.into(initial_state(model, one, moisture=0.0 * temperature + 0.2, temperature=temperature))
    none = Groundwater(jnp.zeros(N), jnp.zeros(N), jnp.zeros(N))
    held: Any = Two(none, start.store)
    alone: Any = replace(state, groundwater=none)
    both = replace(twice(alone), groundwater=held)
    forcing = twice(weather(4, N, warmth=warmth, rain=4e-5 if frozen else 1e-4))
    names = ("soil_moisture", "soil_ice", "transpiration", "latent_heat", "precipitation", "ponded_water")
    done = run(model, both, twice(one), forcing, DT, every=48, outputs=names)
    means = {name: np.asarray(values) for name, values in done.means.items()}
    assert means["ponded_water"].max() == 0.0
    assert means["precipitation"].max() > 1e-5
    assert frozen or means["transpiration"].max() > 1e-6
    assert bool(means["soil_ice"].max() > 1.0) == frozen
    assert int(done.tally.failed.sum()) == 0
    soil: Soil = done.state.soil
    np.testing.assert_allclose(soil.liquid[:, N:], soil.liquid[:, :N], atol=1e-8)
    np.testing.assert_allclose(soil.ice[:, N:], soil.ice[:, :N], atol=1e-8)
    np.testing.assert_allclose(means["latent_heat"][:, N:], means["latent_heat"][:, :N], atol=1e-6)
    assert float(done.tally.energy.max()) < 1e-8


@pytest.fixture(scope="module")
def drying() -> Any:
    """A coupled model that takes a step four times, in a dry spell at noon: `times` of any dt."""
    water = SubsurfaceWater(
        grid_of((2, 3), LAYERS + BELOW, slopes=(0.02, 0.01)), np.arange(N), VanGenuchten(0.05, 0.4, 2.0, 1.6, 5e-6),
        KinematicWave(0.03), settings=TIGHT,
    )  # fmt: skip
    model = coupled(build("noahmp", layers=LAYERS, options=OPTIONS), water, 4)
    parameters = parameters_of(N)
    start = initial_store(water, parameters.soil, jnp.full(N, 4.0), layers=len(LAYERS))
    temperature = np.full((len(LAYERS), N), 295.0)
    state = start.into(initial_state(model, parameters, moisture=0.0 * temperature + 0.2, temperature=temperature))
    noon = jax.tree.map(lambda x: x[26], weather(1, N, warmth=298.0, rain=0.0))
    return jax.jit(lambda dt: model.times(state, parameters, noon, dt))


@pytest.mark.slow
def test_a_step_taken_again_differs_by_its_length_and_comes_to_rest(drying: Any) -> None:
    change = []
    for dt in (1800.0, 900.0):
        state, fluxes, budget = drying(dt)
        assert bool(fluxes.converged.all())
        # Each time closes by itself.
        assert float(jnp.abs(budget.water).max()) < 1e-9
        assert float(jnp.abs(budget.energy).max()) < 1e-8
        latent = np.asarray(fluxes.latent)
        steps = np.abs(np.diff(latent, axis=0)).max(axis=1)
        assert steps[0] > 1e-3
        assert steps[1] < 0.2 * steps[0]
        assert steps[2] < 0.2 * steps[1]
        change.append(steps[0])
    # What the soil loses in a step is in proportion to its length, and so is what the land learns from it.
    assert change[0] / change[1] == pytest.approx(2.0, rel=0.2)


def test_of_a_step_taken_again_the_last_time_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    water = SubsurfaceWater(grid_of((2, 3), LAYERS), np.arange(N))
    model = coupled(build("noahmp", layers=LAYERS), water, 3)
    assert isinstance(model, CoupledModel)
    assert model.soil_water is water
    assert {field.name for field in fields(model)} > {"stress", "soil_resistance", "thickness"}
    given = ({"liquid": jnp.arange(3.0)}, jnp.arange(3.0) + 10.0, jnp.arange(3.0) + 20.0)
    monkeypatch.setattr(CoupledModel, "times", lambda *_: given)
    last: Any = model.step(*[None] * 4)  # type: ignore[arg-type]
    assert [float(last[0]["liquid"]), float(last[1]), float(last[2])] == [2.0, 12.0, 22.0]


def test_the_fluxes_are_those_of_other_soil_water() -> None:
    water = SubsurfaceWater(grid_of((2, 3), LAYERS), np.arange(N))
    parameters = parameters_of(N).soil
    start = initial_store(water, parameters, 2.0, layers=len(LAYERS))
    zero = jnp.zeros(N)
    soil = Soil(jnp.full((5, N), 285.0), start.liquid, jnp.zeros((5, N)))
    asked = {"inflow": zero, "evaporation": zero, "uptake": jnp.zeros((5, N)), "dt": DT}
    thickness = jnp.asarray(LAYERS)[:, None]
    mine = jax.eval_shape(lambda: water.step(soil, start.store, zero, parameters, thickness, **asked))
    none = Groundwater(zero, zero, zero)
    theirs = jax.eval_shape(lambda: RichardsWater().step(soil, none, zero, parameters, thickness, **asked))
    for field in fields(SoilWaterFluxes):
        a, b = getattr(mine[3], field.name), getattr(theirs[3], field.name)
        assert (a.shape, a.dtype) == (b.shape, b.dtype), field.name
