"""A picture of the drydowns of one cell: the series, a year of it with the fits, and all events from their start."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.calibrate.drydown.estimates import Estimates
from vadose.calibrate.drydown.events import Events
from vadose.calibrate.reason import Reason
from vadose.errors import DataError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WILTING, CRITICAL, RAIN = "#b4541f", "#0f6c8c", "#4f8fbd"
_LABELS = {"wilting_point": r"$\theta_w$", "critical_point": r"$\theta_c$"}
_MOISTURE = "soil moisture (m$^3$ m$^{-3}$)"


def plot_drydowns(
    values: np.ndarray,
    days: np.ndarray,
    events: Events,
    estimates: Estimates,
    cell: int,
    title: str = "",
    rain: np.ndarray | None = None,
) -> Figure:
    """Four panels: the whole series, the year with most kept events, the kept events from their start, distributions.

    Lines are theta_w and theta_c of the cell with bands of 1.96 standard errors; fits are coloured by the first sample
    of their event.

    values     [time, cell], or [time] of this cell alone; m3 m-3
    days       [time] datetime64[D]
    events     of this cell, others are left out; estimates: [cell], or of this cell alone
    cell       number of the cell in `events`, and column of `values`, `rain` and `estimates` that have many
    rain       as `values`, mm d-1
    Raises DataError where the shapes do not agree or the cell is not there.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    series, drops = _column(values, days, cell, "values"), None
    if rain is not None:
        drops = _column(rain, days, cell, "rain")
    place = 0 if estimates.reason.size == 1 else cell
    if not 0 <= place < estimates.reason.size:
        raise DataError(f"`estimates` hold {estimates.reason.size} cells, got cell {cell}")
    kept = events.select((events.cell == cell) & events.kept)
    if kept.size and int((kept.start + kept.duration).max()) >= series.size:
        raise DataError(f"an event of cell {cell} lies beyond the {series.size} days: events of another series?")
    lines = _lines(estimates, place)
    fig = Figure(figsize=(10.5, 9.6), layout="constrained", dpi=150)
    FigureCanvasAgg(fig)
    grid = fig.add_gridspec(3, 3, height_ratios=[1.0, 1.15, 1.5], width_ratios=[2.5, 0.8, 1.1])
    whole, year = fig.add_subplot(grid[0, :]), fig.add_subplot(grid[1, :])
    aligned = fig.add_subplot(grid[2, 0])
    beside, memory = fig.add_subplot(grid[2, 1], sharey=aligned), fig.add_subplot(grid[2, 2])
    top = 1.08 * float(np.nanmax(series, initial=0.0)) or 1.0
    colours = _colours(kept)
    _draw_series(whole, series, days, lines, drops)
    _draw_year(year, series, days, kept, lines, colours, drops)
    _draw_aligned(aligned, series, kept, lines, colours)
    _draw_moistures(beside, kept, lines)
    _draw_memory(memory, kept, estimates, place)
    for ax in (whole, year, aligned):
        ax.set_ylim(0, top if drops is None or ax is aligned else 1.25 * top)
        ax.set_ylabel(_MOISTURE)
    for ax in fig.axes:
        ax.spines[["top", "right"]].set_visible(False)
    fig.suptitle("\n".join(t for t in (title, _summary(estimates, place, events, cell)) if t), fontsize=10)
    return fig


def _column(values: np.ndarray, days: np.ndarray, cell: int, name: str) -> np.ndarray:
    table = np.asarray(values, float)
    if table.shape[:1] != days.shape or table.ndim > 2 or (table.ndim == 2 and not 0 <= cell < table.shape[1]):
        raise DataError(
            f"`{name}` must be [time] or [time, cell] with {days.size} days and cell {cell}, got {table.shape}"
        )
    column = table if table.ndim == 1 else table[:, cell]
    return np.where(np.isfinite(column), column, np.nan)


def _lines(estimates: Estimates, place: int) -> list[tuple[str, str, float, float]]:
    """Label, colour, value and half the band of each threshold that the cell has."""
    if estimates.reason[place] != Reason.DONE:
        return []
    return [
        (
            _LABELS[n],
            colour,
            float(getattr(estimates, n)[place]),
            1.96 * float(np.nan_to_num(getattr(estimates, f"{n}_error")[place])),
        )
        for n, colour in (("critical_point", CRITICAL), ("wilting_point", WILTING))
    ]


def _summary(estimates: Estimates, place: int, events: Events, cell: int) -> str:
    reason = Reason(int(estimates.reason[place]))
    counts = f"{estimates.observations[place]} observed days, {int((events.cell == cell).sum())} drydowns, "
    counts += f"{int(((events.cell == cell) & events.kept).sum())} kept"
    if reason != Reason.DONE:
        return f"{counts}; no result: {reason.meaning.replace('_', ' ')}"
    e = estimates
    parts = [
        rf"{label} = {getattr(e, n)[place]:.3f} $\pm$ {getattr(e, f'{n}_error')[place]:.3f}"
        for n, label in _LABELS.items()
    ]
    return f"{counts}; {', '.join(parts)}" + rf", $\tau$ = {e.memory[place]:.1f} $\pm$ {e.memory_error[place]:.1f} d"


def _colours(kept: Events) -> Any:
    """Colours [event, 4] by first sample, from dry to wet."""
    from matplotlib import colormaps
    from matplotlib.colors import Normalize

    if not kept.size:
        return np.empty((0, 4))
    low, high = np.percentile(kept.theta_c, [2, 98])
    return colormaps["viridis_r"](0.18 + 0.82 * Normalize(low, high, clip=True)(kept.theta_c))


def _draw_thresholds(ax: Any, lines: list[tuple[str, str, float, float]]) -> None:
    for label, colour, value, half in lines:
        ax.axhspan(value - half, value + half, color=colour, alpha=0.18, lw=0, zorder=1)
        ax.axhline(value, color=colour, lw=1.1, zorder=3)
        ax.annotate(
            label, (1.0, value), xycoords=("axes fraction", "data"), xytext=(4, 0), textcoords="offset points",
            color=colour, va="center", annotation_clip=False,
        )  # fmt: skip


def _draw_rain(ax: Any, days: np.ndarray, rain: np.ndarray) -> None:
    """Rain from the top downwards, a fifth of the panel at most."""
    other = ax.twinx()
    most = max(float(np.nanmax(rain, initial=0.0)), 1.0)
    other.bar(days, rain, width=1.0, color=RAIN, lw=0)
    other.set_ylim(5 * most, 0)
    other.set_yticks([0, most], ["0", f"{most:.0f}"])
    other.tick_params(colors=RAIN, labelsize=8)
    other.set_ylabel("rain (mm d$^{-1}$)", color=RAIN, fontsize=8, loc="top")
    other.spines[["top", "right"]].set_visible(False)
    ax.set_zorder(other.get_zorder() + 1)
    ax.patch.set_visible(False)


def _draw_series(ax: Any, series: np.ndarray, days: np.ndarray, lines: list, rain: np.ndarray | None) -> None:
    from vadose.report.figures import SOFT

    ax.plot(days, series, ".", ms=2.6, color=SOFT, mew=0, alpha=0.8)
    _draw_thresholds(ax, lines)
    known = np.flatnonzero(np.isfinite(series)) if np.isfinite(series).any() else np.array([0, series.size - 1])
    ax.set_xlim(days[known[0]], days[min(known[-1] + 1, series.size - 1)])
    if rain is not None:
        _draw_rain(ax, days, rain)


def _draw_year(
    ax: Any, series: np.ndarray, days: np.ndarray, kept: Events, lines: list, colours: Any, rain: np.ndarray | None
) -> None:
    """The 365 days with the most kept events: samples, and each fit over its event."""
    from vadose.report.figures import INK

    first = 0
    if series.size > 365:
        starts = np.bincount(kept.start, minlength=series.size).cumsum() if kept.size else np.isfinite(series).cumsum()
        first = int(np.argmax(starts[365:] - starts[:-365])) + 1 if series.size > 366 else 0
    end = min(first + 365, series.size)
    ax.plot(days[first:end], series[first:end], "o", ms=2.2, color=INK, mew=0, zorder=4)
    for k in np.flatnonzero((kept.start >= first) & (kept.start + kept.duration < end)).tolist():
        t = np.linspace(0, kept.duration[k], 4 * int(kept.duration[k]) + 1)
        at = days[kept.start[k]] + (t * 86400).astype("timedelta64[s]")
        ax.plot(at, _curve(kept, k, t), color=colours[k], lw=2.2, zorder=3, solid_capstyle="round")
    _draw_thresholds(ax, lines)
    ax.set_xlim(days[first], days[end - 1])
    if rain is not None:
        _draw_rain(ax, days[first:end], rain[first:end])


def _curve(events: Events, k: int, t: np.ndarray) -> np.ndarray:
    return events.theta_w[k] + events.amplitude[k] * np.exp(-t / events.tau[k])


def _draw_aligned(ax: Any, series: np.ndarray, kept: Events, lines: list, colours: Any) -> None:
    from matplotlib.collections import LineCollection

    from vadose.report.figures import SOFT

    curves, dots = [], []
    for k in range(kept.size):
        t = np.linspace(0, kept.duration[k], 2 * int(kept.duration[k]) + 1)
        curves.append(np.stack([t, _curve(kept, k, t)], axis=1))
        days = np.arange(kept.duration[k] + 1)
        dots.append(np.stack([days, series[kept.start[k] + days]], axis=1))
    if dots:
        x, y = np.concatenate(dots).T
        ax.plot(x, y, ".", ms=1.8, color=SOFT, mew=0, alpha=0.5, zorder=2)
    fade = float(np.clip(60 / max(kept.size, 1), 0.25, 0.9))
    ax.add_collection(LineCollection(curves, colors=colours, linewidths=1.1, alpha=fade, zorder=3), autolim=False)
    _draw_thresholds(ax, lines)
    longest = float(np.percentile(kept.duration, 98)) if kept.size else 1.0
    ax.set_xlim(0, max(longest, 2.0))
    ax.set_xlabel("days since the first sample; fits coloured by it")
    if not kept.size:
        ax.text(0.5, 0.5, "no drydown kept", transform=ax.transAxes, ha="center", color=SOFT)


def _draw_moistures(ax: Any, kept: Events, lines: list) -> None:
    """Events by theta_w and theta_c, along the axis of moisture that the panel beside has."""
    label = r"events by $\theta_w$, $\theta_c$"
    if kept.size:
        bins = np.linspace(0, float(kept.theta_c.max()), 46)
        # Fits at the bound would fill one bar and flatten the others: a number says it.
        inside = kept.theta_w > 1e-6
        for values, colour in ((kept.theta_c, CRITICAL), (kept.theta_w[inside], WILTING)):
            ax.hist(values, bins, orientation="horizontal", color=colour, alpha=0.6, lw=0)
        if not inside.all():
            label += "\n" + rf"({int((~inside).sum())} more at $\theta_w$ = 0)"
    _draw_thresholds(ax, lines)
    ax.tick_params(labelleft=False)
    ax.set_xlabel(label)


def _draw_memory(ax: Any, kept: Events, estimates: Estimates, place: int) -> None:
    from vadose.report.figures import INK, SOFT

    if kept.size:
        low, high = np.log10(kept.tau.min() / 1.05), np.log10(kept.tau.max() * 1.05)
        ax.hist(kept.tau, np.logspace(low, high, 32), color=SOFT, alpha=0.7, lw=0)
    value, error = float(estimates.memory[place]), 1.96 * float(np.nan_to_num(estimates.memory_error[place]))
    if np.isfinite(value):
        ax.axvspan(max(value - error, 1e-3), value + error, color=INK, alpha=0.15, lw=0)
        ax.axvline(value, color=INK, lw=1.1)
    ax.set_xscale("log")
    ax.set_xlabel(r"events by $\tau$ (d)")
