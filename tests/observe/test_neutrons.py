"""Weights, corrections and conversion of neutron counts against numbers of crnpy 0.8.0 and neptoon 1.12.7."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vadose.errors import DataError, RangeError
from vadose.observe.neutrons import (
    Desilets2010,
    Franz2012,
    Koehli2015,
    Koehli2021,
    SensorSoil,
    absolute_humidity,
    biomass_factor,
    correct,
    counting_deviation,
    counts_of,
    deviation,
    humidity_factor,
    incoming_factor,
    pressure_factor,
    scaled_distance,
    soil_moisture,
)  # fmt: skip

SOIL = SensorSoil(1300.0, 0.01, 0.02)
DISTANCES = np.array([0.5, 3.0, 30.0, 51.0, 200.0, 500.0])


@pytest.mark.parametrize(
    ("humidity", "water", "neptoon"),
    [
        (0.007, 0.2, [209081.47629809726, 59679.35757692826, 7587.887871911634, 6053.832695932193, 1233.1288643302685,
                      127.91148079941755]),
        (0.012, 0.4, [175456.60090741515, 51447.74485887334, 6007.712891730144, 3843.95519601578, 532.0862210282821,
                      38.240288969809306]),
    ],
)  # fmt: skip
def test_horizontal_weights(humidity: float, water: float, neptoon: list[float]) -> None:
    assert Koehli2015().radial(DISTANCES, humidity, water) == pytest.approx(neptoon, rel=1e-12)
    assert (Koehli2015().radial(np.array([600.1, 900.0]), humidity, water) == 0).all()


def test_depths_and_scaled_distances() -> None:
    cases = ((0.0, 0.1, 34.09660332375288), (30.0, 0.2, 20.39488747530362), (150.0, 0.45, 10.967240974842468))
    for r, water, neptoon in cases:
        assert 100 * Koehli2015().reach(water, 1400.0, r) == pytest.approx(neptoon, rel=1e-12)
    assert scaled_distance(np.array(100.0), 95000.0, 1.5, 0.2) == pytest.approx(104.62445611780983, rel=1e-12)
    assert scaled_distance(np.array(100.0)) == pytest.approx(99.98385998142172, rel=1e-12)


@pytest.mark.parametrize("weighting", [Franz2012(), Koehli2015()])
def test_the_signal_is_parted_by_depth(weighting: Franz2012 | Koehli2015) -> None:
    """`within` is the integral of the published weight, and D86 holds 86 % of the signal."""
    z = np.linspace(0.0, 3.0, 300001)
    reach = float(weighting.reach(0.2, 1400.0, 10.0))
    weight = np.clip(1 - z / reach, 0, None) if isinstance(weighting, Franz2012) else np.exp(-2 * z / reach)
    total = np.concatenate([[0.0], np.cumsum(0.5 * (weight[1:] + weight[:-1]))])
    at = np.array([0.01, 0.05, 0.2, 0.5])
    assert weighting.within(at, reach) == pytest.approx(np.interp(at, z, total / total[-1]), abs=1e-5)
    if isinstance(weighting, Koehli2015):
        assert weighting.within(reach, reach) == pytest.approx(1 - np.exp(-2.0))


def test_corrections() -> None:
    assert 1000 * absolute_humidity(293.15, 0.6) == pytest.approx(10.364265566431097, rel=1e-9)
    assert pressure_factor(np.array([101325.0, 100325.0])) == pytest.approx([1.0, np.exp(-0.076)])
    assert humidity_factor(0.010) == pytest.approx(1.054)
    assert incoming_factor(np.array([95.0]), 100.0)[0] == pytest.approx(100 / 95)
    assert incoming_factor(np.array([95.0]), 100.0, 2.5)[0] == pytest.approx(1.0604868421052631, rel=1e-12)
    assert np.isnan(incoming_factor(np.array([0.0, np.nan]), 100.0)).all()
    assert biomass_factor(np.array([0.0, 20.0])) == pytest.approx([1.0, 1 / 0.9])
    with pytest.raises(RangeError, match="`reference` of the neutron monitor"):
        incoming_factor(np.array([95.0]), 0.0)
    with pytest.raises(RangeError, match="the water of plants"):
        biomass_factor(np.array([150.0]))


def test_windows_average_what_is_there() -> None:
    raw = np.full(100, 400.0)
    raw[40:60] = np.nan
    raw[10] = 640.0
    found = correct(raw, np.full(100, 1.5))
    mean = found.averaged(24)
    assert mean.counts[10] == pytest.approx(600.0 + 360.0 / mean_number(found.number(24), 10))
    assert np.isnan(mean.counts[50]) and mean.counts[30] == pytest.approx(600.0)
    assert counting_deviation(mean, found.number(24))[75] == pytest.approx(1.5 * np.sqrt(400 / 24))
    with pytest.raises(DataError, match="1 neutron counts are negative"):
        correct(np.array([5.0, -1.0]))
    with pytest.raises(RangeError, match="`window`"):
        found.averaged(0)


def mean_number(number: np.ndarray, at: int) -> float:
    assert number[at] == 22.0  # the window is cut where the series begins
    return float(number[at])


def test_poisson_counts_have_the_stated_deviation() -> None:
    """Drawn counts scatter as `deviation` says, in a dry and in a wet soil."""
    rng = np.random.default_rng(1)
    for theta in (0.05, 0.35):
        mean = float(counts_of(theta, 1100.0, SOIL, Desilets2010()))
        drawn = rng.poisson(mean * 24, 20000) / 24.0
        scatter = soil_moisture(drawn, 1100.0, SOIL, Desilets2010()).std()
        stated = deviation(np.array(mean), np.sqrt(mean / 24), 1100.0, SOIL, Desilets2010())
        assert stated == pytest.approx(scatter, rel=0.03)


def test_conversion_of_desilets() -> None:
    assert soil_moisture(700.0, 1100.0, SOIL, Desilets2010()) == pytest.approx(0.20883149931224212, rel=1e-12)
    # Jakobi et al. (2020) eq. 10 as crnpy has it, which keeps terms of higher order in a series.
    stated = deviation(np.array(700.0), np.sqrt(700.0 / 24), 1100.0, SOIL, Desilets2010())
    assert stated == pytest.approx(0.007389256012151099, rel=0.002)
    assert np.isnan(soil_moisture(400.0, 1100.0, SOIL, Desilets2010()))  # fewer than water itself leaves
    assert soil_moisture(1200.0, 1100.0, SOIL, Desilets2010()) < 0  # more than dry soil: said, not hidden


def test_conversion_of_koehli() -> None:
    neptoon = [0.7940294507863038, 0.3590369636466158, 0.27059008060413214]
    found = Koehli2021().ratio(np.array([0.02, 0.25, 0.8]), np.array([0.002, 0.006, 0.015]))
    assert found == pytest.approx(neptoon, rel=1e-12)
    assert np.isnan(Koehli2021().water(np.array([0.1, np.nan]), 0.006)).all()


@pytest.mark.parametrize("conversion", [Desilets2010(), Koehli2021()])
@given(st.floats(0.01, 0.6), st.floats(0.0, 0.025))
def test_conversions_invert(conversion: Desilets2010 | Koehli2021, theta: float, humidity: float) -> None:
    counts = counts_of(theta, 2000.0, SOIL, conversion, humidity)
    assert soil_moisture(counts, 2000.0, SOIL, conversion, humidity) == pytest.approx(theta, abs=1e-10)


def test_bad_soils() -> None:
    with pytest.raises(RangeError, match="g cm-3 times 1000"):
        SensorSoil(1.3)
    with pytest.raises(RangeError, match="`lattice_water` must lie within 0..1"):
        SensorSoil(1300.0, -0.01)
