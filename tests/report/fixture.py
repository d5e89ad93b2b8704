"""A synthetic run directory as `vadose benchmark` writes it: plausible, small, with awkward names."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

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
SCALE = {"soil_moisture": 0.4, "gpp": 9.0 / 8.64e7, "lai": 5.0, "evapotranspiration": 4 / 86400, "precipitation": 7 / 86400}
COMPONENTS = ("bias_score", "rmse_score", "seasonal_cycle_score", "spatial_score")
LAYERS = {
    "CABLE": [0.022, 0.058, 0.154, 0.409, 1.085, 2.872], "CLM5": [0.02, 0.04, 0.06, 0.08, 0.12, 0.16, 0.2, 0.24, 0.5, 1.2],
    "JSBACH": [0.065, 0.254, 0.913, 2.902, 5.7], "LM4": [0.02, 0.04, 0.04, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0],
    "JULES": [0.1, 0.25, 0.65, 2.0], "ISBA": [0.01, 0.03, 0.06, 0.1, 0.2, 0.2, 0.2, 0.2, 0.5, 0.5],
    "CLASS": [0.1, 0.25, 3.75], "HTESSEL": [0.07, 0.21, 0.72, 1.89], "GISS LSM": [0.1, 0.17, 0.3, 0.51, 0.89],
}  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """How large the synthetic run is."""

    models: int = 16
    comparisons: tuple[str, ...] = tuple(c[0] for c in COMPARISONS)
    relationships: int = 12
    step: float = 5.0
    years: int = 6
    multimodel: bool = True
    failed: tuple[tuple[int, str], ...] = ((12, "olc-100"), (15, "esacci-005"))
    seed: int = 7


def slug(text: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
    return plain if plain == text else f"{plain[:24]}-{hashlib.sha256(text.encode()).hexdigest()[:6]}"


class Writer:
    """Writes one run; `rng` is seeded, so that two runs of one shape are the same."""

    def __init__(self, path: Path, shape: Shape) -> None:
        self.path, self.shape = path, shape
        self.rng = np.random.default_rng(shape.seed)
        self.lat = np.arange(-60 + shape.step / 2, 85, shape.step)
        self.lon = np.arange(-180 + shape.step / 2, 180, shape.step)
        self.models = [
            {"name": n, "family": f, "parent": n, "resolution": [1.25, 1.875], "members": ["r1i1p1f1"], "file": slug(n),
             "soil_layers": _bounds(LAYERS.get(f))}
            for n, f in MODELS[: shape.models]
        ]  # fmt: skip
        self.comparisons = [_comparison(c) for c in COMPARISONS if c[0] in shape.comparisons]
        self.relationships = _relationships(self.comparisons)[: shape.relationships]
        self.skill = {m["name"]: self.rng.normal(0.55 + 0.02 * (hash_of(m["family"]) % 7), 0.03) for m in self.models}
        self.scores: list[list[Any]] = []
        self.pairs: list[dict[str, Any]] = []
        self.land = _land(self.lat, self.lon)

    def write(self) -> Path:
        self.path.mkdir(parents=True, exist_ok=True)
        failed = {(self.models[i]["name"], row) for i, row in self.shape.failed if i < len(self.models)}
        names = [m["name"] for m in self.models] + (["MMEM"] if self.shape.multimodel else [])
        for name in names:
            for row in [*self.comparisons, *self.relationships]:
                if (name, row["id"]) in failed or failed == {("*", "*")}:
                    why = f"{name}/mrsol_Emon_<b>r1</b>.nc: no depth coordinate; add `layers` to the model in the study"
                    self.pairs.append(_pair(name, row["id"], "failed", why))
                    continue
                self._pair(name, row)
        self._overall(names)
        self._tables()
        if self.shape.multimodel:
            write_multimodel(self)
        return self.path

    def _pair(self, name: str, row: dict[str, Any]) -> None:
        stem = f"{slug(name)}__{row['file']}.nc"
        quality = self.skill.get(name, 0.68) + self.rng.normal(0, 0.05)
        for mode, shift in (("exact", 0.0), ("ilamb2", 0.02)):
            for region, _ in REGIONS:
                at = float(np.clip(quality + self.rng.normal(0, 0.06) + shift, 0.05, 0.97))
                if row["kind"] == "relationship":
                    self._score(name, row, region, mode, "relationship_score", at, 0.03)
                else:
                    self._components(name, row, region, mode, at)
        if row["kind"] == "relationship":
            self._response(stem, row, quality)
        else:
            self._maps(stem, row, quality)
            self._curves(stem, row, quality)
        warnings = ["first layer 10 cm is deeper than the target 5 cm"] if row["id"] == "esacci-005" else []
        self.pairs.append({**_pair(name, row["id"], "ok", None), "warnings": warnings})

    def _components(self, name: str, row: dict[str, Any], region: str, mode: str, at: float) -> None:
        parts = np.clip(at + self.rng.normal(0, 0.12, 4), 0.02, 0.99)
        for score, value in zip(COMPONENTS, parts, strict=True):
            self._score(name, row, region, mode, score, value, 0.02)
        overall = (parts[0] + 2 * parts[1] + parts[2] + parts[3]) / 5
        self._score(name, row, region, mode, "overall_score", overall, 0.02)
        scale, units = SCALE[row["variable"]], row["units"]
        ratio, r = float(np.exp(self.rng.normal(0, 0.3))), float(np.clip(0.5 + at / 2, -1, 0.99))
        plain = {
            "period_mean": (scale * 0.55, units), "reference_period_mean": (scale * 0.5, units),
            "bias": (scale * self.rng.normal(0, 0.1), units), "rmse": (scale * 0.1, units),
            "crmse": (scale * 0.07, units), "phase_shift": (self.rng.normal(0, 1), "months"),
            "spatial_correlation": (r, "1"), "spatial_std_ratio": (ratio, "1"),
            "taylor_skill_score": (2 * (1 + r) / (ratio + 1 / ratio) ** 2, "1"),
            "temporal_correlation": (r - 0.05, "1"), "temporal_std_ratio": (ratio * 1.1, "1"), "cells": (812, "1"),
        }  # fmt: skip
        for score, (value, unit) in plain.items():
            self._score(name, row, region, mode, score, value, abs(value) * 0.03, unit)

    def _score(self, name: str, row: dict[str, Any], region: str, mode: str, score: str, value: float, half: float,
               units: str = "1") -> None:  # fmt: skip
        top, bottom = row.get("depth") or ("", "")
        interval = (value - half, value + half) if mode == "exact" else ("", "")
        self.scores.append(
            [name, row.get("reference", "A|B"), row.get("variable", "a|b"), top, bottom, region, mode, score,
             value, *interval, units, row["id"]]
        )  # fmt: skip

    def _overall(self, names: list[str]) -> None:
        wanted = ("overall_score", "relationship_score")
        group_of = {r["id"]: r["group"] for r in [*self.comparisons, *self.relationships]}
        table = [s for s in self.scores if s[7] in wanted]
        for key in ["ALL", *dict.fromkeys(group_of.values())]:
            for name in names:
                for region, _ in REGIONS:
                    for mode in ("exact", "ilamb2"):
                        values = [s[8] for s in table if s[0] == name and s[5] == region and s[6] == mode
                                  and (key == "ALL" or group_of[s[12]] == key)]  # fmt: skip
                        if values:
                            row = {"id": "", "reference": key if key == "ALL" else f"group:{key}"}
                            self._score(name, row, region, mode, "overall_score", float(np.mean(values)), 0.015)

    def _field(self, scale: float, quality: float) -> np.ndarray:
        la, lo = np.radians(self.lat)[:, None], np.radians(self.lon)[None, :]
        wet = 0.55 * np.cos(la) ** 6 + 0.45 * np.exp(-(((la - 0.95) / 0.3) ** 2)) + 0.12 * np.sin(2 * lo + 3 * la)
        wet = wet + 0.25 * np.sin(3 * lo) * np.cos(2 * la) + self.rng.normal(0, 0.02, wet.shape)
        return scale * (0.15 + np.clip(wet, 0, 1) * (0.6 + 0.4 * quality))

    def _maps(self, stem: str, row: dict[str, Any], quality: float) -> None:
        scale = SCALE[row["variable"]]
        reference = self._field(scale, 0.6)
        lo = np.radians(self.lon)[None, :]
        swing = 0.25 * scale * np.sin(2 * lo + np.radians(self.lat)[:, None] * 4 + 6 * quality)
        model = np.clip(reference + swing * (1.2 - quality), 0, None)
        phase = 1 + np.floor(6 + 5.5 * np.sin(np.radians(self.lat))[:, None] + 0.0 * lo).astype(np.float32) % 12
        shift = np.round(self.rng.normal(0, 1.2, reference.shape))
        bias = model - reference
        maps = {
            "reference_mean": reference, "model_mean": model, "bias": bias, "rmse": abs(bias) + 0.05 * scale,
            "reference_phase": phase, "model_phase": (phase - 1 + shift) % 12 + 1, "phase_shift": shift,
            "bias_score": np.exp(-abs(bias) / (0.2 * scale)), "rmse_score": np.exp(-abs(bias) / (0.3 * scale)),
            "seasonal_cycle_score": (1 + np.cos(2 * np.pi * shift / 12)) / 2,
        }  # fmt: skip
        folder = self.path / "maps"
        folder.mkdir(exist_ok=True)
        if row["id"] == SITES:
            spots = np.argwhere(self.land)[:: max(1, int(self.land.sum()) // 40)]
            coords = {
                "lat": ("site", self.lat[spots[:, 0]]), "lon": ("site", self.lon[spots[:, 1]]),
                "site": ("site", np.array([f"XX-<i>{k}</i>" for k in range(len(spots))], dtype=str)),
            }  # fmt: skip
            data = {n: ("site", v[spots[:, 0], spots[:, 1]].astype(np.float32)) for n, v in maps.items()}
            xr.Dataset(data, coords).to_netcdf(folder / stem, engine="netcdf4")
            return
        step = self.shape.step / 2
        gap = (self.lat[:, None] < 8) & (self.lat[:, None] > -12) & (self.lon[None] < -55) & (self.lon[None] > -70)
        keep = self.land & ~(gap if row["id"] == "esacci-005" else np.zeros_like(gap))
        data = {n: (("lat", "lon"), np.where(keep, v, np.nan).astype(np.float32)) for n, v in maps.items()}
        bounds = {
            "lat_bnds": (("lat", "bnds"), np.stack([self.lat - step, self.lat + step], 1)),
            "lon_bnds": (("lon", "bnds"), np.stack([self.lon - step, self.lon + step], 1)),
        }
        coded = {n: {"zlib": True, "complevel": 1} for n in data}
        xr.Dataset({**data, **bounds}, {"lat": self.lat, "lon": self.lon}).to_netcdf(
            folder / stem, engine="netcdf4", encoding=coded
        )

    def _curves(self, stem: str, row: dict[str, Any], quality: float) -> None:
        scale, months = SCALE[row["variable"]], np.arange(12 * 2000, 12 * (2000 + self.shape.years))
        r, k = len(REGIONS), np.arange(12)
        level, size = 0.3 + 0.1 * np.arange(r)[:, None], 0.08 + 0.03 * np.arange(r)[:, None]
        reference = scale * (level + size * np.cos(2 * np.pi * (k - 2 - np.arange(r)[:, None]) / 12))
        lag = self.rng.normal(0, 1)
        model = scale * (level + (0.6 - quality) * 0.4 + 1.3 * size * np.cos(2 * np.pi * (k - 2 - lag - np.arange(r)[:, None]) / 12))
        noise = self.rng.normal(0, 0.02 * scale, (2, r, months.size))
        edges = np.linspace(0, 1.1 * scale, 41)
        points = self.rng.normal(0.45, 0.15, (r, 2000)) * scale
        other = points * (0.6 + 0.6 * quality) + self.rng.normal(0, 0.08 * scale, points.shape)
        scatter = np.stack([np.histogram2d(a, b, [edges, edges])[0] for a, b in zip(points, other, strict=True)])
        data = {
            "cycle_reference": (("region", "month"), reference), "cycle_model": (("region", "month"), model),
            "series_reference": (("region", "time"), reference[:, months % 12] + noise[0]),
            "series_model": (("region", "time"), model[:, months % 12] + noise[1]),
            "months": ("time", months), "scatter": (("region", "x", "y"), scatter), "scatter_edges": ("edge", edges),
        }  # fmt: skip
        self._dataset("curves", stem, data)

    def _response(self, stem: str, row: dict[str, Any], quality: float) -> None:
        x_scale, y_scale = (SCALE[row[k]["variable"]] for k in ("independent", "dependent"))
        r, n = len(REGIONS), 25
        x_edges, y_edges = np.linspace(0.05, 1, n + 1) * x_scale, np.linspace(0, 1, n + 1) * y_scale
        x = 0.5 * (x_edges[1:] + x_edges[:-1]) / x_scale
        curve = y_scale * (0.1 + 0.7 / (1 + np.exp(-9 * (x - 0.45)))) * (1 - 0.08 * np.arange(r)[:, None])
        other = y_scale * (0.05 + 0.8 / (1 + np.exp(-(5 + 6 * quality) * (x - 0.75 + 0.5 * quality)))) * np.ones((r, 1))
        data: dict[str, Any] = {"x_edges": ("edge", x_edges), "y_edges": ("yedge", y_edges)}
        y = 0.5 * (y_edges[1:] + y_edges[:-1])
        for key, mean in (("reference", curve), ("model", other)):
            count = np.round(4000 * np.exp(-(((x - 0.45) / 0.25) ** 2))).astype(int) * np.ones((r, 1), int)
            weight = np.exp(-(((y[None, None] - mean[..., None]) / (0.09 * y_scale)) ** 2)) * count[..., None]
            valid = (count > 60).astype("i1")
            shown = np.where(valid, mean, np.nan)
            data |= {
                f"{key}_mean": (("region", "bin"), shown), f"{key}_q25": (("region", "bin"), shown - 0.07 * y_scale),
                f"{key}_q75": (("region", "bin"), shown + 0.07 * y_scale), f"{key}_count": (("region", "bin"), count),
                f"{key}_valid": (("region", "bin"), valid),
                f"{key}_histogram": (("region", "bin", "ybin"), weight / weight.sum(axis=(1, 2), keepdims=True)),
            }  # fmt: skip
        self._dataset("responses", stem, data)

    def _dataset(self, folder: str, stem: str, data: dict[str, Any]) -> None:
        (self.path / folder).mkdir(exist_ok=True)
        regions = np.array([name for name, _ in REGIONS], dtype=str)
        xr.Dataset(data, {"region": regions}).to_netcdf(self.path / folder / stem, engine="netcdf4")

    def _tables(self) -> None:
        header = "model,reference,variable,depth_top,depth_bottom,region,mode,score,value,low,high,units,row"
        with (self.path / "scores.csv").open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([header.split(","), *self.scores])
        (self.path / "study.toml").write_text('[study]\ntitle = "Synthetic"\nperiod = [1970, 2014]\n')
        info = {
            "title": f"Soil moisture of {len(self.models)} CMIP6 models" + (" <b>& more</b>" if len(self.models) > 9 else ""),
            "period": [1970, 2014], "modes": ["exact", "ilamb2"], "headline": "exact", "version": "0.1.0",
            "created": "2025-01-01T00:00:00Z", "settings": {"grid": "composite", "bootstrap": {"replicates": 200}},
            "regions": [{"name": n, "title": t, "kind": n.partition(":")[0]} for n, t in REGIONS],
            "models": self.models, "comparisons": self.comparisons, "relationships": self.relationships,
            "pairs": self.pairs, "versions": {"vadose": "0.1.0", "python": "3.11", "numpy": "2.2"},
            "hashes": [{"path": f"obs/file_{k}_<x>.nc", "sha256": f"{k:064x}", "bytes": 1000 + k} for k in range(60)],
            "families": _families(self.models, self.rng),
            "summary": [
                "Near-surface soil moisture: GFDL-ESM4 leads in 3 of 5 regions.",
                "The root zone is the hardest: median overall score 0.52 (0.49 to 0.55).",
                "Models of one land family score alike (p = 0.01).",
            ],
        }  # fmt: skip
        (self.path / "run.json").write_text(json.dumps(info))


def hash_of(text: str) -> int:
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)


def _bounds(thickness: list[float] | None) -> list[list[float]] | None:
    if thickness is None:
        return None
    edges = np.concatenate([[0], np.cumsum(thickness)]).round(4)
    return [[float(a), float(b)] for a, b in zip(edges[:-1], edges[1:], strict=True)]


def _land(lat: np.ndarray, lon: np.ndarray) -> np.ndarray:
    from vadose.grid.coastlines import land_mask

    return land_mask(lat, lon, "c")


def _comparison(row: tuple[Any, ...]) -> dict[str, Any]:
    key, group, reference, variable, depth, source = row
    name, title, units, shown, scale, colours = variable
    return {
        "id": key, "file": key, "kind": "state", "group": group, "reference": reference.partition(" (")[0],
        "title": " ".join(filter(None, [reference.partition(" (")[0], _depth(depth)])) + (" (mrsos)" if source == "mrsos" else ""),
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


def _relationships(comparisons: list[dict[str, Any]]) -> list[dict[str, Any]]:
    def side(c: dict[str, Any]) -> dict[str, Any]:
        keep = ("variable", "reference", "depth", "display_units", "display_scale")
        return {"comparison": c["id"], "title": c["title"], **{k: c[k] for k in keep}}

    wet = [c for c in comparisons if c["variable"] == "soil_moisture"]
    green = [c for c in comparisons if c["variable"] != "soil_moisture" and c["id"] not in (SITES, "era5-pr")]
    return [
        {"id": f"{a['id']}--{b['id']}", "file": f"{a['id']}--{b['id']}", "kind": "relationship", "group": "Relationships",
         "title": f"{b['variable_title']} against {a['reference']}", "independent": side(a), "dependent": side(b), "weight": 1.0}
        for a in wet for b in green
    ]  # fmt: skip


def _pair(model: str, row: str, status: str, why: str | None) -> dict[str, Any]:
    return {"model": model, "row": row, "status": status, "why": why, "seconds": 1.5, "map": None, "warnings": []}


def _families(models: list[dict[str, Any]], rng: np.random.Generator) -> dict[str, Any]:
    """A made-up clustering: models of one family join first."""
    from scipy.cluster.hierarchy import leaves_list, linkage

    members: dict[str, list[str]] = {}
    for m in models:
        members.setdefault(m["family"], []).append(m["name"])
    if len(models) < 3:
        return {"order": [m["name"] for m in models], "linkage": [], "distance": [], "p_value": None, "members": members, "models": [m["name"] for m in models]}
    spot = {f: rng.normal(0, 1, 3) for f in members}
    points = np.stack([spot[m["family"]] + rng.normal(0, 0.25, 3) for m in models])
    tree = linkage(points, "average")
    return {
        "order": [models[i]["name"] for i in leaves_list(tree)], "linkage": tree.tolist(), "members": members,
        "models": [m["name"] for m in models],
        "distance": np.linalg.norm(points[:, None] - points[None], axis=-1).tolist(), "p_value": 0.012,
        "statistic": "mean distance within families minus mean distance between families",
    }  # fmt: skip


def write_multimodel(writer: Writer) -> None:
    """multimodel.nc of the gridded comparisons and the derived row P-E."""
    rng = writer.rng
    rows = [c for c in writer.comparisons if c["id"] != SITES]
    names = [c["id"] for c in rows] + ["p-e:ERA5"]
    sources = [m["name"] for m in writer.models] + ["MMEM", "MMEM-high", "MMEM-low", "reference"]
    regions = [
        "SIB", "M-AS", "TIB", "L-AS", "NA-WA", "EUR", "C-AF", "S-AF", "WNA", "ENA", "NSA", "SSA", "AUS",
        "hemisphere:north", "hemisphere:south", *[n for n, _ in REGIONS],
    ]  # fmt: skip
    titles = [dict(REGIONS).get(r, r.partition(":")[2].title() or r) for r in regions]
    shape = (len(names), len(sources), len(regions))
    r = np.clip(rng.normal(0.75, 0.15, shape), -0.3, 0.99)
    sigma = np.exp(rng.normal(0.05, 0.3, shape))
    tss = 2 * (1 + r) / (sigma + 1 / sigma) ** 2
    scales = np.array([SCALE[c["variable"]] for c in rows] + [4 / 86400])
    k = np.arange(12)
    phase = rng.normal(2, 0.8, shape)[..., None] + 0.4 * np.arange(len(regions))[:, None]
    cycle = scales[:, None, None, None] * (0.5 + 0.2 * np.cos(2 * np.pi * (k - phase) / 12) + rng.normal(0, 0.04, shape)[..., None])
    grids = [writer._field(s, 0.6) for s in scales]
    mean = np.stack([np.where(writer.land, g, np.nan) for g in grids])
    other = mean * (1 + 0.35 * np.sin(3 * np.radians(writer.lon))[None, None])
    maps = ("row", "lat", "lon")
    where = np.where(writer.land, np.cos(np.radians(writer.lat) * 2)[:, None] * np.ones(writer.lon.size), np.nan)
    xr.Dataset(
        {
            "mean_mmem": (maps, mean.astype("f4")), "mean_reference": (maps, other.astype("f4")),
            "bias_ratio": (maps, ((mean - other) / mean).astype("f4")), "spread": (maps, (0.2 * mean).astype("f4")),
            "cycle": (("row", "source", "region", "month"), cycle),
            "taylor_r": (("row", "source", "region"), r), "taylor_sigma": (("row", "source", "region"), sigma),
            "taylor_crmse": (("row", "source", "region"), np.sqrt(1 + sigma**2 - 2 * sigma * r)),
            "tss": (("row", "source", "region"), tss),
            "models_above": (("row", "region"), (tss[:, : len(writer.models)] > 0.6).sum(axis=1)),
            "regions_above": (("row", "source"), (tss > 0.6).sum(axis=2)),
            "pe_correlation": (("pe", "pe_source", "lat", "lon"), np.stack([[where, -where]]).astype("f4")),
            "pe_significant": (("pe", "pe_source", "lat", "lon"), np.stack([[abs(where) > 0.4] * 2]).astype("i1")),
            "pe_row": ("pe", np.array(["olc-010"], dtype=str)),
        },
        {
            "row": np.array(names, dtype=str), "source": np.array(sources, dtype=str),
            "region": np.array(regions, dtype=str), "region_title": ("region", np.array(titles, dtype=str)), "lat": writer.lat, "lon": writer.lon,
            "pe_source": np.array(["MMEM", "reference"], dtype=str),
        },
        {
            "high_resolution": json.dumps(sources[:4]), "low_resolution": json.dumps(sources[4:-4]), "threshold": 0.6,
            "steps": json.dumps({"CESM2": sources[2:4], **{n: [n] for n in sources[4:-4]}}),
        },
    ).to_netcdf(writer.path / "multimodel.nc", engine="netcdf4")  # fmt: skip


def write_run(path: Path, **shape: Any) -> Path:
    """Write a synthetic run directory to `path`."""
    return Writer(Path(path), Shape(**shape)).write()
