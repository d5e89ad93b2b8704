"""One file of a packed store: a block of days, cell by cell, behind a header that says where everything lies."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

_MAGIC = b"VADOSED1"


class Block(NamedTuple):
    """One file: its days and where its parts lie."""

    path: Path
    first: int
    days: int
    cells: int
    start: int
    reasons: tuple[str, ...]
    refused: int

    @property
    def size(self) -> int:
        """Bytes that the whole file has."""
        return self.start + 8 * self.cells + 4 * self.cells * self.days + self.refused * (8 + 4 * len(self.reasons))

    @property
    def positions(self) -> np.ndarray:
        """[cell] int64, ascending positions in the grid."""
        return map_file(self.path, np.int64, self.start, (self.cells,))

    @property
    def values(self) -> np.ndarray:
        """[cell, day] float32, mapped."""
        return map_file(self.path, np.float32, self.start + 8 * self.cells, (self.cells, self.days))

    def rows(self, first: int, last: int) -> np.ndarray:
        """[cell, day] float32 of the cells from `first` to before `last`, in one read."""
        offset = self.start + 8 * self.cells + 4 * self.days * first
        count = (last - first) * self.days
        return np.fromfile(self.path, np.float32, count, offset=offset).reshape(last - first, self.days)

    def counts(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions in the grid [refused cell], and counts [reason, refused cell]."""
        at = self.start + 8 * self.cells + 4 * self.cells * self.days
        index = map_file(self.path, np.int64, at, (self.refused,))
        return index, map_file(self.path, np.int32, at + 8 * self.refused, (len(self.reasons), self.refused))


def head(first: int, days: int, cells: int, reasons: tuple[str, ...], refused: int) -> bytes:
    """The header of a block: its length is a multiple of 64."""
    text = json.dumps([first, days, cells, reasons, refused]).encode()
    text += b" " * (-(len(text) + 16) % 64)
    return _MAGIC + struct.pack("<q", len(text)) + text


def read_head(path: Path) -> Block | None:
    """The header of a block; None where the file is missing or no block."""
    try:
        with open(path, "rb") as file:
            start = file.read(16)
            if start[:8] != _MAGIC:
                return None
            (length,) = struct.unpack("<q", start[8:])
            first, days, cells, reasons, refused = json.loads(file.read(length))
    except (OSError, ValueError, struct.error):
        return None
    return Block(path, first, days, cells, 16 + length, tuple(reasons), refused)


def is_whole(path: Path) -> bool:
    """True where the file is a block and as long as its header says."""
    block = read_head(path)
    return block is not None and path.stat().st_size == block.size


def map_file(path: Path, kind: Any, offset: int, shape: tuple[int, ...]) -> np.ndarray:
    """An array of a file, mapped; nothing is read where it is empty."""
    if not all(shape):
        return np.empty(shape, kind)
    return np.asarray(np.memmap(path, kind, "r", offset, shape))
