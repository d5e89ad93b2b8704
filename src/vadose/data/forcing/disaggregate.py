"""From the files' interval to the model's step: sunlight by the sun's path, days by their extremes, rain by a storm.

Means of sunlight and amounts of precipitation are conserved exactly in every interval.
"""

from __future__ import annotations

import numpy as np

from vadose.data.forcing import air
from vadose.data.forcing.record import Record
from vadose.data.forcing.source import ForcingSource
from vadose.data.forcing.sun import daylight_hours, mean_cos_zenith, solar_hour

ROUNDS = 4  # adjustments of the daily course to the daily mean; each reaches one day further
_WARMEST = 13.86  # h, local solar time of the maximum: 1.86 h after noon; Parton and Logan (1981)
_HELD = ("longwave", "snow_fraction", "lai", "pressure", "wind")


def disaggregate(record: Record, step: float, source: ForcingSource) -> dict[str, np.ndarray]:
    """Quantities [step, column] at a step that divides the interval of the record, or is a multiple of it.

    Returns air_temperature K, specific_humidity kg kg-1, pressure Pa, wind m s-1, shortwave, longwave W m-2,
    precipitation kg m-2 s-1 and, where known, snow_fraction, lai
    """
    ratio = record.interval / step
    if ratio < 1:
        return _coarser(_with_humidity(record), round(1 / ratio))
    n = round(ratio)
    if n == 1 and record.state_at == 0.5:
        return _with_humidity(record)
    return _from_days(record, n, step, source) if record.daily else _finer(record, n, step)


def _with_humidity(record: Record) -> dict[str, np.ndarray]:
    values = record.values
    if "specific_humidity" in values:
        humid = np.maximum(values["specific_humidity"], 0.0)
    else:
        humid = air.specific_humidity(values["vapour_pressure"], values["pressure"])
    return {**values, "specific_humidity": humid}


def _coarser(values: dict[str, np.ndarray], m: int) -> dict[str, np.ndarray]:
    """Means of m records; a rest at the end is left out."""
    rows = next(iter(values.values())).shape[0] // m

    def mean(x: np.ndarray) -> np.ndarray:
        return x[: rows * m].reshape(rows, m, -1).mean(axis=1)

    out = {name: mean(x) for name, x in values.items()}
    if "snow_fraction" in values:
        snow = mean(np.nan_to_num(values["snow_fraction"]) * values["precipitation"])
        with np.errstate(invalid="ignore", divide="ignore"):
            out["snow_fraction"] = np.where(out["precipitation"] > 0, snow / out["precipitation"], np.nan)
    return out


def _finer(record: Record, n: int, step: float) -> dict[str, np.ndarray]:
    """States linearly, sunlight by the sun, precipitation and longwave held."""
    values = _with_humidity(record)
    names = ("air_temperature", "specific_humidity", "pressure", "wind")
    out = {name: between(values[name], n, record.state_at) for name in names}
    out["shortwave"] = by_sun(record, values["shortwave"], n, step)
    for name in ("longwave", "precipitation", "snow_fraction", "lai"):
        if name in values:
            out[name] = np.repeat(values[name], n, axis=0)
    if n > 1:
        record.note(
            f"records of {record.interval:g} s to steps of {step:g} s: temperature, humidity, pressure and wind "
            "linear, shortwave by the sun's path, longwave and precipitation held"
        )
    return out


def _from_days(record: Record, n: int, step: float, source: ForcingSource) -> dict[str, np.ndarray]:
    values = record.values
    out = {name: np.repeat(values[name], n, axis=0) for name in _HELD if name in values}
    out["air_temperature"] = daily_course(record, n, step)
    out["specific_humidity"] = air.specific_humidity(np.repeat(values["vapour_pressure"], n, axis=0), out["pressure"])
    out["specific_humidity"] = _capped(out, record)
    out["shortwave"] = by_sun(record, values["shortwave"], n, step)
    out["precipitation"] = by_storm(record, values["precipitation"], n, step, source)
    hours = source.storm_hours
    rule = "all day long" if hours >= 24 else f"within {hours:g} h around {source.storm_centre:g} h local solar time"
    record.note(
        f"days to steps of {step:g} s: temperature between the minimum at sunrise and the maximum 1.86 h after noon, "
        f"vapour pressure, pressure, wind and longwave held, shortwave by the sun's path, precipitation {rule}"
    )
    return out


def _capped(out: dict[str, np.ndarray], record: Record) -> np.ndarray:
    """Specific humidity not above saturation."""
    humid = out["specific_humidity"]
    most = air.specific_humidity(air.saturation_pressure(out["air_temperature"]), out["pressure"])
    above = np.count_nonzero(humid > most * (1 + 1e-9))
    if above:
        part = 100.0 * float(1.0 - np.minimum(humid, most).sum() / humid.sum())
        record.note(
            f"humidity is capped at saturation in {100 * above / humid.size:.1f} % of the steps (-{part:.2g} %)"
        )
    return np.minimum(humid, most)


def between(values: np.ndarray, n: int, state_at: float) -> np.ndarray:
    """Linear between records, at the middle of each of n steps; the first and last value are held at the ends.

    state_at  where in its interval a record holds, 0..1
    """
    rows = values.shape[0]
    place = (np.arange(rows * n) + 0.5) / n - state_at
    low = np.clip(np.floor(place).astype(int), 0, rows - 1)
    high = np.minimum(low + 1, rows - 1)
    weight = np.clip(place - low, 0.0, 1.0)[:, None]
    return values[low] * (1.0 - weight) + values[high] * weight


def steps_of(record: Record, n: int, step: float) -> np.ndarray:
    """Starts of the n steps of every record, datetime64[s]."""
    inside = (np.arange(n) * round(step)).astype("timedelta64[s]")
    return (record.starts[:, None] + inside[None, :]).ravel()


def _shared(values: np.ndarray, weights: np.ndarray, n: int) -> np.ndarray:
    """Interval means [time, column] times weights [step, column], scaled so that every interval keeps its mean."""
    rows, columns = values.shape
    parts = weights.reshape(rows, n, columns)
    total = parts.sum(axis=1, keepdims=True)
    share = np.where(total > 0, parts * n / np.where(total > 0, total, 1.0), 1.0)
    return (values[:, None, :] * share).reshape(rows * n, columns)


def by_sun(record: Record, values: np.ndarray, n: int, step: float) -> np.ndarray:
    """Interval means of sunlight along the sun's path; evenly where the sun stays down."""
    if n == 1:
        return values
    return _shared(values, mean_cos_zenith(steps_of(record, n, step), step, record.lat, record.lon), n)


def by_storm(record: Record, values: np.ndarray, n: int, step: float, source: ForcingSource) -> np.ndarray:
    """Daily precipitation within `storm_hours` around `storm_centre` of the local solar time."""
    if source.storm_hours >= 24.0:
        return np.repeat(values, n, axis=0)
    begin = solar_hour(steps_of(record, n, step), record.lon)
    low, high = source.storm_centre - source.storm_hours / 2, source.storm_centre + source.storm_hours / 2
    overlap = np.zeros_like(begin)
    for turn in (-24.0, 0.0, 24.0):
        overlap += np.maximum(np.minimum(begin + step / 3600.0, high + turn) - np.maximum(begin, low + turn), 0.0)
    return _shared(values, overlap, n)


def daily_course(record: Record, n: int, step: float) -> np.ndarray:
    """Air temperature [step, column] K: half cosines from the minimum at sunrise to the maximum and on.

    Where only the mean of the day is known, the extremes lie half the range around it and are moved until the mean of
    the course is that of the day (to about 0.01 K).
    Source: Parton and Logan (1981), with cosines for the night too
    """
    times = record.starts + np.timedelta64(43200, "s")
    at_start = solar_hour(record.starts, record.lon)
    sunrise = 12.0 - 0.5 * np.clip(daylight_hours(times, record.lat), 4.0, 20.0)
    coldest, warmest = np.mod(sunrise - at_start, 24.0), np.mod(_WARMEST - at_start, 24.0)
    if "range" not in record.values:
        low, high = record.values["air_temperature_minimum"], record.values["air_temperature_maximum"]
        return _course(coldest, warmest, low, high, n, step)
    mean, half = record.values["air_temperature"], 0.5 * record.values["range"]
    centre = mean.copy()
    for _ in range(ROUNDS):
        course = _course(coldest, warmest, centre - half, centre + half, n, step)
        centre += mean - course.reshape(mean.shape[0], n, -1).mean(axis=1)
    return _course(coldest, warmest, centre - half, centre + half, n, step)


def _course(
    coldest: np.ndarray, warmest: np.ndarray, low: np.ndarray, high: np.ndarray, n: int, step: float
) -> np.ndarray:
    """Half cosines through one minimum and one maximum a day, at hours after the day's start; [day * n, column]."""
    early = coldest <= warmest
    a, b = np.where(early, coldest, warmest)[:, None, :], np.where(early, warmest, coldest)[:, None, :]
    va, vb = np.where(early, low, high)[:, None, :], np.where(early, high, low)[:, None, :]
    before = [np.concatenate([x[:1], x[:-1]]) for x in (b, vb)]
    after = [np.concatenate([x[1:], x[-1:]]) for x in (a, va)]
    hour = ((np.arange(n) + 0.5) * step / 3600.0)[None, :, None]
    first, last = hour < a, hour >= b
    t0 = np.where(first, before[0] - 24.0, np.where(last, b, a))
    t1 = np.where(first, a, np.where(last, after[0] + 24.0, b))
    v0 = np.where(first, before[1], np.where(last, vb, va))
    v1 = np.where(first, va, np.where(last, after[1], vb))
    rise = 0.5 - 0.5 * np.cos(np.pi * (hour - t0) / np.maximum(t1 - t0, 1e-6))
    return (v0 + (v1 - v0) * rise).reshape(-1, low.shape[1])
