"""Images of soil moisture as pixels and records: SMAP granules, daily grids, and series that were cut out of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from vadose.assimilate.observed_pixels import ALL, Images, Period, Pixels, Seen, box_about, local_to_utc, path_text
from vadose.assimilate.observed_places import cell_half_diagonal
from vadose.assimilate.observed_points import of_points
from vadose.assimilate.observed_records import Records
from vadose.assimilate.observed_smap import read_composites, read_half_orbits
from vadose.assimilate.study_observations import Observation
from vadose.data.daily.cf_points import point_files
from vadose.data.daily.images import ImageReader
from vadose.data.daily.open import open_daily, sniff
from vadose.data.daily.quality import FLAG
from vadose.data.daily.source import DailySource, files_of
from vadose.data.daily.window import cells_in_box, window_of
from vadose.errors import ConfigError, DataError
from vadose.grid import ease2
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid
from vadose.observe import boxes_of
from vadose.observe.quality import FLAGGED, RANGE

_OVERPASS: dict[str, Literal["am", "pm", "both"]] = {"AM": "am", "PM": "pm", "both": "both"}
# Merged products put the observations of 12 h before and after midnight on a day; Dorigo et al. (2017).
CENTRED = {"esa_cci": 0.0, "c3s": 0.0}
ERROR_FIELDS = {"esa_cci": "sm_uncertainty", "c3s": "sm_uncertainty", "smos": "Soil_Moisture_Dqx"}
_MARGIN = 60.0  # km, more than a pixel of 36 km and its diagonal


def read_images(one: Observation, cells: Cells, moments: np.ndarray) -> Images:
    """What the images of an observation hold near the cells of a run and the moments of its analyses.

    Raises DataError, UnitError, ConfigError or GridMismatch that name the observation or the file, and the remedy.
    """
    period = Period.about(moments, one.window)
    box = box_about(cells, max(_MARGIN, 2.0 * (one.limit or 0.0)) + cell_half_diagonal(cells))
    source = DailySource(
        one.paths, variable=one.column or None, units=one.units or None, overpass=_OVERPASS[one.passes],
        quality=one.quality, valid_range=ALL, depth=one.depth, box=box, label=repr(one.name),
    )  # fmt: skip
    files = files_of(source)
    points = point_files(files)
    if points:
        return of_points(one, source, points, period)
    product = sniff(files[0])
    if one.kind == "smap":
        if product not in ("smap_l3", "smap_l2"):
            raise DataError(
                f"{one.name!r}: {files[0]}: no granule of SMAP (no group Soil_Moisture_Retrieval_Data); give the HDF5 "
                'files of SPL3SMP, SPL3SMP_E or SPL2SMP, or take kind = "grid"'
            )
        read = read_composites if product == "smap_l3" else read_half_orbits
        return _images(one, *read(one, source, files, box, period))
    if product.startswith("smap"):
        raise ConfigError(f'{one.name!r}: {files[0]} is a granule of SMAP; set kind = "smap", which reads its times')
    return _of_grid(one, source, product, period)


def _images(one: Observation, km: int, found: Sequence[Seen], notes: Sequence[str]) -> Images:
    """Retrievals of all granules, by the pixels of which any has something to say."""
    index = np.unique(np.concatenate([np.concatenate([s.index, s.flagged, s.outside]) for s in found]))
    grid = ease2.ease2(km)
    cells = Cells(grid, index)
    refused = {
        reason: sum(np.bincount(np.searchsorted(index, getattr(s, name)), minlength=index.size) for s in found)
        for reason, name in ((FLAGGED, "flagged"), (RANGE, "outside"))
    }
    errors = None
    if one.error == "file":
        errors = np.concatenate([s.errors for s in found if s.errors is not None])
    records = Records(
        np.searchsorted(index, np.concatenate([s.index for s in found])),
        np.concatenate([s.times for s in found]), np.concatenate([s.values for s in found]), errors,
        path=path_text(one), notes=tuple(notes),
    )  # fmt: skip
    return Images(Pixels(cells.lat, cells.lon, km), records, {k: np.asarray(v) for k, v in refused.items()})


def _of_grid(one: Observation, source: DailySource, product: str, period: Period) -> Images:
    """Daily images on a grid, all pixels of the box; a day counts at noon UTC where nothing says better."""
    wanted = replace(source, period=(str(period.first), str(period.last)))
    reader = _in_box(one, wanted)
    errors = None
    if one.error == "file":
        name = one.error_variable or ERROR_FIELDS.get(product, "")
        if not name:
            raise ConfigError(
                f"{one.name!r}: the product of {one.paths[0]} has no error field by a known name; name it with "
                "`error_variable`, or give `error` as a number"
            )
        errors = _in_box(one, replace(wanted, variable=name, quality="all"))
    grid = reader.cells.grid
    assert isinstance(grid, LatLonGrid)
    taken: list[tuple[np.ndarray, ...]] = []
    refused: dict[str, np.ndarray] = {}
    blocks = reader.blocks(64)
    more = errors.blocks(64) if errors is not None else None
    for start, values, counts in blocks:
        deviation = next(more)[1] if more is not None else values
        day, pixel = np.nonzero(np.isfinite(values))
        taken.append((start + day, pixel, values[day, pixel].astype(float), deviation[day, pixel].astype(float)))
        for reason, number in counts.items():
            called = {FLAG: FLAGGED, "range": RANGE}.get(reason, reason)
            refused[called] = refused.get(called, 0) + np.asarray(number)
    day, pixel, values, deviation = (np.concatenate(part) for part in zip(*taken, strict=True))
    if one.local_time is not None:
        times = local_to_utc(reader.days[day], one.local_time, reader.cells.lon[pixel])
    else:
        hour = CENTRED.get(product, 12.0)
        times = reader.days[day].astype("datetime64[s]") + np.timedelta64(round(3600.0 * hour), "s")
    km = ease2.km_of_axes(grid.lat, grid.lon)
    pixels = Pixels(reader.cells.lat, reader.cells.lon, km, boxes_of(reader.cells))
    notes = tuple(f"{one.name}: {note}" for note in reader.attrs.get("warnings", ()))
    records = Records(
        pixel, times, values, deviation if errors is not None else None, path=path_text(one), notes=notes
    )  # fmt: skip
    top_bottom = reader.attrs.get("depth")
    depth = None if top_bottom is None else (float(top_bottom[0]), float(top_bottom[1]))
    return Images(pixels, records, refused, depth)


def _in_box(one: Observation, source: DailySource) -> ImageReader:
    """The reader of the pixels in the box of a source. Raises DataError where there are none."""
    reader = open_daily(replace(source, box=None))
    grid = reader.cells.grid
    assert isinstance(reader, ImageReader) and isinstance(grid, LatLonGrid)
    try:
        return replace(reader, window=window_of(cells_in_box(grid, source.box)))
    except DataError as wrong:
        raise DataError(
            f"{one.name!r}: {path_text(one)}: nothing to assimilate: no pixel near the run; the images lie from "
            f"{grid.lat.min():.2f} to {grid.lat.max():.2f} north, {grid.lon.min():.2f} to {grid.lon.max():.2f} east: "
            "correct [grid], the sites or `path`"
        ) from wrong
