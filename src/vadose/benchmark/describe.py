"""What a study would read, from file headers only: the answer of `--dry-run`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.benchmark.plan import REFERENCE, Plan, Without, depth_text
from vadose.errors import VadoseError

if TYPE_CHECKING:
    from rich.console import Group


@dataclass(frozen=True)
class Found:
    """One model or reference of one row: what its files say, or what is wrong.

    state : "ok", "missing" where the study says so, or "failed"
    """

    who: str
    row: str
    state: str
    members: str = ""
    files: int = 0
    period: str = ""
    grid: str = ""
    layers: str = ""
    units: str = ""
    note: str = ""


@dataclass(frozen=True)
class Description:
    """All that a study would read."""

    title: str
    found: tuple[Found, ...]

    @property
    def complete(self) -> bool:
        """Whether every pair that the study asks for can be tried."""
        return all(f.state != "failed" for f in self.found)

    def table(self) -> Group:
        """For the terminal: references first, then every model; notes and reasons below."""
        from rich.console import Group
        from rich.markup import escape
        from rich.table import Table

        table = Table(title=escape(self.title), title_justify="left", box=None, header_style="bold")
        for name in ("who", "row", "members", "files", "period", "grid", "layers", "units", "state"):
            table.add_column(name, justify="right" if name == "files" else "left", overflow="fold")
        colour = {"ok": "green", "missing": "yellow", "failed": "red"}
        for f in self.found:
            cells = (f.who, f.row, f.members, str(f.files or ""), f.period, f.grid, f.layers, f.units)
            table.add_row(*(escape(c) for c in cells), f"[{colour[f.state]}]{f.state}[/]")
        notes = [f"{escape(f.who)} / {escape(f.row)}: {escape(f.note)}" for f in self.found if f.note]
        return Group(table, *dict.fromkeys(notes))


def describe(plan: Plan) -> Description:
    """Look at the headers of every file that the plan names."""
    found = []
    titles = {row.id: f"{row.variable.title}: {row.title}" for row in plan.rows}
    for (who, row), sources in sorted(plan.sources.items(), key=lambda item: item[0][0] != REFERENCE):
        name = next(r.reference.name for r in plan.rows if r.id == row) if who == REFERENCE else who
        if isinstance(sources, VadoseError):
            state = "missing" if isinstance(sources, Without) else "failed"
            found.append(Found(name, titles[row], state, note=str(sources)))
        else:
            found.append(_look(name, titles[row], sources, plan.study.study.months))
    return Description(plan.study.study.title, tuple(found))


def _look(who: str, row: str, sources: tuple[Any, ...], period: tuple[int, int]) -> Found:
    from vadose.data.cf import open_stack
    from vadose.data.months import month_text
    from vadose.data.sites import holds_sites

    first = sources[0]
    members = ", ".join(str(s.attrs["member"]) for s in sources if s.attrs.get("member"))
    try:
        if holds_sites(first):
            return _look_at_sites(who, row, first)
        stack = open_stack(first)
    except VadoseError as error:
        return Found(who, row, "failed", members, len(first.paths), note=str(error))
    begin, end = int(stack.months[0]), int(stack.months[-1])
    span = f"{month_text(begin)} to {month_text(end)}" + ("" if stack.monthly else " (shorter steps)")
    if first.climatology:
        span = "climatology" if stack.first.stamps.nominal else f"climatology of {span}"
    layers = stack.layers
    outside = not first.climatology and (end < period[0] or begin > period[1])
    notes = [*stack.warnings, *_gaps(stack.months)]
    reason = f"nothing in the period {month_text(period[0])} to {month_text(period[1])}" if outside else ""
    return Found(
        who=who,
        row=row,
        state="failed" if outside else "ok",
        members=members,
        files=len(first.paths),
        period=span,
        grid="x".join(map(str, stack.horizontal.grid.shape)),
        layers="" if layers is None else f"{layers.size}, {depth_text((0.0, layers.bottom))}",
        units=stack.first.conversion.source_units,
        note=reason or "; ".join(notes),
    )


def _look_at_sites(who: str, row: str, source: Any) -> Found:
    """What the first of the site files says; its values are read, since a table has no header that tells."""
    from vadose.data.check import check

    found = check(source.paths[0])
    held = next((v for v in found.variables if v.quantity == source.quantity.title and v.period), None)
    if held is None:
        return Found(who, row, "ok", files=len(source.paths), grid="sites", note=found.problem)
    return Found(who, row, "ok", "", len(source.paths), held.period, held.grid, held.layers, source.units or held.units)


def _gaps(months: np.ndarray) -> list[str]:
    missing = int(months[-1] - months[0] + 1 - np.unique(months).size)
    return [f"{missing} months are missing"] if missing else []
