"""[ensemble]: which choices and which uncertain numbers make the members of a run."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vadose.errors import ConfigError
from vadose.simulate.study_errors import PedotransferErrors, Perturbation, TextureErrors

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
    size         members of each combination
    control      whether the first of them is not perturbed
    seed         of the random numbers: a member's are the same however the run is cut
    forcing      errors of the weather;  texture  of sand and clay;  pedotransfer  of what a function makes of them
    parameters   name of a soil or vegetation parameter -> [low, high]: factors on it, log-uniform
    """

    soil_maps: tuple[str, ...] = ()
    ptfs: tuple[str, ...] = ()
    closures: tuple[str, ...] = ()
    presets: tuple[Preset, ...] = ()
    members: tuple[Choice, ...] = ()
    size: int = 1
    control: bool = True
    seed: int = 0
    forcing: Perturbation = Perturbation()
    texture: TextureErrors = TextureErrors()
    pedotransfer: PedotransferErrors = PedotransferErrors()
    parameters: dict[str, tuple[float, float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.size < 1 or self.seed < 0:
            raise ConfigError(f"`size` >= 1 and `seed` >= 0 are needed, got {self.size} and {self.seed}")
        for name, (low, high) in self.parameters.items():
            if not 0.0 < low <= high:
                raise ConfigError(f"`parameters.{name}` must be factors 0 < low <= high, got [{low:g}, {high:g}]")
        self._check_members()
        twice = [name for name in self.pedotransfer.names if name in self.parameters]
        if twice:
            raise ConfigError(f"`parameters.{twice[0]}` and `pedotransfer.{twice[0]}` both draw it; keep one")
        tables = (self.forcing, self.texture, self.pedotransfer)
        if (self.size > 1 or not self.control) and not self.parameters and not any(table.any for table in tables):
            reason = "`size` is above 1" if self.size > 1 else "`control` is false"
            raise ConfigError(
                f"{reason} but nothing differs: state [ensemble.forcing], [ensemble.texture], "
                "[ensemble.pedotransfer] or [ensemble.parameters]"
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


__all__ = ["LISTS", "Choice", "Ensemble", "PedotransferErrors", "Perturbation", "TextureErrors"]
