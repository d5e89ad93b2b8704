"""What the tests of single pedotransfer functions share: the 20 stored soils, gradients, masking, JAX against numpy."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import jax
import numpy as np

from vadose.soil.pedotransfer.contract import Flag, PedotransferFunction
from vadose.soil.texture import Soil

CM_PER_DAY = 100.0 * 86400.0  # in 1 m s-1
FIELDS = ("sand", "clay", "organic_carbon", "bulk_density")
STEPS = {"sand": 1e-3, "clay": 1e-3, "organic_carbon": 1e-4, "bulk_density": 0.02}
LOAM = {"sand": 41.3, "clay": 21.7, "organic_carbon": 1.33, "bulk_density": 1390.0}


def stored(root: Path) -> dict[str, np.ndarray]:
    """The stored results of pedon and ptfkit for 20 soils."""
    with np.load(root / "golden/soil/ptf_golden_20soils.npz") as file:
        return {name: file[name] for name in file.files}


def subsoils(golden: dict[str, np.ndarray]) -> Soil:
    """The 20 soils as the stored results took them: as subsoils, organic carbon from organic matter by 1.724."""
    depth = np.full(20, 0.5)
    return Soil(golden["sand"], golden["clay"], golden["om_pct"] / 1.724, 1000.0 * golden["bd"], depth=depth)


def relative(value: Any, reference: np.ndarray) -> np.ndarray:
    """Relative difference, absolute where the reference is 0."""
    with np.errstate(invalid="ignore"):  # some reference numbers are infinite
        return np.abs(value - reference) / np.where(reference == 0.0, 1.0, np.abs(reference))


def leaves(closure: Any) -> dict[str, Any]:
    """The parameters of a closure by name."""
    return {f.name: getattr(closure, f.name) for f in dataclasses.fields(closure) if not f.metadata.get("static")}


def check_gradients(function: PedotransferFunction, fields: tuple[str, ...] = FIELDS, **soil: float) -> None:
    """Every parameter's gradient with respect to each input is finite and equal to central differences to 1e-6."""
    given = {**LOAM, **soil}

    def parameters(inputs: dict[str, Any]) -> dict[str, Any]:
        return leaves(function.predict(Soil(**{**given, **inputs})).retention)

    point = {name: jax.numpy.asarray(given[name]) for name in fields}
    jacobian = jax.jacfwd(parameters)(point)
    for name in fields:
        step = STEPS[name]
        above, below = (parameters({name: given[name] + s * step}) for s in (1.0, -1.0))
        for parameter, value in parameters({}).items():
            slope = float(jacobian[parameter][name])
            difference = (float(above[parameter]) - float(below[parameter])) / (2.0 * step)
            # The floor is the rounding of the difference itself.
            assert np.isfinite(slope)
            assert abs(slope - difference) <= 1e-6 * abs(slope) + 1e-10 * abs(float(value)) / step, (parameter, name)


def check_arrays(function: PedotransferFunction) -> None:
    """A map with impossible and missing elements is masked there and equal to single soils elsewhere."""
    sand, clay = (
        np.array([[30.0, 80.0, -5.0], [np.nan, 20.0, 60.0]]),
        np.array([[20.0, 30.0, 20.0], [20.0, 45.0, 12.0]]),
    )
    others: dict[str, Any] = {"organic_carbon": np.full((2, 3), 1.2), "bulk_density": np.full((2, 3), 1400.0)}
    found = function(Soil(sand, clay, **others))
    bad = np.array([[False, True, True], [True, False, False]])
    assert np.array_equal((found.flags & Flag.INVALID) > 0, bad)
    for name, value in leaves(found.retention).items():
        assert value.shape == bad.shape
        assert np.array_equal(np.isnan(value), bad)
        single = leaves(function(Soil(60.0, 12.0, 1.2, 1400.0)).retention)[name]
        assert np.allclose(value[1, 2], single, rtol=1e-12, atol=0.0)


def check_extremes(function: PedotransferFunction) -> None:
    """Pure sand, silt and clay, no carbon or peat: a closure, whole and finite, on all of them."""
    sand = np.array([100.0, 0.0, 0.0, 33.0, 33.0, 100.0])
    clay = np.array([0.0, 0.0, 100.0, 33.0, 33.0, 0.0])
    carbon = np.array([0.0, 0.0, 0.0, 50.0, 0.0, 8.0])
    density = np.array([1900.0, 1500.0, 800.0, 150.0, 2300.0, 900.0])
    found = function(Soil(sand, clay, carbon, density))
    assert np.all(np.isfinite([np.broadcast_to(v, sand.shape) for v in leaves(found.retention).values()]))
    theta = found.retention.water_content(-np.array([[1e-3], [1.0], [150.0]]))
    assert np.all((theta >= 0.0) & (theta <= 1.0))


def check_jax(function: PedotransferFunction) -> None:
    """Under jit the parameters and flags are those of numpy."""
    soil = Soil(
        np.array([30.0, 88.0, 5.0]),
        np.array([20.0, 4.0, 62.0]),
        np.array([1.2, 0.3, 4.0]),
        np.array([1400.0, 1550.0, 1200.0]),
    )
    expected = function(soil)
    found = jax.jit(lambda s: function(s))(jax.tree.map(jax.numpy.asarray, soil))
    assert np.array_equal(found.flags, expected.flags)
    for name, value in leaves(expected.retention).items():
        assert np.allclose(leaves(found.retention)[name], value, rtol=1e-13, atol=0.0), name
