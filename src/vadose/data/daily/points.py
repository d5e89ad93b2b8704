"""Point series of soil moisture: which reader a set of files needs."""

from __future__ import annotations

import dataclasses

from vadose.data.daily import cf_points, ismn, tables
from vadose.data.daily.observations import PointReader, PointSource, daily_reader
from vadose.data.daily.source import DailySource, files_of
from vadose.errors import DataError

__all__ = ["PointReader", "PointSource", "open_points"]


def open_points(source: DailySource) -> PointReader | None:
    """Daily series of a source at points; None where its files hold grids.

    source  a DailySource, or a PointSource where its tables leave something unsaid
    Read are CF time series at points, ISMN station files, cosmic-ray sensors (COSMOS level 3, COSMOS-Europe) and
    tables of any delimiter.
    Raises DataError where `product` is "points" and the files are none of these.
    """
    wanted = _as_points(source)
    files = files_of(source)
    stations = [p for p in files if p.lower().endswith(ismn.SUFFIXES)]
    if stations:
        return daily_reader(ismn.read_ismn(stations, wanted), wanted)
    texts = tuple(p for p in files if p.lower().endswith(tables.SUFFIXES))
    if texts and len(texts) == len(files):
        return daily_reader(tables.read_tables(texts, wanted), wanted)
    series = cf_points.point_files(files)
    if series:
        return daily_reader([cf_points.read_cf_points(p, wanted) for p in series], wanted)
    if source.product == "points":
        raise DataError(
            f"{source.name}: none of its {len(files)} files holds series at points; expected CF time series (.nc), "
            "ISMN stations (.stm) or tables (.csv, .txt, .tsv, .dat), plain or .gz"
        )
    return None


def _as_points(source: DailySource) -> PointSource:
    if isinstance(source, PointSource):
        return source
    return PointSource(**{f.name: getattr(source, f.name) for f in dataclasses.fields(source)})
