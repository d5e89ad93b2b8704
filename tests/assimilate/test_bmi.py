"""Filters on models with the Basic Model Interface: a foreign bucket against the Kalman filter, and our own columns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w
from tests.assimilate.bmi_bucket import OUTFLOW, WATER, Bucket
from tests.simulate.studies import study, weather

import vadose
from vadose.assimilate import Localization
from vadose.assimilate.bmi import KEPT, BmiEnsemble
from vadose.errors import ConfigError, DataError, GridMismatch

LIQUID, FROZEN = "soil_water~liquid__volume_fraction", "soil_water~frozen__volume_fraction"
MEMBERS = 6


def buckets(count: int = MEMBERS, places: int = 3, **oddities: Any) -> list[Bucket]:
    random = np.random.default_rng(3)
    return [Bucket(1.0 + 0.2 * random.standard_normal(places), **oddities) for _ in range(count)]


def exact(mean: np.ndarray, spread: np.ndarray, seen: int, value: float, sd: float) -> tuple[np.ndarray, np.ndarray]:
    """The Kalman filter's mean and covariance after one observation of one element."""
    gain = spread[:, seen] / (spread[seen, seen] + sd**2)
    return mean + gain * (value - mean[seen]), spread - np.outer(gain, spread[seen])


@pytest.mark.parametrize("filter", ["etkf", vadose.estkf, "ensrf"])
def test_buckets_follow_the_kalman_filter(filter: Any) -> None:
    """A linear model, Gaussian errors and a filter that takes no draws: mean and covariance are exact at each cycle."""
    models = buckets()
    ensemble = BmiEnsemble(models, {"water": WATER}, reads={"outflow": OUTFLOW})
    start = ensemble.fields()["water"]
    mean, spread = start.mean(axis=0), np.cov(start.T)
    for cycle, value in enumerate((0.9, 0.7, 0.8)):
        ensemble.update_until(2.0 * (cycle + 1))
        mean, spread = 0.8 * (0.8 * mean + 0.1) + 0.1, 0.8**4 * spread
        outflow = 0.2 * value  # what is seen is an output that cannot be set
        found = ensemble.assimilate(filter, [outflow], lambda f: f["outflow"][:, [1]], 0.02)
        mean, spread = exact(mean, spread, 1, value, 0.1)
        water = ensemble.fields()["water"]
        np.testing.assert_allclose(water.mean(axis=0), mean, rtol=1e-12)
        np.testing.assert_allclose(np.cov(water.T), spread, rtol=1e-10, atol=1e-16)
        assert found.counts["used"] == 1 and found.counts[KEPT] == 0
    assert ensemble.time == models[0].hours == 6.0


def test_places_localize() -> None:
    ensemble = BmiEnsemble(buckets(places=5), [WATER])
    at = ensemble.positions(WATER)
    np.testing.assert_array_equal(at, np.stack([np.zeros(5), 10.0 + 2.0 * np.arange(5)], axis=1))
    before = ensemble.fields()[WATER]
    near = Localization(at, at[:1], radius=3.0)
    found = ensemble.assimilate("letkf", [2.0], before[:, :1], 0.1, localization=near)
    moved = np.abs(ensemble.fields()[WATER] - before)
    assert (moved[:, :2] > 1e-3).all() and (moved[:, 2:] < 1e-14).all()
    np.testing.assert_array_equal(found.increments[WATER][2:], 0.0)


class Raster(Bucket):
    """Buckets on 2 x 3 nodes of a grid with axes of its own, in single precision."""

    def get_var_itemsize(self, name: str) -> int:
        return 4

    def get_var_nbytes(self, name: str) -> int:
        return 4 * self.water.size

    def get_grid_rank(self, grid: int) -> int:
        return 2

    def get_grid_shape(self, grid: int, shape: Any) -> Any:
        shape[:] = [2, 3]
        return shape

    def get_grid_x(self, grid: int, x: Any) -> Any:
        x[:] = [1.0, 2.0, 4.0]
        return x

    def get_grid_y(self, grid: int, y: Any) -> Any:
        y[:] = [50.0, 51.0]
        return y


def test_rasters_of_single_precision() -> None:
    random = np.random.default_rng(5)
    models = [Raster(1.0 + 0.1 * random.standard_normal(6), grid="rectilinear", type="float32") for _ in range(4)]
    ensemble = BmiEnsemble(models, {"water": WATER}, shapes={"water": (2, 3)})
    before = ensemble.fields()["water"]
    found = ensemble.assimilate("etkf", [1.2], before[:, 0, :1], 0.1)
    assert found.counts[KEPT] == 0
    np.testing.assert_allclose(ensemble.fields()["water"], found.ensemble["water"], rtol=1e-6)
    flat = BmiEnsemble(models, [WATER]).positions(WATER)
    np.testing.assert_array_equal(flat, [[y, x] for y in (50.0, 51.0) for x in (1.0, 2.0, 4.0)])


def test_a_shape_orders_the_points() -> None:
    ensemble = BmiEnsemble(buckets(places=6), {"water": WATER}, shapes={"water": (2, -1)})
    assert ensemble.fields()["water"].shape == (MEMBERS, 2, 3)
    assert ensemble.positions("water").shape == (3, 2)
    np.testing.assert_array_equal(ensemble.fields()["water"][4].ravel(), ensemble.models[4].water)


def test_members_may_die() -> None:
    models = buckets(8)
    models[2].odd["step_error"] = 3.0
    ensemble = BmiEnsemble(models, {"water": WATER})
    ensemble.update_until(5.0)
    assert ensemble.dead == {2: "FloatingPointError: the bucket leaks"} and ensemble.time == 5.0
    models[5].water[1] = np.nan
    left, before = models[2].water.copy(), ensemble.fields()["water"]
    assert np.isnan(before[[2, 5]]).all() and "not finite" in ensemble.dead[5]
    found = ensemble.assimilate("etkf", [0.5], before[:, :1], 0.1)
    assert found.counts["members lost"] == 2 and found.members.sum() == 6
    np.testing.assert_array_equal(models[2].water, left)  # given up: not set, not run
    ensemble.update_until(6.0)
    assert models[2].hours == 3.0
    models[0].water[:] = np.inf
    with pytest.raises(DataError, match=r"3 of 8 members died, more than `lost` = 0.25"):
        ensemble.fields()


@pytest.mark.parametrize(
    ("odd", "error", "told"),
    [
        ({"units": "mm"}, GridMismatch, "`units` is 'm' in member 0 and 'mm' in member 1"),
        ({"clock": "s"}, DataError, "different units: h, s"),
        ({"closed": True}, ConfigError, "member 1 does not let 'bucket_water__depth' be set .*not to be set"),
        ({"type": "int64"}, ConfigError, "a filter needs numbers"),
    ],
)
def test_members_of_another_kind_are_refused(odd: dict[str, Any], error: type[Exception], told: str) -> None:
    with pytest.raises(error, match=told):
        BmiEnsemble([Bucket([1.0]), Bucket([1.1], **odd)], [WATER])


def test_what_makes_no_ensemble_is_refused() -> None:
    one = Bucket([1.0])
    for models in ([one], [one, one]):
        with pytest.raises(ConfigError, match="at least 2 models, each its own object"):
            BmiEnsemble(models, [WATER])
    with pytest.raises(GridMismatch, match="`size` is 1 in member 0 and 2 in member 1"):
        BmiEnsemble([one, Bucket([1.0, 1.0])], [WATER])
    later = Bucket([1.2])
    later.update_until(1.0)
    with pytest.raises(DataError, match="member 1 is at the time 1 and member 0 at 0"):
        BmiEnsemble([one, later], [WATER])
    with pytest.raises(ConfigError, match="has none of this name; it has bucket_water__depth"):
        BmiEnsemble(buckets(), ["bucket_water"])
    with pytest.raises(ConfigError, match="does not let 'bucket_outflow__depth_rate' be set"):
        BmiEnsemble(buckets(), [OUTFLOW])
    with pytest.raises(ConfigError, match="`variables` is empty"):
        BmiEnsemble(buckets(), [])
    with pytest.raises(ConfigError, match="got the text"):
        BmiEnsemble(buckets(), WATER)
    with pytest.raises(ConfigError, match="both in `variables` and in `reads`"):
        BmiEnsemble(buckets(), [WATER], reads=[WATER])
    with pytest.raises(GridMismatch, match=r"3 values, which do not make the shape \(2, -1\)"):
        BmiEnsemble(buckets(), [WATER], shapes={WATER: (2, -1)})
    with pytest.raises(ConfigError, match="`shapes` names 'x'"):
        BmiEnsemble(buckets(), [WATER], shapes={"x": (2, -1)})
    with pytest.raises(ConfigError, match="`lost` must be a share"):
        BmiEnsemble(buckets(), [WATER], lost=1.0)
    with pytest.raises(ConfigError, match="unknown filter 'esmda'"):
        BmiEnsemble(buckets(), [WATER]).assimilate("esmda", [1.0], np.ones((MEMBERS, 1)), 0.1)
    with pytest.raises(GridMismatch, match="type 'scalar'"):
        BmiEnsemble(buckets(grid="scalar"), [WATER]).positions(WATER)


def test_a_model_with_steps_of_its_own_is_noticed() -> None:
    ensemble = BmiEnsemble(buckets(step=2.0), [WATER])
    with pytest.raises(DataError, match="stopped at the time 4 and not at 3"):
        ensemble.update_until(3.0)


def test_what_a_model_does_with_its_values_is_said() -> None:
    """Bounds of its own are counted; a set_value without effect and one that refuses are errors."""
    bounded = BmiEnsemble(buckets(top=1.2), {"water": WATER})
    found = bounded.assimilate("etkf", [2.0], bounded.fields()["water"][:, :1], 0.05)
    beyond = found.ensemble["water"] > 1.2
    assert 0 < found.counts[KEPT] == beyond.sum() and "bounds of their own" in found.warnings[-1]
    np.testing.assert_array_equal(bounded.fields()["water"][beyond], 1.2)
    frozen = BmiEnsemble(buckets(frozen=True), {"water": WATER})
    with pytest.raises(ConfigError, match="set_value has no effect"):
        frozen.assimilate("etkf", [2.0], frozen.fields()["water"][:, :1], 0.05)
    models = buckets()
    refusing = BmiEnsemble(models, {"water": WATER})
    models[3].odd["closed"] = True
    with pytest.raises(DataError, match="member 3 refuses 'bucket_water__depth'"):
        refusing.assimilate("etkf", [2.0], refusing.fields()["water"][:, :1], 0.05)


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    """Four members of our own model at three places, with soil water of their own."""
    pytest.importorskip("bmipy")
    from vadose.simulate.bmi import VadoseBmi

    folder = tmp_path_factory.mktemp("bmi")
    made = []
    for number, moisture in enumerate((0.18, 0.22, 0.26, 0.30)):
        file = folder / f"member-{number}.toml"
        file.write_text(tomli_w.dumps(study(weather(folder, 2), initial={"moisture": moisture})))
        model = VadoseBmi()
        model.initialize(str(file))
        made.append(model)
    return made


@pytest.mark.slow
def test_our_columns_are_updated_and_keep_their_water(columns: list[Any], tmp_path: Path) -> None:
    """What BMI brings is what the filter makes of arrays; water closes with `added`, and the run goes on."""
    ensemble = BmiEnsemble(columns, {"theta": LIQUID}, reads={"ice": FROZEN}, shapes={"theta": (4, -1), "ice": (4, -1)})
    fluxes = ("vadose__precipitation", "land_surface_water__evaporation_mass_flux")
    fluxes += ("land_surface_water__runoff_mass_flux", "land_subsurface_water__runoff_mass_flux")
    start = np.stack([m.storage for m in columns])
    passed = np.zeros(start.shape)
    np.testing.assert_array_equal([m.added for m in columns], 0.0)
    for step in range(1, 7):
        ensemble.update_until(1800.0 * step)
        for n, model in enumerate(columns):
            rain, *out = (model.get_value_ptr(name) for name in fluxes)
            passed[n] += 1800.0 * (rain - sum(out))
        if step != 3:
            continue
        before = ensemble.fields()
        at = ensemble.positions("theta")
        np.testing.assert_array_equal(at, [[50.0, 8.0], [32.0, -110.0], [62.0, 25.0]])
        where = Localization(at, at[[1]], radius=100e3, metric="great-circle", places="last")
        arrays = vadose.letkf({"theta": before["theta"]}, [0.25], before["theta"][:, 0, [1]], 0.02, localization=where)
        ensemble.assimilate("letkf", [0.25], lambda f: f["theta"][:, 0, [1]], 0.02, localization=where)
        after = ensemble.fields()["theta"]
        np.testing.assert_array_equal(after, arrays.ensemble["theta"])
        moved = np.abs(after - before["theta"])
        assert (moved[..., 1] > 1e-4).all() and (moved[..., [0, 2]] < 1e-15).all()
        thickness = np.array([0.1, 0.3, 0.6, 1.0])
        water = 1000.0 * np.einsum("l,mlc->mc", thickness, after - before["theta"])
        np.testing.assert_allclose([m.added for m in columns], water, rtol=1e-9, atol=1e-9)
    added = np.stack([m.added for m in columns])
    np.testing.assert_allclose(np.stack([m.storage for m in columns]), start + passed + added, rtol=0, atol=1e-8)
    np.testing.assert_allclose(added, water, rtol=1e-9, atol=1e-9)
