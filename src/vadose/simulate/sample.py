"""The embedded sample of a simulation: invented weather of a year at three places, by a seeded generator.

Rain comes in spells (a Markov chain of wet and dry days, gamma amounts), temperature is a season, an autoregressive
anomaly and a daily course that clouds damp; sunlight follows the sun, longwave Brutsaert (1975) with clouds.
Nothing here is a record of a real place.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

import vadose
from vadose.constants import SECONDS_PER_DAY, STEFAN_BOLTZMANN, VAPOUR_RATIO
from vadose.data.forcing.sun import SOLAR_CONSTANT, mean_cos_zenith, solar_hour
from vadose.workflow.cache import write_text
from vadose.workflow.output import write_dataset

SEED = 20261121
STEP = 3600.0  # s between records
FIRST_DAY = np.datetime64("2001-01-01", "D")

STUDY = """\
# The study of the embedded sample: invented weather over three kinds of soil and plants.
# Nothing here is a result about a real place. Copy this file and point it at your own data.

[study]
title = "Three invented places"

[forcing]
path = "weather.nc"
time_zone = "UTC"

[model]
preset = "vadose"

[spinup]
cycles = 5
drift = 10.0

[[sites]]
name = "Humid grassland"
latitude = 50.0
longitude = 8.0
soil = { texture_class = "silt loam" }
vegetation = { kind = "grasslands" }

[[sites]]
name = "Dry shrubland"
latitude = 32.0
longitude = -110.0
soil = { texture_class = "sandy loam" }
vegetation = { kind = "open shrublands" }

[[sites]]
name = "Boreal forest"
latitude = 62.0
longitude = 25.0
soil = { texture_class = "loam" }
vegetation = { kind = "evergreen needleleaf forest" }
"""


@dataclass(frozen=True)
class Place:
    """A climate of the sample.

    mean, season, anomaly   K: of the year, amplitude of the season, standard deviation from day to day
    range                   K of the daily course of a clear day;  dryness  K, dew point below the night's minimum
    wet, spell              share of days with rain, correlation of wet with the day before
    amount                  mm of a wet day;  summer  > 0 where rain falls in summer, < 0 in winter
    """

    name: str
    lat: float
    lon: float
    elevation: float
    mean: float
    season: float
    anomaly: float
    range: float
    dryness: float
    wet: float
    spell: float
    amount: float
    summer: float


PLACES = (
    Place("Humid grassland", 50.0, 8.0, 150.0, 282.5, 9.0, 3.5, 9.0, 1.0, 0.45, 0.35, 4.5, 0.1),
    Place("Dry shrubland", 32.0, -110.0, 1200.0, 290.5, 9.5, 3.0, 16.0, 8.0, 0.14, 0.40, 7.0, 0.5),
    Place("Boreal forest", 62.0, 25.0, 120.0, 276.5, 13.0, 4.5, 8.0, 1.0, 0.42, 0.35, 3.6, 0.25),
)


def write_sample(folder: Path, days: int = 365, step: float = STEP) -> Path:
    """Write the weather and the study file of the sample; the path of the study file."""
    folder.mkdir(parents=True, exist_ok=True)
    write_weather(folder / "weather.nc", days, step)
    study = folder / "study.toml"
    write_text(study, STUDY)
    return study


def write_weather(path: Path, days: int, step: float, places: tuple[Place, ...] = PLACES) -> None:
    """Write invented weather as CF netCDF [time, site]."""
    starts = FIRST_DAY.astype("datetime64[s]") + (np.arange(round(days * 86400 / step)) * round(step)).astype("m8[s]")
    made = [invent(place, starts, step, np.random.default_rng([SEED, n])) for n, place in enumerate(places)]
    units = {
        "tas": ("K", "air_temperature"), "huss": ("1", "specific_humidity"), "ps": ("Pa", "surface_air_pressure"),
        "sfcWind": ("m s-1", "wind_speed"), "rsds": ("W m-2", "surface_downwelling_shortwave_flux_in_air"),
        "rlds": ("W m-2", "surface_downwelling_longwave_flux_in_air"), "pr": ("kg m-2 s-1", "precipitation_flux"),
    }  # fmt: skip
    variables = {
        name: (("time", "site"), _beside(made, name), {"units": unit, "standard_name": standard})
        for name, (unit, standard) in units.items()
    }
    since = f"seconds since {FIRST_DAY}"
    coordinates = {
        "time": ("time", np.arange(starts.size) * step, {"units": since, "calendar": "standard"}),
        "lat": ("site", [p.lat for p in places], {"units": "degrees_north"}),
        "lon": ("site", [p.lon for p in places], {"units": "degrees_east"}),
        "elevation": ("site", [p.elevation for p in places], {"units": "m"}),
        "site": ("site", [p.name for p in places]),
    }
    source = f"weather generator of vadose {vadose.__version__}"
    about = {"Conventions": "CF-1.11", "title": "Invented weather", "source": source}
    write_dataset(xr.Dataset(variables, coordinates, about), path)


def _beside(made: list[dict[str, np.ndarray]], name: str) -> np.ndarray:
    return np.stack([m[name] for m in made], axis=1).astype(np.float32)


def invent(place: Place, starts: np.ndarray, step: float, random: np.random.Generator) -> dict[str, np.ndarray]:
    """Invented weather of a place, [time] by CMIP name, at records that begin at `starts`."""
    count = round(starts.size * step / SECONDS_PER_DAY)
    day = np.minimum(np.arange(starts.size) * step // SECONDS_PER_DAY, count - 1).astype(int)
    season = np.cos(2 * np.pi * (np.arange(count) - 196) / 365.25) * np.sign(place.lat)
    wet = _spells(np.clip(place.wet * (1 + 1.2 * place.summer * season), 0.01, 0.95), place.spell, random)
    amount = np.where(wet, random.gamma(0.8, place.amount / 0.8, count), 0.0)
    cloud = np.clip(np.where(wet, 0.8, 0.25) + 0.15 * random.standard_normal(count), 0.0, 1.0)
    mean = place.mean + place.season * season + place.anomaly * _memory(count, 0.75, random)
    span = place.range * (1 - 0.55 * cloud)
    hour = solar_hour(starts + np.timedelta64(round(step / 2), "s"), np.array([place.lon]))[:, 0]
    air = np.interp(np.arange(starts.size) * step / SECONDS_PER_DAY, np.arange(count) + 0.5, mean)
    air = air + 0.5 * span[day] * np.cos(2 * np.pi * (hour - 14.5) / 24)
    pressure = 101325.0 * (1 - 2.2558e-5 * place.elevation) ** 5.2559 + 600 * _memory(count, 0.8, random)[day]
    dew = mean - 0.5 * span - place.dryness * (1 - 0.8 * wet)
    vapour = np.minimum(_saturation(dew[day]), 0.98 * _saturation(air))
    sun = mean_cos_zenith(starts, step, np.array([place.lat]), np.array([place.lon]))[:, 0]
    clear = 0.76 * SOLAR_CONSTANT * sun * np.exp(-0.09 / np.maximum(sun, 0.02) * (sun > 0))
    emissivity = 1.24 * (vapour / 100 / air) ** (1 / 7)
    emissivity = emissivity + (1 - emissivity) * 0.8 * cloud[day] ** 2
    gusts = 3.0 * np.exp(0.45 * _memory(count, 0.5, random))[day] * (1 + 0.25 * np.cos(2 * np.pi * (hour - 14) / 24))
    return {
        "tas": air, "huss": VAPOUR_RATIO * vapour / (pressure - (1 - VAPOUR_RATIO) * vapour), "ps": pressure,
        "sfcWind": np.maximum(gusts, 0.3), "rsds": clear * (1 - 0.72 * cloud[day]),
        "rlds": emissivity * STEFAN_BOLTZMANN * air**4, "pr": _storms(amount, day, hour, random),
    }  # fmt: skip


def _spells(share: np.ndarray, spell: float, random: np.random.Generator) -> np.ndarray:
    """[day] True on wet days: a two-state Markov chain with the mean `share` and the correlation `spell`."""
    draw, wet = random.random(share.size), np.zeros(share.size, bool)
    for n in range(share.size):
        before = wet[n - 1] if n else False
        wet[n] = draw[n] < share[n] * (1 - spell) + spell * before
    return wet


def _memory(count: int, correlation: float, random: np.random.Generator) -> np.ndarray:
    """[day] an autoregressive series of unit variance."""
    noise, series = random.standard_normal(count), np.zeros(count)
    series[0] = noise[0]
    for n in range(1, count):
        series[n] = correlation * series[n - 1] + np.sqrt(1 - correlation**2) * noise[n]
    return series


def _storms(amount: np.ndarray, day: np.ndarray, hour: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """[time] kg m-2 s-1: each wet day's amount in one storm of a few hours."""
    centre, width = random.uniform(0, 24, amount.size), random.uniform(1.0, 5.0, amount.size)
    away = np.abs((hour - centre[day] + 12) % 24 - 12) / width[day]
    shape = np.exp(-0.5 * away**2)
    total = np.bincount(day, shape, amount.size)
    records = np.bincount(day, minlength=amount.size)
    return amount[day] * shape / total[day] * records[day] / SECONDS_PER_DAY


def _saturation(temperature: np.ndarray) -> np.ndarray:
    """Pa, over water (Bolton 1980)."""
    celsius = temperature - 273.15
    return 611.2 * np.exp(17.67 * celsius / (celsius + 243.5))
