"""Arrays of the physics: numpy or JAX by what comes in, float64, and dataclasses that JAX can trace.

Importing this module imports jax and switches its float64 on, for the whole process: water and energy close to
1e-10 of the throughput, which float32 cannot hold.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar, dataclass_transform

import jax
import numpy as np

from vadose.errors import RangeError

jax.config.update("jax_enable_x64", True)

EMITTERS = "xla_cpu_use_fusion_emitters"
EMITTERS_UNTIL = (0, 11)  # JAX before this is known to have the option; one that XLA does not know ends the process


def compile_soon() -> None:
    """Let XLA compile for processors without its fusion emitters, unless XLA_FLAGS says which to use.

    Programs are ready in 0.6 to 0.8 of the time; of thousands of columns they run 4 to 10 % slower, of one faster by a
    quarter. Without effect where the process has compiled something before. docs/decisions/0021 has the numbers.
    """
    flags = os.environ.get("XLA_FLAGS", "")
    if EMITTERS not in flags and jax.__version_info__[:2] < EMITTERS_UNTIL:
        os.environ["XLA_FLAGS"] = f"{flags} --{EMITTERS}=false".strip()


compile_soon()


def keep_compiled() -> None:
    """Let JAX keep compiled programs in the user's cache folder, so that they are compiled once a machine.

    A folder a processor type, since programs hold its instructions. JAX_COMPILATION_CACHE_DIR names another folder;
    where none can be made, nothing is kept.
    """
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
    if os.environ.get("JAX_COMPILATION_CACHE_DIR"):
        return
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(home) / "vadose" / f"jax-{jax.__version__}-{_processor()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))


def _processor() -> str:
    """A short name of this type of processor and its instructions."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    known = [line for line in lines if line.startswith(("flags", "Features", "model name"))]
    text = "\n".join(dict.fromkeys(known)) or platform.processor() or platform.machine()
    return f"{platform.machine()}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


keep_compiled()

Array = Any  # numpy or JAX array, or a number
T = TypeVar("T")


def namespace(*values: Array) -> Any:
    """The module that computes with `values`: jax.numpy where any of them is a JAX array or tracer, else numpy."""
    return jax.numpy if any(isinstance(v, jax.Array) for v in values) else np


@jax.custom_jvp
def _expm1(x: Array) -> Array:
    return jax.numpy.expm1(x)


# JAX's own rule takes expm1(x) + 1 for e^x, which is 0 where x is very negative and the gradient is what counts.
_expm1.defjvp(lambda primal, tangent: (_expm1(*primal), tangent[0] * jax.numpy.exp(primal[0])))


def expm1(x: Array) -> Array:
    """e^x - 1 whose derivative keeps its digits for very negative x too."""
    return _expm1(x) if isinstance(x, jax.Array) else np.expm1(x)


def traced(*values: Array) -> bool:
    """True where a value is not known yet (inside jit, grad or vmap), so that nothing can be decided by it."""
    return any(isinstance(v, jax.core.Tracer) for v in values)


def static(default: Any = dataclasses.MISSING) -> Any:
    """A field that belongs to the structure of a `pytree`, not to its leaves: a choice, not a number."""
    return dataclasses.field(default=default, metadata={"static": True})


@dataclass_transform(eq_default=False, frozen_default=True)
def pytree(cls: type[T]) -> type[T]:
    """Make a class a frozen dataclass that JAX sees as a pytree; fields made by `static` are its structure.

    Only the user's own construction runs `__post_init__`: JAX rebuilds the object around tracers and bare objects,
    which have nothing to check.
    """
    made: Any = dataclasses.dataclass(frozen=True, eq=False)(cls)
    fields = dataclasses.fields(made)
    leaves = tuple(f.name for f in fields if not f.metadata.get("static"))
    structure = tuple(f.name for f in fields if f.metadata.get("static"))

    def flatten_with_keys(tree: Any) -> tuple[tuple[tuple[Any, Any], ...], tuple[Any, ...]]:
        keyed = tuple((jax.tree_util.GetAttrKey(name), getattr(tree, name)) for name in leaves)
        return keyed, tuple(getattr(tree, name) for name in structure)

    def flatten(tree: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        return tuple(getattr(tree, name) for name in leaves), tuple(getattr(tree, name) for name in structure)

    def unflatten(aux: tuple[Any, ...], children: Iterable[Any]) -> Any:
        tree = object.__new__(made)
        for name, value in zip(leaves + structure, tuple(children) + aux, strict=True):
            object.__setattr__(tree, name, value)
        return tree

    jax.tree_util.register_pytree_with_keys(made, flatten_with_keys, unflatten, flatten)
    return made


def as_float(value: Array) -> Array:
    """`value` as float64: numpy for anything that numpy knows, JAX arrays as they are."""
    return value.astype(float) if isinstance(value, jax.Array) else np.asarray(value, dtype=float)[()]


def keep(valid: Array, value: Array, name: str, expected: str, remedy: str = "") -> Array:
    """`value` where `valid`, NaN elsewhere; a single number that is not valid is an error instead.

    One bad cell of a global map is masked and does not stop it; one bad number that a person typed is told at once.
    Raises RangeError with the name, what was expected, what came and the remedy.
    """
    if not traced(value, valid) and np.ndim(value) == 0 and not np.all(valid):
        raise RangeError(f"{name} must be {expected}, got {float(value):g}" + (f"; {remedy}" if remedy else ""))
    return namespace(valid, value).where(valid, value, np.nan)


def all_or_nan(valid: Array, *values: Array) -> tuple[Array, ...]:
    """Each of `values` with NaN where `valid` is False, so that an element is whole or missing."""
    xp = namespace(valid, *values)
    return tuple(xp.where(valid, v, np.nan) for v in values)
