"""Run directories with their reports, and a browser: each made once a session."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

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


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a page of a run; at the end nothing may have failed, spoken up or left the run directory."""
    contexts, problems, asked, runs = [], [], [], []

    def go(run: Path, page: str, width: int = 1440, height: int = 900, theme: str = "light") -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme, accept_downloads=True
        )
        contexts.append(context)
        runs.append(str(run))
        tab = context.new_page()
        tab.on("console", lambda m: problems.append(m.text) if m.type in ("error", "warning") else None)
        tab.on("pageerror", lambda e: problems.append(str(e)))
        tab.on("dialog", lambda d: (problems.append(f"dialog {d.message}"), d.dismiss()))
        tab.on("request", lambda r: asked.append(r.url))
        tab.goto(f"file://{run}/{page}")
        tab.wait_for_selector("html[data-ready=true]", state="attached")
        tab.wait_for_timeout(300)
        return tab

    yield go
    for context in contexts:
        context.close()
    assert problems == []
    local = [u for u in asked if not u.startswith(("data:", "blob:"))]
    assert local
    assert all(urlparse(u).scheme == "file" and unquote(urlparse(u).path).startswith(tuple(runs)) for u in local)
