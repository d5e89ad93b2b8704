"""The files that a flow study names, with their digests: what a run was made from."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vadose.data.parflow.database import read_database
from vadose.simulate.flow.restart import FILE
from vadose.workflow.cache import Cache

if TYPE_CHECKING:
    from vadose.simulate.flow.study import FlowStudy


def digests(study: FlowStudy, run: Path) -> list[dict[str, Any]]:
    """Path, SHA-256 and bytes of each input file, once; remembered in the run's cache."""
    cache = Cache(run / "cache", "flow")
    return [dataclasses.asdict(cache.digest(path)) for path in dict.fromkeys(_named(study)) if Path(path).is_file()]


def _named(study: FlowStudy) -> Iterator[str]:
    """Files of all tables; of a ParFlow case its database and the fields that it names."""
    domain, soil = study.domain, study.soil
    yield from (domain.elevation, domain.slopes, domain.active, soil.file, soil.indicator, study.surface.file)
    restart = study.initial.restart
    if restart:
        yield str(Path(restart) / FILE) if Path(restart).is_dir() else restart
    for rows in (study.rain, study.lakes, study.gauges):
        yield from (row.file for row in rows)
    database = study.parflow.database
    if database:
        yield database
        folder = Path(study.parflow.inputs or Path(database).parent)
        said = map(str, read_database(database).values())
        yield from (str(folder / v) for v in said if v.endswith((".pfb", ".pfsol")))
