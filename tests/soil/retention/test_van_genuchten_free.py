"""Van Genuchten with free m and Gardner's conductivity: its limits, closed forms, gradients and bad input."""

from __future__ import annotations

import numpy as np
import pytest
from tests.soil.retention.closures_common import EPS, HEADS, check_closure

from vadose.errors import RangeError
from vadose.soil.retention.van_genuchten import VanGenuchten
from vadose.soil.retention.van_genuchten_free import VanGenuchtenFree

GOOD = {"theta_r": 0.08, "theta_s": 0.43, "alpha": 0.2, "n": 0.75, "m": 1.0, "K_s": 5e-6, "b": 12.0, "N": 1.4}
SOILS = {
    "loam": VanGenuchtenFree(**GOOD),
    "sand": VanGenuchtenFree(**{**GOOD, "alpha": 1.1, "n": 1.6, "theta_r": 0.0}),
    "m below 1": VanGenuchtenFree(**{**GOOD, "n": 2.0, "m": 0.5}),
}
EVERY = pytest.mark.parametrize("soil", SOILS.values(), ids=SOILS.keys())


@EVERY
def test_it_keeps_the_contract(soil: VanGenuchtenFree) -> None:
    check_closure(soil)


def test_with_m_of_n_the_retention_is_van_genuchtens() -> None:
    free = VanGenuchtenFree(**{**GOOD, "n": 1.6, "m": 1.0 - 1.0 / 1.6})
    bound = VanGenuchten(free.theta_r, free.theta_s, free.alpha, free.n, free.K_s)
    np.testing.assert_allclose(free.water_content(HEADS), bound.water_content(HEADS), rtol=4.0 * EPS)
    np.testing.assert_allclose(free.capacity(HEADS), bound.capacity(HEADS), rtol=1e-13)


def test_half_of_the_water_and_of_the_conductivity_are_where_the_formula_says() -> None:
    soil = SOILS["loam"]
    assert soil.water_content(-1.0 / soil.alpha) == pytest.approx(0.5 * (soil.theta_r + soil.theta_s), rel=1e-14)
    assert soil.conductivity(-1.0 / soil.b) == pytest.approx(0.5 * soil.K_s, rel=1e-14)


@EVERY
def test_the_inverse_gives_the_head_back(soil: VanGenuchtenFree) -> None:
    psi = -np.logspace(-3, 4, 40)
    np.testing.assert_allclose(soil.matric_head(soil.water_content(psi)), psi, rtol=1e-8)
    assert soil.matric_head(soil.theta_s) == 0.0


@pytest.mark.parametrize("name", ["alpha", "n", "m", "K_s", "b", "N"])
def test_parameters_that_are_not_positive_are_rejected(name: str) -> None:
    with pytest.raises(RangeError, match=name):
        VanGenuchtenFree(**{**GOOD, name: 0.0})
