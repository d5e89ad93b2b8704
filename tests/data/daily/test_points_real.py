"""Point series of real files: counts and agreements that their catalogue states, found independently of this code."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vadose.data.daily.open import read_daily
from vadose.data.daily.points import PointReader, PointSource, open_points


def read(path: Path, **options: object) -> PointReader:
    if not (path.exists() or list(path.parent.glob(path.name))):
        pytest.skip(f"{path.name} is not here")
    reader = open_points(PointSource(path=str(path), **options))  # type: ignore[arg-type]
    assert reader is not None
    return reader


@pytest.mark.parametrize(
    ("folder", "most", "cells"),
    [
        ("ESA_CCI_combined_v08.1", 7758, 21),
        ("ESA_CCI_gapfilled_v09.2", 16802, 26),
        ("ESA_CCI_medium_res_0.1deg_v09.2", 3633, 11),
        ("C3S_combined_v202505", 7438, 2),
        ("C3S_rzsm_v202505", 8142, 2),
        ("SMOS_L3_v339_ASC", 1968, 10),
        ("SMOS_IC_v105_ASC", 867, 12),
    ],
)
def test_series_over_hawaii_hold_as_many_values_as_the_catalogue_says(
    vadose_data: Path, folder: str, most: int, cells: int
) -> None:
    path = vadose_data / "data/satellite/hawaii_daily_series" / folder
    count = np.isfinite(read(path, quality="all", valid_range=(-1.0, 1.0)).values).sum(axis=0)
    assert count.max() == most
    assert (count > 300).sum() == cells


def test_both_overpasses_of_smap_add_to_the_observations_of_the_catalogue(vadose_data: Path) -> None:
    path = vadose_data / "data/satellite/hawaii_daily_series/SMAP_L3_SPL3SMP_v9_36km"
    total: dict[str, int] = {}
    for overpass in ("am", "pm"):
        reader = read(path, quality="all", overpass=overpass)
        names = reader.cells.grid.names  # type: ignore[union-attr]
        for name, count in zip(names, np.isfinite(reader.values).sum(axis=0), strict=True):
            total[name] = total.get(name, 0) + int(count)
    assert (min(total.values()), max(total.values())) == (889, 2999)


def test_neutrons_and_probe_at_kendall_agree_as_the_catalogue_says(vadose_data: Path) -> None:
    """617 days in common, daily r = 0.93 with the probe at 5 cm and 0.83 at 15 cm."""
    folder = vadose_data / "data/insitu/WalnutGulch_AmeriFlux_COSMOS/WKG"
    neutrons = read(folder / "flux_obs/smcounts.010.txt")
    probes = read(folder / "stdfmt/WKG.stdfmt.daily.txt", variable="column 19, column 20", units="m3 m-3")
    same, a, b = np.intersect1d(neutrons.days, probes.days, return_indices=True)
    x, y = neutrons.values[a, 0], probes.values[b]
    both = np.isfinite(x) & np.isfinite(y[:, 0])
    assert abs(int(both.sum()) - 617) <= 10  # days with too few hours count or not
    for column, r in ((0, 0.93), (1, 0.83)):
        known = np.isfinite(x) & np.isfinite(y[:, column])
        assert np.corrcoef(x[known], y[known, column])[0, 1] == pytest.approx(r, abs=0.015)
    assert neutrons.attrs["depth"] == [0.0, 0.31]


def test_ismn_sites_of_both_networks_are_daily(vadose_data: Path) -> None:
    path = vadose_data / "data/insitu/ISMN_samples_TUW"
    if not path.is_dir():
        pytest.skip("the ISMN samples are not here")
    series = read_daily(PointSource(path=str(path)))
    assert series.cells.size == 3 and series.days[0] == np.datetime64("2013-08-13")
    assert np.nanmin(series.values) > 0.04 and np.nanmax(series.values) < 0.40
    assert series.refused["quality flag"].sum() > 1000


def test_soil_moisture_in_percent_and_in_mm_at_the_sites_with_measured_texture(vadose_data: Path) -> None:
    folder = vadose_data / "data/insitu/AT-Neu_and_Bourne_rsplash"
    neustift = read(folder / "ATNeu_example_forcing.csv.gz", units="%", rain="pn", location=(47.1167, 11.3175))
    assert neustift.values.shape == (4018, 1) and neustift.cells.lat[0] == 47.1167
    assert neustift.rain is not None and 500 < np.nansum(neustift.rain) / 11 < 1000  # mm a year
    bourne = read(folder / "Bourne_forcing.csv.gz", units="mm", depth=(0.0, 0.49), rain="P")
    assert bourne.values.shape == (2922, 1) and 0.2 < np.nanmax(bourne.values) < 0.5
