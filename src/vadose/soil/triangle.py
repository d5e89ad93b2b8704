"""The texture triangle: class borders and names, with soils as points or a quantity as a coloured field.

Clay grows upwards, sand to the left, silt to the right, as in the Soil Survey Manual (2017), chapter 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.arrays import Array
from vadose.errors import ConfigError, DataError
from vadose.soil.classes import HYPRES_POLYGONS, USDA_POLYGONS, Polygon, check_texture

HEIGHT = np.sqrt(3.0) / 2.0  # of a triangle with sides of 1
CLASSES: dict[str, dict[str, Polygon]] = {"usda": USDA_POLYGONS, "hypres": HYPRES_POLYGONS}
INK, BORDER, GRID = "#1f2933", "#52606d", "#d9dee3"

# Where a name stands (sand %, clay %), how it breaks and how it turns, so that it stays inside its class.
PLACES: dict[str, tuple[float, float, str, float]] = {
    "sand": (91.8, 3.0, "sand", 0.0),
    "loamy sand": (82.3, 6.3, "loamy sand", -33.5),
    "sandy loam": (66.0, 11.5, "sandy\nloam", 0.0),
    "silt loam": (21.0, 14.5, "silt\nloam", 0.0),
    "silt": (6.5, 5.5, "silt", 0.0),
    "loam": (42.0, 17.5, "loam", 0.0),
    "sandy clay loam": (58.5, 27.0, "sandy clay\nloam", 0.0),
    "silty clay loam": (10.0, 33.5, "silty clay\nloam", 0.0),
    "clay loam": (32.5, 33.5, "clay\nloam", 0.0),
    "sandy clay": (51.5, 40.5, "sandy\nclay", 0.0),
    "silty clay": (7.0, 46.0, "silty\nclay", 0.0),
    "clay": (22.0, 58.0, "clay", 0.0),
    "coarse": (78.0, 8.0, "coarse", 0.0),
    "medium": (40.0, 18.0, "medium", 0.0),
    "medium fine": (7.5, 18.0, "medium\nfine", 0.0),
    "fine": (27.0, 46.0, "fine", 0.0),
    "very fine": (13.0, 73.0, "very fine", 0.0),
}


def position(sand: Array, clay: Array) -> tuple[Array, Array]:
    """Place (x, y) of a texture in a triangle with corners sand (0, 0), silt (1, 0) and clay (1/2, 0.866).

    sand, clay   %, of the mineral fine earth
    """
    sand, clay = np.asarray(sand, float), np.asarray(clay, float)
    return (100.0 - sand - 0.5 * clay) / 100.0, HEIGHT * clay / 100.0


def ternary(
    sand: Array = None,
    clay: Array = None,
    values: Array = None,
    *,
    ax: Any = None,
    classes: str | None = "usda",
    field: bool = False,
    label: str = "",
    **style: Any,
) -> Any:
    """Draw the texture triangle, and soils in it.

    sand, clay   %, arrays of one shape; None draws the triangle alone. Impossible or missing ones are left out
    values       what the colour shows, of the same shape; None gives points of one colour
    ax           axes of matplotlib; None makes a figure
    classes      "usda", "hypres" or None
    field        True fills the triangle between the soils, False draws points
    label        name and unit of the values, beside the colour bar
    style        handed to matplotlib's scatter or tripcolor: cmap, vmin, vmax, s, color, ...
    Returns the axes. Raises ConfigError for unknown classes, DataError where a field lacks values or soils.
    """
    if classes is not None and classes not in CLASSES:
        raise ConfigError(f"unknown classes {classes!r}; expected one of {', '.join(CLASSES)}, or None")
    if ax is None:
        import matplotlib.pyplot as plt

        _, ax = plt.subplots(figsize=(7.2, 6.2), layout="constrained")
    ax.set_aspect("equal")
    ax.set_axis_off()
    ax.set_xlim(-0.13, 1.13)
    ax.set_ylim(-0.15, HEIGHT + 0.06)
    # Letters shrink with the axes, down to what can still be read.
    scale = float(np.clip(ax.get_position().width * ax.figure.get_figwidth() / 5.6, 0.65, 1.1))
    _frame(ax, scale, grid_alpha=0.45 if field else 1.0)
    if sand is not None and clay is not None:
        _soils(ax, sand, clay, values, field, label, style)
    if classes is not None:
        _draw_classes(ax, CLASSES[classes], scale, INK if field else BORDER)
    return ax


def _soils(ax: Any, sand: Array, clay: Array, values: Array, field: bool, label: str, style: dict[str, Any]) -> None:
    valid, sand, clay = (np.ravel(v) for v in check_texture(np.atleast_1d(sand), np.atleast_1d(clay)))
    colour = None if values is None else np.ravel(np.asarray(values, float))
    if colour is not None:
        if colour.shape != sand.shape:
            raise DataError(f"values must have the shape of sand and clay, {sand.shape}, got {colour.shape}")
        valid = valid & np.isfinite(colour)
        colour = colour[valid]
    x, y = position(sand[valid], clay[valid])
    if field:
        if colour is None or len(x) < 3:
            raise DataError(f"a field needs values at three soils or more, got {0 if colour is None else len(x)}")
        drawn = ax.tripcolor(x, y, colour, **{"shading": "gouraud", "cmap": "viridis", "zorder": 0.5, **style})
    else:
        usual: dict[str, Any] = {"s": 26, "edgecolors": "white", "linewidths": 0.6, "zorder": 4}
        usual |= {"color": "#1f6f8b"} if colour is None else {"c": colour, "cmap": "viridis"}
        drawn = ax.scatter(x, y, **{**usual, **style})
    if colour is not None:
        bar = ax.figure.colorbar(drawn, ax=ax, shrink=0.72, pad=0.0, aspect=28)
        bar.set_label(label, color=INK)
        bar.outline.set_visible(False)


def _frame(ax: Any, scale: float, grid_alpha: float) -> None:
    """The triangle, its lines every 10 %, their numbers outside and the names of the three sides."""
    corners = np.array([position(s, c) for s, c in ((100, 0), (0, 0), (0, 100), (100, 0))])
    ax.plot(*corners.T, color=INK, lw=1.4, zorder=3, solid_joinstyle="round")
    for p in range(10, 100, 10):
        q = 100 - p
        # One side's tick, the far end of its line, and where its number stands outside.
        sides = (
            ((q, p), (0, p), "right", (-0.012, 0.0), 0),
            ((0, q), (q, 0), "left", (0.010, 0.012), 60),
            ((p, 0), (p, q), "center", (0.012, -0.030), -60),
        )
        for start, end, align, (dx, dy), turn in sides:
            (x0, y0), (x1, y1) = position(*start), position(*end)
            ax.plot((x0, x1), (y0, y1), color=GRID, lw=0.6, alpha=grid_alpha, zorder=1)
            number = {"ha": align, "va": "center", "rotation": turn, "fontsize": 8 * scale, "color": BORDER}
            ax.text(x0 + dx, y0 + dy, str(p), **number)
    name = {"ha": "center", "va": "center", "fontsize": 11 * scale, "color": INK, "rotation_mode": "anchor"}
    ax.text(0.25 - 0.085, HEIGHT / 2 + 0.05, "clay (%)", rotation=60, **name)
    ax.text(0.75 + 0.085, HEIGHT / 2 + 0.05, "silt (%)", rotation=-60, **name)
    ax.text(0.5, -0.095, "sand (%)", **name)


def _draw_classes(ax: Any, polygons: dict[str, Polygon], scale: float, border: str) -> None:
    """Borders and names, with a light halo that keeps them readable on any ground."""
    from matplotlib.patheffects import withStroke

    edge = [withStroke(linewidth=2.2, foreground="white", alpha=0.45)]
    halo = [withStroke(linewidth=2.6, foreground="white", alpha=0.8)]
    size = scale * (8.0 if len(polygons) > 6 else 10.0)
    for name, polygon in polygons.items():
        x, y = position(*np.array([*polygon, polygon[0]], float).T)
        ax.plot(x, y, color=border, lw=0.9, alpha=0.75, zorder=2, path_effects=edge)
        sand, clay, text, turn = PLACES[name]
        ax.text(
            *position(sand, clay),
            text,
            ha="center",
            va="center",
            rotation=turn,
            rotation_mode="anchor",
            linespacing=1.0,
            fontsize=0.82 * size if turn else size,
            color=INK,
            path_effects=halo,
            zorder=5,
        )
