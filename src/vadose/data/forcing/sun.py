"""Where the sun stands: declination, hour angle, the cosine of the zenith angle at a time or as the mean of a step.

Source: US Naval Observatory, approximate solar coordinates (0.01 degrees between 1950 and 2050)
"""

from __future__ import annotations

import numpy as np

from vadose.constants import SECONDS_PER_DAY

SOLAR_CONSTANT = 1361.0  # W m-2; Kopp and Lean (2011)
_J2000 = np.datetime64("2000-01-01T12:00:00", "s")


def orbit(times: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(declination rad, equation of time rad, distance factor 1) [time] at times in UTC.

    The distance factor multiplies the solar constant: (mean distance / distance)^2.
    Source: US Naval Observatory, approximate solar coordinates
    """
    n = (times.astype("datetime64[s]") - _J2000) / np.timedelta64(1, "s") / SECONDS_PER_DAY
    mean = np.radians(280.460 + 0.9856474 * n)
    g = np.radians(357.528 + 0.9856003 * n)
    ecliptic = mean + np.radians(1.915 * np.sin(g) + 0.020 * np.sin(2 * g))
    obliquity = np.radians(23.439 - 4e-7 * n)
    declination = np.arcsin(np.sin(obliquity) * np.sin(ecliptic))
    ascension = np.arctan2(np.cos(obliquity) * np.sin(ecliptic), np.cos(ecliptic))
    equation = np.mod(mean - ascension + np.pi, 2 * np.pi) - np.pi
    distance = 1.00014 - 0.01671 * np.cos(g) - 0.00014 * np.cos(2 * g)
    return declination, equation, distance**-2


def solar_hour(times: np.ndarray, lon: np.ndarray, equation: np.ndarray | None = None) -> np.ndarray:
    """True local solar time [time, column] h, 0..24, at times in UTC."""
    if equation is None:
        equation = orbit(times)[1]
    seconds = (times.astype("datetime64[s]") - times.astype("datetime64[D]")) / np.timedelta64(1, "s")
    hours = (seconds / 3600.0 + np.degrees(equation) / 15.0)[:, None] + (lon / 15.0)[None, :]
    return np.mod(hours, 24.0)


def mean_cos_zenith(start: np.ndarray, step: float, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Mean over each step of the positive part of cos(zenith), [time, column]; 0 at night.

    cos z = A + B cos h, A = sin(lat) sin(d), B = cos(lat) cos(d); the integral over hour angle is taken exactly

    start     [time] datetime64, UTC;  step s;  lat, lon [column] degrees
    """
    middle = start.astype("datetime64[s]") + np.timedelta64(round(step / 2), "s")
    declination, equation, _ = orbit(middle)
    phi = np.radians(lat)[None, :]
    A = np.sin(phi) * np.sin(declination)[:, None]
    B = np.cos(phi) * np.cos(declination)[:, None]
    half = np.pi * step / SECONDS_PER_DAY
    centre = (solar_hour(middle, lon, equation) - 12.0) * (np.pi / 12.0)
    sunset = np.arccos(np.clip(-A / np.maximum(B, 1e-12), -1.0, 1.0))
    total = _sunlit(centre - half, centre + half, sunset, A, B)
    latest = float(sunset.max())
    if latest > np.pi - 2 * half:  # a step over midnight may see the sun on both sides of it
        total += _sunlit(centre - half + 2 * np.pi, centre + half + 2 * np.pi, sunset, A, B)
        total += _sunlit(centre - half - 2 * np.pi, centre + half - 2 * np.pi, sunset, A, B)
    return np.maximum(total, 0.0) / (2 * half)


def _sunlit(begin: np.ndarray, end: np.ndarray, sunset: np.ndarray, A: np.ndarray, B: np.ndarray) -> np.ndarray:
    """Integral of A + B cos h over the part of begin..end between sunrise -sunset and sunset."""
    a, b = (np.minimum(np.maximum(h, -sunset), sunset) for h in (begin, end))
    return A * (b - a) + B * (np.sin(b) - np.sin(a))


def reference_cos_zenith(times: np.ndarray, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """cos(zenith) at the given instants as the driver of Noah-MP has it, [time, column]; < 0 at night.

    Circular orbit, obliquity 23.5 degrees, equinox on day 80, no equation of time: up to 0.06 off. For parity runs.
    Source: HRLDAS driver, subroutine CALC_DECLIN (Noah-MP 5)
    """
    day = (times.astype("datetime64[s]") - times.astype("datetime64[Y]")) / np.timedelta64(1, "s") / SECONDS_PER_DAY
    longitude = np.where(day >= 80.0, day - 80.0, day + 285.0) * (2 * np.pi / 365.0)
    declination = np.arcsin(np.sin(np.radians(23.5)) * np.sin(longitude))[:, None]
    hour = (solar_hour(times, lon, np.zeros(times.size)) - 12.0) * (np.pi / 12.0)
    phi = np.radians(lat)[None, :]
    return np.sin(phi) * np.sin(declination) + np.cos(phi) * np.cos(declination) * np.cos(hour)


def top_of_atmosphere(start: np.ndarray, step: float, lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    """Mean sunlight on a horizontal plane above the air, [time, column] W m-2."""
    middle = start.astype("datetime64[s]") + np.timedelta64(round(step / 2), "s")
    return SOLAR_CONSTANT * orbit(middle)[2][:, None] * mean_cos_zenith(start, step, lat, lon)


def daylight_hours(times: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Hours of sun of the day at each time, [time, column]."""
    declination = orbit(times)[0][:, None]
    return 24.0 / np.pi * np.arccos(np.clip(-np.tan(np.radians(lat))[None, :] * np.tan(declination), -1.0, 1.0))


def year_fraction(times: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Part of the year gone, [time, column] 0..1, shifted by half a year where lat < 0."""
    year = times.astype("datetime64[Y]")
    gone = (times.astype("datetime64[s]") - year.astype("datetime64[s]")) / np.timedelta64(1, "s")
    length = ((year + 1).astype("datetime64[D]") - year.astype("datetime64[D]")) / np.timedelta64(1, "D")
    fraction = (gone / (length * SECONDS_PER_DAY))[:, None]
    return np.mod(fraction + np.where(lat < 0, 0.5, 0.0)[None, :], 1.0)
