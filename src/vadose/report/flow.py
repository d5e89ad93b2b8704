"""The page of a flow study: one file that opens from disk, with data files beside it where they are many."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vadose.errors import VadoseError
from vadose.report.flow_balance import joined, peak, totals
from vadose.report.flow_data import FlowRun, read_flow
from vadose.report.flow_drawn import drawn
from vadose.report.flow_fields import Surface
from vadose.report.flow_findings import begin, closed, findings
from vadose.report.flow_wells import MOST_PLACES, Gauge, gauges
from vadose.report.pack import to_json, write_script, write_text
from vadose.report.page import asset, templates

PAGE = 1_000_000  # bytes of index.html, at most
STORE = "(window.VADOSE_DATA=window.VADOSE_DATA||{})"
MOST_FAILURES = 20
_AT_ONCE = ("head",)  # data that the page does not start without
_SCRIPTS = ("report.js", "simulation.js", "ground.js", "flow.js")
_STYLES = ("report.css", "simulation.css", "assimilation.css", "ground.css", "flow.css")
_HOLE = "<script data-vadose></script>"  # what users write is escaped, so that it can never be this
_FILES = (".csv", ".toml", ".json", ".nc", ".pfidb")


def write_flow_report(run: Path) -> Path:
    """Write the report of the flow study in the folder `run`; returns the path of its index.html.

    Raises DataError where a file, a variable or a column of the folder is missing or malformed, VadoseError where
    nothing can be written.
    """
    try:
        return FlowSite(read_flow(Path(run))).write()
    except OSError as error:
        where = error.filename or run
        raise VadoseError(f"{where}: cannot be written: {error.strerror or error}; free space or permit it") from error


class FlowSite:
    """Writes the page of a flow study; remembers what it wrote so that leftovers of an earlier report go."""

    def __init__(self, run: FlowRun) -> None:
        self.run = run
        self.inline: list[str] = []
        self.written: set[Path] = set()

    def write(self) -> Path:
        run = self.run
        with run.outputs() as outputs:
            ground = drawn(run, outputs)
        surface, made = ground.surface, ground.data
        relation = made["topography"]
        places = gauges(run)
        said = findings(run, surface, relation, places)
        page = self._page(said, places, surface)
        room = PAGE - 20_000 - len(page.encode())
        has = {"gauges": bool(places), "topography": bool(relation), "frames": bool(made["frames"]["times"])}
        held = {
            "head": {**self._head(), **made["head"], **has},
            "maps": made["maps"],
            "sections": made["sections"],
            "balance": joined(run),
            "areas": made["areas"],
            "topography": relation,
            "gauges": [g.series() for g in places[:MOST_PLACES]],
            "frames": made["frames"],
        }
        for key, data in held.items():
            self._store(key, data, room)
            room = PAGE - 20_000 - len(page.encode()) - sum(len(t) for t in self.inline)
        index = run.path / "index.html"
        write_text(index, page.replace(_HOLE, "<script>\n" + "\n".join(self.inline) + "\n</script>"))
        for path in (run.path / "data").glob("*.js"):
            if path not in self.written:
                path.unlink(missing_ok=True)
        return index

    def _store(self, key: str, data: Any, room: int) -> None:
        text = f"{STORE}[{to_json(key)}]={to_json(data)};"
        if len(text) <= room or key in _AT_ONCE:
            self.inline.append(text)
            return
        path = self.run.path / "data" / f"{key}.js"
        write_script(path, key, data)
        self.written.add(path)

    def _head(self) -> dict[str, Any]:
        """What the script needs first, beside what it needs of the ground."""
        run = self.run
        start = begin(run)
        found = peak(run)
        return {
            "kind": "flow", "title": run.title, "start": None if start is None else start.timestamp(),
            "area": run.area, "outflow": None if found is None else list(found),
            "failures": [_failure(run, f) for f in run.failures[:MOST_FAILURES]],
        }  # fmt: skip

    def _page(self, said: list[str], places: list[Gauge], surface: Surface) -> str:
        run = self.run
        notes = run.info.get("notes")
        held = totals(run)
        return str(
            templates().get_template("flow.html").render(
                here="index.html",
                run={**run.info, "title": run.title},
                findings=said,
                facts=_facts(run),
                closed=closed(run),
                failures=[_failure(run, f) for f in run.failures[:MOST_FAILURES]],
                failure_count=len(run.failures),
                totals=held,
                digits=_digits(held),
                gauges=[g.row() for g in places],
                shown_gauges=MOST_PLACES,
                area_km2=run.area / 1e6,
                columns=int(run.active.sum()),
                has_elevation=run.elevation is not None,
                dry=not bool((surface.discharge[0][run.active] > 0).any()),
                notes=notes if isinstance(notes, dict) else {},
                hashes=(run.info.get("hashes") or [])[:300],
                shown_hashes=300,
                files=sorted(p.name for p in run.path.iterdir() if p.suffix in _FILES),
                styles="\n".join(asset(f"assets/{n}") for n in _STYLES),
                scripts="\n".join(asset(f"assets/{n}") for n in _SCRIPTS),
                hole=_HOLE,
            )
        )  # fmt: skip


def _digits(rows: list[dict[str, Any]]) -> int:
    """Decimals of a column of m3 that its largest number asks for."""
    most = max(abs(r["m3"]) for r in rows)
    return 0 if most >= 1e5 else 1 if most >= 1e3 else 3


def _facts(run: FlowRun) -> list[tuple[str, str]]:
    """Pairs of a name and a value that describe domain, period and solver; what run.json does not say is left out."""
    info = run.info
    dy, dx = run.cell
    ny, nx = run.active.shape
    solver = info.get("solver") or {}
    spinup = info.get("spinup") or {}
    thin, thick = float(run.thickness.min()), float(run.thickness.max())
    number = (int, float)
    pairs = [
        ("Cells (z, y, x)", f"{run.thickness.size} \u00d7 {ny} \u00d7 {nx}"),
        ("Active columns", f"{int(run.active.sum()):,}"),
        ("Cell size", f"{dx:g} m" if dx == dy else f"{dx:g} by {dy:g} m"),
        ("Extent (x, y)", f"{nx * dx / 1000:g} by {ny * dy / 1000:g} km"),
        ("Depth", f"{run.depth:g} m"),
        ("Layers", f"{thin:g} m thick" if thin == thick else f"{thin:g} to {thick:g} m thick"),
        ("Soil", info.get("soil")),
        ("Overland flow", info.get("overland") or "none"),
        ("Origin", info.get("origin")),
        ("Step", f"{info['dt']:g} s" if isinstance(info.get("dt"), number) else None),
        ("Steps", f"{info['steps']:,}" if isinstance(info.get("steps"), int) else None),
        ("Newton iterations a step", _two(solver.get("newton_per_step"))),
        ("Matrix products a step", _two(solver.get("products_per_step"))),
        ("Substeps", f"{solver['substeps']:,.10g}" if isinstance(solver.get("substeps"), number) else None),
        ("Coarser grids", {True: "used", False: "not needed"}.get(solver.get("multigrid", ""))),
        ("Spin-up", _spinup(spinup) if spinup else None),
    ]  # fmt: skip
    return [(name, str(value)) for name, value in pairs if value not in (None, "")]


def _spinup(spinup: dict[str, Any]) -> str:
    change = spinup.get("change_m")
    moved = f", last change {change:.2g} m" if isinstance(change, int | float) else ""
    end = "" if spinup.get("reached", True) else ", its end was not reached"
    return f"{spinup.get('cycles', 0)} cycles{moved}{end}"


def _two(value: Any) -> str | None:
    return f"{value:.2f}" if isinstance(value, int | float) else None


def _failure(run: FlowRun, held: dict[str, Any]) -> dict[str, Any]:
    """A step that did not converge, with its place in m where it has one."""
    z, y, x = (held.get(n) for n in ("z", "y", "x"))
    found: dict[str, Any] = {"time": held.get("time"), "z": z, "y": y, "x": x, "residual": held.get("residual")}
    if isinstance(y, int) and isinstance(x, int) and 0 <= y < run.y.size and 0 <= x < run.x.size:
        found |= {"east": float(run.x[x]), "north": float(run.y[y])}
    if isinstance(z, int) and 0 <= z < run.thickness.size:
        found["depth"] = float(run.thickness[: z + 1].sum() - run.thickness[z] / 2)
    return found
