"""Retention and conductivity curves of several closures in one figure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vadose.constants import HEAD_CRITICAL, HEAD_WILTING, MM_PER_HOUR
from vadose.errors import ConfigError
from vadose.soil.retention.contract import Retention

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEADS = np.logspace(-2.0, 4.5, 261)  # m, suction from 1 cm to beyond oven-dry air
LOWEST = 1e-10  # mm h-1, conductivity below which a curve is not followed
DASHES = ("-", "--", ":", "-.")


def plot_curves(closures: Mapping[str, Retention], title: str = "") -> Figure:
    """Draw theta(h) and K(h) of the closures, by name; all their parameters single numbers."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.5, 6.0), layout="constrained")
    water, flow = figure.subplots(1, 2)
    colours = _colours(len(closures))
    for i, (name, closure) in enumerate(closures.items()):
        style = {"color": colours[i], "linestyle": DASHES[i % len(DASHES)], "linewidth": 1.6}
        water.plot(HEADS, closure.water_content(-HEADS), label=name, **style)
        K = np.asarray(closure.conductivity(-HEADS)) * MM_PER_HOUR
        flow.plot(HEADS, np.where(K >= LOWEST, K, np.nan), **style)
    water.set(xscale="log", xlabel="suction head (m)", ylabel="water content (m3 m-3)", ylim=(0.0, None))
    flow.set(xscale="log", yscale="log", xlabel="suction head (m)", ylabel="hydraulic conductivity (mm h-1)")
    flow.set_ylim(bottom=LOWEST)
    for axes in (water, flow):
        axes.set_xlim(HEADS[0], HEADS[-1])
        axes.grid(True, color="0.9", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
        for head, label in ((HEAD_CRITICAL, "-33 kPa"), (HEAD_WILTING, "-1500 kPa")):
            axes.axvline(-head, color="0.55", linewidth=0.8, zorder=0)
            axes.annotate(
                label, (-head, 1.0), xycoords=("data", "axes fraction"), xytext=(3, -3), textcoords="offset points",
                va="top", color="0.35", fontsize=8,
            )  # fmt: skip
    figure.legend(loc="outside right upper", frameon=False, fontsize=8.5)
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=12)
    return figure


def save_curves(closures: Mapping[str, Retention], path: Path, title: str = "") -> None:
    """Draw the curves into a PNG, PDF or SVG file; the file appears whole or not at all.

    Raises ConfigError where the ending is another one or the folder does not exist.
    """
    endings = (".png", ".pdf", ".svg")
    if path.suffix.lower() not in endings:
        raise ConfigError(f"{path}: a figure must end in {', '.join(endings)}")
    if not path.parent.is_dir():
        raise ConfigError(f"{path}: the folder {path.parent} does not exist; make it first")
    unfinished = path.with_name(f".{path.name}.part{path.suffix}")
    try:
        plot_curves(closures, title).savefig(unfinished, dpi=150)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _colours(count: int) -> list[tuple[float, ...]]:
    from matplotlib import colormaps

    palette = colormaps["tab20" if count > 10 else "tab10"].colors  # type: ignore[attr-defined]
    return [palette[i % len(palette)] for i in range(count)]
