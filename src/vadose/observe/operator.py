"""What an instrument sees of a state: the contract of observation operators, and the linear one.

Arrays of a state end in [..., layer, column] or [..., column]; members and times come before and stay.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from vadose.errors import GridMismatch
from vadose.observe.columns import Columns
from vadose.observe.error import ConstantError, ErrorModel

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class Support:
    """The part of the ground that a value stands for.

    depth   (top, bottom) m; None for fluxes and levels
    extent  m, width of a pixel or diameter of a footprint; 0 for a point
    """

    depth: tuple[float, float] | None = None
    extent: float = 0.0


class ObservationOperator(Protocol):
    """H of data assimilation: state -> what instruments would report.

    variable  which array of the state it takes, by its name among the outputs ("soil_moisture", ...)
    """

    @property
    def variable(self) -> str: ...

    @property
    def support(self) -> Support: ...

    @property
    def error(self) -> ErrorModel: ...

    @property
    def inside(self) -> np.ndarray:
        """[observation] True where the model has columns for it."""
        ...

    def simulate(self, values: np.ndarray) -> np.ndarray:
        """[..., layer, column] (or [..., column]) -> [..., observation]; NaN where not `inside`."""
        ...


@dataclass(frozen=True, eq=False)
class Weights:
    """Sparse weights [observation, layer, column] of a linear operator.

    observation, layer, column, value  [entry];  shape  (observations, layers, columns)
    """

    observation: np.ndarray
    layer: np.ndarray
    column: np.ndarray
    value: np.ndarray
    shape: tuple[int, int, int]

    def matrix(self) -> csr_array:
        """[observation, layer * column], to multiply a state whose [layer, column] are flattened."""
        from scipy.sparse import csr_array

        rows, layers, columns = self.shape
        place = self.layer * columns + self.column
        return csr_array((self.value, (self.observation, place)), shape=(rows, layers * columns))


@dataclass(frozen=True, eq=False)
class LinearOperator:
    """y_o = sum_l v_ol sum_c h_oc x_lc: a mean over columns, then over layers.

    columns   h, which columns each observation sees
    vertical  v [observation, layer], rows of which sum to 1; None for a quantity without layers
    """

    variable: str
    columns: Columns
    vertical: np.ndarray | None = None
    support: Support = Support()
    error: ErrorModel = field(default_factory=lambda: ConstantError(0.04))

    def __post_init__(self) -> None:
        if self.vertical is not None and (self.vertical.ndim != 2 or self.vertical.shape[0] != self.columns.size):
            raise GridMismatch(
                f"`vertical` must be [observation, layer] with {self.columns.size} observations, got "
                f"{self.vertical.shape}"
            )

    @property
    def inside(self) -> np.ndarray:
        """[observation] True where the model has columns for it."""
        return self.columns.inside

    def simulate(self, values: np.ndarray) -> np.ndarray:
        """[..., layer, column], or [..., column] without layers -> [..., observation] in the units of the values.

        Raises GridMismatch where the last dimensions are others than those of the weights.
        """
        values = np.asarray(values, float)
        if self.vertical is None:
            return self.columns.mean(values)
        check_layers(values, self.vertical.shape[1])
        # Layers that no observation sees are not averaged: of ten, a satellite sees two.
        seen = np.flatnonzero(self.vertical.any(axis=0))
        return np.einsum("...lo,ol->...o", self.columns.mean(values[..., seen, :]), self.vertical[:, seen])

    def weights(self) -> Weights:
        """The operator as sparse weights; without layers they are of one layer."""
        vertical = np.ones((self.columns.size, 1)) if self.vertical is None else self.vertical
        across = self.columns
        part = vertical[across.observation] * across.weight[:, None]
        entry, layer = np.nonzero(part)
        shape = (across.size, vertical.shape[1], across.shape[1])
        return Weights(across.observation[entry], layer, across.column[entry], part[entry, layer], shape)


def check_layers(values: np.ndarray, layers: int) -> None:
    """Raise GridMismatch unless `values` are [..., layer, column] with this many layers."""
    if values.ndim < 2 or values.shape[-2] != layers:
        raise GridMismatch(f"the state must be [..., layer, column] with {layers} layers, got {values.shape}")
