"""Bias as a part of the state: each observation has one that lasts, and the filter estimates it with the rest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vadose.errors import GridMismatch, RangeError
from vadose.observe.error import check_positive


@dataclass(frozen=True)
class AugmentedBias:
    """b_{k+1} = a b_k + sqrt(1 - a^2) deviation w,  y = H(x) + b,  a = exp(-dt / timescale).

    The ensemble is [member, state]; biases are appended as [member, state + group]. Observations of one group (one
    sensor, one pixel, one orbit) share a bias. Whatever a filter does to the state it then does to the bias.

    deviation  of the bias in units of the observation, before anything was observed
    timescale  s after which it is forgotten; infinite where it stays
    group      for each observation the number of its bias, 0..
    Source: Dee & da Silva (1998); Friedland (1969)
    """

    deviation: float
    group: tuple[int, ...]
    timescale: float = float("inf")
    seed: int = 0

    def __post_init__(self) -> None:
        check_positive("deviation", self.deviation)
        if not self.timescale > 0:
            raise RangeError(f"`timescale` must be > 0 s, got {self.timescale:g}")
        if not self.group or set(self.group) != set(range(max(self.group) + 1)):
            raise RangeError("`group` must number the biases 0, 1, 2 ... without gaps, one for each observation")

    @property
    def size(self) -> int:
        """Number of biases."""
        return max(self.group) + 1

    def initial(self, members: int) -> np.ndarray:
        """[member, group] drawn with the mean 0 that it is known to have."""
        drawn = self._drawn(members, 0)
        return drawn - drawn.mean(axis=0) if members > 1 else np.zeros_like(drawn)

    def forecast(self, bias: np.ndarray, dt: float, step: int) -> np.ndarray:
        """[member, group] after dt s; `step` numbers the cycle from 1 and keys the random numbers."""
        persistence = float(np.exp(-dt / self.timescale))
        if persistence == 1.0:
            return np.asarray(bias, float)
        noise = self._drawn(bias.shape[0], step)
        return persistence * np.asarray(bias, float) + np.sqrt(1.0 - persistence**2) * noise

    def join(self, ensemble: np.ndarray, bias: np.ndarray) -> np.ndarray:
        """[member, state] and [member, group] -> [member, state + group]."""
        ensemble = np.asarray(ensemble, float)
        if ensemble.ndim != 2 or bias.shape != (ensemble.shape[0], self.size):
            raise GridMismatch(
                f"expected an ensemble [member, state] and {self.size} biases of each member, got {ensemble.shape} and "
                f"{np.shape(bias)}"
            )
        return np.concatenate([ensemble, bias], axis=1)

    def split(self, joined: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The state [member, state] and the biases [member, group] of what `join` made."""
        return joined[:, : -self.size], joined[:, -self.size :]

    def simulate(self, simulated: np.ndarray, bias: np.ndarray) -> np.ndarray:
        """H(x) [member, observation] with the biases of the observations added."""
        return np.asarray(simulated, float) + bias[:, list(self.group)]

    def _drawn(self, members: int, step: int) -> np.ndarray:
        """Keyed by seed, cycle and member: the same whatever the order of work and the number of members."""
        rows = [
            np.random.Generator(np.random.Philox(key=[self.seed, step], counter=[0, 0, 0, m])).standard_normal(
                self.size
            )
            for m in range(members)
        ]
        return self.deviation * np.stack(rows)
