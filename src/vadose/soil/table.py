"""A description of a soil as tables for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table

from vadose.soil.describe import Description, Row

COLUMNS = {
    "wilting_point": "theta_w",
    "critical_point": "theta_c",
    "available_water": "available",
    "theta_s": "theta_s",
    "K_s": "K_s mm/h",
}
SHOWN_APART = {"theta_s", "K_s"}  # leaves with a column of their own
MARK = "*"


def description_tables(found: Description) -> Iterator[Table | str]:
    """The thresholds of every function, their parameters, what they agree on, and those that were not asked."""
    yield found.title
    yield _thresholds(found)
    yield f"{MARK} stands apart from the others (modified z-score above 3.5). Water contents in m3 m-3."
    yield _parameters(found)
    yield "Heads in m, alpha in m-1, conductivities in m s-1, water contents in m3 m-3."
    for name, why in found.skipped.items():
        yield f"{name}: not asked, {why}"


def _thresholds(found: Description) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("function")
    for title in COLUMNS.values():
        table.add_column(title, justify="right")
    table.add_column("remarks")
    for row in found.rows:
        table.add_row(row.name, *(_cell(row, key) for key in COLUMNS), "; ".join(row.remarks))
    summary = found.summary()
    for i, name in enumerate(("lowest", "median", "highest")):
        cells = [_number(key, summary[key][i]) + " " for key in COLUMNS]
        table.add_row(name, *cells, "", style="bold", end_section=name == "highest")
    return table


def _cell(row: Row, key: str) -> str:
    return _number(key, getattr(row, key)) + (MARK if key in row.stands_apart else " ")


def _number(key: str, value: float) -> str:
    return f"{value:.3g}" if key == "K_s" else f"{value:.3f}"


def _parameters(found: Description) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in ("function", "closure", "parameters"):
        table.add_column(title)
    for row in found.rows:
        values = (f"{k.rstrip('_')} {v:.4g}" for k, v in row.parameters.items() if k not in SHOWN_APART)
        table.add_row(row.name, row.closure, ", ".join(values))
    return table
