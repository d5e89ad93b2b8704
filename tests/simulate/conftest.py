"""One run of the three places that the tests of a simulation share."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.simulate import studies

from vadose.simulate.result import Simulation
from vadose.simulate.run import run_study


@pytest.fixture(scope="session")
def weather(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The weather of 75 days at three places; do not change it."""
    return studies.weather(tmp_path_factory.mktemp("weather"))


@pytest.fixture(scope="session")
def whole(weather: Path, tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    """A finished run of the three places; do not change it."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    return run_study(studies.study(weather), folder, workers=1, report=False)
