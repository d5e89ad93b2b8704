"""One twin experiment that the tests of the cycle share: a truth, and three experiments beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.assimilate import twins

from vadose.assimilate.assimilated import Assimilated
from vadose.assimilate.run import run_study


@pytest.fixture(scope="session")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study of a twin experiment whose truth has been run; do not change its folder."""
    return twins.write(tmp_path_factory.mktemp("twin"))


@pytest.fixture(scope="session")
def whole(twin: Path) -> Assimilated:
    """The finished run of that study; do not change it."""
    return run_study(twin, twin.parent / "run", workers=1, report=False)
