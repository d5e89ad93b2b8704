"""The catchment of example 16: ParFlow's heads are met, and the storm at which ParFlow stalls runs through."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import vadose

EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "16_catchment_storm.py"


def run(*arguments: str) -> str:
    """What the example prints."""
    done = subprocess.run([sys.executable, str(EXAMPLE), *arguments], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.long  # tests/parity/test_parflow_catchment.py has the storm
def test_the_storm_runs_off_in_whole_steps(vadose_data: Path, tmp_path: Path) -> None:
    text = run("storm", "--out", str(tmp_path), "--set", "period.hours=15", "--set", "output.every=15")
    done = vadose.FlowRun(tmp_path / "storm")
    assert done.index is not None and done.failures == []
    assert done.manifest["budget"]["relative"] < 1e-10
    assert done.manifest["solver"]["substeps"] <= 18
    # 10 mm/h for 6 h on every column, a part of which has left by now.
    share = float(re.search(r"([\d.]+)% of the rain ran off", text)[1])  # type: ignore[index]
    assert 0.5 < share < 50.0
    assert done.budget["rain"].sum() == pytest.approx(0.06 * 2500 * 500.0**2)


@pytest.mark.long
@pytest.mark.slow
def test_the_case_meets_parflow(vadose_data: Path, tmp_path: Path) -> None:
    text = run("case", "--out", str(tmp_path))
    rows = re.findall(r"^ +(\d+) +(\S+e\S+) +(\S+e\S+)$", text, re.M)
    assert [int(hour) for hour, _, _ in rows] == [0, 1, 7, 13, 25, 49, 73, 121, 169, 217, 235]
    assert max(float(rms) for _, rms, _ in rows) < 1e-4 and max(float(worst) for _, _, worst in rows) < 1e-3
