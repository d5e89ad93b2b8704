"""A synthetic run directory as `vadose benchmark` writes it: plausible, small, with awkward names."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from tests.report.ensemble import write_multimodel
from tests.report.study import (
    COMPARISONS,
    COMPONENTS,
    LAYERS,
    MODELS,
    REGIONS,
    SCALE,
    SITES,
    bounds,
    comparison,
    families,
    hash_of,
    land_cells,
    pair_entry,
    relationships,
    slug,
)  # fmt: skip


@dataclass(frozen=True)
class Shape:
    """How large the synthetic run is."""

    models: int = 16
    comparisons: tuple[str, ...] = tuple(c[0] for c in COMPARISONS)
    relationships: int = 12
    step: float = 5.0
    years: int = 6
    extent: tuple[float, float, float, float] = (-60.0, 85.0, -180.0, 180.0)
    multimodel: bool = True
    failed: tuple[tuple[int, str], ...] = ((12, "olc-100"), (15, "esacci-005"))
    seed: int = 7


class Writer:
    """Writes one run; `rng` is seeded, so that two runs of one shape are the same."""

    def __init__(self, path: Path, shape: Shape) -> None:
        self.path, self.shape = path, shape
        self.rng = np.random.default_rng(shape.seed)
        south, north, west, east = shape.extent
        self.lat = np.arange(south + shape.step / 2, north, shape.step)
        self.lon = np.arange(west + shape.step / 2, east, shape.step)
        self.models = [
            {"name": n, "family": f, "parent": n, "resolution": [1.25, 1.875], "members": ["r1i1p1f1"], "file": slug(n),
             "soil_layers": bounds(LAYERS.get(f))}
            for n, f in MODELS[: shape.models]
        ]  # fmt: skip
        self.comparisons = [comparison(c) for c in COMPARISONS if c[0] in shape.comparisons]
        self.relationships = relationships(self.comparisons)[: shape.relationships]
        self.skill = {m["name"]: self.rng.normal(0.55 + 0.02 * (hash_of(m["family"]) % 7), 0.03) for m in self.models}
        self.scores: list[list[Any]] = []
        self.pairs: list[dict[str, Any]] = []
        self.land = land_cells(self.lat, self.lon)

    def write(self) -> Path:
        self.path.mkdir(parents=True, exist_ok=True)
        failed = {(self.models[i]["name"], row) for i, row in self.shape.failed if i < len(self.models)}
        names = [m["name"] for m in self.models] + (["MMEM"] if self.shape.multimodel else [])
        for name in names:
            for row in [*self.comparisons, *self.relationships]:
                if (name, row["id"]) in failed or failed == {("*", "*")}:
                    why = f"{name}/mrsol_Emon_<b>r1</b>.nc: no depth coordinate; add `layers` to the model in the study"
                    self.pairs.append(pair_entry(name, row["id"], "failed", why))
                    continue
                self._pair(name, row)
        self._overall(names)
        self._consensus()
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
        self.pairs.append({**pair_entry(name, row["id"], "ok", None), "warnings": warnings})

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
        model = scale * (
            level + (0.6 - quality) * 0.4 + 1.3 * size * np.cos(2 * np.pi * (k - 2 - lag - np.arange(r)[:, None]) / 12)
        )
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

    def _consensus(self) -> None:
        """Rows about precipitation as if two references described it."""
        for m in self.models:
            for region, _ in REGIONS:
                row = {"id": "consensus:era5-pr", "reference": "consensus", "variable": "precipitation"}
                for score, value in (("consensus_overall_score", 0.6), ("mean_inside_reference_spread", 1.0),
                                     ("months_inside_reference_spread", 9.0), ("reference_spread", 1e-6)):  # fmt: skip
                    units = "kg m-2 s-1" if score == "reference_spread" else "1"
                    self._score(m["name"], row, region, "exact", score, value, float("nan"), units)

    def _tables(self) -> None:
        header = "model,reference,variable,depth_top,depth_bottom,region,mode,score,value,low,high,units,row"
        with (self.path / "scores.csv").open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerows([header.split(","), *self.scores])
        (self.path / "study.toml").write_text('[study]\ntitle = "Synthetic"\nperiod = [1970, 2014]\n')
        extra = " <b>& more</b>" if len(self.models) > 9 else ""
        info = {
            "title": f"Soil moisture of {len(self.models)} CMIP6 models{extra}",
            "period": [1970, 2014], "modes": ["exact", "ilamb2"], "headline": "exact", "version": "0.1.0",
            "created": "2025-01-01T00:00:00Z", "settings": {"grid": "composite", "bootstrap": {"replicates": 200}},
            "regions": [{"name": n, "title": t, "kind": n.partition(":")[0]} for n, t in REGIONS],
            "models": self.models, "comparisons": self.comparisons, "relationships": self.relationships,
            "pairs": self.pairs, "versions": {"vadose": "0.1.0", "python": "3.11", "numpy": "2.2"},
            "hashes": [{"path": f"obs/file_{k}_<x>.nc", "sha256": f"{k:064x}", "bytes": 1000 + k} for k in range(60)],
            "families": families(self.models, self.rng),
            "summary": [
                "Near-surface soil moisture: GFDL-ESM4 leads in 3 of 5 regions.",
                "The root zone is the hardest: median overall score 0.52 (0.49 to 0.55).",
                "Models of one land family score alike (p = 0.01).",
            ],
        }  # fmt: skip
        (self.path / "run.json").write_text(json.dumps(info))


def write_run(path: Path, **shape: Any) -> Path:
    """Write a synthetic run directory to `path`."""
    return Writer(Path(path), Shape(**shape)).write()
