"""Reading a flow study in any of its forms: a study file, a ParFlow database, tables, or made in Python."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from vadose.config import build, expand, override, read_toml
from vadose.simulate.flow.study import FlowStudy
from vadose.simulate.study import with_paths

CASES = (".pfidb", ".yaml", ".yml", ".json")


def is_flow(study: Any) -> bool:
    """Whether a study is one of flow alone: a ParFlow database, or tables with [parflow] or [domain]."""
    if isinstance(study, FlowStudy):
        return True
    if isinstance(study, Mapping):
        return "parflow" in study or "domain" in study
    if not isinstance(study, str | os.PathLike):
        return False  # the study of a simulation, made in Python
    path = Path(study)
    if path.suffix.lower() in CASES:
        return True
    tables = read_toml(path)
    return "parflow" in tables or "domain" in tables


def load_flow_study(study: Any, settings: Sequence[str] = ()) -> tuple[FlowStudy, str]:
    """A flow study in any of its forms, its paths resolved, and a name for its run.

    study     a study file, a ParFlow database, tables as a dictionary, or a FlowStudy
    Raises ConfigError that names the file, the table and the key.
    """
    if isinstance(study, FlowStudy):
        return study, "flow-run"
    if isinstance(study, Mapping):
        tables, folder, name, where = dict(study), Path.cwd(), "flow-run", "study"
    else:
        path = Path(os.fspath(study))
        folder, name, where = path.parent, path.stem, str(path)
        if path.suffix.lower() in CASES:
            tables = {"study": {"title": path.stem}, "parflow": {"database": path.name}}
        else:
            tables = read_toml(path)
    made = build(FlowStudy, override(tables, settings), where)
    root = (Path(expand(made.study.root, folder)) if made.study.root else folder).resolve()

    return replace(
        made,
        study=replace(made.study, root=str(root)),
        parflow=with_paths(made.parflow, ("database", "inputs"), root),
        domain=with_paths(made.domain, ("elevation", "slopes", "active"), root),
        soil=with_paths(made.soil, ("file", "indicator"), root),
        surface=with_paths(made.surface, ("file",), root),
        initial=with_paths(made.initial, ("restart",), root),
        rain=tuple(with_paths(r, ("file",), root) for r in made.rain),
        lakes=tuple(with_paths(lake, ("file",), root) for lake in made.lakes),
        gauges=tuple(with_paths(g, ("file",), root) for g in made.gauges),
    ), name
