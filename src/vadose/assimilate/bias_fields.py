"""Bias as a part of the state: fields of the ensemble that a filter estimates with the water of the soil."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from vadose.observe import AugmentedBias

if TYPE_CHECKING:
    from vadose.assimilate.observed import ObservationSet


@dataclass(frozen=True, eq=False)
class BiasFields:
    """The biases of the sets whose `bias` is "augmented": y = H x + b, b [member, set, cell] in units of the set.

    A bias begins as one number a member and set, alike in all cells; a local filter then moves it where it is observed.
    It lasts: between analyses nothing changes it.
    Source: Friedland (1969), Dee & da Silva (1998)
    """

    sets: tuple[ObservationSet, ...]
    seed: int

    @cached_property
    def biased(self) -> tuple[int, ...]:
        """Numbers of the sets with a bias."""
        return tuple(n for n, one in enumerate(self.sets) if one.table.bias == "augmented")

    def initial(self, members: int, cells: int) -> np.ndarray:
        """[member, set, cell] with the mean 0 and the spread that the study states."""
        columns = []
        for place, number in enumerate(self.biased):
            drawn = AugmentedBias(self.sets[number].table.bias_spread, (0,), seed=self.seed + place)
            columns.append(drawn.initial(members))
        numbers = np.concatenate(columns, axis=1) if columns else np.zeros((members, 0))
        return np.repeat(numbers[:, :, None], cells, axis=2)

    def seen(self, bias: np.ndarray) -> np.ndarray:
        """[member, place] what is added to H x: the mean of the bias over the cells that a place sees, else 0."""
        parts = [np.zeros((bias.shape[0], one.size)) for one in self.sets]
        for place, number in enumerate(self.biased):
            parts[number] = self.sets[number].operator.columns.mean(bias[:, place])
        return np.concatenate(parts, axis=1)

    def statistics(self, bias: np.ndarray, alive: np.ndarray) -> dict[str, np.ndarray]:
        """Name -> [2, cell] mean and standard deviation over the members; "bias_1" is that of the first set."""
        return {
            f"bias_{number + 1}": np.stack([bias[alive, place].mean(axis=0), bias[alive, place].std(axis=0, ddof=1)])
            for place, number in enumerate(self.biased)
        }
