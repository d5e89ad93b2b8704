"""Solid files: cells inside a surface, its patches, and a catchment whose domain is a solid."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.data.parflow.cases import SHAPE, keys, write

from vadose.data.parflow import read_case
from vadose.data.parflow.grid import CaseGrid
from vadose.data.parflow.solid import read_pfsol, solid_cells
from vadose.errors import DataError

MASK = np.array([[0, 1, 1, 0], [1, 1, 1, 1], [1, 1, 0, 1]], bool)
GRID = CaseGrid(SHAPE, 10.0, 20.0, 0.5, (0.0, 0.0, 100.0))


def prism(mask: np.ndarray, low: float = 100.0, high: float | np.ndarray = 102.5, split: int | None = None) -> str:
    """The text of a solid over the columns of a mask, as pfmask-to-pfsol makes it: patches top, bottom and side.

    Two triangles a face: their common edge runs through the centre of the cell.
    high   m, a number or one for each row;  split  first column x whose top is in a fourth patch
    """
    vertices: list[str] = []
    faces: dict[str, list[str]] = {"top": [], "bottom": [], "side": [], "other": []}
    rows = np.broadcast_to(high, mask.shape[:1])

    def face(patch: str, corners: list[tuple[float, float, float]]) -> None:
        start = len(vertices)
        vertices.extend(f"{x} {y} {z}" for x, y, z in corners)
        faces[patch] += [f"{start} {start + 1} {start + 2}", f"{start} {start + 2} {start + 3}"]

    wide = np.pad(mask, 1)
    for y, x in np.argwhere(mask):
        west, east, south, north, up = x * 10.0, x * 10.0 + 10, y * 20.0, y * 20.0 + 20, rows[y]
        corners = [(west, south), (east, south), (east, north), (west, north)]
        face("other" if split is not None and x >= split else "top", [(*c, up) for c in corners])
        face("bottom", [(*c, low) for c in reversed(corners)])
        for number, (dy, dx) in enumerate(((-1, 0), (0, 1), (1, 0), (0, -1))):
            if not wide[y + 1 + dy, x + 1 + dx]:
                a, b = corners[number], corners[(number + 1) % 4]
                face("side", [(*a, low), (*b, low), (*b, up), (*a, up)])
    kept = [p for p in faces if faces[p]]
    lines = ["1", str(len(vertices)), *vertices, "1", str(sum(map(len, faces.values())))]
    lines += [triangle for patch in kept for triangle in faces[patch]]
    lines.append(str(len(kept)))
    first = 0
    for patch in kept:
        lines += [str(len(faces[patch])), " ".join(str(first + i) for i in range(len(faces[patch])))]
        first += len(faces[patch])
    return "\n".join(lines) + "\n"


def catchment(folder: Path, text: str, patches: str = "top bottom side", **changes: object) -> Path:
    """A run whose domain is the solid of `text`; its database."""
    (folder / "domain.pfsol").write_text(text)
    made = keys(**{"GeomInput.box.InputType": "SolidFile", "GeomInput.box.GeomNames": "domain"})
    made |= {"GeomInput.box.FileName": "domain.pfsol", "GeomInput.box.GeomName": None, "Geom.domain.Patches": patches}
    made |= {"BCPressure.PatchNames": patches} | {
        k: None for k in made if k.startswith(("Geom.domain.Low", "Geom.domain.Up"))
    }
    for patch in ("left", "right", "front", "back"):
        made |= {f"Patch.{patch}.BCPressure.{key}": None for key in ("Type", "Cycle", "alltime.Value")}
    for patch in patches.split():
        made |= {f"Patch.{patch}.BCPressure.Type": "FluxConst", f"Patch.{patch}.BCPressure.Cycle": "constant"}
        made[f"Patch.{patch}.BCPressure.alltime.Value"] = 0.0
    return write(folder, {k: v for k, v in (made | changes).items() if v is not None})


def test_a_catchment_within_a_solid(tmp_path: Path) -> None:
    rain = {"Patch.top.BCPressure.Type": "OverlandKinematic", "Patch.top.BCPressure.alltime.Value": -0.0036}
    case = read_case(catchment(tmp_path, prism(MASK), **rain), time_unit="h")
    assert case.active is not None and np.array_equal(case.active, np.broadcast_to(MASK, SHAPE))
    top, bottom = case.boundaries  # the wall is closed
    assert (top.side, top.index, bottom.side, bottom.index) == ("top", 0, "bottom", 4)
    assert np.array_equal(top.faces, MASK) and np.array_equal(bottom.faces, MASK)
    assert top.series.at(1.0) == pytest.approx(1e-6) and case.surface.overland == "OverlandKinematic"
    assert np.allclose(case.initial_head[:, 1, 1], [-1.25, -0.75, -0.25, 0.25, 0.75]) and case.ignored == {}


def test_two_patches_share_the_top(tmp_path: Path) -> None:
    patches = "top bottom side other"
    both = {f"Patch.{p}.BCPressure.Type": "OverlandFlow" for p in ("top", "other")}
    path = catchment(tmp_path, prism(MASK, split=2), patches, **both, **{"Patch.other.BCPressure.alltime.Value": -3.6})
    tops = {b.patch: b for b in read_case(path, time_unit="h").boundaries if b.side == "top"}
    assert np.array_equal(tops["top"].faces, MASK & (np.arange(4) < 2)) and tops["top"].series.at(1.0) == 0.0
    assert np.array_equal(tops["other"].faces, MASK & (np.arange(4) >= 2))
    assert tops["other"].series.at(1.0) == pytest.approx(1e-3)
    partly = catchment(tmp_path, prism(MASK, split=2), patches, **{"Patch.top.BCPressure.Type": "OverlandFlow"})
    with pytest.raises(DataError, match="OverlandFlow holds on a part of the top only"):
        read_case(partly, time_unit="h")
    mixed = both | {"Patch.other.BCPressure.Type": "OverlandDiffusive"}
    with pytest.raises(DataError, match="the patches of the top have OverlandDiffusive and OverlandFlow; give all"):
        read_case(catchment(tmp_path, prism(MASK, split=2), patches, **mixed), time_unit="h")


def test_cells_below_a_slope(tmp_path: Path) -> None:
    """A wedge from nothing at the west to the whole height at the east: a cell is in where its centre is below."""
    lines = ["1", "6", "0 0 100", "40 0 100", "40 60 100", "0 60 100", "40 0 102.5", "40 60 102.5", "1", "8"]
    lines += ["0 2 1", "0 3 2", "0 4 5", "0 5 3", "1 2 5", "1 5 4", "0 1 4", "3 5 2", "2", "2", "0 1", "2", "2 3"]
    (tmp_path / "wedge.pfsol").write_text("\n".join(lines))
    (solid,) = read_pfsol(tmp_path / "wedge.pfsol")
    found = solid_cells(solid, GRID, "wedge")
    x, z = 5.0 + 10 * np.arange(4), 100.25 + 0.5 * np.arange(5)[::-1]
    assert np.array_equal(found.cells, np.broadcast_to((z[:, None] < 100 + x / 16)[:, None, :], SHAPE))
    assert (found.bottom == 0).all() and (found.top == 1).all() and solid.patch.tolist() == [0, 0, 1, 1, -1, -1, -1, -1]


def test_what_a_solid_must_be(tmp_path: Path) -> None:
    text = prism(MASK)

    def refuse(content: str, message: str, patches: str = "top bottom side", **changes: object) -> None:
        with pytest.raises(DataError, match=message):
            read_case(catchment(tmp_path, content, patches, **changes), time_unit="h")

    refuse("2" + text[1:], "version 2 of the pfsol format; expected 1")
    refuse(text[: len(text) // 2], "ends among its .*: it is cut off")
    refuse("solid domain", "not a pfsol file, which holds numbers only")
    refuse(text.replace("\n0 1 2\n", "\n0 1 9999\n", 1), "its triangles refer to places outside of 0 ...")
    refuse(
        text.replace("\n0 1 2\n", "\n0 1 1\n", 1).replace("\n0 2 3\n", "\n0 2 2\n", 1),
        "is not closed over 1 columns, the",
    )
    refuse(text, "`Geom.domain.Patches` names 2 patches, its file has 3", "top bottom")
    refuse(text, "holds 1 solids, `GeomInput.box.GeomNames` 2 names", **{"GeomInput.box.GeomNames": "domain sky"})
    wall = {"Patch.side.BCPressure.alltime.Value": 0.5}
    refuse(
        text,
        "patch 'side' is a wall of the solid 'domain', which must be closed .FluxConst of 0., got FluxConst of 0.5",
        **wall,
    )
    refuse(prism(MASK, high=200.0, low=150.0), "no cell of the grid lies in the domain")
    step = {"Geom.domain.ICPressure.RefPatch": "side"}
    refuse(text, "'side' is neither bottom nor top of 'domain'; a reference must be", **step)


def test_a_top_in_several_layers(tmp_path: Path) -> None:
    text = prism(MASK, high=np.array([101.5, 102.5, 102.5]))
    with pytest.raises(DataError, match="the top of 'domain' lies in layers 0 to 2 from the top; expected one"):
        read_case(catchment(tmp_path, text), time_unit="h")
