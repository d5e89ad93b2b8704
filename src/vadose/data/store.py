"""Stores: monthly values on the cells of a whole grid while they arrive, in memory only for the cells with data."""

from __future__ import annotations

import mmap

import numpy as np

_BYTES = 2**23  # moved at once when a store is closed


class CellStore:
    """Values [cell, month] of a whole grid in lazily committed memory: cells without data cost none."""

    def __init__(self, cells: int, months: int) -> None:
        self.buffer, self.values = _reserve(cells, months)
        self.seen = np.zeros(cells, bool)

    def put(self, block: np.ndarray, start: int, month: int) -> None:
        """Take block [month, cell] for the cells from `start` and the months from `month` on."""
        part = slice(start, start + block.shape[1])
        present = ~np.isnan(block).all(axis=0)
        new = np.flatnonzero(present & ~self.seen[part])
        if new.size:
            self.values[start + new] = np.nan
            self.seen[start + new] = True
        cells = np.flatnonzero(present)
        self.values[start + cells, month : month + block.shape[0]] = block.T[cells]

    def finish(self) -> tuple[np.ndarray, np.ndarray]:
        """(cells, values [cell, month]): rows are moved up in place, the memory behind them is given back."""
        cells = np.flatnonzero(self.seen).astype(np.int32)
        size = max(1, _BYTES // max(1, 4 * self.values.shape[1]))
        for i in range(0, cells.size, size):
            self.values[i : i + size][: cells.size - i] = self.values[cells[i : i + size]]
        _release(self.buffer, cells.size * self.values.shape[1] * self.values.itemsize)
        return cells, self.values[: cells.size]


class Coverage:
    """Largest and smallest depth [cell] m that the layers of each cell cover."""

    def __init__(self, cells: int) -> None:
        self.most = np.zeros(cells, np.float32)
        self.least = np.full(cells, np.inf, np.float32)

    def update(self, covered: np.ndarray | None, present: np.ndarray, total: float, start: int) -> None:
        part = slice(start, start + present.shape[1])
        depth = np.where(present, total, 0.0) if covered is None else covered
        self.most[part] = np.maximum(self.most[part], depth.max(axis=0))
        self.least[part] = np.minimum(self.least[part], np.where(depth > 0, depth, np.inf).min(axis=0))


class MonthlyMean:
    """Averages steps to months; steps come in the order of time, a month may come in several blocks."""

    def __init__(self, store: CellStore, start: int, months: np.ndarray, minimum: np.ndarray) -> None:
        self.store, self.start, self.months, self.minimum = store, start, months, minimum
        self.month: int | None = None
        self.total = self.count = np.zeros(0)

    def add(self, block: np.ndarray, months: np.ndarray) -> None:
        edges = np.flatnonzero(np.diff(months)) + 1
        for part, month in zip(np.split(block, edges), months[np.concatenate([[0], edges])], strict=True):
            if month != self.month:
                self.flush()
                self.month = int(month)
                self.total, self.count = np.zeros(block.shape[1]), np.zeros(block.shape[1], np.int32)
            valid = ~np.isnan(part)
            self.total += np.where(valid, part, 0.0).sum(axis=0, dtype=np.float64)
            self.count += np.count_nonzero(valid, axis=0)

    def flush(self) -> None:
        if self.month is None:
            return
        place = self.month - int(self.months[0])
        enough = self.count >= self.minimum[place]
        mean = np.where(enough, self.total / np.maximum(self.count, 1), np.nan)
        self.store.put(mean[None].astype(np.float32), self.start, place)
        self.month = None


def _reserve(cells: int, months: int) -> tuple[mmap.mmap | None, np.ndarray]:
    """Zeroed float32 [cells, months] whose pages are committed when they are written."""
    size = 4 * cells * months
    flags = (
        {"flags": mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)}
        if hasattr(mmap, "MAP_PRIVATE")
        else {}
    )
    buffer = mmap.mmap(-1, size, **flags)
    return buffer, np.frombuffer(buffer, dtype=np.float32).reshape(cells, months)


def _release(buffer: mmap.mmap | None, used: int) -> None:
    """Give the pages behind the first `used` bytes back."""
    start = -(-used // mmap.PAGESIZE) * mmap.PAGESIZE
    if buffer is not None and hasattr(buffer, "madvise") and start < len(buffer):
        buffer.madvise(mmap.MADV_DONTNEED, start, len(buffer) - start)
