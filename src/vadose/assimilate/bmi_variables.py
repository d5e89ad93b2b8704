"""Variables of components with the Basic Model Interface: described, compared between members, read and set.

Only the methods of BMI 2.0 (Hutton et al. 2020) are used, of objects that need not be derived from bmipy's class.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from vadose.errors import ConfigError, DataError, GridMismatch

PRECISION = {4: 1e-5, 8: 1e-12}  # bytes of a number -> relative difference that rounding explains


@dataclass(frozen=True)
class Variable:
    """One variable as all members have it.

    field     how the ensemble calls it;  name  how the models do
    units, grid, location   as the models say;  item  bytes of a value;  size  number of values
    shape     of a member's field
    """

    field: str
    name: str
    units: str
    grid: int
    location: str
    item: int
    size: int
    shape: tuple[int, ...]

    def read(self, model: Any) -> np.ndarray:
        """The values of a model, float64 in the shape of the field."""
        values = np.empty(self.size, f"f{self.item}")
        model.get_value(self.name, values)
        return values.astype(float).reshape(self.shape)

    def write(self, model: Any, values: np.ndarray) -> np.ndarray:
        """Set the values of a model; where it took others than these, True, in the shape of the field."""
        given = np.ascontiguousarray(values, f"f{self.item}").reshape(-1)
        model.set_value(self.name, given)
        kept = self.read(model).reshape(-1)
        limit = PRECISION[self.item] * np.maximum(np.abs(kept), np.abs(given))
        return np.asarray(~(np.abs(kept - given) <= limit)).reshape(self.shape)


def described(model: Any, field: str, name: str, shape: Sequence[int] = ()) -> Variable:
    """What a model says of a variable; shape  of the field, with -1 for one length that follows, flat where empty.

    Raises ConfigError for an unknown variable or one of whole numbers, GridMismatch for a shape of another size.
    """
    known = dict.fromkeys([*model.get_output_var_names(), *model.get_input_var_names()])
    if name not in known:
        raise ConfigError(f"variable {name!r}: the model has none of this name; it has {', '.join(known)}")
    kind, item = str(model.get_var_type(name)), int(model.get_var_itemsize(name))
    if "int" in kind or item not in PRECISION:
        raise ConfigError(
            f"variable {name!r}: a filter needs numbers of 4 or 8 bytes with a point, the model has {kind} of {item}"
        )
    size = int(model.get_var_nbytes(name)) // item
    try:
        full = np.empty(size).reshape(tuple(shape) or (size,)).shape
    except ValueError:
        raise GridMismatch(f"variable {name!r} has {size} values, which do not make the shape {tuple(shape)}") from None
    units, location = str(model.get_var_units(name)), str(model.get_var_location(name))
    return Variable(field, name, units, int(model.get_var_grid(name)), location, item, size, full)


def compare(first: Variable, other: Variable, number: int) -> None:
    """Raise GridMismatch that says what differs between a variable of member 0 and that of another."""
    for f in fields(Variable):
        a, b = getattr(first, f.name), getattr(other, f.name)
        if a != b and f.name != "shape":  # which follows from the size
            raise GridMismatch(
                f"variable {first.name!r}: `{f.name}` is {a!r} in member 0 and {b!r} in member {number}; all members "
                "must be the same model on the same grid"
            )


def positions(model: Any, grid: int) -> np.ndarray:
    """[node, 2] y and x of the nodes of a grid, the last index of its shape running fastest.

    Raises GridMismatch for a grid without a place in two dimensions.
    """
    kind, rank = str(model.get_grid_type(grid)), int(model.get_grid_rank(grid))
    if kind in ("scalar", "none") or rank not in (1, 2, 3):
        raise GridMismatch(f"grid {grid} is of the type {kind!r} and rank {rank}: it has no places to localize by")
    if kind in ("points", "unstructured", "structured_quadrilateral"):
        count = int(model.get_grid_size(grid))
        x, y = (np.zeros(count), np.zeros(count))
        model.get_grid_x(grid, x)
        if rank > 1:
            model.get_grid_y(grid, y)
        return np.stack([y, x], axis=1)
    shape = np.empty(rank, int)
    model.get_grid_shape(grid, shape)
    axes = [np.empty(int(n)) for n in shape]
    if kind == "uniform_rectilinear":
        spacing, origin = np.empty(rank), np.empty(rank)
        model.get_grid_spacing(grid, spacing)
        model.get_grid_origin(grid, origin)
        axes = [start + step * np.arange(n) for start, step, n in zip(origin, spacing, shape, strict=True)]
    elif kind == "rectilinear":
        for name, axis in zip("xyz", axes[::-1], strict=False):
            getattr(model, f"get_grid_{name}")(grid, axis)
    else:
        raise GridMismatch(f"grid {grid} is of the type {kind!r}, whose places are not known here")
    whole = np.meshgrid(*axes, indexing="ij")
    y = whole[-2] if rank > 1 else np.zeros_like(whole[-1])
    return np.stack([y.ravel(), whole[-1].ravel()], axis=1)


def time_of(models: Sequence[Any], living: Sequence[int]) -> float:
    """The time that all living members have, in their units. Raises DataError where they differ."""
    times = {n: float(models[n].get_current_time()) for n in living}
    first = next(iter(times.values()))
    for number, time in times.items():
        if not np.isclose(time, first, rtol=1e-9, atol=1e-9):
            raise DataError(
                f"member {number} is at the time {time:g} and member {living[0]} at {first:g}; bring all members to "
                "one time before they are joined"
            )
    return first
