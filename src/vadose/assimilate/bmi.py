"""Filters on any model with the Basic Model Interface: an ensemble of components, updated together.

ensemble = BmiEnsemble(models, {"theta": "soil_water~liquid__volume_fraction"}, shapes={"theta": (4, -1)})
ensemble.update_until(86400.0)
ensemble.assimilate("letkf", observed, lambda fields: fields["theta"][:, 0, at], 0.04, localization=...)
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from vadose.assimilate.bmi_variables import Variable, compare, described, positions, time_of
from vadose.assimilate.options import Screening
from vadose.assimilate.result import Analysis
from vadose.errors import ConfigError, DataError

FILTERS = ("enkf", "lenkf", "etkf", "letkf", "estkf", "lestkf", "denkf", "ensrf")
KEPT = "values that a model set otherwise"
Fields = dict[str, np.ndarray]


class BmiEnsemble:
    """Components of one kind, one a member, each initialised.

    models     objects with the methods of BMI 2.0, in any language that offers them to Python
    variables  names of what is updated, or how the fields shall be called -> names
    reads      likewise, of what is read for operators and never set
    shapes     field -> its shape in place of a flat array, such as (layer, -1)
    lost       share of the members that may die; a member that raises or is not finite is left out from then on

    Raises ConfigError for fewer than two members or a variable that is unknown or cannot be set, GridMismatch and
    DataError where members differ in grid, units or time.
    """

    def __init__(
        self,
        models: Sequence[Any],
        variables: Sequence[str] | Mapping[str, str],
        *,
        reads: Sequence[str] | Mapping[str, str] = (),
        shapes: Mapping[str, Sequence[int]] | None = None,
        lost: float = 0.25,
    ) -> None:
        self.models = tuple(models)
        if len(self.models) < 2 or len({id(m) for m in self.models}) < len(self.models):
            raise ConfigError(f"an ensemble needs at least 2 models, each its own object, got {len(self.models)}")
        if not 0.0 <= lost < 1.0:
            raise ConfigError(f"`lost` must be a share of the members, 0 to < 1, got {lost:g}")
        names, more = _named(variables), _named(reads)
        if not names:
            raise ConfigError("`variables` is empty: there is nothing to update")
        if twice := set(names) & set(more):
            raise ConfigError(f"{sorted(twice)[0]!r} is both in `variables` and in `reads`; it is read anyway")
        if unknown := sorted(set(shapes or {}) - set(names) - set(more)):
            raise ConfigError(f"`shapes` names {unknown[0]!r}, which is no field; there are {', '.join(names | more)}")
        self.limit, self.dead = lost, dict[int, str]()
        self.variables = self._checked(names, shapes or {})
        self.reads = self._checked(more, shapes or {})
        self._check_time()
        for variable in self.variables.values():
            for number, model in enumerate(self.models):
                _settable(model, number, variable)

    @property
    def living(self) -> list[int]:
        """Numbers of the members that take part."""
        return [n for n in range(len(self.models)) if n not in self.dead]

    @property
    def time(self) -> float:
        """Where the members are, in their units of time. Raises DataError where they are not at one time."""
        return time_of(self.models, self.living)

    def update_until(self, time: float) -> None:
        """Bring all members to a time.

        A member that raises is left out from here on, with its reason in `dead`. Raises DataError where more than
        `lost` of them have died, or one stops at another time.
        """
        for number in self.living:
            why = _tried(self.models[number].update_until, time)[1]
            if why:
                self._bury(number, why)
        self._check_deaths()
        reached = self.time
        if not np.isclose(reached, time, rtol=1e-9, atol=1e-9):
            raise DataError(f"the models stopped at the time {reached:g} and not at {time:g}: ask for whole steps")

    def fields(self) -> Fields:
        """Field -> [member, ...] of all variables, NaN of dead members.

        Raises DataError where more than `lost` of the members have died, of values that are not finite for example.
        """
        every = self.variables | self.reads
        found = {name: np.full((len(self.models), *v.shape), np.nan) for name, v in every.items()}
        for number in self.living:
            for name, variable in every.items():
                found[name][number] = variable.read(self.models[number])
                if name in self.variables and not np.isfinite(found[name][number]).all():
                    self._bury(number, f"{variable.name!r} is not finite")
        for number in self.dead:
            for values in found.values():
                values[number] = np.nan
        self._check_deaths()
        return found

    def positions(self, field: str) -> np.ndarray:
        """[node, 2] y and x of a field's grid, as Localization takes them; in a shape, those of its last axis.

        Raises GridMismatch where the grid has no places.
        """
        every = self.variables | self.reads
        if field not in every:
            raise ConfigError(f"no field {field!r}; there are {', '.join(every)}")
        return positions(self.models[self.living[0]], every[field].grid)[: every[field].shape[-1]]

    def assimilate(
        self,
        filter: str | Callable[..., Analysis],
        observed: Any,
        simulated: np.ndarray | Callable[[Fields], np.ndarray],
        error: Any,
        **settings: Any,
    ) -> Analysis:
        """Do an analysis and set the variables of the living members to it.

        filter     "letkf" and so on, or a function with the arguments of `vadose.letkf`
        observed   [observation];  error  as of the filter
        simulated  [member, observation] H x, or a function of `fields()` that returns it
        settings   of the filter: localization, inflation, transforms, damping, key, ...

        Returns its Analysis; `counts` has besides how many values the models set otherwise, by bounds of their own.
        Raises DataError where no analysis is possible or a model refuses its values, ConfigError where none takes any.
        """
        assimilate = _filter(filter)
        before = self.fields()
        h_x = simulated(before) if callable(simulated) else simulated
        given = {name: before[name] for name in self.variables}
        screening = replace(settings.pop("screening", Screening()), members="drop")
        found = assimilate(given, observed, h_x, error, screening=screening, **settings)
        other = self._put(given, found)
        told = f"{other} values are not as the analysis has them: the models have bounds of their own; a transform of "
        warnings = (*found.warnings, told + "the field keeps them") if other else found.warnings
        return replace(found, counts={**found.counts, KEPT: other}, warnings=warnings)

    def _put(self, before: Fields, found: Analysis) -> int:
        """Set the models to an analysis; how many values they set otherwise."""
        other, wanted = 0, 0
        for number in (n for n in self.living if found.members[n]):
            for name, variable in self.variables.items():
                values = np.asarray(found.ensemble[name])[number]
                differs, why = _tried(variable.write, self.models[number], values)
                if why:
                    raise DataError(
                        f"member {number} refuses {variable.name!r} of the analysis ({why}); the members before it "
                        "are updated, so begin again. Bounds of the field can be kept by `transforms`"
                    )
                changed = values != before[name][number]
                other, wanted = other + int((differs & changed).sum()), wanted + int(changed.sum())
        if wanted and other == wanted:
            raise ConfigError(
                f"no model took a value of {', '.join(v.name for v in self.variables.values())}: set_value has no "
                "effect on get_value; choose variables that are part of the state"
            )
        return other

    def _checked(self, names: Mapping[str, str], shapes: Mapping[str, Sequence[int]]) -> dict[str, Variable]:
        found = {}
        for field, name in names.items():
            every = [described(m, field, name, shapes.get(field, ())) for m in self.models]
            for number, other in enumerate(every[1:], 1):
                compare(every[0], other, number)
            found[field] = every[0]
        return found

    def _check_time(self) -> None:
        units = {n: str(m.get_time_units()) for n, m in enumerate(self.models)}
        if len(set(units.values())) > 1:
            raise DataError(f"members measure time in different units: {', '.join(sorted(set(units.values())))}")
        time_of(self.models, self.living)

    def _bury(self, number: int, why: str) -> None:
        self.dead.setdefault(number, why)

    def _check_deaths(self) -> None:
        if len(self.living) < 2 or len(self.dead) > self.limit * len(self.models):
            number, why = next(iter(self.dead.items()))
            raise DataError(
                f"{len(self.dead)} of {len(self.models)} members died, more than `lost` = {self.limit:g} of them, or "
                f"fewer than 2 are left; the first was member {number}: {why}"
            )


def _named(names: Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    """Field -> name."""
    if isinstance(names, str):
        raise ConfigError(f"give a list of names or a table field -> name, got the text {names!r}")
    return dict(names) if isinstance(names, Mapping) else {name: name for name in names}


def _tried(task: Callable[..., Any], *given: Any) -> tuple[Any, str]:
    """What a call of a model gives, and why it gave nothing: a foreign model may raise anything."""
    try:
        return task(*given), ""
    except Exception as error:
        return None, f"{type(error).__name__}: {error}"


def _settable(model: Any, number: int, variable: Variable) -> None:
    """Set a variable to what it is. Raises ConfigError where the model does not let that happen."""

    def same() -> None:
        model.set_value(variable.name, np.ascontiguousarray(variable.read(model).ravel(), f"f{variable.item}"))

    why = _tried(same)[1]
    if why:
        raise ConfigError(
            f"member {number} does not let {variable.name!r} be set ({why}), so that no analysis can be written "
            f"back; its inputs are {', '.join(model.get_input_var_names())}. What is only observed belongs in `reads`"
        )


def _filter(chosen: str | Callable[..., Analysis]) -> Callable[..., Analysis]:
    """The function of a filter. Raises ConfigError for another."""
    if not isinstance(chosen, str):
        return chosen
    if chosen not in FILTERS:
        raise ConfigError(f"unknown filter {chosen!r}; filters are {', '.join(FILTERS)}")
    function: Callable[..., Analysis] = getattr(importlib.import_module("vadose.assimilate"), chosen)
    return function
