"""The multimodel.nc of the synthetic run."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import xarray as xr
from tests.report.study import REGIONS, SCALE, SITES


def write_multimodel(writer: Any) -> None:
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
    cycle = scales[:, None, None, None] * (
        0.5 + 0.2 * np.cos(2 * np.pi * (k - phase) / 12) + rng.normal(0, 0.04, shape)[..., None]
    )
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
            "region": np.array(regions, dtype=str),
            "region_title": ("region", np.array(titles, dtype=str)), "lat": writer.lat, "lon": writer.lon,
            "pe_source": np.array(["MMEM", "reference"], dtype=str),
        },
        {
            "resolution_high": json.dumps(sources[:4]), "resolution_low": json.dumps(sources[4:-4]), "threshold": 0.6,
            "parents": json.dumps({"CESM2": sources[2:4], **{n: [n] for n in sources[4:-4]}}),
        },
    ).to_netcdf(writer.path / "multimodel.nc", engine="netcdf4")  # fmt: skip
