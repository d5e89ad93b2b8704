"""Soil samples around a cosmic-ray sensor: gravimetric water and bulk density by profile, distance and depth."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from vadose.data.daily.columns import Table, dates, numbers, parse_table
from vadose.errors import DataError, UnitError

_USUAL = {
    "profile": ("profile_id", "profile", "core_number", "core"),
    "distance": ("distance_to_crns_m", "distance_from_station", "distance", "distance_m"),
    "middle": ("profile_depth_cm", "depth_cm", "depth"),
    "top": ("top_depth", "top_cm"),
    "bottom": ("bottom_depth", "bottom_cm"),
    "gravimetric": ("soilmoisture_g_g", "theta_g", "gravimetric", "sm_g_g"),
    "bulk_density": ("drybulkdensity_g_cm3", "bulk_density", "bd"),
    "organic_carbon": ("soilorganiccarbon_g_g", "soc", "organic_carbon"),
    "lattice_water": ("latticewater_g_g", "lattice_water", "lw"),
}
_CM = 0.01


@dataclass(frozen=True, eq=False)
class SoilSamples:
    """Samples in the order of the file.

    times           [sample] datetime64[s], NaT where the file has no whole date
    profile         [sample] number;  distance [sample] m from the sensor;  top, bottom [sample] m
    gravimetric     [sample] kg kg-1;  bulk_density [sample] kg m-3
    organic_carbon  [sample] kg kg-1 and lattice_water [sample] kg kg-1, NaN where the file has none
    """

    times: np.ndarray
    profile: np.ndarray
    distance: np.ndarray
    top: np.ndarray
    bottom: np.ndarray
    gravimetric: np.ndarray
    bulk_density: np.ndarray
    organic_carbon: np.ndarray
    lattice_water: np.ndarray
    path: str = ""
    notes: tuple[str, ...] = ()

    def part(self, which: np.ndarray) -> SoilSamples:
        """Some of the samples: a mask or positions."""
        taken = {f.name: getattr(self, f.name)[which] for f in fields(self) if f.name not in ("path", "notes")}
        return SoilSamples(**taken, path=self.path, notes=self.notes)

    def campaigns(self) -> list[tuple[np.datetime64, SoilSamples]]:
        """The samples of each day, in time; those without a date together as NaT."""
        days = self.times.astype("datetime64[D]")
        out = [(d, self.part(days == d)) for d in np.unique(days[~np.isnat(days)])]
        undated = np.isnat(days)
        return out + ([(np.datetime64("NaT"), self.part(undated))] if undated.any() else [])


def read_samples(path: str) -> SoilSamples:
    """A table of samples: COSMOS-Europe calibration files, crnpy's, or one with columns of such names.

    Depths in cm, bulk density in g cm-3 and water in g g-1, as all of them have it. A depth without top and bottom is
    the middle of a slice that reaches half way to the next. Samples without water or bulk density are left out.
    Raises DataError for columns that are not there, UnitError for a bulk density that is not in g cm-3.
    """
    table = parse_table(path)
    lower = {n.strip().lower(): n for n in reversed(table.names)}
    held = {name: _column(table, lower, name) for name in _USUAL}
    if np.isnan(held["top"]).all():
        held["top"], held["bottom"] = _slices(held["middle"])
    need = ("profile", "distance", "top", "bottom", "gravimetric", "bulk_density")
    missing = [n for n in need if np.isnan(held[n]).all()]
    if missing:
        raise DataError(f"{path}: no column of {', '.join(missing)}; it has {table.described}")
    density = held["bulk_density"]
    if np.nanmedian(density) > 10:
        raise UnitError(f"{path}: bulk density with a median of {np.nanmedian(density):g}; expected g cm-3")
    times, notes = _times(table)
    whole = np.logical_and.reduce([np.isfinite(held[n]) for n in need])
    if not whole.all():
        notes.append(f"{path}: {int((~whole).sum())} of {whole.size} samples lack water or bulk density: left out")
    return SoilSamples(
        times, held["profile"], held["distance"], held["top"] * _CM, held["bottom"] * _CM, held["gravimetric"],
        density * 1000.0, held["organic_carbon"], held["lattice_water"], path, tuple(notes),
    ).part(whole)  # fmt: skip


def _column(table: Table, lower: dict[str, str], quantity: str) -> np.ndarray:
    name = next((lower[n] for n in _USUAL[quantity] if n in lower), None)
    return np.full(len(table.frame), np.nan) if name is None else numbers(table, name)


def _times(table: Table) -> tuple[np.ndarray, list[str]]:
    """Times of the samples; NaT with a note where the table has no column of whole dates."""
    try:
        times = dates(table)
    except DataError:
        times = np.array([], "datetime64[s]")
    if times.size and (times > np.datetime64("1950-01-01")).all():
        return times, []
    unknown = np.full(len(table.frame), np.datetime64("NaT"), "datetime64[s]")
    return unknown, [f"{table.path}: no column of whole dates; state the time of the campaign"]


def _slices(middle: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tops and bottoms cm around the depths that occur, half way between them; the first begins at the ground."""
    depth = np.unique(middle[np.isfinite(middle)])
    if not depth.size:
        return middle, middle
    half = 0.5 * (depth[1:] + depth[:-1])
    last = 2 * depth[-1] - (half[-1] if half.size else 0.0)
    edges = np.concatenate([[0.0], half, [last]])
    place = np.clip(np.searchsorted(depth, middle), 0, depth.size - 1)
    known = np.isfinite(middle)
    return np.where(known, edges[place], np.nan), np.where(known, edges[place + 1], np.nan)
