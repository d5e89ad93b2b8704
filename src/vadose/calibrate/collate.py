"""Bring the results of all tiles together: maps, events, example cells, manifest."""

from __future__ import annotations

import dataclasses
import datetime
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import vadose
from vadose.calibrate import examples, kept
from vadose.calibrate.drydown.estimates import Estimates
from vadose.calibrate.output import count_reasons, dataset
from vadose.calibrate.reason import Reason
from vadose.calibrate.study import Study
from vadose.calibrate.summary import summary
from vadose.calibrate.tasks import OnCells, Worked
from vadose.calibrate.texture import Experiment, Texture
from vadose.data.daily.blocks import Store
from vadose.soil.classes import USDA_POLYGONS
from vadose.workflow.cache import FileDigest, write_text
from vadose.workflow.failures import Failed
from vadose.workflow.names import slug
from vadose.workflow.output import write_dataset, write_json
from vadose.workflow.versions import versions

if TYPE_CHECKING:
    from vadose.calibrate.run import Outcome


def write_run(study: Study, outcome: Outcome, run: Path, seconds: float) -> None:
    """Write everything but the report to the run folder; run.json comes last and marks the run as finished."""
    store = Store.open(outcome.packed.folder)
    digests = _digests(outcome)
    attrs = _attributes(study, digests)
    estimates = _thresholds(outcome)
    write_dataset(dataset(estimates, store.cells, attrs), run / "thresholds.nc")
    textures: dict[str, Texture] = {}
    for place, experiment in enumerate(_finished(study, outcome)):
        texture = _texture(outcome, place)
        about = {"experiment": experiment.name, "experiment_settings": json.dumps(dataclasses.asdict(experiment))}
        write_dataset(dataset(texture, store.cells, attrs | about), run / texture_file(experiment))
        textures[experiment.name] = texture
    for stale in run.glob("texture-*.nc"):
        if stale.name not in {texture_file(e) for e in study.experiments if e.name in textures}:
            stale.unlink()
    events = _events(study, outcome, store, run)
    sensitive = _sensitivity(study, outcome, estimates, textures, store, run)
    write_json(run / "cells.json", {"cells": examples.cells(study, estimates, store)})
    manifest = {
        "kind": "calibrate",
        "title": study.study.title,
        "version": vadose.__version__,
        "versions": versions(),
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "method": study.drydown.method,
        "settings": dataclasses.asdict(_method(study)),
        "period": [str(store.days[0]), str(store.days[-1])],
        "product": study.soil_moisture.name,
        "source_attrs": dict(store.attrs),
        "series": os.path.relpath(outcome.packed.folder, run),
        "experiments": [_experiment(e, textures, outcome) for e in study.experiments],
        "counts": {"cells": int(store.cells.size), "by_reason": count_reasons(estimates.reason)},
        "experiment_counts": {name: count_reasons(t.reason) for name, t in textures.items()},
        "refused": {name: int(counts.sum()) for name, counts in store.refused.items()},
        "failures": _failures(study, outcome),
        "hashes": [dataclasses.asdict(d) for d in digests],
        "summary": summary(study, estimates, textures, store.cells),
        "events": events,
        "sensitivity": sensitive,
        "ternary": {"classes": _classes()},
        "seconds": round(seconds, 1),
    }
    write_json(run / "run.json", manifest)


def _method(study: Study) -> Any:
    """Settings of the estimator that the study uses."""
    return getattr(study.drydown, study.drydown.method)


def texture_file(experiment: Experiment) -> str:
    """Name of the map of an experiment in the run folder."""
    return f"texture-{slug(experiment.name)}.nc"


def _thresholds(outcome: Outcome) -> Estimates:
    parts = []
    for tile, worked in zip(outcome.tiles, outcome.worked, strict=True):
        if isinstance(worked, Failed):
            parts.append(Estimates.empty(tile.stop - tile.start, Reason.NOT_COMPUTED))
        else:
            parts.append(kept.load(Estimates, worked.thresholds))
    return Estimates.concatenate(parts)


def _texture(outcome: Outcome, place: int) -> Texture:
    """The textures of the experiment at `place` among those that were worked on."""
    parts: list[Texture | int] = []
    for tile, worked in zip(outcome.tiles, outcome.worked, strict=True):
        if isinstance(worked, Failed):
            parts.append(tile.stop - tile.start)
        else:
            parts.append(kept.load(Texture, worked.textures[place]))
    example = next(p for p in parts if isinstance(p, Texture))
    return Texture.concatenate([example.missing(p, Reason.NOT_COMPUTED) if isinstance(p, int) else p for p in parts])


def _finished(study: Study, outcome: Outcome) -> list[Experiment]:
    """The experiments that were worked on, in the order of the tiles' results."""
    if all(isinstance(w, Failed) for w in outcome.worked):
        return []
    return [e for e in study.experiments if isinstance(outcome.soils[e.soil], OnCells)]


def _events(study: Study, outcome: Outcome, store: Store, run: Path) -> dict[str, Any] | None:
    """Write events.parquet tile by tile; says what was written, None where no events were asked for."""
    from vadose.calibrate.drydown.events import Events, EventWriter

    path = run / "events.parquet"
    if not study.drydown.events:
        path.unlink(missing_ok=True)
        return None
    count = 0
    about = {"first_day": str(store.days[0]), "title": study.study.title, "vadose_version": vadose.__version__}
    with EventWriter(path, study.drydown.published, about) as writer:
        for worked in outcome.worked:
            if isinstance(worked, Worked) and worked.events is not None:
                events = kept.load(Events, worked.events)
                writer.write(events)
                count += events.size
    return {"file": path.name, "count": count}


def _sensitivity(
    study: Study, outcome: Outcome, estimates: Estimates, textures: dict[str, Texture], store: Store, run: Path
) -> list[dict[str, Any]]:
    """Write sensitivity.csv where the study asks for it; its rows."""
    path = run / "sensitivity.csv"
    if not study.sensitivity.evaluations:
        path.unlink(missing_ok=True)
        return []
    from vadose.calibrate.sensitivity import sensitivity

    frame = sensitivity(study, outcome, estimates, textures, store.cells)
    write_text(path, frame.to_csv(index=False, float_format="%.6g"))
    return [{str(k): v for k, v in row.items()} for row in frame.to_dict("records")]


def _experiment(experiment: Experiment, textures: dict[str, Texture], outcome: Outcome) -> dict[str, Any]:
    soil = outcome.soils.get(experiment.soil)
    return {
        **dataclasses.asdict(experiment),
        "file": texture_file(experiment) if experiment.name in textures else None,
        "soil_attrs": soil.attrs if isinstance(soil, OnCells) else {},
    }


def _failures(study: Study, outcome: Outcome) -> list[dict[str, str]]:
    found = []
    for experiment in study.experiments:
        soil = outcome.soils[experiment.soil]
        if isinstance(soil, Failed):
            found.append({"what": experiment.name, "part": f"soil map {experiment.soil}", "why": soil.why})
    for tile, worked in zip(outcome.tiles, outcome.worked, strict=True):
        if isinstance(worked, Failed):
            found.append({"what": "thresholds", "part": f"cells {tile.start} to {tile.stop - 1}", "why": worked.why})
    return found


def _digests(outcome: Outcome) -> list[FileDigest]:
    maps = [d for s in outcome.soils.values() if isinstance(s, OnCells) for d in s.digests]
    return list({d.path: d for d in (*outcome.packed.digests, *maps)}.values())


def _attributes(study: Study, digests: list[FileDigest]) -> dict[str, Any]:
    """Global attributes of every map: where it comes from."""
    return {
        "title": study.study.title,
        "source": f"{study.soil_moisture.name}; drydowns by the {study.drydown.method} estimator",
        "history": f"{datetime.datetime.now(datetime.UTC).isoformat(timespec='seconds')} vadose calibrate",
        "settings": json.dumps({study.drydown.method: dataclasses.asdict(_method(study))}),
        "vadose_version": vadose.__version__,
        "versions": ", ".join(f"{name} {version}" for name, version in versions().items()),
        "input_sha256": "; ".join(f"{Path(d.path).name} {d.sha256}" for d in digests[:200])
        + (f"; and {len(digests) - 200} more, see run.json" if len(digests) > 200 else ""),
    }


def _classes() -> list[dict[str, Any]]:
    """Outlines of the USDA texture classes."""
    return [
        {"name": name, "sand": [float(p[0]) for p in outline], "clay": [float(p[1]) for p in outline]}
        for name, outline in USDA_POLYGONS.items()
    ]
