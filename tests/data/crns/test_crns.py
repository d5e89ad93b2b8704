"""Counts, monitors and soil samples as networks write them, made up and real, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from vadose.data.crns import read_monitor, read_neutrons, read_samples
from vadose.errors import DataError, UnitError

INSITU = "data/insitu"
EUROPE = f"{INSITU}/CRNS_COSMOS-Europe_neptoon"


def write(path: Path, *lines: str) -> str:
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def test_gaps_of_a_sensor_are_filled_from_the_next(tmp_path: Path) -> None:
    path = write(
        tmp_path / "raw.csv",
        "DateTime_utc,NeutronCount_Epithermal_Cum1h,AirTemperature,AirHumidity_Relative,AirPressure,Precipitation,"
        "AirTemperature_Sensor2,AirHumidity_Relative_Sensor2",
        "2014-01-09 12:00:00+00:00,715,,50,994.3,0.2,10.1,84.4",
        "2014-01-09 11:00:00+00:00,655,5.0,,996.2,,8.9,93.9",
        "2014-01-09 13:00:00+00:00,0,6.0,60,1.0,,10.6,80.1",
    )
    found = read_neutrons(path)
    assert found.times[0] == np.datetime64("2014-01-09T11:00:00")
    assert found.temperature == pytest.approx([278.15, 283.25, 279.15])
    assert found.relative_humidity == pytest.approx([0.939, 0.5, 0.6])
    assert found.pressure[:2] == pytest.approx([99620.0, 99430.0]) and np.isnan(found.pressure[2])
    assert found.counts[:2].tolist() == [655.0, 715.0] and np.isnan(found.counts[2])
    assert found.rate[0] == 655.0 and not found.corrected
    assert len(found.notes) == 2 and "1 impossible values" in found.notes[0] and "zero or less" in found.notes[1]


def test_a_logger_that_changes_its_interval(tmp_path: Path) -> None:
    """Hourly, then every quarter: sums of counts and rain stay, rates too, hours without records are empty."""
    minutes = [*range(0, 600, 60), *range(555, 1200, 15), *range(1380, 2000, 60)]
    rows = [f"{np.datetime64('2022-01-01T00:00') + m},{900 if m < 555 or m >= 1380 else 225},0.1,990" for m in minutes]
    found = read_neutrons(write(tmp_path / "logger.csv", "TIMESTAMP,counts_1_Tot,rain,pressure", *rows))
    assert set(found.seconds) == {900.0, 3600.0}
    hourly = found.hourly()
    assert np.nansum(hourly.counts) == np.nansum(found.counts)
    assert np.nansum(hourly.rain) == pytest.approx(np.nansum(found.rain))
    whole = np.isfinite(hourly.counts) & (hourly.seconds == 3600)
    assert hourly.rate[whole] == pytest.approx(np.full(whole.sum(), 900.0), rel=1e-12)
    assert np.isnan(hourly.counts[21:23]).all() and (np.diff(hourly.times) == np.timedelta64(3600, "s")).all()


def test_bad_counts(tmp_path: Path) -> None:
    head = "time,neutrons,pressure"
    row = "2020-01-01 0{}:00,{},{}"
    with pytest.raises(DataError, match="1 times have two counts, the first 2020-01-01T01:00:00"):
        read_neutrons(write(tmp_path / "a.csv", head, row.format(1, 800, 990), row.format(1, 801, 990)))
    twice = write(tmp_path / "b.csv", head, *[row.format(h, 800, 990) for h in (1, 1, 2)])
    assert read_neutrons(twice).counts.size == 2 and "1 repeated records" in read_neutrons(twice).notes[0]
    with pytest.raises(UnitError, match="pressure with a median of 29.5 is in no known unit; expected Pa"):
        read_neutrons(write(tmp_path / "c.csv", head, row.format(1, 800, 29.5), row.format(2, 801, 29.5)))
    with pytest.raises(DataError, match="no column of neutron counts.*`counts`"):
        read_neutrons(write(tmp_path / "d.csv", "time,sm", "2020-01-01 01:00,0.2", "2020-01-01 02:00,0.2"))
    with pytest.raises(DataError, match="fewer than 2 records"):
        read_neutrons(write(tmp_path / "e.csv", head, row.format(1, 800, 990)))


def test_a_monitor_between_its_records(tmp_path: Path) -> None:
    path = write(
        tmp_path / "m.txt", "2020-01-01 00:00:00;100", "2020-01-01 01:00:00;110", "2020-01-01 02:00:00;-1",
        "2020-01-05 00:00:00;120",
    )  # fmt: skip
    found = read_monitor(path)
    times = np.array(["2020-01-01T00:30", "2020-01-03T00:00", "2020-01-05T00:00", "2021-01-01"], "datetime64[s]")
    at = found.at(times)
    assert at[0] == 105.0 and np.isnan(at[1]) and at[2] == 120.0 and np.isnan(at[3])
    assert found.at(times, longest=1e9)[1] > 110.0
    assert found.mean(np.datetime64("2020-01-01"), np.datetime64("2020-01-02")) == 105.0
    with pytest.raises(DataError, match="no record from 2020-02-01"):
        found.mean(np.datetime64("2020-02-01"), np.datetime64("2020-02-02"))
    with pytest.raises(DataError, match="fewer than 2 counts"):
        read_monitor(write(tmp_path / "n.txt", "2020-01-01 00:00:00;-1", "2020-01-01 01:00:00;5"))


def test_samples_of_slices_and_of_cores(tmp_path: Path) -> None:
    path = write(
        tmp_path / "s.csv",
        "DateTime_utc,Profile_ID,Distance_to_CRNS_m,Profile_Depth_cm,SoilMoisture_g_g,DryBulkDensity_g_cm3",
        "17.01.2014 12:00,1,25,2.5,0.2,1.2", "17.01.2014 12:00,1,25,7.5,0.3,1.3", "17.01.2014 12:00,2,75,20,0.3,",
        "17.11.2014 12:00,1,25,20,0.1,1.4",
    )  # fmt: skip
    found = read_samples(path)
    assert "1 of 4 samples lack water or bulk density" in found.notes[0]
    assert found.top == pytest.approx([0.0, 0.05, 0.1375]) and found.bottom == pytest.approx([0.05, 0.1375, 0.2625])
    assert found.bulk_density.tolist() == [1200.0, 1300.0, 1400.0] and np.isnan(found.lattice_water).all()
    assert [(str(day), part.profile.size) for day, part in found.campaigns()] == [("2014-01-17", 2), ("2014-11-17", 1)]
    with pytest.raises(UnitError, match="expected g cm-3"):
        read_samples(write(tmp_path / "t.csv", path_header(), "2014-01-17,1,25,0,5,0.2,1200"))
    with pytest.raises(DataError, match="no column of gravimetric, bulk_density"):
        read_samples(write(tmp_path / "u.csv", "date,profile,distance,top_cm,bottom_cm", "2014-01-17,1,25,0,5"))


def path_header() -> str:
    return "date,profile,distance,top_cm,bottom_cm,theta_g,bulk_density"


def test_real_counts(vadose_data: Path) -> None:
    raw = read_neutrons(str(vadose_data / EUROPE / "FSC001_time_series.csv.gz"))
    # Bogena et al. (2022) state a mean of 794 raw counts an hour.
    assert np.nanmean(raw.rate) == pytest.approx(794, abs=1)
    assert raw.times.size == 56245 and np.isfinite(raw.counts).sum() == 49131
    level2 = read_neutrons(str(vadose_data / EUROPE / "Sheepdrove2-CRNS.csv.gz"))
    assert level2.corrected and np.nanmean(level2.vapour) == pytest.approx(0.00861, abs=1e-5)
    finapp = read_neutrons(str(vadose_data / EUROPE / "finapp141.csv.gz"))
    assert "688 repeated records" in finapp.notes[0] and np.nanmedian(finapp.rate) == pytest.approx(1770, abs=5)
    kansas = read_neutrons(str(vadose_data / INSITU / "CRNS_Kansas_crnpy/station_data.csv.gz"))
    assert np.nanmedian(kansas.rate) == pytest.approx(1644, abs=1)  # both tubes, quarters and hours alike


def test_real_samples_and_monitor(vadose_data: Path) -> None:
    kansas = read_samples(str(vadose_data / INSITU / "CRNS_Kansas_crnpy/soil_data.csv"))
    assert kansas.profile.size == 56 and np.isnat(kansas.times).all() and "no column of whole dates" in kansas.notes[0]
    assert np.unique(kansas.bottom) == pytest.approx([0.05, 0.10, 0.25, 0.39, 0.40])
    days = [str(d) for d, _ in read_samples(str(vadose_data / EUROPE / "Sheepdrove2-calibration.csv")).campaigns()]
    assert days == ["2015-07-04", "2015-11-02", "2016-02-08", "2016-11-01"]
    folder = vadose_data / INSITU / "CRNS_Alento_Merzenhausen_COSMOS-Europe_meta"
    monitor = read_monitor(str(folder / "JUNG1_Data_UTC.TXT.gz"))
    assert monitor.counts.size == 122215 and monitor.counts.mean() == pytest.approx(374.110, abs=1e-3)
