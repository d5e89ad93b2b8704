"""Station files of the International Soil Moisture Network, in both of its formats.

CEOP:            day time day time cse network station lat lon elevation top bottom value flag flag
header + values: a line `cse network station lat lon elevation top bottom sensor`, then `day time value flag flag`

Source: Dorigo et al. (2011, 2013); flags: G good; C01-C03 out of range; C04, C05 frozen; D01-D10 spectrum based.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from vadose.data.daily.observations import Observations, PointSource
from vadose.data.daily.quality import FLAG
from vadose.data.daily.text import read_text
from vadose.errors import ConfigError, DataError
from vadose.grid.latlon import Sites

SUFFIXES = (".stm", ".stm.gz")
GOOD = ("G",)
_MISSING = -9999.0
_NUMBER = r"(-?\d+(?:\.\d*)?)"
_HEADER = re.compile(rf"^(\S+)\s+(\S+)\s+(\S.*?)\s+{_NUMBER}\s+{_NUMBER}\s+{_NUMBER}\s+{_NUMBER}\s+{_NUMBER}\s+(\S.*)$")
_DATE = re.compile(r"^\d{4}/\d{2}/\d{2} \d{2}:\d{2}")
_QUANTITY = re.compile(r"_(sm|p|ts|ta|sd|sweq|su)_-?\d")


def read_ismn(paths: Sequence[str], source: PointSource) -> list[Observations]:
    """Soil moisture of ISMN files; files of precipitation of the same station give its rain.

    Sensors outside `depth` of the source are left out.
    Raises DataError, naming file and line, for lines that are of neither format.
    """
    soil = [p for p in paths if _quantity(p) in ("sm", "")]
    if not soil:
        raise DataError(f"{source.name}: no file of soil moisture (..._sm_...stm) among {len(paths)} ISMN files")
    seen = [_read(p, source) for p in soil]
    if source.depth is not None:
        top, bottom = source.depth
        inside = [s for s in seen if s.depth and top - 1e-6 <= s.depth[0] and s.depth[1] <= bottom + 1e-6]
        if not inside:
            have = ", ".join(sorted({f"{s.depth[0]:g}-{s.depth[1]:g} m" for s in seen if s.depth}))
            raise DataError(f"{source.name}: no sensor within `depth` = [{top:g}, {bottom:g}] m; the files have {have}")
        seen = inside
    rain = [_read(p, source) for p in paths if _quantity(p) == "p"]
    return [_with_rain(s, rain) for s in seen]


def allowed_flags(source: PointSource) -> tuple[str, ...] | None:
    """Flags of which at least one is needed and no other may stand; None for all.

    Raises ConfigError for a condition that names no ISMN flag.
    """
    if source.quality == "all":
        return None
    if source.quality == "recommended":
        return GOOD
    texts = [v for v in source.quality.values() if isinstance(v, str)] if isinstance(source.quality, dict) else []
    flags = tuple(re.findall(r"\b(?:G|M|[CD]\d\d)\b", " ".join(texts)))
    if not flags:
        raise ConfigError(f'{source.name}: `quality` must name ISMN flags (ismn = "G D05"), got {source.quality}')
    return flags


def _quantity(path: str) -> str:
    found = _QUANTITY.search(Path(path).name)
    return found[1] if found else ""


def _read(path: str, source: PointSource) -> Observations:
    lines = [line for line in read_text(path).splitlines() if line.strip()]
    ceop = bool(_DATE.match(lines[0]))
    head, rows = _ceop(path, lines) if ceop else _header_and_values(path, lines)
    network, station, lat, lon, top, bottom, sensor = head
    try:
        value = np.array([r[1] for r in rows], dtype=float)
        time = np.array([r[0].replace("/", "-").replace(" ", "T") for r in rows], dtype="datetime64[s]")
    except ValueError as error:
        raise DataError(f"{path}: a date or value cannot be read ({error}); get the file again") from error
    value[value <= _MISSING] = np.nan
    flags = allowed_flags(source)
    bad = np.zeros(value.size, bool)
    if flags is not None:
        kinds, kind = np.unique([r[2] for r in rows], return_inverse=True)
        good = np.array([bool(k) and set(str(k).split(",")) <= set(flags) for k in kinds])
        bad = ~good[kind]
    name = f"{network} {station} {top:g}-{bottom:g} m" + (f" {sensor}" if sensor else "")
    sites = Sites(np.array([lat]), np.array([(lon + 180) % 360 - 180]), (name,))
    return Observations(
        sites, np.zeros(value.size, np.int64), time, value, {FLAG: bad}, depth=(top, bottom), files=(path,)
    )


def _ceop(path: str, lines: list[str]) -> tuple[tuple, list[tuple[str, str, str]]]:
    first = lines[0].split()
    if len(first) < 14:
        raise DataError(f"{path}: line 1 has {len(first)} columns; expected the 15 of the ISMN's CEOP format")
    rows = []
    for number, line in enumerate(lines, 1):
        part = line.split()
        if len(part) != len(first) or not _DATE.match(line):
            raise DataError(
                f"{path}: line {number} has {len(part)} columns, line 1 has {len(first)}; the file is truncated or "
                "damaged, get it again"
            )
        rows.append((f"{part[0]} {part[1]}", part[-3], part[-2]))
    # A station name may hold spaces, so that numbers are counted from the end.
    lat, lon, _, top, bottom = (float(x) for x in first[-8:-3])
    return (first[5], " ".join(first[6:-8]), lat, lon, top, bottom, _sensor(path)), rows


def _header_and_values(path: str, lines: list[str]) -> tuple[tuple, list[tuple[str, str, str]]]:
    found = _HEADER.match(lines[0].strip())
    if found is None or len(lines) < 2:
        raise DataError(f"{path}: line 1 is neither an ISMN header nor a CEOP line: {lines[0][:60]!r}")
    lat, lon, _, top, bottom = (float(x) for x in found.groups()[3:8])
    rows = []
    for number, line in enumerate(lines[1:], 2):
        part = line.split()
        if len(part) < 4 or not _DATE.match(line):
            raise DataError(
                f"{path}: line {number} is not `date time value flag ...`: {line[:60]!r}; the file is truncated or "
                "damaged, get it again"
            )
        rows.append((f"{part[0]} {part[1]}", part[2], part[3]))
    return (found[2], found[3], lat, lon, top, bottom, found[9].strip()), rows


def _sensor(path: str) -> str:
    """The sensor as the file name has it: ..._sm_TOP_BOTTOM_SENSOR_FIRST_LAST.stm."""
    found = re.search(r"_sm_[\d.]+_[\d.]+_(.+)_\d{8}_\d{8}\.stm", Path(path).name)
    return found[1] if found else ""


def _with_rain(seen: Observations, rain: list[Observations]) -> Observations:
    """The observations with the rain of the same place, at times of their own, where there is any."""
    near = [
        r for r in rain
        if abs(r.sites.lat[0] - seen.sites.lat[0]) < 1e-3 and abs(r.sites.lon[0] - seen.sites.lon[0]) < 1e-3
    ]  # fmt: skip
    if not near:
        return seen
    gauge = near[0]
    fall = np.where(gauge.refused[FLAG], np.nan, gauge.value)
    blank = np.full(seen.value.size, np.nan)
    return Observations(
        seen.sites,
        np.zeros(seen.value.size + fall.size, np.int64),
        np.concatenate([seen.time, gauge.time]),
        np.concatenate([seen.value, np.full(fall.size, np.nan)]),
        {FLAG: np.concatenate([seen.refused[FLAG], np.zeros(fall.size, bool)])},
        np.concatenate([blank, fall]),
        seen.depth,
        seen.files + gauge.files,
    )
