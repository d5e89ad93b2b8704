"""The study file of `vadose assimilate`: that of a simulation, what is assimilated, and how."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from vadose.assimilate.study_observations import LEVELS, Observation
from vadose.errors import ConfigError
from vadose.simulate.draws import priors
from vadose.simulate.study import Study as Simulation
from vadose.simulate.study import built, located, with_paths

LOCAL = ("lenkf", "letkf", "lestkf")
Experiment = Literal["open loop", "state", "state and parameters"]
Filter = Literal["lenkf", "letkf", "lestkf", "enkf", "etkf", "estkf", "denkf", "ensrf"]
OPEN: Experiment = "open loop"
STATE: Experiment = "state"
JOINT: Experiment = "state and parameters"
EXPERIMENTS = (OPEN, STATE, JOINT)
LEVELS_ALONE = "levels"  # of `groundwater`
NAME = "assimilate-run"


@dataclass(frozen=True)
class Inflation:
    """[[assimilation.inflation]]: against the loss of spread that a small ensemble suffers.

    kind    "multiplicative" (value: factor on the anomalies before the analysis), "rtps" or "rtpp" (value: share of the
            prior spread, or of the prior perturbations, that is kept), "adaptive" (learnt from innovations, cell by
            cell; value: how fast, the standard deviation of the factor)
    """

    kind: Literal["multiplicative", "rtps", "rtpp", "adaptive"]
    value: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.value > 0.0):
            raise ConfigError(f"`value` must be a number > 0, got {self.value!r}")
        if self.kind in ("rtps", "rtpp") and self.value > 1.0:
            raise ConfigError(f"`value` of {self.kind} is a share, at most 1, got {self.value:g}")


@dataclass(frozen=True)
class Assimilation:
    """[assimilation]: the experiments and the filter.

    observations what is assimilated
    experiments  "open loop" (no analyses), "state", "state and parameters": each a run of its own
    filter       "lenkf", "letkf", "lestkf" (local); "enkf", "etkf", "estkf", "denkf", "ensrf" take all places together
                 without a `radius` and are local with one
    radius       km from a place, from which on observations have no effect on it; support: "half-width" doubles it
    hour, every  UTC of the analyses, and days between them; days without observations are left out
    depth        m: layers whose middle lies above it are updated; default: all of the land's
    groundwater  the pressure heads of the layers of [subsurface] are updated too; "levels": by water tables and stages
                 alone, not by soil moisture
    parameters   "texture", or names of [ensemble.pedotransfer] and [ensemble.parameters], that the joint update changes
    damping      share of the increments of the parameters that is added
    bounds       "clip": water contents that leave their bounds are set to them, counted; "logit": the update is made in
                 the logit of the share between driest and saturated, which never leaves them
    beyond       expected standard deviations of an innovation, beyond which an observation is refused; none by default
    inflation    one or several
    lost         share of the members that may die before the run stops
    """

    observations: tuple[Observation, ...] = ()
    experiments: tuple[Experiment, ...] = (OPEN, STATE)
    filter: Filter = "lenkf"
    radius: float | None = None
    support: Literal["radius", "half-width"] = "radius"
    taper: Literal["gaspari-cohn", "step"] = "gaspari-cohn"
    hour: int = 0
    every: int = 1
    depth: float | None = None
    groundwater: bool | Literal["levels"] = False
    parameters: tuple[str, ...] = ()
    damping: float = 0.1
    bounds: Literal["clip", "logit"] = "clip"
    beyond: float | None = None
    inflation: tuple[Inflation, ...] = ()
    lost: float = 0.25

    def __post_init__(self) -> None:
        if not self.experiments or len(set(self.experiments)) < len(self.experiments):
            raise ConfigError(f"`experiments` must name different ones, got {list(self.experiments)}")
        if not 0 <= self.hour < 24 or self.every < 1:
            raise ConfigError(f"`hour` must be 0 to 23 and `every` >= 1, got {self.hour} and {self.every}")
        for key, high in (("damping", 1.0), ("radius", math.inf), ("depth", math.inf), ("beyond", math.inf)):
            value = getattr(self, key)
            if value is not None and not 0.0 < value <= high:
                limit = "" if high == math.inf else f" and at most {high:g}"
                raise ConfigError(f"`{key}` must be > 0{limit}, got {value:g}")
        if not 0.0 <= self.lost < 1.0:
            raise ConfigError(f"`lost` must be a share of the members, 0 to < 1, got {self.lost:g}")
        if len({i.kind for i in self.inflation}) < len(self.inflation):
            raise ConfigError("`inflation` names a kind twice; keep one of each")

    def updates(self, experiment: str) -> tuple[str, ...]:
        """What an experiment updates: nothing, ("state",), or the state and the names of parameters."""
        if experiment == OPEN:
            return ()
        return ("state", *self.parameters) if experiment == JOINT else ("state",)


@dataclass(frozen=True)
class Study(Simulation):
    """A whole study: the tables of `vadose simulate` and [assimilation]; [[observations]] judge and change nothing."""

    assimilation: Assimilation = Assimilation()

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_ensemble(self)
        if self.output.every == "month":
            raise ConfigError('[output] `every` = "month" does not fit analyses within months; take "day" or "hour"')
        chosen = self.assimilation
        if not chosen.observations:
            raise ConfigError("there is no [[assimilation.observations]]: nothing to assimilate; add at least one")
        self._check_subsurface()
        biased = [o.name for o in chosen.observations if o.fitted]
        if biased and OPEN not in chosen.experiments:
            raise ConfigError(
                f"[assimilation] `experiments` lacks {OPEN!r}, against which the bias of {biased[0]!r} is fitted; "
                'add it, or state bias = "none"'
            )
        if JOINT in chosen.experiments:
            self._check_parameters()

    def _check_subsurface(self) -> None:
        """Raise ConfigError where something needs a subsurface, or wells and gauges, that are not there."""
        below = self.assimilation.groundwater
        if below == LEVELS_ALONE and not any(o.variable in LEVELS for o in self.assimilation.observations):
            raise ConfigError(
                '[assimilation] `groundwater` = "levels" updates heads by water tables and stages alone, and none is '
                "among the observations; add one, or state true to update them by soil moisture"
            )
        if self.subsurface.on:
            return
        if below:
            raise ConfigError(
                f"[assimilation] `groundwater` = {json.dumps(below)} updates the heads of the layers of [subsurface], "
                "which this study has not; state [subsurface] `layers`, or leave `groundwater` out"
            )
        ponds = [o.name for o in self.assimilation.observations if o.variable == "ponded_water"]
        if ponds:
            raise ConfigError(
                f"{ponds[0]!r}: ponded_water needs a [subsurface], over which water stands and flows; what a column "
                "alone cannot take runs off: state [subsurface] `layers`, or assimilate another variable"
            )

    def _check_parameters(self) -> None:
        """Raise ConfigError where the joint update has nothing to update."""
        chosen = self.assimilation
        known = priors(self)
        if not chosen.parameters:
            listed = ", ".join(known) or "none: state [ensemble.texture], [ensemble.pedotransfer] or .parameters"
            raise ConfigError(
                f"[assimilation] {JOINT!r} needs `parameters`; those that differ between members: {listed}"
            )
        for name in chosen.parameters:
            if name not in known:
                listed = ", ".join(known) or "none is"
                raise ConfigError(
                    f"[assimilation] `parameters`: {name!r} is not perturbed, so that nothing can be learnt of it; "
                    f"perturbed: {listed}. State it in [ensemble.texture], [ensemble.pedotransfer] or .parameters"
                )


def _check_ensemble(study: Study) -> None:
    """Raise ConfigError where there is one member."""
    ensemble = study.ensemble
    combinations = max(1, len(ensemble.members))
    if not ensemble.members:
        combinations = math.prod(
            max(1, len(names)) for names in (ensemble.soil_maps, ensemble.ptfs, ensemble.closures, ensemble.presets)
        )
    if combinations * ensemble.size < 2:
        raise ConfigError(
            "[ensemble] has one member, of which no covariance can be made; state `size`, 32 for example, with "
            "[ensemble.forcing] or other uncertainties"
        )


def load_study(study: Any, settings: Sequence[str] = ()) -> tuple[Study, str]:
    """A study in any of its forms, its paths resolved, and a name for its run.

    study     a study file, its tables as a dictionary, or a Study
    settings  overrides such as "assimilation.filter='letkf'"
    Raises ConfigError that names the file, the table and the key.
    """
    made, folder, name = built(Study, study, settings)
    made = located(made, folder)
    chosen = made.assimilation
    root = Path(made.study.root)
    observations = tuple(with_paths(o, ("path", "truth"), root) for o in chosen.observations)
    return replace(made, assimilation=replace(chosen, observations=observations)), name or NAME
