"""Conditions at the sides of a ParFlow run's domain: fluxes, heads, and water over the ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vadose.data.parflow.cycles import TimeSeries, Timing, interval_names, time_series
from vadose.data.parflow.geometry import AROUND, SIDES
from vadose.data.parflow.initial import patch_elevation
from vadose.data.parflow.reading import Reading
from vadose.data.parflow.surface import OVERLAND
from vadose.errors import DataError

_KINDS = {
    "FluxConst": "flux",
    "FluxVolumetric": "flux",
    "DirEquilRefPatch": "head",
    "SeepageFace": "seepage",
    **dict.fromkeys(OVERLAND, "overland"),
}
_REMEDY = "Give a condition in files as one of these with a cycle, or as a source (Solver.EvapTransFile)."


@dataclass(frozen=True, eq=False)
class Boundary:
    """The condition on a patch of the domain; faces without one are closed.

    patch   its name in the run;  side  "west", "east", "south", "north", "bottom" or "top"
    index   of the cells whose faces these are, along the side's axis (z from the top)
    faces   bool, [z, y] at west and east, [z, x] at south and north, [y, x] at bottom and top
    kind    "flux", "seepage" and "overland": `series` is a flux m s-1 INTO the domain, on every side; rain is positive
            "head": `series` is a pressure head m at the reference, and `offset` is added to it on each face
    type    ParFlow's name of the condition
    offset  m, as `faces`, NaN where there is no face
    """

    patch: str
    side: str
    index: int
    faces: np.ndarray
    kind: str
    type: str
    series: TimeSeries
    offset: np.ndarray | None = None


def read_boundaries(r: Reading, timing: Timing) -> tuple[Boundary, ...]:
    """The conditions of `BCPressure.PatchNames`, with ParFlow's signs turned.

    ParFlow counts a flux in the direction of the axis: -0.001 at the top is rain, 0.001 at the bottom a gain, 0.001 at
    the west a gain, 0.001 at the east a loss. Here all gains are positive. The walls of a solid must be closed.
    Raises DataError for conditions that are not supported, and for water over the ground anywhere but at the top.
    """
    found = (_read(r, timing, patch) for patch in r.keys.names("BCPressure.PatchNames"))
    return tuple(b for b in found if b is not None)


def overland_of(r: Reading, boundaries: tuple[Boundary, ...]) -> str | None:
    """The kind of flow over the ground, None where the top has no such condition."""
    for b in boundaries:
        if b.kind in ("overland", "seepage") and b.side != "top":
            raise DataError(
                f"{r.keys.path}: `Patch.{b.patch}.BCPressure.Type` = {b.type!r} is for the top, not the {b.side} side"
            )
    over = [b for b in boundaries if b.kind == "overland"]
    kinds = sorted({b.type for b in over})
    if len(kinds) > 1:
        raise DataError(f"{r.keys.path}: the patches of the top have {' and '.join(kinds)}; give all of them one kind")
    covered = np.zeros(r.grid.shape[1:], bool)
    for b in over:
        covered |= b.faces
    if over and (r.active.any(axis=0) & ~covered).any():
        raise DataError(f"{r.keys.path}: {kinds[0]} holds on a part of the top only; give it to all patches of the top")
    return kinds[0] if over else None


def _read(r: Reading, timing: Timing, patch: str) -> Boundary | None:
    base = f"Patch.{patch}.BCPressure"
    side = r.geometry.side(r.keys, patch, r.geometry.domain)
    kind = _KINDS[r.keys.choice(f"{base}.Type", tuple(_KINDS), _REMEDY)]
    cycle = r.keys.text(f"{base}.Cycle")
    values = [r.keys.number(f"{base}.{name}.Value") for name in interval_names(r.keys, cycle)]
    if side == AROUND:
        r.keys.superseded(f"{base}.RefGeom", f"{base}.RefPatch")
        if kind != "flux" or any(values):
            raise DataError(
                f"{r.keys.path}: patch {patch!r} is a wall of the solid {r.geometry.domain!r}, which must be closed "
                f"(FluxConst of 0), got {r.keys.text(f'{base}.Type')} of {', '.join(f'{v:g}' for v in values)}"
            )
        return None
    index, faces = _faces(r, patch, side)
    offset = None
    if kind == "head":
        offset = _offset(r, base, side, index, faces)
    else:
        r.keys.superseded(f"{base}.RefGeom", f"{base}.RefPatch")
        scale = _inward(side) / r.seconds
        if r.keys.text(f"{base}.Type") == "FluxVolumetric":
            scale /= _area(r, side, faces)
        # + 0.0 keeps a flux of nothing from reading -0.
        values = [v * scale + 0.0 for v in values]
    series = time_series(r.keys, cycle, values, timing)
    return Boundary(patch, side, index, faces, kind, r.keys.text(f"{base}.Type"), series, offset)


def _inward(side: str) -> float:
    return 1.0 if side in ("west", "south", "bottom") else -1.0


def _axis(side: str) -> int:
    """The axis of [z, y, x] that a side is normal to."""
    return 2 - SIDES.index(side) // 2


def _faces(r: Reading, patch: str, side: str) -> tuple[int, np.ndarray]:
    """Index of the outermost cells of the domain toward a side, and which of them have a face of the patch there.

    Raises DataError for a solid whose top or bottom is not in one layer.
    """
    axis = _axis(side)
    if axis == 0:
        cover = r.geometry.cover(patch, r.geometry.domain)
        upper, last = np.argmax(r.active, axis=0), r.grid.shape[0] - 1
        layers = (upper if side == "top" else last - np.argmax(r.active[::-1], axis=0))[cover]
        if layers.min() != layers.max():
            raise DataError(
                f"{r.keys.path}: the {side} of {r.geometry.domain!r} lies in layers {layers.min()} to {layers.max()} "
                "from the top; expected one: let the grid follow the terrain"
            )
        return int(layers[0]), cover
    others = tuple(i for i in range(3) if i != axis)
    held = np.flatnonzero(r.active.any(axis=others))
    index = int(held[-1] if side in ("east", "north") else held[0])
    return index, np.take(r.active, index, axis=axis)


def _area(r: Reading, side: str, faces: np.ndarray) -> float:
    """Area m2 of the faces of a side."""
    if side in ("bottom", "top"):
        return float(faces.sum()) * r.grid.dx * r.grid.dy
    width = r.grid.dy if side in ("west", "east") else r.grid.dx
    return float((faces * r.thickness[:, None]).sum()) * width


def _offset(r: Reading, base: str, side: str, index: int, faces: np.ndarray) -> np.ndarray:
    """What hydrostatic balance adds to the reference's head on each face: its elevation less that of the patch, turned.

    At the sides the elevation of a face is that of the cell's centre, at bottom and top that of the face itself.
    """
    level = patch_elevation(r, base, r.active)
    if side in ("west", "east"):
        out = level[:, index][None, :] - r.z[:, None]
    elif side in ("south", "north"):
        out = level[index, :][None, :] - r.z[:, None]
    else:
        half = 0.5 * r.thickness[index]
        out = level - (r.z[index] - half if side == "bottom" else r.z[index] + half)
    return np.where(faces, out, np.nan)
