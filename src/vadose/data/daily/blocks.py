"""Series by cell on disk: files by day are packed once, so that the series of some cells are one short read.

A folder holds one file for each block of days, each with the cells that have a value in it, in ascending order:
a header, then [cell] int64 positions in the grid, then [cell, day] float32, then counts of what was refused.
The manifest is written last: without it the folder is unfinished, and packing goes on with the first missing block.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from vadose.data.daily.block_file import Block, head, is_whole, read_head
from vadose.data.daily.quality import add_counts
from vadose.data.daily.series import DailyReader, DailySeries
from vadose.errors import DataError
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid, Sites

MANIFEST, PLAN = "manifest.json", "plan.json"
_AT_ONCE = 64_000_000  # bytes of values that are held while packing
Counts = Mapping[str, np.ndarray]


def pack_blocks(reader: DailyReader, folder: str | os.PathLike[str], days_per_block: int = 256) -> Store:
    """Pack the series of a reader into a folder; what an interrupted run has finished is kept.

    days_per_block  days of one file; long blocks make reading faster, short ones lose less when interrupted
    Blocks of another source, period or setting that lie in the folder are replaced. Memory stays at a few times
    64 MB whatever the size of the grid; while a block is packed, it takes its size twice on disk.
    """
    if days_per_block < 1:
        raise DataError(f"`days_per_block` must be at least 1, got {days_per_block}")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    plan = _plan(reader, days_per_block)
    if not (folder / PLAN).is_file() or _load_json(folder / PLAN) != plan:
        for old in (folder / MANIFEST, *folder.glob("block_*.bin")):
            old.unlink(missing_ok=True)
        _write_json(folder / PLAN, plan)
    if (folder / MANIFEST).is_file():
        return Store.open(folder)
    count = -(-reader.days.size // days_per_block)
    names = [f"block_{n:05d}.bin" for n in range(count)]
    todo = next((n for n in range(count) if not is_whole(folder / names[n])), count)
    if todo < count:
        for n, parts in _grouped(reader, days_per_block, todo):
            if n >= todo and not is_whole(folder / names[n]):
                length = min(days_per_block, reader.days.size - n * days_per_block)
                _write_block(folder / names[n], n * days_per_block, length, parts, reader.cells.index)
            else:
                for _ in parts:
                    pass
    _finish(folder, reader, days_per_block, names)
    return Store.open(folder)


@dataclass(frozen=True, eq=False)
class Store:
    """A packed folder, opened. `cells` are those that hold a value on any day.

    attrs    of the source; `refused_elsewhere` counts, by reason, what was refused in cells without any value
    refused  counts [cell] by reason
    rain     [time, cell] mm d-1 as in DailySeries; None where the source has none
    """

    folder: Path
    days: np.ndarray
    cells: Cells
    refused: Mapping[str, np.ndarray]
    attrs: Mapping[str, Any]
    names: tuple[str, ...]
    rain: np.ndarray | None = None

    @classmethod
    def open(cls, folder: str | os.PathLike[str]) -> Store:
        """Raises DataError where the folder is unfinished or a block is missing or damaged."""
        folder = Path(folder)
        if not (folder / MANIFEST).is_file():
            raise DataError(f"{folder}: no {MANIFEST}: the folder is no store, or was not finished; pack it again")
        manifest = _load_json(folder / MANIFEST)
        first, last = (np.datetime64(d, "D") for d in manifest["days"])
        with np.load(folder / "cells.npz", allow_pickle=False) as table:
            cells = Cells(_load_grid(table), table["index"])
            refused = {r: table[f"refused_{i}"] for i, r in enumerate(manifest["reasons"])}
            rain = table["rain"] if "rain" in table else None
        names = tuple(manifest["blocks"])
        for name in names:
            if not is_whole(folder / name):
                raise DataError(f"{folder / name}: missing or damaged; remove {folder / MANIFEST} and pack again")
        return cls(folder, np.arange(first, last + 1), cells, refused, manifest["attrs"], names, rain)

    @cached_property
    def _blocks(self) -> list[tuple[Block, np.ndarray]]:
        found = [read_head(self.folder / name) for name in self.names]
        return [(b, b.positions) for b in found if b is not None]

    def read(self, which: slice | np.ndarray) -> DailySeries:
        """The series of some cells: a slice, ascending positions in `cells`, or a mask.

        The values [time, cell] are laid out cell by cell (Fortran order): one series is one run of memory.
        """
        cells = self.cells.part(which)
        series = np.full((cells.size, self.days.size), np.nan, np.float32)
        for block, index in self._blocks if cells.size else ():
            a, b = np.searchsorted(index, [cells.index[0], cells.index[-1] + 1])
            place = np.searchsorted(cells.index, index[a:b])
            here = cells.index[place] == index[a:b]
            days = slice(block.first, block.first + block.days)
            if here.all():
                series[place, days] = block.rows(int(a), int(b))
            elif here.any():
                series[place[here], days] = block.values[a + np.flatnonzero(here)]
        refused = {reason: counts[which] for reason, counts in self.refused.items()}
        rain = None if self.rain is None else self.rain[:, which]
        return DailySeries(series.T, self.days, cells, refused, self.attrs, rain)


class _Part(NamedTuple):
    """Some days of a block: values [cell, day] of the cells (positions in the reader) that have any."""

    first: int
    place: np.ndarray
    values: np.ndarray
    refused: Counts


def _grouped(reader: DailyReader, days_per_block: int, todo: int) -> Iterator[tuple[int, Iterator[_Part]]]:
    """(number of the block, its parts) from block `todo` on, or from the first where the reader cannot skip."""
    most = max(1, _AT_ONCE // (4 * max(reader.cells.size, 1)))
    size = max(d for d in range(1, min(most, days_per_block) + 1) if days_per_block % d == 0)
    skip = 0
    starting = getattr(reader, "starting", None)
    if todo and starting is not None:
        skip = todo * days_per_block
        reader = starting(skip)
    total = reader.days.size + skip
    stream = reader.blocks(size)

    def parts(stop: int) -> Iterator[_Part]:
        done = -1
        while done < stop:
            start, values, refused = next(stream)
            place = np.flatnonzero(np.isfinite(values).any(axis=0))
            done = start + skip + values.shape[0]
            yield _Part(start + skip, place, np.ascontiguousarray(values[:, place].T), refused)

    for n in range(skip // days_per_block, -(-total // days_per_block)):
        yield n, parts(min((n + 1) * days_per_block, total))


def _write_block(path: Path, first: int, days: int, parts: Iterator[_Part], index: np.ndarray) -> None:
    """Write one block under a temporary name and rename it; its parts wait in a file until all cells are known."""
    refused: dict[str, np.ndarray] = {}
    with tempfile.TemporaryFile(dir=path.parent) as spool:
        held: list[tuple[int, np.ndarray, int, int]] = []
        for part in parts:
            held.append((part.first - first, part.place, part.values.shape[1], spool.tell()))
            spool.write(part.values.tobytes())
            add_counts(refused, part.refused)
        spool.flush()
        cells = np.unique(np.concatenate([p[1] for p in held])) if held else np.empty(0, np.int64)
        counts = {r: c for r, c in refused.items() if np.any(c)}
        where = np.flatnonzero(np.any(np.stack(list(counts.values())), axis=0)) if counts else np.empty(0, np.int64)
        temporary = path.with_name(f".{path.name}.partial")
        with open(temporary, "wb") as out:
            out.write(head(first, days, cells.size, tuple(counts), where.size))
            out.write(index[cells].astype(np.int64).tobytes())
            step = max(1, _AT_ONCE // (4 * days))
            for a in range(0, cells.size, step):
                out.write(_rows(cells[a : a + step], days, held, spool).tobytes())
            out.write(index[where].astype(np.int64).tobytes())
            for count in counts.values():
                out.write(count[where].astype(np.int32).tobytes())
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, path)


def _rows(cells: np.ndarray, days: int, held: list[tuple[int, np.ndarray, int, int]], spool: Any) -> np.ndarray:
    """Values [cell, day] of a range of the cells of a block."""
    rows = np.full((cells.size, days), np.nan, np.float32)
    for day, place, length, at in held:
        a, b = np.searchsorted(place, [cells[0], cells[-1] + 1])
        if a < b:
            spool.seek(at + 4 * length * int(a))
            block = np.frombuffer(spool.read(4 * length * int(b - a)), np.float32).reshape(-1, length)
            rows[np.searchsorted(cells, place[a:b]), day : day + length] = block
    return rows


def _finish(folder: Path, reader: DailyReader, days_per_block: int, names: list[str]) -> None:
    """The union of the cells, the sums of what was refused, and the manifest."""
    blocks = [b for b in (read_head(folder / n) for n in names) if b is not None]
    whole = reader.cells.index
    held = np.zeros(whole.size, bool)
    refused: dict[str, np.ndarray] = {}
    for block in blocks:
        held[np.searchsorted(whole, block.positions)] = True
        where, counts = block.counts()
        for reason, count in zip(block.reasons, counts, strict=True):
            refused.setdefault(reason, np.zeros(whole.size, np.int32))[np.searchsorted(whole, where)] += count
    reasons = sorted(refused)
    grid = _grid_arrays(reader.cells.grid)
    temporary = folder / ".cells.npz.partial"
    table: dict[str, Any] = {"index": whole[held], **grid}
    table |= {f"refused_{i}": refused[r][held] for i, r in enumerate(reasons)}
    rain = getattr(reader, "rain", None)
    if rain is not None:
        table["rain"] = rain[:, held]
    with temporary.open("wb") as out:
        np.savez(out, **table)
    os.replace(temporary, folder / "cells.npz")
    elsewhere = {r: int(refused[r][~held].sum()) for r in reasons}
    _write_json(
        folder / MANIFEST,
        {
            "format": "vadose daily blocks 1", "days": [str(reader.days[0]), str(reader.days[-1])],
            "days_per_block": days_per_block, "cells": int(held.sum()), "reasons": reasons, "blocks": names,
            "attrs": {**reader.attrs, "refused_elsewhere": elsewhere},
        },
    )  # fmt: skip


def _plan(reader: DailyReader, days_per_block: int) -> dict[str, Any]:
    """What makes the blocks of one source different from those of another: settings, cells, and the files' states."""
    attrs = json.dumps(dict(reader.attrs), sort_keys=True, default=str)
    states = [(p, s.st_size, s.st_mtime_ns) for p in reader.attrs.get("files", ()) for s in [_stat(p)] if s is not None]
    text = hashlib.sha256(f"{attrs}{states}".encode())
    text.update(reader.cells.index.tobytes() + np.ascontiguousarray(reader.cells.lat).tobytes())
    days = [str(reader.days[0]), str(reader.days[-1])]
    return {"days": days, "days_per_block": days_per_block, "source": text.hexdigest()}


def _stat(path: str) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _grid_arrays(grid: LatLonGrid | Sites) -> dict[str, np.ndarray]:
    if isinstance(grid, Sites):
        return {"lat": grid.lat, "lon": grid.lon, "names": np.array(grid.names, dtype=str)}
    return {n: getattr(grid, n) for n in ("lat", "lon", "lat_bnds", "lon_bnds")}


def _load_grid(table: Mapping[str, np.ndarray]) -> LatLonGrid | Sites:
    if "names" in table:
        return Sites(table["lat"], table["lon"], tuple(str(n) for n in table["names"]))
    return LatLonGrid(*(table[n] for n in ("lat", "lon", "lat_bnds", "lon_bnds")))


def _load_json(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except ValueError:
        return {}
    return found


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    temporary = path.with_name(f".{path.name}.partial")
    temporary.write_text(json.dumps(content, indent=1, default=str))
    os.replace(temporary, path)
