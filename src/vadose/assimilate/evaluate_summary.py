"""Sentences that say what an assimilation did, with its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from vadose.assimilate.evaluate_files import OPEN_LOOP

Rows = Sequence[Mapping[str, Any]]
_ERRORS = {"ubrmse": "ubRMSE", "rmse": "RMSE"}


def summary(tables: Mapping[str, Rows]) -> list[str]:
    """What the tables of an evaluation show, by file name: gain at the sensors and in a twin, innovations, spread."""
    return [
        *_sensors(tables.get("evaluation.csv", ())), *_water(tables.get("evaluation.csv", ())),
        *_truth(tables.get("twin.csv", ())), *_parameters(tables.get("twin.csv", ())),
        *_innovations(tables.get("innovations.csv", ())), *_ranks(tables.get("ranks.csv", ())),
    ]  # fmt: skip


def _names(rows: Rows) -> list[str]:
    return list(dict.fromkeys(str(r["experiment"]) for r in rows if r["experiment"] != OPEN_LOOP))


def _sensors(rows: Rows) -> list[str]:
    """Median error and correlation over the sensors of each variable, and how many gain or lose beyond the interval."""
    said = []
    of = {(r["experiment"], r["observation"], r["metric"]): r for r in rows}
    variables = dict.fromkeys(str(r["variable"]) for r in rows if r["metric"] == "ubrmse")
    for variable in variables:
        sensors = list(dict.fromkeys(r["observation"] for r in rows if r["variable"] == variable and r["place"] != ""))
        units = next(str(r["units"]) for r in rows if r["variable"] == variable and r["metric"] == "ubrmse")
        for name in _names(rows):
            pairs = [s for s in sensors if (name, s, "ner_ubrmse") in of]
            if not pairs:
                continue

            def middle(experiment: str, metric: str, some: list[Any] = pairs) -> str:
                return _number(float(np.median([of[experiment, s, metric]["value"] for s in some])))

            better = sum(of[name, s, "ner_ubrmse"]["low"] > 0 for s in pairs)
            worse = sum(of[name, s, "ner_ubrmse"]["high"] < 0 for s in pairs)
            what = variable.replace("_", " ")
            where = f"at {len(pairs)} sensors (medians)" if len(pairs) > 1 else f"at {pairs[0]}"
            said.append(
                f"{_cap(name)}: {what} {where} has an ubRMSE of {middle(name, 'ubrmse')} {units} and r = "
                f"{middle(name, 'correlation')}, the open loop {middle(OPEN_LOOP, 'ubrmse')} and "
                f"{middle(OPEN_LOOP, 'correlation')}; beyond the 95 % interval {better} of {len(pairs)} gain and "
                f"{worse} lose."
            )
    return said


def _water(rows: Rows) -> list[str]:
    totals = {str(r["experiment"]): float(r["value"]) for r in rows if r["observation"] == "domain"}
    if OPEN_LOOP not in totals or len(totals) < 2:
        return []
    others = ", ".join(f"{v:.1f} ({name})" for name, v in totals.items() if name != OPEN_LOOP)
    return [f"Evapotranspiration of the domain over the period: {totals[OPEN_LOOP]:.1f} mm (open loop), {others}."]


def _truth(rows: Rows) -> list[str]:
    said = []
    of = {(r["experiment"], r["what"], r["metric"]): r for r in rows}
    for name in _names(rows):
        zones = [z for z in dict.fromkeys(r["what"] for r in rows) if (name, z, "ubrmse") in of]
        parts = []
        for zone in zones:
            errors = ", ".join(_error(of[name, zone, metric], title) for metric, title in _ERRORS.items())
            parts.append(f"{zone} {errors}, spread over error {_number(of[name, zone, 'spread_skill']['mean'])}")
        if parts:
            said.append(f"{_cap(name)} against the truth: {'; '.join(parts)}.")
    return said


def _error(row: Mapping[str, Any], title: str) -> str:
    fall = row["reduction"]
    text = f"{title} {_number(row['mean'])} {row['units']}"
    if not np.isfinite(fall):
        return text
    change = f"{abs(fall):.0f} % {'less' if fall >= 0 else 'more'}"
    return f"{text} ({change} than open loop, less in {row['improved']:.0%} of cells)"


def _parameters(rows: Rows) -> list[str]:
    """Only experiments whose parameters changed."""
    said = []
    for name in _names(rows):
        changed = [r for r in rows if r["experiment"] == name and r["what"] == "parameter" and r["change"] != 0]
        if changed:
            text = ", ".join(f"{r['metric']} in {r['improved']:.0%}" for r in changed)
            said.append(f"{_cap(name)}: the posterior mean is nearer to the truth than the prior in: {text} of cells.")
    return said


def _innovations(rows: Rows) -> list[str]:
    said = []
    for row in rows:
        several = any(r["set"] == "all" and r["experiment"] == row["experiment"] for r in rows)
        if row["experiment"] == OPEN_LOOP or (several and row["set"] != "all") or not row["used"]:
            continue
        inside = row["chi_square_low"] <= row["chi_square"] <= row["chi_square_high"]
        text = (
            f"{_cap(str(row['experiment']))}: {row['used']} observations used; mean chi-square "
            f"{_number(row['chi_square'])}, {'within' if inside else 'outside'} the "
            f"{_number(row['chi_square_low'])}-{_number(row['chi_square_high'])} of a consistent filter"
        )
        if np.isfinite(row["lag_1"]):
            text += f"; lag-1 autocorrelation of innovations {_number(row['lag_1'])}"
        said.append(text + ".")
    return said


def _ranks(rows: Rows) -> list[str]:
    said = []
    for name in _names(rows):
        some = [r for r in rows if r["experiment"] == name and r["what"] in ("flatness", "spread-skill")]
        label = "all" if any(r["set"] == "all" for r in some) else next((r["set"] for r in some), "")
        of = {r["what"]: r for r in some if r["set"] == label}
        if "spread-skill" not in of:
            continue
        text = f"{_cap(name)}: spread with observation error is {_number(of['spread-skill']['ratio'])} of the error"
        p = of.get("flatness", {}).get("p_value", np.nan)
        if np.isfinite(p):
            text += f"; ranks are {'even' if p >= 0.05 else 'not even'} (p = {p:.2g})"
        said.append(text + ".")
    return said


def _number(value: float) -> str:
    """Three significant digits; an exponent only where it is very small."""
    return f"{float(value):.3g}"


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]
