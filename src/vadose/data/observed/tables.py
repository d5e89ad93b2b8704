"""Text tables of measurements: daily standard format, COSMOS, AmeriFlux, FLUXNET, rsplash and any with a header."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np

from vadose.data.daily.columns import Table, dates, parse_table
from vadose.data.daily.text import read_text
from vadose.data.observed.columns import Columns
from vadose.errors import DataError

SUFFIXES = tuple(s + z for s in (".csv", ".txt", ".tsv", ".dat") for z in ("", ".gz"))
_MISSING_BELOW = -6998.0  # -9999, -6999 and their like
_NUMBERS = re.compile(r"^[-+0-9.eE\s]+$")
# The 33 columns of the daily standard format, in which Walnut Gulch is distributed, with their units.
_STDFMT = (
    *(("YYYY", ""), ("MM", ""), ("DD", ""), ("PREC", "mm d-1"), ("Tmax", "degC"), ("Tmin", "degC"), ("Tair", "degC")),
    *(("SWdown", "W m-2"), ("LWdown", "W m-2"), ("RH", "%"), ("Patm", "kPa"), ("Wind", "m s-1"), ("ET", "mm d-1")),
    *((f"Tsdep{i}", "cm") for i in range(1, 6)), *((f"SM{i}", "m3 m-3") for i in range(1, 6)),
    *((f"Tsoil{i}", "degC") for i in range(1, 6)),
    *((n, "W m-2") for n in ("SWnet", "LWnet", "H", "LE", "FG")),
)  # fmt: skip
# Units that networks document and their files leave out.
_FLUXNET = {
    **dict.fromkeys(("le_f_mds", "le", "le_corr", "h_f_mds", "h", "h_corr", "g_f_mds", "g", "netrad"), "W m-2"),
    **dict.fromkeys(("ts_f_mds_1", "ts_f_mds_2", "ts_f_mds_3", "ts_1_1_1"), "degC"),
    **dict.fromkeys(("swc_f_mds_1", "swc_f_mds_2", "swc_f_mds_3", "swc_1_1_1"), "%"),
}
_RSPLASH = {"aet": "mm d-1", "pet": "mm d-1", "sm": "%", "netr": "W m-2", "swe": "mm"}
_COSMOS = {"SOILM": "DEP", "SM12H": "D12"}


def read_columns(path: str, time: str = "") -> Columns:
    """A text file of measurements.

    time  name of the column of dates, where it is not found
    Raises DataError for files whose columns or dates cannot be told.
    """
    text = read_text(path)
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if len(lines) > 1 and _NUMBERS.match(lines[0]) and len(lines[0].split()) == len(_STDFMT):
        return _stdfmt(path, lines)
    header = next((i for i, line in enumerate(lines[:100]) if _two_headers(lines, i)), None)
    if header is not None:
        return _towers(path, lines, header)
    return _named(parse_table(path), time)


def _stdfmt(path: str, lines: list[str]) -> Columns:
    values = np.loadtxt(io.StringIO("\n".join(lines)))
    if values.shape[1] != len(_STDFMT):
        raise DataError(f"{path}: {values.shape[1]} columns; expected the {len(_STDFMT)} of the daily standard format")
    held = {name: _known(values[:, i]) for i, (name, _) in enumerate(_STDFMT) if i > 2}
    whole = values[:, :3].astype(np.int64)
    days = (whole[:, 0] - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (whole[:, 1] - 1)
    times = (days.astype("datetime64[D]") + (whole[:, 2] - 1)).astype("datetime64[s]")
    depths = {i: held[f"Tsdep{i}"][np.isfinite(held[f"Tsdep{i}"])] for i in range(1, 6)}
    sensor = {f"{n}{i}": float(np.median(d)) / 100.0 for i, d in depths.items() if d.size for n in ("SM", "Tsoil")}
    # Columns that were never measured are written as zero throughout.
    held = {n: v for n, v in held.items() if not (n in ("SWnet", "LWnet") and not np.nansum(np.abs(v)))}
    return Columns(path, "stdfmt", times, held, {n: u for n, u in _STDFMT if n in held}, sensor=sensor)


def _two_headers(lines: list[str], at: int) -> bool:
    """Whether a line of names, with the year first, is followed by one of units."""
    if not re.match(r'^"?year\b', lines[at], re.IGNORECASE) or at + 2 >= len(lines):
        return False
    names, units = _split(lines[at]), _split(lines[at + 1])
    return (
        len(names) == len(units) and "DOY" in (n.upper() for n in names) and bool(re.search(r"W\s?/?m", lines[at + 1]))
    )


def _towers(path: str, lines: list[str], header: int) -> Columns:
    """AmeriFlux level 2 and REddyProc: a line of names, a line of units; year, day of the year, hour."""
    import pandas as pd

    names, units = _split(lines[header]), _split(lines[header + 1])
    body = [line for line in lines[header + 2 :] if re.match(r"^\s*\d{4}[\s,]", line)]
    delimiter = "," if "," in lines[header] else r"\s+"
    try:
        frame = pd.read_csv(io.StringIO("\n".join(body)), sep=delimiter, header=None, names=names)
        values = {n: _known(frame[n].to_numpy(float)) for n in names}
    except ValueError as error:
        raise DataError(f"{path}: not a readable table ({error}); expected rows of equal length") from error
    upper = {n.upper(): n for n in names}
    if "DTIME" in upper:
        day, stamp = values[upper["DTIME"]] - 1.0, "start"
    else:
        day, stamp = values[upper["DOY"]] - 1.0 + values[upper["HOUR"]] / 24.0, "end"
    years = values[upper["YEAR"]].astype(np.int64)
    times = (years - 1970).astype("datetime64[Y]").astype("datetime64[m]") + np.round(day * 1440.0).astype(np.int64)
    deep = {f"SWC{i}": f"TSdepth{i}" for i in (1, 2)} | {f"TS{i}": f"TSdepth{i}" for i in (1, 2)}
    sensor = {n: float(np.nanmedian(values[d])) / 100.0 for n, d in deep.items() if d in values and n in values}
    stated = {n: u for n, u in zip(names, units, strict=True) if u not in ("", "-", "unitless")}
    return Columns(path, "tower", times.astype("datetime64[s]"), values, stated, stamp, sensor)


def _named(table: Table, time: str) -> Columns:
    """A table whose columns have names."""
    frame = table.frame
    held = {n: _known(frame[n].to_numpy(float)) for n in table.names if frame[n].dtype.kind in "iuf"}
    times, digits = _times(table, time)
    lower = {n.lower(): n for n in reversed(table.names)}
    units = dict(table.units)
    if {"date", "pn", "tc", "sw_in"} <= set(lower) or {"date", "p", "ta", "sw_in", "swe"} <= set(lower):
        usual = dict(_RSPLASH)
        if "swe" in lower:
            usual["sm"] = "mm"
        units |= {n: usual[n.lower()] for n in held if n.lower() in usual and n not in units}
        return Columns(table.path, "rsplash", times.astype("datetime64[D]").astype("datetime64[s]"), held, units)
    if "SOILM" in held and "DEP" in held:
        units |= dict.fromkeys((n for n in _COSMOS if n in held), "%")
        reach = {n: held[d] / 100.0 for n, d in _COSMOS.items() if n in held and d in held}
        return Columns(table.path, "cosmos", times, held, units, "end", reach=reach)
    quality = {}
    if "timestamp_start" in lower or "ta_f" in lower:
        units |= {n: _FLUXNET[n.lower()] for n in held if n.lower() in _FLUXNET and n not in units}
        carbon = "umol m-2 s-1" if digits == 12 else "g m-2 d-1"
        units |= {n: carbon for n in held if n.lower().startswith(("gpp_", "reco_")) and n not in units}
        # Half-hours: 0 measured, 1 filled well; of days and months the part of such half-hours.
        least = digits == 12
        for n in held:
            if f"{n}_QC" in held:
                flag = held[f"{n}_QC"]
                quality[n] = ~(flag <= 1.0) if least else ~(flag >= 0.5)
    return Columns(table.path, "table", times, held, units, quality=quality)


def _times(table: Table, time: str) -> tuple[np.ndarray, int]:
    """Stamps of the rows, and how many digits they are written with (0 of other dates)."""
    lower = {n.lower(): n for n in table.names}
    candidates = [time] if time else [lower[n] for n in ("timestamp_start", "timestamp") if n in lower]
    for name in candidates:
        text = table.frame[table.column(name, "time")].astype("string").str.strip()
        if text.str.fullmatch(r"\d{8}|\d{10}|\d{12}").all():
            digits = int(text.str.len().max())
            padded = text.str.pad(12, side="right", fillchar="0").to_numpy(dtype=str)
            iso = [f"{t[:4]}-{t[4:6]}-{t[6:8]}T{t[8:10]}:{t[10:12]}" for t in padded]
            return np.array(iso, dtype="datetime64[s]"), digits
    return dates(table, time or None), 0


def _known(values: np.ndarray) -> np.ndarray:
    return np.where((values <= _MISSING_BELOW) | (values == -999.0) | np.isinf(values), np.nan, values)


def _split(line: str) -> list[str]:
    parts = line.split(",") if "," in line else line.split()
    return [p.strip().strip('"') for p in parts]


def is_table(path: str) -> bool:
    """Whether a file is read as a text table, by its name."""
    return Path(path).name.lower().endswith(SUFFIXES)
