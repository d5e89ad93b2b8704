"""The units of work of a run: pack a source, compare a pair, relate two variables.

Each works from plain arguments and leaves its result in the cache, so that any process of any machine with the
same file system can do it, an interrupted run continues, and a second run does only what changed.
A task never raises: what went wrong is its result, and the other tasks go on.
"""

from __future__ import annotations

import functools
import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vadose.benchmark.pair import CompareSettings
from vadose.benchmark.plan import RegionList
from vadose.errors import DataError, VadoseError
from vadose.workflow.cache import Cache, FileDigest, fingerprint, write_text
from vadose.workflow.failures import Failed, guarded

if TYPE_CHECKING:
    from vadose.data.series import CellSeries

# Raised when a change of the method changes results, so that old ones are not taken for new.
METHOD = "benchmark-1"


@dataclass(frozen=True)
class Packed:
    """A packed series in the cache and the files it came from."""

    folder: str
    digests: tuple[FileDigest, ...]


@dataclass(frozen=True)
class Compared:
    """A finished pair in the cache: scores in memory, maps and curves in files."""

    folder: str
    scores: tuple[dict[str, Any], ...]
    warnings: tuple[str, ...]
    seconds: float


@dataclass(frozen=True)
class PackJob:
    """Sources that lie in the same files and differ in depth only: packed together in one reading.

    sources : for each depth, the Sources of the members that are averaged
    """

    cache: Path
    sources: tuple[tuple[Any, ...], ...]
    period: tuple[int, int]


@dataclass(frozen=True)
class PairJob:
    """One model against one row (a comparison or a relationship) of the study."""

    cache: Path
    model: str
    row: str
    settings: CompareSettings
    regions: RegionList
    units: str

    def resolved(self) -> CompareSettings:
        """The settings with the regions made."""
        return replace(self.settings, regions=self.regions.resolve())


@guarded
def pack(job: PackJob) -> tuple[Packed | Failed, ...]:
    """Pack the sources of a job, in their order, reading the files once for those that are not in the cache."""
    cache = Cache(job.cache, METHOD)
    members = job.sources[0]
    paths = [p for s in members for p in (*s.paths, s.land_fraction, s.cell_area, s.site_table) if p]
    digests = tuple(cache.digest(p) for p in dict.fromkeys(paths))
    contents = sorted(d.sha256 for d in digests)
    folders = [cache.entry("series", contents, _settings_of(s[0]), job.period) for s in job.sources]
    missing = [i for i, folder in enumerate(folders) if not folder.exists()]
    failed: dict[int, Failed] = {}
    if missing:
        depths = [job.sources[i][0].depth for i in missing]
        for i, series in zip(missing, _pack_depths(members, depths, job.period), strict=True):
            if isinstance(series, VadoseError):
                failed[i] = Failed(str(series))
            else:
                series.save(folders[i])
    return tuple(failed.get(i) or Packed(str(folder), digests) for i, folder in enumerate(folders))


def _pack_depths(
    members: tuple[Any, ...], depths: list[Any], period: tuple[int, int]
) -> list[CellSeries | VadoseError]:
    """The mean over members at each depth; a depth that cannot be had does not take the others with it."""
    from vadose.benchmark.members import mean_of_members
    from vadose.data.pack import pack_depths

    try:
        return [*mean_of_members(pack_depths(member, depths, period) for member in members)]
    except VadoseError as error:
        if len(depths) == 1:
            return [error]
        return [series for depth in depths for series in _pack_depths(members, [depth], period)]


def pick(packed: tuple[Packed | Failed, ...] | Failed, index: int) -> Packed | Failed:
    """One result of `pack`; where all of it failed, that failure."""
    return packed if isinstance(packed, Failed) else packed[index]


def _settings_of(source: Any) -> dict[str, Any]:
    """What of a source changes its result or what is said of it, besides the bytes of its files."""
    return {k: v for k, v in asdict(source).items() if k not in ("paths", "land_fraction", "cell_area")}


@guarded
def compare_pair(job: PairJob, reference: Packed | Failed, model: Packed | Failed) -> Compared:
    """Score one model against one reference; maps and curves go to the cache."""
    reference, model = _present(reference, "reference"), _present(model)
    from vadose.benchmark.compare import compare
    from vadose.benchmark.output import curves_dataset, maps_dataset
    from vadose.data.series import CellSeries
    from vadose.workflow.output import write_dataset

    def work(folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
        settings = job.resolved()
        one, other = CellSeries.load(reference.folder), CellSeries.load(model.folder)
        result = compare(one, other, settings)
        regions = [r.name for r in settings.regions]
        write_dataset(maps_dataset(result, map_units(job.units)), folder / "maps.nc")
        write_dataset(curves_dataset(result, regions, job.units), folder / "curves.nc")
        notes = [note for series in (one, other) for note in series.attrs.get("warnings", ())]
        return [asdict(s) for s in result.scores], [*result.warnings, *notes]

    return _kept(job, [reference.folder, model.folder], work)


@guarded
def bin_range(cache: Path, extents: Any, reference: Packed | Failed, *models: Packed | Failed) -> tuple[float, float]:
    """Range of the bins of a variable in the ilamb2 mode, from all models of the study that have it."""
    from vadose.benchmark.response import ilamb_limits
    from vadose.data.series import CellSeries

    folders = [_present(reference, "reference").folder, *(m.folder for m in models if isinstance(m, Packed))]
    kept = Cache(cache, METHOD).entry("ranges", [Path(f).name for f in folders], extents)
    if not kept.exists():
        first, *others = (CellSeries.load(f) for f in folders)
        write_text(kept, json.dumps(ilamb_limits(first, others, extents)))
    low, high = json.loads(kept.read_text())
    return low, high


@guarded
def relate(job: PairJob, ranges: tuple[Any, Any], *inputs: Packed | Failed) -> Compared:
    """Score how one model's dependent variable responds to the independent one.

    ranges : of the bins of x and y in the ilamb2 mode; inputs : reference x, reference y, model x, model y
    """
    reference_x, reference_y = (_present(i, "reference") for i in inputs[:2])
    model_x, model_y = (_present(i) for i in inputs[2:])
    if not any(isinstance(r, Failed) for r in ranges):
        job = replace(job, settings=replace(job.settings, limits=ranges))
    from vadose.benchmark.output import response_dataset
    from vadose.benchmark.response import respond
    from vadose.data.series import CellSeries
    from vadose.workflow.output import write_dataset

    def work(folder: Path) -> tuple[list[dict[str, Any]], list[str]]:
        rx, ry, mx, my = (CellSeries.load(p.folder) for p in (reference_x, reference_y, model_x, model_y))
        settings = job.resolved()
        result = respond(rx, ry, mx, my, settings)
        regions = [r.name for r in settings.regions]
        write_dataset(response_dataset(result, regions), folder / "responses.nc")
        return [asdict(s) for s in result.scores], list(result.warnings)

    return _kept(job, [p.folder for p in (reference_x, reference_y, model_x, model_y)], work)


def _present(packed: Packed | Failed, who: str = "") -> Packed:
    """`packed`, unless it failed: then its reason becomes the reason of the pair."""
    if isinstance(packed, Failed):
        raise DataError(f"{who}: {packed.why}" if who else packed.why)
    return packed


def _kept(job: PairJob, inputs: list[str], work: Callable[[Path], tuple[list[dict[str, Any]], list[str]]]) -> Compared:
    """The result of `work`, from the cache where its inputs and settings are the same."""
    folder = Cache(job.cache, METHOD).entry(
        "pairs", [Path(i).name for i in inputs], fingerprint(job.settings), regions_key(job.regions), job.units
    )
    header = folder / "scores.json"
    if not header.exists():
        started = time.process_time()
        folder.mkdir(parents=True, exist_ok=True)
        scores, warnings = work(folder)
        seconds = time.process_time() - started
        write_text(header, json.dumps({"scores": scores, "warnings": warnings, "seconds": seconds}))
    try:
        stored = json.loads(header.read_text())
    except (OSError, ValueError) as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise DataError(f"{header}: the kept result is damaged ({error}) and was removed; run again") from error
    return Compared(str(folder), tuple(stored["scores"]), tuple(stored["warnings"]), stored["seconds"])


@functools.lru_cache(maxsize=8)
def regions_key(regions: RegionList) -> str:
    """What regions are, as a key: their definition, not their name alone."""
    return hashlib.sha256(json.dumps(fingerprint(regions.resolve()), default=str).encode()).hexdigest()


def map_units(units: str) -> dict[str, str]:
    """Unit of each map of a pair whose variable has `units`."""
    dimensional = ("reference_mean", "model_mean", "bias", "rmse", "crmse")
    months = ("phase_shift", "reference_phase", "model_phase")
    return dict.fromkeys(dimensional, units) | dict.fromkeys(months, "month")
