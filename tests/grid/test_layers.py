"""Soil layers: numbers of published layer schemes, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from vadose.errors import ConfigError, DataError, UnitError
from vadose.grid.layers import SoilLayers, covered, depth_weights, overlap

ERA5 = np.array([[0.0, 0.07], [0.07, 0.28], [0.28, 1.0], [1.0, 2.89]])


def test_overlap_cuts_the_layer_that_straddles() -> None:
    assert overlap(ERA5, 0.0, 0.1) == pytest.approx([0.07, 0.03, 0.0, 0.0])
    assert overlap(ERA5, 0.05, 0.5) == pytest.approx([0.02, 0.21, 0.22, 0.0])


def test_mass_of_a_layer_gives_its_water_content() -> None:
    """Massoud et al. (2026) eq. 1 by hand: 14 of 70 kg m-2 and 63 of 210 kg m-2, of which 30/210 count."""
    theta = depth_weights(ERA5, 0.0, 0.1, "mass") @ np.array([14.0, 63.0, 100.0, 100.0])
    assert theta == pytest.approx((14.0 + 63.0 * 0.03 / 0.21) / (1000 * 0.1))


def test_shallow_column_is_averaged_over_what_it_covers() -> None:
    assert covered(ERA5, 0.0, 4.0) == pytest.approx(2.89)
    assert depth_weights(ERA5, 0.0, 4.0, "volumetric").sum() == pytest.approx(1.0)


def test_first_layer_may_be_deeper_than_the_depth() -> None:
    """CLASS has a first layer of 10 cm: its content stands for 0-5 cm."""
    bounds = np.array([[0.0, 0.10], [0.10, 0.35], [0.35, 4.10]])
    assert depth_weights(bounds, 0.0, 0.05, "mass") == pytest.approx([1 / 100.0, 0.0, 0.0])


@pytest.mark.parametrize(("units", "scale"), [("m", 1.0), ("cm", 100.0), ("mm", 1000.0), ("Meters", 1.0)])
def test_units(units: str, scale: float) -> None:
    assert SoilLayers.from_bounds(ERA5 * scale, units).bounds == pytest.approx(ERA5)


def test_order_sign_and_swapped_pairs_do_not_matter() -> None:
    shuffled = -ERA5[[3, 1, 0, 2]][:, ::-1]
    layers = SoilLayers.from_bounds(shuffled)
    assert layers.bounds == pytest.approx(ERA5)
    assert layers.order.tolist() == [2, 1, 3, 0]
    assert SoilLayers.from_bounds(np.array([0, 0.07, 0.28, 1.0, 2.89])).bounds == pytest.approx(ERA5)
    assert (layers.size, layers.bottom, layers.thickness[0]) == pytest.approx((4, 2.89, 0.07))


def test_rounding_between_layers_is_closed() -> None:
    layers = SoilLayers.from_bounds(np.array([[2e-4, 0.0701], [0.07, 0.28]], np.float32))
    assert layers.bounds[0, 0] == 0.0
    assert layers.bounds[1, 0] == layers.bounds[0, 1]


def test_centres_give_half_way_bounds_and_a_warning() -> None:
    with pytest.warns(UserWarning, match="half way"):
        layers = SoilLayers.from_centres(np.array([40.0, 5.0, 15.0]), "cm")
    assert layers.bounds == pytest.approx(np.array([[0, 0.10], [0.10, 0.275], [0.275, 0.525]]))
    assert layers.inferred
    assert layers.order.tolist() == [1, 2, 0]


def test_single_deep_layer_of_a_product() -> None:
    assert SoilLayers.from_bounds(np.array([[30.0, 50.0]]), "cm", surface=False).bounds == pytest.approx(
        np.array([[0.3, 0.5]])
    )


@pytest.mark.parametrize(
    ("bounds", "units", "error", "message"),
    [
        ([[0, 0.1], [0.2, 0.4]], "m", DataError, r"gap.*layer 1 \(0-0.1 m\) and layer 2 \(0.2-0.4 m\)"),
        ([[0.2, 0.4], [0, 0.3]], "m", DataError, r"overlap of layer 2 \(0-0.3 m\) and layer 1"),
        ([[0.1, 0.2], [0.2, 0.4]], "m", DataError, "must begin at the surface"),
        ([[0, 0.1], [0.1, 0.1]], "m", DataError, "no thickness"),
        ([[0, 0.1], [0.1, np.nan]], "m", DataError, "missing"),
        ([[[0.1]]], "m", DataError, "shape"),
        ([[0, 10], [10, 200]], "m", UnitError, "deeper than any soil column.*probably in cm"),
        ([[0, 100], [100, 9000]], "m", UnitError, "probably in mm"),
        ([[0, 10], [10, 200]], "hPa", UnitError, "expected m, cm or mm"),
    ],
)
def test_bad_bounds_are_named(bounds: list, units: str, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        SoilLayers.from_bounds(np.array(bounds, dtype=float), units)


@pytest.mark.parametrize("centres", [[], [0.0, 0.1], [0.1, 0.1]])
def test_bad_centres(centres: list) -> None:
    with pytest.raises(DataError, match="layers"):
        SoilLayers.from_centres(np.array(centres, dtype=float))


def test_bad_depths() -> None:
    with pytest.raises(ConfigError, match="top < bottom"):
        overlap(ERA5, 0.1, 0.1)
    with pytest.raises(DataError, match="no layer lies within 3-4 m"):
        depth_weights(ERA5, 3.0, 4.0, "mass")
    with pytest.raises(ConfigError, match="kind"):
        depth_weights(ERA5, 0.0, 1.0, "heat")
