"""Real observations at the moments of analyses: a probe and neutrons in Arizona, SMAP over Hawaii, half orbits, CCI."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest
from tests.assimilate.observed_files import LAYERS, days, table

from vadose.assimilate.observed import gather
from vadose.assimilate.observed_bias import fit_bias
from vadose.errors import DataError
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid, Sites

KENDALL = Cells.whole(Sites(np.array([31.7365]), np.array([-109.9419]), ("Kendall",)))
HAWAII = Cells.whole(LatLonGrid.from_centres(np.arange(18.95, 20.5, 0.1), np.arange(-156.05, -154.8, 0.1)))
WKG = "data/insitu/WalnutGulch_AmeriFlux_COSMOS/WKG"
SMAP = "data/satellite/hawaii_daily_series/SMAP_L3_SPL3SMP_v9_36km"


def test_kendall_probe_and_neutrons(vadose_data: Path) -> None:
    daily, counts = (str(vadose_data / WKG / f) for f in ("stdfmt/WKG.stdfmt.daily.txt", "flux_obs/smcounts.010.txt"))
    both = [
        table(name="5 cm", path=daily, column="SM1", depth=[0.0, 0.1], utc_offset=-7.0, bias="cdf"),
        table(name="neutrons", path=counts, column="SM12H", operator="crns", bulk_density=1500.0, lattice_water=0.03),
    ]
    moments = days("2010-01-01", 1095, 19.0)
    probe, neutrons = gather(both, moments, KENDALL, LAYERS).sets
    raw = np.loadtxt(daily)
    of_days = (raw[:, 0] >= 2010) & ((raw[:, 0] < 2012) | (raw[:, 1] * 100 + raw[:, 2] <= 1230))
    # A day of Arizona has its middle at 19 h UTC: each analysis gets one day, as the file holds it.
    assert probe.number == 1095
    np.testing.assert_allclose(probe.values[:, 0], raw[of_days, 18], rtol=1e-12)
    assert 550 < neutrons.number < 700 and 0.03 < np.nanmin(neutrons.values) < np.nanmax(neutrons.values) < 0.25
    fitted = fit_bias(probe, probe.raw * 0.5 + 0.1)
    there = np.isfinite(fitted.values)
    assert np.abs(fitted.values - (probe.raw * 0.5 + 0.1))[there].mean() < 0.002


def test_hawaii_honours_flags_and_times(vadose_data: Path) -> None:
    path = vadose_data / SMAP
    moments = days("2018-01-01", 365, 16.0)
    one = table(name="SMAP", path=str(path), kind="smap", operator="footprint")
    found = gather([one], moments, HAWAII, LAYERS).sets[0]
    with netCDF4.Dataset(path / "0165.nc") as a, netCDF4.Dataset(path / "0166.nc") as b:
        good = 0
        for d in (a, b):
            seconds = np.asarray(d["time"][:], float)
            time = np.datetime64("2000-01-01T12:00:00", "s") + np.round(seconds).astype("timedelta64[s]")
            use = (np.asarray(d["retrieval_qual_flag"][:]).astype(int) & 1) == 0
            use &= (np.asarray(d["Overpass"][:]) == 1) & np.isfinite(np.ma.filled(d["soil_moisture"][:], np.nan))
            use &= (time >= moments[0]) & (time < moments[-1])
            lat = np.asarray(d["lat"][:])[np.asarray(d["locationIndex"][:])]
            good += int((use & (np.abs(lat - 19.4255) < 1e-3)).sum())
    # One pixel of the island is recommended at all: inland, east of Mauna Loa.
    assert (found.number, found.places) == (122, ("19.4255, -155.5394",))
    assert good >= 122
    assert found.counts["flagged"] > 600 and found.counts["pixel covered too little"] > 0
    with pytest.raises(DataError, match=r"outside the window; they lie 11\.\d h from the nearest .* about 04:1"):
        gather([table(**_again(one, passes="PM", quality="all"))], moments, HAWAII, LAYERS)
    # The error field of these series was never filled.
    with pytest.raises(DataError, match="no usable error; the error field has none of them"):
        gather([table(**_again(one, quality="all", error="file"))], moments, HAWAII, LAYERS)


def _again(one: object, **keys: object) -> dict[str, object]:
    return {name: getattr(one, name) for name in ("name", "path", "kind", "operator")} | keys


def test_half_orbits_are_flagged_or_outside_and_say_so(vadose_data: Path) -> None:
    path = str(vadose_data / "data/satellite/SMAP_L2_halforbits_20150811")
    world = Cells.whole(LatLonGrid.from_centres(np.arange(-40, 60, 0.5), np.arange(-180, 180, 0.5)))
    moment = np.array(["2015-08-11T03"], dtype="datetime64[s]")
    keys = {"name": "SMAP", "path": path, "kind": "smap", "operator": "footprint", "passes": "PM"}
    found = gather([table(**keys, quality="all")], moment, world, LAYERS).sets[0]
    assert 300 < found.number < 1100
    assert ((found.values[0] > 0.02) & (found.values[0] < 0.6)).all()
    some = gather([table(**keys)], moment, world, LAYERS).sets[0]
    # The same retrievals over the run: what flags refuse holds all that the producer's range would.
    assert 0 < some.number < found.number
    assert some.number + some.counts["flagged"] == found.number + found.counts["outside physical range"] == 498


def test_cci_brings_its_own_errors(vadose_data: Path) -> None:
    path = str(vadose_data / "data/satellite/ESA_CCI_global_daily_v05.2")
    spain = Cells.whole(LatLonGrid.from_centres(np.arange(40.0, 44.0, 0.05), np.arange(-5.0, 0.0, 0.05)))
    moments = days("2016-06-01", 29)
    one = table(name="CCI", path=path, kind="grid", operator="footprint", error="file")
    found = gather([one], moments, spain, LAYERS).sets[0]
    assert found.number == 254 and np.flatnonzero(np.isfinite(found.values).any(axis=1)).tolist() == [6]
    with netCDF4.Dataset(next(Path(path).iterdir())) as d:
        row, column = int(np.argmin(np.abs(d["lat"][:] - 42.125))), int(np.argmin(np.abs(d["lon"][:] + 3.125)))
        place = found.places.index("42.1250, -3.1250")
        assert found.values[6, place] == pytest.approx(float(d["sm"][0, row, column]), rel=1e-6)
        assert found.error[6, place] == pytest.approx(max(float(d["sm_uncertainty"][0, row, column]), 0.01), rel=1e-6)
