"""From neutron counts to soil moisture: two cosmic-ray sensors of COSMOS-Europe, judged by samples and by the network.

Fuerstensee (Germany): raw counts are corrected for pressure, humidity and cosmic rays, N0 is calibrated on two
campaigns of soil samples, and the soil moisture is compared with what the network states of the station.
Sheepdrove 2 (England): corrected counts of the network are converted and compared with its own soil moisture, hour by
hour, and N0 is calibrated on its four campaigns.

VADOSE_DATA names the folder of the data. `--out DIR` is where the figure and the series of Fuerstensee go.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import vadose
from vadose.data.crns import Monitor, NeutronRecord, SoilSamples, read_monitor, read_neutrons, read_samples
from vadose.observe.neutrons import (
    Air,
    Calibration,
    Cores,
    Corrected,
    Desilets2010,
    Franz2012,
    Koehli2015,
    Koehli2021,
    SensorSoil,
    absolute_humidity,
    calibrate_n0,
    correct,
    counting_deviation,
    deviation,
    humidity_factor,
    incoming_factor,
    pressure_factor,
    seen_by_sensor,
    soil_moisture,
)  # fmt: skip

EUROPE = "data/insitu/CRNS_COSMOS-Europe_neptoon"
MONITOR = "data/insitu/CRNS_Alento_Merzenhausen_COSMOS-Europe_meta/JUNG1_Data_UTC.TXT.gz"
DAY = 24  # records of an hour that are averaged
RIGIDITY = 2.51  # GV, of Fuerstensee
LOCATION = (53.319, 13.122)
ROW = " {:>6s} {:>8s} {:>17s} {:>6s} {:>6s} {:>6s}"
# What the network states of the stations: Additional_information.csv of Bogena et al. (2022).
STATED = {"n0": 1085.0, "raw": 794.0, "corrected": 740.0, "mean": 0.134, "low": 0.011, "high": 0.323}
SHEEPDROVE_N0, SHEEPDROVE_SOIL = 2724.0, SensorSoil(1100.0, 0.031, 0.046)
WEIGHTINGS = {"Koehli 2015": Koehli2015(), "Franz 2012": Franz2012()}


@dataclass(frozen=True, eq=False)
class Station:
    """Hourly counts with the factors that correct them, daily means of them, and the air."""

    record: NeutronRecord
    hourly: Corrected
    daily: Corrected
    humidity: np.ndarray
    factors: dict[str, np.ndarray]

    @property
    def hours(self) -> np.ndarray:
        """[time] hours that a daily mean rests on."""
        return self.hourly.number(DAY)


def cores(samples: SoilSamples) -> Cores:
    """Samples as the calibration takes them. The network counts organic carbon as water, gram by gram."""
    return Cores(
        samples.profile, samples.distance, samples.top, samples.bottom, samples.gravimetric, samples.bulk_density,
        samples.lattice_water, samples.organic_carbon,
    )  # fmt: skip


def corrected(record: NeutronRecord, monitor: Monitor) -> Station:
    """Raw counts corrected to sea level, dry air and the mean cosmic rays of the record."""
    humidity = absolute_humidity(record.temperature, record.relative_humidity)
    incoming = monitor.at(record.times)
    factors = {
        "pressure": pressure_factor(record.pressure),
        "humidity": humidity_factor(humidity),
        "cosmic rays": incoming_factor(incoming, float(np.nanmean(incoming)), RIGIDITY),
    }
    hourly = correct(record.rate, *factors.values())
    return Station(record, hourly, hourly.averaged(DAY), humidity, factors)


def window(times: np.ndarray, day: np.datetime64) -> slice:
    """The records of a day of sampling: samples are stamped at noon."""
    start = int(np.searchsorted(times, day.astype("datetime64[s]")))
    return slice(start, start + DAY)


def calibrated(
    station: Station, samples: SoilSamples, weighting: Koehli2015 | Franz2012,
    conversion: Desilets2010 | Koehli2021, only: int | None = None,
) -> Calibration:  # fmt: skip
    """N0 of all campaigns, or of one; those without 6 hours of counts are left out."""
    seen, counts, humidity = [], [], []
    moist = isinstance(conversion, Koehli2021)
    for day, part in samples.campaigns()[slice(None) if only is None else slice(only, only + 1)]:
        when = window(station.record.times, day)
        there = station.hourly.counts[when] if not moist else dry(station).counts[when]
        if np.isfinite(there).sum() < 6:
            continue
        damp = float(np.nanmean(station.humidity[when]))
        seen.append(seen_by_sensor(cores(part), weighting, Air(damp, float(np.nanmean(station.record.pressure[when])))))
        counts.append(float(np.nanmean(there)))
        humidity.append(damp)
    return calibrate_n0(seen, counts, conversion, humidity)


def dry(station: Station) -> Corrected:
    """Hourly counts without the correction for humidity, which Koehli2021 has in itself."""
    return correct(station.record.rate, station.factors["pressure"], station.factors["cosmic rays"])


def fuerstensee(root: Path) -> tuple[Station, dict[str, Calibration], dict[str, np.ndarray]]:
    """The station, its calibrations and its soil moisture by each."""
    folder = root / EUROPE
    record = read_neutrons(str(folder / "FSC001_time_series.csv.gz")).hourly()
    station = corrected(record, read_monitor(str(root / MONITOR)))
    samples = read_samples(str(folder / "FSCD001_calibration.csv"))
    raw, mean = np.nanmean(station.hourly.raw), np.nanmean(station.hourly.counts)
    print(f"Fuerstensee: counts an hour {raw:.0f} raw (stated {STATED['raw']:.0f}), {mean:.0f} corrected")
    for name, factor in station.factors.items():
        print(f"  factor for {name}: {np.nanmean(factor):.3f} +-{np.nanstd(factor):.3f}")
    found: dict[str, Calibration] = {}
    theta: dict[str, np.ndarray] = {}
    titles = ("N0", "N0/mean", "residuals m3 m-3", "mean", "1 %", "99 %")
    print(f"{'weights, conversion, campaigns':36s}" + ROW.format(*titles))
    for weights, conversion, only in (
        ("Koehli 2015", Desilets2010(), None), ("Koehli 2015", Desilets2010(), 0), ("Koehli 2015", Desilets2010(), 1),
        ("Franz 2012", Desilets2010(), None), ("Koehli 2015", Koehli2021(), None),
    ):  # fmt: skip
        label = f"{weights}, {type(conversion).__name__}, {'both' if only is None else ('January', 'November')[only]}"
        one = calibrated(station, samples, WEIGHTINGS[weights], conversion, only)
        daily = dry(station).averaged(DAY) if isinstance(conversion, Koehli2021) else station.daily
        found[label], theta[label] = one, soil_moisture(daily.counts, one.n0, one.soil, conversion, station.humidity)
        low, high = np.nanpercentile(theta[label], [1, 99])
        residuals = " ".join(f"{r + 0.0:+.3f}" for r in np.round(one.residuals, 3))
        level = f"{one.n0 / np.nanmean(daily.counts):.3f}"
        numbers = (f"{v:.3f}" for v in (np.nanmean(theta[label]), low, high))
        print(f"{label:36s}" + ROW.format(f"{one.n0:.0f}", level, residuals, *numbers))
    level = f"{STATED['n0'] / STATED['corrected']:.3f}"
    numbers = (f"{STATED[k]:.3f}" for k in ("mean", "low", "high"))
    print(f"{'stated by the network':36s}" + ROW.format(f"{STATED['n0']:.0f}", level, "", *numbers))
    for day, seen in zip(samples.campaigns(), next(iter(found.values())).campaigns, strict=True):
        print(
            f"  samples of {day[0]}: {seen.water:.3f} m3 m-3, profiles +-{seen.spread:.3f}, bulk density "
            f"{seen.soil.bulk_density:.0f} kg m-3, seen to {seen.reach:.2f} m"
        )
    return station, found, theta


def sheepdrove(root: Path) -> tuple[NeutronRecord, np.ndarray, np.ndarray, Calibration, np.ndarray]:
    """Counts of the network, its soil moisture, ours of the same counts, and our calibration."""
    import pandas as pd

    folder = root / EUROPE
    path = folder / "Sheepdrove2-CRNS.csv.gz"
    record = read_neutrons(str(path)).hourly()
    product = pd.read_csv(path)
    theirs = product["SoilMoisture_volumetric_MovAvg24h"].to_numpy()
    hourly = correct(record.rate)
    daily = hourly.averaged(DAY)
    ours = soil_moisture(daily.counts, SHEEPDROVE_N0, SHEEPDROVE_SOIL, Desilets2010())
    both = np.isfinite(ours) & np.isfinite(theirs)
    off = np.abs(ours - theirs)[both]
    print(f"Sheepdrove 2: {both.sum()} hours of the network's counts with its constants")
    print(f"  ours less level 3: median {np.median(off):.5f}, 99 % {np.quantile(off, 0.99):.5f} m3 m-3")
    counted = product["NeutronCount_Epithermal_MovAvg24h_corrected_std"].to_numpy()
    sigma = deviation(daily.counts, counted, SHEEPDROVE_N0, SHEEPDROVE_SOIL, Desilets2010())
    stated = product["SoilMoisture_volumetric_MovAvg24h_std"].to_numpy()
    print(f"  counting error: ours over theirs {np.nanmedian(sigma / stated):.3f}, {np.nanmedian(sigma):.4f} m3 m-3")
    seen_to = Koehli2015().reach(theirs + SHEEPDROVE_SOIL.hidden, SHEEPDROVE_SOIL.bulk_density, 1.0)
    deeper = np.nanmean(seen_to - product["Footprint_Depth_m"].to_numpy())
    print(f"  depth: ours less theirs {deeper:+.4f} m of {np.nanmean(seen_to):.3f} m")
    station = Station(record, hourly, daily, record.vapour, {})
    samples = read_samples(str(folder / "Sheepdrove2-calibration.csv"))
    print(f"  {'':12s} {'N0':>6s}  residuals m3 m-3 (2015-07-04, 2015-11-02, 2016-02-08, 2016-11-01)")
    print(f"  {'network':12s} {SHEEPDROVE_N0:6.0f}")
    own = {name: calibrated(station, samples, w, Desilets2010()) for name, w in WEIGHTINGS.items()}
    for name, one in own.items():
        print(f"  {name:12s} {one.n0:6.0f}  {' '.join(f'{r:+.3f}' for r in one.residuals)}")
    best = own["Koehli 2015"]
    mine = soil_moisture(daily.counts, best.n0, best.soil, Desilets2010())
    both = np.isfinite(mine) & np.isfinite(theirs)
    print(f"  with our N0 and bulk density less level 3: {np.mean((mine - theirs)[both]):+.4f} m3 m-3")
    return record, theirs, mine, best, np.array([day for day, _ in samples.campaigns()])


def write_series(path: Path, station: Station, one: Calibration, theta: np.ndarray) -> None:
    """The series as COSMOS-Europe lays its level 3 out, which `vadose.read_daily` and a simulation study read."""
    import pandas as pd

    counted = counting_deviation(station.daily, station.hours)
    sigma = deviation(station.daily.counts, counted, one.n0, one.soil, Desilets2010())
    inside = np.isfinite(theta) & (theta > 0)
    depth = Koehli2015().reach(np.maximum(theta, 0) + one.soil.hidden, one.soil.bulk_density, 1.0)
    frame = pd.DataFrame(
        {
            "DateTime_utc": pd.to_datetime(station.record.times).tz_localize("UTC"),
            "NeutronCount_Epithermal_MovAvg24h_corrected": station.daily.counts,
            "SoilMoisture_volumetric_MovAvg24h": np.where(inside, theta, np.nan),
            "SoilMoisture_volumetric_MovAvg24h_std": np.where(inside, sigma, np.nan),
            "Footprint_Depth_m": np.where(inside, depth, np.nan),
        }
    )
    frame.to_csv(path, index=False, float_format="%.5g", na_rep="")
    print(f"  counting error of a day: {np.nanmedian(sigma):.4f} m3 m-3 (median)")


def draw(
    path: Path, station: Station, found: dict[str, Calibration], theta: dict[str, np.ndarray],
    other: tuple[NeutronRecord, np.ndarray, np.ndarray, Calibration, np.ndarray],
) -> None:  # fmt: skip
    """Counts, soil moisture with its samples, and the product of the other station."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13.0, 11.0), layout="constrained")
    counts, water, english = figure.subplots(3, 1)
    times = station.record.times
    counts.plot(times, station.daily.raw, color="0.65", lw=0.7, label="raw")
    counts.plot(times, station.daily.counts, color="tab:blue", lw=0.8, label="corrected")
    counts.set_ylabel("neutrons h$^{-1}$, mean of 24 h")
    counts.set_title("Fuerstensee: counts")
    counts.legend(loc="upper left", ncols=2)
    labels = list(theta)
    low, high = theta[labels[1]], theta[labels[2]]
    water.fill_between(
        times, low, high, color="tab:blue", alpha=0.2, lw=0, label="between the N0 of either campaign alone"
    )
    water.plot(times, theta[labels[0]], color="tab:blue", lw=0.8, label=labels[0])
    water.plot(times, theta[labels[-1]], color="tab:orange", lw=0.6, label=labels[-1])
    both = found[labels[0]]
    days = np.array(["2014-01-17T12", "2014-11-17T12"], "datetime64[s]")
    sampled = "samples, weighted, +- spread of profiles"
    water.errorbar(
        days, [c.water for c in both.campaigns], [c.spread for c in both.campaigns], fmt="ko", capsize=3, label=sampled
    )
    water.axhline(STATED["mean"], color="0.4", ls="--", lw=0.8, label="mean that the network states")
    water.set_ylabel("soil moisture m$^3$ m$^{-3}$")
    water.set_title("Fuerstensee: soil moisture")
    water.set_ylim(-0.02, 0.45)
    water.legend(loc="upper right", ncols=2, fontsize=8)
    record, theirs, mine, one, campaigns = other
    english.plot(record.times, theirs, color="k", lw=1.4, label="level 3 of the network")
    english.plot(record.times, mine, color="tab:red", lw=0.7, label="ours, own N0")
    english.errorbar(
        campaigns, [c.water for c in one.campaigns], [c.spread for c in one.campaigns], fmt="o", color="tab:red",
        capsize=3, label=sampled,
    )  # fmt: skip
    english.set_ylabel("soil moisture m$^3$ m$^{-3}$")
    english.set_title("Sheepdrove 2")
    english.legend(loc="upper left", fontsize=8)
    figure.savefig(path, dpi=90)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--out", type=Path, default=Path("cosmic-ray-sensor"))
    out = arguments.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    root = Path(os.environ["VADOSE_DATA"])
    station, found, theta = fuerstensee(root)
    first = next(iter(found))
    write_series(out / "fuerstensee.csv", station, found[first], theta[first])
    daily = vadose.read_daily(vadose.PointSource(str(out / "fuerstensee.csv"), location=LOCATION))
    days, mean = int(np.isfinite(daily.values).sum()), np.nanmean(daily.values)
    print(f"  read back: {days} days, mean {mean:.3f} m3 m-3, depth {daily.attrs['depth']} m")
    draw(out / "cosmic-ray-sensor.png", station, found, theta, sheepdrove(root))


if __name__ == "__main__":
    main()
