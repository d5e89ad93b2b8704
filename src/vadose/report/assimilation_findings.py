"""What an assimilation found, in sentences with its numbers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vadose.report.assimilation_analysis import Analyses
from vadose.report.assimilation_data import AssimilationRun
from vadose.report.simulation_findings import percent, plain

VARIABLES = {"soil_moisture": "soil moisture", "evapotranspiration": "evapotranspiration"}


def findings(
    run: AssimilationRun, analyses: list[Analyses | None], judged: list[dict[str, Any]],
    consistent: list[dict[str, Any] | None],
) -> list[str]:  # fmt: skip
    """What was assimilated, what it did at sensors and against a truth, the water it added, whether spread is right."""
    said = [
        _assimilated(run), *_sensors(run, judged), _truth(run), _water(run, analyses), _consistent(run, consistent),
        _lost(run),
    ]  # fmt: skip
    return [s for s in said if s]


def _assimilated(run: AssimilationRun) -> str:
    filtered = run.info.get("filter") or {}
    parts = [
        f"{_count(o.get('values'), 'value')} of {o.get('name')}"
        + (f" at {o['places']} places" if isinstance(o.get("places"), int) and o["places"] > 1 else "")
        for o in run.sets
    ]
    if not parts or not run.updated:
        return "Nothing was assimilated: the run has an open loop only." if not run.updated else ""
    used = [run.experiments[k].counts.get("used") for k in run.updated]
    most = max((u for u in used if u is not None), default=None)
    name = run.filter_name
    radius = filtered.get("radius_km")
    how = f" by the {name}" if name else ""
    how += f" within {plain(float(radius))} km" if isinstance(radius, int | float) else ""
    members = f" of {run.info['members']} members" if isinstance(run.info.get("members"), int) else ""
    taken = "" if most is None else f"; {most:,} were used"
    return f"Assimilated{how} into ensembles{members}: {_listed(parts)}{taken}."


def _count(values: Any, noun: str) -> str:
    return f"{int(values):,} {noun}{'s' if values != 1 else ''}" if isinstance(values, int | float) else f"{noun}s"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _percent(value: float) -> str:
    """The size of a change, told from none."""
    return f"{abs(value):.0f} %" if abs(value) >= 0.5 else "less than 1 %"


def _sensors(run: AssimilationRun, judged: list[dict[str, Any]]) -> list[str]:
    """The gain in soil moisture of the experiment with the largest, and what other variables do beside it."""
    said = []
    for variable in dict.fromkeys(r["variable"] for r in judged):
        told = [(k, *_gain(judged, variable, k)) for k in run.updated]
        known = [t for t in told if t[1]]
        if not known:
            continue
        number, rows, middle = max(known, key=lambda t: t[2])
        name, what = run.experiments[number].name, VARIABLES.get(variable, variable.replace("_", " "))
        better = sum((r["metrics"]["ner_ubrmse"]["low"] or -1.0) > 0 for r in rows)
        worse = sum((r["metrics"]["ner_ubrmse"]["high"] or 1.0) < 0 for r in rows)
        verb = f"{'lowers' if middle >= 0 else 'raises'} the ubRMSE of {what} by"
        if len(rows) == 1:
            one = rows[0]["metrics"]["ner_ubrmse"]
            amount = f"{_percent(middle)}{_between(one, 0)} at {rows[0]['sensor']}"
            r = rows[0]["metrics"].get("delta_correlation")
            change = f"; r changes by {_signed(r['value'])}{_between(r, 2)}" if r and r["value"] is not None else ""
            said.append(f"{_cap(name)} {verb} {amount}{change}.")
            continue
        changes = [r["metrics"].get("delta_correlation", {}).get("value") for r in rows]
        r = float(np.median([c for c in changes if c is not None] or [math.nan]))
        change = f", r changes by {_signed(r)}" if math.isfinite(r) else ""
        said.append(
            f"{_cap(name)} {verb} {_percent(middle)} in the middle of {len(rows)} sensors{change}; "
            f"beyond the 95 % interval {better} gain and {worse} lose."
        )
    return said


def _gain(judged: list[dict[str, Any]], variable: str, number: int) -> tuple[list[dict[str, Any]], float]:
    rows = [
        r for r in judged
        if r["variable"] == variable and r["experiment"] == number
        and r["metrics"].get("ner_ubrmse", {}).get("value") is not None
    ]  # fmt: skip
    values = [r["metrics"]["ner_ubrmse"]["value"] for r in rows]
    return rows, float(np.median(values)) if values else -math.inf


def _between(row: dict[str, Any], digits: int) -> str:
    if row.get("low") is None or row.get("high") is None:
        return ""
    return f" ({row['low']:.{digits}f} to {row['high']:.{digits}f})".replace("-", "\u2212")


def _signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "\u2212")


def _cap(text: str) -> str:
    return text[:1].upper() + text[1:]


def _truth(run: AssimilationRun) -> str:
    """The fall of the errors in the zones of a twin, of the experiment with the largest in the root zone."""
    found = {
        error: [
            r for r in run.tables["twin"]
            if r.get("metric") == error and isinstance(r.get("reduction"), float) and r.get("what") != "parameter"
        ]
        for error in ("rmse", "ubrmse")
    }  # fmt: skip
    if not found["rmse"]:
        return ""
    best = max(found["rmse"], key=lambda r: (r["what"] == "root zone", r["reduction"]))["experiment"]
    rows, others = ([r for r in of if r["experiment"] == best] for of in found.values())
    parts = [f"{_less(r)} {'in' if r['what'] == 'root zone' else 'at'} the {r['what']}" for r in rows]
    near = [r["improved"] for r in rows if r["experiment"] == best and isinstance(r.get("improved"), float)]
    share = " to ".join(dict.fromkeys(percent(v).removesuffix(" %") for v in (min(near), max(near)))) if near else ""
    cells = f"; {share} % of the cells are nearer to it" if near else ""
    unbiased = f"; ubRMSE {', '.join(_less(r) for r in others)}" if others else ""
    return f"Against the truth, {best} errs {_listed(parts)} than the open loop (RMSE{unbiased}){cells}."


def _less(row: dict[str, Any]) -> str:
    """A reduction in words."""
    return f"{abs(row['reduction']):.0f} % {'less' if row['reduction'] >= 0 else 'more'}"


def _water(run: AssimilationRun, analyses: list[Analyses | None]) -> str:
    told = []
    for k in run.updated:
        stated, a = run.experiments[k].info.get("water_added"), analyses[k]
        net = float(stated) if isinstance(stated, int | float) else (math.nan if a is None else _net(a))
        if math.isfinite(net):
            told.append(f"{abs(net):.1f} mm {'added' if net >= 0 else 'removed'} by {run.experiments[k].name}")
    rain = [r["precipitation"] for r in run.experiments[0].run.tables["budget"]
            if r.get("column") == "total" and isinstance(r.get("precipitation"), float)]  # fmt: skip
    beside = f"; {plain(float(np.mean(rain)))} mm fell" if rain else ""
    return f"Water of the analyses over the period: {_listed(told)}{beside}." if told else ""


def _net(a: Analyses) -> float:
    return float(np.nansum(a.added_daily)) if np.isfinite(a.added_daily).any() else math.nan


def _consistent(run: AssimilationRun, consistent: list[dict[str, Any] | None]) -> str:
    """Mean chi-square with its interval and spread over error, of the experiments with analyses."""
    told = []
    for k in run.updated:
        c = consistent[k]
        if c is None:
            continue
        t = c["table"]
        chi = t.get("chi_square", c["chi"])
        bounds = t.get("chi_square_low"), t.get("chi_square_high")
        text = f"chi-square {chi:.2f}"
        if bounds[0] is not None and bounds[1] is not None:
            inside = bounds[0] <= chi <= bounds[1]
            text += f", {'within' if inside else 'outside'} {bounds[0]:.2f} to {bounds[1]:.2f}"
        ratio = t.get("ratio")
        text += f", spread over error {ratio:.2f}" if ratio is not None else ""
        told.append(f"{text} ({run.experiments[k].name})")
    return f"Consistency of the ensemble, 1 where it is right: {'; '.join(told)}." if told else ""


def _lost(run: AssimilationRun) -> str:
    told = [f"{e.lost} of {e.name}" for e in run.experiments if e.lost]
    return f"Members lost on the way: {_listed(told)}." if told else ""
