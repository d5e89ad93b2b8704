"""Sentences that say what a simulation did, with its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from vadose.simulate.run import Outcome


def summary(outcome: Outcome, budget: Sequence[dict[str, Any]], failed: Sequence[dict[str, Any]]) -> list[str]:
    """What ran, how it spun up, what the water did, how well the budgets close, and what failed."""
    plan, time = outcome.plan, outcome.plan.schedule
    years = time.days / 365.25
    totals = [row for row in budget if row["column"] == "total"]
    said = [
        f"{_count(plan.cells.size, 'place')} and {_count(len(plan.members), 'member')} over {_span(time.days)} from "
        f"{str(time.start)[:10]}, in steps of {time.step:g} s."
    ]
    if outcome.spun.cycles:
        last = outcome.spun.cycles[-1]
        said.append(
            f"After {_count(last.number, 'cycle')} of spin-up stored water drifts by {_plain(last.median)} mm a "
            f"year (median; at most {_plain(last.largest)}), and {last.share:.0%} of the columns have settled."
        )
    if totals:
        first = totals[0]
        said.append(
            f"A year has {_plain(first['precipitation'] / years)} mm of precipitation, "
            f"{_plain(first['evaporation'] / years)} mm of evapotranspiration "
            f"and {_plain(first['runoff'] / years)} mm of runoff"
            + (f" (member {first['member']})." if len(totals) > 1 else ".")
        )
        water = max(row["water_residual_max"] for row in totals)
        energy = max(row["energy_residual_max"] for row in totals)
        said.append(
            f"Water closes to {_tiny(water)} kg m-2 over the period and energy to {_tiny(energy)} W m-2 in every "
            "step, in the worst column."
        )
    if failed:
        said.append(f"In {_count(len(failed), 'column')} a step failed; failed.csv has place, time and state.")
    return said


def _plain(value: float) -> str:
    """Three significant digits, never an exponent."""
    return f"{Decimal(f'{value:.3g}'):,f}"


def _tiny(value: float) -> str:
    """A residual: with an exponent only where it is small."""
    return _plain(value) if abs(value) >= 1e-3 else f"{value:.1e}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _span(days: int) -> str:
    return _count(days, "day") if days < 700 else f"{days / 365.25:.1f} years"
