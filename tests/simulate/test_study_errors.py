"""What a study may say of uncertain weather and soil, and what each wrong word is answered."""

from __future__ import annotations

import math
import tomllib
from typing import Any

import numpy as np
import pytest
from tests.simulate.setups import a_study

from vadose.errors import ConfigError
from vadose.simulate.study_ensemble import Perturbation
from vadose.workflow.output import study_toml

TABLE_3 = [[1.0, -0.8, 0.5, 0.0], [-0.8, 1.0, -0.5, 0.4], [0.5, -0.5, 1.0, 0.4], [0.0, 0.4, 0.4, 1.0]]


def test_a_scheme_sets_what_is_left_out() -> None:
    errors = Perturbation(scheme="zhao25").errors
    assert (errors.precipitation, errors.shortwave, errors.longwave, errors.temperature) == (0.15, 0.15, 30.0, 1.5)
    assert (errors.precipitation_factor, errors.centre) == (0.95, "median")
    assert errors.length == errors.correlation == math.inf and np.array_equal(errors.between, TABLE_3)
    other = Perturbation(scheme="zhao25", precipitation=0.0, correlation=24.0).errors
    assert (other.precipitation, other.correlation, other.longwave) == (0.0, 24.0, 30.0)


def test_without_a_scheme_columns_and_quantities_are_independent() -> None:
    errors = Perturbation(temperature=1.0).errors
    assert (errors.temperature, errors.correlation, errors.length, errors.between) == (1.0, 24.0, 0.0, ())
    assert (errors.centre, errors.precipitation_factor) == ("mean", 1.0)
    assert not Perturbation().any and Perturbation(scheme="zhao25").any


def test_a_study_with_infinite_lengths_reads_back() -> None:
    ensemble = {"size": 2, "forcing": {"scheme": "zhao25", "length": 30.0}, "texture": {"sand": 10.0}}
    study = a_study(ensemble=ensemble)
    again = a_study(**{k: v for k, v in tomllib.loads(study_toml(study)).items() if k == "ensemble"})
    assert again.ensemble == study.ensemble and again.ensemble.texture.length == math.inf


def changed(row: int, column: int, value: float) -> list[list[float]]:
    rows = [list(r) for r in TABLE_3]
    rows[row][column] = value
    return rows


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"forcing": {"scheme": "zhao24"}}, "expected one of '', 'zhao25'"),
    ({"forcing": {"between": changed(0, 1, -0.7)}}, "symmetric with ones"),
    ({"forcing": {"between": changed(2, 2, 0.9)}}, "symmetric with ones"),
    ({"forcing": {"between": TABLE_3[:3]}}, "must be 4 x 4"),
    ({"forcing": {"precipitation_factor": 0.0}}, "`precipitation_factor` must be > 0"),
    ({"forcing": {"length": -1.0}}, "`length` must be >= 0 km"),
    ({"forcing": {"length": 9e4}}, "take inf for one error everywhere"),
    ({"forcing": {"correlation": 1e6}}, "at most 87600 hours"),
    ({"forcing": {"temperature": -1.0}}, "`temperature` must be >= 0"),
    ({"texture": {"sand": 120.0}}, "`sand` must be 0 to 100 percentage points"),
    ({"texture": {"length": -5.0}}, "`length` must be >= 0 km"),
    ({"pedotransfer": {"K_s": -0.1}}, "`K_s` must be 0 to 3"),
    ({"pedotransfer": {"theta_s": 5.0}}, "`theta_s` must be 0 to 0.2"),
    ({"pedotransfer": {"K_s": "functoin"}}, "expected one of 'function'"),
    ({"pedotransfer": {"K_s": 0.3}, "parameters": {"K_s": [0.5, 2.0]}}, "both draw it; keep one"),
    ({"control": False}, "`control` is false but nothing differs"),
]


@pytest.mark.parametrize(("ensemble", "message"), WRONG)
def test_what_cannot_be_is_refused(ensemble: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        a_study(ensemble=ensemble)


def test_correlations_that_exclude_each_other_are_refused_with_the_eigenvalue() -> None:
    rows = np.array(TABLE_3)
    rows[0, 2] = rows[2, 0] = 0.99
    least = np.linalg.eigvalsh(rows)[0]
    with pytest.raises(ConfigError, match=f"smallest eigenvalue is {least:.3g}"):
        a_study(ensemble={"forcing": {"between": rows.tolist()}})
