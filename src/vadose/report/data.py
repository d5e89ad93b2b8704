"""A run directory in memory: what the study said, and its scores as one array."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vadose.errors import DataError
from vadose.variables import VARIABLES

MMEM = "MMEM"
ALL = "ALL"
GROUP = "group:"
CONSENSUS = "consensus:"
HEADLINE_SCORES = (
    "overall_score",
    "bias_score",
    "rmse_score",
    "seasonal_cycle_score",
    "interannual_score",
    "spatial_score",
    "taylor_skill_score",
)
RELATIONSHIP_SCORE = "relationship_score"


@dataclass(frozen=True)
class Scores:
    """All scores of a run.

    value, low, high [row, model, mode, region, score]; NaN where there is none
    names            the scores, in order; units of each by row: units[row id][score]
    """

    rows: tuple[str, ...]
    models: tuple[str, ...]
    modes: tuple[str, ...]
    regions: tuple[str, ...]
    names: tuple[str, ...]
    value: np.ndarray
    low: np.ndarray
    high: np.ndarray
    units: dict[tuple[str, str], str]

    def table(self, row: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(value, low, high) of a row, each [model, mode, region, score]."""
        i = self.rows.index(row)
        return self.value[i], self.low[i], self.high[i]


@dataclass(frozen=True)
class Run:
    """A finished run, as the report reads it."""

    path: Path
    info: dict[str, Any]
    models: list[dict[str, Any]]
    rows: list[dict[str, Any]]
    regions: list[dict[str, Any]]
    modes: list[str]
    scores: Scores
    pairs: dict[tuple[str, str], dict[str, Any]]

    @property
    def comparisons(self) -> list[dict[str, Any]]:
        return [r for r in self.rows if r["kind"] == "state"]

    @property
    def relationships(self) -> list[dict[str, Any]]:
        return [r for r in self.rows if r["kind"] == "relationship"]

    @property
    def headline(self) -> str:
        return str(self.info.get("headline") or self.modes[0])

    def result(self, folder: str, model: dict[str, Any], row: dict[str, Any]) -> Path | None:
        """The file of a pair in `folder` ("maps", "curves", "responses"), or None where the pair has none."""
        path = self.path / folder / f"{model['file']}__{row['file']}.nc"
        return path if path.is_file() else None


def slug(name: str) -> str:
    """A file name part: lower case [a-z0-9-], with a hash where `name` does not survive unchanged."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return plain if plain == name else f"{plain[:40]}-{hashlib.sha256(name.encode()).hexdigest()[:6]}".strip("-")


def read_run(path: Path) -> Run:
    """Read run.json and scores.csv of a run directory.

    Raises DataError that names the file and the remedy where one is missing or malformed.
    """
    path = Path(path)
    info = _read_json(path / "run.json")
    models = [dict(m) for m in info.get("models", [])]
    if any(p.get("model") == MMEM for p in info.get("pairs", [])) and all(m["name"] != MMEM for m in models):
        models.append({"name": MMEM, "family": ""})
    for m in models:
        m["file"] = m.get("file") or slug(m["name"])
    rows = []
    for kind, key in (("state", "comparisons"), ("relationship", "relationships")):
        for r in info.get(key, []):
            rows.append({**r, "kind": kind, "file": r.get("file") or slug(r["id"]), "group": r.get("group") or "Other"})
            for side in ("independent", "dependent"):
                if side in r:
                    rows[-1][side] = {**r[side], "variable_title": _variable_title(r[side].get("variable", ""))}
    regions = [{"title": r["name"], **r} for r in info.get("regions", [])] or [{"name": "global", "title": "Global"}]
    modes = list(info.get("modes") or ["exact"])
    ids = [r["id"] for r in rows]
    row_ids = [ALL, *(f"{GROUP}{g}" for g in groups(rows)), *ids, *(f"{CONSENSUS}{i}" for i in ids)]
    scores = _read_scores(
        path / "scores.csv", row_ids, [m["name"] for m in models], modes, [r["name"] for r in regions]
    )
    pairs = {(p["model"], p["row"]): p for p in info.get("pairs", [])}
    return Run(path, info, models, rows, regions, modes, scores, pairs)


def _variable_title(name: str) -> str:
    variable = VARIABLES.get(name)
    return variable.title if variable else name


def groups(rows: list[dict[str, Any]]) -> list[str]:
    """The groups in order of first appearance."""
    return list(dict.fromkeys(r["group"] for r in rows))


def _read_json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(f"{path}: not found; a report needs the run directory that `vadose benchmark` wrote") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as JSON ({error}); run the benchmark again") from None
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected an object, got {type(content).__name__}; run the benchmark again")
    return content


def _read_scores(path: Path, rows: list[str], models: list[str], modes: list[str], regions: list[str]) -> Scores:
    """Scatter the tidy table into one array; rows of unknown model, region or mode are left out."""
    import pandas as pd

    try:
        text = pd.read_csv(path, dtype=str, keep_default_na=False)
    except FileNotFoundError:
        raise DataError(f"{path}: not found; run the benchmark again") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as a table ({error}); run the benchmark again") from None
    missing = {"model", "reference", "region", "mode", "score", "value", "low", "high"} - set(text.columns)
    if missing:
        raise DataError(f"{path}: the column {sorted(missing)[0]!r} is missing; run the benchmark again")
    tree = (text["reference"] == ALL) | text["reference"].str.startswith(GROUP)
    ids = text["reference"].where(tree, text["row"] if "row" in text else "")
    found = list(dict.fromkeys(text["score"]))
    known = [*HEADLINE_SCORES, RELATIONSHIP_SCORE]
    names = [n for n in known if n in found] + [n for n in found if n not in known]
    found_ids = set(ids)
    rows = [r for r in rows if not r.startswith(CONSENSUS) or r in found_ids]
    axes = (rows, models, modes, regions, names)
    keys = (ids, text["model"], text["mode"], text["region"], text["score"])
    places = [{name: i for i, name in enumerate(axis)} for axis in axes]
    codes = np.stack([k.map(p).fillna(-1).to_numpy(np.intp) for k, p in zip(keys, places, strict=True)])
    keep = (codes >= 0).all(axis=0)
    where = tuple(codes[:, keep])
    arrays: list[np.ndarray] = []
    for column in ("value", "low", "high"):
        array = np.full([len(a) for a in axes], np.nan)
        array[where] = pd.to_numeric(text[column], errors="coerce").to_numpy(float)[keep]
        arrays.append(array)
    units: dict[tuple[str, str], str] = {}
    if "units" in text:
        held = zip(ids, text["score"], text["units"], strict=True)
        units = {(str(i), str(s)): str(u) for i, s, u in dict.fromkeys(held)}
    return Scores(
        tuple(rows), tuple(models), tuple(modes), tuple(regions), tuple(names), arrays[0], arrays[1], arrays[2], units
    )
