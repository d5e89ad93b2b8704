"""Where the spread of an ensemble comes from: the shares of its choices in the variance, as analysis.csv has them."""

from __future__ import annotations

import re
from typing import Any

from vadose.constants import SECONDS_PER_DAY
from vadose.report.simulation_budget import DAYS
from vadose.report.simulation_data import SimulationRun
from vadose.report.simulation_observed import as_text
from vadose.report.simulation_series import Shown

_CHOICES = {"number": "perturbation", "ptf": "pedotransfer function", "higher": "higher interactions"}
_NUMBERS = ("first_low", "first_high", "total", "total_low", "total_high", "chance", "members", "missing")
# Units of the table -> factor and units in which the spread is told.
_UNITS = {"kg m-2 s-1": (SECONDS_PER_DAY * DAYS, "mm a year"), "kg m-2": (1.0, "mm")}


def analysis(run: SimulationRun, titles: dict[str, Shown]) -> list[dict[str, Any]]:
    """Shares of the variance between members, 0 to 1: a row a quantity, statistic and choice (or pair of choices).

    None where only one choice differs. `share` is what a choice explains alone, `total` with all it takes part in, both
    with intervals where there are; `missing` of `members + missing` combinations of the choices are not there.
    """
    found = []
    for row in run.tables["analysis"]:
        variable, depth = as_text(row.get("variable")), as_text(row.get("depth"))
        about = titles.get(variable)
        title = about.title if about else variable.replace("_", " ").capitalize()
        factor, units = _UNITS.get(as_text(row.get("units")), (1.0, as_text(row.get("units"))))
        entry = {
            "variable": variable, "title": f"{title}, {depth} m" if depth else title,
            "statistic": as_text(row.get("statistic")) or "mean", "choice": choice_name(row.get("choice")),
            "share": row.get("first", row.get("share")),
            **{k: row.get(k) if isinstance(row.get(k), float) else None for k in _NUMBERS},
            **{k: as_text(row.get(k)) for k in ("lowest", "highest")},
            **{k: row[k] * factor if isinstance(row.get(k), float) else None for k in ("mean", "sd")}, "units": units,
        }  # fmt: skip
        if isinstance(entry["share"], float):
            found.append(entry)
    return found if len({r["choice"] for r in found}) > 1 else []


def choice_name(name: Any) -> str:
    """soil_map x number as "soil map x perturbation"."""
    words = re.split(r"( x | \+ )", as_text(name))
    return "".join(_CHOICES.get(word, word.replace("_", " ")) for word in words)


def left_out(run: SimulationRun) -> dict[str, Any] | None:
    """Of an ensemble that lacks too many combinations of its choices for shares of the variance: what it has.

    Returns {"choices": names, "members": fewest, "combinations": theirs, "outputs": of how many}; None of others.
    """
    # A choice without levels is one whose share was not worked out; pairs have none of their own.
    rows = [
        r for r in run.tables["analysis"]
        if r.get("levels") == "" and isinstance(r.get("missing"), float) and r["missing"] > 0
        and not isinstance(r.get("first"), float) and " x " not in as_text(r.get("choice")) and r["choice"] != "higher"
    ]  # fmt: skip
    if not rows:
        return None
    least = min(rows, key=lambda r: r["members"])
    return {
        "choices": list(dict.fromkeys(choice_name(r.get("choice")) for r in rows)),
        "members": int(least["members"]),
        "combinations": int(least["members"] + least["missing"]),
        "outputs": len({(r.get("variable"), r.get("depth")) for r in rows}),
        "of": len({(r.get("variable"), r.get("depth")) for r in run.tables["analysis"]}),
    }
