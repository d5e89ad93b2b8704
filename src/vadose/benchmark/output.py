"""What a benchmark run leaves behind: tables, maps, curves and the manifest that the report reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import xarray as xr

from vadose.workflow.cache import write_text
from vadose.workflow.output import coordinates, dimensions, write_dataset, write_json

if TYPE_CHECKING:
    from vadose.benchmark.compare import PairResult
    from vadose.benchmark.response import ResponseResult

COLUMNS = (
    "model", "reference", "variable", "depth_top", "depth_bottom", "region", "mode", "score",
    "value", "low", "high", "units", "row",
)  # fmt: skip


def maps_dataset(result: PairResult, units: Mapping[str, str]) -> xr.Dataset:
    """The maps of a pair: [lat, lon] float32 with bounds, or [site]. units : unit of each map."""
    dims = dimensions(result.map_grid)
    variables = {name: (dims, field, {"units": units.get(name, "1")}) for name, field in result.maps.items()}
    return xr.Dataset(variables, coordinates(result.map_grid), {"Conventions": "CF-1.11"})


_CURVE_DIMS = {
    "cycle_reference": ("region", "month"),
    "cycle_model": ("region", "month"),
    "series_reference": ("region", "time"),
    "series_model": ("region", "time"),
    "months": ("time",),
    "scatter": ("region", "x", "y"),
    "scatter_edges": ("edge",),
}


def curves_dataset(result: PairResult, regions: list[str], units: str) -> xr.Dataset:
    """The regional curves of a pair: annual cycles, monthly series and the binned scatter of cell means."""
    variables = {}
    for name, values in result.curves.items():
        shown = units if name.startswith(("cycle", "series")) else "1"
        variables[name] = (_CURVE_DIMS[name], values, {"units": shown})
    return xr.Dataset(variables, {"region": np.array(regions, dtype=str)})


def response_dataset(result: ResponseResult, regions: list[str]) -> xr.Dataset:
    """The response curves and histograms of a relationship pair, by region and bin."""
    return xr.Dataset(result.arrays, {"region": np.array(regions, dtype=str)})


def score_frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """The tidy table of scores, in the order of models, rows, regions and modes in which they were computed."""
    return pd.DataFrame(rows, columns=list(COLUMNS))


def write_scores(frame: pd.DataFrame, run: Path, dataset: xr.Dataset, cmec: Mapping[str, Any]) -> None:
    """Write scores.csv, scores.nc and scores.json of a run."""
    write_text(run / "scores.csv", frame.to_csv(index=False, float_format="%.10g"))
    write_dataset(dataset, run / "scores.nc")
    write_json(run / "scores.json", cmec)
