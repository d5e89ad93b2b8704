"""The spread of pedotransfer functions over the texture triangle, as SP-MIP looks at it.

Usage: python 6_pedotransfer_spread.py [--out FIGURE.png] [--soc 1.5]

Every function is asked about every texture of the triangle (in steps of 2 %) with the same organic carbon; where one
needs a bulk density it gets Saxton and Rawls' normal density. The figure shows the median over the functions, and below
it half the distance between the 16th and the 84th percentile: what one would call the standard deviation.
Source: Gudmundsson & Cuntz (2017); Weihermueller et al. (2021).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import vadose
from vadose.constants import MM_PER_HOUR
from vadose.soil import Soil
from vadose.soil.triangle import ternary

STEP = 2.0  # %
PANELS = (
    ("wilting point", "m3 m-3", "YlGnBu"),
    ("critical point", "m3 m-3", "YlGnBu"),
    ("available water", "m3 m-3", "YlGnBu"),
    ("log10 of K_s (mm h-1)", "", "BrBG"),
)


def triangle(step: float) -> tuple[np.ndarray, np.ndarray]:
    """Sand and clay, %, of textures all over the triangle."""
    sand, clay = np.meshgrid(np.arange(0.0, 100.0 + step, step), np.arange(0.0, 100.0 + step, step))
    inside = sand + clay <= 100.0
    return sand[inside], clay[inside]


def ask(soc: float) -> tuple[np.ndarray, np.ndarray, list[str], list[np.ndarray]]:
    """Sand, clay, the members' names, and for each panel [member, texture]."""
    sand, clay = triangle(STEP)
    found = vadose.pedotransfer.ensemble()(Soil(sand, clay, np.full(sand.shape, soc)))
    K_s = np.stack([np.broadcast_to(m.retention.K_s, sand.shape) for m in found.members.values()])
    values = [found.wilting_point, found.critical_point, found.available_water, np.log10(K_s * MM_PER_HOUR)]
    return sand, clay, found.names, values


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--out", type=Path, default=Path("pedotransfer-spread.png"))
    arguments.add_argument("--soc", type=float, default=1.5, help="organic carbon, %% by mass")
    chosen = arguments.parse_args()

    from matplotlib.figure import Figure

    sand, clay, names, values = ask(chosen.soc)
    figure = Figure(figsize=(16.5, 7.8), layout="constrained")
    for (title, unit, colours), value, axes in zip(PANELS, values, figure.subplots(2, 4).T, strict=True):
        middle = np.nanmedian(value, axis=0)
        low, high = np.nanpercentile(value, [16.0, 84.0], axis=0)
        half = (high - low) / 2.0
        ternary(sand, clay, middle, ax=axes[0], field=True, label=unit, cmap=colours)
        ternary(sand, clay, half, ax=axes[1], field=True, label=unit, cmap="magma_r", vmin=0.0)
        axes[0].set_title(f"{title}, median", fontsize=12)
        axes[1].set_title(f"{title}, spread", fontsize=12)
        print(f"{title:22s} spread: median {np.median(half):.3f}, highest {half.max():.3f}")
    figure.suptitle(f"{len(names)} pedotransfer functions, {chosen.soc:g} % organic carbon", fontsize=13)
    figure.savefig(chosen.out, dpi=100)
    print(", ".join(names))
    print(chosen.out)


if __name__ == "__main__":
    main()
