"""What a comparison of one model with one reference needs and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from vadose.errors import ConfigError
from vadose.grid.latlon import LatLonGrid, Sites

Mode = Literal["exact", "ilamb2"]
MODES: tuple[Mode, Mode] = ("exact", "ilamb2")
COMPONENTS = ("bias_score", "rmse_score", "seasonal_cycle_score", "interannual_score", "spatial_score")
ILAMB_WEIGHTS = {
    "bias_score": 1.0,
    "rmse_score": 2.0,
    "seasonal_cycle_score": 1.0,
    "interannual_score": 1.0,
    "spatial_score": 1.0,
}


def grid_step(grid: str) -> float | None:
    """Cell size in degrees of "conservative:STEP", None for "composite". Raises ConfigError for anything else."""
    if grid == "composite":
        return None
    kind, _, step = grid.partition(":")
    try:
        size = float(step)
    except ValueError:
        size = 0.0
    if kind != "conservative" or not 0 < size <= 30:
        raise ConfigError(f'`grid` must be "composite" or "conservative:STEP" in degrees, got {grid!r}')
    return size


@dataclass(frozen=True)
class CompareSettings:
    """How a pair is compared; both modes are always computed.

    headline        the mode whose maps and curves are kept
    regions         `vadose.grid.regions.Region`s; the first is usually "global"
    grid            "composite" or "conservative:STEP" (degrees), of the exact mode
    rmse_basis      "cycle": mean annual cycles; "series": monthly series
    mass_weighting  weigh scores (not the spatial one) by the reference's period mean
    interannual_in_overall  count the interannual score in the overall one (ILAMB's default leaves it out)
    weights         of the components in the overall score
    quantiles       (region, bias quantile, RMSE quantile) in canonical units: score by them, Collier et al. (2023)
    uncertainty     standard uncertainty of the reference in canonical units, exact mode
    replicates      of the bootstrap over years, 0 for no intervals; block: years in a block
    bootstrap_cells pairs of cells per region in the bootstrap, 0 for all
    extents         ((south, north), (west, east)) that all models of the study share, ilamb2 mode; `ilamb_extents`
    limits          (independent, dependent) ranges of the 25 bins of a relationship in ilamb2 mode
    """

    headline: Mode = "exact"
    regions: tuple[Any, ...] = ()
    grid: str = "composite"
    rmse_basis: Literal["cycle", "series"] = "cycle"
    mass_weighting: bool = False
    interannual: bool = True
    interannual_in_overall: bool = False
    weights: Mapping[str, float] = field(default_factory=lambda: dict(ILAMB_WEIGHTS))
    quantiles: tuple[tuple[str, float, float], ...] = ()
    uncertainty: float = 0.0
    replicates: int = 200
    block: int = 1
    seed: int = 0
    bootstrap_cells: int = 4000
    extents: tuple[tuple[float, float], tuple[float, float]] = ((-90.0, 90.0), (-180.0, 180.0))
    limits: tuple[tuple[float, float], tuple[float, float]] | None = None

    def __post_init__(self) -> None:
        if self.headline not in MODES:
            raise ConfigError(f'`headline` must be "exact" or "ilamb2", got {self.headline!r}')
        if self.rmse_basis not in ("cycle", "series"):
            raise ConfigError(f'`rmse_basis` must be "cycle" or "series", got {self.rmse_basis!r}')
        if self.replicates < 0 or self.block < 1 or self.bootstrap_cells < 0:
            raise ConfigError("`replicates` and `bootstrap_cells` must be >= 0 and `block` >= 1")
        unknown = set(self.weights) - set(COMPONENTS)
        if unknown:
            raise ConfigError(f"unknown score in `weights`: {', '.join(sorted(unknown))}; of {', '.join(COMPONENTS)}")

    @property
    def step(self) -> float | None:
        """Cell size in degrees of the common regular grid, None on the composite grid."""
        return grid_step(self.grid)

    @property
    def overall_weights(self) -> dict[str, float]:
        """Weights of the components that count in the overall score."""
        return {k: w for k, w in self.weights.items() if self.interannual_in_overall or k != "interannual_score"}


@dataclass(frozen=True)
class ScoreRow:
    """One number of one region and mode; low and high are NaN where there is no interval."""

    mode: str
    region: str
    score: str
    value: float
    low: float
    high: float
    units: str


@dataclass(frozen=True, eq=False)
class PairResult:
    """All that a comparison gives.

    scores    one row per mode, region and score
    maps      name -> float32 on `map_grid`, [lat, lon] or [site], of the headline mode
    curves    cycle_reference, cycle_model [region, 12]; series_reference, series_model [region, time];
              months [time]; scatter [region, 40, 40] counts of cells (reference, model); scatter_edges [41]
    """

    scores: list[ScoreRow]
    maps: dict[str, np.ndarray]
    map_grid: LatLonGrid | Sites
    curves: dict[str, np.ndarray]
    warnings: list[str]
