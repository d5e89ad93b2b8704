"""The embedded sample of a flow run: an invented valley, two storms, a pumped well, gauges with invented observations.

The surface is a formula that drains by construction, so that the sample needs no library of drainage networks: along x
the ground falls to the channel, and the channel falls northward to the only place where water may leave.
The observations are those of the same valley with other conductivities and noise; nothing here is about a real place.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

import vadose
from vadose.workflow.cache import write_text
from vadose.workflow.output import write_dataset

CELLS = (20, 16)  # along y and x
SIZE = 200.0  # m, of a cell
LAYERS = (0.05, 0.1, 0.15, 0.3, 0.4, 0.5, 1.0, 1.5, 2.0, 4.0)  # m, from the top
CHANNEL = 6  # x of the channel's cells
FALL = 0.004  # slope of the channel
SEED = 20261122
NOISE = {"water table": 0.03, "discharge": 0.05}  # m; part of the value
FACTOR = {"Alluvium": 2.0, "Loam": 0.4}  # on K_s, in the run that is taken for the truth
SOILS = {"Alluvium": (1, 0.05, 0.43, 0.06, 3.5, 1.8), "Loam": (2, 0.008, 0.45, 0.08, 2.0, 1.5)}

STUDY = """\
# {what}

[study]
title = "{title}"

[domain]
dx = 200.0
dy = 200.0
layers = {layers}
slopes = "valley.nc"

[soil]
indicator = "valley.nc"
K_unit = "m h-1"
{soils}
[surface]
scheme = "kinematic"
file = "valley.nc"

# Two storms, and evaporation all the time.
[[rain]]
rate = 6.0
first = 12.0
last = 20.0

[[rain]]
rate = 10.0
first = 66.0
last = 72.0

[[rain]]
rate = -0.1

[initial]
water_table = 1.0

[period]
start = "2026-05-01"
hours = 120.0
step = 3600.0

[output]
every = 2.0

[[wells]]
name = "Farm"
y = 13
x = 9
layers = [7, 9]
flow = -0.004
{gauges}"""
SOIL = """
[[soils]]
name = "{name}"
value = {value}
K_s = {K_s:g}
porosity = {porosity}
theta_r = {theta_r}
alpha = {alpha}
n = {n}
"""
GAUGE = """
[[gauges]]
name = "{name}"
kind = "{kind}"
y = {y}
x = {x}
"""
GAUGES = (
    {"name": "Meadow", "kind": "water table", "y": 11, "x": 8},
    {"name": "Hillside", "kind": "water table", "y": 5, "x": 11},
    {"name": "Mouth", "kind": "discharge", "y": CELLS[0] - 1, "x": CHANNEL},
)


def write_sample(folder: Path) -> tuple[Path, Path]:
    """Write terrain, soils and two studies: that of the truth, and the one that sees its gauges.

    The second needs observations, which `observe` makes from the run of the first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_valley(folder / "valley.nc")
    texts = {
        "truth.toml": ("The valley as it is: its gauges are observed.", "The valley that is observed", FACTOR, False),
        "study.toml": ("The valley as it is thought to be.", "An invented valley: two storms in five days", {}, True),
    }
    for name, (what, title, factor, observed) in texts.items():
        text = STUDY.format(what=what, title=title, layers=list(LAYERS), soils=_soils(factor), gauges=_gauges(observed))
        write_text(folder / name, text)
    return folder / "truth.toml", folder / "study.toml"


def observe(truth: Path, folder: Path) -> None:
    """Write what the gauges of the finished run `truth` read, every six hours with noise, into files of the study."""
    noise = np.random.default_rng(SEED)
    rows = pd.read_csv(truth / "hydrographs.csv")
    for gauge in GAUGES:
        here = rows[rows["name"] == gauge["name"]]
        here = here[here["time"] % 21600.0 == 0.0]
        draw = noise.standard_normal(len(here)) * NOISE[str(gauge["kind"])]
        level = here["simulated"]
        value = level + draw if gauge["kind"] == "water table" else level * (1.0 + draw)
        made = pd.DataFrame({"time": here["time"] / 3600.0, "value": value.clip(lower=0.0).round(4)})
        write_text(folder / _file(gauge), made.to_csv(index=False))


def write_valley(path: Path) -> None:
    """Write slopes, elevation, Manning's n and the indicator of soils."""
    z = elevation()
    slope_x, slope_y = np.zeros(CELLS), np.zeros(CELLS)
    slope_x[:, :-1], slope_y[:-1] = np.diff(z, axis=1) / SIZE, np.diff(z, axis=0) / SIZE
    slope_y[-1, CHANNEL] = -FALL
    away = np.abs(np.arange(CELLS[1]) - CHANNEL)
    manning = np.where(away == 0, 0.03, 0.08) * np.ones(CELLS)
    depth = np.cumsum(LAYERS)[:, None, None]
    alluvium = (away[None, None, :] <= 2) & (depth < 8.0)
    indicator = np.where(alluvium, 1, 2) * np.ones((len(LAYERS), *CELLS), int)
    metre = {"units": "m"}
    data = {
        "slope_x": (("y", "x"), slope_x, {"units": "1"}),
        "slope_y": (("y", "x"), slope_y, {"units": "1"}),
        "elevation": (("y", "x"), z, metre | {"standard_name": "surface_altitude"}),
        "manning": (("y", "x"), manning, {"units": "s m-1/3"}),
        "indicator": (("layer", "y", "x"), indicator, {"units": "1"}),
    }
    y, x = ((np.arange(n) + 0.5) * SIZE for n in CELLS)
    about = {"Conventions": "CF-1.11", "title": "Invented valley", "source": f"vadose {vadose.__version__}"}
    write_dataset(xr.Dataset(data, {"y": ("y", y, metre), "x": ("x", x, metre)}, about), path)


def elevation() -> np.ndarray:
    """[y, x] m: hollows and spurs on both sides of a channel that falls northward."""
    y, x = np.indices(CELLS, float)
    channel = 100.0 + FALL * SIZE * (CELLS[0] - 1 - y)
    side = 9.0 * (1.0 + 0.35 * np.cos(2.0 * np.pi * y / 7.0)) * (1.0 + 0.02 * (CELLS[0] - y))
    return channel + side * np.abs(x - CHANNEL) ** 0.85


def _soils(factor: dict[str, float]) -> str:
    keys = ("value", "K_s", "porosity", "theta_r", "alpha", "n")
    rows = {name: dict(zip(keys, values, strict=True)) for name, values in SOILS.items()}
    return "".join(SOIL.format(name=n, **(v | {"K_s": v["K_s"] * factor.get(n, 1.0)})) for n, v in rows.items())


def _gauges(observed: bool) -> str:
    return "".join(GAUGE.format(**g) + (f'file = "{_file(g)}"\n' if observed else "") for g in GAUGES)


def _file(gauge: dict[str, object]) -> str:
    return f"{str(gauge['name']).lower()}.csv"
