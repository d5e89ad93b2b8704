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
from vadose.model.bridge import TIME_UNITS, arrays_of, state_from_dataset, states_to_dataset, to_dataset
from vadose.model.state import State

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


def test_times_are_read_as_they_were_written(tmp_path: Path) -> None:
    made = to_dataset({"latent_heat": np.zeros((2, 1))}, layers=LAYERS, cells=points("A"), bounds=DAYS)
    made.to_netcdf(tmp_path / "a.nc")
    with xr.open_dataset(tmp_path / "a.nc") as read:
        assert TIME_UNITS.startswith(read["time"].encoding["units"])
        np.testing.assert_array_equal(read["time_bnds"].values, DAYS)
    with xr.open_dataset(tmp_path / "a.nc", decode_times=False) as raw:
        assert raw["time"].attrs["bounds"] == "time_bnds" and raw["hfls"].encoding["coordinates"] == "lat lon"


def test_a_state_comes_back_bit_for_bit(tmp_path: Path) -> None:
    cells = points("A", "B", "C")
    state = prepared(a_study(model={"preset": "noahmp"}), cells).state
    random = np.random.default_rng(0)
    one = jax.tree.map(lambda x: np.asarray(x) + random.random(x.shape), state)
    both = {"a": one, "b": jax.tree.map(lambda x: x + 1.0, one)}
    made = states_to_dataset([arrays_of(s) for s in both.values()], members=list(both), attrs={"layers": list(LAYERS)})
    assert made["soil_liquid"].dims == ("member", "layer", "cell")
    made.to_netcdf(tmp_path / "state.nc")
    with xr.open_dataset(tmp_path / "state.nc") as read:
        assert read.attrs["layers"].tolist() == list(LAYERS)
        for name, there in both.items():
            back = state_from_dataset(read.sel(member=name), there, cells)
            for x, y in zip(jax.tree.leaves(there), jax.tree.leaves(back), strict=True):
                assert np.array_equal(x, y)


def test_a_state_of_another_model_is_refused() -> None:
    cells = points("A")
    one, other = (prepared(a_study(model={"preset": p}), cells).state for p in ("noahmp", "vadose"))

    def dataset(state: State) -> xr.Dataset:
        return states_to_dataset([arrays_of(state)], members=["a"]).isel(member=0)

    with pytest.raises(DataError, match=r"has 3 layers, expected 5"):
        state_from_dataset(dataset(one), other, cells)
    with pytest.raises(DataError, match="lacks pond"):
        state_from_dataset(dataset(one).drop_vars("pond"), one, cells)
    with pytest.raises(DataError, match=r"pond is not finite at 40\.000 N, -88\.000 E"):
        state_from_dataset(dataset(replace(one, pond=np.array([np.nan]))), one, cells)
