"""The Basic Model Interface: what another framework sees is what the model computes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
import tomli_w
from tests.simulate.studies import study, weather

from vadose.errors import ConfigError, DataError, GridMismatch, RangeError
from vadose.model.outputs import OF_COLUMNS
from vadose.model.run import run

pytest.importorskip("bmipy")
AIR = "atmosphere_bottom_air__temperature"
RAIN = "atmosphere_water__precipitation_mass_flux"
LIQUID = "soil_water~liquid__volume_fraction"
STEPS = 30


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bmi")
    path = folder / "study.toml"
    path.write_text(tomli_w.dumps(study(weather(folder, 2))))
    return path


@pytest.fixture
def component(file: Path) -> Any:
    from vadose.simulate.bmi import VadoseBmi

    made = VadoseBmi()
    made.initialize(str(file))
    return made


def means(component: Any, steps: int) -> dict[str, np.ndarray]:
    """Outputs of as many steps of `model.run` with the study's weather."""
    from vadose.simulate.schedule import Chunk
    from vadose.simulate.weather import blocks

    files, wanted = component._read
    plan = component._schedule
    ((_, block),) = blocks(files, plan, Chunk(0, plan.days), wanted, [])
    forcing = jax.tree.map(lambda x: jax.numpy.asarray(x.reshape(-1, x.shape[-1])[:steps]), block)
    done = run(component._model, component._state, component._parameters, forcing, plan.step, outputs=OF_COLUMNS)
    return {name: np.asarray(value) for name, value in done.means.items()}


def test_a_component_gives_what_a_run_gives(component: Any) -> None:
    expected = means(component, STEPS)
    evaporation, moisture = "land_surface_water__evaporation_mass_flux", "soil_water__mass-per-area_density"
    pointer = component.get_value_ptr(evaporation)
    assert np.isnan(pointer).all()
    for step in range(STEPS):
        component.update()
        np.testing.assert_allclose(pointer, expected["evapotranspiration"][step], rtol=1e-9, atol=1e-16)
    taken = np.empty(component.get_grid_size(component.get_var_grid(moisture)))
    assert component.get_value(moisture, taken) is taken
    np.testing.assert_allclose(taken, expected["soil_moisture"][-1].ravel(), rtol=1e-11)
    for name in component.get_output_var_names():
        assert np.isfinite(component.get_value_ptr(name)).all(), name
    assert component.get_current_time() == STEPS * 1800.0
    assert (component.failed == 0).all()


def test_weather_from_outside_replaces_the_study_s(component: Any) -> None:
    own = component.get_value_ptr(AIR).copy()
    component.set_value(RAIN, np.array([0.0, 1e-3, 2e-3]))
    component.set_value_at_indices(AIR, np.array([1]), np.array([300.0]))
    assert component.get_value_at_indices(AIR, np.empty(2), np.array([1, 2])).tolist() == [300.0, own[2]]
    component.update_until(2 * 1800.0)
    falls = component.get_value_ptr("vadose__precipitation")
    np.testing.assert_array_equal(falls, [0.0, 1e-3, 2e-3])
    assert component.get_value_ptr(AIR)[1] == 300.0


def test_soil_water_can_be_set_between_steps(component: Any) -> None:
    component.update()
    before = component.get_value_ptr("soil_water__mass-per-area_density").copy()
    component.set_value(LIQUID, component.get_value_ptr(LIQUID) + 0.05)
    component.update()
    gained = component.get_value_ptr("soil_water__mass-per-area_density") - before
    depth = component._thickness.sum() * 1000
    # Within half an hour little else happens to the water of a whole column.
    np.testing.assert_allclose(gained.reshape(-1, 3).sum(axis=0), 0.05 * depth, rtol=0.02)


def test_water_that_is_set_has_an_account(component: Any) -> None:
    """Storage, what was set (by call and by pointer, liquid and ice) and the fluxes of the steps close."""
    begun = component.storage
    passed = np.zeros(begun.shape)
    names = ("vadose__precipitation", "land_surface_water__evaporation_mass_flux")
    names += ("land_surface_water__runoff_mass_flux", "land_subsurface_water__runoff_mass_flux")
    depth = 1000.0 * component._thickness
    for step in range(8):
        if step == 2:
            component.set_value(LIQUID, component.get_value_ptr(LIQUID) + 0.02)
        if step == 5:
            component.get_value_ptr("soil_water~frozen__volume_fraction")[-1] += 0.01
        np.testing.assert_allclose(component.added[:2], 0.02 * depth.sum() * (step >= 2), rtol=1e-10, atol=1e-10)
        component.update()
        rain, *out = (component.get_value_ptr(name) for name in names)
        passed += 1800.0 * (rain - sum(out))
        np.testing.assert_allclose(component.storage, begun + passed + component.added, rtol=0, atol=1e-8)
    assert component.added[2] > component.added[0] + 0.009 * depth[-1]


def test_everything_a_framework_asks_is_answered(component: Any) -> None:
    names = {*component.get_input_var_names(), *component.get_output_var_names()}
    assert component.get_component_name() == "vadose"
    assert component.get_input_item_count() == len(component.get_input_var_names())
    assert component.get_output_item_count() == len(component.get_output_var_names())
    for name in names:
        grid = component.get_var_grid(name)
        count = component.get_grid_size(grid)
        assert component.get_value_ptr(name).shape == (count,) == (component.get_grid_node_count(grid),)
        assert component.get_var_nbytes(name) == count * component.get_var_itemsize(name) == 8 * count
        assert component.get_var_type(name) == "float64"
        assert component.get_var_location(name) == "node"
        assert component.get_var_units(name)
    for grid, rank, count in ((0, 2, 3), (1, 3, 12)):
        assert (component.get_grid_type(grid), component.get_grid_rank(grid)) == ("points", rank)
        assert component.get_grid_size(grid) == count
        x, y, z = (
            ask(grid, np.empty(count)) for ask in (component.get_grid_x, component.get_grid_y, component.get_grid_z)
        )
        np.testing.assert_array_equal(x[:3], [8.0, -110.0, 25.0])
        np.testing.assert_array_equal(y[-3:], [50.0, 32.0, 62.0])
        middles = [0.0] if grid == 0 else [-0.05, -0.25, -0.7, -1.5]
        np.testing.assert_allclose(z, np.repeat(middles, 3))
        assert component.get_grid_edge_count(grid) == component.get_grid_face_count(grid) == 0
        with pytest.raises(GridMismatch, match="points"):
            component.get_grid_shape(grid, np.empty(rank))
    assert component.get_time_units() == "s"
    assert component.get_start_time() == 0.0
    assert component.get_end_time() == 2 * 86400.0
    assert component.get_time_step() == 1800.0


def test_what_cannot_be_done_is_said(component: Any, file: Path) -> None:
    with pytest.raises(ConfigError, match="did you mean 'atmosphere_bottom_air__temperature'"):
        component.get_value_ptr("atmosphere_bottom_air__temperatur")
    with pytest.raises(ConfigError, match="is an output and cannot be set"):
        component.set_value("vadose__gpp", np.zeros(3))
    with pytest.raises(RangeError, match="must be finite in K"):
        component.set_value(AIR, np.array([280.0, np.nan, 280.0]))
    with pytest.raises(RangeError, match="whole number of steps"):
        component.update_until(1000.0)
    with pytest.raises(ConfigError, match="grids 0"):
        component.get_grid_size(2)
    component._step = component._schedule.steps
    with pytest.raises(DataError, match="ends after 96 steps"):
        component.update()
    component.finalize()
