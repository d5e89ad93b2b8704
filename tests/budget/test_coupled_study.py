"""Studies over a subsurface close under other presets, the diffusive wave and repeated steps than those elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.simulate.subsurface_studies import elevation, study, write_map, write_weather

from vadose.simulate.run import run_study


@pytest.mark.parametrize(
    "tables",
    [
        pytest.param(
            {"model": {"preset": "vadose"}, "subsurface": {"iterations": 2, "scheme": "diffusive"}},
            id="vadose",
        ),
        pytest.param({"model": {"preset": "clm"}}, id="clm"),
    ],
)  # fmt: skip
@pytest.mark.long  # tests/simulate/test_subsurface.py has the claim for noahmp and a kinematic wave
def test_water_and_energy_close(tables: dict[str, Any], tmp_path: Path) -> None:
    write_weather(tmp_path / "weather.nc", days=12)
    write_map(tmp_path / "elevation.nc", elevation=elevation())
    done = run_study(study(tmp_path, **tables), tmp_path / "run", workers=1, report=False)
    assert done.failures == []
    table = done.budget[done.budget.column != "total"]
    through = table.precipitation + table.evaporation.abs() + table.runoff.abs()
    left = table.precipitation - table.evaporation - table.runoff - table.storage_change
    assert np.all(left.abs() <= 1e-10 * through) and table.precipitation.min() > 1.0
    assert table.energy_residual_max.max() < 1e-7
    depth = done.outputs["wtd"].isel(member=0, time=-1).values
    assert np.nanmax(depth) - np.nanmin(depth) > 0.1  # water has moved between columns
