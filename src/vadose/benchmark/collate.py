"""Bring the results of all tasks together: score table, manifest, multi-model mean, files of the run."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

import vadose
from vadose.benchmark.consensus import consensus
from vadose.benchmark.export import cmec, to_dataset
from vadose.benchmark.families import families
from vadose.benchmark.output import score_frame, write_scores
from vadose.benchmark.plan import Plan, ResponseRow, Row, Without
from vadose.benchmark.rank import rank_families, rank_models
from vadose.benchmark.score import tree
from vadose.benchmark.summary import summary
from vadose.benchmark.tasks import METHOD, Compared, Packed, regions_key
from vadose.workflow.cache import Cache, FileDigest, link, write_text
from vadose.workflow.failures import Failed
from vadose.workflow.names import slug
from vadose.workflow.output import write_json
from vadose.workflow.versions import versions

if TYPE_CHECKING:
    from vadose.data.series import CellSeries

Key = tuple[str, str]
FOLDERS = {"maps.nc": "maps", "curves.nc": "curves", "responses.nc": "responses"}


def write_run(
    plan: Plan, packed: Mapping[Key, Packed | Failed], pairs: Mapping[Key, Compared | Failed], run: Path
) -> None:
    """Write everything but the report to the run folder; run.json comes last and marks the run as finished."""
    series = SeriesOf(plan, packed)
    manifest = _manifest(plan, series)
    manifest["pairs"] = [_pair(plan, key, result, run) for key, result in pairs.items()]
    frame = score_frame(_score_rows(plan, pairs))
    further = (tree(frame, manifest), consensus(frame, manifest, CurvesOf(pairs)))
    frame = pd.concat([frame, *(f for f in further if len(f))], ignore_index=True)
    _multimodel(plan, packed, series, run)
    manifest["families"] = families(frame, manifest["models"], plan.study.study.mode)
    manifest["summary"] = summary(frame, manifest)
    manifest["hashes"] = _hashes(packed, plan.root)
    write_scores(frame, run, to_dataset(frame), cmec(frame, manifest))
    write_json(run / "run.json", manifest)


def _multimodel(plan: Plan, packed: Mapping[Key, Packed | Failed], series: SeriesOf, run: Path) -> None:
    """Bring multimodel.nc into the run folder, from the cache where series and settings are the same."""
    from vadose.benchmark.multimodel import write_multimodel

    target = run / "multimodel.nc"
    for stale in (target, run / "ranking.csv"):
        stale.unlink(missing_ok=True)
    if not plan.study.multimodel.enabled or len(plan.model_names) < 2:
        return
    folders = {" ".join(key): Path(p.folder).name for key, p in packed.items() if isinstance(p, Packed)}
    models = [[m.name, m.parent] for m in plan.study.models]
    regions = regions_key(plan.regions)
    kept = Cache(run / "cache", METHOD).entry(
        "multimodel", folders, models, plan.study.study.months, plan.study.multimodel, regions
    )
    if (kept / "multimodel.nc").exists() or write_multimodel(plan, series, kept):
        link(kept / "multimodel.nc", target)
        write_text(run / "ranking.csv", _ranking(plan, target).to_csv(index=False, float_format="%.6g"))


def _ranking(plan: Plan, multimodel: Path) -> pd.DataFrame:
    """Models, then land models, by the regions in which they reproduce the references (Qiao et al. 2022 Fig. 14)."""
    import xarray as xr

    with xr.open_dataset(multimodel, engine="netcdf4") as data:
        tss = data["tss"].load()
    regions = [r for r in tss["region"].to_numpy().tolist() if r.startswith("qiao:")]
    models = rank_models(tss, plan.model_names, regions)
    families = rank_families(models, {m.name: m.family for m in plan.study.models})
    named = families.rename(columns={"family": "name"}).assign(kind="land model")
    table = pd.concat([models.rename(columns={"model": "name"}).assign(kind="model"), named], ignore_index=True)
    return table[["kind", "name", "rank", "regions_above", "possible", "mean_tss", "models", "best", "best_rank"]]


class SeriesOf:
    """Packed series of a run by (model or "reference", row id), opened when asked for."""

    def __init__(self, plan: Plan, packed: Mapping[Key, Packed | Failed]) -> None:
        self.plan, self.packed = plan, packed

    def __call__(self, who: str, row: str) -> CellSeries | None:
        from vadose.data.series import CellSeries

        found = self.packed.get((who, row))
        return CellSeries.load(found.folder) if isinstance(found, Packed) else None

    def attrs(self, who: str) -> list[dict[str, Any]]:
        """What the series of a model or of the references say of themselves."""
        opened = (self(who, row.id) for row in self.plan.rows)
        return [s.attrs | {"spacing": getattr(s.grid, "spacing", None)} for s in opened if s is not None]


class CurvesOf:
    """Annual cycles of finished pairs by (model, row id)."""

    def __init__(self, pairs: Mapping[Key, Compared | Failed]) -> None:
        self.pairs = pairs

    def __call__(self, model: str, row: str) -> dict[str, np.ndarray] | None:
        import xarray as xr

        found = self.pairs.get((model, row))
        if not isinstance(found, Compared):
            return None
        with xr.open_dataset(Path(found.folder) / "curves.nc", engine="netcdf4") as curves:
            return {n: curves[n].to_numpy() for n in ("cycle_reference", "cycle_model")}


def _score_rows(plan: Plan, pairs: Mapping[Key, Compared | Failed]) -> list[dict[str, Any]]:
    about = {row.id: _row_columns(row) for row in plan.rows} | {row.id: _row_columns(row) for row in plan.responses}
    return [
        {"model": model, "row": row} | about[row] | score
        for (model, row), result in pairs.items()
        if isinstance(result, Compared)
        for score in result.scores
    ]


def _row_columns(row: Row | ResponseRow) -> dict[str, Any]:
    """What identifies a row in the score table."""
    if isinstance(row, ResponseRow):
        x, y = row.independent, row.dependent
        top, bottom = x.reference.depth or y.reference.depth or (np.nan, np.nan)
        names = f"{x.reference.name}|{y.reference.name}"
        return {
            "reference": names,
            "variable": f"{x.variable.name}|{y.variable.name}",
            "depth_top": top,
            "depth_bottom": bottom,
        }
    top, bottom = row.reference.depth or (np.nan, np.nan)
    return {"reference": row.reference.name, "variable": row.variable.name, "depth_top": top, "depth_bottom": bottom}


def _pair(plan: Plan, key: Key, result: Compared | Failed, run: Path) -> dict[str, Any]:
    """A line of the manifest about one pair; its files are linked into the run folder."""
    model, row = key
    if isinstance(result, Failed):
        without = isinstance(plan.sources.get(key), Without) or _side_without(plan, key)
        status = "missing" if without else "failed"
        return {"model": model, "row": row, "status": status, "why": result.why, "map": None, "warnings": []}
    entry: dict[str, Any] = {"model": model, "row": row, "status": "ok", "why": None, "map": None}
    for name, folder in FOLDERS.items():
        stored = Path(result.folder) / name
        if stored.exists():
            target = Path(folder) / f"{slug(model)}__{row}.nc"
            link(stored, run / target)
            entry["map" if folder == "maps" else folder] = str(target)
    return entry | {"seconds": result.seconds, "warnings": list(result.warnings)}


def _side_without(plan: Plan, key: Key) -> bool:
    """Whether the model lacks a side of the relationship `key`, as the study says."""
    model, row = key
    response = next((r for r in plan.responses if r.id == row), None)
    if response is None:
        return False
    return any(isinstance(plan.sources.get((model, s.id)), Without) for s in (response.independent, response.dependent))


def _manifest(plan: Plan, series: SeriesOf) -> dict[str, Any]:
    header = plan.study.study
    return {
        "title": header.title,
        "period": list(header.period),
        "modes": ["exact", "ilamb2"],
        "headline": header.mode,
        "version": vadose.__version__,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "settings": {
            "grid": header.grid,
            "rmse_basis": header.rmse_basis,
            "mass_weighting": header.mass_weighting,
            "member": header.member,
            "bootstrap": plan.study.bootstrap,
        },
        "regions": [{"name": r.name, "title": r.title, "kind": r.kind} for r in plan.regions.resolve()],
        "models": [_model(plan, m, series) for m in plan.study.models],
        "comparisons": [_comparison(row) for row in plan.rows],
        "relationships": [_relationship(row) for row in plan.responses],
        "versions": versions(),
    }


def _model(plan: Plan, model: Any, series: SeriesOf) -> dict[str, Any]:
    opened = series.attrs(model.name)
    layers = next((a["soil_layers"] for a in opened if a.get("soil_layers")), None)
    spacing = next((a["spacing"] for a in opened if a["spacing"]), None)
    members = sorted({m for a in opened for m in a.get("members", [a["member"]] if a.get("member") else [])})
    return {
        "name": model.name,
        "file": slug(model.name),
        "family": model.family,
        "parent": model.parent,
        "resolution": list(spacing) if spacing else None,
        "members": members,
        "soil_layers": layers,
    }


def _comparison(row: Row) -> dict[str, Any]:
    reference, variable = row.reference, row.variable
    stated = {k: getattr(reference, k) or row.known.get(k, "") for k in ("citation", "bibtex", "doi", "licence")}
    return {
        "id": row.id,
        "file": row.id,
        "kind": "state",
        "group": row.group,
        "reference": reference.name,
        "title": row.title,
        "variable": variable.name,
        "variable_title": variable.title,
        "units": variable.units,
        "display_units": variable.shown_units,
        "display_scale": variable.display_scale,
        "depth": list(reference.depth) if reference.depth else None,
        "model_variable": reference.read_from_model,
        "weight": reference.weight,
        "colormap": variable.colormap,
        **stated,
    }


def _relationship(row: ResponseRow) -> dict[str, Any]:
    def side(of: Row) -> dict[str, Any]:
        return {
            "comparison": of.id,
            "variable": of.variable.name,
            "reference": of.reference.name,
            "depth": list(of.reference.depth) if of.reference.depth else None,
            "title": of.title,
            "display_units": of.variable.shown_units,
            "display_scale": of.variable.display_scale,
        }

    return {
        "id": row.id,
        "file": row.id,
        "kind": "relationship",
        "group": row.group,
        "title": row.title,
        "independent": side(row.independent),
        "dependent": side(row.dependent),
        "weight": row.relationship.weight,
    }


def _hashes(packed: Mapping[Key, Packed | Failed], root: Path) -> list[FileDigest]:
    """Every input file once, its path relative to the study's root where it lies below it."""
    digests = {d.path: d for p in packed.values() if isinstance(p, Packed) for d in p.digests}
    base = Path(os.path.abspath(root))

    def shown(path: str) -> str:
        full = Path(os.path.abspath(path))
        return str(full.relative_to(base)) if full.is_relative_to(base) else path

    return [FileDigest(shown(path), d.sha256, d.bytes) for path, d in sorted(digests.items())]
