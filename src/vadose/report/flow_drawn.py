"""A ground and its water as pages of flow studies and of simulations over a subsurface draw them, by one script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from vadose.report.flow_fields import (
    PONDED,
    RIVER_SHARE,
    Domain,
    Fields,
    Surface,
    crossing,
    maps,
    packed,
    read_surface,
    relief_of,
    sections,
    shown_times,
)
from vadose.report.flow_frames import frames
from vadose.report.flow_topography import topography
from vadose.report.pack import numbers


@dataclass(frozen=True)
class Drawn:
    """What was read of the surface, and `data` for the script by key: head, maps, sections, areas, topography, frames.

    sections, rivers  whether there are any
    """

    surface: Surface
    data: dict[str, Any]
    sections: bool
    rivers: bool


def drawn(domain: Domain, fields: Fields, depth: np.ndarray | None = None) -> Drawn:
    """Read the fields of a domain, each once through time; depth as in `maps`."""
    surface = read_surface(domain, fields)
    row, column, why = crossing(domain, surface)
    cut = sections(domain, fields, row, column) if fields.has("saturation") else []
    title, units, relief = relief_of(domain, fields)
    rivers = bool(surface.discharge[0][domain.active].max(initial=0.0) > 0.0)
    data = {
        "head": {
            "times": domain.time, "shown": shown_times(domain), "peak": surface.peak, "why": why,
            "ponded": 1000 * PONDED, "share": RIVER_SHARE, "thickness": domain.thickness, "discharge": rivers,
            "relief": {"title": title, "units": units} if relief is not None else None,
        },
        "maps": maps(domain, surface, relief, depth),
        "sections": {"sections": [packed(s) for s in cut], "cell": dict(zip(("y", "x"), domain.cell, strict=True))},
        "areas": {"ponded": numbers(surface.ponded), "wet": numbers(surface.wet), "middle": numbers(surface.middle)},
        "topography": topography(domain, surface.end),
        "frames": frames(domain, fields, surface),
    }  # fmt: skip
    return Drawn(surface, data, bool(cut), rivers)


def table_at_the_end(surface: Surface) -> str:
    """Where the water table lies and how it moved, in words without a full stop."""
    first, last = surface.middle[0], surface.middle[-1]
    told = f"The water table lies at {last:.2f} m below the ground at the end (median)"
    if not np.isfinite(first):
        return told
    return f"{told}, {abs(first - last):.2f} m {'higher' if last <= first else 'lower'} than at the start"
