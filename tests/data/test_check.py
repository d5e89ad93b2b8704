"""`vadose data check`: says what a file is, and never fails on what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from vadose.data.check import check


def shown(path: str | Path) -> str:
    console = Console(record=True, width=300, quiet=False, file=open("/dev/null", "w"))
    console.print(check(path).table())
    return console.export_text()


def test_model_file(write: Callable[..., str], mass: np.ndarray) -> None:
    report = check(write("mrsos_Lmon_M_historical_r1i1p1f1_gn_200001-200112.nc", mass))
    assert report.usable
    (found,) = report.variables
    assert (found.name, found.quantity, found.units) == ("mrsos", "Soil moisture", "kg m-2 -> m3 m-3")
    assert found.period == "2000-01..2001-12 (noleap)"
    assert found.grid.startswith("4x6")
    assert found.layers == "1: 0-0.1 m"


def test_folder_of_files(write: Callable[..., str], mass: np.ndarray, tmp_path: Path) -> None:
    write("x/a.nc", mass[:12])
    write("x/b.nc", mass[12:], start=(2001, 1))
    report = check(tmp_path / "x")
    assert report.usable and report.files == 2
    assert report.variables[0].period == "2000-01..2001-12 (noleap)"


def test_known_names_of_references(write: Callable[..., str], mass: np.ndarray) -> None:
    report = check(write("a.nc", mass, "SoilMoi10_40cm_inst"))
    assert report.usable
    assert report.variables[0].layers == "1: 0.1-0.4 m"


def test_wrong_units_are_explained(write: Callable[..., str], mass: np.ndarray) -> None:
    report = check(write("a.nc", mass, units="K"))
    assert not report.usable
    assert "do not convert" in report.variables[0].problem


def test_nothing_of_use(write: Callable[..., str], mass: np.ndarray) -> None:
    path = write("a.nc", mass, "salinity")
    assert not check(path).usable
    assert "salinity" in shown(path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.nc", b"\x89HDF\r\n\x1a\n" + bytes(100), "truncated or corrupt"),
        ("a.nc", b"", "empty"),
        ("a.txt", b"hello", "not a netCDF file"),
        ("a.csv", b"\x00\x01\x02", "no column|not a readable"),
        ("a.csv", b"a,b\n1,2\n", "no column that vadose has a use for; the columns are a, b"),
    ],
)
def test_broken_files_are_described(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    import re

    (tmp_path / name).write_bytes(content)
    report = check(tmp_path / name)
    assert not report.usable
    assert re.search(words, report.problem)


def test_absent_path_and_empty_folder(tmp_path: Path) -> None:
    assert "no such file or folder" in check(tmp_path / "gone").problem
    assert "neither netCDF nor CSV" in check(tmp_path).problem


def test_site_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("site,lat,lon,date,gpp\nA,1,2,2001-01-01,4\n")
    report = check(tmp_path / "a.csv")
    assert report.usable
    assert report.variables[0].grid == "1 sites, 1 site months"


def test_markup_in_names_is_not_interpreted(write: Callable[..., str], mass: np.ndarray) -> None:
    assert "[bold]x" in shown(write("[bold]x.nc", mass))
