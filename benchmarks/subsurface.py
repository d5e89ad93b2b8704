"""The three-dimensional subsurface: a catchment's ten days, a small one's day, and solver work and memory by size.

CPU seconds of one process on one core, compilation apart, float64. ParFlow 3.15 took 208 and 9.18 CPU s for the first
two on one rank of a machine of the same class, quiet, as stored beside its results; VADOSE_DATA names the data.
Arguments: any of catchment, small, memory, or a number of columns along a side; by default all.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import jax
import numpy as np
from common import record
from tests.parity.parflow_catchment import DT, SETTINGS, at_rest, catchment, raining, resized

from vadose.flow.subsurface import Subsurface, SubsurfaceState
from vadose.flow.subsurface_step import step

PARFLOW = {"catchment": 208.0, "small": 9.18}  # CPU s
CASES = {"catchment": (50, 240, 24), "small": (30, 24, 24)}  # columns along a side, hours, hours of rain
SIDES = ("30", "50", "100", "200", "300")
HOURS = 4  # of those, all with rain
LARGEST, MEMBERS = 300, 32
RAIN = 1e-3 / 3600.0  # m s-1
GB = 1e9


def measured(problem: Subsurface, hours: int, wet: int) -> dict[str, float]:
    """CPU s of hourly steps and of the compilation, and the solver's work a step."""
    state = at_rest(problem, 3.0)
    during, after = (raining(problem, rain) for rain in (RAIN, 0.0))
    begun = time.process_time()
    step(during, state, DT, SETTINGS).state.head.block_until_ready()
    first, newton, products = time.process_time() - begun, [], []
    begun, clock = time.process_time(), time.monotonic()
    for hour in range(hours):
        done = step(during if hour < wet else after, state, DT, SETTINGS)
        state = done.state
        newton.append(int(done.iterations))
        products.append(int(done.products))
        if not bool(done.converged):
            raise RuntimeError(f"hour {hour} did not converge: residual {float(done.residual):g} m")
    cpu, wall = time.process_time() - begun, time.monotonic() - clock
    return {
        "cpu_s": cpu,
        "wall_s": wall,
        # The first call runs a step too.
        "compile_cpu_s": first - cpu / hours,
        "cell_steps_per_cpu_s": float(np.prod(problem.grid.shape)) * hours / cpu,
        "newton_per_step": float(np.mean(newton)),
        "products_per_step": float(np.mean(products)),
        "most_products": max(products),
    }


def memory(problem: Subsurface, members: int) -> dict[str, Any]:
    """GB that a step of one member needs, and that of `members` one after another, as the compiler counts them.

    Members share the problem: a field that differs from member to member adds as much for each as a head does.
    """
    during, state = raining(problem, RAIN), at_rest(problem, 3.0)

    def one(problem: Subsurface, state: SubsurfaceState) -> tuple[SubsurfaceState, Any]:
        done = step(problem, state, DT, SETTINGS)
        return done.state, done.converged

    def all_of_them(problem: Subsurface, states: SubsurfaceState) -> Any:
        return jax.lax.map(lambda state: one(problem, state), states)

    many = jax.tree.map(lambda v: jax.ShapeDtypeStruct((members, *v.shape), v.dtype), state)
    found: dict[str, Any] = {"device": jax.default_backend(), "members": members, "cells": problem.grid.shape}
    for name, function, given in (("one", one, state), ("members", all_of_them, many)):
        sizes = jax.jit(function, donate_argnums=1).lower(during, given).compile().memory_analysis()
        needed = sizes.argument_size_in_bytes + sizes.output_size_in_bytes - sizes.alias_size_in_bytes
        found[f"{name}_gb"] = (needed + sizes.temp_size_in_bytes) / GB
        found[f"{name}_work_gb"] = sizes.temp_size_in_bytes / GB
    return found


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    problem = catchment(Path(os.environ["VADOSE_DATA"]) / "golden" / "parflow")
    for name in sys.argv[1:] or (*CASES, *SIDES, "memory"):
        if name == "memory":
            record("subsurface", case=name, **memory(resized(problem, LARGEST), MEMBERS))
            continue
        side, hours, wet = CASES.get(name) or (int(name), HOURS, HOURS)
        found = measured(resized(problem, side), hours, wet)
        if name in PARFLOW:
            found["parflow_cpu_s"] = PARFLOW[name]
            found["ratio"] = found["cpu_s"] / PARFLOW[name]
        record("subsurface", case=name, columns=side * side, hours=hours, **found)


if __name__ == "__main__":
    main()
