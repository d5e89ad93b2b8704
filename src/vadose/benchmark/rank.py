"""Which model is best, and how surely: ranks with ties, probabilities, and the counts of Qiao et al. (2022) Fig. 14."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import xarray as xr

GOOD = 0.6  # a model with a Taylor skill score above it reproduces the reference; Qiao et al. (2022) section 3c
_LEVEL = 1.959963984540054  # half width of a 95 % interval in standard deviations


def ranking(
    scores: pd.DataFrame, *, row: str = "ALL", region: str = "global", mode: str = "exact", score: str = "overall_score"
) -> pd.DataFrame:
    """Models from best to worst by one score of one row and region.

    Returns columns model, value, low, high, rank, rank_worst, probability_best. Models with a missing score are
    left out. `rank` to `rank_worst` are the places that the intervals allow; see `rank_with_ties`.
    """
    chosen = (
        (scores["row"] == row)
        & (scores["region"] == region)
        & (scores["mode"] == mode)
        & (scores["score"] == score)
        & scores["value"].notna()
    )
    table = scores.loc[chosen, ["model", "value", "low", "high"]]
    table = table.sort_values("value", ascending=False, kind="stable", ignore_index=True)
    value, low, high = (table[c].to_numpy(float) for c in ("value", "low", "high"))
    table["rank"], table["rank_worst"] = rank_with_ties(value, low, high)
    table["probability_best"] = probability_best(value, low, high)
    return table


def rank_with_ties(value: np.ndarray, low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Best and worst place of each model that its interval and those of the others allow.

    best_i = 1 + #{j : low_j > high_i};  worst_i = n - #{j : high_j < low_i};  greater values are better

    All [model]; a missing interval is the value itself. Two models whose intervals overlap are not ordered by it,
    so that ties are shared places: [1, 1, 3] where the first two overlap each other and neither the third.
    """
    low, high = np.where(np.isfinite(low), low, value), np.where(np.isfinite(high), high, value)
    best = 1 + (low[None, :] > high[:, None]).sum(axis=1)
    worst = value.size - (high[None, :] < low[:, None]).sum(axis=1)
    return best, worst


def probability_best(value: np.ndarray, low: np.ndarray, high: np.ndarray, points: int = 2001) -> np.ndarray:
    """Probability of each model that its true score is the greatest, if scores were independent and normal.

    P_i = E_x prod_{j != i} Phi((x - s_j) / sigma_j), x ~ N(s_i, sigma_i), sigma = (high - low) / (2 * 1.96)

    All [model], intervals of 95 %; a missing interval counts as none (sigma = 0). Intervals of the models of one
    study come from the same reference years, so that true probabilities are sharper than these.
    Returns [model], sum 1 (empty for no model).
    """
    from scipy.special import ndtr, ndtri

    value = np.asarray(value, float)
    sigma = np.nan_to_num((np.asarray(high, float) - np.asarray(low, float)) / (2 * _LEVEL))
    quantiles = ndtri((np.arange(points) + 0.5) / points)
    chance = np.ones(value.size)
    for i in range(value.size):
        x = value[i] + sigma[i] * quantiles
        product = np.ones(points)
        for j in range(value.size):
            if j != i:
                # Without a spread the distribution is a step, half of it at the step itself.
                step = 0.5 * (1 + np.sign(x - value[j]))
                product *= ndtr((x - value[j]) / sigma[j]) if sigma[j] > 0 else step
        chance[i] = product.mean()
    return chance / chance.sum() if value.size else chance


def models_above(tss: xr.DataArray, models: list[str], threshold: float = GOOD) -> xr.DataArray:
    """Number of models with a Taylor skill score above the threshold, by region (Qiao et al. 2022 Fig. 14a).

    tss [row, source, region]; models: the sources that count
    Returns [row, region]
    """
    return (tss.sel(source=models) > threshold).sum("source")


def regions_above(tss: xr.DataArray, regions: list[str], threshold: float = GOOD) -> xr.DataArray:
    """Number of regions with a Taylor skill score above the threshold, by source (Qiao et al. 2022 Fig. 14b).

    tss [row, source, region]; regions: those that count
    Returns [row, source]
    """
    return (tss.sel(region=regions) > threshold).sum("region")


def rank_models(tss: xr.DataArray, models: list[str], regions: list[str], threshold: float = GOOD) -> pd.DataFrame:
    """Models by the number of regions, over all rows, in which they reproduce the reference.

    tss [row, source, region]
    Returns columns model, regions_above, possible (regions with a score), mean_tss, rank; equal counts share a
    rank and stand in the order of their mean skill. Models without any score are left out.
    """
    chosen = tss.sel(source=models, region=regions)
    table = pd.DataFrame(
        {
            "model": models,
            "regions_above": (chosen > threshold).sum(["row", "region"]).to_numpy(),
            "possible": chosen.notnull().sum(["row", "region"]).to_numpy(),
            "mean_tss": chosen.mean(["row", "region"]).to_numpy(),
        }
    )
    table = table[table["possible"] > 0].sort_values(["regions_above", "mean_tss"], ascending=False, ignore_index=True)
    table["rank"] = table["regions_above"].rank(method="min", ascending=False).astype(int)
    return table


def rank_families(table: pd.DataFrame, families: Mapping[str, str]) -> pd.DataFrame:
    """Land-surface models by the mean count of the climate models that use them.

    table     of `rank_models`; families: land model of each model, "" for unknown (left out)
    Returns columns family, models, regions_above (mean), mean_tss, best and best_rank (its best model), rank.
    Qiao et al. (2022) section 3c names the land models of the five best models: those with `best_rank` up to 5.
    """
    known = table.assign(family=table["model"].map(families).fillna(""))
    known = known[known["family"] != ""]
    out = known.groupby("family", sort=False, as_index=False).agg(
        models=("model", "size"),
        regions_above=("regions_above", "mean"),
        mean_tss=("mean_tss", "mean"),
        best=("model", "first"),
        best_rank=("rank", "min"),
    )
    out = out.sort_values(["regions_above", "mean_tss"], ascending=False, ignore_index=True)
    out["rank"] = out["regions_above"].rank(method="min", ascending=False).astype(int)
    return out
