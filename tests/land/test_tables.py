"""Parameter tables: against the reference's own values, complete, and clear about what they do not have."""

from __future__ import annotations

import json
from pathlib import Path

import jax
import numpy as np
import pytest

from vadose.errors import RangeError
from vadose.land.parameters import Vegetation
from vadose.land.tables import CLM_CLASSES, MODIS_CLASSES, clm_vegetation, modis_vegetation, soil_colour
from vadose.land.tables.lookup import MONTHS


@pytest.fixture(scope="module")
def reference(vadose_data: Path) -> dict:
    return json.loads((vadose_data / "golden/noahmp/params_veg12_soil8.json").read_text())


def test_cropland_has_the_reference_models_parameters(reference: dict) -> None:
    v, r = modis_vegetation([12]), reference["veg12"]
    leaf, jarvis = v.photosynthesis, v.jarvis
    pairs = {
        "hvt": v.height_top, "hvb": v.height_bottom, "z0mvt": v.roughness, "dleaf": v.leaf_width,
        "cwpvt": v.wind_extinction, "den": v.crown_density, "rc": v.crown_radius, "xl": v.leaf_orientation,
        "cbiom": v.canopy_heat, "ch2op": v.interception_capacity, "mfsno": v.snow_melt_factor,
        "scffac": v.snow_cover_scale, "c3psn": leaf.c3, "vcmx25": leaf.vcmax25, "avcmx": leaf.vcmax_q10,
        "kc25": leaf.kc25, "akc": leaf.kc_q10, "ko25": leaf.ko25, "ako": leaf.ko_q10,
        "qe25": leaf.quantum_efficiency, "tmin": leaf.minimum_temperature, "mp": leaf.slope,
        "bp": leaf.minimum_conductance, "rs": jarvis.minimum_resistance, "rsmax": jarvis.maximum_resistance,
        "rgl": jarvis.radiation, "hs": jarvis.humidity, "topt": jarvis.optimum_temperature,
    }  # fmt: skip
    for name, ours in pairs.items():
        assert float(ours[0]) == r[name], name
    for ours, name in (
        (v.leaf_reflectance, "rhol"),
        (v.stem_reflectance, "rhos"),
        (v.leaf_transmittance, "taul"),
        (v.stem_transmittance, "taus"),
    ):
        assert [float(x) for x in ours[:, 0]] == [r[f"{name}_vis"], r[f"{name}_nir"]]
    assert [float(x) for x in v.lai[:, 0]] == [r[f"lai_{month}"] for month in MONTHS]
    assert [float(x) for x in v.sai[:, 0]] == [r[f"sai_{month}"] for month in MONTHS]
    assert float(v.root_depth[0]) == 1.0 and r["nroot"] == 3
    assert float(leaf.nitrogen[0]) == pytest.approx(1.0 / r["folnmx"])


def test_soil_colours_are_the_reference_models(reference: dict) -> None:
    r = reference["noahmp_rad_parameters"]
    dry, saturated = soil_colour(range(1, 9))
    np.testing.assert_array_equal(dry, [r["albdry_vis"], r["albdry_nir"]])
    np.testing.assert_array_equal(saturated, [r["albsat_vis"], r["albsat_nir"]])


def test_twenty_colours_go_from_light_to_dark_and_dry_soil_is_lighter() -> None:
    dry, saturated = soil_colour(range(1, 21), classes=20)
    assert np.all(np.diff(dry, axis=1) < 0) and np.all(np.diff(saturated, axis=1) < 0)
    assert np.all(dry > saturated)


@pytest.mark.parametrize("all_of", [lambda: modis_vegetation(list(MODIS_CLASSES)), lambda: clm_vegetation(range(17))])
def test_every_class_is_complete_and_possible(all_of: object) -> None:
    v: Vegetation = all_of()  # type: ignore[operator]
    assert all(np.all(np.isfinite(leaf)) for leaf in jax.tree.leaves(v))
    for band in (0, 1):
        assert np.all(v.leaf_reflectance[band] + v.leaf_transmittance[band] < 1.0)
        assert np.all(v.stem_reflectance[band] + v.stem_transmittance[band] < 1.0)
    assert np.all(v.height_top > v.height_bottom)
    assert np.all(v.height_top > 4.0 * v.roughness)
    assert np.all((v.fraction >= 0.0) & (v.fraction < 1.0))
    assert np.all((v.photosynthesis.medlyn_slope > 1.0) & (v.photosynthesis.medlyn_slope < 6.0))


def test_clm_types_differ_in_pathway_height_and_roots() -> None:
    v = clm_vegetation(["C4 grass", "C3 grass", "broadleaf evergreen tree, tropical"])
    np.testing.assert_array_equal(v.photosynthesis.c3, [0.0, 1.0, 1.0])
    np.testing.assert_array_equal(v.photosynthesis.quantum_efficiency, [0.04, 0.06, 0.06])
    np.testing.assert_allclose(v.roughness, [0.06, 0.06, 2.625])
    np.testing.assert_array_equal(v.root_b, [2.0, 2.0, 1.0])
    assert len(CLM_CLASSES) == 17


def test_nothing_grows_on_bare_classes() -> None:
    for v in (modis_vegetation([13, 16], fraction=0.9, lai=2.0), clm_vegetation([0], fraction=0.9, lai=2.0)):
        assert not v.fraction.any() and not v.lai.any() and not v.sai.any()


def test_given_cover_and_leaf_area_replace_the_tables() -> None:
    v = modis_vegetation([10, 1], fraction=[0.5, 0.7], lai=[1.0, 2.0], sai=0.3)
    np.testing.assert_array_equal(v.fraction, [0.5, 0.7])
    np.testing.assert_array_equal(v.lai, np.broadcast_to([1.0, 2.0], (12, 2)))
    np.testing.assert_array_equal(v.sai, np.full((12, 2), 0.3))
    np.testing.assert_allclose(modis_vegetation([10], lai=2.0, sai=0.0).fraction, 1.0 - np.exp(-1.04))


def test_numbers_names_and_their_mixture_mean_the_same() -> None:
    np.testing.assert_array_equal(modis_vegetation(["cropland", 12, 12.0]).roughness, [0.15] * 3)


@pytest.mark.parametrize(
    ("given", "message"),
    [(99, "12 cropland"), ("corn", "got 'corn'"), (17, "water"), ("snow and ice", "leave it out"), (1.5, "got 1.5")],
)
def test_unknown_and_refused_classes_are_told(given: object, message: str) -> None:
    with pytest.raises(RangeError, match=message):
        modis_vegetation([10, given])


def test_impossible_cover_area_and_colour_are_told() -> None:
    with pytest.raises(RangeError, match="percent over 100"):
        modis_vegetation([12], fraction=96.0)
    with pytest.raises(RangeError, match=r"got shape \[3\]"):
        modis_vegetation([12, 12], lai=[1.0, 2.0, 3.0])
    with pytest.raises(RangeError, match="`sai` must be >= 0"):
        clm_vegetation([12], sai=-9999.0)
    with pytest.raises(RangeError, match="plant functional type"):
        clm_vegetation([17])
    with pytest.raises(RangeError, match="1 to 8, got 9"):
        soil_colour([4, 9])
    with pytest.raises(RangeError, match="8 .* or 20"):
        soil_colour([4], classes=9)
