"""Parts of an expression that several results need, computed once.

XLA's compiler for CPUs fuses elementwise operations into one loop a result, and computes what two results share in
both. In reverse mode nearly everything is shared: the gradient of a step of the column model was made of seven times
the operations that it needs. `computed_once` rewrites a function so that such parts are held in memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import jax
from jax.experimental.xla_metadata import set_xla_metadata
from jax.extend.core import ClosedJaxpr, Jaxpr, Literal

from vadose.arrays import Array

WORTH = 40  # operations from which a shared part is held: fewer cost less than the memory's way there and back
LARGE = 256  # elements from which a value is held: with fewer the call costs more
CALLS = ("jaxpr", "call_jaxpr", "fun_jaxpr")  # where an operation that is a call of a function keeps that function
LOOPS = ("while", "scan", "cond")
FREE = {"broadcast_in_dim", "convert_element_type", "copy", "reshape", "squeeze", "stop_gradient", "slice", "transpose"}


class Step(NamedTuple):
    """An operation: the numbers of the values that it reads and makes."""

    primitive: Any
    params: dict[str, Any]
    reads: tuple[int, ...]
    makes: tuple[int, ...]


class Program:
    """The operations of a function with the functions it calls written out, each one once."""

    def __init__(self, closed: ClosedJaxpr) -> None:
        self.steps: list[Step] = []
        self.known: dict[int, Any] = {}  # literals and constants
        self.count = 0
        self._numbers: dict[Any, int] = {}  # of literals and constants
        self._made: dict[Any, tuple[int, ...]] = {}  # of operations that were met before
        self.arguments = self._new(len(closed.jaxpr.invars))
        self.results = self._write(closed.jaxpr, closed.consts, self.arguments)
        self._drop_unread()

    def _new(self, many: int) -> tuple[int, ...]:
        self.count += many
        return tuple(range(self.count - many, self.count))

    def _constant(self, key: Any, value: Any) -> int:
        if key not in self._numbers:
            (self._numbers[key],) = self._new(1)
            self.known[self._numbers[key]] = value
        return self._numbers[key]

    def _write(self, jaxpr: Jaxpr, constants: Iterable[Any], arguments: tuple[int, ...]) -> tuple[int, ...]:
        """Take up the operations of a jaxpr; the numbers of its results."""
        number = dict(zip(jaxpr.invars, arguments, strict=True))
        for variable, value in zip(jaxpr.constvars, constants, strict=True):
            number[variable] = self._constant(id(value), value)

        def numbers(atoms: Iterable[Any]) -> tuple[int, ...]:
            return tuple(
                self._constant((str(a.val), str(a.aval)), a.val) if isinstance(a, Literal) else number[a] for a in atoms
            )

        for equation in jaxpr.eqns:
            reads, inner = numbers(equation.invars), _called(equation)
            if inner is not None:
                made = self._write(inner.jaxpr, inner.consts, reads)
            else:
                made = self._once(equation, reads)
            number.update(zip(equation.outvars, made, strict=True))
        return numbers(jaxpr.outvars)

    def _once(self, equation: Any, reads: tuple[int, ...]) -> tuple[int, ...]:
        name, params = equation.primitive.name, equation.params
        key = None if name in LOOPS else (name, reads, str(sorted((k, str(v)) for k, v in params.items())))
        if key is not None and key in self._made:
            return self._made[key]
        made = self._new(len(equation.outvars))
        self.steps.append(Step(equation.primitive, params, reads, made))
        if key is not None:
            self._made[key] = made
        return made

    def _drop_unread(self) -> None:
        read, kept = set(self.results), []
        for step in reversed(self.steps):
            if not read.isdisjoint(step.makes):
                kept.append(step)
                read.update(step.reads)
        self.steps = kept[::-1]

    def run(self, arguments: Iterable[Array]) -> list[Array]:
        """The results, with shared parts that are worth it held."""
        readers = Counter(number for step in self.steps for number in set(step.reads))
        readers.update(self.results)
        values = self.known | dict(zip(self.arguments, arguments, strict=True))
        operations: Counter[int] = Counter()  # that a reader of the value would compute again
        for step in self.steps:
            made = _bound(step, [values[number] for number in step.reads])
            if len(made) == 1 and step.primitive.name not in LOOPS:
                (number,) = step.makes
                again = sum(operations[read] for read in set(step.reads)) + (step.primitive.name not in FREE)
                if readers[number] > 1 and again >= WORTH and made[0].size >= LARGE:
                    made = [_held(made[0])]
                else:
                    operations[number] = again
            values.update(zip(step.makes, made, strict=True))
        return [values[number] for number in self.results]


def computed_once(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function of pytrees of arrays, in which what several results need is computed once; on CPUs only.

    To be called while tracing, after differentiation: the rewritten function has no derivatives of its own.
    """

    def rewritten(*arguments: Any) -> Any:
        if jax.default_backend() != "cpu":
            return function(*arguments)
        leaves, structure = jax.tree.flatten(arguments)
        closed, shape = jax.make_jaxpr(lambda *x: function(*jax.tree.unflatten(structure, x)), return_shape=True)(
            *leaves
        )
        return jax.tree.unflatten(jax.tree.structure(shape), Program(closed).run(leaves))

    return rewritten


def _called(equation: Any) -> ClosedJaxpr | None:
    """The function that an operation calls once and unconditionally; None for all other operations."""
    if equation.primitive.name in LOOPS:
        return None
    found = next((equation.params[name] for name in CALLS if name in equation.params), None)
    return ClosedJaxpr(found, ()) if isinstance(found, Jaxpr) else found


def _bound(step: Step, values: list[Array]) -> list[Array]:
    """What an operation makes; bodies of loops and branches are rewritten too."""
    params = step.params
    if step.primitive.name in LOOPS:
        params = {name: _rewritten(value) for name, value in params.items()}
    made = step.primitive.bind(*values, **step.primitive.get_bind_params(params))
    return list(made) if step.primitive.multiple_results else [made]


def _rewritten(value: Any) -> Any:
    if isinstance(value, tuple) and value and all(isinstance(one, ClosedJaxpr) for one in value):
        return tuple(_rewritten(one) for one in value)
    if not isinstance(value, ClosedJaxpr):
        return value
    arguments = [jax.ShapeDtypeStruct(v.aval.shape, v.aval.dtype) for v in value.jaxpr.invars]
    return jax.make_jaxpr(lambda *x: Program(value).run(x))(*arguments)


@jax.jit
def _itself(x: Array) -> Array:
    return x


def _held(x: Array) -> Array:
    """x, behind a call that the compiler neither takes apart nor computes again.

    `jax.lax.optimization_barrier` is gone before operations are fused, and does not do it.
    """
    with set_xla_metadata(inlineable="false"):
        return _itself(x)
