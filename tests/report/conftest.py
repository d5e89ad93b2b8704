"""Run directories with their reports, and a browser: each made once a session."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.report.calibration_fixture import write_calibration
from tests.report.fixture import write_run

from vadose.report import write_report

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run directory of 16 models with its report."""
    run = write_run(tmp_path_factory.mktemp("report") / "run", years=3)
    write_report(run)
    return run


@pytest.fixture(scope="session")
def single(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One model, a gridded and a site reference, no relationships, no multimodel.nc."""
    run = write_run(
        tmp_path_factory.mktemp("single") / "run", models=1, comparisons=("olc-010", "fluxnet-gpp"), relationships=0,
        multimodel=False, failed=(), years=3,
    )  # fmt: skip
    write_report(run)
    return run


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: no browser tests")
    found = [os.environ.get("VADOSE_CHROMIUM"), shutil.which("chromium"), shutil.which("chromium-browser")]
    path = next((f for f in found if f and Path(f).exists()), None)
    if path is None:
        pytest.skip("no Chromium: install Debian's `chromium` or set VADOSE_CHROMIUM to its path")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a calibration of the whole world on 2 degrees, with its report."""
    run = write_calibration(tmp_path_factory.mktemp("world") / "run")
    write_report(run)
    return run


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a calibration of twelve sites, with its report."""
    run = write_calibration(tmp_path_factory.mktemp("few") / "run", sites=12)
    write_report(run)
    return run
