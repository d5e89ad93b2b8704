"""Arrays of the physics: numpy stays numpy, JAX stays JAX, and structures survive the transforms."""

from __future__ import annotations

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from vadose.arrays import (
    EMITTERS,
    Array,
    all_or_nan,
    as_float,
    compile_soon,
    expm1,
    keep,
    namespace,
    pytree,
    static,
    traced,
)
from vadose.errors import RangeError


@pytree
class Line:
    """A line that checks itself when a person makes it."""

    slope: Array
    offset: Array = 0.0
    kind: str = static("plain")

    def __post_init__(self) -> None:
        if not traced(self.slope) and np.any(np.asarray(self.slope) < 0.0):
            raise RangeError("slope must be >= 0")

    def at(self, x: Array) -> Array:
        return self.slope * x + self.offset


def test_numpy_stays_numpy_and_jax_stays_jax() -> None:
    assert namespace(1.0, np.ones(2)) is np and namespace() is np
    assert namespace(1.0, jax.numpy.ones(2)) is jax.numpy
    assert jax.jit(lambda x: 1.0 * (namespace(x) is jax.numpy))(1.0) == 1.0


def test_everything_is_in_double_precision() -> None:
    assert jax.numpy.ones(2).dtype == float
    assert as_float([1, 2]).dtype == float and as_float(np.float32(1.5)).dtype == float
    assert as_float(jax.numpy.arange(2)).dtype == float and isinstance(as_float(jax.numpy.arange(2)), jax.Array)
    assert np.ndim(as_float(3)) == 0


@pytest.mark.parametrize("x", [-1e3, -50.0, -1.0, -1e-18, 0.0, 1e-18, 2.0])
def test_expm1_and_its_derivatives_keep_their_digits(x: float) -> None:
    mpmath = pytest.importorskip("mpmath")
    value, slope = float(mpmath.expm1(x)), float(mpmath.exp(x))
    np.testing.assert_allclose([expm1(x), expm1(jax.numpy.asarray(x))], value, rtol=4e-16)
    np.testing.assert_allclose([jax.grad(expm1)(x), jax.grad(jax.grad(expm1))(x)], slope, rtol=4e-16)


def test_traced_values_are_told_from_known_ones() -> None:
    assert not traced(1.0, np.ones(2), jax.numpy.ones(2))
    seen = []
    jax.jit(lambda x: seen.append(traced(1.0, x)))(1.0)
    assert seen == [True]


def test_a_pytree_passes_through_every_transform() -> None:
    line = Line(np.array([1.0, 2.0]), 3.0, "steep")
    np.testing.assert_allclose(jax.jit(lambda t: t.at(2.0))(line), [5.0, 7.0])
    mapped = jax.vmap(lambda t: t.at(2.0))(Line(jax.numpy.array([1.0, 2.0]), jax.numpy.zeros(2)))
    np.testing.assert_allclose(mapped, [2.0, 4.0])
    slope = jax.grad(lambda t: t.at(2.0))(Line(1.0, 0.0))
    assert isinstance(slope, Line) and (slope.slope, slope.offset) == (2.0, 1.0)
    same = jax.tree_util.tree_map(lambda leaf: -leaf, line)
    assert same.kind == "steep" and same.slope.tolist() == [-1.0, -2.0]


def test_a_choice_is_structure_and_not_a_leaf() -> None:
    leaves, tree = jax.tree_util.tree_flatten(Line(1.0, 2.0, "a"))
    assert leaves == [1.0, 2.0]
    assert tree == jax.tree_util.tree_structure(Line(5.0, 6.0, "a"))
    assert tree != jax.tree_util.tree_structure(Line(1.0, 2.0, "b"))
    paths = [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_flatten_with_path(Line(1.0))[0]]
    assert paths == [".slope", ".offset"]


def test_only_a_person_s_construction_is_checked_and_nothing_can_be_changed() -> None:
    with pytest.raises(RangeError, match="slope"):
        Line(-1.0)
    line = Line(1.0)
    assert jax.tree_util.tree_map(lambda leaf: -leaf, line).slope == -1.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        line.slope = 2.0
    with pytest.raises(RangeError):
        dataclasses.replace(line, slope=-1.0)


def test_a_bad_number_is_told_and_a_bad_element_is_masked() -> None:
    with pytest.raises(RangeError, match="depth must be > 0 m, got -1; give it downward"):
        keep(False, -1.0, "depth", "> 0 m", "give it downward")
    with pytest.raises(RangeError, match="depth must be > 0 m, got nan$"):
        keep(np.bool_(False), np.nan, "depth", "> 0 m")
    value = np.array([1.0, -1.0])
    np.testing.assert_array_equal(keep(value > 0.0, value, "depth", "> 0 m"), [1.0, np.nan])
    assert keep(True, 2.0, "depth", "> 0 m") == 2.0
    assert np.isnan(jax.jit(lambda x: keep(x > 0.0, x, "depth", "> 0 m"))(-1.0))


def test_an_element_is_whole_or_missing() -> None:
    first, second = all_or_nan(np.array([True, False]), np.array([1.0, 2.0]), 3.0)
    np.testing.assert_array_equal(first, [1.0, np.nan])
    np.testing.assert_array_equal(second, [3.0, np.nan])


def test_compiled_programs_are_kept_in_the_users_cache_folder(tmp_path: Path) -> None:
    code = (
        "import vadose.arrays, jax, jax.numpy as jnp, time\n"
        "def f(x):\n"
        "    for _ in range(60):\n"
        "        x = jnp.sin(x @ x.T) @ jnp.linalg.inv(x @ x.T + jnp.eye(x.shape[0]))\n"
        "    return x\n"
        "jax.jit(f)(jnp.ones((30, 30))).block_until_ready()"
    )
    known = {k: v for k, v in os.environ.items() if k != "JAX_COMPILATION_CACHE_DIR"}
    subprocess.run([sys.executable, "-c", code], check=True, env=known | {"XDG_CACHE_HOME": str(tmp_path)})
    assert [p for p in tmp_path.glob("vadose/jax-*/*") if p.stat().st_size > 0]


def test_a_home_that_cannot_be_written_keeps_nothing_and_works(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    known = {k: v for k, v in os.environ.items() if k != "JAX_COMPILATION_CACHE_DIR"}
    environment = known | {"XDG_CACHE_HOME": str(tmp_path / "file")}
    subprocess.run([sys.executable, "-c", "import vadose.arrays"], check=True, env=environment)


def test_programs_are_compiled_soon_unless_the_user_says_how(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
    compile_soon()
    assert os.environ["XLA_FLAGS"].split() == ["--xla_cpu_multi_thread_eigen=false", f"--{EMITTERS}=false"]
    compile_soon()
    assert os.environ["XLA_FLAGS"].count(EMITTERS) == 1
    monkeypatch.setenv("XLA_FLAGS", f"--{EMITTERS}=true")
    compile_soon()
    assert os.environ["XLA_FLAGS"] == f"--{EMITTERS}=true"
    # XLA ends a process at an option that it does not know, and a later one may not know this.
    monkeypatch.delenv("XLA_FLAGS")
    monkeypatch.setattr(jax, "__version_info__", (0, 11, 0))
    compile_soon()
    assert "XLA_FLAGS" not in os.environ
