"""The analysis of one moment: forecast and observations in; states, parameters and an account of it out."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.assimilate.bias_fields import BiasFields
from vadose.assimilate.ensemble import Ensemble
from vadose.assimilate.inflation import RTPP, RTPS, Adaptive, Multiplicative
from vadose.assimilate.localization import Localization
from vadose.assimilate.options import Screening
from vadose.assimilate.parameters import ParameterFields
from vadose.assimilate.result import Analysis
from vadose.assimilate.study import LEVELS_ALONE, LOCAL, Study
from vadose.assimilate.study_observations import LEVELS
from vadose.assimilate.subsurface import head_bounds
from vadose.assimilate.transforms import Logit
from vadose.errors import ConfigError
from vadose.grid.cells import Cells
from vadose.observe import far_from_forecast
from vadose.observe.quality import INNOVATION
from vadose.simulate.setup import DRIEST

if TYPE_CHECKING:
    from vadose.assimilate.inflation import Inflation
    from vadose.assimilate.observed import ObservationSet

NONE, USED, REFUSED = 0, 1, 2  # status of an observation
CLIPPED = "water contents set to a bound"
HEADS = "heads set to a bound"
KM = 1000.0  # m
# Share of the room between driest and saturated, nearer to whose ends the logit does not tell water contents apart: a
# saturated member would be an outlier that carries all others with it.
EDGE = 0.05
FULL = 1e-6  # m3 m-3, by which saturated soil may miss its pores
NO_ROOM = 1e-12  # m3 m-3, below which a difference is rounding


@dataclass(frozen=True, eq=False)
class Seen:
    """All sets at one moment, their places one after another.

    number         of the moment;  sets  of the study
    values, error  [place], NaN where there is none
    """

    number: int
    sets: tuple[ObservationSet, ...]

    @property
    def values(self) -> np.ndarray:
        """[place]"""
        return np.concatenate([s.values[self.number] for s in self.sets])

    @property
    def error(self) -> np.ndarray:
        """[place]"""
        return np.concatenate([s.error[self.number] for s in self.sets])

    @property
    def raw(self) -> np.ndarray:
        """[place] before any treatment of bias."""
        return np.concatenate([s.raw[self.number] for s in self.sets])

    @property
    def levels(self) -> np.ndarray:
        """[place] True where a water table or a stage is observed."""
        return np.concatenate([np.full(s.size, s.variable in LEVELS) for s in self.sets])

    @property
    def positions(self) -> np.ndarray:
        """[place, 2] latitude and longitude."""
        return np.concatenate([np.stack([s.lat, s.lon], axis=1) for s in self.sets])

    def simulate(self, fields: Mapping[str, np.ndarray]) -> np.ndarray:
        """H x, [member, place]."""
        return np.concatenate([s.simulate(fields) for s in self.sets], axis=1)

    def refused(self, fields: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Reason -> [place] True where the forecast refuses a value."""
        found: dict[str, np.ndarray] = {}
        start, size = 0, self.values.size
        for one in self.sets:
            for reason, where in one.refused(fields).items():
                found.setdefault(reason, np.zeros(size, bool))[start : start + one.size] = where
            start += one.size
        return {reason: where & np.isfinite(self.values) for reason, where in found.items()}


@dataclass(frozen=True, eq=False)
class Account:
    """What a moment did, the arrays of analysis.nc.

    observed, error, raw [place];  status [place];  forecast, analysis [member, place] H x before and after
    increment, spread_forecast, spread_analysis [layer, cell] m3 m-3, of liquid water
    added       [cell] kg m-2, mean of the members;  alive [member]
    parameters  name -> [2, cell] mean and standard deviation after the moment
    head        [3, deep layer, cell] m increment of the mean, spread before and after, where heads are updated
    variance, bias    for the next moment, see `Memory`
    """

    observed: np.ndarray
    error: np.ndarray
    raw: np.ndarray
    status: np.ndarray
    forecast: np.ndarray
    analysis: np.ndarray
    increment: np.ndarray
    spread_forecast: np.ndarray
    spread_analysis: np.ndarray
    added: np.ndarray
    alive: np.ndarray
    parameters: dict[str, np.ndarray]
    variance: np.ndarray | None = None
    bias: np.ndarray | None = None
    head: np.ndarray | None = None
    counts: dict[str, int] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Memory:
    """What an experiment carries from one moment to the next beside the state.

    alive     [member] False for members that are given up
    variance  [cell] of an adaptive inflation, None without one
    bias      [member, set, cell] of sets whose bias is a part of the state, None where there is none
    """

    alive: np.ndarray
    variance: np.ndarray | None = None
    bias: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Updater:
    """An experiment's way to update: which filter, what of the state, which parameters.

    cells      of a member;  layers  how many, from the top, are updated
    parameters of the joint update, None where only the state is updated;  active  False for an open loop
    """

    study: Study
    cells: Cells
    layers: int
    active: bool
    parameters: ParameterFields | None

    def beginning(self, ensemble: Ensemble, sets: tuple[ObservationSet, ...]) -> Memory:
        """What there is to carry before the first moment."""
        biases = BiasFields(sets, self.study.ensemble.seed)
        bias = biases.initial(ensemble.members, ensemble.cells) if self.active and biases.biased else None
        return Memory(np.ones(ensemble.members, bool), None, bias)

    def at(self, ensemble: Ensemble, seen: Seen, memory: Memory) -> Account:
        """Do the analysis of a moment and leave the ensemble updated."""
        before = ensemble.fields()
        alive = memory.alive & np.isfinite(before["soil_liquid"]).all(axis=(1, 2))
        memory = replace(memory, alive=alive)
        biases, bias = BiasFields(seen.sets, self.study.ensemble.seed), memory.bias
        forecast = seen.simulate(before) + (0.0 if bias is None else biases.seen(bias))
        status, counts = self._screened(seen, before, forecast, alive)
        found, added = None, np.zeros((ensemble.members, ensemble.cells))
        warnings: tuple[str, ...] = ()
        if self.active and (status == USED).any():
            used = np.where(status == USED, seen.values, np.nan)
            found = self._filter(ensemble, before, seen, (used, forecast), memory)
            bias = None if bias is None else np.where(found.members[:, None, None], found.ensemble["bias"], bias)
            added, more = self._put(ensemble, before, found, alive)
            counts, warnings = counts | more, found.warnings
        after = before if found is None else ensemble.fields()
        analysis = seen.simulate(after) + (0.0 if bias is None else biases.seen(bias))
        parameters = self.parameters.statistics(ensemble, alive) if self.parameters else {}
        old, new = before["soil_liquid"][alive], after["soil_liquid"][alive]
        head = _moved(before["head"][alive], after["head"][alive]) if self.study.assimilation.groundwater else None
        return Account(
            observed=seen.values, error=seen.error, raw=seen.raw, status=status,
            forecast=forecast, analysis=forecast if found is None else analysis,
            increment=new.mean(axis=0) - old.mean(axis=0),
            spread_forecast=old.std(axis=0, ddof=1), spread_analysis=new.std(axis=0, ddof=1),
            added=added[alive].mean(axis=0), alive=alive,
            parameters=parameters | ({} if bias is None else biases.statistics(bias, alive)),
            variance=memory.variance if found is None or found.inflation is None else np.asarray(found.inflation),
            bias=bias, head=head, counts=counts, warnings=warnings,
        )  # fmt: skip

    def _screened(
        self, seen: Seen, fields: Mapping[str, np.ndarray], forecast: np.ndarray, alive: np.ndarray
    ) -> tuple[np.ndarray, dict[str, int]]:
        """Status of each observation, and how many were refused for what."""
        values = seen.values
        there = np.isfinite(values)
        refused = seen.refused(fields)
        beyond = self.study.assimilation.beyond
        if beyond is not None and self.active:
            refused[INNOVATION] = there & far_from_forecast(values, forecast[alive], seen.error, beyond)
        out = np.zeros(values.size, bool)
        counts: dict[str, int] = {}
        for reason, where in refused.items():
            counts[reason] = int((where & ~out).sum())
            out |= where
        counts["used"] = int((there & ~out).sum())
        return np.where(~there, NONE, np.where(out, REFUSED, USED)).astype(np.int8), counts

    def _filter(
        self,
        ensemble: Ensemble,
        before: Mapping[str, np.ndarray],
        seen: Seen,
        pairs: tuple[np.ndarray, np.ndarray],
        memory: Memory,
    ) -> Analysis:
        """The filter of the study on liquid water, parameters and biases, eqs. 13 to 20 of Zhao et al. (2025).

        pairs  [place] observations, NaN where refused, and [member, place] H x
        """
        chosen = self.study.assimilation
        liquid = before["soil_liquid"][:, : self.layers].copy()
        fields: dict[str, Any] = {"liquid": self._logit(ensemble, before).free(liquid) if self._in_logit else liquid}
        below = {"head": before["head"].copy()} if chosen.groundwater else {}
        if chosen.groundwater is True:
            fields |= below
        transforms: Mapping[str, Any] = {}
        damping: dict[str, float] = {}
        if self.parameters:
            fields |= self.parameters.fields(ensemble)
            transforms = self.parameters.transforms
            damping = dict.fromkeys(self.parameters.names, chosen.damping)
        if memory.bias is not None:
            fields["bias"] = memory.bias.copy()
        for values in (*fields.values(), *below.values()):
            values[~memory.alive] = np.nan  # a member that was given up stays out
        name: str = chosen.filter
        local = self._localization(seen)
        if name in LOCAL and local is None:
            name = name.removeprefix("l")  # one column: every observation is of it
        settings: dict[str, Any] = {
            "localization": local, "inflation": inflations(self.study, memory.variance), "transforms": transforms,
            "damping": damping, "screening": Screening(members="drop"),
        }  # fmt: skip
        if name.endswith("enkf") and name != "denkf":
            moment = seen.sets[0].moments[seen.number].astype("datetime64[s]").astype(np.int64)
            settings["key"] = (self.study.ensemble.seed, int(moment))
        assimilate = getattr(importlib.import_module("vadose.assimilate"), name)
        observed, forecast = pairs
        error = np.where(np.isfinite(observed), seen.error, 1.0)
        found: Analysis = assimilate(fields, observed, forecast, error, **settings)
        if chosen.groundwater == LEVELS_ALONE:
            levels = np.where(seen.levels, observed, np.nan)
            if np.isfinite(levels).any():
                settings |= {"transforms": {}, "damping": {}}
                deep: Analysis = assimilate(below, levels, forecast, error, **settings)
                below = {"head": deep.ensemble["head"]}
            found = replace(found, ensemble={**found.ensemble, **below})
        return found

    @property
    def _in_logit(self) -> bool:
        return self.study.assimilation.bounds == "logit"

    def _logit(self, ensemble: Ensemble, before: Mapping[str, np.ndarray]) -> Logit:
        low, high = bounds(ensemble, before)
        there = np.isfinite(before["soil_liquid"])
        low = np.where(there, low, 0.0)[:, : self.layers]
        high = np.where(there, high, 1.0)[:, : self.layers]
        # Where ice leaves no room the two are one, and what is there stays.
        return Logit(low, np.maximum(high, low + NO_ROOM), edge=EDGE)

    def _from_logit(self, ensemble: Ensemble, before: Mapping[str, np.ndarray], free: np.ndarray) -> np.ndarray:
        """Liquid water from its logit; what was nearer to a bound than `EDGE` moves by the same share of its distance.

        So what no observation reaches stays as it was, saturated soil too.
        """
        logit, old = self._logit(ensemble, before), before["soil_liquid"][:, : self.layers]
        told, new = logit.bounded(logit.free(old)), logit.bounded(free)
        bound = np.where(new > told, logit.upper, logit.lower)
        return np.asarray(bound + (old - bound) * (new - bound) / (told - bound))

    def _localization(self, seen: Seen) -> Localization | None:
        chosen = self.study.assimilation
        if chosen.radius is None:
            return None
        state = np.stack([self.cells.lat, self.cells.lon], axis=1)
        return Localization(
            state, seen.positions, chosen.radius * KM, support=chosen.support, taper=chosen.taper,
            metric="great-circle", places="last",
        )  # fmt: skip

    def _put(
        self, ensemble: Ensemble, before: Mapping[str, np.ndarray], found: Analysis, alive: np.ndarray
    ) -> tuple[np.ndarray, dict[str, int]]:
        """Go on from the analysis; returns kg m-2 that were added [member, cell] and how many values met a bound."""
        liquid = before["soil_liquid"].copy()
        new = np.asarray(found.ensemble["liquid"])
        new = self._from_logit(ensemble, before, new) if self._in_logit else new
        liquid[:, : self.layers] = np.where(found.members[:, None, None], new, liquid[:, : self.layers])
        if self.parameters:
            pores = _pores(ensemble)
            self.parameters.put(ensemble, found)
            if ensemble.subsurface:
                # What lies under the water table stays full, of more pores or of fewer, or the table would move.
                full = before["soil_liquid"] + before["soil_ice"] >= pores - FULL
                liquid = liquid + np.where(full, _pores(ensemble) - pores, 0.0)
        low, high = bounds(ensemble, before, keep=self.parameters is None)
        kept = np.clip(liquid, low, high)
        kept = np.where(np.isfinite(liquid), kept, before["soil_liquid"])
        counts = {CLIPPED: int(np.count_nonzero(np.abs(kept - liquid)[found.members] > NO_ROOM))}
        head = None
        if self.study.assimilation.groundwater:
            head = np.where(found.members[:, None, None], found.ensemble["head"], before["head"])
            inside = np.clip(head, *head_bounds(before["head"], alive, ensemble.below))
            counts[HEADS] = int(np.count_nonzero((inside != head)[found.members]))
            head = np.where(found.members[:, None, None], inside, head)
        return ensemble.put_liquid(kept, head, new_soil=self.parameters is not None), counts


def bounds(ensemble: Ensemble, fields: Mapping[str, np.ndarray], keep: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Least and most liquid water [member, layer, cell] m3 m-3: at `DRIEST`, and in all pores that ice leaves.

    keep  where the model itself is beyond a bound, that is the bound: an analysis does not correct the model's physics.
          Not so the upper one after a change of the parameters, when pores may have become fewer
    """
    liquid, ice, pores = fields["soil_liquid"], fields["soil_ice"], _pores(ensemble)
    driest = ensemble.retention(lambda r: np.asarray(r.water_content(np.full(np.shape(r.theta_s), DRIEST))))
    low, high = np.minimum(driest, liquid), np.maximum(pores - ice, 0.0)
    high = np.maximum(high, liquid) if keep else np.maximum(high, low)
    return low, high


def _pores(ensemble: Ensemble) -> np.ndarray:
    """[member, layer, cell] m3 m-3"""
    return ensemble.retention(lambda r: np.asarray(r.theta_s))


def _moved(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """[3, deep layer, cell]: increment of the mean, standard deviations before and after."""
    return np.stack([new.mean(axis=0) - old.mean(axis=0), old.std(axis=0, ddof=1), new.std(axis=0, ddof=1)])


def inflations(study: Study, variance: np.ndarray | None) -> Sequence[Inflation]:
    """The inflations of a study as filters take them."""
    made: list[Any] = []
    for one in study.assimilation.inflation:
        if one.kind == "multiplicative":
            made.append(Multiplicative(one.value))
        elif one.kind == "adaptive":
            made.append(Adaptive(1.0 if variance is None else variance, sd=one.value))
        else:
            made.append((RTPS if one.kind == "rtps" else RTPP)(one.value))
    return made


def updated_layers(study: Study, thickness: np.ndarray) -> int:
    """Number of layers, from the top, whose middle lies above `depth`. Raises ConfigError where none does."""
    depth = study.assimilation.depth
    if depth is None:
        return thickness.size
    middle = np.cumsum(thickness) - 0.5 * thickness
    count = int(np.count_nonzero(middle <= depth))
    if not count:
        raise ConfigError(
            f"[assimilation] `depth` = {depth:g} m leaves no layer; the first has its middle at {middle[0]:g} m"
        )
    return count
