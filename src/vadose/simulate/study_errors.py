"""[ensemble.forcing], [ensemble.texture] and [ensemble.pedotransfer]: how uncertain weather and soil are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from vadose.errors import ConfigError

QUANTITIES = ("precipitation", "shortwave", "longwave", "temperature")
LONGEST = 87600.0  # hours; the errors of a longer memory are one number
WIDEST = 5000.0  # km; fields on the sphere of a longer correlation are one number
Matrix = tuple[tuple[float, ...], ...]
TABLE_3 = ((1.0, -0.8, 0.5, 0.0), (-0.8, 1.0, -0.5, 0.4), (0.5, -0.5, 1.0, 0.4), (0.0, 0.4, 0.4, 1.0))


@dataclass(frozen=True)
class Errors:
    """What [ensemble.forcing] comes to, nothing left out; the fields are those of `Perturbation`."""

    precipitation: float = 0.0
    shortwave: float = 0.0
    longwave: float = 0.0
    temperature: float = 0.0
    correlation: float = 24.0
    length: float = 0.0
    between: Matrix = ()
    centre: str = "mean"
    precipitation_factor: float = 1.0


# Zhao et al. (2025), Table 3 and section 3.2: "spatially and temporally homogeneous", one error a member; ln of the
# factors has the mean 0; all precipitation times 0.95 against the bias of the way back from the logarithm.
SCHEMES: Mapping[str, Errors] = {
    "": Errors(),
    "zhao25": Errors(0.15, 0.15, 30.0, 1.5, math.inf, math.inf, TABLE_3, "median", 0.95),
}


@dataclass(frozen=True)
class Perturbation:
    """[ensemble.forcing]: multiplicative (log-normal) or additive errors, correlated in time, space and with another.

    scheme       "zhao25": Table 3 of Zhao et al. (2025) for all keys that are left out
    precipitation, shortwave   standard deviation of the factor
    longwave     W m-2;  temperature  K
    correlation  hours after which the correlation has fallen to 1/e; inf: one error for all the time
    length       km, likewise in space, exp(-(d / length)^2); 0: each column its own; inf: one for all columns
    between      4 x 4 correlation of precipitation, shortwave, longwave and temperature; independent where left out
    centre       what of a factor is 1: its "mean", or its "median", the sd then being that of its logarithm
    precipitation_factor       on the precipitation of perturbed members
    """

    scheme: Literal["", "zhao25"] = ""
    precipitation: float | None = None
    shortwave: float | None = None
    longwave: float | None = None
    temperature: float | None = None
    correlation: float | None = None
    length: float | None = None
    between: Matrix = ()
    centre: Literal["", "mean", "median"] = ""
    precipitation_factor: float | None = None

    def __post_init__(self) -> None:
        errors = self.errors
        for key in QUANTITIES:
            if not 0.0 <= getattr(errors, key) < math.inf:
                raise ConfigError(f"`{key}` must be >= 0, got {getattr(errors, key):g}")
        if not 0.0 < errors.correlation:
            raise ConfigError(
                f"`correlation` must be > 0 hours, or inf for one error all the time, got {errors.correlation:g}"
            )
        if LONGEST < errors.correlation < math.inf:
            raise ConfigError(f"`correlation` must be at most {LONGEST:g} hours, got {errors.correlation:g}; take inf")
        if not 0.0 < errors.precipitation_factor < math.inf:
            raise ConfigError(f"`precipitation_factor` must be > 0, got {errors.precipitation_factor:g}")
        check_length(errors.length)
        if errors.between:
            _check_matrix(errors.between)

    @property
    def errors(self) -> Errors:
        """All numbers: those stated, else those of the scheme."""
        known = SCHEMES[self.scheme]
        stated = {name: getattr(self, name) for name in known.__dataclass_fields__}
        return Errors(**{k: v if v not in (None, "", ()) else getattr(known, k) for k, v in stated.items()})

    @property
    def any(self) -> bool:
        """True where some member's weather differs from the files'."""
        errors = self.errors
        return max(getattr(errors, name) for name in QUANTITIES) > 0.0 or errors.precipitation_factor != 1.0


@dataclass(frozen=True)
class TextureErrors:
    """[ensemble.texture]: sand and clay of the top layer, uniform around what is stated; other layers follow.

    sand, clay   +- percentage points; less where an edge of the triangle is nearer
    length       km after which the correlation has fallen to 1/e; 0: each column its own; inf: one for all columns
    """

    sand: float = 0.0
    clay: float = 0.0
    length: float = math.inf

    def __post_init__(self) -> None:
        for key in ("sand", "clay"):
            if not 0.0 <= getattr(self, key) <= 100.0:
                raise ConfigError(f"`{key}` must be 0 to 100 percentage points, got {getattr(self, key):g}")
        check_length(self.length)

    @property
    def any(self) -> bool:
        """True where the texture of members differs."""
        return max(self.sand, self.clay) > 0.0


@dataclass(frozen=True)
class PedotransferErrors:
    """[ensemble.pedotransfer]: factors on the parameters of the pedotransfer function, log-normal.

    K_s       standard deviation of log10 K_s, or "function" for the one that the function states
    theta_s   m3 m-3, standard deviation, or "function"
    length    km after which the correlation has fallen to 1/e; 0: each column its own; inf: one for all columns
    """

    K_s: float | Literal["function"] = 0.0
    theta_s: float | Literal["function"] = 0.0
    length: float = math.inf

    def __post_init__(self) -> None:
        for key, most in (("K_s", 3.0), ("theta_s", 0.2)):
            value = getattr(self, key)
            if value != "function" and not 0.0 <= value <= most:
                raise ConfigError(f'`{key}` must be 0 to {most:g} or "function", got {value:g}')
        check_length(self.length)

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters that are drawn."""
        return tuple(key for key in ("K_s", "theta_s") if getattr(self, key) != 0.0)

    @property
    def any(self) -> bool:
        """True where a parameter is drawn."""
        return bool(self.names)


def check_length(length: float) -> None:
    """Raises ConfigError for a length of correlation that a field cannot have."""
    if not length >= 0.0:
        raise ConfigError(f"`length` must be >= 0 km, got {length:g}")
    if WIDEST < length < math.inf:
        raise ConfigError(f"`length` must be at most {WIDEST:g} km, got {length:g}; take inf for one error everywhere")


def _check_matrix(between: Matrix) -> None:
    order = ", ".join(QUANTITIES)
    if len(between) != 4 or any(len(row) != 4 for row in between):
        raise ConfigError(f"`between` must be 4 x 4, the correlation of {order}, got {[list(row) for row in between]}")
    C = np.asarray(between, dtype=float)
    if not np.all(np.diag(C) == 1.0) or not np.array_equal(C, C.T):
        raise ConfigError(f"`between` must be symmetric with ones on its diagonal, got {C.tolist()}")
    least = float(np.linalg.eigvalsh(C)[0])
    if not least > 1e-12:
        raise ConfigError(
            f"`between` must be positive definite, its smallest eigenvalue is {least:.3g}; weaken correlations of "
            f"{order} that exclude each other"
        )
