"""The units of work of a run: pack the series, put a soil map on their cells, work on a tile of cells.

Each works from plain arguments and leaves its result in the cache, so that any process of any machine with the same
file system can do it, an interrupted run continues, and a second run does only what changed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.calibrate import kept
from vadose.calibrate.drydown.estimates import Estimates
from vadose.calibrate.reason import Reason
from vadose.calibrate.study import Drydown
from vadose.data.daily.source import DailySource, files_of
from vadose.data.soilmaps.read import IMPOSSIBLE, read_soil_map
from vadose.data.soilmaps.source import QUANTITIES, SoilSource
from vadose.workflow.cache import Cache, FileDigest, fingerprint
from vadose.workflow.failures import guarded
from vadose.workflow.output import write_json

if TYPE_CHECKING:
    from vadose.calibrate.texture import Experiment
    from vadose.data.daily.series import DailySeries

# Raised when a change of the method changes results, so that old ones are not taken for new.
METHOD = "calibrate-1"


@dataclass(frozen=True)
class Packed:
    """Daily series in the cache, by cell, and the files they came from."""

    folder: Path
    digests: tuple[FileDigest, ...]


@dataclass(frozen=True)
class OnCells:
    """A soil map on the cells of the series, in the cache."""

    path: Path
    digests: tuple[FileDigest, ...]
    attrs: dict[str, Any]


@dataclass(frozen=True)
class Tile:
    """Cells from `start` to `stop` of the packed series, what to do with them, and where they are.

    series   folder of the packed series; soils [(experiment, file of its soil map)]
    """

    cache: Path
    series: Path
    start: int
    stop: int
    drydown: Drydown
    experiments: tuple[tuple[Experiment, Path], ...]


@dataclass(frozen=True)
class Worked:
    """Finished results of a tile: files in the cache, `textures` in the order of the experiments."""

    thresholds: Path
    events: Path | None
    textures: tuple[Path, ...]


@guarded
def pack(cache: Path, source: DailySource) -> Packed:
    """Turn the source into series by cell, unless that has been done."""
    from vadose.data.daily.blocks import MANIFEST, pack_blocks
    from vadose.data.daily.open import open_daily

    store = Cache(cache, METHOD)
    digests = tuple(store.digest(path) for path in files_of(source))
    folder = store.entry("series", [d.sha256 for d in digests], fingerprint(replace(source, path="-")))
    if not (folder / MANIFEST).exists():
        pack_blocks(open_daily(source), folder)
    return Packed(folder, digests)


@guarded
def place_soil(cache: Path, source: SoilSource, series: Path) -> OnCells:
    """Read a soil map and put it on the cells of the series, unless that has been done."""
    from vadose.data.daily.blocks import Store

    store = Cache(cache, METHOD)
    digests = tuple(store.digest(path) for path in source.all_files)
    apart: dict[str, Any] = dict.fromkeys(QUANTITIES)
    settings = fingerprint(replace(source, path="-", **apart))
    path = store.entry("soil", [d.sha256 for d in digests], settings, series.name).with_suffix(".npz")
    about = path.with_suffix(".json")
    if not (about.exists() and path.exists()):
        soil = read_soil_map(source, Store.open(series).cells)
        held = {name: getattr(soil, name) for name in QUANTITIES if getattr(soil, name) is not None}
        impossible = soil.problems.get(IMPOSSIBLE, np.zeros(soil.cells.size, bool))
        kept.save_arrays(held | {"impossible": impossible}, path)
        write_json(about, dict(soil.attrs))
    return OnCells(path, digests, json.loads(about.read_text()))


@guarded
def work(tile: Tile) -> Worked:
    """Thresholds, events and textures of a tile; what is in the cache is not done again."""
    store = Cache(tile.cache, METHOD)
    where = [tile.series.name, tile.start, tile.stop]
    method = getattr(tile.drydown, tile.drydown.method)
    thresholds = store.entry("thresholds", where, tile.drydown.method, fingerprint(method)).with_suffix(".npz")
    events = store.entry("events", where, fingerprint(tile.drydown.published)).with_suffix(".npz")
    wanted = events if tile.drydown.events else None
    if not thresholds.exists() or (wanted and not events.exists()):
        _drydowns(tile, thresholds, wanted)
    textures = []
    for experiment, soil in tile.experiments:
        path = store.entry("texture", thresholds.name, soil.name, fingerprint(experiment)).with_suffix(".npz")
        if not path.exists():
            _texture(tile, thresholds, experiment, soil, path)
        textures.append(path)
    return Worked(thresholds, wanted, tuple(textures))


def _drydowns(tile: Tile, thresholds: Path, events: Path | None) -> None:
    """Make what is missing of the thresholds and, where they are wanted, the events of a tile."""
    from vadose.calibrate.drydown.events import drydown_events
    from vadose.calibrate.drydown.published import estimate_published
    from vadose.calibrate.drydown.robust import estimate_robust
    from vadose.data.daily.blocks import Store

    series: DailySeries = Store.open(tile.series).read(slice(tile.start, tile.stop))
    rule, found = tile.drydown, None
    if not thresholds.exists():
        if rule.method == "published":
            estimates, found = estimate_published(series.values, rule.published, tile.start)
        else:
            estimates = estimate_robust(series.values, rule.robust, series.rain)
        kept.save(estimates, thresholds)
    if events is not None and not events.exists():
        if found is None:
            found = drydown_events(series.values, rule.published, tile.start)
        kept.save(found, events)


def _texture(tile: Tile, thresholds: Path, experiment: Experiment, soil: Path, path: Path) -> None:
    from vadose.calibrate.texture import fit_texture
    from vadose.data.daily.blocks import Store

    part = slice(tile.start, tile.stop)
    known, impossible = soil_part(soil, part)
    streams = Store.open(tile.series).cells.index[part]
    found = fit_texture(experiment, kept.load(Estimates, thresholds), known, streams=streams)
    found.reason[impossible & (found.reason == Reason.NO_SOIL)] = Reason.IMPOSSIBLE_SOIL
    kept.save(found, path)


def soil_part(path: Path, which: slice | np.ndarray) -> tuple[Any, np.ndarray]:
    """Some cells of a soil map in the cache, as `fit_texture` takes it, and [cell] where its values are no soil."""
    known = {name: values[which] for name, values in kept.load_arrays(path).items()}
    impossible = known.pop("impossible")
    return SimpleNamespace(**known), impossible
