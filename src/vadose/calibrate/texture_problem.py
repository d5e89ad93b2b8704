"""The texture problem of each cell: its box, its data, and its thresholds as functions of texture."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.arrays import Array, namespace
from vadose.calibrate.texture_experiment import Experiment
from vadose.errors import DataError

if TYPE_CHECKING:
    from vadose.calibrate.gradient import Fit

# Fields of a soil that a pedotransfer function may use beside sand, clay and organic carbon.
COLUMNS = ("bulk_density", "gravel", "depth", "theta_33", "theta_1500", "pH", "cec", "carbonate")
Key = tuple[str, bool, str, tuple[str, ...]]


@dataclass(frozen=True, eq=False)
class Problem:
    """Cells whose texture is looked for, all of them possible.

    experiment      what is prescribed
    key             what the functions below are made of: function, carbon, definition, columns
    baseline        [cell, parameter] %, the map's texture
    lower, upper    [cell, parameter] %, the box that is searched
    data            [cell, 2 + column] wanted theta_w and theta_c, m3 m-3, then what is known of the soil besides
    error           [cell, 2] m3 m-3, standard errors of the two; None where they are not known
    """

    experiment: Experiment
    key: Key
    baseline: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    data: np.ndarray
    error: np.ndarray | None

    @property
    def ceiling(self) -> tuple[tuple[float, ...], float]:
        """sand + clay <= 100 %, as `bounded_least_squares` takes it."""
        return (1.0, 1.0, 0.0)[: self.baseline.shape[1]], 100.0

    @property
    def ranges(self) -> np.ndarray:
        """[parameter] %, how far the search goes from the baseline: the unit of distances; 1 where it goes nowhere."""
        made = np.array([getattr(self.experiment, f"{p}_range") for p in self.experiment.parameters])
        return np.where(made > 0.0, made, 1.0)

    def distance(self, x: np.ndarray) -> np.ndarray:
        """[cell] root of the sum of squares of (x - baseline) in units of the ranges."""
        return np.asarray(np.sqrt(np.sum(((x - self.baseline) / self.ranges) ** 2, axis=-1)))

    def thresholds(self, x: np.ndarray) -> np.ndarray:
        """[cell, 2] m3 m-3, wilting and critical point of textures [cell, parameter]."""
        return np.stack(predict(self.key, x, self.data), axis=-1)

    def misfit(self, x: np.ndarray) -> np.ndarray:
        """[cell] m3 m-3, root mean square difference of the two thresholds."""
        return np.asarray(np.sqrt(np.mean((self.thresholds(x) - self.data[:, :2]) ** 2, axis=-1)))

    def solve(
        self,
        start: np.ndarray,
        *,
        weights: np.ndarray | None = None,
        anchor: np.ndarray | None = None,
        pull: np.ndarray | None = None,
        steps: int = 60,
        tolerance: float = 1e-9,
    ) -> Fit:
        """Least squares of the thresholds and of the distance to an anchor.

        start, anchor   [cell, parameter] %; no anchor where nothing pulls
        weights         [cell, 2] of the two thresholds, 1 where None
        pull            [cell, parameter] weights of x - anchor
        steps, tolerance   as `bounded_least_squares` takes them
        Returns a `Fit` with 2 + parameter residuals. One function for all searches, so that it is compiled once.
        """
        from vadose.calibrate.gradient import bounded_least_squares

        shape = start.shape
        parts = (np.ones((len(start), 2)) if weights is None else weights, np.zeros(shape) if pull is None else pull)
        return bounded_least_squares(
            anchored_of(self.key),
            self.lower,
            self.upper,
            start,
            data=np.concatenate([self.data, self.baseline if anchor is None else anchor], axis=1),
            weights=np.concatenate([np.broadcast_to(v, (len(start), v.shape[-1])) for v in parts], axis=1),
            ceiling=self.ceiling,
            steps=steps,
            tolerance=tolerance,
        )

    def repeated(self, times: int) -> Problem:
        """Each cell `times` times, one after the other."""
        return self.part(np.repeat(np.arange(len(self.baseline)), times))

    def part(self, cells: Any) -> Problem:
        """The same problem of some of its cells."""
        error = None if self.error is None else self.error[cells]
        base, low, high, data = (v[cells] for v in (self.baseline, self.lower, self.upper, self.data))
        return Problem(self.experiment, self.key, base, low, high, data, error)


def used_columns(experiment: Experiment, soil: Any) -> tuple[str, ...]:
    """Fields of a soil that the experiment's function uses beside the parameters, those of them that are given.

    Raises DataError where one is lacking that cannot be estimated.
    """
    from vadose.soil.pedotransfer import pedotransfer

    function = pedotransfer[experiment.ptf]
    wanted = [*(() if experiment.carbon else ("organic_carbon",)), *COLUMNS]
    given = [n for n in wanted if n in (*function.inputs, *function.optional) and getattr(soil, n, None) is not None]
    found = {"sand", "clay", *(("organic_carbon",) if experiment.carbon else ()), *given, "bulk_density"}
    lacking = [name for name in function.inputs if name not in found]
    if lacking:
        raise DataError(
            f"experiment {experiment.name!r}: pedotransfer function {experiment.ptf!r} needs {', '.join(lacking)}, "
            "which the soil map does not have; give a map that has it, or choose another function"
        )
    return tuple(given)


def predict(key: Key, x: Array, data: Array) -> tuple[Array, Array]:
    """theta_w and theta_c, m3 m-3, of textures [..., parameter] with data [..., 2 + column], numpy or JAX."""
    from vadose.soil.pedotransfer import complete, pedotransfer
    from vadose.soil.texture import Soil
    from vadose.soil.threshold import thresholds

    ptf, carbon, definition, columns = key
    known = {name: data[..., 2 + i] for i, name in enumerate(columns)}
    if carbon:
        known["organic_carbon"] = x[..., 2]
    soil, function = Soil(x[..., 0], x[..., 1], **known), pedotransfer[ptf]
    if "bulk_density" in function.inputs:
        soil = complete(soil)
    wilting, critical = thresholds(function(soil).retention, definition)
    # A closure may leave out the dimension of cells where a threshold does not depend on texture.
    zero = 0.0 * x[..., 0]
    return wilting + zero, critical + zero


@functools.lru_cache(maxsize=64)
def residual_of(key: Key) -> Callable[..., Array]:
    """residual(x, data) -> [cell, 2]: thresholds less the wanted ones, m3 m-3; one function object for each key."""

    def residual(x: Array, data: Array) -> Array:
        found = predict(key, x, data)
        return namespace(x, data).stack([found[i] - data[..., i] for i in range(2)], axis=-1)

    return residual


@functools.lru_cache(maxsize=64)
def anchored_of(key: Key) -> Callable[..., Array]:
    """residual(x, data) -> [cell, 2 + parameter]: the same and x less the anchor, which stands last in data."""

    def residual(x: Array, data: Array) -> Array:
        n = x.shape[-1]
        return namespace(x, data).concatenate([residual_of(key)(x, data), x - data[..., -n:]], axis=-1)

    return residual


@functools.lru_cache(maxsize=64)
def objective_of(key: Key) -> Any:
    """What `sceua` minimises, J in m3 m-3: compiled where there is such a function, else arrays to arrays."""
    from vadose.calibrate.misfit import compiled_misfit

    ptf, carbon, definition, columns = key
    made = compiled_misfit(ptf, carbon) if definition == "potential" else None
    if made is not None and set(columns) <= {"organic_carbon"}:
        return made

    def misfit(x: np.ndarray, data: np.ndarray) -> np.ndarray:
        shape = x.shape[:2]
        flat = np.ascontiguousarray(x).reshape(-1, x.shape[2])
        rows = np.repeat(data, shape[1], axis=0)
        with np.errstate(all="ignore"):
            e = np.asarray(residual_of(key)(flat, rows))
        J = np.sqrt(np.mean(e**2, axis=-1))
        return np.where(np.isfinite(J) & (flat[:, 0] + flat[:, 1] <= 100.0), J, np.inf).reshape(shape)

    return misfit
