"""The gradient's cost: CPU s of a run of some days and of its gradient, and what compiling them costs.

One process, float64, half-hour steps in summer, daily means; the goal is 6 x a forward run. Weather of the embedded
sample. `--preset NAME` takes one preset, `--columns N` another number of columns.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false")
# Compiled programs that were kept would hide what compiling costs.
os.environ["JAX_COMPILATION_CACHE_DIR"] = tempfile.mkdtemp()

import jax
import jax.numpy as jnp
import numpy as np
from common import record

from vadose.model.gradient import sensitivity
from vadose.model.run import run
from vadose.simulate.members import members
from vadose.simulate.sample import write_sample
from vadose.simulate.schedule import Chunk
from vadose.simulate.setup import Climate, prepare
from vadose.simulate.study import load_study
from vadose.simulate.weather import Wanted, blocks, mean_temperature, schedule, weather

DAYS, FIRST, LIMIT = 2, 170, 6.0
WRT = (
    "soil.retention.K_s",
    "soil.retention.theta_s",
    "vegetation.photosynthesis.vcmax25",
    "vegetation.lai",
    "state.soil.liquid",
)


def columns(preset: str, count: int, folder: Path) -> tuple[Any, Any, Any, Any, float]:
    """Model, state, parameters and weather [time, column] of the sample's places, repeated."""
    from vadose.data.forcing.read import nearest_columns
    from vadose.simulate.columns import places

    path = write_sample(folder)
    study, _ = load_study(path, [f"model.preset='{preset}'", "study.months=1"])
    files = weather(study)
    cells = places(study, files)
    where = nearest_columns(files, cells)
    made = prepare(study, members(study)[0], cells, Climate(mean_temperature(study, where)))
    plan = schedule(study, files)
    ((_, block),) = blocks(files, plan, Chunk(FIRST, FIRST + DAYS), Wanted(where, (None,), cells.size), [])
    pick = np.arange(count) % cells.size
    forcing = jax.tree.map(lambda x: jnp.asarray(x[:DAYS].reshape(-1, cells.size)[:, pick]), block)

    def wide(leaf: Any) -> Any:
        return leaf[..., pick] if jnp.ndim(leaf) else leaf

    return made.model, jax.tree.map(wide, made.state), jax.tree.map(wide, made.parameters), forcing, plan.step


def cost(call: Callable[[], Any], repeats: int = 3) -> tuple[float, float]:
    """CPU s of the first call, with its compilation, and the least of some more."""
    seconds = []
    for _ in range(1 + repeats):
        started = time.process_time()
        jax.block_until_ready(call())
        seconds.append(time.process_time() - started)
    return seconds[0], min(seconds[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=("noahmp", "clm", "vadose"))
    parser.add_argument("--columns", type=int, default=500)
    asked = parser.parse_args()
    for preset in (asked.preset,) if asked.preset else ("noahmp", "clm", "vadose"):
        with tempfile.TemporaryDirectory() as folder:
            given = columns(preset, asked.columns, Path(folder))
        every = round(86400.0 / given[-1])
        forward = partial(run, *given, every=every, outputs=("evapotranspiration",))
        gradient = partial(sensitivity, *given, "evapotranspiration", wrt=WRT, every=every)
        first, least = cost(forward)
        first_gradient, least_gradient = cost(gradient)
        record(
            "gradient",
            preset=preset,
            columns=asked.columns,
            forward_us=least / asked.columns / DAYS / every * 1e6,
            gradient_us=least_gradient / asked.columns / DAYS / every * 1e6,
            ratio=least_gradient / least,
            limit=LIMIT,
            forward_compile_s=first - least,
            gradient_compile_s=first_gradient - least_gradient,
        )


if __name__ == "__main__":
    main()
