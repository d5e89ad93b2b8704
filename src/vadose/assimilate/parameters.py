"""Parameters of the joint update: draws of the members as fields of a filter, in spaces where their bounds hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.assimilate.result import Analysis
from vadose.assimilate.transforms import Logit, Texture, Transform
from vadose.simulate.draws import TEXTURE, Draws, Prior

if TYPE_CHECKING:
    from vadose.assimilate.ensemble import Ensemble

EDGE = 1e-3  # share of the width of a log-uniform prior, nearer to whose bounds a factor is not taken


@dataclass(frozen=True)
class ParameterFields:
    """The parameters that an experiment updates.

    names   "texture" or names of factors;  priors  of all that is drawn, see `vadose.simulate.draws`
    """

    names: tuple[str, ...]
    priors: Mapping[str, Prior]

    @cached_property
    def transforms(self) -> dict[str, Transform]:
        """Spaces of the update: log-ratios of a texture; the logit of ln f between the bounds of a log-uniform prior.

        The field of a log-normal factor is ln f itself and needs none.
        """
        found: dict[str, Transform] = {}
        for name in self.names:
            prior = self.priors[name]
            if prior.kind == "texture":
                found[name] = Texture(axis=1, edge=0.1)
            elif prior.kind == "log-uniform":
                low, high = np.log(prior.bounds)
                found[name] = Logit(low, high, edge=EDGE)
        return found

    def fields(self, ensemble: Ensemble) -> dict[str, np.ndarray]:
        """Name -> [member, 2, cell] sand and clay, %, or [member, cell] ln f."""
        draws = ensemble.draws()
        return {name: np.stack([self._value(name, d) for d in draws]) for name in self.names}

    def _value(self, name: str, draws: Draws) -> np.ndarray:
        if name == TEXTURE:
            return np.array(draws.texture, float)
        value = np.log(np.asarray(draws.factors[name], float))
        bounds = self.priors[name].bounds
        return np.clip(value, *np.log(bounds)) if self.priors[name].kind == "log-uniform" else value

    def put(self, ensemble: Ensemble, found: Analysis) -> None:
        """Give the members that took part in an analysis the parameters of its ensemble."""
        fields: Mapping[str, np.ndarray] = found.ensemble
        draws = ensemble.draws()
        ensemble.put_draws(
            [
                self._updated(d, fields, m) if alive else d
                for m, (d, alive) in enumerate(zip(draws, found.members, strict=True))
            ]
        )

    def _updated(self, draws: Draws, fields: Mapping[str, np.ndarray], member: int) -> Draws:
        factors = dict(draws.factors) | {n: np.exp(fields[n][member]) for n in self.names if n != TEXTURE}
        return Draws(fields[TEXTURE][member] if TEXTURE in self.names else draws.texture, factors)

    def statistics(self, ensemble: Ensemble, alive: np.ndarray) -> dict[str, np.ndarray]:
        """Name -> [2, cell] mean and standard deviation over the members; of K_s those of its natural logarithm."""
        found: dict[str, Any] = {}
        for name, values in described(ensemble, self.names).items():
            used = np.log(values[alive]) if name == "K_s" else values[alive]
            found[name] = np.stack([used.mean(axis=0), used.std(axis=0, ddof=1)])
        return found


def described(ensemble: Ensemble, names: Sequence[str]) -> dict[str, np.ndarray]:
    """What reports show of parameters, [member, cell]: sand and clay, %, and K_s, m s-1, of the top layer; factors.

    K_s is shown wherever texture or K_s differ: it follows from the texture through the pedotransfer function.
    """
    draws = ensemble.draws()
    found: dict[str, np.ndarray] = {}
    if TEXTURE in names:
        texture = np.stack([np.asarray(d.texture, float) for d in draws])
        found |= {"sand": texture[:, 0], "clay": texture[:, 1]}
    if TEXTURE in names or "K_s" in names:
        found["K_s"] = ensemble.retention(lambda r: np.asarray(r.K_s)[0])
    for name in names:
        if name not in (TEXTURE, "K_s"):
            found[name] = np.stack([np.asarray(d.factors[name], float) for d in draws])
    return found
