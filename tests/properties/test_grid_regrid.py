"""Composite and conservative regridding of arbitrary grids keep areas and means."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from vadose.constants import EARTH_RADIUS
from vadose.grid.composite import NOISE, composite, recompose_ilamb
from vadose.grid.latlon import LatLonGrid
from vadose.grid.regrid import conservative

GLOBE = 4 * np.pi * EARTH_RADIUS**2


@st.composite
def global_grids(draw: st.DrawFn) -> LatLonGrid:
    """Global grids with irregular cells; one column may reach over the date line."""
    inner = draw(st.lists(st.integers(-890, 890), min_size=1, max_size=8, unique=True))
    lat = np.sort([-900, *inner, 900]) / 10
    cuts = np.unique(draw(st.lists(st.integers(-1799, 1790), min_size=3, max_size=8))) / 10
    assume(cuts.size >= 3)
    edges = np.append(cuts, cuts[0] + 360)
    lon_bnds = np.stack([edges[:-1], edges[1:]], axis=1)
    centres = lon_bnds.mean(axis=1)
    over = centres >= 180
    lon_bnds = np.concatenate([lon_bnds[over] - 360, lon_bnds[~over]])
    lat_bnds = np.stack([lat[:-1], lat[1:]], axis=1)
    return LatLonGrid(lat_bnds.mean(axis=1), lon_bnds.mean(axis=1), lat_bnds, lon_bnds)


@given(global_grids(), global_grids())
def test_composite_covers_the_globe_once(a: LatLonGrid, b: LatLonGrid) -> None:
    both = composite(a, b)
    assert np.isclose(both.grid.area.sum(), GLOBE, rtol=1e-12)
    for index, source in ((both.index_a, a), (both.index_b, b)):
        area = np.bincount(index.ravel(), both.grid.area.ravel(), source.size)
        assert np.allclose(area, source.area.ravel(), rtol=0, atol=GLOBE * NOISE / 90)


@given(global_grids(), global_grids(), st.integers(0, 2**32 - 1))
def test_conservative_weights_conserve(a: LatLonGrid, b: LatLonGrid, seed: int) -> None:
    weights = conservative(a, b)
    assert np.allclose(np.asarray(weights.sum(axis=1)).ravel(), b.area.ravel(), rtol=1e-9)
    field = np.random.default_rng(seed).random(a.size)
    assert np.isclose((weights @ field).sum(), a.area.ravel() @ field, rtol=1e-12)


@given(st.lists(st.floats(-89.9, 89.9), min_size=2, max_size=30, unique=True))
def test_recomposed_grid_is_the_composite(centres: list[float]) -> None:
    x = np.sort(centres)
    assume(np.diff(x).min() > 1e-9)
    rows, cols = recompose_ilamb(x, x)
    assert rows.tolist() == cols.tolist() == list(range(x.size))
