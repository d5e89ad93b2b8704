"""Drydowns of real series: what the tutorial says of them is what the example prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/tutorial/first-real-calibration.md"
PAIR = re.compile(r"(-?\d+\.\d+) \+-(\d+\.\d+)")
TABLE = re.compile(r"<!-- table: (.*?) -->\n(.*?)\n\n", re.S)


@pytest.fixture(scope="module")
def said(vadose_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What the example prints, and the folder of its figures."""
    out = tmp_path_factory.mktemp("figures")
    command = [sys.executable, str(ROOT / "examples/7_real_drydowns.py"), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout, out


def lines_of(text: str, title: str) -> list[str]:
    """The rows of the printed table whose title begins so."""
    rows = text.splitlines()
    start = next(i for i, row in enumerate(rows) if row.startswith(title))
    end = next(
        (i for i in range(start + 2, len(rows)) if not rows[i].startswith(" ") and "  " not in rows[i].rstrip()),
        len(rows),
    )
    return rows[start + 2 : end]


def pairs(text: str, title: str, label: str) -> list[tuple[float, float]]:
    """Values and half intervals of a printed row."""
    row = next(r for r in lines_of(text, title) if re.match(rf"{re.escape(label)}\s", r))
    return [(float(a), float(b)) for a, b in PAIR.findall(row)]


def value(text: str, title: str, label: str, place: int) -> float:
    return pairs(text, title, label)[place][0]


@pytest.mark.slow
def test_sensors_over_the_same_places_differ_by_more_than_their_errors(said: tuple[str, Path]) -> None:
    text, _ = said
    rows = [r for r in lines_of(text, "Hawaii: the same") if r.strip() and not r.startswith(" ")]
    assert [r.split("  ")[0] for r in rows] == ["ESA CCI 8.1", "SMOS L3", "SMOS-IC all flags", "SMAP v9 all flags"]
    critical = [value(text, "Hawaii: the same", r.split("  ")[0], 1) for r in rows]
    assert max(critical) - min(critical) > 0.05
    agree = [tuple(map(int, a)) for r in rows[1:] for a in re.findall(r"(\d+)/(\d+)", r)[:2]]
    assert all(few < places / 2 for few, places in agree)


@pytest.mark.slow
def test_filled_gaps_make_drydowns_of_their_own(said: tuple[str, Path]) -> None:
    """The gap-filled product is smooth, so its wilting point lies close below its critical point."""
    text, _ = said
    title = "Hawaii: the cells nearest"
    filled, observed = (pairs(text, title, f"ESA CCI 9.2 {k}") for k in ("gap-filled", "observed"))
    assert filled[1][0] - filled[0][0] < 0.03
    assert observed[1][0] - observed[0][0] > 0.15


@pytest.mark.slow
def test_without_flags_the_orbit_makes_drydowns(said: tuple[str, Path]) -> None:
    """A coastal footprint holds another part of the sea on each day of the orbit; merged products do not know it."""
    text, _ = said
    largest = {k: float(v) for k, v in re.findall(r"orbit, (.*?): [\d.]+ to ([\d.]+),", text)}
    assert largest["SMAP v9 all flags"] > 0.5
    assert largest["SMAP v9 recommended"] < 0.1
    assert largest["ESA CCI 8.1"] < 0.05


@pytest.mark.slow
def test_two_sensors_of_one_grassland(said: tuple[str, Path]) -> None:
    """Over the same years the probe at 5 cm begins its drydowns far wetter than the mean of the upper 0.3 m."""
    text, _ = said
    probe, neutrons = (pairs(text, "Sites", f"Kendall {k}, 2010-12") for k in ("probe 5 cm", "CRNS"))
    assert probe[1][0] == pytest.approx(0.180, abs=0.002)
    assert neutrons[1][0] == pytest.approx(0.069, abs=0.002)


@pytest.mark.slow
def test_measured_texture_is_compared(said: tuple[str, Path]) -> None:
    text, out = said
    expected = lines_of(text, "Thresholds of the measured texture")
    # Saxton & Rawls (2006) eqs. 1 and 2 by hand for Bourne: sand 0.3774, clay 0.0532, organic matter 1.136 %.
    row = next(r for r in expected if r.startswith("Bourne 0-49 cm: sr06, fine earth"))
    assert [float(v) for v in row.split()[-2:]] == pytest.approx(saxton_rawls(0.3774, 0.0532, 1.136), abs=0.001)
    found = lines_of(text, "Texture where it is measured, from published")
    assert sum(row.split()[-2:] == ["yes", "yes"] for row in found) < 5
    assert {p.name for p in out.glob("*.png")} >= {"real-drydowns.png", "drydowns-kendall-probe-5-cm.png"}


def saxton_rawls(S: float, C: float, OM: float) -> tuple[float, float]:
    """theta(-1500 kPa) and theta(-33 kPa), Saxton & Rawls (2006) Table 1."""
    t = -0.024 * S + 0.487 * C + 0.006 * OM + 0.005 * S * OM - 0.013 * C * OM + 0.068 * S * C + 0.031
    wilting = t + 0.14 * t - 0.02
    t = -0.251 * S + 0.195 * C + 0.011 * OM + 0.006 * S * OM - 0.027 * C * OM + 0.452 * S * C + 0.299
    return wilting, t + 1.283 * t * t - 0.374 * t - 0.015


@pytest.mark.slow
def test_the_page_says_what_the_example_prints(said: tuple[str, Path]) -> None:
    """Every value with its interval in the tables of the page; platforms and random numbers may differ a little."""
    text, _ = said
    compared = 0
    for title, body in TABLE.findall(PAGE.read_text() + "\n\n"):
        for line in body.splitlines()[2:]:
            label = line.split("|")[1].strip()
            wanted = [(float(a), float(b)) for a, b in PAIR.findall(line)]
            given = pairs(text, title, label)
            for pair in wanted:
                size = max(0.01, 0.05 * max(map(abs, pair)))
                assert any(pair == pytest.approx(g, abs=size) for g in given), f"{title}: {line}"
            compared += len(wanted)
    assert compared > 40
