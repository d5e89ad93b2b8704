"""Effective sample size and significance of correlations between series with memory."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from vadose.metrics.significance import correlation_p_value, effective_sample_size


def test_formula_and_limits() -> None:
    assert effective_sample_size(100, 0.5, 0.5) == pytest.approx(100 * 0.75 / 1.25)
    assert effective_sample_size(100, 0.0, 0.9) == pytest.approx(100)
    assert effective_sample_size(100, -0.5, 0.5) == 100
    assert effective_sample_size(100, 1.0, 1.0) == pytest.approx(0)


def test_p_value_is_that_of_pearson() -> None:
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2, 30))
    known = stats.pearsonr(x, y)
    assert correlation_p_value(known.statistic, 30) == pytest.approx(known.pvalue)


def test_nothing_is_significant_without_pairs() -> None:
    assert np.isnan(correlation_p_value(0.99, 2.0))
    assert np.isnan(correlation_p_value(np.nan, 50.0))
    assert correlation_p_value(1.0, 50.0) == 0.0
    assert correlation_p_value(0.0, 50.0) == pytest.approx(1.0)
