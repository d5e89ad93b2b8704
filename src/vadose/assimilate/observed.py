"""Observations at the moments of analyses: what of each set can be used, and what it sees of a forecast.

`gather` reads all sets of a study once, before anything runs; a cycle then asks each set what its members simulate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from vadose.assimilate.observed_images import read_images
from vadose.assimilate.observed_pixels import Images
from vadose.assimilate.observed_places import Operator, Places, operator_of, place_of, places_of
from vadose.assimilate.observed_records import WINDOW, Records, at_moments, hour_text, screened
from vadose.assimilate.observed_series import read_series
from vadose.assimilate.observed_state import Fields, refused_by, simulated
from vadose.assimilate.observed_truth import draw, places_in_truth
from vadose.assimilate.study_observations import Observation
from vadose.errors import ConfigError, DataError
from vadose.grid.cells import Cells
from vadose.observe.quality import DOMAIN, ERROR, FLAGGED, MISSING, PERIOD

UNITS = {"soil_moisture": "m3 m-3", "water_table_depth": "m", "ponded_water": "kg m-2"}
UNCOVERED = "pixel covered too little"


@dataclass(frozen=True, eq=False)
class ObservationSet:
    """One [[assimilation.observations]] at the moments of analyses.

    table          as the study states it;  path  of its files, or the folder of the truth
    moments        [moment] datetime64[s] UTC of the analyses
    lat, lon       [place] degrees;  places  [place] how messages and tables call them
    values, error  [moment, place] in `units`, NaN where there is none; after `fit_bias` in the climate of the model
    raw            [moment, place] before any treatment of bias
    counts         reason -> number of observations that were refused
    operator       maps the state
    """

    table: Observation
    path: str
    moments: np.ndarray
    places: tuple[str, ...]
    lat: np.ndarray
    lon: np.ndarray
    values: np.ndarray
    error: np.ndarray
    raw: np.ndarray
    counts: dict[str, int]
    operator: Operator

    @property
    def name(self) -> str:
        """As the study calls it."""
        return self.table.name

    @property
    def variable(self) -> str:
        """ "soil_moisture", "water_table_depth" or "ponded_water"."""
        return self.table.variable

    @property
    def units(self) -> str:
        """Of values and errors."""
        return UNITS[self.variable]

    @property
    def size(self) -> int:
        """Number of places."""
        return self.lat.size

    @property
    def number(self) -> int:
        """Number of values."""
        return int(np.isfinite(self.values).sum())

    def simulate(self, fields: Fields) -> np.ndarray:
        """What the members simulate where and how it is observed: [member, place] in `units`.

        fields  "soil_moisture" (all water) and "soil_ice" m3 m-3 [member, layer, cell], or "water_table_depth" m or
                "ponded_water" kg m-2 [member, cell]
        Radiometers and probes see the liquid water, neutrons all of it.
        """
        return simulated(self.table, self.operator, fields)

    def refused(self, fields: Fields) -> dict[str, np.ndarray]:
        """What a forecast refuses: reason -> [place] True, each place under the first of its reasons.

        fields  "soil_temperature" K [member, layer, cell] and "snow_water" kg m-2 [member, cell]
        Frozen soil is told by the mean temperature of the members over the depth that is seen. Neutrons see ice too:
        only snow hides the soil from them. A well is never refused.
        """
        return refused_by(self.table, self.operator, fields)


@dataclass(frozen=True, eq=False)
class Gathered:
    """All sets of a study, and sentences on what was assumed or left out."""

    sets: tuple[ObservationSet, ...]
    notes: tuple[str, ...] = ()


def gather(
    observations: Sequence[Observation], moments: np.ndarray, cells: Cells, thickness: np.ndarray
) -> Gathered:  # fmt: skip
    """The observations of a study at the moments of its analyses.

    moments    [moment] datetime64[s] UTC, ascending
    cells      of a member of the run;  thickness  [layer] m of its soil
    Raises ConfigError, DataError, UnitError or GridMismatch that name the observation, its file, what was expected and
    the remedy, also where nothing of a set can be used.
    """
    names = [one.name for one in observations]
    if not names:
        raise ConfigError("there is no [[assimilation.observations]]: nothing to assimilate; add at least one")
    if len(set(names)) < len(names):
        raise ConfigError(f"[[assimilation.observations]] must have different names, got {', '.join(names)}")
    moments = np.asarray(moments).astype("datetime64[s]")
    if not moments.size or np.any(np.diff(moments) <= np.timedelta64(0, "s")):
        raise DataError("the moments of analyses must be at least one and ascend")
    sets, notes = [], []
    for one in observations:
        made, said = (
            _of_truth(one, moments, cells, thickness) if one.twin else _of_files(one, moments, cells, thickness)
        )
        sets.append(made)
        notes += [note for note in said if note not in notes]
    return Gathered(tuple(sets), tuple(notes))


def _of_truth(
    one: Observation, moments: np.ndarray, cells: Cells, thickness: np.ndarray
) -> tuple[ObservationSet, list[str]]:
    places, notes = places_in_truth(one, cells), []
    inside = places.columns.inside
    left = int((~inside).sum())
    if not inside.any():
        raise DataError(
            f"{one.name!r}: the run covers no pixel of {one.pixel} km by {one.coverage:g} (at most "
            f"{places.columns.covered.max(initial=0.0):.2f}): nothing to assimilate; widen [grid], or lower `coverage`"
        )
    places = places.part(inside)
    operator = operator_of(one, places.columns, thickness)
    values, error, more = draw(one, operator, moments, cells, thickness)
    if left:
        # As many observations as the pixels would have given.
        more[UNCOVERED] = left * int(np.isfinite(values).any(axis=1).sum())
        notes.append(
            f"{one.name}: {left} of {inside.size} pixels lie with less than {one.coverage:g} of their area in the run "
            "and are not observed"
        )
    return _made(one, one.truth, moments, places, (values, error, more), operator), notes


def _of_files(
    one: Observation, moments: np.ndarray, cells: Cells, thickness: np.ndarray
) -> tuple[ObservationSet, list[str]]:
    notes = []
    if one.kind == "series":
        places, records = place_of(one, cells), read_series(one)
    else:
        images = read_images(one, cells, moments)
        if one.depth is None and images.depth is not None:
            one = replace(one, depth=images.depth)
            notes.append(
                f"{one.name}: the files state {one.seen[0]:g} to {one.seen[1]:g} m, which the model is seen over"
            )
        places, records = _in_domain(one, images, cells, moments)
    checked, errors = screened(one, records)
    values, error, counts = at_moments(one, checked, errors, moments, places.lat.size)
    held = np.isfinite(values).any(axis=0)
    if not held.any():
        raise DataError(_nothing(one, checked, moments, counts))
    places = places.part(held)
    operator = operator_of(one, places.columns, thickness)
    made = _made(one, records.path, moments, places, (values[:, held], error[:, held], counts), operator)
    return made, notes + [note if note.startswith(one.name) else f"{one.name}: {note}" for note in records.notes]


def _in_domain(one: Observation, images: Images, cells: Cells, moments: np.ndarray) -> tuple[Places, Records]:
    """The pixels that the run covers and that hold anything, and their records; what lies elsewhere is counted."""
    if not images.pixels.lat.size:
        raise DataError(
            f"{one.name!r}: {images.records.path}: nothing to assimilate: no retrieval near the run, which lies from "
            f"{cells.lat.min():.2f} to {cells.lat.max():.2f} north, {cells.lon.min():.2f} to {cells.lon.max():.2f} "
            "east: correct [grid], the sites or `path`"
        )
    places, records = places_of(one, images.pixels, cells), images.records
    columns = places.columns
    cut = (columns.covered > 0.0) & ~columns.inside
    for reason, refused in ((DOMAIN, ~columns.inside & ~cut), (UNCOVERED, cut)):
        records = records.without(reason, refused[records.place])
    counts = dict(records.counts)
    for reason, number in images.refused.items():
        if total := int(number[columns.inside].sum()):
            counts[reason] = counts.get(reason, 0) + total
    held = np.zeros(columns.size, bool)
    held[records.place] = True
    if not held.any():
        raise DataError(_nothing(one, images.records, moments, counts))
    order = np.cumsum(held) - 1
    return places.part(held), replace(records, place=order[records.place], counts=counts)


def _made(
    one: Observation, path: str, moments: np.ndarray, places: Places,
    found: tuple[np.ndarray, np.ndarray, dict[str, int]], operator: Operator,
) -> ObservationSet:  # fmt: skip
    values, error, counts = found
    return ObservationSet(
        one, path, moments, places.names, places.lat, places.lon, values, error, values, counts, operator
    )


def _nothing(one: Observation, records: Records, moments: np.ndarray, counts: dict[str, int]) -> str:
    """Why nothing of a set can be assimilated, and what to do about it."""
    told = ", ".join(f"{n} {reason}" for reason, n in counts.items() if n) or "the files hold nothing"
    start, end = (str(m.astype("datetime64[D]")) for m in moments[[0, -1]])
    # What got farther than to be of another place or period is nearer to being of use, however little it is.
    late = {reason: n for reason, n in counts.items() if n and reason not in (MISSING, DOMAIN, PERIOD)} or counts
    most = WINDOW if late.get(WINDOW) else max(late, key=lambda reason: late[reason], default="")
    remedy = {
        PERIOD: f"the observations are of {records.span}, the analyses of {start} to {end}: correct [period] or `path`",
        WINDOW: hour_text(records.times, moments, one.window),
        DOMAIN: "none is near the cells of the run: correct [grid], the sites or `path`, or widen `limit`",
        UNCOVERED: "lower `coverage`, widen [grid], or choose smaller pixels",
        ERROR: "the error field has none of them: state `error` as a number",
        FLAGGED: "the producer recommends none of them: choose others, or widen `quality` and say so",
    }.get(most, "correct `path`, `quality`, `valid_range` or [period]")
    return f"{one.name!r}: {records.path}: nothing to assimilate: {told}; {remedy}"
