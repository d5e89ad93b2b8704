"""What all filters share beside the ensemble and the observations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypedDict

import numpy as np

from vadose.assimilate.inflation import Inflation
from vadose.assimilate.keyed import Key
from vadose.assimilate.localization import Localization
from vadose.assimilate.transforms import Transform
from vadose.errors import ConfigError


@dataclass(frozen=True)
class Screening:
    """Which observations and members are refused.

    beyond    observations whose innovation exceeds this many of its expected standard deviations; None: none
    members   "error": a member that is not finite stops the analysis; "drop": it goes on without, counted
    """

    beyond: float | None = None
    members: str = "error"

    def __post_init__(self) -> None:
        if self.beyond is not None and not self.beyond > 0.0:
            raise ConfigError(f"beyond must be a number of standard deviations > 0, got {self.beyond!r}")
        if self.members not in ("error", "drop"):
            raise ConfigError(f"members must be 'error' or 'drop', got {self.members!r}")


class Settings(TypedDict, total=False):
    """The keywords of every filter; `Options` says what they mean."""

    localization: Localization | None
    inflation: Inflation | Sequence[Inflation] | None
    rotation: Key | None
    damping: float | Mapping[str, float]
    transforms: Transform | Mapping[str, Transform] | None
    screening: Screening
    overwrite: bool


@dataclass(frozen=True)
class Options:
    """The keywords of every filter.

    localization   None: every observation acts everywhere
    inflation      one of `vadose.assimilate.inflation`, or several, done in this order of kinds: prior, relaxation,
                   posterior
    rotation       key of a random mean-preserving rotation of the members after the analysis; None: none
    damping        share of the increments that is added, > 0 to 1; by field where the ensemble has fields
    transforms     space in which a field is updated; by field where the ensemble has fields
    screening      which observations and members are refused
    overwrite      write the analysis into the arrays of the ensemble, which must be float64 and C-contiguous: half the
                   memory; after an error they hold nothing of use
    """

    localization: Localization | None = None
    inflation: Inflation | Sequence[Inflation] | None = None
    rotation: Key | None = None
    damping: float | Mapping[str, float] = 1.0
    transforms: Transform | Mapping[str, Transform] | None = None
    screening: Screening = field(default_factory=Screening)
    overwrite: bool = False

    def __post_init__(self) -> None:
        shares = self.damping.values() if isinstance(self.damping, Mapping) else [self.damping]
        for share in shares:
            if not (np.isfinite(share) and 0.0 < share <= 1.0):
                raise ConfigError(f"damping must be a share of the increments, > 0 to 1, got {share!r}")
        if self.localization is not None and not isinstance(self.localization, Localization):
            raise ConfigError(f"localization must be a Localization or None, got {type(self.localization).__name__}")
