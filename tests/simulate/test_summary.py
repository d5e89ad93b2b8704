"""The sentences at the end of a simulation."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from vadose.simulate.describe import size_text
from vadose.simulate.summary import summary


def outcome(days: int = 366, median: float = 123.4) -> Any:
    schedule = SimpleNamespace(days=days, start=np.datetime64("2008-01-01"), step=1800.0)
    plan = SimpleNamespace(schedule=schedule, cells=SimpleNamespace(size=1), members=[1, 2])
    spun = SimpleNamespace(cycles=[SimpleNamespace(number=2, median=median, largest=1234.5, share=0.5)])
    return SimpleNamespace(plan=plan, spun=spun)


def total(**changes: float) -> dict[str, Any]:
    row = {"precipitation": 12_345.6, "evaporation": 119.7, "runoff": 0.01234}
    closure = {"water_residual_max": 3.2e-9, "energy_residual_max": 2.1e-11}
    return {"member": "noahmp", "column": "total", **row, **closure, **changes}


def test_numbers_of_the_sentences_have_no_exponents() -> None:
    said = " ".join(summary(outcome(), [total()], []))
    assert "drifts by 123 mm a year (median; at most 1,230)" in said
    assert "12,300 mm of precipitation, 119 mm of evapotranspiration and 0.0123 mm of runoff." in said
    assert "Water closes to 3.2e-09 kg m-2 over the period and energy to 2.1e-11 W m-2" in said


def test_a_budget_that_does_not_close_is_told_in_plain_digits() -> None:
    said = " ".join(summary(outcome(), [total(water_residual_max=120.0)], []))
    assert "Water closes to 120 kg m-2" in said and "e+0" not in said


@pytest.mark.parametrize(
    ("size", "text"), [(12_000.0, "12 kB"), (999_900.0, "1 MB"), (1.5e9, "1.5 GB"), (123_400_000.0, "123 MB")]
)
def test_sizes_have_three_digits_and_no_exponent(size: float, text: str) -> None:
    assert size_text(size) == text
