"""Twin experiments: observations that are drawn from a simulated truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.assimilate.observed_files import LAYERS, days, fine_grid, sites, state, table, write_truth

from vadose.assimilate.observed import ObservationSet, gather
from vadose.errors import ConfigError, DataError, GridMismatch
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid

DAYS = days("2020-05-02", 4)


def moisture(cells: Cells, rows: int = 24 * 4) -> np.ndarray:
    """[row, layer, column]: every row, layer and column differs."""
    row, layer, column = (np.arange(n, dtype=float) for n in (rows, LAYERS.size, cells.size))
    return 0.15 + 0.001 * row[:, None, None] + 0.01 * layer[:, None] + 1e-4 * column


@pytest.fixture
def truth(tmp_path: Path) -> str:
    return write_truth(tmp_path / "truth", fine_grid(), moisture(fine_grid()))


def drawn(truth: str, cells: Cells, **keys: Any) -> ObservationSet:
    return gather([table(name="twin", truth=truth, **keys)], DAYS, cells, LAYERS).sets[0]


def test_the_truth_is_seen_at_the_end_of_the_row_that_ends_there(truth: str) -> None:
    cells = fine_grid()
    twin = drawn(truth, cells, error=1e-9)
    assert twin.values.shape == (4, cells.size)
    assert (twin.counts, twin.units) == ({}, "m3 m-3")
    # Rows 23, 47, ... end at midnight; a tenth of the water is ice, which a radiometer does not see.
    top = 0.15 + 0.001 * (23 + 24 * np.arange(4))[:, None] + 1e-4 * np.arange(cells.size)
    np.testing.assert_allclose(twin.values, 0.9 * top, rtol=1e-6)


def test_noise_has_the_error_that_is_stated_and_is_keyed(truth: str) -> None:
    cells = fine_grid()
    exact, noisy = drawn(truth, cells, error=1e-12), drawn(truth, cells, error=0.04)
    noise = (noisy.values - exact.values) / 0.04
    assert noise.std() == pytest.approx(1.0, abs=0.05)
    assert abs(noise.mean()) < 0.06
    np.testing.assert_array_equal(noisy.error, 0.04)
    np.testing.assert_array_equal(drawn(truth, cells, error=0.04).values, noisy.values)
    assert not np.allclose(drawn(truth, cells, error=0.04, seed=1).values, noisy.values)
    later = gather([table(name="twin", truth=truth, error=0.04)], DAYS[2:], cells, LAYERS).sets[0]
    np.testing.assert_array_equal(later.values, noisy.values[2:])


def test_footprints_are_means_of_the_cells_in_pixels_that_the_run_covers(truth: str) -> None:
    cells = fine_grid()
    found = gather(
        [table(name="twin", truth=truth, operator="footprint", pixel=9, error=1e-9, coverage=0.9)],
        DAYS, cells, LAYERS,
    )  # fmt: skip
    twin = found.sets[0]
    # 24 x 24 cells of 0.01 degree are 20 km by 27 km: a few whole pixels of 9 km, and more that the edge cuts.
    assert 2 <= twin.size <= 6
    left = int(found.notes[0].split(": ")[1].split(" of ")[0])
    assert left > twin.size and twin.counts == {"pixel covered too little": 4 * left}
    assert "lie with less than 0.9 of their area in the run" in found.notes[0]
    weights = np.zeros((twin.size, cells.size))
    columns = twin.operator.columns
    weights[columns.observation, columns.column] = columns.weight
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=1e-12)
    assert (columns.covered >= 0.9).all()
    top = 0.9 * (0.15 + 0.001 * 23 + 1e-4 * np.arange(cells.size))
    np.testing.assert_allclose(twin.values[0], weights @ top, rtol=1e-6)
    fields = state(cells)
    fields["soil_moisture"] = np.broadcast_to(top, (3, LAYERS.size, cells.size))
    np.testing.assert_allclose(twin.simulate(fields), np.tile(weights @ top, (3, 1)), rtol=1e-12)


def test_only_every_so_many_days_are_observed(truth: str) -> None:
    twin = drawn(truth, fine_grid(), every=3.0, site="40.0, 8.0")
    np.testing.assert_array_equal(np.isfinite(twin.values[:, 0]), [True, False, False, True])
    np.testing.assert_array_equal(np.isfinite(twin.error), np.isfinite(twin.values))


def test_moments_beyond_the_truth_have_no_observation(truth: str) -> None:
    moments = days("2020-05-01", 7)
    twin = gather([table(name="twin", truth=truth, site="40.0, 8.0")], moments, fine_grid(), LAYERS).sets[0]
    # It begins at the first moment, whose state no row has, and ends with May 4.
    np.testing.assert_array_equal(np.isfinite(twin.values[:, 0]), [False, True, True, True, True, False, False])
    assert twin.counts == {"out of period": 3}
    with pytest.raises(DataError, match="its rows hold nothing at the 4 moments of observation from 2021-05-02"):
        gather([table(name="twin", truth=truth)], days("2021-05-02", 4), fine_grid(), LAYERS)


def test_neutrons_and_wells_see_a_truth_at_sites(tmp_path: Path) -> None:
    cells = sites("A", "B")
    truth = write_truth(tmp_path / "truth", cells, moisture(cells))
    both = [
        table(name="neutrons", truth=truth, operator="crns", bulk_density=1400.0, error=1e-9, weighting="franz2012"),
        table(name="wells", truth=truth, variable="water_table_depth", site="B", error=1e-9),
    ]
    neutrons, wells = gather(both, DAYS, cells, LAYERS).sets
    fields = {"soil_moisture": moisture(cells)[23][None]}
    np.testing.assert_allclose(neutrons.values[0], neutrons.simulate(fields)[0], rtol=1e-6)
    np.testing.assert_allclose(wells.values[0], 1.0 + 0.15 + 0.023 + 1e-4, rtol=1e-6)
    assert (neutrons.size, wells.places) == (2, ("B",))


def test_a_truth_that_is_none_of_this_study_is_refused(tmp_path: Path, truth: str) -> None:
    cells = fine_grid()
    with pytest.raises(DataError, match="not a finished simulation"):
        drawn(str(tmp_path / "nothing"), cells)
    with pytest.raises(GridMismatch, match="the truth is of a grid, this study of sites"):
        drawn(truth, sites("A"))
    with pytest.raises(GridMismatch, match=r"the truth has 24 values of lat from 40\.0000 .* this study 20"):
        drawn(truth, fine_grid(20, 24))
    with pytest.raises(GridMismatch, match="5 soil layers to 1 m, this study 4 to 0.5 m"):
        gather([table(name="twin", truth=truth)], DAYS, cells, LAYERS[:4])
    with pytest.raises(DataError, match='rows of 1 h, none ends at 2020-05-02T00:30:00; .* every = "hour"'):
        gather([table(name="twin", truth=truth)], DAYS + np.timedelta64(1800, "s"), cells, LAYERS)
    several = write_truth(
        tmp_path / "several", cells, moisture(cells, 2), members=[{"name": "1"}, {"name": "2"}]
    )  # fmt: skip
    with pytest.raises(DataError, match="a truth is one member, the run has 2"):
        drawn(several, cells)
    another = write_truth(tmp_path / "another", cells, moisture(cells, 2), kind="benchmark")
    with pytest.raises(DataError, match="a run of another kind"):
        drawn(another, cells)
    daily = write_truth(tmp_path / "daily", cells, moisture(cells, 4), hours=24.0)
    with pytest.raises(DataError, match="rows of 24 h, a mean over it is no state at a moment"):
        drawn(daily, cells)


def test_cells_that_the_truth_lacks_are_told(tmp_path: Path) -> None:
    grid = LatLonGrid.from_centres(40.0 + 0.01 * np.arange(4), 8.0 + 0.01 * np.arange(4))
    some = Cells(grid, np.arange(3, 16))
    truth = write_truth(tmp_path / "truth", some, moisture(some))
    assert drawn(truth, some).number == 4 * 13
    with pytest.raises(GridMismatch, match="3 of 16 cells of this study are missing in the truth"):
        drawn(truth, Cells.whole(grid))


def test_a_footprint_needs_a_grid_that_covers_it(truth: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r'operator = "footprint" needs a \[grid\]; the run has 1 sites'):
        drawn(truth, sites("A"), operator="footprint", pixel=9)
    small = fine_grid(4, 4)
    with pytest.raises(DataError, match="covers no pixel of 36 km by 0.5"):
        drawn(write_truth(tmp_path / "small", small, moisture(small)), small, operator="footprint", pixel=36)
