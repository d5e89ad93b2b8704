"""The fit by gradient finds what the twin was made with, and comes near what the reference ran with."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).resolve().parents[2] / "examples/11_fit_by_gradient.py"


@pytest.mark.long
@pytest.mark.slow
def test_parameters_are_found_again(vadose_data: Path) -> None:
    done = subprocess.run([sys.executable, str(EXAMPLE)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    found = re.findall(r"^(twin|Noah-MP 5): (K_s|b|root depth) (\S+), known (\S+)$", done.stdout, re.M)
    assert len(found) == 6
    for title, name, value, true in found:
        if title == "twin":
            assert float(value) == pytest.approx(float(true), rel=0.02), name
    losses = [float(v) for v in re.findall(r"^ *\d+ +(\d\.\d+e[+-]\d+) ", done.stdout, re.M)]
    assert losses[0] > 100 * min(losses)
