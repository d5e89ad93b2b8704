"""From counts to soil moisture: the page says what the example prints, and the network's product is met."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/how-to/cosmic-ray-sensor.md"
NUMBER = re.compile(r"[-+]?\d+\.?\d*(?:e-\d+)?")


@pytest.fixture(scope="module")
def said(vadose_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What the example prints, and the folder it writes."""
    out = tmp_path_factory.mktemp("crns")
    command = [sys.executable, str(ROOT / "examples/13_cosmic_ray_sensor.py"), "--out", str(out)]
    environment = {**os.environ, "VADOSE_DATA": str(vadose_data)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout, out


def after(text: str, words: str) -> list[float]:
    """The numbers of the line that begins so, behind these words."""
    line = next(row for row in text.splitlines() if row.strip().startswith(words))
    return [float(v) for v in NUMBER.findall(line.split(words, 1)[1])]


@pytest.mark.slow
def test_level_3_is_reproduced(said: tuple[str, Path]) -> None:
    """The conversion with the network's constants, its counting error and its depth."""
    text, _ = said
    median, most = after(text, "ours less level 3: median")[0], after(text, "ours less level 3: median")[2]
    assert median < 3e-4 and most < 4e-4
    assert after(text, "counting error: ours over theirs")[0] == pytest.approx(1.0, abs=0.01)
    assert abs(after(text, "depth: ours less theirs")[0]) < 0.003


@pytest.mark.slow
def test_calibration_comes_near_the_network(said: tuple[str, Path]) -> None:
    text, out = said
    ours, theirs = (after(text, words)[1] for words in ("Koehli 2015, Desilets2010, both", "stated by the network"))
    assert ours == pytest.approx(theirs, rel=0.01)  # N0 over the mean count, at Fuerstensee
    line = next(row for row in text.splitlines() if row.startswith("  Koehli 2015"))
    n0 = float(line.split()[2])
    assert n0 == pytest.approx(2724, rel=0.01)  # Sheepdrove 2
    assert {p.name for p in out.iterdir()} == {"cosmic-ray-sensor.png", "fuerstensee.csv"}


@pytest.mark.slow
def test_the_page_says_what_the_example_prints(said: tuple[str, Path]) -> None:
    text, _ = said
    table = PAGE.read_text().split("<!-- table: fuerstensee -->\n")[1].split("\n\n")[0]
    rows = [[c.strip() for c in line.strip("|").split("|")] for line in table.splitlines()[2:]]
    assert len(rows) == 6
    for label, *cells in rows:
        printed = after(text, label)
        wanted = [float(v) for v in NUMBER.findall(" ".join(cells))]
        assert printed == pytest.approx(wanted, rel=1e-3, abs=2e-3), label
