"""The ensemble as fields: states and parameters in one update (Eqs. 18 and 19) without a copy that joins them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vadose.assimilate.localization import Localization
from vadose.assimilate.options import Options
from vadose.assimilate.transforms import Transform
from vadose.errors import ConfigError, DataError, GridMismatch

WHOLE = ""  # name of the only field where the ensemble is one array


@dataclass(frozen=True, eq=False)
class Field:
    """One field of the ensemble: as given, as it is updated, and how."""

    name: str
    given: np.ndarray  # [member, ...]; a single number a member is [member, 1]
    prior: np.ndarray  # [member, ...], free numbers where there is a transform
    shape: tuple[int, ...]  # of the field as it came
    damping: float
    transform: Transform | None

    @property
    def title(self) -> str:
        """How messages call it."""
        return f"field {self.name!r}" if self.name else "the ensemble"


def read_fields(ensemble: Any, options: Options) -> list[Field]:
    """Fields of an ensemble, [member, ...] or a mapping of names to such arrays.

    Raises DataError where there are no members or their number differs, ConfigError where a setting names no field.
    """
    by_name = ensemble if isinstance(ensemble, Mapping) else {WHOLE: ensemble}
    if not by_name:
        raise DataError("the ensemble has no fields")
    for setting in ("damping", "transforms"):
        value = getattr(options, setting)
        if isinstance(value, Mapping) and (unknown := sorted(set(value) - set(by_name))):
            raise ConfigError(f"{setting} names {unknown[0]!r}, which is no field; the ensemble has {sorted(by_name)}")
    found = [_field(name, values, options) for name, values in by_name.items()]
    counts = {f.title: f.given.shape[0] for f in found}
    if len(set(counts.values())) > 1:
        raise DataError(f"all fields must have the same members, got {counts}")
    members = found[0].given.shape[0]
    if members < 2:
        raise DataError(f"an ensemble needs at least 2 members for a covariance, got {members}")
    return found


def _field(name: str, values: Any, options: Options) -> Field:
    given = np.ascontiguousarray(values, dtype=float)
    if given.ndim < 1 or given.size == 0:
        raise DataError(f"the ensemble must be [member, ...] with elements, got the shape {np.shape(values)}")
    shape = given.shape
    if options.overwrite and not (given.flags.writeable and np.shares_memory(given, np.asarray(values))):
        raise ConfigError(
            f"overwrite needs arrays that can be written, float64 and C-contiguous; field {name!r} is none: "
            "leave overwrite out, or make it one with numpy.array(values, float, order='C')"
        )
    if given.ndim == 1:
        given = given[:, None]
    damping, transforms = options.damping, options.transforms
    share = damping.get(name, 1.0) if isinstance(damping, Mapping) else damping
    transform = transforms.get(name) if isinstance(transforms, Mapping) else transforms
    prior = given if transform is None else np.ascontiguousarray(_living(given, transform))
    if transform is not None and np.shares_memory(prior, given):
        prior = prior.copy()  # the analysis of a transformed field is written into its free numbers
    return Field(name, given, prior, shape, float(share), transform)


def _living(given: np.ndarray, transform: Transform) -> np.ndarray:
    """Free numbers of the members that are finite; others stay NaN and are dealt with as members."""
    good = np.isfinite(given.reshape(given.shape[0], -1)).all(axis=1)
    if good.all():
        return transform.free(given)
    free = np.full(given.shape, np.nan)
    if good.any():
        free[good] = transform.free(given[good])
    return free


def places_first(field: Field, localization: Localization) -> bool:
    """True where the axes of places lead the state, False where they end it.

    Raises GridMismatch where they do neither, ConfigError where they do both and `places` does not say which.
    """
    state, places = field.given.shape[1:], localization.shape
    k = len(places)
    first, last = state[:k] == places, state[-k:] == places
    if localization.places == "auto":
        if first and last and len(state) > k:
            raise ConfigError(
                f"{field.title} has the state shape {state}, whose places {places} may come first or last; "
                "say which with Localization(places='first') or 'last'"
            )
        if first or last:
            return first
    elif first if localization.places == "first" else last:
        return localization.places == "first"
    raise GridMismatch(
        f"{field.title} has the state shape {state}, and the localization positions for {places}; "
        "positions_state must have one position for each horizontal place of the state"
    )


def by_place(array: np.ndarray, localization: Localization | None, first: bool) -> np.ndarray:
    """A view [place, element, member] of [member, ...]; without localization each element is a place."""
    n = array.shape[0]
    if localization is None:
        return array.reshape(n, -1, 1).transpose(1, 2, 0)
    size = localization.size
    elements = math.prod(array.shape[1:]) // size
    if first:
        return array.reshape(n, size, elements).transpose(1, 2, 0)
    return array.reshape(n, elements, size).transpose(2, 1, 0)
