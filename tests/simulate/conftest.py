"""One run of the three places that the tests of a simulation share."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.simulate import studies, subsurface_studies

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


@pytest.fixture(scope="session")
def valley(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weather and elevation of a valley over a subsurface; do not change them."""
    folder = tmp_path_factory.mktemp("valley")
    subsurface_studies.write_weather(folder / "weather.nc")
    subsurface_studies.write_map(folder / "elevation.nc", elevation=subsurface_studies.elevation())
    return folder


@pytest.fixture(scope="session")
def coupled(valley: Path, tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    """Two members over 40 days of the valley, beside readings of a well and a gauge; do not change the run."""
    table = subsurface_studies.study(
        valley, ensemble={"members": subsurface_studies.PAIR}, observations=subsurface_studies.observed(valley)
    )
    return run_study(table, tmp_path_factory.mktemp("coupled") / "run", workers=1, report=False)
