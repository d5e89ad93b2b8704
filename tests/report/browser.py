"""What the tests in a browser share: the type of `visit`, and saving a figure by its menu."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

Open = Callable[..., Any]


def saved(tab: Any, figure: Any, kind: str, folder: Path) -> Path:
    figure.locator("summary").first.click()
    with tab.expect_download() as download:
        figure.get_by_role("button", name=kind).click()
    target = folder / download.value.suggested_filename
    download.value.save_as(target)
    return target
