"""What was assimilated, place by place: observations with their error, and the ensemble there before and after."""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.report.assimilation_analysis import REFUSED, Analyses, moments
from vadose.report.pack import pack_values

MOST = 40  # places whose series are drawn


def place_names(a: Analyses) -> list[str]:
    """Names of the places of observations: their set, and where it has several their own or their coordinates."""
    several = np.bincount(a.number, minlength=len(a.sets)) > 1
    if len(a.names) == a.number.size and len(set(a.names)) == len(a.names):
        return [f"{_set(a, n)}, {t}" if several[n] else _set(a, n) for n, t in zip(a.number, a.names, strict=True)]
    return [
        f"{_set(a, n)}, {abs(lat):.3f}\u00b0{'S' if lat < 0 else 'N'} {abs(lon):.3f}\u00b0{'W' if lon < 0 else 'E'}"
        if several[n] else _set(a, n)
        for n, lat, lon in zip(a.number, a.lat, a.lon, strict=True)
    ]  # fmt: skip


def _set(a: Analyses, number: int) -> str:
    return a.sets[number] if number < len(a.sets) else f"set {number + 1}"


def assimilated(analyses: list[Analyses | None]) -> list[dict[str, Any]]:
    """Series of what was assimilated: the mean of each set with several places, then places with most values.

    Returns [{"name", "days", "observed", "error", "refused", "experiments": [[forecast, sd, analysis, sd] or None]}];
    the mean of a set is over the places that have a value at each time.
    """
    first = next((a for a in analyses if a is not None), None)
    if first is None:
        return []
    found = []
    for number in range(len(first.sets)):
        places = np.flatnonzero(first.number == number)
        if places.size > 1:
            found.append(_entry(f"{_set(first, number)}, mean of {places.size} places", analyses, places))
    seen = np.isfinite(first.observed).sum(axis=0)
    names = place_names(first)
    chosen = sorted(np.argsort(-seen, kind="stable")[:MOST].tolist())
    found += [_entry(names[p], analyses, np.array([p])) for p in chosen if seen[p]]
    return [entry for entry in found if entry]


def _entry(name: str, analyses: list[Analyses | None], places: np.ndarray) -> dict[str, Any]:
    first = next(a for a in analyses if a is not None)
    known = np.isfinite(first.observed[:, places])
    rows = known.any(axis=1)
    if not rows.any():
        return {}
    refused = (known & (first.status[:, places] == REFUSED)).all(axis=1, where=known) & rows
    return {
        "name": name, "single": bool(places.size == 1), "days": first.times[rows],
        "observed": pack_values(_over(first.observed, known, places)[rows]),
        "error": pack_values(_over(first.error, known, places)[rows]), "refused": refused[rows].astype(int),
        "experiments": [None if a is None else _model(a, first, known, places, rows) for a in analyses],
    }  # fmt: skip


def _over(values: np.ndarray, known: np.ndarray, places: np.ndarray) -> np.ndarray:
    return moments(np.where(known, values[:, places], np.nan), axis=1)[0]


def _model(a: Analyses, first: Analyses, known: np.ndarray, places: np.ndarray, rows: np.ndarray) -> Any:
    if a.times.shape != first.times.shape or a.lat.shape != first.lat.shape:
        return None
    return [pack_values(_over(v, known, places)[rows]) for v in (a.forecast, a.forecast_sd, a.analysis, a.analysis_sd)]
