"""What the synthetic run is about: awkward model names, comparisons, layers, and how they look in run.json."""

from __future__ import annotations

import hashlib
import re
from typing import Any

import numpy as np

NASTY = ("<img src=x onerror=alert(1)>", 'Mod&el "A"', "</script><script>alert(2)</script>")
MODELS = (
    ("ACCESS-ESM1-5", "CABLE"), (NASTY[1], "CABLE"), ("CESM2", "CLM5"), ("NorESM2-LM", "CLM5"), ("TaiESM1", "CLM4"),
    ("SAM0-UNICON", "CLM4"), ("CMCC-ESM2", "CLM4"), ("MPI-ESM1-2-LR", "JSBACH"), ("AWI-ESM-1-1-LR", "JSBACH"),
    ("GFDL-ESM4", "LM4"), ("UKESM1-0-LL", "JULES"), ("CNRM-ESM2-1", "ISBA"), ("CanESM5-1", "CLASS"),
    ("EC-Earth3-CC", "HTESSEL"), ("GISS-E3-G", "GISS LSM"), (NASTY[0], "HAL"),
)  # fmt: skip
REGIONS = (
    ("global", "Global"), ("koppen:tropical", "Tropical"), ("koppen:arid", "Arid"),
    ("koppen:temperate", "Temperate"), ("koppen:continental", "Continental"),
)  # fmt: skip
SM = ("soil_moisture", "Soil moisture", "m3 m-3", "m3 m-3", 1.0, "YlGnBu")
GPP = ("gpp", "Gross primary productivity", "kg m-2 s-1", "g m-2 d-1", 8.64e7, "YlGn")
LAI = ("lai", "Leaf area index", "1", "1", 1.0, "YlGn")
ET = ("evapotranspiration", "Evapotranspiration", "kg m-2 s-1", "mm d-1", 86400.0, "PuBuGn")
PR = ("precipitation", "Precipitation", "kg m-2 s-1", "mm d-1", 86400.0, "YlGnBu")
COMPARISONS = (
    ("esacci-005", "Near surface", "ESA CCI", SM, (0, 0.05), "mrsol"),
    ("olc-mrsos", "Near surface", "Wang2021OLC (mrsos)", SM, (0, 0.1), "mrsos"),
    ("olc-010", "Near surface", "Wang2021OLC", SM, (0, 0.1), "mrsol"),
    ("olc-100", "Root zone", "Wang2021OLC", SM, (0, 1.0), "mrsol"),
    ("wecann-gpp", "Ecohydrology", "WECANN", GPP, None, "gpp"),
    ("avh-lai", "Ecohydrology", "AVH15C1", LAI, None, "lai"),
    ("gleam-et", "Ecohydrology", "GLEAM v3.3a", ET, None, "evspsbl"),
    ("era5-pr", "Ecohydrology", "ERA5", PR, None, "pr"),
    ("fluxnet-gpp", "Ecohydrology", "FLUXNET2015", GPP, None, "gpp"),
)
SITES = "fluxnet-gpp"
SCALE = {
    "soil_moisture": 0.4,
    "gpp": 9.0 / 8.64e7,
    "lai": 5.0,
    "evapotranspiration": 4 / 86400,
    "precipitation": 7 / 86400,
}
COMPONENTS = ("bias_score", "rmse_score", "seasonal_cycle_score", "spatial_score")
LAYERS = {
    "CABLE": [0.022, 0.058, 0.154, 0.409, 1.085, 2.872],
    "CLM5": [0.02, 0.04, 0.06, 0.08, 0.12, 0.16, 0.2, 0.24, 0.5, 1.2],
    "JSBACH": [0.065, 0.254, 0.913, 2.902, 5.7], "LM4": [0.02, 0.04, 0.04, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0],
    "JULES": [0.1, 0.25, 0.65, 2.0], "ISBA": [0.01, 0.03, 0.06, 0.1, 0.2, 0.2, 0.2, 0.2, 0.5, 0.5],
    "CLASS": [0.1, 0.25, 3.75], "HTESSEL": [0.07, 0.21, 0.72, 1.89], "GISS LSM": [0.1, 0.17, 0.3, 0.51, 0.89],
}  # fmt: skip


def slug(text: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return plain if plain == text else f"{plain[:24]}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"


def hash_of(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)


def bounds(thickness: list[float] | None) -> list[list[float]] | None:
    if thickness is None:
        return None
    edges = np.concatenate([[0], np.cumsum(thickness)]).round(4)
    return [[float(a), float(b)] for a, b in zip(edges[:-1], edges[1:], strict=True)]


def land_cells(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    from vadose.grid.coastlines import land_mask

    return land_mask(lat, lon, "c" if lat[-1] - lat[0] > 60 else "i")


def comparison(row: tuple[Any, ...]) -> dict[str, Any]:
    key, group, reference, variable, depth, source = row
    name, title, units, shown, scale, colours = variable
    return {
        "id": key, "file": key, "kind": "state", "group": group, "reference": reference.partition(" (")[0],
        "title": " ".join(filter(None, [reference, _depth(depth)])),
        "variable": name, "variable_title": title, "units": units, "display_units": shown, "display_scale": scale,
        "depth": list(depth) if depth else None, "model_variable": source, "weight": 1.0, "colormap": colours,
        "citation": f"Somebody & al. (2021), {reference}", "doi": "10.5194/essd-13-4385-2021",
        "bibtex": "@article{" + key + ",\n  title = {A <record> of " + title + "},\n  year = {2021}\n}",
        "licence": "CC BY 4.0", "license_note": "",
    }  # fmt: skip


def _depth(depth: tuple[float, float] | None) -> str:
    if depth is None:
        return ""
    return f"{depth[0]:g}-{depth[1]:g} m" if depth[1] >= 1 else f"{100 * depth[0]:g}-{100 * depth[1]:g} cm"


def relationships(comparisons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    def side(c: dict[str, Any]) -> dict[str, Any]:
        keep = ("variable", "reference", "depth", "display_units", "display_scale")
        return {"comparison": c["id"], "title": c["title"], **{k: c[k] for k in keep}}

    wet = [c for c in comparisons if c["variable"] == "soil_moisture"]
    green = [c for c in comparisons if c["variable"] != "soil_moisture" and c["id"] not in (SITES, "era5-pr")]
    return [
        {"id": f"{a['id']}--{b['id']}", "file": f"{a['id']}--{b['id']}", "kind": "relationship",
         "group": "Relationships", "title": f"{b['variable_title']} against {a['reference']}",
         "independent": side(a), "dependent": side(b), "weight": 1.0}
        for a in wet for b in green
    ]  # fmt: skip


def pair_entry(model: str, row: str, status: str, why: str | None) -> dict[str, Any]:
    return {"model": model, "row": row, "status": status, "why": why, "seconds": 1.5, "map": None, "warnings": []}


def families(models: list[dict[str, Any]], rng: np.random.Generator) -> dict[str, Any]:
    """A made-up clustering: models of one family join first."""
    from scipy.cluster.hierarchy import leaves_list, linkage

    members: dict[str, list[str]] = {}
    for m in models:
        members.setdefault(m["family"], []).append(m["name"])
    if len(models) < 3:
        return {
            "order": [m["name"] for m in models],
            "linkage": [],
            "distance": [],
            "p_value": None,
            "members": members,
            "models": [m["name"] for m in models],
        }
    spot = {f: rng.normal(0, 1, 3) for f in members}
    points = np.stack([spot[m["family"]] + rng.normal(0, 0.25, 3) for m in models])
    tree = linkage(points, "average")
    return {
        "order": [models[i]["name"] for i in leaves_list(tree)], "linkage": tree.tolist(), "members": members,
        "models": [m["name"] for m in models],
        "distance": np.linalg.norm(points[:, None] - points[None], axis=-1).tolist(), "p_value": 0.012,
        "statistic": "mean distance within families minus mean distance between families",
    }  # fmt: skip
