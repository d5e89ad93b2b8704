"""Figures for print: the portrait, the Taylor diagram and a map, as matplotlib figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.errors import DataError
from vadose.grid.latlon import LatLonGrid, Sites

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

INK = "#17191e"
SOFT = "#5d636e"
GROUND = "#eff1f2"


def portrait(
    scores: pd.DataFrame,
    *,
    region: str = "global",
    mode: str = "exact",
    score: str = "overall_score",
    relative: bool = True,
    titles: Mapping[str, str] | None = None,
) -> Figure:
    """Models across, comparisons down, coloured by relative scale (purple better) or by score.

    z = (s - mean) / max(std, 0.02) over the models of a row

    scores  the tidy table of a run (`result.scores`): model, row, region, mode, score, value
    titles  row id -> label; the ids themselves where it has none
    Raises DataError where the table has no such score.
    Source: Massoud et al. (2026) figs. 3 and A2
    """
    wanted = [score, "relationship_score"] if score == "overall_score" else [score]
    chosen = scores[(scores["region"] == region) & (scores["mode"] == mode) & scores["score"].isin(wanted)]
    if chosen.empty:
        regions, modes = sorted(set(scores["region"])), sorted(set(scores["mode"]))
        raise DataError(f"no {score!r} of region {region!r}, mode {mode!r}; there are regions {regions}, modes {modes}")
    models, rows = list(dict.fromkeys(chosen["model"])), list(dict.fromkeys(chosen["row"]))
    value = np.full((len(rows), len(models)), np.nan)
    for model, row, v in zip(chosen["model"], chosen["row"], chosen["value"], strict=True):
        value[rows.index(row), models.index(model)] = v
    shown = relative_scale(value) if relative else value
    fig, ax = _axes(1.9 + 0.42 * len(models) + 2.4, 1.6 + 0.3 * len(rows))
    limits = {"cmap": "PuOr", "vmin": -2.4, "vmax": 2.4} if relative else {"cmap": "viridis", "vmin": 0, "vmax": 1}
    mesh = ax.pcolormesh(shown, edgecolors="white", linewidth=1.5, **limits)
    for (i, j), v in np.ndenumerate(value):
        if np.isfinite(v):
            dark = np.dot(mesh.cmap(mesh.norm(shown[i, j]))[:3], (0.3, 0.59, 0.11)) < 0.5
            ax.text(j + 0.5, i + 0.5, f"{v:.2f}", ha="center", va="center", size=7, color="white" if dark else INK)
    ax.set_xticks(np.arange(len(models)) + 0.5, models, rotation=60, ha="left", rotation_mode="anchor")
    ax.set_yticks(np.arange(len(rows)) + 0.5, [(titles or {}).get(r, r) for r in rows])
    ax.xaxis.tick_top()
    ax.invert_yaxis()
    ax.tick_params(length=0, colors=INK)
    _without_frame(ax)
    fig.colorbar(mesh, ax=ax, shrink=0.6, aspect=25, label="relative scale (std)" if relative else score)
    return fig


def relative_scale(value: np.ndarray) -> np.ndarray:
    """(s - mean) / max(std, 0.02) along the last axis, NaN where missing."""
    count = np.isfinite(value).sum(axis=-1, keepdims=True)
    mean = np.nansum(value, axis=-1, keepdims=True) / np.maximum(count, 1)
    square = np.nansum((value - mean) ** 2, axis=-1, keepdims=True) / np.maximum(count, 1)
    return (value - mean) / np.maximum(np.sqrt(square), 0.02)


def taylor(
    correlation: Sequence[float],
    ratio: Sequence[float],
    labels: Sequence[str],
    *,
    colours: Sequence[str] | None = None,
    limit: float | None = None,
) -> Figure:
    """Taylor diagram, standardised by the reference: angle arccos R, radius the ratio of standard deviations.

    correlation, ratio, labels [model]; colours one a model
    limit  greatest radius shown; models beyond it stand on the rim
    Raises DataError where no model has both numbers.
    Source: Taylor (2001)
    """
    r, sigma = np.asarray(correlation, float), np.asarray(ratio, float)
    known = np.isfinite(r) & np.isfinite(sigma)
    if not known.any():
        raise DataError("a Taylor diagram needs at least one model with correlation and ratio of standard deviations")
    rim = limit or max(1.5, 1.08 * float(sigma[known].max()))
    half = bool((r[known] < 0).any())
    fig, ax = _axes(7.2, 5.2, projection="polar")
    ax.set_thetamax(180 if half else 90)
    ax.set_rlim(0, rim)
    marks = np.array([0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 0.99])
    marks = np.concatenate([-marks[::-1], [0.0], marks]) if half else marks
    ax.set_thetagrids(np.degrees(np.arccos(marks)), [f"{m:g}" for m in marks])
    angle, radius = np.meshgrid(np.linspace(0, np.pi if half else np.pi / 2, 181), np.linspace(0, rim, 121))
    error = np.sqrt(1 + radius**2 - 2 * radius * np.cos(angle))
    rings = ax.contour(angle, radius, error, levels=np.arange(0.5, 2 * rim, 0.5), colors="#b9bcc0", linewidths=0.8)
    ax.clabel(rings, fmt="%g", fontsize=7, colors=SOFT)
    ax.plot(np.linspace(0, np.pi if half else np.pi / 2, 90), np.ones(90), color="#b9bcc0", lw=1)
    ax.plot(0, 1, "o", ms=8, mfc="white", mec=INK, mew=1.6, clip_on=False, zorder=5, label="reference")
    shades = colours or [f"C{k % 10}" for k in range(r.size)]
    for k in np.flatnonzero(known).tolist():
        mark = "osD^vP"[k // 10 % 6]
        place = np.arccos(np.clip(r[k], -1, 1)), min(sigma[k], rim)
        ax.plot(*place, mark, ms=7, color=shades[k], mec="white", mew=0.6, clip_on=False, zorder=4, label=labels[k])
    ax.text(np.pi / 4, 1.17 * rim, "correlation", rotation=-45, ha="center", va="center", color=SOFT)
    ax.set_rgrids(np.arange(0.5, rim, 0.5))
    ax.set_xlabel("standard deviation / reference", color=SOFT, labelpad=14)
    ax.grid(color="#e4e6e8")
    ax.tick_params(colors=SOFT)
    fig.legend(*ax.get_legend_handles_labels(), loc="outside right center", frameon=False, fontsize=8)
    return fig


def map(
    values: np.ndarray,
    grid: LatLonGrid | Sites,
    *,
    title: str = "",
    units: str = "",
    cmap: str = "YlGnBu",
    limits: tuple[float, float] | None = None,
) -> Figure:
    """A field on a map with coastlines; sites as points.

    values  [lat, lon] or [site], NaN where missing
    limits  of the colours; the 2nd and 98th percentile where none are given
    Raises DataError where nothing is finite or the shape is not the grid's.
    """
    from matplotlib.collections import LineCollection

    from vadose.grid.coastlines import coastlines

    field = np.asarray(values, float)
    if field.shape != grid.shape:
        raise DataError(f"a map needs values of the grid's shape {grid.shape}, got {field.shape}")
    if not np.isfinite(field).any():
        raise DataError("a map needs at least one value that is not missing")
    low, high = limits or tuple(np.nanpercentile(field, [2, 98]))
    shade: dict[str, Any] = {"cmap": cmap, "vmin": low, "vmax": high}
    south, north, west, east = _extent(field, grid)
    squeeze = np.cos(np.radians((south + north) / 2)) if east - west < 200 else 1.0
    fig, ax = _axes(8.0, 1.1 + 7.0 * min(1.1, (north - south) / ((east - west) * squeeze)))
    ax.set_facecolor(GROUND)
    if isinstance(grid, Sites):
        drawn: Any = ax.scatter(grid.lon, grid.lat, c=field, s=34, edgecolors=INK, linewidths=0.6, zorder=3, **shade)
    else:
        edges = [np.append(b[:, 0], b[-1, 1]) for b in (grid.lon_bnds, grid.lat_bnds)]
        drawn = ax.pcolormesh(*edges, np.ma.masked_invalid(field), **shade)
    fine = "c" if east - west > 60 else "l" if east - west > 12 else "i"
    lines = [line for line in coastlines(fine) if _meets(line, (south, north, west, east))]
    ax.add_collection(LineCollection(lines, colors="#8b9097", linewidths=0.5, zorder=2), autolim=False)
    ax.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[])
    ax.set_aspect(1 / squeeze)
    _without_frame(ax)
    if title:
        ax.set_title(title, loc="left", fontsize=11, color=INK)
    fig.colorbar(drawn, ax=ax, orientation="horizontal", shrink=0.6, aspect=40, pad=0.03, extend="both", label=units)
    return fig


def _axes(width: float, height: float, projection: str | None = None) -> tuple[Figure, Any]:
    """A figure without the state of pyplot, so that it is gone when the caller drops it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    fig = Figure(figsize=(width, height), layout="constrained", dpi=150)
    FigureCanvasAgg(fig)
    return fig, fig.add_subplot(projection=projection)


def _without_frame(ax: Any) -> None:
    for spine in ax.spines.values():
        spine.set_visible(False)


def _extent(field: np.ndarray, grid: LatLonGrid | Sites) -> tuple[float, float, float, float]:
    """South, north, west, east of what has values, with some room; the whole globe where it spans most of it."""
    if isinstance(grid, Sites):
        known = np.isfinite(field)
        south, north, west, east = (
            grid.lat[known].min(),
            grid.lat[known].max(),
            grid.lon[known].min(),
            grid.lon[known].max(),
        )
    else:
        rows, columns = np.isfinite(field).any(axis=1), np.isfinite(field).any(axis=0)
        south, north = grid.lat_bnds[rows].min(), grid.lat_bnds[rows].max()
        west, east = grid.lon_bnds[columns].min(), grid.lon_bnds[columns].max()
    if east - west > 200:
        return min(-58.0, float(south)), max(84.0, float(north)), -180.0, 180.0
    room = max(0.4, 0.06 * max(north - south, east - west))
    return float(south - room), float(north + room), float(west - room), float(east + room)


def _meets(line: np.ndarray, box: tuple[float, float, float, float]) -> bool:
    (west, south), (east, north) = line.min(axis=0), line.max(axis=0)
    return bool(south <= box[1] and north >= box[0] and west <= box[3] and east >= box[2])
