"""Drydown events: where moisture falls from sample to sample, with the exponential fitted to each."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from vadose.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

    from vadose.calibrate.drydown.published import Published

# Columns of an event table: unit and meaning.
COLUMNS = {
    "cell": ("1", "number of the cell"),
    "start": ("1", "row of the first sample, days since the first day of the series"),
    "length": ("1", "number of samples"),
    "duration": ("d", "days from the first sample to the last"),
    "theta_c": ("m3 m-3", "first sample: the critical point of the event"),
    "theta_w": ("m3 m-3", "fitted asymptote: the wilting point of the event"),
    "amplitude": ("m3 m-3", "fitted distance from the asymptote at the first sample"),
    "tau": ("d", "fitted memory"),
    "r2": ("1", "coefficient of determination of the fit"),
    "kept": ("1", "whether the event passed the filters"),
}
_WHOLE = ("cell", "start", "length", "duration")
_REAL = ("theta_c", "theta_w", "amplitude", "tau", "r2")
# Key of the settings in the metadata of a file.
_KEY = b"vadose"


@dataclass(frozen=True, eq=False)
class Events:
    """Drydowns, ordered by cell and start; all [event].

    cell, start, length, duration  int32: number of the cell, row of the first sample, samples, days
    theta_c, theta_w, amplitude    m3 m-3: first sample, fitted asymptote, fitted amplitude
    tau, r2                        days; coefficient of determination 1 - SSE / SST
    kept                           bool, whether the event passed the filters

    theta(t) = amplitude exp(-t / tau) + theta_w, with t days since the first sample. NaN where a sample is negative,
    because theta_w then has no room between 0 and the lowest sample; such an event is not kept.
    """

    cell: np.ndarray
    start: np.ndarray
    length: np.ndarray
    duration: np.ndarray
    theta_c: np.ndarray
    theta_w: np.ndarray
    amplitude: np.ndarray
    tau: np.ndarray
    r2: np.ndarray
    kept: np.ndarray

    @property
    def size(self) -> int:
        """Number of events."""
        return self.cell.size

    @classmethod
    def concatenate(cls, parts: Sequence[Events]) -> Events:
        """The events of several tables, one after the other."""
        return cls(**{n: np.concatenate([getattr(p, n) for p in parts]) for n in COLUMNS}) if parts else cls.none()

    @classmethod
    def none(cls) -> Events:
        """No events."""
        kinds = {n: np.int32 if n in _WHOLE else bool if n == "kept" else float for n in COLUMNS}
        return cls(**{n: np.empty(0, kind) for n, kind in kinds.items()})

    def select(self, which: np.ndarray | slice) -> Events:
        """Some of the events: a mask, positions or a slice; `events.select(events.kept)` for example."""
        return Events(**{f.name: getattr(self, f.name)[which] for f in dataclasses.fields(self)})

    def frame(
        self, days: np.ndarray | None = None, lat: np.ndarray | None = None, lon: np.ndarray | None = None
    ) -> pd.DataFrame:
        """The events as a table, a row an event; columns and units as in the class.

        days      [time] datetime64 of the rows of the series; adds `date`, that of the first sample
        lat, lon  degrees, of the cells by their number; adds columns of these names
        Raises DataError where an event lies outside `days`, `lat` or `lon`.
        """
        import pandas as pd

        table = pd.DataFrame({n: getattr(self, n) for n in COLUMNS})
        for name, of, key in (("date", days, "start"), ("lat", lat, "cell"), ("lon", lon, "cell")):
            if of is None:
                continue
            place, known = getattr(self, key), np.asarray(of)
            if place.size and not 0 <= place.min() <= place.max() < known.size:
                raise DataError(
                    f"`{name}` needs {known.size} > {key}, got events of {key} {place.min()} to {place.max()}: "
                    "give the coordinate of the whole series or grid"
                )
            table[name] = known[place]
        return table


def drydown_events(values: np.ndarray, settings: Published | None = None, cell_offset: int = 0) -> Events:
    """Runs of strictly falling samples and the exponential fitted to each by least squares, 0 <= theta_w <= minimum.

    theta(t) = amplitude exp(-t / tau) + theta_w

    values       [time, cell] m3 m-3, a row a day; NaN or infinite days are missing and skipped
    settings     the published ones where None
    cell_offset  number of the first column
    Raises DataError where `values` is not [time, cell].
    Source: McColl et al. (2017)
    """
    from vadose.calibrate.drydown import runs
    from vadose.calibrate.drydown.published import Published

    rule = settings or Published()
    gap = math.inf if rule.maximum_gap is None else float(rule.maximum_gap)
    bounds = math.log(rule.shortest_memory), math.log(rule.longest_memory)
    parts = []
    for columns, series in runs.transposed(values):
        number = np.empty(series.shape[0], np.int64)
        runs.count(series, rule.minimum_samples, gap, number)
        place = np.empty((4, number.sum()), np.int32)
        fitted = np.empty((5, place.shape[1]))
        runs.fit_runs(series, rule.minimum_samples, gap, bounds, place, fitted)
        cell, start, length, last = place
        theta_c, theta_w, amplitude, tau, r2 = fitted
        cell += cell_offset + columns.start
        kept = r2 >= rule.minimum_r2
        parts.append(Events(cell, start, length, last - start, theta_c, theta_w, amplitude, tau, r2, kept))
    return Events.concatenate(parts)


class EventWriter:
    """Writes events to a parquet file as they come, one row group a call; use it in a `with` block.

    The file stands under its name only when the block has ended well: until then, and after an error or a kill, there
    is at most a hidden `.partial` file beside it, which the next writer removes. Reals are float32.

    path      of the file
    settings  a dataclass such as `Published`, kept in the file beside the units of the columns
    attrs     anything else JSON-able to keep: the first day of the series, the source, versions
    """

    def __init__(self, path: str | Path, settings: Any = None, attrs: Mapping[str, Any] | None = None) -> None:
        self.path = Path(path)
        self._unfinished = self.path.with_name(f".{self.path.name}.{os.getpid()}.partial")
        self._about = {
            **(attrs or {}),
            "settings": _plain(settings),
            "columns": {n: {"units": unit, "long_name": text} for n, (unit, text) in COLUMNS.items()},
        }

    def __enter__(self) -> Self:
        import pyarrow as pa
        import pyarrow.parquet as pq

        for stale in self.path.parent.glob(f".{self.path.name}.*.partial"):
            stale.unlink()
        kinds = {n: pa.int32() if n in _WHOLE else pa.bool_() if n == "kept" else pa.float32() for n in COLUMNS}
        fields = [pa.field(n, kind, metadata={"units": COLUMNS[n][0]}) for n, kind in kinds.items()]
        self._schema = pa.schema(fields, metadata={_KEY: json.dumps(self._about).encode()})
        # Bytes of reals of a like size compress better when split by their place.
        encoding = {**dict.fromkeys(_REAL, "BYTE_STREAM_SPLIT"), **dict.fromkeys(_WHOLE, "DELTA_BINARY_PACKED")}
        self._writer = pq.ParquetWriter(
            self._unfinished, self._schema, compression="zstd", use_dictionary=False, column_encoding=encoding
        )
        return self

    def write(self, events: Events) -> None:
        """Append events; their cells should not be those of an earlier call, so that a cell is found in one place."""
        import pyarrow as pa

        if events.size:
            columns = [pa.array(getattr(events, f.name), f.type) for f in self._schema]
            table = pa.Table.from_arrays(columns, schema=self._schema)
            self._writer.write_table(table, row_group_size=events.size)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            self._writer.close()
            if kind is None:
                self._unfinished.replace(self.path)
        finally:
            self._unfinished.unlink(missing_ok=True)


def read_events(path: str | Path, cell: int | None = None) -> Events:
    """Events of a file that `EventWriter` wrote: of all cells or of one, for which only its row groups are read.

    Raises DataError where the file is missing, cut off or holds something else.
    """
    with _opened(path) as file:
        column = file.schema_arrow.get_field_index("cell")
        groups = list(range(file.num_row_groups))
        if cell is not None:
            bounds = [file.metadata.row_group(g).column(column).statistics for g in groups]
            groups = [g for g, b in zip(groups, bounds, strict=True) if b is None or b.min <= cell <= b.max]
        table = file.read_row_groups(groups, columns=list(COLUMNS))
    events = Events(**{n: table[n].to_numpy() for n in COLUMNS})
    return events if cell is None else events.select(events.cell == cell)


def read_event_attrs(path: str | Path) -> dict[str, Any]:
    """What an event file says of itself: "settings", "columns" and the writer's `attrs`; raises as `read_events`."""
    with _opened(path) as file:
        return dict(json.loads(file.schema_arrow.metadata[_KEY]))


def _plain(settings: Any) -> dict[str, Any]:
    return {f.name: getattr(settings, f.name) for f in dataclasses.fields(settings)} if settings else {}


def _opened(path: str | Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{path} cannot be read as a table of events: {error}") from error
    missing = [n for n in COLUMNS if n not in file.schema_arrow.names]
    if missing or _KEY not in (file.schema_arrow.metadata or {}):
        file.close()
        raise DataError(
            f"{path} is no table of drydown events: expected columns {', '.join(COLUMNS)}, missing {missing}"
        )
    return file
