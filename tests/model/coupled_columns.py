"""Columns of land on a small map for tests of the coupled model: soils, plants, a week of weather."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from vadose.flow.heat_conductivity import NoahJohansen
from vadose.flow.subsurface import SubsurfaceSettings
from vadose.flow.subsurface_grid import SubsurfaceGrid
from vadose.land.air import Forcing
from vadose.land.parameters import SoilParameters
from vadose.land.runoff.column import RunoffScheme
from vadose.land.tables import modis_vegetation, soil_colour
from vadose.model.state import Parameters
from vadose.soil.retention.van_genuchten import VanGenuchten

LAYERS = (0.05, 0.1, 0.2, 0.4, 0.8)  # m, of the land
BELOW = (1.0, 2.0, 4.0)  # m, under the land's
TIGHT = SubsurfaceSettings(smooth_head=0.01, tolerance=1e-12, linear=1e-8, last=1e-8)
DT = 1800.0


class AllEnters(RunoffScheme):
    """Runoff without losses: all that falls may enter."""

    def infiltration(self, prepared: Any, column: Any, liquid: Any, *, inflow: Any, infiltrated: Any, dt: Any) -> Any:
        """The inflow."""
        return inflow


jax.tree_util.register_static(AllEnters)


def parameters_of(columns: int, seed: int = 0, layers: int = len(LAYERS)) -> Parameters:
    """So many columns of different soils and plants, layers alike in kind but not in conductivity."""
    draw = np.random.default_rng(seed)
    layered, one = np.zeros((layers, columns)), np.zeros(columns)
    dry, saturated = soil_colour(np.full(columns, 4))
    theta_s = draw.uniform(0.38, 0.5, columns) + layered
    soil = SoilParameters(
        retention=VanGenuchten(
            0.05 + layered, theta_s, draw.uniform(0.8, 3.0, columns) + layered,
            draw.uniform(1.2, 1.8, columns) + layered,
            np.exp(draw.uniform(np.log(1e-6), np.log(1e-5), (layers, columns))),
        ),
        thermal=NoahJohansen.from_soil(0.3, theta_s),
        solids_heat=2e6 + layered, wilting_point=0.12 + layered, critical_point=0.30 + layered,
        albedo_dry=dry, albedo_saturated=saturated, roughness=0.002 + one, slope=0.1 + one,
        deep_temperature=283.0 + one,
    )  # fmt: skip
    plants = modis_vegetation(np.resize([10, 12, 5, 16], columns))
    return jax.tree.map(jnp.asarray, Parameters(plants, soil, 20.0 + one))


def weather(days: int, columns: int, *, warmth: float = 290.0, rain: float = 1e-4, seed: int = 3) -> Forcing:
    """Days with a sun, and showers of `rain` kg m-2 s-1 in a quarter of the hours; a little other in each column."""
    draw = np.random.default_rng(seed)
    hour = (np.arange(days * 48) + 0.5) / 2.0
    sun = np.cos(2.0 * np.pi * (hour - 12.0) / 24.0)
    showers = np.repeat(draw.random(days * 8) < 0.25, 6)
    cloud = np.where(showers, 0.3, 1.0)
    flat, none = np.ones_like(hour), np.full_like(hour, np.nan)
    temperature = warmth + 6.0 * sun
    saturated = 611.2 * np.exp(17.67 * (temperature - 273.15) / (temperature - 29.65))
    series = (
        temperature, 0.622 * 0.7 * saturated / 98e3, 98e3 * flat, 3.0 * flat, 800.0 * cloud * np.maximum(sun, 0.0),
        0.8 * 5.67e-8 * temperature**4, rain * showers, sun, 0.5 * flat, none, none,
    )  # fmt: skip
    fields = [np.repeat(x[:, None], columns, 1) for x in series]
    fields[6] = fields[6] * draw.uniform(0.5, 1.5, columns)
    return Forcing(*map(jnp.asarray, fields))


def grid_of(
    shape: tuple[int, int], layers: tuple[float, ...], *, slopes: Any = (0.0, 0.0), dx: float = 50.0, active: Any = None
) -> SubsurfaceGrid:
    """A map of ny x nx cells over these layers, inclined by `slopes` toward +x, +y."""
    thickness = np.array(layers)[:, None, None]
    x, y = (np.broadcast_to(s, shape) + 0.0 for s in slopes)
    return SubsurfaceGrid(thickness, x, y, dx, dx, active=active)
