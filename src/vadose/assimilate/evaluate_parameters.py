"""Parameters before and after the analyses of a twin experiment, beside those of the truth."""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.assimilate.evaluate_files import Experiment, opened

NAMES = {"sand": "%", "clay": "%", "K_s": "log10(m s-1)"}
LOGARITHMIC = ("K_s",)
WHAT = "parameter"
Errors = dict[str, tuple[np.ndarray, np.ndarray]]


def parameter_errors(experiment: Experiment, truth: Any) -> Errors:
    """Name -> (|prior mean - truth|, |posterior mean - truth|) [cell] of the parameters that both files have.

    truth  opened truth-parameters.nc. Of `K_s` the common logarithm is averaged and compared.
    """
    found: Errors = {}
    path = experiment.folder / "parameters.nc"
    if not path.is_file():
        return found
    with opened(path) as file:
        for name in (str(n) for n in truth.data_vars):
            if not {f"{name}_prior", f"{name}_posterior"} <= set(file.data_vars):
                continue
            right = _scaled(name, truth[name].values)
            prior, posterior = (
                _mean(_scaled(name, file[f"{name}_{k}"].transpose("member", "cell").values))
                for k in ("prior", "posterior")
            )
            if right.shape == prior.shape:
                found[name] = np.abs(prior - right), np.abs(posterior - right)
    return found


def parameter_rows(experiment: str, errors: Errors) -> list[dict[str, Any]]:
    """Rows of twin.csv of one experiment: metric is the parameter, the values are mean absolute errors.

    mean, median, low, high   of the posterior mean over the cells;  open_loop  that of the prior mean
    improved    share of the cells whose posterior mean is nearer to the truth than the prior mean
    """
    rows = []
    for name, (before, after) in errors.items():
        known = np.isfinite(before) & np.isfinite(after)
        if not known.any():
            continue
        x, y = before[known], after[known]
        low, middle, high = (float(q) for q in np.quantile(y, [0.025, 0.5, 0.975]))
        rows.append(
            {
                "experiment": experiment, "what": WHAT, "top": "", "bottom": "", "metric": name,
                "mean": float(y.mean()), "median": middle, "low": low, "high": high, "open_loop": float(x.mean()),
                "change": float(y.mean() - x.mean()),
                "reduction": 100.0 * (1.0 - float(y.mean() / x.mean())) if x.any() else np.nan,
                "improved": float((y < x).mean()), "cells": int(known.sum()), "units": NAMES.get(name, "1"),
            }
        )  # fmt: skip
    return rows


def _mean(values: np.ndarray) -> np.ndarray:
    """[cell] mean of the members that have a value, NaN where none has."""
    known = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(known, values, 0.0).sum(axis=0) / known.sum(axis=0))


def _scaled(name: str, values: np.ndarray) -> np.ndarray:
    x = np.asarray(values, float)
    if name not in LOGARITHMIC:
        return x
    return np.log10(np.where(x > 0, x, np.nan))
