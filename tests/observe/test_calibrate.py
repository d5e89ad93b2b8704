"""N0 from soil samples: weighted means as crnpy has them, and a sensor that is found again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vadose.data.crns import read_samples
from vadose.errors import DataError
from vadose.observe.neutrons import (
    Air,
    Cores,
    Desilets2010,
    Franz2012,
    Koehli2015,
    Koehli2021,
    calibrate_n0,
    counts_of,
    seen_by_sensor,
)  # fmt: skip

FILE = "data/insitu/CRNS_COSMOS-Europe_neptoon/FSCD001_calibration.csv"


def cores(water: float, slope: float = 0.0) -> Cores:
    """Eighteen profiles of six slices around a sensor; the water grows by `slope` a metre of depth."""
    profile = np.repeat(np.arange(18.0), 6)
    top = np.tile(np.arange(6) * 0.05, 18)
    theta = water + slope * (top + 0.025)
    one = np.ones(108)
    return Cores(
        profile, np.repeat(np.repeat([10.0, 75.0, 200.0], 6), 6), top, top + 0.05, theta / 1.3, 1300 * one, 0.01 * one,
        0.02 * one,
    )  # fmt: skip


def test_weighted_means_of_crnpy(vadose_data: Path) -> None:
    """`nrad_weight` of crnpy 0.8.0 at tolerance 1e-11 on the two campaigns of Fuerstensee, half of it peat."""
    expected = {"2014-01-17": 0.21523110290283812, "2014-11-17": 0.18934278777980437}
    for day, part in read_samples(str(vadose_data / FILE)).campaigns():
        none = np.zeros(part.profile.size)
        made = Cores(
            part.profile, part.distance, part.top, part.bottom, part.gravimetric, part.bulk_density, none, none
        )  # fmt: skip
        seen = seen_by_sensor(made, Koehli2015(), Air(0.006, 100500.0, 0.3))
        assert seen.water == pytest.approx(expected[str(day)], abs=1e-10)
        assert seen.weights.sum() == pytest.approx(1.0)


@pytest.mark.parametrize("weighting", [Franz2012(), Koehli2015()])
def test_a_uniform_field_is_itself(weighting: Franz2012 | Koehli2015) -> None:
    seen = seen_by_sensor(cores(0.22), weighting)
    assert seen.water == pytest.approx(0.22)
    assert seen.soil.bulk_density == pytest.approx(1300.0) and seen.soil.hidden == pytest.approx(0.039)
    assert seen.spread == pytest.approx(0.0, abs=1e-12)
    # What is wetter below is seen drier than its mean over the cores.
    assert 0.20 < seen_by_sensor(cores(0.20, 0.4), weighting).water < 0.26


@pytest.mark.parametrize("conversion", [Desilets2010(), Koehli2021()])
def test_a_sensor_is_found_again(conversion: Desilets2010 | Koehli2021) -> None:
    seen = [seen_by_sensor(cores(w, 0.2)) for w in (0.08, 0.2, 0.33)]
    humidity = [0.004, 0.009, 0.012]
    counts = [float(counts_of(s.water, 1530.0, s.soil, conversion, h)) for s, h in zip(seen, humidity, strict=True)]
    found = calibrate_n0(seen, counts, conversion, humidity)
    assert found.n0 == pytest.approx(1530.0, rel=1e-10)
    assert found.residuals == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
    off = calibrate_n0(seen, np.array(counts) * [1.05, 1.0, 1.0], conversion, humidity)
    assert off.each[0] == pytest.approx(1.05 * 1530.0) and 1530.0 < off.n0 < 1.05 * 1530.0


def test_bad_samples() -> None:
    good = cores(0.2)
    for changed, words in [
        ({"gravimetric": np.full(108, np.nan)}, "`gravimetric` of soil samples must be one number >= 0"),
        ({"bulk_density": np.full(108, 1.3)}, "g cm-3 times 1000"),
        ({"bottom": good.top}, "ends above its top"),
        ({"gravimetric": np.full(108, 20.0)}, "m3 m-3 of water; check their units"),
    ]:
        with pytest.raises(DataError, match=words):
            replace(good, **changed)
    with pytest.raises(DataError, match="1 campaigns and counts"):
        calibrate_n0([seen_by_sensor(good)], [np.nan])
    with pytest.raises(DataError, match="0 campaigns"):
        calibrate_n0([], [])
