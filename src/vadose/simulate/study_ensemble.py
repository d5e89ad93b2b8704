"""[ensemble]: which choices and which uncertain numbers make the members of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vadose.errors import ConfigError


@dataclass(frozen=True)
class Perturbation:
    """[ensemble.forcing]: multiplicative (log-normal, mean 1) or additive errors, correlated in time.

    precipitation, shortwave   standard deviation of the factor
    longwave                   W m-2;  temperature  K
    correlation                hours after which the correlation has fallen to 1/e
    """

    precipitation: float = 0.0
    shortwave: float = 0.0
    longwave: float = 0.0
    temperature: float = 0.0
    correlation: float = 24.0

    def __post_init__(self) -> None:
        for key in ("precipitation", "shortwave", "longwave", "temperature"):
            if not 0.0 <= getattr(self, key):
                raise ConfigError(f"`{key}` must be >= 0, got {getattr(self, key):g}")
        if not self.correlation > 0.0:
            raise ConfigError(f"`correlation` must be > 0 hours, got {self.correlation:g}")

    @property
    def any(self) -> bool:
        return max(self.precipitation, self.shortwave, self.longwave, self.temperature) > 0.0


@dataclass(frozen=True)
class Ensemble:
    """Members are all combinations of `soil_maps`, `ptfs`, `closures` and `presets`, each `size` times perturbed.

    soil_maps, ptfs, closures, presets   names; empty leaves the study's own
    size         members of each combination; the first one is not perturbed
    seed         of the random numbers: a member's are the same however the run is cut
    forcing      errors of the weather
    parameters   name of a soil or vegetation parameter -> [low, high]: factors on it, log-uniform
    """

    soil_maps: tuple[str, ...] = ()
    ptfs: tuple[str, ...] = ()
    closures: tuple[str, ...] = ()
    presets: tuple[Literal["vadose", "noahmp", "clm"], ...] = ()
    size: int = 1
    seed: int = 0
    forcing: Perturbation = Perturbation()
    parameters: dict[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.size < 1 or self.seed < 0:
            raise ConfigError(f"`size` >= 1 and `seed` >= 0 are needed, got {self.size} and {self.seed}")
        for name, (low, high) in self.parameters.items():
            if not 0.0 < low <= high:
                raise ConfigError(f"`parameters.{name}` must be factors 0 < low <= high, got [{low:g}, {high:g}]")
        if self.size > 1 and not self.parameters and not self.forcing.any:
            raise ConfigError(
                "`size` is above 1 but nothing differs: state [ensemble.forcing] or [ensemble.parameters]"
            )
