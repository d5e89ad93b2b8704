"""What is drawn of the soil and the plants of a member, and what may be put in its place: the door of a filter.

A member's texture and factors are drawn from its streams, or given from outside (`setup.prepare`, `own`): then all that
hangs on them is computed anew, through pedotransfer function, peat, gravel, closure, thresholds and heat.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from vadose.errors import DataError
from vadose.simulate.study_subsurface import BEGINNING

if TYPE_CHECKING:
    from vadose.simulate.soil_texture import Texture
    from vadose.simulate.study import Study
    from vadose.simulate.study_land import Soil as SoilTable

TEXTURE = "texture"  # name of the draw that is no factor
ROUNDING = 1e-6  # %, by which parts of a texture may miss their bounds


@dataclass(frozen=True, eq=False)
class Draws:
    """The uncertain part of a member's parameters.

    texture   [2, cell] sand and clay, %, of the top layer that the columns shall have; None: as stated. The layers
              below change by the same factors on sand, silt and clay, that is by the same step in log-ratios
    factors   name of a parameter ("K_s", "theta_s", those of [ensemble.parameters]) -> [cell] factor on all layers
    """

    texture: np.ndarray | None = None
    factors: Mapping[str, np.ndarray] = field(default_factory=dict)

    def part(self, which: np.ndarray | slice) -> Draws:
        """Those of some cells."""
        texture = None if self.texture is None else np.asarray(self.texture)[:, which]
        return Draws(texture, {name: np.asarray(by)[which] for name, by in self.factors.items()})

    def check(self, cells: int) -> None:
        """Raises DataError where a shape is not that of `cells` cells or a value cannot be."""
        named = dict(self.factors) if self.texture is None else {TEXTURE: self.texture, **self.factors}
        for name, values in named.items():
            shape = (2, cells) if name == TEXTURE else (cells,)
            if np.shape(values) != shape:
                raise DataError(f"draws of `{name}` must be {list(shape)}, got {list(np.shape(values))}")
            wrong = int(np.count_nonzero(~np.isfinite(np.asarray(values, float))))
            if wrong:
                raise DataError(f"draws of `{name}`: {wrong} values are not finite; an update failed before this")
        for name, values in self.factors.items():
            if not np.all(np.asarray(values) > 0.0):
                raise DataError(
                    f"draws of `{name}` must be factors > 0, got {np.min(values):g}; update their logarithm"
                )
        if self.texture is not None:
            sand, clay = np.asarray(self.texture, float)
            least = float(min(sand.min(initial=0.0), clay.min(initial=0.0), (100.0 - sand - clay).min(initial=0.0)))
            if least < -ROUNDING:
                raise DataError(
                    f"draws of `texture` must be sand and clay >= 0 %, together at most 100 %, a part is {least:g} %; "
                    "update log-ratios (vadose.soil.simplex)"
                )

    # As a source of draws for `soils.soil_columns`: these values whatever the soil is.
    def top(self, texture: Texture) -> np.ndarray | None:
        """[2, cell] sand and clay of the top layer, or None for that of the texture."""
        return None if self.texture is None else np.asarray(self.texture, float)

    def scales(self, table: SoilTable, texture: Texture, retention: Any) -> Mapping[str, np.ndarray]:
        """Name -> [cell] factor."""
        return {name: np.asarray(by, float) for name, by in self.factors.items()}


NOTHING = Draws()


def together(pieces: Sequence[tuple[np.ndarray, Draws]], size: int) -> Draws:
    """The draws of all columns from those of the kinds of soil: (positions, draws) each."""
    first = pieces[0][1]
    if len(pieces) == 1:
        return first

    def put(values: Sequence[np.ndarray]) -> np.ndarray:
        whole = np.empty((*values[0].shape[:-1], size))
        for (where, _), value in zip(pieces, values, strict=True):
            whole[..., where] = value
        return whole

    textures = [draws.texture for _, draws in pieces if draws.texture is not None]
    factors = {name: put([draws.factors[name] for _, draws in pieces]) for name in first.factors}
    return Draws(put(textures) if textures else None, factors)


def side_by_side(members: Sequence[Draws]) -> Draws:
    """The draws of several members, one after another along the cells."""
    first = members[0]
    textures = [draws.texture for draws in members if draws.texture is not None]
    texture = np.concatenate(textures, axis=-1) if len(textures) == len(members) else None
    return Draws(texture, {name: np.concatenate([draws.factors[name] for draws in members]) for name in first.factors})


@dataclass(frozen=True)
class Prior:
    """How the members' values of a name are spread, for a filter that wants to stay within it.

    kind     "texture"      sand and clay of the top layer, uniform within +- `width` points of what is stated, %
             "log-uniform"  a factor between `bounds`
             "log-normal"   a factor > 0; `sd` of its logarithm, None where it is the function's or theta_s's own
    """

    kind: Literal["texture", "log-uniform", "log-normal"]
    width: tuple[float, float] = (0.0, 0.0)
    bounds: tuple[float, float] = (0.0, np.inf)
    sd: float | None = None


def priors(study: Study) -> dict[str, Prior]:
    """What of a study's soil and plants is drawn, and so can be updated, by name; "texture" is sand and clay.

    What a run over a subsurface only begins with is none of it.
    """
    chosen = study.ensemble
    found: dict[str, Prior] = {}
    if chosen.texture.any:
        found[TEXTURE] = Prior("texture", width=(chosen.texture.sand, chosen.texture.clay))
    for name in chosen.pedotransfer.names:
        sd = getattr(chosen.pedotransfer, name)
        known = name == "K_s" and not isinstance(sd, str)
        found[name] = Prior("log-normal", sd=float(np.log(10.0) * sd) if known else None)
    for name, bounds in chosen.parameters.items():
        if name not in BEGINNING:
            found[name] = Prior("log-uniform", bounds=bounds)
    return found
