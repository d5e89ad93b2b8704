"""Rosetta: equal to the published networks, safe to load, bounded in memory, differentiable."""

from __future__ import annotations

import io
import pickle
import tracemalloc
from pathlib import Path

import jax
import numpy as np
import pytest

from vadose.errors import DataError
from vadose.soil.pedotransfer import rosetta as module
from vadose.soil.pedotransfer.contract import Flag
from vadose.soil.pedotransfer.rosetta import FUNCTIONS, model_code, predict
from vadose.soil.pedotransfer.rosetta_weights import load, load_unsaturated, read_array
from vadose.soil.texture import Soil

pytest.importorskip("rosetta")

ROSETTA = {f.name: f for f in FUNCTIONS}


def soils(count: int, code: int, seed: int = 0) -> np.ndarray:
    """Random inputs of a model code in the package's units."""
    rng = np.random.default_rng(seed)
    texture = 100.0 * rng.dirichlet([1.0, 1.0, 1.0], count)
    wilting = rng.uniform(0.03, 0.25, count)
    more = [rng.uniform(0.8, 1.8, count), wilting + rng.uniform(0.02, 0.2, count), wilting]
    return np.column_stack([texture, *more])[:, : code + 1]


@pytest.fixture(scope="module")
def golden(vadose_data: Path) -> dict[str, np.ndarray]:
    """Reference results of 20 soils."""
    return dict(np.load(vadose_data / "golden/soil/ptf_golden_20soils.npz"))


@pytest.mark.parametrize("version", [1, 2, 3])
def test_golden_moments_of_20_soils(golden: dict[str, np.ndarray], version: int) -> None:
    texture = np.column_stack([golden["sand"], golden["silt"], golden["clay"]])
    for code, name, inputs in ((2, "ssc", texture), (3, "sscbd", np.column_stack([texture, golden["bd"]]))):
        mean, std = predict(version, code, inputs, "arith")
        np.testing.assert_allclose(mean, golden[f"rosetta{version}_{name}_mean"], rtol=1e-10)
        np.testing.assert_allclose(std, golden[f"rosetta{version}_{name}_std"], rtol=1e-10)
    mean, _ = predict(version, 3, inputs)
    np.testing.assert_allclose(mean, golden[f"rosetta{version}_sscbd_log10"], rtol=1e-10)
    soil = Soil(golden["sand"], golden["clay"], bulk_density=1000.0 * golden["bd"])
    assert set(golden[f"rosetta{version}_code"]) == {model_code(soil)}


@pytest.mark.parametrize("code", [2, 3, 4, 5])
@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("estimate", ["arith", "log"])
def test_the_package_gives_the_same(version: int, code: int, estimate: str) -> None:
    package = pytest.importorskip("rosetta")
    inputs = soils(50, code)
    mean, std, codes = package.rosetta(version, inputs.tolist(), estimate)
    assert np.all(codes == code)
    ours = predict(version, code, inputs, "arith" if estimate == "arith" else "log10")
    # A logarithm or an exponent can be next to 0.
    np.testing.assert_allclose(ours[0], mean, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(ours[1], std, rtol=1e-10)


@pytest.mark.parametrize("name", ["rosetta1", "rosetta2", "rosetta3"])
def test_the_closure_has_the_geometric_means_in_si(name: str) -> None:
    made = ROSETTA[name](Soil(45.0, 20.0, bulk_density=1400.0))
    mean, std = (v[0] for v in predict(int(name[-1]), 3, np.array([[45.0, 35.0, 20.0, 1.4]])))
    vg = made.retention
    assert (vg.theta_r, vg.theta_s, vg.tau) == pytest.approx((mean[0], mean[1], 0.5), rel=1e-13)
    assert (vg.alpha, vg.n) == pytest.approx((100 * 10 ** mean[2], 10 ** mean[3]), rel=1e-12)
    assert (vg.K_s, made.extra["K_0"]) == pytest.approx(10 ** mean[4:6] / 8.64e6, rel=1e-12)
    assert made.extra["L"] == pytest.approx(mean[6], rel=1e-12)
    assert list(made.spread) == list(ROSETTA[name].spread)
    assert list(made.spread.values()) == pytest.approx(std, rel=1e-12)
    assert made.flags == 0


def test_the_best_model_for_what_is_known_is_used() -> None:
    soil = Soil(45.0, 20.0)
    assert model_code(soil) == 2
    assert model_code(soil.replace(theta_33=0.3)) == 2
    assert model_code(soil.replace(bulk_density=1400.0)) == 3
    assert model_code(soil.replace(bulk_density=1400.0, theta_33=0.3)) == 4
    full = soil.replace(bulk_density=1400.0, theta_33=0.3, theta_1500=0.12)
    assert model_code(full) == 5
    mean, _ = predict(3, 5, np.array([[45.0, 35.0, 20.0, 1.4, 0.3, 0.12]]))
    assert ROSETTA["rosetta3"](full).retention.theta_s == pytest.approx(mean[0, 1], rel=1e-13)


@pytest.mark.parametrize("name", ["rosetta1", "rosetta2", "rosetta3"])
def test_the_whole_triangle_gives_physical_closures(name: str) -> None:
    sand, clay = np.meshgrid(np.linspace(0, 100, 21), np.linspace(0, 100, 21))
    inside = sand + clay <= 100
    for density in (None, 600.0, 1000.0, 1500.0, 1950.0):
        made = ROSETTA[name](Soil(sand[inside], clay[inside], bulk_density=density))
        assert np.all(np.isfinite(made.retention.theta_s)), density
        assert np.all(made.retention.n > 1.0)
        assert np.all(made.flags == 0)


def test_missing_soils_are_masked_and_the_others_not_touched() -> None:
    inputs = soils(20, 3)
    whole = predict(3, 3, inputs)
    inputs[4, 1], inputs[7, 3] = np.nan, np.inf
    mean, std = predict(3, 3, inputs)
    bad = np.isin(np.arange(20), (4, 7))
    assert np.all(np.isnan(mean[bad])) and np.all(np.isnan(std[bad]))
    np.testing.assert_array_equal(mean[~bad], whole[0][~bad])
    made = ROSETTA["rosetta3"](Soil(np.array([[40.0, np.nan]]), np.array([[20.0, 20.0]])))
    assert made.flags.tolist() == [[0, Flag.INVALID]]
    assert made.retention.theta_s.shape == (1, 2)
    assert predict(3, 2, np.empty((0, 3)))[0].shape == (0, 7)


def test_density_outside_the_data_is_flagged() -> None:
    made = ROSETTA["rosetta3"](Soil(40.0, 20.0, bulk_density=np.array([400.0, 1400.0])))
    assert made.flags.tolist() == [Flag.OUTSIDE_RANGE, 0]


def test_blocks_give_the_same_as_single_soils(monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = soils(300, 2)
    whole = predict(3, 2, inputs)
    monkeypatch.setattr(module, "BLOCK", 128)
    parts = predict(3, 2, inputs)
    np.testing.assert_allclose(parts, whole, rtol=1e-12)
    np.testing.assert_allclose(predict(3, 2, jax.numpy.asarray(inputs)), whole, rtol=1e-12)


def test_memory_does_not_grow_with_the_networks() -> None:
    inputs = soils(8000, 2)
    predict(1, 2, inputs[:4000])
    tracemalloc.start()
    predict(1, 2, inputs)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    results = 2 * 7 * 8 * len(inputs)
    assert peak < 4 * results


@pytest.mark.slow
@pytest.mark.parametrize("version", [2, 3])
def test_gradients_equal_central_differences_also_under_jit(version: int) -> None:
    x = np.array([[38.0, 30.0, 32.0, 1.3]])
    forward = jax.jacfwd(lambda v: jax.numpy.stack(predict(version, 3, v)))(jax.numpy.asarray(x))
    backward = jax.jit(jax.jacrev(lambda v: jax.numpy.stack(predict(version, 3, v))))(jax.numpy.asarray(x))
    np.testing.assert_allclose(backward, forward, rtol=1e-9, atol=1e-13)
    for k, step in enumerate((1e-3, 1e-3, 1e-3, 1e-4)):
        # Fourth order and a small step: some networks are steps of 0.1 % sand, which bend the spread.
        moved = np.repeat(x, 4, axis=0)
        moved[:, k] += step * np.array([-2.0, -1.0, 1.0, 2.0])
        values = np.stack(predict(version, 3, moved))
        slope = np.einsum("msp,s->mp", values, np.array([1.0, -8.0, 8.0, -1.0])) / (12.0 * step)
        np.testing.assert_allclose(forward[:, 0, :, 0, k], slope, rtol=1e-6, atol=1e-8)


def test_the_function_is_differentiable_through_the_soil() -> None:
    def water(sand):
        return ROSETTA["rosetta3"](Soil(sand, 20.0)).critical_point

    slope = jax.grad(water)(45.0)
    assert slope == pytest.approx((water(45.001) - water(44.999)) / 0.002, rel=1e-6)
    assert slope < 0.0


def test_wrong_choices_are_told() -> None:
    with pytest.raises(DataError, match="version 4 and code 2"):
        predict(4, 2, np.ones((1, 3)))
    with pytest.raises(DataError, match=r"inputs \[soil, 4\]"):
        predict(3, 3, np.ones((1, 3)))
    with pytest.raises(DataError, match="estimate must be"):
        predict(3, 2, np.ones((1, 3)), "geo")


def test_networks_have_the_numbers_of_bootstraps_that_were_published() -> None:
    assert [len(n.b1) for n in load(1, 2)] == [60, 100]
    assert [len(n.b1) for n in load(3, 5)] == [1000]
    assert len(load_unsaturated().b1) == 100


class Call:
    """A pickle that would call a function on loading."""

    def __reduce__(self):
        return print, ("called",)


def npy(objects: object) -> bytes:
    stream = io.BytesIO()
    held = np.empty(1, dtype=object)
    held[0] = objects
    np.save(stream, held, allow_pickle=True)
    return stream.getvalue()


def test_a_pickle_that_calls_anything_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(DataError, match="refused to load builtins.print"):
        read_array(npy(Call()))
    with pytest.raises(DataError, match="refused to load"):
        read_array(npy(Path("x")))
    assert capsys.readouterr().out == ""
    held = read_array(npy([np.arange(3.0), {"scale": np.float64(2.0)}]))
    assert held[0][1] == {"scale": 2.0}


def test_damaged_files_are_data_errors() -> None:
    good = npy([1.0])
    for bad in (b"", b"nothing", good[:-5], good.replace(pickle.dumps(1.0)[-9:-1], b"\x00" * 8)[:100]):
        with pytest.raises(DataError, match="weights"):
            read_array(bad)


def test_a_missing_package_is_told_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    load.cache_clear()
    with pytest.raises(DataError, match="pip install rosetta-soil"):
        load(3, 4)
