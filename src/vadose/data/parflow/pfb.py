"""ParFlow's binary fields (`.pfb`): big-endian boxes of numbers, z from the bottom in the file, from the top here."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vadose.errors import DataError, GridMismatch

_HEADER = "3d3i3di"  # origin, cells, spacing, number of blocks
_BLOCK = "9i"  # first cell, cells, refinement
_HEAD, _BLOCK_HEAD = struct.calcsize(">" + _HEADER), struct.calcsize(">" + _BLOCK)
_MOST = 1_000_000  # cells along one axis: beyond it the bytes mean something else
NO_CELL = -float(np.finfo("f4").max)  # what ParFlow writes outside its domain
HUGE = 1e30  # beyond it a number is the trace of a fill value or of a wrong byte order


@dataclass(frozen=True, eq=False)
class PfbFile:
    """One field of a `.pfb` file.

    values   [z, y, x] float64, z from the top; NaN where ParFlow has no cell (-3.4e38 in the file)
    origin   (x, y, z) of the lower corner, in the file's unit of length;  spacing  (dx, dy, dz)
    """

    values: np.ndarray
    origin: tuple[float, float, float]
    spacing: tuple[float, float, float]


def read_pfb(path: str | Path) -> PfbFile:
    """The field that a `.pfb` file holds, however many blocks (subgrids) it was written in.

    Raises DataError for a file that is absent, of the other byte order, cut off, or longer than it says, for blocks
    that overlap or leave holes, and for NaN, infinite or huge values.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(data) < _HEAD:
        raise DataError(f"{path}: {len(data)} bytes; a pfb file begins with {_HEAD} bytes of header: write it again")
    head = struct.unpack_from(">" + _HEADER, data)
    if not _sane(head):
        _refuse_header(path, data, head)
    nx, ny, nz, blocks = head[3], head[4], head[5], head[9]
    expected = _HEAD + blocks * _BLOCK_HEAD + 8 * nx * ny * nz
    if len(data) != expected:
        what = "it is cut off: copy or write it again" if len(data) < expected else "header and content disagree"
        raise DataError(
            f"{path}: {len(data)} bytes; its header ({nx} x {ny} x {nz} cells in {blocks} blocks) asks for "
            f"{expected}: {what}"
        )
    values = _blocks(path, data, (nz, ny, nx), blocks)
    return PfbFile(_checked(path, values[::-1]), head[:3], head[6:9])


def write_pfb(
    path: str | Path,
    values: np.ndarray,
    *,
    origin: tuple[float, float, float] = (0.0, 0.0, 0.0),
    spacing: tuple[float, float, float] = (1.0, 1.0, 1.0),
) -> None:
    """Write a field as a `.pfb` file of one block; the file appears whole or not at all.

    values  [z, y, x] z from the top, or [y, x]; NaN is written as ParFlow's mark of no cell
    origin  (x, y, z) of the lower corner;  spacing  (dx, dy, dz)
    Raises GridMismatch for values of another rank, DataError for infinite or huge values and where the file cannot be
    written.
    """
    path = Path(path)
    field = np.asarray(values, float)
    field = field[None] if field.ndim == 2 else field
    if field.ndim != 3 or not field.size:
        raise GridMismatch(f"{path}: values must be [z, y, x] or [y, x], got shape {np.shape(values)}")
    wrong = ~np.isnan(field) & ~(np.abs(field) < HUGE)
    if wrong.any():
        raise DataError(
            f"{path}: {int(wrong.sum())} values are infinite or beyond {HUGE:g}; NaN marks a cell without one"
        )
    nz, ny, nx = field.shape
    header = struct.pack(">" + _HEADER, *origin, nx, ny, nz, *spacing, 1)
    block = struct.pack(">" + _BLOCK, 0, 0, 0, nx, ny, nz, 0, 0, 0)
    numbers = np.where(np.isnan(field), NO_CELL, field)[::-1].astype(">f8").tobytes()
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(header + block + numbers)
        partial.replace(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        partial.unlink(missing_ok=True)


def _sane(head: tuple) -> bool:
    cells = head[3:6]
    if not all(0 < n <= _MOST for n in cells) or not 0 < head[9] <= np.prod(cells, dtype=float):
        return False
    return all(np.isfinite(v) and abs(v) < HUGE for v in (*head[:3], *head[6:9]))


def _refuse_header(path: Path, data: bytes, head: tuple) -> None:
    if _sane(struct.unpack_from("<" + _HEADER, data)):
        raise DataError(
            f"{path}: its header makes sense only with the bytes swapped: it is little endian, pfb files are big "
            "endian; write it with pftools' write_pfb or vadose's, or swap the bytes of each number"
        )
    nx, ny, nz, blocks = head[3], head[4], head[5], head[9]
    raise DataError(f"{path}: not a pfb file: its header says {nx} x {ny} x {nz} cells in {blocks} blocks")


def _blocks(path: Path, data: bytes, shape: tuple[int, int, int], blocks: int) -> np.ndarray:
    """The blocks put together [z, y, x], z from the bottom."""
    values = np.empty(shape)
    taken = np.zeros(shape, bool)
    at = _HEAD
    for number in range(blocks):
        if at + _BLOCK_HEAD > len(data):
            raise DataError(f"{path}: block {number + 1} of {blocks} begins behind the end of the file")
        x, y, z, nx, ny, nz, *_ = struct.unpack_from(">" + _BLOCK, data, at)
        at += _BLOCK_HEAD
        inside = min(x, y, z) >= 0 and min(nx, ny, nz) > 0
        inside = inside and z + nz <= shape[0] and y + ny <= shape[1] and x + nx <= shape[2]
        if not inside or at + 8 * nx * ny * nz > len(data):
            raise DataError(
                f"{path}: block {number + 1} of {blocks} ({nx} x {ny} x {nz} cells from {x}, {y}, {z}) leaves the "
                f"grid of {shape[2]} x {shape[1]} x {shape[0]} cells or the file: write it again"
            )
        where = np.s_[z : z + nz, y : y + ny, x : x + nx]
        if taken[where].any():
            raise DataError(
                f"{path}: block {number + 1} of {blocks} overlaps one before it in "
                f"{int(taken[where].sum())} cells: write it again"
            )
        taken[where] = True
        values[where] = np.frombuffer(data, ">f8", nx * ny * nz, at).reshape(nz, ny, nx)
        at += 8 * nx * ny * nz
    if not taken.all():
        raise DataError(f"{path}: its blocks leave {int((~taken).sum())} cells without a value: write it again")
    return values


def _checked(path: Path, values: np.ndarray) -> np.ndarray:
    absent = np.isfinite(values) & (values <= 0.999999 * NO_CELL)
    wrong = ~absent & ~(np.abs(values) < HUGE)
    if wrong.any():
        z, y, x = (int(i) for i in np.argwhere(wrong)[0])
        raise DataError(
            f"{path}: {int(wrong.sum())} of {wrong.size} values are NaN, infinite or beyond {HUGE:g}, the first "
            f"({values[z, y, x]:g}) in layer {z} from the top, row y {y}, column x {x}: fill them before use"
        )
    return np.ascontiguousarray(np.where(absent, np.nan, values))
