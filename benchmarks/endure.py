"""The column model through weather that is worse than any: `python benchmarks/endure.py PRESET COLUMNS DAYS [SEED]`.

Random columns and weather of tests/budget/weather.py. Meant for 10000 columns over 60 days and for
100 columns over 3650 days. Prints what was seen after every ten days and records the end.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import jax
import jax.numpy as jnp
import numpy as np
from common import record
from tests.budget.weather import A_DAY, Watch, endure, random_columns, weather_of

from vadose.model import presets

STRETCH = 10  # days between reports


def together(seen: Watch | None, more: Watch) -> Watch:
    """Both stretches as one."""
    more = jax.tree.map(np.asarray, more)
    if seen is None:
        return more
    return Watch(
        water=np.maximum(seen.water, more.water),
        energy=np.maximum(seen.energy, more.energy),
        failed=seen.failed + more.failed,
        first_failed=np.where(seen.first_failed < 0, more.first_failed, seen.first_failed),
        lost=seen.lost + more.lost,
        broken=seen.broken + more.broken,
    )


def main() -> None:
    preset, columns, days = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
    model = presets.build(preset)
    state, parameters = random_columns(model, columns, seed)
    weather, key, seen = weather_of(columns, seed), jax.random.key(seed), None
    started = time.process_time()
    for day in range(0, days, STRETCH):
        steps = min(STRETCH, days - day) * A_DAY
        state, weather, more = endure(
            model, state, parameters, weather, key, jnp.asarray(day * A_DAY), jnp.asarray(steps)
        )
        seen = together(seen, more)
        done = {
            "days": day + steps // A_DAY,
            "water_of_allowed": float(seen.water.max()),
            "energy_W_m-2": float(seen.energy.max()),
            "unconverged_share": float(seen.failed.sum()) / columns / (day * A_DAY + steps),
            "columns_unconverged": int((seen.failed > 0).sum()),
            "columns_not_finite": int((seen.lost > 0).sum()),
            "columns_out_of_bounds": int((seen.broken > 0).sum()),
        }
        print(preset, done, flush=True)
    worst = {name: np.argsort(-getattr(seen, name))[:5].tolist() for name in ("failed", "lost", "broken", "energy")}
    record(
        "endure", preset=preset, columns=columns, seed=seed, cpu_s=time.process_time() - started, **done, worst=worst
    )


if __name__ == "__main__":
    main()
