"""What each page shows, as plain data: the portrait, a row, a pair."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from vadose.report.data import ALL, CONSENSUS, GROUP, HEADLINE_SCORES, MMEM, RELATIONSHIP_SCORE, Run, groups

COLOURS = (
    "#2f78c4", "#c8553d", "#2b8a5a", "#a04fa8", "#96790f", "#23869a",
    "#7a62d1", "#c24475", "#5f7f25", "#8f6b48", "#4d7c7c", "#77777f",
)  # fmt: skip
_SHORT = {"gpp": "GPP", "lai": "LAI", "evapotranspiration": "ET", "snow_water_equivalent": "SWE"}
_RESPONSE = (
    "x_edges", "y_edges", "reference_mean", "reference_q25", "reference_q75", "reference_count", "reference_valid",
    "model_mean", "model_q25", "model_q75", "model_count", "model_valid",
)  # fmt: skip


def families(run: Run) -> list[dict[str, Any]]:
    """Land families in order of appearance (dendrogram order where known), each with its colour and mark."""
    order = (run.info.get("families") or {}).get("order") or []
    rank = {name: i for i, name in enumerate(order)}
    indexed = sorted(range(len(run.models)), key=lambda i: (rank.get(run.models[i]["name"], len(rank)), i))
    found: dict[str, list[int]] = {}
    for i in indexed:
        if run.models[i]["name"] != MMEM:
            found.setdefault(run.models[i].get("family") or "", []).append(i)
    return [
        {"name": name, "colour": COLOURS[k % len(COLOURS)], "mark": k % 6, "models": members}
        for k, (name, members) in enumerate(found.items())
    ]


def head(run: Run) -> dict[str, Any]:
    """What every page knows: models with their families and colours, regions, modes, pages and failures."""
    family = families(run)
    of_model = {i: k for k, f in enumerate(family) for i in f["models"]}
    models = [
        {
            "name": m["name"],
            "file": m["file"],
            "family": of_model.get(i, -1),
            "mmem": m["name"] == MMEM,
            "layers": m.get("soil_layers"),
        }
        for i, m in enumerate(run.models)
    ]
    named = {r["id"]: " ".join([row_title(r), row_note(r)]).strip() for r in run.rows}
    states = [
        {"model": p["model"], "row": p["row"], "title": named.get(p["row"], p["row"]), "why": _why(p)}
        for p in run.pairs.values()
        if _failed(p)
    ]
    return {
        "title": run.info.get("title", ""),
        "models": models,
        "families": family,
        "regions": [{"name": r["name"], "title": r["title"]} for r in run.regions],
        "modes": run.modes,
        "headline": run.headline,
        "failed": states,
    }


def _failed(pair: dict[str, Any]) -> bool:
    return pair.get("status", "ok") != "ok"


def _why(pair: dict[str, Any]) -> str:
    return str(pair.get("why") or ("no data" if pair.get("status") == "missing" else "failed"))


def portrait_rows(run: Run) -> list[dict[str, Any]]:
    """The rows of the portrait from the top: overall, then each group with its comparisons and relationships."""
    has = {r: bool(np.isfinite(run.scores.table(r)[0]).any()) for r in run.scores.rows}
    rows: list[dict[str, Any]] = []
    if has[ALL]:
        rows.append({"id": ALL, "kind": "overall", "title": "Overall", "note": "weighted"})
    for group in groups(run.rows):
        key = f"{GROUP}{group}"
        members = [r for r in run.rows if r["group"] == group]
        rows.append({"id": key, "kind": "group", "title": group, "group": group, "scored": has[key]})
        rows += [
            {
                "id": r["id"],
                "kind": r["kind"],
                "title": row_title(r),
                "note": row_note(r),
                "group": group,
                "page": page_name(r),
            }
            for r in members
        ]
    return rows


def row_note(row: dict[str, Any]) -> str:
    """What stands behind a row's title: its variable, or what a relationship depends on."""
    if row["kind"] == "relationship":
        side = row["independent"]
        return (
            f"vs {side.get('title') or ' '.join(filter(None, [side.get('reference'), depth_text(side.get('depth'))]))}"
        )
    return str(row.get("variable_title") or row.get("variable", ""))


def row_title(row: dict[str, Any]) -> str:
    """A short title: the reference with its depth, or the dependent variable of a relationship."""
    if row["kind"] == "relationship":
        side = row["dependent"]
        short = _SHORT.get(side.get("variable", "")) or side.get("variable_title") or side.get("variable", "")
        return f"{short} ({side['reference']})" if side.get("reference") else str(short)
    title = str(row.get("title") or row.get("reference") or row["id"])
    depth = depth_text(row.get("depth"))
    plain = title.replace("\u2013", "-")
    return title if not depth or depth.replace("\u2013", "-") in plain else f"{title} {depth}"


def depth_text(depth: Any) -> str:
    """A depth range in cm, in m from 1 m on; empty without one."""
    if not depth:
        return ""
    top, bottom = (float(v) for v in depth)
    return f"{top:g}\u2013{bottom:g} m" if bottom >= 1.0 else f"{100 * top:g}\u2013{100 * bottom:g} cm"


def page_name(row: dict[str, Any]) -> str:
    """The file of a row's page."""
    return f"{'r' if row['kind'] == 'relationship' else 'c'}-{row['file']}.html"


def front(run: Run) -> dict[str, Any]:
    """The portrait: scores [mode, region, row, model, score] as arrays, and the dendrogram."""
    scores = run.scores
    rows = portrait_rows(run)
    at = [scores.rows.index(r["id"]) for r in rows]
    names = [n for n in HEADLINE_SCORES if n in scores.names]
    blocks = {}
    for key in ("value", "low", "high"):
        array = getattr(scores, key)
        chosen = np.stack([array[at][..., scores.names.index(n)] for n in names], axis=-1) if names else array[at]
        if RELATIONSHIP_SCORE in scores.names and names and names[0] == "overall_score":
            other = array[at][..., scores.names.index(RELATIONSHIP_SCORE)]
            chosen[..., 0] = np.where(np.isfinite(chosen[..., 0]), chosen[..., 0], other)
        blocks[key] = chosen.transpose(2, 3, 0, 1, 4)
    return {"rows": rows, "scores": names, "shape": list(blocks["value"].shape), **blocks}


def score_table(run: Run, row: dict[str, Any]) -> dict[str, Any]:
    """Scores of a row in display units: value, low, high [mode, region, model, score] without empty scores."""
    value, low, high = (a.transpose(1, 2, 0, 3).copy() for a in run.scores.table(row["id"]))
    used = [k for k in range(len(run.scores.names)) if np.isfinite(value[..., k]).any()]
    names = [run.scores.names[k] for k in used]
    units = []
    scale = float(row.get("display_scale") or 1.0)
    for k, name in zip(used, names, strict=True):
        unit = run.scores.units.get((row["id"], name), "")
        if unit and unit != "1" and unit == row.get("units"):
            unit = row.get("display_units") or unit
            for array in (value, low, high):
                array[..., k] *= scale
        units.append("" if unit == "1" else unit)
    pick = (Ellipsis, used)
    return {"scores": names, "units": units, "value": value[pick], "low": low[pick], "high": high[pick]}


def consensus(run: Run, row: dict[str, Any]) -> dict[str, Any] | None:
    """What all references of a quantity together say of each model; None where there is one reference only."""
    about = ("variable", "depth", "model_variable")
    same = [c for c in run.comparisons if all(c.get(k) == row.get(k) for k in about)]
    key = f"{CONSENSUS}{same[0]['id']}"
    if key not in run.scores.rows:
        return None
    table = score_table(run, {**row, "id": key})
    return {"references": [row_title(c) for c in same], "scores": table["scores"], "value": table["value"]}


def read_variables(path: Path) -> dict[str, np.ndarray]:
    """All numeric variables of a netCDF file, with `region` as a list of names."""
    import netCDF4

    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        return {n: v[:] for n, v in file.variables.items()}


def by_region(run: Run, held: dict[str, np.ndarray], name: str) -> np.ndarray | None:
    """A variable [region, ...] of a pair's file, in the order of the run's regions; NaN where it has none."""
    if name not in held:
        return None
    values = np.asarray(held[name])
    kept = [str(r) for r in held.get("region", [])]
    if not kept:
        return values
    out = np.full((len(run.regions), *values.shape[1:]), np.nan)
    for i, region in enumerate(run.regions):
        if region["name"] in kept:
            out[i] = values[kept.index(region["name"])]
    return out


def cycles(run: Run, model: dict[str, Any], row: dict[str, Any]) -> dict[str, Any] | None:
    """Annual cycles [region, 12] of a pair, with the spread of the reference's months over the years (1 std)."""
    path = run.result("curves", model, row)
    if path is None:
        return None
    held, scale = read_variables(path), float(row.get("display_scale") or 1.0)
    out: dict[str, Any] = {}
    for key, name in (("reference", "cycle_reference"), ("model", "cycle_model")):
        values = by_region(run, held, name)
        if values is not None:
            out[key] = values * scale
    series = by_region(run, held, "series_reference")
    if series is not None and "months" in held:
        month = np.asarray(held["months"], int) % 12
        spread = np.full((len(run.regions), 12), np.nan)
        for k in range(12):
            chosen = series[:, month == k]
            if chosen.shape[1] > 2:
                spread[:, k] = _std(chosen)
        out["spread"] = spread * scale
    return out


def _std(values: np.ndarray) -> np.ndarray:
    """Standard deviation along the last axis over finite values; NaN without at least 3."""
    count = np.isfinite(values).sum(axis=-1)
    filled = np.nan_to_num(values)
    mean = filled.sum(axis=-1) / np.maximum(count, 1)
    square = (np.where(np.isfinite(values), values - mean[:, None], 0) ** 2).sum(axis=-1) / np.maximum(count, 1)
    return np.where(count >= 3, np.sqrt(square), np.nan)


def responses(run: Run, model: dict[str, Any], row: dict[str, Any]) -> dict[str, Any] | None:
    """Response curves of a relationship pair by region, in display units."""
    path = run.result("responses", model, row)
    if path is None:
        return None
    held = read_variables(path)
    scale_x, scale_y = (float(row[k].get("display_scale") or 1.0) for k in ("independent", "dependent"))
    out: dict[str, Any] = {}
    for name in _RESPONSE:
        if name not in held:
            continue
        values = np.asarray(held[name], float) if name.endswith("_edges") else by_region(run, held, name)
        assert values is not None
        plain = not name.endswith(("_count", "_valid"))
        out[name] = values * (scale_x if name == "x_edges" else scale_y if plain else 1.0)
    return out


def histograms(run: Run, model: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """2-D histograms [region, bin, ybin] of a relationship pair, as fractions."""
    path = run.result("responses", model, row)
    held = read_variables(path) if path else {}
    names = ("reference_histogram", "model_histogram")
    return {n: by_region(run, held, n) for n in names if n in held}


def pair_curves(run: Run, model: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """Monthly series and the binned scatter of a pair, in display units."""
    path = run.result("curves", model, row)
    if path is None:
        return {}
    held, scale = read_variables(path), float(row.get("display_scale") or 1.0)
    out: dict[str, Any] = {}
    for name in ("series_reference", "series_model"):
        values = by_region(run, held, name)
        if values is not None:
            out[name] = (values * scale).astype(np.float32)
    if "months" in held:
        out["months"] = [int(held["months"][0]), len(held["months"])] if len(held["months"]) else [0, 0]
    scatter = by_region(run, held, "scatter")
    if scatter is not None and "scatter_edges" in held:
        out["scatter"] = np.nan_to_num(scatter).astype(int)
        out["scatter_edges"] = np.asarray(held["scatter_edges"], float) * scale
    return out
