"""Stones in a soil whose pedotransfer function knows fine earth alone: less room for water, a longer way for it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from vadose.simulate.soil_texture import Texture
from vadose.soil.pedotransfer.saxton_rawls_2006 import gravel_conductivity, gravel_volume, normal_density


def with_gravel(
    retention: Any, extra: dict[str, np.ndarray], texture: Texture, name: str, notes: list[str]
) -> tuple[Any, dict[str, np.ndarray]]:
    """The closure and the points of a soil with its gravel, from those of its fine earth.

    theta = (1 - Rv) theta_fine;  K_s = K_fine (1 - Rw) / (1 - Rw (1 - 1.5 rho/2650)) = K_fine 2 (1 - Rv) / (2 + Rv)

    Rv     1, volume fraction of gravel, of its mass fraction Rw and the density rho of the fine earth: that which is
           stated, else (1 - theta_s) 2650 kg m-3
    extra  wilting point and critical point by name, m3 m-3
    name   of the pedotransfer function, for the note
    Sources: Saxton & Rawls (2006) eqs. 19 and 22; Peck & Watson (1979), impermeable spheres in a conducting medium
    """
    if texture.gravel is None or not np.any(texture.gravel > 0.0):
        return retention, extra
    density = texture.bulk_density
    if density is None:
        density = np.asarray(normal_density(np.asarray(retention.theta_s)))
    room = 1.0 - np.asarray(gravel_volume(texture.gravel, density))
    way = np.asarray(gravel_conductivity(texture.gravel, density))
    factors = {"theta_": room, "K_": way}
    leaves = {
        f.name: np.asarray(getattr(retention, f.name)) * factor
        for f in dataclasses.fields(retention)
        for start, factor in factors.items()
        if f.name.startswith(start)
    }
    notes.append(
        f"[soil] {name} knows no `gravel`: its water contents were multiplied by {_span(room)} and K_s by {_span(way)} "
        "(Saxton & Rawls 2006, eqs. 19 and 22)"
    )
    return dataclasses.replace(retention, **leaves), {k: v * room for k, v in extra.items()}


def _span(factor: np.ndarray) -> str:
    low, high = float(factor.min()), float(factor.max())
    return f"{low:.2f}" if high - low < 0.005 else f"{low:.2f} to {high:.2f}"
