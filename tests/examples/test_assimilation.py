"""Real observations in the land model: a wet season of Kendall, and what the flags of SMAP leave of Hawaii."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from vadose.assimilate import Assimilated

ROOT = Path(__file__).resolve().parents[2]


def run(name: str, *arguments: str) -> str:
    """What an example prints."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / name), *arguments], capture_output=True, text=True
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.long
@pytest.mark.slow
def test_a_monsoon_of_kendall(vadose_data: Path, tmp_path: Path) -> None:
    """The probe at 5 cm brings the model nearer to the neutrons, which it has not seen; the water is in the budget."""
    text = run(
        "14_kendall_assimilation.py", "probe", "--bias", "none", "--depth", "0.3", "--out", str(tmp_path),
        "--set", "period.start='2010-07-01'", "--set", "period.end='2010-11-30'", "--set", "spinup.cycles=0",
        "--set", "ensemble.size=8", "--set", "assimilation.experiments=['open loop','state']",
    )  # fmt: skip
    done = Assimilated(tmp_path / "probe-none")
    assert done.index is not None and done.failures == []
    scores = done.evaluation.set_index(["experiment", "observation", "metric"]).value
    before, after = (scores[e, "Cosmic-ray neutrons", "rmse"] for e in ("open loop", "state"))
    assert after < before
    assert scores["state", "Soil moisture, 15 cm", "rmse"] > 0.0
    used = next(e for e in done.manifest["experiments"] if e["name"] == "state")
    assert used["analyses"] == used["counts"]["used"] >= 140
    assert "## Cosmic-ray neutrons" in text and re.search(r"state: mm a year: precipitation \d+", text)


@pytest.mark.long
@pytest.mark.slow
def test_flags_of_hawaii_are_honoured(vadose_data: Path, tmp_path: Path) -> None:
    """One pixel is recommended, high on Mauna Loa; the other retrievals near the run are counted as flagged."""
    text = run(
        "15_hawaii_assimilation.py", "--quality", "recommended", "--out", str(tmp_path),
        "--set", "period.end='2017-03-10'", "--set", "spinup.cycles=0", "--set", "ensemble.size=8",
        "--set", "assimilation.experiments=['open loop','state']",
    )  # fmt: skip
    done = Assimilated(tmp_path / "recommended")
    (seen,) = done.manifest["observations"]
    assert seen["places"] == 1 and seen["counts"]["flagged"] > 5 * seen["values"] > 0
    analyses = done.analyses("state")
    assert float(analyses.place_lat[0]) == pytest.approx(19.43, abs=0.01)
    assert float(analyses.place_lon[0]) == pytest.approx(-155.54, abs=0.01)
    factor = float(re.search(r"times (\d+\.\d+) \(ERA5", text)[1])  # type: ignore[index]
    assert 1.0 < factor < 10.0  # storage gains miss what runs off and evaporates within three hours
