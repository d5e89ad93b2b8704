"""Real results of ilamb3 for CanESM5 (climate-ref), recomputed from what is stored with them.

Stored are scores and statistics by region, and the regional-mean monthly series of model and reference; no maps.

| result                     | from                       | recomputed | why not                              |
|----------------------------|----------------------------|------------|--------------------------------------|
| Spatial Distribution Score | correlation, ratio of std  | 12 of 12   |                                      |
| Period Mean                | series, month lengths      | 8 of 12    | WECANN, LORA: the series leaves out  |
|                            |                            |            | cells where the reference has a gap  |
| Bias                       | difference of both series  | 0 of 12    | over joint cells; the series are not |
| Bias Score, RMSE and score | -                          | 0 of 12    | nonlinear in cells: need maps        |
| Correlation, Norm. Std     | -                          | 0 of 12    | need maps                            |
| Relationship Score pr, tas | -                          | 0 of 4     | need maps of three variables         |

Neither seasonal cycle scores nor overall scores are stored.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vadose.benchmark.compare import temporal_statistics
from vadose.metrics import formulas

CASES = ("emp-gleamgpcp2.3", "gpp-fluxnet2015", "gpp-wecann", "mrro-lora", "mrsos-wangmao", "snc-esacci")
WHOLE = ("emp-gleamgpcp2.3", "gpp-fluxnet2015", "mrsos-wangmao", "snc-esacci")
REGIONS = ("global", "tropical")


def results(root: Path, case: str) -> dict[str, Any]:
    """Region -> analysis -> statistic -> value."""
    found = json.loads((root / f"data/ilamb_oracles/{case}/regression/diagnostic.json").read_text())["RESULTS"]
    while "global" not in found:
        found = next(iter(found.values()))
    return found


def series(root: Path, case: str, region: str, model: bool) -> tuple[np.ndarray, np.ndarray]:
    """Values and calendar months (0 to 11) of a stored regional series."""
    for s in json.loads((root / f"data/ilamb_oracles/{case}/regression/series.json").read_text()):
        if s["dimensions"]["region"] == region and bool(s["dimensions"].get("source_id")) == model:
            values = np.array([np.nan if v is None else v for v in s["values"]], float)
            return values, np.array([int(stamp[5:7]) - 1 for stamp in s["index"]])
    raise AssertionError((case, region, model))


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("case", CASES)
def test_the_spatial_score_follows_from_its_statistics(vadose_data: Path, case: str, region: str) -> None:
    stored = results(vadose_data, case)[region]["Spatial Distribution"]
    score = formulas.taylor_score(stored["Correlation"], stored["Normalized Standard Deviation"])
    assert score == pytest.approx(stored["Spatial Distribution Score"], abs=1e-6)


@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("case", WHOLE)
def test_the_period_mean_follows_from_the_series(vadose_data: Path, case: str, region: str) -> None:
    values, months = series(vadose_data, case, region, model=True)
    mean = np.average(values, weights=formulas.MONTH_LENGTH[months])
    assert mean == pytest.approx(results(vadose_data, case)[region]["Bias"]["Period Mean"], rel=1e-6, abs=1e-12)


@pytest.mark.parametrize("case", ("gpp-wecann", "mrro-lora"))
def test_the_period_means_that_do_not_follow_are_those_listed(vadose_data: Path, case: str) -> None:
    values, months = series(vadose_data, case, "global", model=True)
    mean = np.average(values, weights=formulas.MONTH_LENGTH[months])
    assert mean != pytest.approx(results(vadose_data, case)["global"]["Bias"]["Period Mean"], rel=1e-2)


def test_taylor_statistics_of_real_series_are_symmetric(vadose_data: Path) -> None:
    """Exchanging model and reference inverts the ratio and leaves the rest."""
    for region in REGIONS:
        model, months = series(vadose_data, "mrsos-wangmao", region, model=True)
        reference = series(vadose_data, "mrsos-wangmao", region, model=False)[0][: model.size]
        weights = formulas.MONTH_LENGTH[months]
        one = temporal_statistics(reference, model, weights)
        other = temporal_statistics(model, reference, weights)
        assert one["temporal_correlation"] == pytest.approx(other["temporal_correlation"])
        assert one["temporal_std_ratio"] == pytest.approx(1 / other["temporal_std_ratio"])
        assert one["temporal_crmse"] == pytest.approx(other["temporal_crmse"])
        assert one["taylor_skill_score"] == pytest.approx(other["taylor_skill_score"])
