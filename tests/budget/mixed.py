"""Many choices of a slot in one model, each in its own columns: one compilation where there would be one a choice.

`Mixed` asks all schemes and gives each column the answer of its own; `MixedRunoff` does it for runoff schemes, which
hand what they prepared to themselves.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.model import presets
from vadose.model.column import ColumnModel
from vadose.model.soil_water import LinearTheta, RichardsWater


@pytree
class Mixed:
    """Schemes of a slot; `which` [column] says whose answer each column gets."""

    schemes: tuple[Any, ...]
    which: Array

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        methods = [getattr(scheme, name) for scheme in self.schemes]
        return lambda *args, **kwargs: chosen(self.which, [method(*args, **kwargs) for method in methods])


@pytree
class MixedRunoff:
    """Runoff schemes; `which` [column] says whose runoff each column has."""

    schemes: tuple[Any, ...]
    which: Array

    def prepare(self, *args: Any) -> Any:
        """What each scheme prepares."""
        return tuple(scheme.prepare(*args) for scheme in self.schemes)

    def infiltration(self, prepared: Any, *args: Any, **kwargs: Any) -> Any:
        """Infiltration of each column's scheme."""
        return self._each("infiltration", prepared, *args, **kwargs)

    def baseflow(self, prepared: Any, *args: Any, **kwargs: Any) -> Any:
        """Baseflow of each column's scheme."""
        return self._each("baseflow", prepared, *args, **kwargs)

    def drainage_factor(self, column: Any) -> Any:
        """Drainage factor of each column's scheme."""
        return chosen(self.which, [scheme.drainage_factor(column) for scheme in self.schemes])

    def _each(self, name: str, prepared: Any, *args: Any, **kwargs: Any) -> Any:
        pairs = zip(self.schemes, prepared, strict=True)
        return chosen(self.which, [getattr(scheme, name)(own, *args, **kwargs) for scheme, own in pairs])


def chosen(which: Array, answers: Sequence[Any]) -> Any:
    """Of the answers, pytrees of [..., column], that of each column."""
    out = answers[0]
    for number, answer in enumerate(answers[1:], 1):
        out = jax.tree.map(lambda a, b, n=number: jnp.where(which == n, b, a), out, answer)
    return out


def mixed_model(
    preset: str, options: Sequence[Mapping[str, str]], layers: Sequence[float] | None = None
) -> ColumnModel:
    """The model of `preset` with `options[i]` in column i.

    Turbulence, energy and snow layers must be the same in all, and all soil water in theta form or all in Richards'.
    """
    rows = [presets.choices(preset, given) for given in options]
    model = presets.build(preset, layers=layers, options={slot: rows[0][slot] for slot in rows[0]})
    slots: dict[str, Any] = {}
    for slot in rows[0]:
        kinds = list(dict.fromkeys(row[slot] for row in rows))
        if len(kinds) > 1:
            schemes = [presets.SLOTS[slot][kind].make() for kind in kinds]
            which = jnp.asarray([kinds.index(row[slot]) for row in rows])
            slots[slot] = _soil_water(schemes, which) if slot == "soil_water" else Mixed(tuple(schemes), which)
    return dataclasses.replace(model, **slots)


def _soil_water(schemes: Sequence[Any], which: Array) -> Any:
    """One flow of soil water under the runoff of each column."""
    runoff = MixedRunoff(tuple(scheme.runoff for scheme in schemes), which)
    if all(isinstance(scheme, RichardsWater) for scheme in schemes):
        return dataclasses.replace(schemes[0], runoff=runoff)
    assert all(isinstance(scheme, LinearTheta) for scheme in schemes)
    return LinearTheta(runoff=runoff, ice=Mixed(tuple(scheme.ice for scheme in schemes), which))
