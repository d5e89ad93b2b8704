"""Bias of a set of observations, fitted against the open loop: values and errors in the climate of the model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vadose.assimilate.observed import ObservationSet
from vadose.errors import DataError, GridMismatch
from vadose.observe import CdfMatching, MeanDeviation
from vadose.observe.quality import ERROR

UNFITTED = "too few pairs for the bias"
_LEAST = 1e-3  # of an error, which its scaled one must exceed


def fit_bias(observed: ObservationSet, forecasts: np.ndarray) -> ObservationSet:
    """The set with its values and errors as its `bias` treats them; itself where nothing is fitted.

    forecasts  [moment, place] mean of the members of the open loop, `units` of the set; NaN where the forecast refuses
               an observation, which then takes no part in the fit
    The fit is of raw values, each place by its own pairs in `training`, or in all moments. Values of places with less
    than 20 pairs, or without variation, are refused and counted, never handed on as they are.
    Raises DataError where no place can be fitted, GridMismatch for another shape.
    """
    kind = observed.table.bias
    if not observed.table.fitted:
        return observed
    forecasts = np.asarray(forecasts, float)
    if forecasts.shape != observed.raw.shape:
        raise GridMismatch(
            f"{observed.name!r}: forecasts must be [moment, place] {observed.raw.shape}, got {forecasts.shape}"
        )
    within = _training(observed)
    pairs = np.where(within[:, None], observed.raw, np.nan), np.where(within[:, None], forecasts, np.nan)
    try:
        fitted = MeanDeviation.fit(*pairs) if kind == "mean-deviation" else CdfMatching.fit(*pairs)
    except DataError as wrong:
        raise DataError(
            f"{observed.name!r}: bias = {kind!r}: {wrong}, in a longer [period] or `training`, or bias = 'none'"
        ) from wrong
    there = np.isfinite(observed.raw)
    values = fitted.apply(observed.raw)
    # Errors of values that were never there stay NaN with them.
    error = np.where(there, fitted.error(observed.raw, observed.error), np.nan)
    lost = there & ~np.isfinite(values)
    # A model that stands still up to rounding would make errors of nothing, which outweigh everything.
    weightless = there & ~lost & ~(error > _LEAST * observed.error)
    counts = dict(observed.counts)
    for reason, refused in ((UNFITTED, lost), (ERROR, weightless)):
        if refused.any():
            counts[reason] = counts.get(reason, 0) + int(refused.sum())
    kept = there & ~lost & ~weightless
    if not kept.any():
        raise DataError(
            f"{observed.name!r}: bias = {kind!r}: nothing is left: {int(lost.sum())} {UNFITTED}, "
            f"{int(weightless.sum())} {ERROR}; the open loop does not vary where it is observed"
        )
    return replace(
        observed, values=np.where(kept, values, np.nan), error=np.where(kept, error, np.nan), counts=counts
    )  # fmt: skip


def _training(observed: ObservationSet) -> np.ndarray:
    """[moment] True where it takes part in the fit."""
    days = observed.table.days
    if days is None:
        return np.ones(observed.moments.size, bool)
    of = observed.moments.astype("datetime64[D]")
    within = (of >= days[0]) & (of <= days[1])
    if not within.any():
        raise DataError(
            f"{observed.name!r}: `training` {list(observed.table.training or ())} holds no analysis; the analyses are "
            f"of {of[0]} to {of[-1]}"
        )
    return np.asarray(within)
