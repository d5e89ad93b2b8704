"""Bias treatments of a set against the open loop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.assimilate.observed_files import LAYERS, days, sites, table, write_table, write_truth

from vadose.assimilate.observed import ObservationSet, gather
from vadose.assimilate.observed_bias import fit_bias
from vadose.errors import DataError, GridMismatch

DAYS = days("2020-05-01", 60)
SERIES = 0.30 + 0.05 * np.sin(0.7 * np.arange(60))


@pytest.fixture
def path(tmp_path: Path) -> str:
    return write_table(tmp_path / "probe.csv", DAYS, SERIES)


def probe(path: str, **keys: object) -> ObservationSet:
    one = table(path=path, depth=[0.0, 0.1], error=0.02, window=13.0, **keys)
    return gather([one], DAYS, sites("A"), LAYERS).sets[0]


def test_without_a_treatment_the_set_stays_as_it_is(path: str) -> None:
    given = probe(path)
    assert fit_bias(given, np.zeros((60, 1))) is given


@pytest.mark.parametrize("kind", ["mean-deviation", "cdf"])
def test_values_and_errors_come_into_the_climate_of_the_model(path: str, kind: str) -> None:
    given = probe(path, bias=kind)
    model = 0.1 + 0.5 * (given.raw - 0.3)
    fitted = fit_bias(given, model)
    # A model that is linear in the observations is what both treatments must give back.
    np.testing.assert_allclose(fitted.values, model, atol=1e-10 if kind == "mean-deviation" else 2e-3)
    there = np.isfinite(given.raw)
    np.testing.assert_allclose(fitted.error[there].mean(), 0.5 * 0.02, rtol=0.02)
    np.testing.assert_array_equal(fitted.raw, given.raw)
    assert fitted.counts == given.counts


def test_the_fit_is_of_the_training_alone(path: str) -> None:
    given = probe(path, bias="mean-deviation", training=["2020-05-01", "2020-05-30"])
    model = given.raw - 0.1
    model[30:] += 5.0
    np.testing.assert_allclose(fit_bias(given, model).values, given.raw - 0.1, atol=1e-10)
    outside = probe(path, bias="mean-deviation", training=["2019-05-01", "2019-05-30"])
    with pytest.raises(DataError, match="holds no analysis; the analyses are of 2020-05-01 to 2020-06-29"):
        fit_bias(outside, model)


def test_places_that_cannot_be_fitted_are_refused_and_counted(tmp_path: Path) -> None:
    cells = sites("A", "B")
    rows = 24 * 60
    moisture = 0.2 + 0.05 * np.sin(0.01 * np.arange(rows))[:, None, None] + np.zeros((1, LAYERS.size, 2))
    truth = write_truth(tmp_path / "truth", cells, moisture, first="2020-04-30")
    given = gather([table(truth=truth, bias="mean-deviation")], DAYS[:59], cells, LAYERS).sets[0]
    forecasts = given.raw + 0.1
    forecasts[10:, 1] = np.nan
    fitted = fit_bias(given, forecasts)
    np.testing.assert_allclose(fitted.values[:, 0], forecasts[:, 0], atol=1e-10)
    assert np.isnan(fitted.values[:, 1]).all() and np.isnan(fitted.error[:, 1]).all()
    assert fitted.counts["too few pairs for the bias"] == 59
    still = forecasts.copy()
    still[:] = 0.3
    with pytest.raises(DataError, match="nothing is left: 0 too few .* 118 no usable error; the open loop does not"):
        fit_bias(given, still)


def test_too_few_pairs_and_other_shapes_are_errors(path: str) -> None:
    given = probe(path, bias="cdf", training=["2020-05-01", "2020-05-10"])
    with pytest.raises(DataError, match=r"'probe': bias = 'cdf': .*needs 20 times .* best place has 10"):
        fit_bias(given, given.raw)
    with pytest.raises(GridMismatch, match=r"forecasts must be \[moment, place\] \(60, 1\), got \(60, 2\)"):
        fit_bias(given, np.zeros((60, 2)))
