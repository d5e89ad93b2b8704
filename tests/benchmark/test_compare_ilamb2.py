"""The pieces of the ilamb2 mode that have an answer on paper."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.benchmark.worlds import FIRST, grid, series

from vadose.benchmark import ilamb2
from vadose.benchmark.compare import CompareSettings, compare
from vadose.grid.composite import ilamb_extents
from vadose.grid.latlon import LatLonGrid
from vadose.grid.regions import box_region, parse_region


@pytest.mark.parametrize(
    ("reference", "model", "factor"),
    [
        ("mm d-1", "kg m-2 s-1", 1000 / 998.2),
        ("kg m-2 s-1", "mm d-1", 0.9982),
        ("kg m-2 s-1", "kg m-2 s-1", 1.0),
        ("mm d-1", "mm d-1", 1.0),
        ("g m-2 d-1", "kg m-2 s-1", 1.0),
        ("m3 m-3", "m3 m-3", 1.0),
        ("m3 m-3", "kg m-2", 1.0),
        ("", "", 1.0),
    ],
)
def test_water_weighs_998_where_mass_meets_depth(reference: str, model: str, factor: float) -> None:
    assert ilamb2.unit_factor(reference, model) == pytest.approx(factor)


def test_the_unit_fault_is_in_the_ilamb2_mode_only() -> None:
    flux = {"name": "evapotranspiration", "units": "kg m-2 s-1", "land_fraction": None}
    a = series(grid(9, 18), sea=0.0)
    flux["land_fraction"] = np.ones(a.cells.size, np.float32)  # type: ignore[assignment]
    reference = replace(a, **flux, source_units="mm d-1")  # type: ignore[arg-type]
    model = replace(a, **flux, source_units="kg m-2 s-1")  # type: ignore[arg-type]
    rows = compare(reference, model, CompareSettings(regions=tuple(parse_region("global")), replicates=0)).scores
    mean = {(r.mode, r.score): r.value for r in rows}
    assert mean["exact", "bias"] == pytest.approx(0.0, abs=1e-12)
    assert mean["ilamb2", "bias"] / mean["ilamb2", "reference_period_mean"] == pytest.approx(1000 / 998.2 - 1, rel=1e-6)


def test_middles_of_months_depend_on_the_calendar_of_the_file() -> None:
    leap = np.arange(12 * 2004, 12 * 2004 + 12)
    assert ilamb2.mid_months(leap, "noleap")[1] == 45.0
    assert ilamb2.mid_months(leap, "standard")[1] == 45.5
    assert ilamb2.mid_months(leap + 12, "standard")[1] == 45.0
    assert ilamb2.mid_months(leap, "360_day")[:3].tolist() == [15.0, 46.0, 74.0]
    assert ilamb2.mid_months(np.array([12 * 1900 + 1]), "proleptic_gregorian")[0] == 45.0


def test_a_side_keeps_the_months_that_the_other_lacks() -> None:
    reference, model = series(grid(6, 12), sea=0.0), series(grid(6, 12), sea=0.0, seed=1)
    values = reference.values.copy()
    values[:, ::2] = np.nan
    rows = compare(
        replace(reference, values=values), model, CompareSettings(regions=tuple(parse_region("global")), replicates=0)
    ).scores
    mean = {(r.mode, r.score): r.value for r in rows}
    assert mean["exact", "period_mean"] != pytest.approx(mean["ilamb2", "period_mean"], abs=1e-4)
    whole = compare(reference, model, CompareSettings(regions=tuple(parse_region("global")), replicates=0)).scores
    expected = next(r.value for r in whole if (r.mode, r.score) == ("ilamb2", "period_mean"))
    assert mean["ilamb2", "period_mean"] == pytest.approx(expected, rel=1e-12)


def test_boxes_leave_their_southern_and_western_edges_out() -> None:
    where = LatLonGrid.regular(10.0)
    box = box_region("box", -5, 5, -5, 5)
    inside = ilamb2.edge_masks((box,), where, np.arange(where.size))[0].reshape(where.shape)
    assert inside.sum() == 1
    assert inside[9, 18], "the cell centred on the north-eastern corner"
    assert box.mask(where).sum() == 4


def test_zeros_inflate_the_correlation() -> None:
    rng = np.random.default_rng(0)
    r, m = 1 + 0.1 * rng.random(50), 1 + 0.1 * rng.random(50)
    own, ratio = ilamb2.zero_filled_moments(r, m, np.ones(50), 50)
    filled, same = ilamb2.zero_filled_moments(r, m, np.ones(50), 200)
    assert own == pytest.approx(np.corrcoef(r, m)[0, 1])
    padded = [np.concatenate([x, np.zeros(150)]) for x in (r, m)]
    assert filled == pytest.approx(np.corrcoef(*padded)[0, 1])
    assert filled > 0.99 > own
    assert ratio == same == pytest.approx(m.std() / r.std())


def test_extents_are_those_of_the_most_restrictive_model() -> None:
    fine = LatLonGrid.regular(1.0)
    assert ilamb_extents([fine]) == ((-90.0, 90.0), (-180.0, 180.0))
    # Cells of 11.25 degrees centred on 0, 11.25 ... 348.75 E: 180 E is cut at its western edge, 174.375.
    lon = -180 + 11.25 * np.arange(32)
    lat = np.linspace(-80, 80, 17)
    coarse = LatLonGrid(lat, lon, np.stack([lat - 5, lat + 5], 1), np.stack([lon - 5.625, lon + 5.625], 1))
    assert ilamb_extents([fine, coarse]) == ((-80.0, 80.0), (-168.75, 174.375))


def test_extents_trim_both_sides() -> None:
    reference, model = series(LatLonGrid.regular(5.0), sea=0.0), series(LatLonGrid.regular(10.0), sea=0.0, seed=1)
    settings = CompareSettings(regions=tuple(parse_region("global")), replicates=0)
    whole, cut = (
        {(r.mode, r.score): r.value for r in compare(reference, model, s).scores}
        for s in (settings, replace(settings, extents=((-60.0, 90.0), (-180.0, 180.0))))
    )
    assert whole["ilamb2", "cells"] == 36 * 72
    # The limit is the edge of two cells of each side: ILAMB keeps both, so 70 S to 90 N is left of the model.
    assert cut["ilamb2", "cells"] == 32 * 72
    assert cut["exact", "cells"] == whole["exact", "cells"]


def test_series_that_start_within_a_year_use_whole_years_from_january() -> None:
    reference = series(grid(6, 12), months=30, first=FIRST + 3, sea=0.0)
    own = ilamb2.native(reference)
    expected = reference.values[:, 9:21].astype(float)
    np.testing.assert_allclose(own.cycle, expected, rtol=1e-12)
