"""The page on coupling quotes what its example prints."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "science" / "coupling.md"


@pytest.mark.long
@pytest.mark.slow
def test_the_page_has_the_numbers_of_the_example(tmp_path: Path) -> None:
    """All of the table but the closure, whose rounding may differ between machines."""
    command = [sys.executable, str(ROOT / "examples" / "17_coupled_catchment.py"), "--out", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    page = PAGE.read_text()
    rows = [line for line in done.stdout.splitlines() if line.startswith(("| lateral", "| columns"))]
    assert len(rows) == 2
    for row in rows:
        numbers, closure = row.rstrip(" |").rsplit(" | ", 1)
        assert numbers in page, row
        assert float(closure) < 1e-10
    (rain,) = re.findall(r"(\d+) mm of rain", done.stdout)
    assert f"({rain} mm of rain)" in page
    last = re.findall(r"cycle 6, drift (\d+) mm a year", done.stdout)
    assert [f"by {drift} mm a year" in page for drift in last] == [True, True]
