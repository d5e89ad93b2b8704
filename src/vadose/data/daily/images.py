"""Files by day as a reader: images and stacks in any order, several a day averaged, days without one missing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np

from vadose.data.daily.quality import SPIKE, add_counts, find_spikes
from vadose.data.daily.series import DailyReader, DailySeries
from vadose.data.daily.source import DailySource
from vadose.data.daily.window import Window
from vadose.errors import DataError
from vadose.grid.cells import Cells

Counts = Mapping[str, np.ndarray]
BATCH = 8_000_000  # values that are read from one file at once
REACH = 10  # d, how far the neighbours of a spike may lie
_MONTHLY = 26.0  # d


class Image(Protocol):
    """One file: its days are known, its values are read when they are needed.

    days  [step] datetime64[D], in the order of the file
    """

    @property
    def path(self) -> str: ...

    @property
    def days(self) -> np.ndarray: ...

    def read(self, steps: np.ndarray, window: Window) -> tuple[np.ndarray, Counts]:
        """Values [step, cell] m3 m-3 of ascending `steps`, NaN where missing, and what was refused [cell]."""
        ...


class Job(NamedTuple):
    """What is read together, from position `day` on: (image, steps) of a run of days, or of one day to average."""

    day: int
    parts: tuple[tuple[int, np.ndarray], ...]
    averaged: bool


@dataclass(frozen=True, eq=False)
class ImageReader:
    """Images joined along time: a `DailyReader`.

    Values of one day (several overpasses, hours, files that overlap) are averaged; equal ones thereby merge.
    """

    images: Sequence[Image]
    window: Window
    days: np.ndarray
    attrs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def cells(self) -> Cells:
        return self.window.cells

    def starting(self, day: int) -> ImageReader:
        """The same from the day at position `day` on."""
        return ImageReader(self.images, self.window, self.days[day:], self.attrs)

    def blocks(self, size: int) -> Iterator[tuple[int, np.ndarray, Counts]]:
        """(first day's position, values [time, cell], refused by reason [cell]) of blocks of `size` days."""
        place = _places(self.images, self.days)
        edges = np.searchsorted(place[0], np.arange(0, self.days.size + size, size))
        for start, a, b in zip(range(0, self.days.size, size), edges[:-1], edges[1:], strict=False):
            stop = min(start + size, self.days.size)
            values = np.full((stop - start, self.cells.size), np.nan, np.float32)
            refused: dict[str, np.ndarray] = {}
            most = max(1, BATCH // self.cells.size)
            for job in _jobs(place[0][a:b], place[1][a:b], place[2][a:b], most):
                add_counts(refused, self._fill(values[job.day - start :], job))
            yield start, values, refused

    def _fill(self, out: np.ndarray, job: Job) -> Counts:
        """Read what belongs to a run of days, or to one day that has several images, into the first rows of `out`."""
        if not job.averaged:
            ((image, steps),) = job.parts
            out[: steps.size], counts = self.images[image].read(steps, self.window)
            return counts
        total = np.zeros(self.cells.size)
        number = np.zeros(self.cells.size, np.int32)
        refused: dict[str, np.ndarray] = {}
        for image, steps in job.parts:
            block, counts = self.images[image].read(steps, self.window)
            add_counts(refused, counts)
            known = np.isfinite(block)
            total += np.where(known, block, 0).sum(axis=0, dtype=np.float64)
            number += known.sum(axis=0, dtype=np.int32)
        out[0] = np.where(number > 0, total / np.maximum(number, 1), np.nan)
        return refused


def join_images(images: Sequence[Image], window: Window, source: DailySource, attrs: Mapping[str, Any]) -> ImageReader:
    """The reader of a set of files, cut to the period of the source.

    Raises DataError where the steps are months, or no day lies in the period.
    """
    every = np.concatenate([i.days for i in images])
    if not every.size:
        raise DataError(f"{source.name}: the files hold no day")
    days, count = np.unique(every, return_counts=True)
    gaps = np.diff(days).astype(int)
    if gaps.size > 1 and np.median(gaps) >= _MONTHLY:
        raise DataError(
            f"{source.name}: the time steps are {np.median(gaps):.0f} days apart; expected daily values; "
            "give the daily files of the product"
        )
    first, last = source.days_wanted
    kept = days[(days >= first) & (days <= last)]
    if not kept.size:
        raise DataError(
            f"{source.name}: no day from {first} to {last}; the files hold {days[0]} to {days[-1]}; correct `period`"
        )
    notes = list(attrs.get("warnings", ()))
    if np.any(count > 1) and attrs.get("product") != "smap_l2":
        twice = days[count > 1]
        notes.append(f"{twice.size} days have several images (the first is {twice[0]}); their values are averaged")
    axis = np.arange(kept[0], kept[-1] + 1)
    full = {**attrs, "files": [i.path for i in images], "warnings": notes, "days_without_image": axis.size - kept.size}
    return ImageReader(tuple(images), window, axis, full)


@dataclass(frozen=True, eq=False)
class Despiked:
    """A reader whose spikes are refused and counted; it looks `REACH` days over the borders of blocks."""

    reader: DailyReader
    threshold: float

    @property
    def days(self) -> np.ndarray:
        return self.reader.days

    @property
    def cells(self) -> Cells:
        return self.reader.cells

    @property
    def attrs(self) -> Mapping[str, Any]:
        return {**self.reader.attrs, "spikes": self.threshold}

    def blocks(self, size: int) -> Iterator[tuple[int, np.ndarray, Counts]]:
        """As `DailyReader.blocks`; a block is handed on when the days behind it are known."""
        held: tuple[int, np.ndarray, Counts] | None = None
        before = np.empty((0, self.cells.size), np.float32)
        ahead = self.reader.blocks(-(-REACH // size) * size)
        for block in ahead:
            if held is not None:
                yield from self._pieces(held, before, block[1][:REACH], size)
                before = held[1][-REACH:].copy()
            held = block
        if held is not None:
            yield from self._pieces(held, before, before[:0], size)

    def _pieces(
        self, block: tuple[int, np.ndarray, Counts], before: np.ndarray, after: np.ndarray, size: int
    ) -> Iterator[tuple[int, np.ndarray, Counts]]:
        start, values, refused = block
        spike = find_spikes(np.concatenate([before, values, after]), self.threshold, REACH)
        spike = spike[before.shape[0] : before.shape[0] + values.shape[0]]
        clean = np.where(spike, np.float32(np.nan), values)
        counts = dict(refused)
        for a in range(0, values.shape[0], size):
            part = spike[a : a + size]
            yield start + a, clean[a : a + size], {**counts, SPIKE: part.sum(axis=0, dtype=np.int32)}
            counts = {}


def gather(reader: DailyReader, size: int = 64) -> DailySeries:
    """The whole of a reader in memory."""
    values = np.full((reader.days.size, reader.cells.size), np.nan, np.float32)
    refused: dict[str, np.ndarray] = {}
    for start, block, counts in reader.blocks(size):
        values[start : start + block.shape[0]] = block
        add_counts(refused, counts)
    rain = getattr(reader, "rain", None)
    return DailySeries(values, reader.days, reader.cells, refused, reader.attrs, rain)


def _places(images: Sequence[Image], days: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(position of the day, image, step) of every step within `days`, in the order of the days."""
    day = np.concatenate([(i.days - days[0]).astype(int) for i in images])
    image = np.concatenate([np.full(i.days.size, n) for n, i in enumerate(images)])
    step = np.concatenate([np.arange(i.days.size) for i in images])
    order = np.lexsort((step, image, day))
    order = order[(day[order] >= 0) & (day[order] < days.size)]
    return day[order], image[order], step[order]


def _jobs(day: np.ndarray, image: np.ndarray, step: np.ndarray, most: int) -> Iterator[Job]:
    """Runs of at most `most` days of one file, and days that have several images."""
    repeated = np.zeros(day.size + 1, bool)
    repeated[1:-1] = day[1:] == day[:-1]
    shared = repeated[:-1] | repeated[1:]
    a = 0
    while a < day.size:
        b = a + 1
        if shared[a]:
            b = int(np.searchsorted(day, day[a], side="right"))
            parts = tuple((int(i), step[a:b][image[a:b] == i]) for i in np.unique(image[a:b]))
            yield Job(int(day[a]), parts, True)
        else:
            while b < day.size and b - a < most and not shared[b] and image[b] == image[a]:
                if day[b] != day[b - 1] + 1 or step[b] != step[b - 1] + 1:
                    break
                b += 1
            yield Job(int(day[a]), ((int(image[a]), step[a:b]),), False)
        a = b
