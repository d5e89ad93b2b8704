"""Small score tables and runs for the tests of what is made from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

COLUMNS = [
    "model", "reference", "variable", "depth_top", "depth_bottom", "region", "mode", "score",
    "value", "low", "high", "units", "row",
]  # fmt: skip


def line(model: str, row: str, score: str, value: float, half: float = np.nan, **more: Any) -> dict[str, Any]:
    """One line of the table; `half` is the half width of its interval."""
    found = {
        "model": model, "reference": row, "variable": "soil_moisture", "depth_top": 0.0, "depth_bottom": 0.1,
        "region": "global", "mode": "exact", "score": score, "value": value, "low": value - half,
        "high": value + half, "units": "1", "row": row,
    }  # fmt: skip
    return found | more


def frame(lines: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(lines, columns=COLUMNS)


def comparison(row: str, group: str = "Water", variable: str = "soil_moisture", **more: Any) -> dict[str, Any]:
    """A comparison of run.json."""
    found = {"id": row, "group": group, "variable": variable, "weight": 1.0, "reference": row, "title": row}
    return found | {"units": "m3 m-3", "depth": [0.0, 0.1], "model_variable": "mrsol"} | more


def run(comparisons: list[dict[str, Any]], models: dict[str, str], **more: Any) -> dict[str, Any]:
    """A run.json; models maps names to families."""
    found = {
        "title": "T", "period": [2000, 2001], "headline": "exact", "modes": ["exact", "ilamb2"],
        "regions": [{"name": "global", "title": "Global", "kind": "global"}], "comparisons": comparisons,
        "relationships": [], "pairs": [], "families": None,
        "models": [{"name": m, "family": f, "parent": m, "resolution": [1.0, 1.0]} for m, f in models.items()],
    }  # fmt: skip
    return found | more
