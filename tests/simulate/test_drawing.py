"""How texture and factors are drawn: inside the triangle, without a bias, with the spread that is stated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.simulate.setups import a_study
from tests.simulate.test_draws import LOAM, TEXTURE, drawn, small_grid

from vadose.errors import ConfigError
from vadose.grid.cells import Cells
from vadose.simulate.drawing import Streams, with_top
from vadose.simulate.members import members
from vadose.simulate.soil_texture import Texture
from vadose.soil.pedotransfer import pedotransfer
from vadose.soil.simplex import to_simplex
from vadose.soil.texture import Soil

CLM = {"preset": "clm"}


def textures(sand: float, clay: float, cells: Cells | None = None, **table: Any) -> np.ndarray:
    """[member, 2, cell] of 2000 members."""
    cells = cells or small_grid(2, 2)
    study = a_study(ensemble={"size": 2000, "control": False, "texture": TEXTURE | table})
    stated = Texture(np.full((1, cells.size), sand), np.full((1, cells.size), clay))
    return np.stack([np.asarray(Streams(study.ensemble, m, cells).top(stated)) for m in members(study)])


def test_textures_are_uniform_around_what_is_stated() -> None:
    t = textures(40.0, 20.0)[..., 0]
    assert t.mean(axis=0) == pytest.approx([40.0, 20.0], abs=0.4)  # standard error 0.13
    assert np.abs(t - [40.0, 20.0]).max(axis=0) == pytest.approx([10.0, 10.0], abs=0.05)
    assert np.histogram(t[:, 0], 4, (30.0, 50.0))[0] / 500.0 == pytest.approx(np.ones(4), abs=0.15)
    assert abs(np.corrcoef(t.T)[0, 1]) < 0.07


@pytest.mark.parametrize(("sand", "clay"), [(92.0, 3.0), (6.0, 60.0), (1.0, 1.0), (60.0, 40.0), (0.0, 50.0)])
def test_near_an_edge_the_range_shrinks_and_the_mean_stays(sand: float, clay: float) -> None:
    t = textures(sand, clay)[..., 0]
    stated = np.array([sand, clay, 100.0 - sand - clay])
    parts = np.stack([t[:, 0], t[:, 1], 100.0 - t.sum(axis=1)])
    assert np.all(parts.min(axis=1) >= np.minimum(stated, 0.5) - 1e-9)
    widest = np.minimum(10.0, np.maximum(stated[:2] - 0.5, 0.0))
    assert np.all(np.abs(t.mean(axis=0) - [sand, clay]) <= 0.05 * widest + 1e-12)
    if stated[2] > 20.5:
        assert np.abs(t - [sand, clay]).max(axis=0) == pytest.approx(widest, rel=0.01)


def test_a_texture_is_one_for_all_cells_or_correlated_over_its_length() -> None:
    """Cells 0.5 km apart; a uniform number has nearly the normal one's correlation, (6 / pi) asin(rho / 2)."""
    grid = small_grid(2, 3)
    for length, expected in ((0.0, 0.0), (1.0, np.exp(-0.25)), (np.inf, 1.0)):
        t = textures(40.0, 20.0, grid, length=length)[:, 0]
        rho = 6.0 / np.pi * np.arcsin(0.5 * expected)
        assert np.corrcoef(t[:, 0], t[:, 1])[0, 1] == pytest.approx(rho, abs=0.06)


def test_layers_below_change_by_the_same_step_in_log_ratios() -> None:
    texture = Texture(np.array([[40.0], [40.0], [70.0]]), np.array([[20.0], [20.0], [5.0]]))
    moved = with_top(texture, np.array([[50.0], [15.0]]))
    assert np.array_equal(moved.sand[:2], [[50.0], [50.0]]) and np.array_equal(moved.clay[:2], [[15.0], [15.0]])
    new, old = (np.stack(to_simplex(t.sand, t.clay)) for t in (moved, texture))
    np.testing.assert_allclose((new - old)[:, 2], (new - old)[:, 0], rtol=1e-12)
    assert moved.sand[2, 0] + moved.clay[2, 0] < 100.0
    same = with_top(texture, np.array([[40.0], [20.0]]))
    assert np.array_equal(same.sand, texture.sand) and np.array_equal(same.clay, texture.clay)


def test_a_layer_without_clay_keeps_none() -> None:
    moved = with_top(Texture(np.array([[40.0], [90.0]]), np.array([[20.0], [0.0]])), np.array([[30.0], [30.0]]))
    assert moved.clay[1, 0] == 0.0 and 0.0 < moved.sand[1, 0] < 90.0


def test_factors_have_the_spread_that_the_function_states() -> None:
    """Regressions of Cosby et al. (1984): log10 K_s without a bias, theta_s with the mean 1."""
    grid = small_grid(20, 50)
    table = {"size": 1, "control": False, "pedotransfer": {"K_s": "function", "theta_s": "function", "length": 0.0}}
    (made,) = drawn(table, grid, LOAM, model=CLM)
    spread = pedotransfer["ch78"](Soil(40.0, 20.0)).spread
    log_K, theta = np.log10(made.draws.factors["K_s"]), made.draws.factors["theta_s"]
    assert log_K.std() == pytest.approx(float(spread["log10_K_s"]), rel=0.07)
    assert log_K.mean() == pytest.approx(0.0, abs=0.06)
    porosity = float(np.asarray(made.parameters.soil.retention.theta_s)[0, 0] / theta[0])
    assert theta.std() * porosity == pytest.approx(float(spread["theta_s"]), rel=0.07)
    assert theta.mean() == pytest.approx(1.0, abs=0.02)


def test_the_spread_of_rosetta_is_that_of_its_networks() -> None:
    (made,) = drawn(
        {"size": 1, "control": False, "pedotransfer": {"K_s": "function", "length": 0.0}}, small_grid(20, 50)
    )
    sd = float(pedotransfer["rosetta3"](Soil(40.0, 20.0)).spread["log10_K_s"])
    assert np.log10(made.draws.factors["K_s"]).std() == pytest.approx(sd, rel=0.07) and 0.03 < sd < 0.3


def test_a_function_without_a_spread_asks_for_a_number() -> None:
    with pytest.raises(ConfigError, match="'sr06' states no standard deviation of it; give a number"):
        drawn({"size": 2, "pedotransfer": {"K_s": "function"}}, small_grid(2, 2), LOAM | {"ptf": "sr06"})
