"""The page of the multi-model mean: multimodel.nc as page data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vadose.grid.latlon import LatLonGrid
from vadose.report.content import depth_text
from vadose.report.data import MMEM, Run
from vadose.report.maps import DisplayGrids, Reducer, display_grid, pack_maps
from vadose.report.pack import write_script

_MAPS = ("mean_reference", "mean_mmem", "bias_ratio", "spread")
_STATISTICS = ("taylor_r", "taylor_sigma", "taylor_crmse", "tss")
_DERIVED = {"p-e": "P \u2212 E", "p-e-r": "P \u2212 E \u2212 R"}


@dataclass(frozen=True)
class RowMeaning:
    """How a row of multimodel.nc is named and shown."""

    id: str
    title: str
    note: str
    units: str
    scale: float
    colormap: str
    pool: str

    def as_json(self, file: str) -> dict[str, Any]:
        keys = ("id", "title", "note", "units", "colormap", "pool")
        return {**{k: getattr(self, k) for k in keys}, "file": file}


def meaning(run: Run, row: str) -> RowMeaning:
    """Title, display units and palette of a row: a comparison, or P - E derived from a reference."""
    for c in run.comparisons:
        if c["id"] == row:
            note = " ".join(filter(None, [c.get("variable_title") or c.get("variable"), depth_text(c.get("depth"))]))
            units = c.get("display_units") or c.get("units") or ""
            return RowMeaning(
                row, c.get("title") or row, note, "" if units == "1" else units, float(c.get("display_scale") or 1.0),
                c.get("colormap") or "viridis", note,
            )  # fmt: skip
    kind, _, reference = row.partition(":")
    title = _DERIVED.get(kind, kind)
    return RowMeaning(row, reference or row, title, "mm d-1", 86400.0, "BrBG", title)


def write_multimodel(run: Run, folder: Path) -> dict[str, Any] | None:
    """Write the data of the multi-model page; returns its summary, or None where there is no multimodel.nc."""
    path = run.path / "multimodel.nc"
    if not path.is_file():
        return None
    import netCDF4

    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        held = {n: v[:] for n, v in file.variables.items()}
        attrs = {n: file.getncattr(n) for n in file.ncattrs()}
        pe = file.variables.get("pe_correlation")
        pe_note = str(attrs.get("effective_sample_size") or getattr(pe, "effective_sample_size", ""))
    rows, sources, regions = ([str(v) for v in held.get(n, [])] for n in ("row", "source", "region"))
    meanings = [meaning(run, r) for r in rows]
    files = [f"mm-{k}" for k in range(len(rows))]
    models = [m["name"] for m in run.models if m["name"] != MMEM]
    region_titles = [str(v) for v in held.get("region_title", regions)]
    titles = {r["name"]: r["title"] for r in run.regions}
    summary: dict[str, Any] = {
        "rows": [m.as_json(f) for m, f in zip(meanings, files, strict=True)],
        "sources": sources,
        "regions": [{"name": r, "title": titles.get(r) or t} for r, t in zip(regions, region_titles, strict=True)],
        "model_of": [models.index(s) if s in models else -1 for s in sources],
        "steps": _object(attrs.get("parents")),
        "threshold": float(attrs.get("threshold", 0.6)),
        "high": _listed(attrs.get("resolution_high")),
        "low": _listed(attrs.get("resolution_low")),
        "pe_note": pe_note,
    }
    summary |= {n: np.asarray(held[n], float) for n in (*_STATISTICS, "models_above", "regions_above") if n in held}
    _write_maps(held, meanings, files, folder)
    summary["pe"] = _write_correlation(run, held, folder)
    write_script(folder / "multimodel.js", "multimodel", summary)
    return {"rows": summary["rows"], "regions": summary["regions"], "sources": sources}


def _write_maps(held: dict[str, np.ndarray], meanings: list[RowMeaning], files: list[str], folder: Path) -> None:
    shown, reducer, grids = _grids(held)
    for k, (m, file) in enumerate(zip(meanings, files, strict=True)):
        fields = {}
        for name in _MAPS:
            if name in held:
                scale = 1.0 if name == "bias_ratio" else m.scale
                limit = 1.0 if name == "bias_ratio" else np.inf
                fields[name] = np.clip(np.asarray(held[name][k], float) * scale, -limit, limit)
        content = pack_maps(fields, grids, shown, reducer)
        content["grid"] = grids.grids[content["grid"]]
        if "cycle" in held:
            content["cycle"] = np.asarray(held["cycle"][k], float) * m.scale
        write_script(folder / f"{file}.js", file, content)


def _write_correlation(run: Run, held: dict[str, np.ndarray], folder: Path) -> list[str]:
    """Correlation of soil moisture with P - E: one script with all its maps; returns the rows it is for."""
    if "pe_correlation" not in held or not len(held["pe_correlation"]):
        return []
    shown, reducer, grids = _grids(held)
    rows = [str(r) for r in held.get("pe_row", range(len(held["pe_correlation"])))]
    sources = [str(s) for s in held.get("pe_source", ("MMEM", "reference"))]
    parts = []
    for k, row in enumerate(rows):
        for j, source in enumerate(sources):
            field = np.asarray(held["pe_correlation"][k, j], float)
            sure = np.where(np.isfinite(field), np.asarray(held["pe_significant"][k, j], float), np.nan)
            content = pack_maps({"correlation": field, "significant": sure}, grids, shown, reducer)
            about = meaning(run, row)
            parts.append({"title": f"{about.note}, {about.title}", "source": source, **content})
    write_script(folder / "mm-pe.js", "mm-pe", {"maps": parts, "grids": grids.grids})
    return rows


def _grids(held: dict[str, np.ndarray]) -> tuple[LatLonGrid, Reducer, DisplayGrids]:
    grid = LatLonGrid.from_centres(held["lat"], held["lon"])
    shown = display_grid(grid)
    return shown, Reducer.between(grid, shown), DisplayGrids([])


def _listed(value: Any) -> list[str]:
    """A list kept in an attribute as JSON."""
    try:
        found = json.loads(value) if isinstance(value, str) else []
    except ValueError:
        return []
    return [str(v) for v in found] if isinstance(found, list) else []


def _object(value: Any) -> dict[str, list[str]]:
    """An object of lists kept in an attribute as JSON."""
    try:
        found = json.loads(value) if isinstance(value, str) else {}
    except ValueError:
        return {}
    return {str(k): [str(v) for v in names] for k, names in found.items()} if isinstance(found, dict) else {}
