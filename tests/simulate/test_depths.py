"""The vertical axis that members with different soil layers share: water and temperature stay what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from tests.simulate import studies
from tests.simulate.setups import a_study

from vadose.model.outputs import OUTPUTS
from vadose.simulate.depths import all_layers_of, common_layers, layers_of, note_of, onto
from vadose.simulate.members import members
from vadose.simulate.output import write_outputs
from vadose.simulate.run import Outcome, make_plan
from vadose.simulate.spinup import SpunUp
from vadose.simulate.study import load_study
from vadose.simulate.tasks import Worked
from vadose.workflow.kept import save_arrays

NOAH, SHARED = (0.1, 0.3, 0.6, 1.0), (0.1, 0.1, 0.2, 0.6, 1.0, 0.5)


def test_members_of_presets_keep_their_layers_and_share_all_edges() -> None:
    study = a_study(ensemble={"presets": ["noahmp", "clm", "vadose"]})
    every = members(study)
    shared = common_layers(study, every)
    edges = np.cumsum(shared)
    for member in every:
        own = np.cumsum(layers_of(study, member))
        assert np.abs(own[:, None] - edges).min(axis=1).max() < 1e-5
    assert edges[-1] == max(sum(layers_of(study, m)) for m in every)
    assert "noahmp 4 to 2.00 m" in note_of(study, every)[0]


def test_stated_layers_are_those_of_all() -> None:
    study = a_study(model={"layers": [0.1, 0.9, 1.0]}, ensemble={"presets": ["noahmp", "vadose"]})
    assert common_layers(study, members(study)) == (0.1, 0.9, 1.0) and not note_of(study, members(study))


def test_layers_of_a_subsurface_go_on_below_those_of_each_member() -> None:
    below = {"layers": [1.0, 4.0], "slope_y": -0.01}
    study = a_study(ensemble={"presets": ["noahmp", "clm"]}, subsurface=below)
    every = members(study)
    shared = common_layers(study, every, whole=True)
    for member in every:
        own = all_layers_of(study, member)
        assert own == (*layers_of(study, member), 1.0, 4.0)
        filled = np.linspace(0.2, 1.0, len(own), dtype=np.float32)[None, :, None]
        made = onto(filled, OUTPUTS["subsurface_saturation"], own, shared)
        # Of a share each layer has that of the layer around, down to the member's own bottom.
        depth = np.nansum(np.where(np.isnan(made[0, :, 0]), 0.0, shared))
        assert depth == pytest.approx(sum(own)) and set(made[~np.isnan(made)]) == set(filled.ravel())


def test_water_goes_by_thickness_and_none_is_lost() -> None:
    values = np.random.default_rng(0).random((5, 4, 3))
    made = onto(values, OUTPUTS["soil_moisture"], NOAH, SHARED)
    assert made.shape == (5, 6, 3)
    np.testing.assert_allclose(made[:, 1:3].sum(axis=1), values[:, 1], rtol=1e-14)
    np.testing.assert_allclose(made[:, 2] / 0.2, values[:, 1] / 0.3, rtol=1e-14)
    np.testing.assert_allclose(np.nansum(made, axis=1), values.sum(axis=1), rtol=1e-14)
    assert np.isnan(made[:, 5]).all() and not np.isnan(made[:, :5]).any(), "below two metres is no soil"


def test_temperature_is_that_of_the_layer_around() -> None:
    values = np.array([280.0, 281.0, 282.0, 283.0], np.float32)[None, :, None]
    made = onto(values, OUTPUTS["soil_temperature"], NOAH, SHARED)
    np.testing.assert_array_equal(made[0, :, 0], np.float32([280, 281, 281, 282, 283, np.nan]))
    assert made.dtype == np.float32
    assert onto(values, OUTPUTS["soil_temperature"], NOAH, NOAH) is values


def test_members_of_presets_are_written_side_by_side(weather: Path, tmp_path: Path) -> None:
    """Every member holds 0.3 m3 m-3 at 280 K in all of its layers, and so does the file down to its soil's bottom."""
    table = studies.study(
        weather, ensemble={"presets": ["noahmp", "vadose"]}, period={"end": "2001-01-03"},
        output={"variables": ["soil_moisture", "soil_temperature", "latent_heat"]},
    )  # fmt: skip
    plan = make_plan(load_study(table)[0], tmp_path / "cache", hashed=False)
    worked = []
    for number, tile in enumerate(plan.tiles):
        water = 300.0 * np.asarray(layers_of(plan.study, tile.members[0]))[:, None] * np.ones((3, 1, 3))
        means = {"soil_moisture": water, "soil_temperature": 0 * water + 280.0, "latent_heat": np.ones((3, 3)) + number}
        path = tmp_path / f"{number}.npz"
        save_arrays({name: values.astype(np.float32) for name, values in means.items()}, path)
        worked.append(Worked((), (path,), path))
    (tmp_path / "run" / "cache").mkdir(parents=True)
    outcome = Outcome(plan, SpunUp(), tuple(worked), 0.0)
    path = write_outputs(outcome, tmp_path / "run", common_layers(plan.study, plan.members), {})
    with xr.open_dataset(path) as found:
        thickness = np.diff(found.depth_bnds.values, axis=1)
        content = found.mrsol.values / (1000.0 * thickness)
        for place, member in enumerate(plan.members):
            inside = found.depth_bnds.values[:, 1] <= sum(layers_of(plan.study, member)) + 1e-9
            np.testing.assert_allclose(content[place][:, inside], 0.3, rtol=1e-6)
            assert (found.tsl.values[place][:, inside] == 280.0).all()
            assert np.isnan(content[place][:, ~inside]).all() and np.isnan(found.tsl.values[place][:, ~inside]).all()
        assert found.hfls.values[:, 0, 0].tolist() == [1.0, 2.0]
        assert found.depth_bnds.values[3].tolist() == [0.1, 0.12]
