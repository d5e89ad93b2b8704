"""The embedded sample of an assimilation, a twin experiment: a simulated truth, its footprints, an ensemble beside it.

Weather and soil are invented, over a square of cells 500 m wide. The truth is one draw of the same uncertainties that
make the members, with a seed of its own, so that a consistent filter can be told from one that is not. With a
subsurface the cells lie in an invented valley, down which water runs below the ground and over it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import xarray as xr

import vadose
from vadose.constants import EARTH_RADIUS
from vadose.simulate.sample import FIRST_DAY, Place, invent
from vadose.workflow.cache import write_text
from vadose.workflow.output import write_dataset

SEED = 20261122
STEP = 3600.0  # s
WIDTH = 500.0  # m, of a cell
LAYER = 1.35  # m, of the layers below the land's
# Centre of the square, degrees: where four pixels of the 9 km EASE-Grid 2.0 meet, two thirds of each of which lie in a
# square of 15 km, as a pixel is 7.2 km wide and 11.2 km high there.
LATITUDE, LONGITUDE = 45.99531, 8.12241
CLIMATE = Place("Valley", LATITUDE, LONGITUDE, 300.0, 288.5, 8.0, 3.0, 11.0, 2.0, 0.30, 0.35, 7.0, 0.1)
SPRING = 120  # days of the year before the first: by default it is in May, when snow is no matter
UNITS = {
    "tas": ("K", "air_temperature"), "huss": ("1", "specific_humidity"), "ps": ("Pa", "surface_air_pressure"),
    "sfcWind": ("m s-1", "wind_speed"), "rsds": ("W m-2", "surface_downwelling_shortwave_flux_in_air"),
    "rlds": ("W m-2", "surface_downwelling_longwave_flux_in_air"), "pr": ("kg m-2 s-1", "precipitation_flux"),
}  # fmt: skip

# What both studies share; nothing here is a result about a real place.
SHARED = """\
[forcing]
path = "weather.nc"
time_zone = "UTC"

[model]
preset = "{preset}"
step = 3600.0

[soil]
map = "invented"
ptf = "ch78"

[soil_maps.invented]
path = "soil.nc"
product = "generic"

[vegetation]
kind = "grasslands"

[ensemble]
control = false
size = {size}
seed = {seed}

[ensemble.forcing]
precipitation = {rain}
shortwave = 0.15
longwave = 30.0
temperature = 1.5
correlation = {memory}
length = {length}

[ensemble.texture]
sand = 10.0
clay = 10.0
length = {soil_length}

[ensemble.pedotransfer]
{factors}length = {soil_length}
{beginning}{subsurface}"""
BEGINNING = """
[ensemble.parameters]
"subsurface.water_table" = [{low}, {high}]
"""
SUBSURFACE = """
[subsurface]
layers = {layers}
elevation = "elevation.nc"
water_table = {water_table}

[spinup]
cycles = {spinup}
drift = 1e-6
"""
TRUTH = """\
# The truth of the twin experiment: one draw of the uncertainties.

[study]
title = "Truth of a twin experiment"

{shared}
[output]
every = "hour"
variables = {outputs}
"""
STUDY = """\
# The ensemble of the twin experiment, which sees the truth only through footprints of {pixel} km.

[study]
title = "Twin experiment"

{shared}
[output]
every = "{rows}"
variables = {outputs}

[assimilation]
experiments = {experiments}
filter = "{filter}"
radius = {radius}
parameters = {parameters}
damping = {damping}
{groundwater}{depth}{inflation}
[[assimilation.observations]]
name = "Footprints"
truth = "truth"
operator = "{operator}"
{pixel_line}depth = [0.0, 0.05]
coverage = 0.5
error = 0.04
every = {every}
{wells}"""
WELL = """
[[assimilation.observations]]
name = "Well {number}"
truth = "truth"
variable = "water_table_depth"
site = "{lat:.6f}, {lon:.6f}"
every = {every}
"""
OUTPUTS = (
    ["soil_moisture", "soil_ice", "soil_temperature", "snow_water", "evapotranspiration", "latent_heat"],
    ["soil_moisture", "soil_ice", "evapotranspiration", "transpiration", "subsurface_runoff"],
)  # of the truth, of the members
DEEP_OUTPUTS = ["soil_moisture", "soil_ice", "evapotranspiration", "runoff", "ponded_water", "water_table_depth"]


@dataclass(frozen=True)
class Twin:
    """How large a twin is, and how uncertain.

    cells, days, members;  pixel  km of the footprints, 0 observes each cell, every so many days;  preset  of the model
    rain, memory   standard deviation of the factor on rain, and hours over which the errors of the weather last
    length, soil_length   km over which errors of weather and soil are alike
    spread         standard deviation of log10 K_s about what the pedotransfer function says
    radius         km, of the localization;  damping  of the parameters;  rtps  share of spread that is given back
    width          m, of a cell;  rows  outputs of the members every "day" or "hour"
    start          days of the year before the first
    subsurface     the cells share one, of so many layers of 1.35 m below those of the land, and lie in a valley
    porosity       m3 m-3, standard deviation of the pores about what the function says, 0 for none
    water_table    m below the ground at first;  tables  factors on it between which members differ, none by default
    spinup         how often the period is run before it counts
    wells          how many cells have one, which is read as often as the footprints are
    groundwater    the heads below the land's layers are updated, "levels" by the wells alone
    depth          m, of the land's layers that are updated, 0 for all
    """

    cells: int = 6
    days: int = 30
    members: int = 12
    pixel: int = 0
    every: int = 3
    preset: str = "noahmp"
    rain: float = 0.5
    memory: float = 72.0
    length: float = 10.0
    soil_length: float = 3.0
    spread: float = 0.3
    radius: float = 4.0
    damping: float = 0.1
    rtps: float = 0.0
    filter: str = "letkf"
    experiments: tuple[str, ...] = ("open loop", "state", "state and parameters")
    width: float = WIDTH
    rows: str = "day"
    start: int = SPRING
    subsurface: bool = False
    layers: int = 4
    porosity: float = 0.0
    water_table: float = 3.0
    tables: tuple[float, float] = (1.0, 1.0)
    spinup: int = 0
    wells: int = 0
    groundwater: bool | Literal["levels"] = False
    depth: float = 0.0


def write_sample(folder: Path, twin: Twin | None = None) -> tuple[Path, Path]:
    """Write weather, soil and both studies; the paths of that of the truth, to be run into "truth", and the twin's."""
    twin = twin or Twin()
    folder.mkdir(parents=True, exist_ok=True)
    write_weather(folder / "weather.nc", twin)
    write_soil(folder / "soil.nc", twin)
    uncertain = {name: getattr(twin, name) for name in ("preset", "rain", "memory", "length", "soil_length")}
    factors = {"K_s": twin.spread} | ({"theta_s": twin.porosity} if twin.porosity else {})
    below = ""
    if twin.subsurface:
        write_elevation(folder / "elevation.nc", twin)
        below = SUBSURFACE.format(
            layers=[LAYER] * twin.layers, water_table=twin.water_table, spinup=twin.spinup
        )  # fmt: skip
    unlike = twin.tables[0] < twin.tables[1]
    beginning = BEGINNING.format(low=twin.tables[0], high=twin.tables[1]) if unlike else ""
    lines = "".join(f"{name} = {sd}\n" for name, sd in factors.items())
    shared = {
        who: SHARED.format(**uncertain, size=size, seed=seed, factors=lines, beginning=beginning, subsurface=below)
        for who, size, seed in (("truth", 1, 4), ("members", twin.members, 1))
    }
    inflation = f'inflation = [{{ kind = "rtps", value = {twin.rtps} }}]\n' if twin.rtps else ""
    pixel = (
        {"operator": "footprint", "pixel_line": f"pixel = {twin.pixel}\n"}
        if twin.pixel
        else {"operator": "nearest", "pixel_line": ""}
    )
    outputs = (DEEP_OUTPUTS, DEEP_OUTPUTS) if twin.subsurface else OUTPUTS
    write_text(folder / "truth.toml", TRUTH.format(shared=shared["truth"], outputs=outputs[0]).replace("'", '"'))
    text = STUDY.format(
        shared=shared["members"], experiments=list(twin.experiments), filter=twin.filter, radius=twin.radius,
        damping=twin.damping, every=twin.every, inflation=inflation, pixel=twin.pixel or 0.5, **pixel,
        parameters=["texture", *factors], outputs=outputs[1], rows=twin.rows, wells=_wells(twin),
        depth=f"depth = {twin.depth}\n" if twin.depth else "",
        groundwater=f"groundwater = {json.dumps(twin.groundwater)}\n" if twin.groundwater else "",
    )  # fmt: skip
    write_text(folder / "study.toml", text.replace("'", '"'))
    return folder / "truth.toml", folder / "study.toml"


def _wells(twin: Twin) -> str:
    """The tables of the wells: cells far from each other, by steps of the golden section over the flattened square."""
    lat, lon = axes(twin.cells, twin.width)
    size = twin.cells**2
    cells = [int(size * ((0.5 + 0.618034 * k) % 1.0)) for k in range(twin.wells)]
    return "".join(
        WELL.format(number=k + 1, lat=lat[cell // twin.cells], lon=lon[cell % twin.cells], every=twin.every)
        for k, cell in enumerate(cells)
    )


def write_elevation(path: Path, twin: Twin) -> None:
    """Write an invented valley: its floor falls southward by 2 in 1000, its sides rise by 1 in 100, with some hills."""
    lat, lon = axes(twin.cells, twin.width)
    y, x = twin.width * np.indices((twin.cells, twin.cells))
    hills = 3.0 * smooth(twin.cells, 4.0, SEED + 4, twin.width)
    z = CLIMATE.elevation + 0.002 * y + 0.01 * np.abs(x - x.max() / 2.0) + hills
    about = {"units": "m", "standard_name": "surface_altitude"}
    coordinates = {"lat": ("lat", lat, {"units": "degrees_north"}), "lon": ("lon", lon, {"units": "degrees_east"})}
    data = {"elevation": (("lat", "lon"), z, about)}
    write_dataset(xr.Dataset(data, coordinates, {"Conventions": "CF-1.11", "title": "Invented valley"}), path)


def write_weather(path: Path, twin: Twin) -> None:
    """Write a station's invented weather over the square: rain varies by a third across it, the rest is the same."""
    records = round(86400 / STEP)
    days = twin.start + twin.days
    starts = FIRST_DAY.astype("datetime64[s]") + (np.arange(days * records) * round(STEP)).astype("m8[s]")
    made = invent(CLIMATE, starts, STEP, np.random.default_rng(SEED))
    made = {name: values[twin.start * records :] for name, values in made.items()}
    starts = starts[twin.start * records :]
    lat, lon = axes(twin.cells, twin.width)
    wetter = 1.0 + 0.3 * smooth(twin.cells, 6.0, SEED + 1, twin.width)
    shape = (starts.size, twin.cells, twin.cells)
    variables = {}
    for name, (unit, standard) in UNITS.items():
        values = made[name][:, None, None] * (wetter if name == "pr" else 1.0)
        about = {"units": unit, "standard_name": standard}
        variables[name] = (("time", "lat", "lon"), np.broadcast_to(values, shape).astype(np.float32), about)
    since = f"seconds since {starts[0]}"
    coordinates = {
        "time": ("time", np.arange(starts.size) * STEP, {"units": since, "calendar": "standard"}),
        "lat": ("lat", lat, {"units": "degrees_north"}),
        "lon": ("lon", lon, {"units": "degrees_east"}),
        "elevation": (("lat", "lon"), np.full(shape[1:], CLIMATE.elevation), {"units": "m"}),
    }
    about = {"Conventions": "CF-1.11", "title": "Invented weather", "source": f"vadose {vadose.__version__}"}
    write_dataset(xr.Dataset(variables, coordinates, about), path)


def write_soil(path: Path, twin: Twin) -> None:
    """Write an invented map of sand and clay, %: from silt loam to sandy loam."""
    lat, lon = axes(twin.cells, twin.width)
    sand = 45.0 + 12.0 * smooth(twin.cells, 4.0, SEED + 2, twin.width)
    clay = 20.0 + 6.0 * smooth(twin.cells, 4.0, SEED + 3, twin.width)
    data = {n: (("lat", "lon"), v, {"units": "%", "long_name": n}) for n, v in (("sand", sand), ("clay", clay))}
    coordinates = {"lat": ("lat", lat, {"units": "degrees_north"}), "lon": ("lon", lon, {"units": "degrees_east"})}
    write_dataset(xr.Dataset(data, coordinates, {"Conventions": "CF-1.11", "title": "Invented soil"}), path)


def axes(cells: int, width: float = WIDTH) -> tuple[np.ndarray, np.ndarray]:
    """Latitudes and longitudes of the centres of the cells, degrees."""
    degree = np.pi * EARTH_RADIUS / 180.0
    away = (np.arange(cells) + 0.5 - 0.5 * cells) * width / degree
    return LATITUDE + away, LONGITUDE + away / np.cos(np.radians(LATITUDE))


def smooth(cells: int, length: float, seed: int, width: float = WIDTH) -> np.ndarray:
    """[y, x] a smooth field within -1 to 1: a few waves of about `length` km, in cells of `width` m."""
    random = np.random.default_rng(seed)
    x = (np.arange(cells) + 0.5) * width / 1000.0
    y = x[:, None]
    field = np.zeros((cells, cells))
    for _ in range(24):
        angle, phase = random.uniform(0, 2 * np.pi, 2)
        wave = 2 * np.pi / (length * random.uniform(1.0, 3.0))
        field += np.cos(wave * (np.cos(angle) * x + np.sin(angle) * y) + phase)
    return np.asarray(np.tanh(field / np.sqrt(12.0)))
