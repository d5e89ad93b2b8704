"""What a set of observations sees of the members' states, and what the states say against an observation."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vadose.assimilate.observed_places import Operator
from vadose.assimilate.study_observations import Observation
from vadose.errors import DataError
from vadose.observe import frozen, snow_covered
from vadose.observe.quality import FROZEN, SNOW

Fields = Mapping[str, np.ndarray]


def sees_liquid(one: Observation) -> bool:
    """True where a sensor does not see the ice of the soil; neutrons see the hydrogen of all water."""
    return one.variable == "soil_moisture" and one.operator != "crns"


def simulated(one: Observation, operator: Operator, fields: Fields) -> np.ndarray:
    """[member, place]: H x of fields [member, layer, cell] or [member, cell]."""
    seen = operator.simulate(_field(fields, one.variable, one.name))
    if sees_liquid(one):
        # A mean is linear: ice is taken off after it, from the few numbers that are left.
        seen = seen - operator.simulate(_field(fields, "soil_ice", one.name))
    return seen


def refused_by(one: Observation, operator: Operator, fields: Fields) -> dict[str, np.ndarray]:
    """Reason -> [place] True, each place under its first reason, by means over the members that are finite."""
    if one.variable != "soil_moisture":
        return {}
    found: dict[str, np.ndarray] = {}
    if sees_liquid(one):
        temperature = operator.simulate(_mean(_field(fields, "soil_temperature", one.name)))
        found[FROZEN] = frozen(temperature, one.frozen_below)
    covered = snow_covered(operator.columns.mean(_mean(_field(fields, "snow_water", one.name))), one.snow_above)
    found[SNOW] = covered & ~found[FROZEN] if FROZEN in found else covered
    return found


def _field(fields: Fields, name: str, who: str) -> np.ndarray:
    if name not in fields:
        raise DataError(f"{who!r}: the state has no {name}, which these observations see; it has {', '.join(fields)}")
    return np.asarray(fields[name], float)


def _mean(values: np.ndarray) -> np.ndarray:
    """Mean of the members [member, ...] that are finite, NaN where none is."""
    there = np.isfinite(values)
    if there.all():
        return np.asarray(values.mean(axis=0))
    number = there.sum(axis=0)
    total = np.where(there, values, 0.0).sum(axis=0)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)
