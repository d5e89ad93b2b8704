"""ParFlow's binary fields: every byte of the format, and what damaged files say."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from tests.data.parflow.cases import numbered

from vadose.data.parflow import read_pfb, write_pfb
from vadose.errors import DataError, GridMismatch

CELLS = (4, 3, 2)  # x, y, z


def header(cells: tuple[int, int, int] = CELLS, blocks: int = 1, order: str = ">") -> bytes:
    return struct.pack(order + "3d3i3di", 5.0, 6.0, 7.0, *cells, 10.0, 20.0, 0.5, blocks)


def block(first: tuple[int, int, int], cells: tuple[int, int, int], values: list[float], order: str = ">") -> bytes:
    return struct.pack(order + "9i", *first, *cells, 0, 0, 0) + struct.pack(f"{order}{len(values)}d", *values)


def whole(order: str = ">") -> bytes:
    """2 layers of 3 rows of 4 columns: the value of a cell is x + 10 y + 100 z, z from the bottom."""
    values = [x + 10.0 * y + 100.0 * z for z in range(2) for y in range(3) for x in range(4)]
    return header(order=order) + block((0, 0, 0), CELLS, values, order)


def put(folder: Path, content: bytes) -> Path:
    path = folder / "field.pfb"
    path.write_bytes(content)
    return path


def test_bytes_of_the_format(tmp_path: Path) -> None:
    found = read_pfb(put(tmp_path, whole()))
    assert found.origin == (5.0, 6.0, 7.0) and found.spacing == (10.0, 20.0, 0.5)
    assert found.values.shape == (2, 3, 4)
    assert found.values[0, 2, 3] == 123.0 and found.values[1, 2, 3] == 23.0 and found.values[1, 0, 1] == 1.0


def test_blocks_are_put_together(tmp_path: Path) -> None:
    """Three blocks that share the grid unevenly, as a parallel run writes them, give the same field as one."""
    one = read_pfb(put(tmp_path, whole())).values[::-1]
    content = header(blocks=3)
    for (x, y, z), (nx, ny, nz) in (((0, 0, 0), (3, 3, 2)), ((3, 0, 0), (1, 2, 2)), ((3, 2, 0), (1, 1, 2))):
        content += block((x, y, z), (nx, ny, nz), one[z : z + nz, y : y + ny, x : x + nx].ravel().tolist())
    assert np.array_equal(read_pfb(put(tmp_path, content)).values[::-1], one)


def test_written_bytes_and_back(tmp_path: Path) -> None:
    path = tmp_path / "out.pfb"
    field = read_pfb(put(tmp_path, whole())).values
    write_pfb(path, field, origin=(5.0, 6.0, 7.0), spacing=(10.0, 20.0, 0.5))
    assert path.read_bytes() == whole()
    assert [p.name for p in tmp_path.iterdir() if "partial" in p.name] == []
    write_pfb(path, numbered((3, 4)))
    assert np.array_equal(read_pfb(path).values, numbered((1, 3, 4)))
    with pytest.raises(GridMismatch, match=r"\[z, y, x\] or \[y, x\], got shape \(4,\)"):
        write_pfb(path, np.ones(4))
    with pytest.raises(DataError, match="2 values are infinite or beyond 1e.30; NaN marks a cell without one"):
        write_pfb(path, np.array([[1.0, np.inf, -1e31]]))
    with pytest.raises(DataError, match="cannot be written"):
        write_pfb(tmp_path / "absent" / "out.pfb", np.ones((2, 2)))


def test_cells_outside_the_domain(tmp_path: Path) -> None:
    field = numbered((2, 3, 4))
    field[1, 0, 2] = np.nan
    path = tmp_path / "out.pfb"
    write_pfb(path, field)
    assert struct.pack(">d", -3.4028234663852886e38) in path.read_bytes()
    assert np.array_equal(read_pfb(path).values, field, equal_nan=True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (whole("<"), "little endian, pfb files are big endian"),
        (whole()[:-8], "284 bytes; its header .4 x 3 x 2 cells in 1 blocks. asks for 292: it is cut off"),
        (whole() + b"12345678", "300 bytes; .* asks for 292: header and content disagree"),
        (whole()[:40], "40 bytes; a pfb file begins with 64 bytes"),
        (b"NETCDF or some other text" * 9, "not a pfb file: its header says"),
        (header((0, 3, 2)) + block((0, 0, 0), CELLS, [0.0] * 24), "0 x 3 x 2 cells"),
        (header((0, 3, 2), 1, "<"), "not a pfb file"),
        (header(blocks=25) + bytes(8 * 24 + 36 * 25), "not a pfb file"),
    ],
)
def test_wrong_files(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_pfb(put(tmp_path, content))


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([((0, 0, 0), (4, 3, 1)), ((0, 0, 0), (4, 3, 1))], "block 2 of 2 overlaps one before it in 12 cells"),
        ([((0, 0, 0), (4, 3, 1)), ((0, 1, 1), (4, 3, 1))], "block 2 of 2 .* leaves the grid"),
        ([((0, 0, 0), (4, 3, 1)), ((0, 0, -1), (4, 3, 1))], "block 2 of 2 .* leaves the grid"),
        ([((0, 0, 0), (4, 3, 2)), ((0, 0, 0), (0, 0, 0))], "leaves the grid"),
        ([((0, 0, 0), (4, 3, 3)), ((0, 0, 0), (4, 3, 1))], "leaves the grid"),
    ],
)
def test_wrong_blocks(tmp_path: Path, blocks: list, message: str) -> None:
    content = header(blocks=len(blocks))
    for first, cells in blocks:
        content += block(first, cells, [1.0] * int(np.prod(cells)))
    content = content[: len(header()) + 2 * 36 + 8 * 24].ljust(len(header()) + 2 * 36 + 8 * 24, b"\0")
    with pytest.raises(DataError, match=message):
        read_pfb(put(tmp_path, content))


def test_holes_are_named(tmp_path: Path) -> None:
    """A file of the right length whose one block leaves a layer out, the rest being dead bytes."""
    content = header() + block((0, 0, 0), (4, 3, 1), [1.0] * 12) + bytes(96)
    with pytest.raises(DataError, match="leave 12 cells without a value"):
        read_pfb(put(tmp_path, content))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e31, 3.4028234663852886e38, -1e36])
def test_values_that_are_none(tmp_path: Path, value: float) -> None:
    content = header() + block((0, 0, 0), CELLS, [1.0] * 22 + [value, 1.0])
    with pytest.raises(DataError, match="1 of 24 values are NaN.* in layer 0 from the top, row y 2, column x 2"):
        read_pfb(put(tmp_path, content))


def test_an_absent_file(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none.pfb: cannot be read: No such file"):
        read_pfb(tmp_path / "none.pfb")
