"""The door to xarray: CF outputs by CMIP and ALMA names, states that come back bit for bit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import jax
import numpy as np
import pytest
import xarray as xr
from tests.simulate.setups import a_grid, a_study, points, prepared

from vadose.errors import ConfigError, DataError
from vadose.model.bridge import state_from_dataset, state_to_dataset, to_dataset

LAYERS = (0.1, 0.3, 0.6, 1.0)
DAYS = np.array([["2000-01-01", "2000-01-02"], ["2000-01-02", "2000-01-03"]], dtype="datetime64[s]")


def test_outputs_become_a_cf_dataset_on_the_grid() -> None:
    cells = a_grid(2, 3).part(np.array([0, 2, 5]))
    means = {"latent_heat": np.arange(12.0).reshape(2, 6), "soil_moisture": np.arange(48.0).reshape(2, 4, 6)}
    made = to_dataset(means, layers=LAYERS, cells=cells, bounds=DAYS, members=("a", "b"))
    assert made["hfls"].dims == ("member", "time", "lat", "lon") and made["mrsol"].dims[2] == "depth"
    assert made["hfls"].sel(member="b").isel(time=1).values.ravel()[[0, 2, 5]].tolist() == [9.0, 10.0, 11.0]
    assert np.isnan(made["hfls"].values[0, 0, 0, 1])
    assert made["mrsol"].isel(member=1, time=0, depth=3).values.ravel()[2] == 22.0
    assert made["hfls"].attrs["cell_methods"] == "time: mean" and made["hfls"].attrs["units"] == "W m-2"
    assert made["depth_bnds"].values[3].tolist() == [1.0, 2.0] and made["time_bnds"].shape == (2, 2)


def test_sites_and_alma_names(tmp_path: Path) -> None:
    made = to_dataset(
        {"latent_heat": np.zeros((2, 2))}, layers=LAYERS, cells=points("A", "B"), bounds=DAYS, names="alma"
    )
    assert made["Qle"].dims == ("member", "time", "site")
    made.to_netcdf(tmp_path / "a.nc")
    with xr.open_dataset(tmp_path / "a.nc") as read:
        assert read["site"].values.tolist() == ["A", "B"] and read["Qle"].shape == (1, 2, 2)


def test_wrong_names_and_shapes_are_told() -> None:
    with pytest.raises(ConfigError, match="did you mean 'latent_heat'"):
        to_dataset({"latent_heet": np.zeros((2, 1))}, layers=LAYERS, cells=points("A"), bounds=DAYS)
    with pytest.raises(DataError, match=r"expected the shape \[2, 4, 1\]"):
        to_dataset({"soil_moisture": np.zeros((2, 1))}, layers=LAYERS, cells=points("A"), bounds=DAYS)


def test_a_state_comes_back_bit_for_bit(tmp_path: Path) -> None:
    cells = points("A", "B", "C")
    state = prepared(a_study(model={"preset": "noahmp"}), cells).state
    random = np.random.default_rng(0)
    state = jax.tree.map(lambda x: np.asarray(x) + random.random(x.shape), state)
    both = jax.tree.map(lambda x: np.concatenate([x, x + 1.0], axis=-1), state)
    made = state_to_dataset(both, layers=LAYERS, cells=cells, members=("a", "b"), attrs={"preset": "noahmp"})
    assert made["soil.liquid"].dims == ("member", "soil_layer", "cell")
    made.to_netcdf(tmp_path / "state.nc")
    with xr.open_dataset(tmp_path / "state.nc") as read:
        back = state_from_dataset(read, both)
        assert read.attrs["layers"].tolist() == list(LAYERS)
    for a, b in zip(jax.tree.leaves(both), jax.tree.leaves(back), strict=True):
        assert np.array_equal(a, b)


def test_a_state_of_another_model_is_refused() -> None:
    cells = points("A")
    one, other = (prepared(a_study(model={"preset": p}), cells).state for p in ("noahmp", "vadose"))
    made = state_to_dataset(one, layers=LAYERS, cells=cells)
    with pytest.raises(DataError, match=r"expected \[5\] layers, got \[3\]"):
        state_from_dataset(made, other)
    with pytest.raises(DataError, match="lacks 'pond'"):
        state_from_dataset(made.drop_vars("pond"), one)
    broken = state_to_dataset(replace(one, pond=np.array([np.nan])), layers=LAYERS, cells=cells)
    with pytest.raises(DataError, match="pond is not finite in 1 columns"):
        state_from_dataset(broken, one)
