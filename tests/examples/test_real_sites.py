"""The land model at real places: a short winter always, all six places where VADOSE_REAL_SITES is set."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/science/real-sites.md"
NUMBER = r"(-?\d+\.\d+)"
SCORE = re.compile(rf"{NUMBER} \[{NUMBER}, {NUMBER}\]")
ALL = pytest.mark.skipif(not os.environ.get("VADOSE_REAL_SITES"), reason="set VADOSE_REAL_SITES to run all places")


def run(folder: Path, *arguments: str) -> str:
    """What the example prints."""
    command = [sys.executable, str(ROOT / "examples/9_real_sites.py"), "--out", str(folder), *arguments]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def scores(text: str, title: str) -> dict[str, list[float]]:
    """Member or benchmark -> bias, RMSE, unbiased RMSE, correlation, normalised mean error; of the table so titled."""
    lines = text.splitlines()
    start = next(i for i, line in enumerate(lines) if title in line)
    found: dict[str, list[float]] = {}
    for line in lines[start + 2 :]:
        numbers = [float(m[0]) for m in SCORE.findall(line)]
        if len(numbers) < 5:
            break
        found[line.split()[0]] = numbers[:5]
    return found


@pytest.mark.long
@pytest.mark.slow
def test_a_winter_of_snow(vadose_data: Path, tmp_path: Path) -> None:
    text = run(
        tmp_path, "reynolds", "--set", "period.start='2005-11-01'", "--set", "period.end='2006-02-28'",
        "--set", "spinup.cycles=0", "--set", "ensemble.presets=['vadose']",
    )  # fmt: skip
    found = scores(text, "SWE, snow pillow")
    assert set(found) == {"vadose", "bucket", "1lin", "2lin", "3km27"}
    bias, rmse, _, correlation, error = found["vadose"]
    assert correlation > 0.97
    # Without spin-up the soil begins colder than it was, so that the snow of a warm November stays.
    assert abs(bias) < 70.0 and rmse < 80.0
    assert error < found["1lin"][4]
    assert (tmp_path / "reynolds/index.html").exists()


@ALL
@pytest.mark.long
@pytest.mark.slow
def test_the_page_says_what_the_example_prints(vadose_data: Path, tmp_path: Path) -> None:
    """Every table of the page, to a tenth of the RMSE or of 1: processors and seeds may differ a little."""
    text = run(tmp_path)
    compared = 0
    page = PAGE.read_text()
    for title, body in re.findall(r"<!-- table: (.*?) -->\n(.*?)(?:\n\n|\Z)", page, re.S):
        found = scores(text, title)
        for line in body.splitlines()[2:]:
            label = line.split("|")[1].strip()
            wanted = [float(m[0]) for m in SCORE.findall(line)]
            for number, (mine, said) in enumerate(zip(found[label], wanted, strict=False)):
                size = 0.1 * found[label][1] if number < 3 else 0.1
                assert said == pytest.approx(mine, abs=size), f"{title}: {line}"
                compared += 1
    assert compared > 100
