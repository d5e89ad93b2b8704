"""One vertical axis for members whose soil layers differ: cut at the edges of all, so that nothing is smoothed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from vadose.model.outputs import Output

if TYPE_CHECKING:
    from vadose.simulate.members import Member
    from vadose.simulate.study import Study

DIGITS = 6  # of edges, m; nearer ones are the same
Thicknesses = tuple[float, ...]


def layers_of(study: Study, member: Member) -> Thicknesses:
    """Thickness of the soil layers of a member, m: the study's, else its preset's."""
    from vadose.model.presets import DEFAULT_LAYERS

    return tuple(study.model.layers or DEFAULT_LAYERS[member.preset])


def all_layers_of(study: Study, member: Member) -> Thicknesses:
    """Thickness of the soil layers of a member and of those below them, m."""
    return (*layers_of(study, member), *study.subsurface.layers)


def common_layers(study: Study, members: Sequence[Member], whole: bool = False) -> Thicknesses:
    """Thickness of the layers of the outputs, m: those of the members, cut at the edges of all where they differ.

    whole  True for all layers of a subsurface, False for the soil's
    """
    of = all_layers_of if whole else layers_of
    found = list(dict.fromkeys(of(study, m) for m in members))
    if len(found) == 1:
        return found[0]
    edges = np.unique(np.round(np.concatenate([np.cumsum(some) for some in found]), DIGITS))
    return tuple(float(dz) for dz in np.round(np.diff(edges, prepend=0.0), DIGITS))


def note_of(study: Study, members: Sequence[Member]) -> list[str]:
    """What there is to say of the axis, where members differ in their layers."""
    own = {m.preset: layers_of(study, m) for m in members}
    if len(set(own.values())) == 1:
        return []
    said = ", ".join(f"{preset} {len(layers)} to {sum(layers):.2f} m" for preset, layers in own.items())
    return [
        f"[model] soil layers: {said}; the outputs share {len(common_layers(study, members))} layers, cut at the edges "
        "of all, into which water goes by thickness; below the soil of a member they are missing"
    ]


def onto(values: np.ndarray, output: Output, own: Thicknesses, shared: Thicknesses) -> np.ndarray:
    """A layered output [row, layer, column] on the shared layers, NaN below the member's own.

    Amounts of water in a layer, and fluxes out of it, go by thickness; temperatures are those of the layer around.
    """
    if own == shared:
        return values
    middle = np.cumsum(shared) - 0.5 * np.asarray(shared)
    around = np.searchsorted(np.cumsum(own), middle)  # the own layer in which each shared one lies
    there = np.flatnonzero(around < len(own))
    out = np.full((values.shape[0], len(shared), *values.shape[2:]), np.nan, values.dtype)
    out[:, there] = values[:, around[there]]
    if output.units.startswith("kg m-2"):
        out[:, there] *= (np.asarray(shared)[there] / np.asarray(own)[around[there]])[:, None]
    return out
