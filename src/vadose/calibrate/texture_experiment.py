"""What an experiment of texture optimisation prescribes: function, ranges, bounds, search and tie-break."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from vadose.errors import ConfigError

PARAMETERS = ("sand", "clay", "organic_carbon")


@dataclass(frozen=True)
class Experiment:
    """[[experiments]]: one optimisation of a soil map; the defaults are those of the published experiments.

    name, soil   of the experiment, and of the soil map that it starts from
    ptf          a name in `vadose.pedotransfer`
    carbon       optimise organic carbon too; false holds it at the map's value
    definition   of the two thresholds, see `vadose.soil.thresholds`
    method       "sceua", or "gradient": bounded least squares, for functions that are smooth
    evaluations, complexes, seed   of SCE-UA
    tie_break    among textures that are as good as the best, take the one nearest to the map's
    tolerance    m3 m-3, by which the misfit of such a texture may exceed the best one
    sand_range, clay_range, organic_carbon_range      %, absolute: how far the search goes from the map's value
    sand_bounds, clay_bounds, organic_carbon_bounds   %, outside of which a texture is no result
    outside      "clip": search only within the bounds; "mask": search all of the range, mask what ends outside
    uncertainty  look for all admissible textures, from `members` starts
    pedotransfer_error   m3 m-3, standard error of the function itself, added to the errors of the thresholds
    """

    name: str
    soil: str = ""
    ptf: str = "sr06"
    carbon: bool = True
    definition: Literal["potential", "noah"] = "potential"
    method: Literal["sceua", "gradient"] = "sceua"
    evaluations: int = 3000
    complexes: int | None = None
    seed: int = 0
    tie_break: bool = True
    tolerance: float = 1e-6
    sand_range: float = 20.0
    clay_range: float = 10.0
    organic_carbon_range: float = 5.0
    sand_bounds: tuple[float, float] = (6.0, 98.0)
    clay_bounds: tuple[float, float] = (3.0, 58.0)
    organic_carbon_bounds: tuple[float, float] = (0.0, 15.0)
    outside: Literal["clip", "mask"] = "clip"
    uncertainty: bool = True
    members: int = 32
    pedotransfer_error: float = 0.0

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ConfigError("`name` of an experiment must not be empty")
        for key, options in (
            ("method", ("sceua", "gradient")),
            ("outside", ("clip", "mask")),
            ("definition", ("potential", "noah")),
        ):
            if getattr(self, key) not in options:
                raise ConfigError(f"`{key}` must be one of {', '.join(options)}, got {getattr(self, key)!r}")
        for key in PARAMETERS:
            width, (low, high) = getattr(self, f"{key}_range"), getattr(self, f"{key}_bounds")
            if not (math.isfinite(width) and width >= 0.0):
                raise ConfigError(f"`{key}_range` must be >= 0 %, got {width:g}")
            if not 0.0 <= low < high <= 100.0:
                raise ConfigError(
                    f"`{key}_bounds` must be [lowest, highest] within 0 to 100 %, got [{low:g}, {high:g}]"
                )
        if 0.0 < max(self.sand_range, self.clay_range) < 1.0:
            raise ConfigError(
                f"`sand_range` and `clay_range` are in %, got {self.sand_range:g} and {self.clay_range:g}, which look "
                "like fractions; multiply by 100"
            )
        for key, least in (("evaluations", 1), ("members", 8), ("seed", 0)):
            if getattr(self, key) < least:
                raise ConfigError(f"`{key}` must be at least {least}, got {getattr(self, key)}")
        if self.complexes is not None and self.complexes < 1:
            raise ConfigError(f"`complexes` must be at least 1, got {self.complexes}")
        if not 0.0 < self.tolerance < 0.1:
            raise ConfigError(f"`tolerance` must lie between 0 and 0.1 m3 m-3, got {self.tolerance:g}")
        if not 0.0 <= self.pedotransfer_error < 0.5:
            raise ConfigError(f"`pedotransfer_error` must lie in 0 to 0.5 m3 m-3, got {self.pedotransfer_error:g}")
        self._check_function()

    def _check_function(self) -> None:
        from vadose.soil.pedotransfer import pedotransfer

        function = pedotransfer[self.ptf]
        if self.carbon and "organic_carbon" not in (*function.inputs, *function.optional):
            raise ConfigError(f"`carbon`: {self.ptf!r} does not use organic carbon; set carbon = false")
        if self.method == "gradient" and stepwise(self.ptf):
            raise ConfigError(
                f"`method`: {self.ptf!r} looks values up by texture class and has no gradient; use method = 'sceua'"
            )

    @property
    def parameters(self) -> tuple[str, ...]:
        """What is optimised: sand, clay and, with `carbon`, organic carbon."""
        return PARAMETERS if self.carbon else PARAMETERS[:2]


def stepwise(ptf: str) -> bool:
    """True where a function looks its values up by texture class, so that its gradient is 0 or not there."""
    return ptf.endswith("-class") or ptf in ("noah", "rosetta1")
