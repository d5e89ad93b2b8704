"""Daily soil moisture and soil maps that a calibration reads: what they are and where they come from.

The table is `inputs.toml`; it holds no data.
"""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table


def inputs() -> dict[str, dict[str, str]]:
    """Kind, product, period, grid, licence and place of each input by its name."""
    return tomllib.loads(files("vadose.data").joinpath("inputs.toml").read_text(encoding="utf-8"))


def input_table() -> Table:
    """For the terminal."""
    from rich.markup import escape
    from rich.table import Table

    columns = ("Name", "What, grid, period", "product =", "Licence, where to get it")
    table = Table(*columns, title="What a calibration reads", title_justify="left", show_lines=True)
    for name, entry in inputs().items():
        what = "\n".join(filter(None, (entry["kind"], entry["grid"], entry["period"])))
        table.add_row(*map(escape, (name, what, entry["product"], f"{entry['licence']}\n{entry['where']}")))
    return table
