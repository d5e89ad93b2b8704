"""Water and energy of land and subsurface together close, and water gathers where the land lies low."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from tests.model.coupled_columns import BELOW, DT, LAYERS, grid_of, parameters_of, weather

from vadose.flow.heat_conductivity import NoahJohansen
from vadose.flow.overland import KinematicWave
from vadose.model.coupled import coupled, initial_store
from vadose.model.coupled_water import SubsurfaceWater
from vadose.model.initial import initial_state
from vadose.model.presets import build
from vadose.model.run import Run, run
from vadose.soil.retention.van_genuchten import VanGenuchten

NY, NX, MEMBERS = 3, 7, 2
DAYS = 4


def valley() -> tuple[Any, np.ndarray]:
    """A valley along y that falls to the south, without the cells of one corner and one deep rock."""
    active = np.ones((len(LAYERS) + len(BELOW), NY, NX), bool)
    active[:, 0, 0] = False
    active[-1, 1, 1] = False
    east = np.broadcast_to(np.where(np.arange(NX) < NX // 2, -0.03, 0.03), (NY, NX))
    grid = grid_of((NY, NX), LAYERS + BELOW, slopes=(east, 0.005), active=active)
    return grid, np.flatnonzero(active[0])


def simulated(warmth: float, rain: float, table: float) -> tuple[Run, float, int]:
    """Days of weather over the valley; the change of all its water, kg m-2 summed over columns, and its columns."""
    grid, place = valley()
    columns = MEMBERS * place.size
    one = parameters_of(columns, seed=2)
    # Soils are alike, so that what differs is the place.
    theta_s = np.full((len(LAYERS), columns), 0.45)
    alike = {
        "retention": VanGenuchten(0.05, 0.45, 2.0, 1.5, 5e-6),
        "thermal": NoahJohansen.from_soil(0.3, theta_s),
    }
    one = replace(one, soil=replace(one.soil, **alike))
    water = SubsurfaceWater(
        grid, place, VanGenuchten(0.05, 0.4, 2.0, 1.6, 5e-6), KinematicWave(0.03), members=MEMBERS,
        stretch_x=20.0, stretch_y=20.0,
    )  # fmt: skip
    options = {"heat": "noah-curve", "stomata": "jarvis"}
    model = coupled(build("noahmp", layers=LAYERS, options=options), water)
    start = initial_store(water, one.soil, jnp.full(columns, table), layers=len(LAYERS))
    temperature = np.linspace(warmth, 283.0, len(LAYERS))[:, None] + np.zeros((len(LAYERS), columns))
    state = start.into(initial_state(model, one, moisture=0.0 * temperature + 0.2, temperature=temperature))
    names = (
        "surface_runoff", "subsurface_runoff", "ponded_water", "water_table_depth", "snow_water", "soil_ice",
        "soil_moisture", "recharge",
    )  # fmt: skip
    done = run(model, state, one, weather(DAYS, columns, warmth=warmth, rain=rain), DT, every=48, outputs=names)
    change = float(jnp.sum(model.storage(done.state) - model.storage(state)))
    return done, change, place.size


def check(done: Run, change: float, columns: int) -> None:
    tally = done.tally
    assert int(tally.failed.sum()) == 0
    fell = float(tally.precipitation.sum())
    assert float(tally.water.max()) < 1e-10 * fell
    assert float(tally.energy.max()) < 1e-8
    # What left the map over the land is all that left it: below the ground columns only exchange.
    assert abs(change - (fell - float(tally.evaporation.sum()) - float(tally.runoff.sum()))) < 1e-10 * fell
    below = np.asarray(done.means["subsurface_runoff"])
    for member in range(MEMBERS):
        one = below[:, member * columns : (member + 1) * columns]
        assert abs(one.sum()) < 1e-10 * np.abs(one).sum()


def on_map(values: Any) -> np.ndarray:
    """[column] of the first member as [y, x]."""
    _, place = valley()
    field = np.full(NY * NX, np.nan)
    field[place] = np.asarray(values)[: place.size]
    return field.reshape(NY, NX)


@pytest.mark.long  # tests/simulate/test_subsurface.py has the claim on a catchment
def test_after_rain_the_valley_is_wetter_than_the_ridges_and_its_water_table_higher() -> None:
    done, change, columns = simulated(290.0, 2e-4, 1.5)
    check(done, change, columns)
    table = on_map(done.means["water_table_depth"][-1])
    assert np.all(np.diff(table[1, : NX // 2 + 1]) < 0.0)
    assert np.all(np.diff(table[1, NX // 2 + 1 :]) > 0.0)
    root_zone = on_map(done.means["soil_moisture"][-1].sum(axis=0))
    assert root_zone[1, NX // 2] > root_zone[1, -1] + 1.0
    assert root_zone[1, NX // 2] > root_zone[1, 0] + 1.0
    # The deep layers of the valley gain what those of the ridges lose.
    recharge = on_map(done.means["recharge"].mean(axis=0))
    assert recharge[1, -1] < 0.0


@pytest.mark.slow
def test_water_and_heat_close_through_snow_frost_ponds_and_streams() -> None:
    done, change, columns = simulated(272.5, 1e-3, 0.3)
    check(done, change, columns)
    means = {name: np.asarray(values) for name, values in done.means.items()}
    assert means["snow_water"].max() > 1.0
    assert means["soil_ice"].max() > 0.1
    assert means["ponded_water"].max() > 0.1
    assert means["surface_runoff"].max() > 1e-5
    # Some cells take more water from uphill than they pass on.
    assert means["surface_runoff"].min() < 0.0
