"""Text tables of one site: HRLDAS and Noah-OWP, JULES, VIC standard format, rsplash, FLUXNET, CAMELS, any CSV."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from vadose.data.daily.columns import Table, dates, numbers, parse_table
from vadose.data.daily.text import read_text
from vadose.data.forcing.held import Field, Held
from vadose.data.forcing.quantities import QUANTITIES
from vadose.data.forcing.source import ForcingSource
from vadose.errors import DataError
from vadose.grid.latlon import Sites

_MISSING_BELOW = -6998.0  # -9999, -6999 and their like; no quantity reaches them
_NUMBERS = re.compile(r"^[-+0-9.eE\s,;]+$")
_SETTING = re.compile(r"^\s*(\w+)\s*=\s*([-+]?\d+\.?\d*(?:[eE][-+]?\d+)?)\s", re.MULTILINE)

# Columns after the date, and their units, of tables without a header that can be read.
_HRLDAS = (("wind", "m s-1"), ("-", ""), ("air_temperature", "K"), ("relative_humidity", "%"), ("pressure", "hPa"),
           ("shortwave", "W m-2"), ("longwave", "W m-2"), ("precipitation", "kg m-2 s-1"))  # fmt: skip
_JULES = (("shortwave", "W m-2"), ("longwave", "W m-2"), ("rain", "kg m-2 s-1"), ("snow", "kg m-2 s-1"),
          ("air_temperature", "K"), ("wind", "m s-1"), ("pressure", "Pa"), ("specific_humidity", "kg kg-1"),
)  # fmt: skip
_STDFMT = (("precipitation", "mm"), ("air_temperature_maximum", "degC"), ("air_temperature_minimum", "degC"),
           ("air_temperature", "degC"), ("shortwave", "W m-2"), ("longwave", "W m-2"), ("relative_humidity", "%"),
           ("pressure", "kPa"), ("wind", "m s-1"))  # fmt: skip
_FLUXNET = {
    "air_temperature": "degC", "relative_humidity": "%", "vapour_pressure_deficit": "hPa", "pressure": "kPa",
    "precipitation": "mm", "shortwave": "W m-2", "longwave": "W m-2", "wind": "m s-1",
}  # fmt: skip
_RSPLASH = {
    "air_temperature": "degC", "vapour_pressure_deficit": "Pa", "shortwave": "W m-2", "precipitation": "mm",
}  # fmt: skip


def read_table(path: str, source: ForcingSource) -> Held:
    """A text file as the weather of one site.

    Raises DataError for files whose columns or dates cannot be told, with what would do.
    """
    text = read_text(path)
    form = source.format if source.format != "auto" else sniff(path, text)
    reader: Callable[[str, str, ForcingSource], Held] = {
        "hrldas": _hrldas, "jules": _jules, "stdfmt": _stdfmt, "camels": _camels,
    }.get(form, _named)  # fmt: skip
    return reader(path, text, source)


def sniff(path: str, text: str) -> str:
    """The format of a text table, one of `source.FORMATS`."""
    head = text[:20000]
    if re.search(r"<forcing>", head, re.IGNORECASE) or "&location" in head:
        return "hrldas"
    lines = [line for line in head.splitlines() if line.strip()]
    rows = [line for line in lines if _NUMBERS.match(line)]
    width = len(rows[-2].split()) if len(rows) > 1 else 0
    if lines and lines[0].startswith("#") and width == 13 and "," not in rows[-2]:
        return "jules"
    if width == 33 and not lines[0].startswith("#"):
        return "stdfmt"
    if re.search(r"^Year\s+Mnth\s+Day\s+Hr", head, re.MULTILINE | re.IGNORECASE):
        return "camels"
    first = lines[0].lower().replace('"', "").split(",") if lines else []
    if "timestamp_start" in first or ("ta_f" in first and "timestamp" in first):
        return "fluxnet"
    if {"date", "pn", "tc", "sw_in"} <= set(first) or {"date", "p", "ta", "sw_in", "swe"} <= set(first):
        return "rsplash"
    return "table"


def _hrldas(path: str, text: str, source: ForcingSource) -> Held:
    """The single-point files of HRLDAS (<Forcing> tag) and of Noah-OWP (namelists of site and conversion)."""
    tag = re.search(r"<forcing>[^\n]*\n", text, re.IGNORECASE)
    begin = tag.end() if tag else text.rfind("\n---") + 1
    body = text[begin:].partition("\n")[2] if not tag else text[begin:]
    values = _matrix(path, body)
    settings = {k.lower(): float(v) for k, v in _SETTING.findall(text[:begin])}
    width = values.shape[1] - 5
    if width not in (7, 8):
        raise DataError(f"{path}: {width} columns after the date; expected 7 or 8 as HRLDAS writes them; use `columns`")
    layout = _HRLDAS if width == 8 else tuple(c for c in _HRLDAS if c[0] != "-")
    held = {name: (units, values[:, 5 + i]) for i, (name, units) in enumerate(layout) if name != "-"}
    if "temperature_offset" in settings:
        t, p, r = (held[q][1] for q in ("air_temperature", "pressure", "precipitation"))
        held["air_temperature"] = ("K", settings.get("temperature_scale", 1.0) * t + settings["temperature_offset"])
        held["pressure"] = ("Pa", settings.get("pressure_scale", 1.0) * p)
        held["precipitation"] = ("kg m-2 s-1", settings.get("precipitation_scale", 1.0) * r)
    place = (settings.get("latitude"), settings.get("longitude"), settings.get("elevation"))
    return _site(path, "hrldas", _stamps(values), held, source, place)


def _jules(path: str, text: str, source: ForcingSource) -> Held:
    """A JULES driving table: the date, radiation, rain, snow, temperature, wind, pressure, humidity."""
    values = _matrix(path, "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    held = {name: (units, values[:, 5 + i]) for i, (name, units) in enumerate(_JULES)}
    return _site(path, "jules", _stamps(values), held, source)


def _stdfmt(path: str, text: str, source: ForcingSource) -> Held:
    """The 33 columns of VIC's standard daily format."""
    values = _matrix(path, text)
    if values.shape[1] != 33:
        raise DataError(f"{path}: {values.shape[1]} columns; expected the 33 of the daily standard format")
    held = {name: (units, values[:, 3 + i]) for i, (name, units) in enumerate(_STDFMT)}
    return _site(path, "stdfmt", _stamps(values, 3), held, source)


def _camels(path: str, text: str, source: ForcingSource) -> Held:
    """CAMELS basin forcing: latitude, elevation, area, then a table; sunlight is the mean of the daylight hours."""
    lines = text.splitlines()
    header = next(i for i, line in enumerate(lines) if line.lower().startswith("year"))
    names = lines[header].split()
    values = _matrix(path, "\n".join(lines[header + 1 :]))
    if values.shape[1] != len(names):
        raise DataError(f"{path}: {len(names)} names over {values.shape[1]} columns; expected as many")
    held = {}
    for i, text_name in enumerate(names[4:], 4):
        found = re.match(r"(\w+)\((.*)\)", text_name)
        quantity = _quantity(found[1], source) if found else None
        if found and quantity:
            held[quantity] = (found[2], values[:, i])
    if {"shortwave", "daylight"} <= set(held):
        held["shortwave"] = ("W m-2", held["shortwave"][1] * held["daylight"][1] / 86400.0)
    place = (float(lines[0]), None, float(lines[1])) if header >= 3 else (None, None, None)
    note = "sunlight is the mean of the daylight hours, turned into that of the day"
    return _site(path, "camels", _stamps(values, 3), held, source, place, (note,))


def _named(path: str, text: str, source: ForcingSource) -> Held:
    """A table whose columns have names: FLUXNET, rsplash, or any other; or whose columns the study names."""
    if source.columns:
        return _stated(path, text, source)
    table = parse_table(path)
    form = source.format if source.format != "auto" else sniff(path, text)
    usual = {"fluxnet": _FLUXNET, "rsplash": _RSPLASH}.get(form, {})
    held: dict[str, tuple[str | None, np.ndarray]] = {}
    named: dict[str, str] = {}
    lower = {n.lower(): n for n in reversed(table.names)}
    for quantity, known in QUANTITIES.items():
        stated = source.names.get(quantity)
        column = table.column(stated, f"names.{quantity}") if stated else None
        column = column or next((lower[n] for n in known.names if n in lower), None)
        if column is not None:
            named[quantity] = column
            held[quantity] = (table.units.get(column) or usual.get(quantity), numbers(table, column))
    times = _times(table)
    return _site(path, form, times, held, source, listed=", ".join(table.names), named=named)


def _stated(path: str, text: str, source: ForcingSource) -> Held:
    """A table without names, its columns as the study lists them; the date in columns of year, month, day ..."""
    rows = [line for line in text.splitlines() if line.strip() and _NUMBERS.match(line)]
    values = _matrix(path, "\n".join(rows))
    parts = values.shape[1] - len(source.columns)
    if parts not in (0, 3, 4, 5, 6):
        raise DataError(
            f"{path}: {values.shape[1]} columns and {len(source.columns)} in `columns`; expected as many, or 3 to 6 "
            "more for year, month, day, hour, minute, second; list those not wanted as '-'"
        )
    held = {n: (None, values[:, parts + i]) for i, n in enumerate(source.columns) if n != "-"}
    return _site(path, "table", _stamps(values, parts) if parts else None, held, source)


def _times(table: Table) -> np.ndarray:
    """Stamps of the rows: dates as usual, or FLUXNET's 12 digits of the start of the interval."""
    lower = {n.lower(): n for n in table.names}
    for name in (n for n in ("timestamp_start", "timestamp") if n in lower):
        text = table.frame[lower[name]].astype("string").str.strip()
        if text.str.fullmatch(r"\d{8}|\d{12}").all():
            digits = text.str.pad(12, side="right", fillchar="0").to_numpy(dtype=str).astype(np.int64)
            parts = [digits // 10**8, digits // 10**6 % 100, digits // 10**4 % 100, digits // 100 % 100, digits % 100]
            return _stamps(np.stack(parts, axis=1).astype(float))
    return dates(table)


def _quantity(name: str, source: ForcingSource) -> str | None:
    for quantity, known in QUANTITIES.items():
        if source.names.get(quantity) == name or (quantity not in source.names and name.lower() in known.names):
            return quantity
    return None


def _stamps(values: np.ndarray, parts: int = 5) -> np.ndarray:
    """Times from the leading columns year, month, day (hour, minute, second)."""
    whole = values[:, :parts].astype(np.int64)
    times = (whole[:, 0] - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (whole[:, 1] - 1)
    times = times.astype("datetime64[D]") + (whole[:, 2] - 1)
    seconds = sum(whole[:, 3 + i] * s for i, s in enumerate((3600, 60, 1)[: parts - 3]))
    return times.astype("datetime64[s]") + np.asarray(seconds).astype("timedelta64[s]")


def _matrix(path: str, body: str) -> np.ndarray:
    """Rows of numbers, NaN where missing. Raises DataError where rows differ in length or hold text."""
    import io

    import pandas as pd

    try:
        delimiter = "," if "," in body[:2000] else r"\s+"
        values = pd.read_csv(io.StringIO(body), sep=delimiter, header=None, comment="#").to_numpy(float)
    except ValueError as error:
        raise DataError(f"{path}: not a table of numbers ({error}); expected rows of equal length") from error
    return np.where(values <= _MISSING_BELOW, np.nan, values)


class _InMemory:
    """Reads a quantity of the one column of a table."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        self.arrays = arrays

    def __call__(self, quantity: str, rows: slice, columns: np.ndarray) -> np.ndarray:
        return self.arrays[quantity][rows, None]


def _site(
    path: str,
    form: str,
    times: np.ndarray | None,
    held: Mapping[str, tuple[str | None, np.ndarray]],
    source: ForcingSource,
    place: tuple[float | None, float | None, float | None] = (None, None, None),
    notes: tuple[str, ...] = (),
    listed: str = "",
    named: dict[str, str] | None = None,
) -> Held:
    """What a table holds as the weather of one site; `place` is (lat, lon, elevation), which the study overrides."""
    if "snow" in held and not np.nansum(np.abs(held["snow"][1])) and "rain" in held:
        held = {q: v for q, v in held.items() if q != "snow"}
        notes = (*notes, "the column of snow is 0 throughout: rain is taken as all precipitation")
    fields = {q: Field(q, named.get(q, q) if named else q, u) for q, (u, _) in held.items()}
    arrays = {q: np.where(v <= _MISSING_BELOW, np.nan, v) for q, (_, v) in held.items()}
    steps = len(next(iter(arrays.values()))) if arrays else 0
    lat = source.lat if source.lat is not None else place[0]
    lon = source.lon if source.lon is not None else place[1]
    height = source.elevation if source.elevation is not None else place[2]
    grid = None
    if lat is not None and lon is not None:
        name = source.label or Path(path).name.split(".")[0]
        grid = Sites(np.array([lat]), (np.array([lon]) + 180.0) % 360.0 - 180.0, (name,))
    return Held(
        path=path, format=form, times=times, steps=steps, fields=fields, grid=grid, notes=notes,
        read=_InMemory(arrays),
        elevation=None if height is None else np.array([height]), listed=listed or ", ".join(fields), in_memory=True,
    )  # fmt: skip
