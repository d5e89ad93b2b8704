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


Preset = Literal["vadose", "noahmp", "clm"]
# Key of a table of `members` -> list of [ensemble] that makes all combinations of it.
LISTS = {"soil_map": "soil_maps", "ptf": "ptfs", "closure": "closures", "preset": "presets"}


@dataclass(frozen=True)
class Choice:
    """[[ensemble.members]]: one member, by its choices; what it leaves out is the study's own.

    name       unique; default: of the choices in which the members differ
    """

    name: str = ""
    soil_map: str = ""
    ptf: str = ""
    closure: Literal["", "campbell", "clm", "brooks-corey", "van-genuchten", "pdi"] = ""
    preset: Literal["", "vadose", "noahmp", "clm"] = ""


@dataclass(frozen=True)
class Ensemble:
    """Members are all combinations of `soil_maps`, `ptfs`, `closures` and `presets`, each `size` times perturbed.

    soil_maps, ptfs, closures, presets   names; empty leaves the study's own
    members      one table a member, in place of all combinations of these lists
    size         members of each combination; the first one is not perturbed
    seed         of the random numbers: a member's are the same however the run is cut
    forcing      errors of the weather
    parameters   name of a soil or vegetation parameter -> [low, high]: factors on it, log-uniform
    """

    soil_maps: tuple[str, ...] = ()
    ptfs: tuple[str, ...] = ()
    closures: tuple[str, ...] = ()
    presets: tuple[Preset, ...] = ()
    members: tuple[Choice, ...] = ()
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
        self._check_members()
        if self.size > 1 and not self.parameters and not self.forcing.any:
            raise ConfigError(
                "`size` is above 1 but nothing differs: state [ensemble.forcing] or [ensemble.parameters]"
            )

    def names(self, key: str) -> tuple[str, ...]:
        """The members' names of "soil_map", "ptf", "closure" or "preset"; empty where it is the study's own."""
        listed: tuple[str, ...] = getattr(self, LISTS[key])
        stated = (getattr(member, key) for member in self.members)
        return listed or tuple(dict.fromkeys(name for name in stated if name))

    def _check_members(self) -> None:
        if not self.members:
            return
        both = [name for name in LISTS.values() if getattr(self, name)]
        if both:
            raise ConfigError(f"`members` and `{both[0]}` both say what the members are; keep one")
        for key in ("soil_map", "ptf"):
            stated = sum(bool(getattr(member, key)) for member in self.members)
            if 0 < stated < len(self.members):
                raise ConfigError(
                    f"`members`: {stated} of {len(self.members)} state `{key}`; state it for all of them or for none"
                )
        names = [member.name for member in self.members if member.name]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ConfigError(f"`members`: the name {twice[0]!r} stands twice; give each its own")
