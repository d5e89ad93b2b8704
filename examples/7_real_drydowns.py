"""Wilting and critical points from real soil moisture, sensor beside sensor, and the texture that they imply.

Hawaii as eleven satellite products see it; grassland, forest, meadow and tundra sites with probes and cosmic-ray
neutron sensors; two of them with measured texture. VADOSE_DATA names the folder that holds `data/satellite/` and
`data/insitu/`. `--out DIR` writes figures.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

import vadose
from vadose.calibrate.drydown.estimates import Estimates
from vadose.calibrate.drydown.events import Events
from vadose.calibrate.reason import Reason
from vadose.calibrate.texture import Experiment, Texture, fit_texture
from vadose.data.daily.points import PointSource
from vadose.data.daily.series import DailySeries
from vadose.data.daily.source import DailySource
from vadose.data.soilmaps import SoilSource, read_soil_map
from vadose.grid.cells import Cells
from vadose.soil import Soil

HAWAII, RSPLASH = "data/satellite/hawaii_daily_series", "data/insitu/AT-Neu_and_Bourne_rsplash"
KENDALL, ALENTO = (
    "data/insitu/WalnutGulch_AmeriFlux_COSMOS/WKG",
    "data/insitu/CRNS_Alento_Merzenhausen_COSMOS-Europe_meta",
)
NEAR, POINT = 0.25, (19.5, -155.5)  # degrees: farthest that a cell may lie from a place, and one that all products see
LEAST = 300  # observations that a satellite cell needs to be counted
Z = 1.96
ORBIT = 8  # days after which SMAP sees a place from the same orbit again
ESTIMATORS = ("published", "robust")
ZERO = 0.005  # m3 m-3, below which an asymptote counts as 0
MET = 0.001  # m3 m-3, misfit up to which thresholds count as met

# Label: folder, and what of it is taken. No SMAP retrieval here but those of one cell carries the recommended flag.
PRODUCTS: dict[str, tuple[str, dict[str, Any]]] = {
    "ESA CCI 8.1": ("ESA_CCI_combined_v08.1", {}),
    "ESA CCI 9.2 observed": ("ESA_CCI_gapfilled_v09.2", {"quality": {"gapmask": (1,)}}),
    "ESA CCI 9.2 gap-filled": ("ESA_CCI_gapfilled_v09.2", {}),
    "ESA CCI 9.2 0.1 deg": ("ESA_CCI_medium_res_0.1deg_v09.2", {}),
    "C3S combined": ("C3S_combined_v202505", {}),
    "C3S passive": ("C3S_passive_v202505", {}),
    "C3S root zone": ("C3S_rzsm_v202505", {}),
    "SMAP v9 recommended": ("SMAP_L3_SPL3SMP_v9_36km", {}),
    "SMAP v9 all flags": ("SMAP_L3_SPL3SMP_v9_36km", {"quality": "all"}),
    "SMAP v8 all flags": ("SMAP_L3_SPL3SMP_v8_AM_36km", {"quality": "all"}),
    "SMOS-IC": ("SMOS_IC_v105_ASC", {}),
    "SMOS-IC all flags": ("SMOS_IC_v105_ASC", {"quality": "all"}),
    "SMOS L3": ("SMOS_L3_v339_ASC", {}),
}
# Products that see most of the islands, compared at the same places: the cells of the coarsest, the last.
WIDE = ("ESA CCI 8.1", "SMOS L3", "SMOS-IC all flags", "SMAP v9 all flags")
_ISMN, _EUROPE = "data/insitu/ISMN_samples_TUW", "data/insitu/CRNS_COSMOS-Europe_neptoon"
SITES: dict[str, dict[str, Any]] = {
    "Kendall probe 5 cm": {
        "path": f"{KENDALL}/stdfmt/WKG.stdfmt.daily.txt", "variable": "column 19", "rain": "column 4",
        "location": (31.7365, -109.9419), "depth": (0.0, 0.1),
    },
    "Kendall CRNS": {"path": f"{KENDALL}/flux_obs/smcounts.010.txt", "location": (31.7365, -109.9419)},
    "AT-Neu probe": {"path": f"{RSPLASH}/ATNeu_example_forcing.csv.gz", "variable": "sm", "units": "%", "rain": "pn"},
    "Bourne 0-49 cm": {
        "path": f"{RSPLASH}/Bourne_forcing.csv.gz", "variable": "sm", "units": "mm", "depth": (0.0, 0.49), "rain": "P",
    },
    "FR-Aqui probe 5 cm": {"path": f"{_ISMN}/FR-Aqui_fraye_sm_0.05_20130813-20200101.stm.gz"},
    "ARM-1 CRNS": {"path": f"{_ISMN}/COSMOS_COSMOS_ARM-1_sm_*.stm.gz"},
    "Barrow CRNS": {"path": f"{_ISMN}/COSMOS_COSMOS_Barrow-ARM_sm_*.stm.gz"},
    "Sheepdrove CRNS": {"path": f"{_EUROPE}/Sheepdrove2-CRNS.csv.gz"},
    "Alento2 probe 5 cm": {"path": f"{ALENTO}/Alento2_5cm.txt.gz"},
    "Alento2 probe 15 cm": {"path": f"{ALENTO}/Alento2_15cm_precip.txt.gz", "rain": "Rainfall"},
    "COSMOS-Europe 5 cm": {"path": f"{ALENTO}/SWC_Timeseries.txt.gz", "units": "%"},
}  # fmt: skip
# What the folder says of the fine earth, %; carbon is organic matter / 1.724. Gravel is % of the whole soil.
MEASURED = {
    "AT-Neu probe": {"sand": 44.7, "clay": 1.12, "organic_carbon": 6.58 / 1.724, "gravel": 26.35},
    "Bourne 0-49 cm": {"sand": 37.74, "clay": 5.32, "organic_carbon": 1.136 / 1.724, "gravel": 46.79},
}
# Days of air at most 0 degrees Celsius, and days with snow on the ground.
FROST = {"AT-Neu probe": ("frost", lambda t: t["tc"] <= 0.0), "Bourne 0-49 cm": ("snow", lambda t: t["swe"] > 0.0)}
# Wcr_FRACT and Wpwp_FRACT of the top layer times porosity, in VIC's soil file of Walnut Gulch (static/vic_params).
VIC_KENDALL = (0.32 * (1 - 1485.7 / 2620.28), 0.49 * (1 - 1485.7 / 2620.28))
LOAM = {"sand": 40.0, "clay": 20.0, "organic_carbon": 1.5}
SANDY_LOAM = {"sand": 65.0, "clay": 10.0, "organic_carbon": 1.5}
EXPERIMENTS = {
    "exp 1: sr06, carbon, loam": (Experiment("exp1", ptf="sr06"), LOAM),
    "exp 2: ch78, loam": (Experiment("exp2", ptf="ch78", carbon=False), LOAM),
    "exp 3: ch78, sandy loam": (Experiment("exp3", ptf="ch78", carbon=False), SANDY_LOAM),
    "whole triangle: sr06": (Experiment("whole", ptf="sr06", sand_range=100.0, clay_range=100.0), LOAM),
    "exp 1, function +-0.04": (Experiment("error", ptf="sr06", pedotransfer_error=0.04), LOAM),
}


@dataclass(frozen=True, eq=False)
class Found:
    """A product or a probe: series, and what both estimators make of them; cells with few values are left out."""

    series: DailySeries
    published: Estimates
    robust: Estimates
    events: Events
    rain: np.ndarray | None = None


def estimated(series: DailySeries, rain: np.ndarray | None = None) -> Found:
    """Both estimators; the robust one knows of rain where the file does."""
    published, events = vadose.calibrate.estimate_published(series.values)
    return Found(series, published, vadose.calibrate.estimate_robust(series.values, rain=rain), events, rain)


def hawaii(root: Path) -> dict[str, Found]:
    """Label -> cells with enough observations."""
    found = {}
    for label, (folder, options) in PRODUCTS.items():
        whole = vadose.read_daily(DailySource(str(root / HAWAII / folder), **options))
        seen = np.isfinite(whole.values).sum(axis=0) >= LEAST
        found[label] = estimated(part(whole, seen))
    return found


def part(series: DailySeries, which: np.ndarray) -> DailySeries:
    """Some of the cells."""
    return DailySeries(series.values[:, which], series.days, series.cells.part(which), {}, series.attrs)


def sites(root: Path) -> dict[str, Found]:
    """Label -> one series; Kendall's sensors again over the years that both saw, cold places again without frost."""
    found = {}
    for label, options in SITES.items():
        options = {**options, "path": str(root / options["path"])}
        found[label] = at_site(PointSource(**options))
        if label.startswith("Kendall"):
            found[f"{label}, 2010-12"] = at_site(PointSource(**options, period=("2010-06-02", "2012-12-31")))
        if label in FROST:
            found[f"{label}, no {FROST[label][0]}"] = without_frost(root, label, found[label])
    return found


def at_site(source: PointSource) -> Found:
    series = vadose.read_daily(source)
    return estimated(series, series.rain)


def without_frost(root: Path, label: str, found: Found) -> Found:
    """The series without the days on which its own table tells frost or snow."""
    import pandas as pd

    table = pd.read_csv(root / SITES[label]["path"], index_col="date", parse_dates=True)
    cold = np.isin(found.series.days, table.index[FROST[label][1](table)].to_numpy().astype("datetime64[D]"))
    values = np.where(cold[:, None], np.nan, found.series.values).astype(np.float32)
    return estimated(dataclasses.replace(found.series, values=values), found.rain)


def middle(values: Any, digits: int = 3) -> str:
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    return f"{np.median(values):.{digits}f}" if values.size else "-"


def both(value: np.ndarray, error: np.ndarray, digits: int = 3) -> str:
    """Median of values and of half the 95 % intervals."""
    return f"{middle(value, digits)} +-{middle(Z * error, digits)}" if np.isfinite(value).any() else "-"


HEADINGS = (
    "cells", "days", "events", "theta_w published", "theta_c published", "theta_w robust", "theta_c robust",
    "memory, d", "theta_w = 0", "left", "2..98 % of days", "without robust result",
)  # fmt: skip


def row(found: Found) -> list[str]:
    """Numbers of a product or probe: medians over its cells with a result.

    theta_w = 0   share of the published rule's events whose asymptote is the lowest that it may be
    left          part of the way to the asymptote that an event still has before it when it ends, median
    """
    p, r = found.published, found.robust
    kept = found.events.select(found.events.kept)
    low, high = np.nanpercentile(found.series.values, [2.0, 98.0], axis=0)
    return [
        f"{r.done.sum()}/{r.done.size}",
        middle(p.observations, 0),
        middle(p.events, 0),
        both(p.wilting_point, p.wilting_point_error),
        both(p.critical_point, p.critical_point_error),
        both(r.wilting_point, r.wilting_point_error),
        both(r.critical_point, r.critical_point_error),
        f"{middle(p.memory, 1)} {middle(r.memory, 1)}",
        f"{np.mean(kept.theta_w < ZERO):.0%}",
        f"{middle(np.exp(-kept.duration / kept.tau), 2)}",
        f"{middle(low, 2)}..{middle(high, 2)}",
        why(r.reason),
    ]


def why(reason: np.ndarray) -> str:
    """Reasons of cells without a result, with counts where there are several cells."""
    codes, counts = np.unique(reason[reason != Reason.DONE], return_counts=True)
    names = [Reason(int(code)).meaning.replace("_", " ") for code in codes]
    return ", ".join(n if reason.size == 1 else f"{c} {n}" for n, c in zip(names, counts, strict=True))


def table(title: str, rows: dict[str, list[str]], headings: tuple[str, ...]) -> Table:
    made = Table(title=title, title_justify="left", padding=(0, 1, 0, 0), box=None)
    made.add_column("")
    for heading in headings:
        made.add_column(heading, justify="right")
    for name, values in rows.items():
        made.add_row(name, *values)
    return made


def at_places(found: dict[str, Found]) -> tuple[Cells, dict[str, np.ndarray]]:
    """Places where all wide products have a published result, and the nearest cell of each product there."""
    places = found[WIDE[-1]].series.cells
    index, good = {}, np.ones(places.size, bool)
    for label in WIDE:
        index[label], near = nearest(found[label], places.lat, places.lon)
        good &= near & found[label].published.done[index[label]]
    return places.part(good), {label: near[good] for label, near in index.items()}


def nearest(found: Found, lat: np.ndarray, lon: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[place] the nearest cell of a product, and whether it is near."""
    cells = found.series.cells
    near = np.array([cells.nearest(a, o) for a, o in zip(lat, lon, strict=True)])
    east = np.cos(np.radians(lat)) * (cells.lon[near] - lon)
    return near, np.hypot(cells.lat[near] - lat, east) < NEAR


def at_point(found: dict[str, Found]) -> dict[str, Found]:
    """Each product's cell nearest to POINT."""
    made = {}
    for label, one in found.items():
        (cell,), (near,) = nearest(one, np.array(POINT[:1]), np.array(POINT[1:]))
        if near:
            which = np.array([cell])
            events = one.events.select(one.events.cell == cell)
            published, robust = taken(one.published, which), taken(one.robust, which)
            made[label] = Found(part(one.series, which), published, robust, events)
    return made


def taken(estimates: Estimates, cells: np.ndarray) -> Estimates:
    """Estimates at some cells, which may repeat."""
    names = [f.name for f in dataclasses.fields(Estimates)]
    return Estimates(**{n: getattr(estimates, n)[cells] for n in names})


def beside(found: dict[str, Found], index: dict[str, np.ndarray]) -> dict[str, list[str]]:
    """Each wide product at the places, and its difference from the first where both have a result."""
    rows = {}
    for label in WIDE:
        cells = []
        for estimator in ESTIMATORS:
            one, first = (taken(getattr(found[k], estimator), index[k]) for k in (label, WIDE[0]))
            cells.append(f"{one.done.sum()}")
            for name in ("wilting_point", "critical_point"):
                value, error = getattr(one, name), getattr(one, f"{name}_error")
                gap = value - getattr(first, name)
                agree = np.abs(gap) <= Z * np.hypot(error, getattr(first, f"{name}_error"))
                known = np.isfinite(gap)
                less = f"; {np.median(gap[known]):+.3f}, {agree.sum()}/{known.sum()}" if known.any() else ""
                cells.append(f"{both(value, error)}{less if label != WIDE[0] else ''}")
        rows[label] = cells
    return rows


def soil_of(texture: dict[str, float], cells: int) -> Soil:
    return Soil(**{k: np.full(cells, v) for k, v in texture.items()})


def predicted(texture: dict[str, float], ptf: str) -> tuple[float, float]:
    """Wilting and critical point that a function gives for a texture; gravel dilutes the fine earth where stated."""
    names = ("sand", "clay", "organic_carbon") + (("gravel",) if ptf == "sr06" and "gravel" in texture else ())
    fine = vadose.pedotransfer[ptf](soil_of({k: texture[k] for k in names if k in texture}, 1))
    return float(np.ravel(fine.wilting_point)[0]), float(np.ravel(fine.critical_point)[0])


def textures(found: dict[str, Found], labels: list[str], name: str, estimator: str) -> Texture:
    """One experiment for the thresholds of some sites."""
    experiment, baseline = EXPERIMENTS[name]
    wanted = Estimates.concatenate([getattr(found[k], estimator) for k in labels])
    return fit_texture(experiment, wanted, soil_of(baseline, len(labels)))


def texture_row(texture: Texture, cell: int, measured: dict[str, float] | None = None) -> list[str]:
    """Sand and clay with their 95 % half widths, the misfit before and after, and whether the measured lies within."""
    if not texture.done[cell]:
        return [why(texture.reason[cell : cell + 1]), "", "", "", "", ""]
    cells, inside = [], []
    for name in ("sand", "clay"):
        value, width = getattr(texture, name)[cell], getattr(texture, f"{name}_uncertainty")[cell]
        low, high = getattr(texture, f"{name}_low")[cell], getattr(texture, f"{name}_high")[cell]
        cells += [f"{value:.1f} +-{width:.1f}", f"{low:.0f}..{high:.0f}"]
        if measured:
            inside.append("yes" if abs(value - measured[name]) <= width else "no")
    return [*cells, f"{texture.misfit_baseline[cell]:.3f} {texture.misfit[cell]:.3f}", " ".join(inside)]


def seeds(found: Found) -> str:
    """Where SCE-UA alone ends for one cell and a wide box, from twenty streams of random numbers, without tie-break."""
    experiment = dataclasses.replace(EXPERIMENTS["whole triangle: sr06"][0], tie_break=False, uncertainty=False)
    made = fit_texture(experiment, taken(found.published, np.zeros(20, int)), soil_of(LOAM, 20))
    ends = (f"{k} {getattr(made, k).min():.1f} to {getattr(made, k).max():.1f} %" for k in experiment.parameters)
    return f"{', '.join(ends)}, misfit at most {made.misfit.max():.1e}"


def hawaii_textures(found: dict[str, Found], index: dict[str, np.ndarray]) -> dict[str, list[str]]:
    """Experiment 1 from a loam at the same places, by product; and how far the products lie apart at one place."""
    experiment, baseline = EXPERIMENTS["exp 1: sr06, carbon, loam"]
    rows = {}
    for estimator in ESTIMATORS:
        made = [
            fit_texture(experiment, taken(getattr(found[k], estimator), index[k]), soil_of(baseline, index[k].size))
            for k in WIDE
        ]
        for label, one in zip(WIDE, made, strict=True):
            rows[f"{label}, {estimator}"] = [
                f"{one.done.sum()}",
                f"{middle(one.sand, 1)} +-{middle(one.sand_uncertainty, 1)}",
                f"{middle(one.clay, 1)} +-{middle(one.clay_uncertainty, 1)}",
                f"{middle(one.misfit_baseline)} {middle(one.misfit)}",
                f"{np.sum(one.misfit <= MET)}",
            ]
        apart = [np.ptp(np.array([getattr(m, k) for m in made]), axis=0) for k in ("sand", "clay")]
        several = str(np.isfinite(apart[0]).sum())
        rows[f"largest less smallest, {estimator}"] = [several, *(middle(v, 1) for v in apart), "", ""]
    return rows


COLOURS = {"wilting_point": "#b4541f", "critical_point": "#0f6c8c"}
MARKS = {"sr06": "_", "ch78": "x"}
LEGEND = (
    ("o", "#444444", "robust, 95 %"), ("o", "white", "published, 95 % of the median"),
    ("_", "#444444", "sr06, measured texture"), ("x", "#444444", "ch78, measured texture"),
    ("^", "#444444", "VIC's soil map"),
)  # fmt: skip
MOISTURE = "soil moisture (m$^3$ m$^{-3}$)"


def figure(islands: dict[str, Found], index: dict[str, np.ndarray], points: dict[str, Found], out: Path) -> Path:
    """Thresholds by sensor at the same places, at one place and at the sites, with 95 % intervals."""
    from matplotlib.figure import Figure

    fig = Figure(figsize=(11.0, 10.0), layout="constrained")
    grid = fig.add_gridspec(2, 2, height_ratios=[1.0, 1.15])
    places, point, low = fig.add_subplot(grid[0, 0]), fig.add_subplot(grid[0, 1]), fig.add_subplot(grid[1, :])
    draw_places(places, islands, index)
    draw_point(point, at_point(islands))
    draw_sites(low, points)
    for ax in fig.axes:
        ax.spines[["top", "right"]].set_visible(False)
        ax.grid(axis="x" if ax is point else "y", color="#e4e4e0", linewidth=0.8)
        ax.set_axisbelow(True)
    path = out / "real-drydowns.png"
    fig.savefig(path, dpi=110)
    return path


def draw_pair(ax: Any, found: Found, at: float, sideways: bool = False) -> None:
    """Robust estimates as dots and published ones as circles, with 95 % intervals, beside each other."""
    for name, colour in COLOURS.items():
        for one, shift, fill in ((found.robust, -0.12, colour), (found.published, 0.12, "white")):
            if one.done[0]:
                value, error = getattr(one, name)[0], Z * np.nan_to_num(getattr(one, f"{name}_error")[0])
                where = (value, at + shift) if sideways else (at + shift, value)
                bars = {"xerr" if sideways else "yerr": error}
                ax.errorbar(*where, **bars, fmt="o", ms=5.5, color=colour, mfc=fill, capsize=2, elinewidth=1.2)


def draw_places(ax: Any, islands: dict[str, Found], index: dict[str, np.ndarray]) -> None:
    """Each place by both estimators; bars are medians of the published rule, which all places have."""
    for x, label in enumerate(WIDE):
        one, old = taken(islands[label].robust, index[label]), taken(islands[label].published, index[label])
        for name, colour in COLOURS.items():
            value, error = getattr(one, name), getattr(one, f"{name}_error")
            at = x + np.linspace(-0.3, 0.3, value.size)
            ax.errorbar(at, value, Z * error, fmt="o", ms=4, color=colour, elinewidth=1)
            ax.plot(at, getattr(old, name), "o", mfc="white", mec=colour, ms=4)
            ax.plot([x - 0.36, x + 0.36], [np.median(getattr(old, name))] * 2, color=colour, linewidth=2)
    ax.set_xticks(range(len(WIDE)), [wrapped(k) for k in WIDE])
    ax.set(ylim=(0.0, None), ylabel=MOISTURE)
    ax.set_title(f"Hawaii, the same {index[WIDE[0]].size} places", loc="left", fontsize=11)


def draw_point(ax: Any, here: dict[str, Found]) -> None:
    for y, found in enumerate(here.values()):
        draw_pair(ax, found, float(y), sideways=True)
    ax.set_yticks(range(len(here)), list(here))
    ax.invert_yaxis()
    ax.set(xlim=(0.0, None), xlabel=MOISTURE)
    ax.set_title(f"Hawaii, all products at {POINT[0]:g} N, {-POINT[1]:g} W", loc="left", fontsize=11)


def draw_sites(ax: Any, points: dict[str, Found]) -> None:
    """Both estimators; what functions give for a measured texture, and a land model's soil map at Kendall."""
    for x, (label, found) in enumerate(points.items()):
        draw_pair(ax, found, float(x))
        site = next((k for k in MEASURED if label.startswith(k)), None)
        expected = [(mark, predicted(MEASURED[site], ptf)) for ptf, mark in MARKS.items()] if site else []
        if label.startswith("Kendall"):
            expected = [("^", VIC_KENDALL)]
        for mark, pair in expected:
            for colour, value in zip(COLOURS.values(), pair, strict=True):
                ax.plot(x + 0.33, value, mark, color=colour, ms=8 if mark == "_" else 6, mew=2)
    ax.set_xticks(range(len(points)), [wrapped(k) for k in points], fontsize=8.5)
    for mark, fill, text in LEGEND:
        ax.plot([], [], mark, color="#444444", mfc=fill, mew=1.5, label=text)
    for name, colour in COLOURS.items():
        ax.plot([], [], "s", color=colour, label=name.replace("_", " "))
    ax.legend(ncols=4, fontsize=8.5, frameon=False, loc="upper left")
    ax.set(ylim=(-0.03, 0.64), xlim=(-0.6, len(points) - 0.3), ylabel=MOISTURE)
    ax.set_title("Sites with probes and cosmic-ray neutron sensors (CRNS)", loc="left", fontsize=11)


def wrapped(label: str) -> str:
    return "\n".join(textwrap.wrap(label, 10))


def draw_drydowns(islands: dict[str, Found], points: dict[str, Found], index: dict[str, np.ndarray], out: Path) -> None:
    """The events of a few cells."""
    from vadose.calibrate.drydown.plot import plot_drydowns

    for label in ("Kendall probe 5 cm", "Kendall CRNS", "AT-Neu probe", "ESA CCI 8.1", "SMAP v9 all flags"):
        found, cell = (points[label], 0) if label in points else (islands[label], int(index[label][0]))
        cells = found.series.cells
        title = f"{label}, {cells.lat[cell]:.2f} N, {cells.lon[cell]:.2f} E" if np.isfinite(cells.lat[cell]) else label
        picture = plot_drydowns(
            found.series.values, found.series.days, found.events, found.robust, cell, title, found.rain
        )
        picture.savefig(out / f"drydowns-{label.lower().replace(' ', '-')}.png")


def orbit(found: Found) -> str:
    """Share of the variance that the day in the orbit's cycle explains: where it is large, geometry falls and rises."""
    phase = found.series.days.astype(int) % ORBIT
    shares = []
    for column in found.series.values.T.astype(float):
        seen = np.isfinite(column)
        value, day = column[seen], phase[seen]
        count = np.bincount(day, minlength=ORBIT)
        mean = np.bincount(day, value, ORBIT) / np.maximum(count, 1)
        shares.append(np.sum(count * (mean - value.mean()) ** 2) / np.sum((value - value.mean()) ** 2))
    return f"{min(shares):.2f} to {max(shares):.2f}, median {np.median(shares):.2f}"


def soil_of_smap(root: Path, islands: dict[str, Found], points: dict[str, Found]) -> str:
    """Where the two half orbits of SMAP, whose files hold the soil that it retrieves with, cover a series."""
    labels = [k for k, v in points.items() if np.isfinite(v.series.cells.lat).all() and "," not in k]
    at = [(points[k].series.cells.lat[0], points[k].series.cells.lon[0]) for k in labels]
    where = vadose.Sites(*np.array(at).T, tuple(labels))
    source = SoilSource(str(root / "data/satellite/SMAP_L2_halforbits_20150811"))
    soil = read_soil_map(source, Cells.whole(where))
    carbon = np.asarray(soil.organic_carbon, float)
    found = [
        f"{k} sand {soil.sand[i]:.1f}, clay {soil.clay[i]:.1f}, carbon {carbon[i]:.1f} %"
        for i, k in enumerate(labels)
        if np.isfinite(soil.sand[i])
    ]
    there = np.isfinite(read_soil_map(source, islands[WIDE[-1]].series.cells).sand)
    return f"{'; '.join(found)}; {there.sum()} of {there.size} cells of Hawaii"


def print_textures(console: Console, points: dict[str, Found]) -> None:
    """Thresholds of measured textures, and textures of thresholds."""
    rows = {}
    for label, soil in MEASURED.items():
        for name, of in (("whole soil", soil), ("fine earth", {k: v for k, v in soil.items() if k != "gravel"})):
            for ptf in MARKS if name == "fine earth" else ("sr06",):
                rows[f"{label}: {ptf}, {name}"] = [f"{v:.3f}" for v in predicted(of, ptf)]
        for estimator in ESTIMATORS:
            one = getattr(points[label], estimator)
            rows[f"{label}: drydowns, {estimator}"] = [f"{one.wilting_point[0]:.3f}", f"{one.critical_point[0]:.3f}"]
    rows["Kendall: soil map of VIC"] = [f"{v:.3f}" for v in VIC_KENDALL]
    console.print(table("Thresholds of the measured texture, m3 m-3", rows, ("theta_w", "theta_c")))
    headings = ("sand, %", "admissible", "clay, %", "admissible", "misfit before, after", "measured inside")
    for estimator in ESTIMATORS:
        made = {name: textures(points, list(MEASURED), name, estimator) for name in EXPERIMENTS}
        rows = {}
        for cell, (label, soil) in enumerate(MEASURED.items()):
            rows[f"{label}, measured"] = [f"{soil['sand']:.1f}", "", f"{soil['clay']:.1f}", "", "", "sand clay"]
            for name, texture in made.items():
                rows[f"{label}, {name}"] = texture_row(texture, cell, soil)
        console.print(table(f"Texture where it is measured, from {estimator} thresholds", rows, headings))
    others = [k for k in points if k not in MEASURED]
    for estimator in ESTIMATORS:
        texture = textures(points, others, "exp 1: sr06, carbon, loam", estimator)
        rows = {k: texture_row(texture, i)[:5] for i, k in enumerate(others)}
        console.print(table(f"Experiment 1 from a loam, {estimator} thresholds, other sites", rows, headings[:5]))
    for label in MEASURED:
        console.print(f"{label}, 20 searches without tie-break:", seeds(points[label]), soft_wrap=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, help="folder for the figures")
    chosen = parser.parse_args()
    root = Path(os.environ.get("VADOSE_DATA", ""))
    if not (root / HAWAII).is_dir():
        sys.exit(f"skipped: set VADOSE_DATA to the folder that holds {HAWAII}")
    console = Console(width=220)
    islands, points = hawaii(root), sites(root)
    unit = "medians +- half of the 95 % interval, m3 m-3"
    places, index = at_places(islands)
    console.print(table(f"Hawaii: {unit}", {k: row(v) for k, v in islands.items()}, HEADINGS))
    here = {k: row(v) for k, v in at_point(islands).items()}
    console.print(table(f"Hawaii: the cells nearest to {POINT[0]:g} N, {-POINT[1]:g} W", here, HEADINGS))
    pairs = ("places", *HEADINGS[3:5], "places", *HEADINGS[5:7])
    title = f"Hawaii: the same {places.size} places; difference from the first product, how many agree"
    console.print(table(title, beside(islands, index), pairs))
    for label in ("SMAP v9 all flags", "SMAP v9 recommended", "ESA CCI 8.1"):
        console.print(f"variance by day of the {ORBIT}-day orbit, {label}:", orbit(islands[label]), soft_wrap=True)
    console.print(table(f"Sites: {unit}", {k: row(v) for k, v in points.items()}, HEADINGS))
    console.print("soil of SMAP's half orbits:", soil_of_smap(root, islands, points), soft_wrap=True)
    print_textures(console, points)
    headings = ("places", "sand, %", "clay, %", "misfit before, after", "met")
    made = hawaii_textures(islands, index)
    console.print(table(f"Hawaii, experiment 1 at the same {places.size} places", made, headings))
    if chosen.out:
        chosen.out.mkdir(parents=True, exist_ok=True)
        console.print(f"figure: {figure(islands, index, points, chosen.out)}")
        draw_drydowns(islands, points, index, chosen.out)


if __name__ == "__main__":
    main()
