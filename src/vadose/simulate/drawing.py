"""How texture and factors of a member are drawn from its streams."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtr

from vadose.constants import LN_10
from vadose.errors import ConfigError
from vadose.simulate.lattice import Lattice
from vadose.simulate.noise import normals, streams, uniforms
from vadose.simulate.study_subsurface import BEGINNING
from vadose.soil.pedotransfer import complete, pedotransfer
from vadose.soil.texture import Soil

if TYPE_CHECKING:
    from vadose.grid.cells import Cells
    from vadose.simulate.members import Member
    from vadose.simulate.soil_texture import Texture
    from vadose.simulate.study_ensemble import Ensemble
    from vadose.simulate.study_land import Soil as SoilTable

EDGE = 0.5  # %, a part that is smaller is not drawn: logarithms of it would say more than is known
SMALLEST = 1e-6  # %, a part below it counts as it where layers change in log-ratios
DEPTH = 0.05  # m, at which the function is asked for its spread where it asks for a depth


@dataclass(frozen=True)
class Streams:
    """The draws of one member on some cells; one that is not perturbed has its texture as stated and factors of 1."""

    ensemble: Ensemble
    member: Member
    cells: Cells

    def top(self, texture: Texture) -> np.ndarray | None:
        """[2, cell] sand and clay, %, of the top layer: uniform around what is stated, whose mean they keep.

        The half-width of sand and of clay is at most that part less `EDGE`, and both shrink until silt fits in the same
        way: the whole range lies within the triangle, so that nothing is cut off.
        """
        table = self.ensemble.texture
        if not table.any:
            return None
        stated = np.stack([texture.sand[0], texture.clay[0]])
        if self.member.number == 0:
            return stated
        room = np.maximum(np.stack([*stated, 100.0 - stated.sum(axis=0)]) - EDGE, 0.0)
        width = np.minimum(np.array([[table.sand], [table.clay]]), room[:2])
        both = width.sum(axis=0)
        width *= np.minimum(1.0, room[2] / np.where(both > 0.0, both, 1.0))
        u = np.stack([ndtr(self._field(f"texture {name}", table.length)) for name in ("sand", "clay")])
        return np.asarray(stated + (2.0 * u - 1.0) * width)

    def scales(self, table: SoilTable, texture: Texture, retention: Any) -> Mapping[str, np.ndarray]:
        """Name -> [cell] factor of [ensemble.pedotransfer] and [ensemble.parameters]."""
        chosen = self.ensemble.pedotransfer
        found = {}
        for name in chosen.names:
            if self.member.number == 0:
                found[name] = np.ones(self.cells.size)
                continue
            sd = getattr(chosen, name)
            x = self._field(f"pedotransfer {name}", chosen.length)
            if name == "K_s":
                found[name] = np.exp(LN_10 * (stated_spread(table, texture, name) if sd == "function" else sd) * x)
            else:
                theta_s = np.asarray(retention.theta_s)[0]
                share = (stated_spread(table, texture, name) if sd == "function" else sd) / theta_s
                s = np.sqrt(np.log1p(share * share))
                found[name] = np.exp(s * x - 0.5 * s * s)
        for name in self.ensemble.parameters:
            found[name] = self._uniform(name)
        return found

    def _uniform(self, name: str) -> np.ndarray:
        """[cell] a factor, log-uniform between its bounds, the same in all choices with this number.

        Cells differ, but for those of the subsurface: its columns share one beginning.
        """
        low, high = self.ensemble.parameters[name]
        if self.member.number == 0:
            return np.ones(self.cells.size)
        which = np.zeros(self.cells.size, int) if name in BEGINNING else self.cells.index
        u = uniforms(streams(self.ensemble.seed, self.member.number, f"parameter {name}", which))
        return np.asarray(low * np.exp(u * np.log(high / low)))

    def _field(self, name: str, length: float) -> np.ndarray:
        """[cell] normal numbers, correlated over `length` km."""
        seed, number, cells = self.ensemble.seed, self.member.number, self.cells
        if length == 0.0:
            return normals(streams(seed, number, name, cells.index))
        if math.isinf(length):
            return np.broadcast_to(normals(streams(seed, number, name, np.zeros(1))), (cells.size,))
        lattice = Lattice.kept(cells.lat, cells.lon, length)
        return lattice.spread(normals(streams(seed, number, name, lattice.nodes))[:, None])[0]


def with_top(texture: Texture, top: np.ndarray | None) -> Texture:
    """The texture whose top layer has the sand and clay `top` [2, cell], %, and whose other layers follow.

    Sand, silt and clay of a layer are multiplied by the factors by which those of the top layer change, and brought
    back to 100 %: the same step in log-ratios everywhere (Aitchison's perturbation), which stays within the triangle.
    """
    if top is None:
        return texture
    parts = np.stack([texture.sand, 100.0 - texture.sand - texture.clay, texture.clay])
    new = np.stack([top[0], 100.0 - top[0] - top[1], top[1]])
    by = np.maximum(new, SMALLEST) / np.maximum(parts[:, 0], SMALLEST)
    moved = parts * by[:, None]
    moved *= 100.0 / moved.sum(axis=0)
    sand, clay = (
        # Layers like the top one are exactly as it is, so that the function is asked once; those that stay, too.
        np.where((parts == parts[:, :1]).all(axis=0), new[i], np.where((by == 1.0).all(axis=0), parts[i], moved[i]))
        for i in (0, 2)
    )
    return replace(texture, sand=sand, clay=clay)


def stated_spread(table: SoilTable, texture: Texture, name: str) -> np.ndarray:
    """[cell] standard deviation of log10 K_s or of theta_s, m3 m-3, that a pedotransfer function states.

    Of the top layer. Raises ConfigError for a function that states none.
    """
    function = pedotransfer[table.ptf]
    key = {"K_s": "log10_K_s"}.get(name, name)
    if key not in function.spread:
        raise ConfigError(
            f'[ensemble.pedotransfer] `{name}` = "function", but {function.name!r} states no standard deviation of it; '
            f"give a number, such as {'0.4' if name == 'K_s' else '0.03'}, or take another `ptf`, such as rosetta3"
        )
    takes = ("sand", "clay", *function.inputs, *function.optional)
    known = {f.name: getattr(texture, f.name) for f in fields(texture)}
    soil = Soil(**{k: v[0] for k, v in known.items() if v is not None and k in takes}, depth=DEPTH)
    if "bulk_density" in function.missing(soil):
        soil = complete(soil)
    return np.broadcast_to(np.asarray(function(soil).spread[key], float), (texture.sand.shape[1],))
