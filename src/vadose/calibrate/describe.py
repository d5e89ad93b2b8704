"""What a study would read, from file headers only: the answer of `--dry-run`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vadose.calibrate.study import Study
from vadose.data.daily.open import open_daily
from vadose.data.daily.source import files_of

if TYPE_CHECKING:
    from rich.console import Group


@dataclass(frozen=True)
class Description:
    """Rows of text: the series [(what, value)], soil maps and experiments [columns]."""

    title: str
    series: tuple[tuple[str, str], ...]
    soils: tuple[tuple[str, str, str], ...]
    experiments: tuple[tuple[str, ...], ...]
    complete: bool = True  # what is missing raises

    def table(self) -> Group:
        """For the terminal."""
        from rich.console import Group
        from rich.markup import escape
        from rich.table import Table

        def made(title: str, columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> Table:
            table = Table(*columns, title=title, title_justify="left", show_header=any(columns))
            for row in rows:
                table.add_row(*map(escape, row))
            return table

        columns = ("experiment", "soil map", "function", "optimised", "search", "evaluations")
        return Group(
            made(self.title, ("", ""), self.series),
            made("Soil maps", ("name", "files", "depth"), self.soils),
            made("Experiments", columns, self.experiments),
        )


def describe(study: Study) -> Description:
    """Open the series and look for the files of the soil maps. Raises as a run would where something is missing."""
    source = study.soil_moisture
    reader = open_daily(source)
    shape = " x ".join(map(str, reader.cells.grid.shape))
    series = (
        ("soil moisture", source.name),
        ("files", str(len(files_of(source)))),
        ("product", str(reader.attrs.get("product", ""))),
        ("period", f"{reader.days[0]} to {reader.days[-1]}, {reader.days.size} days"),
        ("cells", f"{reader.cells.size} of {shape}"),
        ("estimator", study.drydown.method),
        ("tiles", f"{-(-reader.cells.size // study.study.tile)} at most, of {study.study.tile} cells"),
    )
    soils = tuple((s.name, str(len(s.all_files)), f"{s.depth[0]:g} to {s.depth[1]:g} m") for s in study.soil)
    experiments = tuple(
        (e.name, e.soil, e.ptf, ", ".join(e.parameters).replace("_", " "), e.method, str(e.evaluations))
        for e in study.experiments
    )
    return Description(study.study.title, series, soils, experiments)
