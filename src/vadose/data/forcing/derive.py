"""What files lack, from what they have: humidity, pressure, wind, precipitation, longwave; each said in the notes."""

from __future__ import annotations

import numpy as np

from vadose.data.forcing import air
from vadose.data.forcing.record import Record
from vadose.data.forcing.source import ForcingSource
from vadose.data.forcing.sun import top_of_atmosphere
from vadose.errors import DataError, UnitError

HUMIDITY = ("specific_humidity", "vapour_pressure", "dew_point", "vapour_pressure_deficit", "relative_humidity")
_WOULD_DO = {
    "air_temperature": "air_temperature, or its daily minimum and maximum",
    "humidity": f"one of {', '.join(HUMIDITY)}, or of daily data the minimum temperature",
    "pressure": "pressure, or `elevation` of the site in m",
    "wind": "wind, or wind_east and wind_north, or assumed = {wind = 2.0}",
    "shortwave": "shortwave, or shortwave_direct and shortwave_diffuse",
    "precipitation": "precipitation, or rain (and snow)",
}


def derive(record: Record, source: ForcingSource, listed: str) -> None:
    """Complete a record to the quantities that a model needs, but for gaps and longwave, in place.

    Afterwards it has air_temperature (of days also the minimum and maximum), vapour_pressure, pressure, wind,
    shortwave, precipitation, and where known specific_humidity, longwave, snow_fraction, lai.
    listed  what the files hold, for messages
    Raises DataError that names all quantities that lack and what would do.
    """
    for name, value in source.assumed.items():
        if name not in record.values:
            record.values[name] = record.full(value)
            record.note(f"{name} is assumed to be {value:g} everywhere, as stated")
    lacking = []
    for name, make in (("shortwave", _sunlight), ("air_temperature", _temperature), ("pressure", _pressure),
                       ("humidity", _humidity), ("wind", _wind), ("precipitation", _precipitation)):  # fmt: skip
        if "air_temperature" in lacking and name in ("pressure", "humidity"):
            continue
        if not make(record, source):
            lacking.append(name)
    if lacking:
        wanted = "; ".join(f"{name}: {_WOULD_DO[name]}" for name in lacking)
        raise DataError(
            f"{source.name}: the forcing lacks {', '.join(lacking)} and nothing to derive them from; the files have "
            f"{listed}; what would do: {wanted}; state names = {{...}} if they have other names"
        )


def _sunlight(record: Record, source: ForcingSource) -> bool:
    if "shortwave" not in record.values:
        parts = record.get("shortwave_direct"), record.get("shortwave_diffuse")
        if parts[0] is None or parts[1] is None:
            return False
        record.values["shortwave"] = parts[0] + parts[1]
        record.note("shortwave is the sum of direct and diffuse")
    light = record.values["shortwave"]
    below = np.count_nonzero(light < 0)
    if below:
        record.note(f"shortwave: {below} values below 0 (least {np.nanmin(light):.3g} W m-2) are taken as 0")
    record.values["shortwave"] = np.where(light < 0, 0.0, light)
    return True


def _temperature(record: Record, source: ForcingSource) -> bool:
    mean, low, high = (record.get(f"air_temperature{s}") for s in ("", "_minimum", "_maximum"))
    if mean is None:
        if low is None or high is None:
            return False
        record.values["air_temperature"] = mean = 0.5 * (low + high)
        record.note("the mean air temperature is that of minimum and maximum")
    if not record.daily:
        for name in ("air_temperature_minimum", "air_temperature_maximum"):
            record.values.pop(name, None)
    elif low is None or high is None:
        if source.diurnal_range is not None:
            width = record.full(source.diurnal_range)
            record.note(f"the daily range of temperature is {source.diurnal_range:g} K, as stated")
        else:
            above = top_of_atmosphere(record.starts, record.interval, record.lat, record.lon)
            light = record.values["shortwave"] if "shortwave" in record.values else record.full(np.nan)
            width = air.range_from_sunshine(light, above)
            record.note(
                "the daily range of temperature comes from the sunlight (Hargreaves and Samani 1982), "
                f"{np.nanmean(width):.1f} K in the mean; state `diurnal_range` (K) where it is known"
            )
        record.values["range"] = width
    else:
        record.values["air_temperature_minimum"] = np.fmin(low, high)
    return True


def _extremes(record: Record) -> tuple[np.ndarray, np.ndarray] | None:
    """Daily minimum and maximum, given or from mean and range; None of shorter records."""
    if "range" in record.values:
        mean, half = record.values["air_temperature"], 0.5 * record.values["range"]
        return mean - half, mean + half
    low, high = record.get("air_temperature_minimum"), record.get("air_temperature_maximum")
    return None if low is None or high is None else (low, high)


def _saturation(record: Record) -> np.ndarray:
    """Saturation vapour pressure; of days the mean of that at both extremes. Source: Allen et al. (1998) eq. 12"""
    ends = _extremes(record)
    if ends is None:
        return air.saturation_pressure(record.values["air_temperature"])
    return 0.5 * (air.saturation_pressure(ends[0]) + air.saturation_pressure(ends[1]))


def _pressure(record: Record, source: ForcingSource) -> bool:
    if "pressure" in record.values:
        return True
    if not np.isfinite(record.elevation).all():
        return False
    record.values["pressure"] = record.full(air.standard_pressure(record.elevation))
    heights = f"{record.elevation.min():g}" + (f" to {record.elevation.max():g}" if record.elevation.size > 1 else "")
    record.note(f"pressure is that of the standard air at {heights} m (Allen et al. 1998 eq. 7)")
    return True


def _humidity(record: Record, source: ForcingSource) -> bool:
    """Vapour pressure from the first of `HUMIDITY` that is there; the others stand in where it is missing."""
    if "pressure" not in record.values:
        return "specific_humidity" not in record.values and any(q in record.values for q in HUMIDITY)
    made: np.ndarray | None = None
    for kind in (k for k in HUMIDITY if k in record.values):
        vapour = _vapour_from(kind, record)
        if made is None:
            made = vapour
            record.where.setdefault("vapour_pressure", record.sources((kind,)))
            if kind != "specific_humidity":
                record.note(f"humidity comes from {kind.replace('_', ' ')}")
        elif kind != "specific_humidity" and np.isnan(made).any():
            stood_in = int(np.count_nonzero(np.isnan(made) & np.isfinite(vapour)))
            made = np.where(np.isnan(made), vapour, made)
            if stood_in:
                record.values.pop("specific_humidity", None)
                record.note(f"humidity: {stood_in} missing values come from {kind.replace('_', ' ')}")
    if made is None:
        ends = _extremes(record)
        if ends is None:
            return False
        made = air.saturation_pressure(ends[0])
        record.note(
            "humidity is not given: the dew point is taken as the daily minimum temperature (Allen et al. 1998 eq. 48)"
        )
    record.values["vapour_pressure"] = np.maximum(made, 1.0)
    _check_humidity(record, made)
    return True


def _check_humidity(record: Record, vapour: np.ndarray) -> None:
    """Raise UnitError where the mean relative humidity of some days is impossible: hPa as Pa, say."""
    saturation = _saturation(record)
    both = np.isfinite(vapour) & np.isfinite(saturation)
    if record.starts.size * record.interval < 5 * 86400.0 or not both.any():
        return
    humid = float(vapour[both].mean() / saturation[both].mean())
    deficit = "specific_humidity" not in record.values and "vapour_pressure_deficit" in record.values
    most = 0.99 if deficit and record.values["air_temperature"][both].mean() > 280.0 else 1.15
    if not 0.03 <= humid <= most:
        raise UnitError(
            f"{record.sources(('vapour_pressure',))}: the mean relative humidity that follows is {100 * humid:.1f} %, "
            f"expected 3 to {100 * most:.0f} %; state the units of humidity and temperature for the forcing"
        )


def _vapour_from(kind: str, record: Record) -> np.ndarray:
    values = record.values[kind]
    if kind == "specific_humidity":
        return air.vapour_pressure(np.maximum(values, 0.0), record.values["pressure"])
    if kind == "dew_point":
        return air.saturation_pressure(values)
    if kind == "vapour_pressure_deficit":
        return _saturation(record) - values
    return _saturation(record) * np.maximum(values, 0.0) if kind == "relative_humidity" else values


def _wind(record: Record, source: ForcingSource) -> bool:
    if "wind" not in record.values:
        east, north = record.get("wind_east"), record.get("wind_north")
        if east is None or north is None:
            return False
        record.values["wind"] = np.hypot(east, north)
        record.note("wind is the length of its two components")
    record.values["wind"] = np.maximum(record.values["wind"], 0.0)
    measured = source.wind_height
    if measured is not None and measured != source.reference_height:
        record.values["wind"] = air.wind_at(record.values["wind"], measured, source.reference_height, source.roughness)
        record.note(
            f"wind at {source.reference_height:g} m is that at {measured:g} m along the logarithmic profile over a "
            f"roughness of {source.roughness:g} m"
        )
    return True


def _precipitation(record: Record, source: ForcingSource) -> bool:
    total, rain, snow = (record.get(q) for q in ("precipitation", "rain", "snow"))
    if total is None and rain is None:
        return False
    if total is None:
        assert rain is not None
        total = rain if snow is None else rain + snow
        record.note(
            "precipitation is rain and snow" if snow is not None else "precipitation is `rain` alone, without snow"
        )
    below = np.count_nonzero(total < 0)
    if below:
        record.note(f"precipitation: {below} values below 0 (least {np.nanmin(total):.2g} kg m-2 s-1) are taken as 0")
    record.values["precipitation"] = np.where(total < 0, 0.0, total)
    if snow is not None:
        with np.errstate(invalid="ignore", divide="ignore"):
            part = np.clip(np.maximum(snow, 0.0) / total, 0.0, 1.0)
        record.values["snow_fraction"] = np.where(total > 0, part, np.nan)
        record.note("the part of the precipitation that is snow comes from the files")
    return True


def add_longwave(record: Record, source: ForcingSource) -> None:
    """Longwave radiation where there is none, or where it is missing and gaps are to be filled, in place."""
    given = record.get("longwave")
    if given is not None and (source.gaps == "error" or not np.isnan(given).any()):
        return
    made = air.longwave(record.values["air_temperature"], record.values["vapour_pressure"], _clouds(record))
    formula = "Prata (1996) with the cloud of the day's sunlight, Crawford and Duchon (1999)"
    if given is None:
        record.note(f"longwave is not given: {formula}")
        record.values["longwave"] = made
        return
    missing = np.isnan(given)
    record.note(f"longwave: {np.count_nonzero(missing)} of {given.size} values were missing: {formula}")
    record.values["longwave"] = np.where(missing, made, given)


def _clouds(record: Record) -> np.ndarray:
    """Part of the sky under cloud of each UTC day, held through the day; of days without sun that of the day before."""
    above = top_of_atmosphere(record.starts, record.interval, record.lat, record.lon)
    day = record.starts.astype("datetime64[D]") if not record.daily else record.starts
    first = np.flatnonzero(np.concatenate([[True], day[1:] != day[:-1]]))
    count = np.diff(np.concatenate([first, [day.size]]))[:, None]
    height = np.where(np.isfinite(record.elevation), record.elevation, 0.0)
    light, top = (np.add.reduceat(v, first, axis=0) / count for v in (record.values["shortwave"], above))
    cloud = air.cloud_cover(light, top, height[None, :])
    for i in range(1, cloud.shape[0]):
        cloud[i] = np.where(np.isnan(cloud[i]), cloud[i - 1], cloud[i])
    return np.repeat(np.where(np.isnan(cloud), 0.5, cloud), count[:, 0], axis=0)
