"""Closures fitted to measured soils, and pedotransfer functions that had to predict them.

Swiss forest soils (Richard & Luescher 1978-1987): 128 layers of 23 profiles with theta(psi), K(psi) and K_s. No
function here was fitted to them. Beside them the ISRIC soils of Omuto (40 samples, theta only) and one evaporation
experiment. VADOSE_DATA names the folder that holds `data/retention/`. `--out DIR` writes a figure, `--every N` takes
every Nth layer.
"""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from vadose.constants import SECONDS_PER_DAY
from vadose.errors import ConfigError, DataError
from vadose.soil.fit_parameters import CLOSURES
from vadose.soil.fitting import fit
from vadose.soil.texture import Soil

ORGANIC = 900.0  # kg m-3, layers of lower bulk density are marked: they are organic or volcanic, or very loose
DENSITIES = (2650.0, 1400.0)  # kg m-3 of minerals and of organic matter, from which organic matter is estimated
LEAST_K = 4  # pairs of K from which a fit uses them


@dataclass(frozen=True)
class Layer:
    """One sample: heads m (negative), theta m3 m-3, K and K_s m s-1; NaN where not measured."""

    name: str
    psi: np.ndarray
    theta: np.ndarray
    K: np.ndarray
    K_s: float = np.nan
    sand: float = np.nan
    clay: float = np.nan
    bulk_density: float = np.nan
    particle_density: float = np.nan
    depth: float = np.nan


def grouped(path: Path, key: str) -> dict[str, list[dict[str, str]]]:
    """The rows of a CSV file by the value of a column."""
    found: dict[str, list[dict[str, str]]] = {}
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            found.setdefault(row.get(key, "sample"), []).append(row)
    return found


def number(text: str) -> float:
    return float(text) if text not in ("", "NA") else np.nan


def column(rows: list[dict[str, str]], name: str) -> np.ndarray:
    return np.array([number(row[name]) for row in rows])


def swiss(folder: Path) -> list[Layer]:
    """Heads in m, K in m d-1, densities in g cm-3, depths in cm."""
    layers = []
    for name, rows in grouped(folder / "swissforestsoils.csv", "layer_id").items():
        one = {k: number(v) for k, v in rows[0].items() if k not in ("profile_id", "profile", "layer_id")}
        layers.append(
            Layer(
                name,
                -column(rows, "head"),
                column(rows, "theta"),
                column(rows, "ku") / SECONDS_PER_DAY,
                one["ksat"] / SECONDS_PER_DAY,
                one["sand"],
                one["clay"],
                1000.0 * one["bulk_density"],
                1000.0 * one["particle_density"],
                0.005 * (one["layer_ub"] + one["layer_lb"]),
            )
        )
    return layers


def isric(folder: Path) -> list[Layer]:
    """Suctions in cm: they are 10^pF with pF 1, 1.5, 2, 2.3, 2.7, 3.4 and 4.2."""
    groups = grouped(folder / "isric_hydrome.csv", "Sample").items()
    return [Layer(k, -0.01 * column(r, "x"), column(r, "y"), np.full(len(r), np.nan)) for k, r in groups]


def evaporation(folder: Path) -> list[Layer]:
    """Matric heads in cm (hPa), K in cm d-1; every 11th row, without the first ones at positive pressure."""
    rows = grouped(folder / "soilhyp_dataSHP.csv", "")["sample"]
    rows = [row for row in rows if number(row["suc"]) < 0.0][::11]
    K = column(rows, "Ku") * 0.01 / SECONDS_PER_DAY
    return [Layer("evaporation", 0.01 * column(rows, "suc"), column(rows, "th"), np.where(K > 0.0, K, np.nan))]


def fitted(closure: str, layers: list[Layer]) -> Iterator[tuple[Layer, Any]]:
    """(layer, fit) for each layer with data enough for the closure."""
    for layer in layers:
        seen = np.isfinite(layer.theta)
        pairs = {}
        with_K = np.isfinite(layer.K)
        if with_K.sum() >= LEAST_K:
            pairs = {"psi_K": layer.psi[with_K], "K": layer.K[with_K]}
        try:
            yield layer, fit(closure, layer.psi[seen], layer.theta[seen], **pairs)
        except DataError:
            continue


def rms(values: Any) -> float:
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(values**2))) if values.size else float("nan")


def fit_scores(layers: list[Layer]) -> dict[str, dict[str, np.ndarray]]:
    """Closure -> score -> one value a layer."""
    scores = {}
    for closure in CLOSURES:
        made = list(fitted(closure, layers))
        # Without K data K_s is not fitted: nothing to compare.
        error = [np.log10(f.retention.K_s / a.K_s) if np.isfinite(f.rmse_log10_K) else np.nan for a, f in made]
        scores[closure] = {
            "theta": np.array([f.rmse_theta for _, f in made]),
            "log10 K": np.array([f.rmse_log10_K for _, f in made]),
            "log10 K_s": np.array(error),
            "AICc": np.array([f.AICc for _, f in made]),
            "names": np.array([layer.name for layer, _ in made]),
            "marked": np.array([layer.bulk_density < ORGANIC for layer, _ in made]),
        }
    return scores


def organic_carbon(particle_density: np.ndarray) -> np.ndarray:
    """Organic carbon, %: the table has none, so it is what lowers the particle density, 1.5 % where that is unknown.

    1 / rho_s = om / 1400 + (1 - om) / 2650, carbon = om / 1.724; denser minerals than quartz hide some of it.
    """
    mineral, organic = DENSITIES
    om = (1.0 / particle_density - 1.0 / mineral) / (1.0 / organic - 1.0 / mineral)
    return np.where(np.isnan(om), 1.5, 100.0 * np.clip(om, 0.0, 0.9) / 1.724)


def predicted_scores(layers: list[Layer]) -> tuple[dict[str, dict[str, np.ndarray]], dict[str, str]]:
    """Pedotransfer function -> score -> one value a layer, and the functions left out with the reason."""
    from vadose.soil.pedotransfer.registry import pedotransfer

    layers = [a for a in layers if np.isfinite(a.sand + a.clay + a.bulk_density) and np.isfinite(a.theta).any()]
    of = {k: np.array([getattr(a, k) for a in layers]) for k in ("sand", "clay", "bulk_density", "depth", "K_s")}
    carbon = organic_carbon(np.array([a.particle_density for a in layers]))
    soil = Soil(of["sand"], of["clay"], carbon, of["bulk_density"], depth=of["depth"], estimated=("organic_carbon",))
    most = max(len(a.psi) for a in layers)
    psi, theta, K = (
        np.column_stack([np.pad(getattr(a, k), (0, most - len(a.psi)), constant_values=np.nan) for a in layers])
        for k in ("psi", "theta", "K")
    )
    scores, left_out = {}, {}
    for name, function in pedotransfer.items():
        if function.missing(soil):
            left_out[name] = "needs " + ", ".join(function.missing(soil))
            continue
        made = function(soil).retention
        error = np.asarray(made.water_content(psi)) - theta
        with np.errstate(divide="ignore", invalid="ignore"):
            error_K = np.log10(np.asarray(made.conductivity(psi))) - np.log10(K)
            error_K_s = np.log10(np.asarray(made.K_s) / of["K_s"])
        scores[name] = {
            "theta": np.array([rms(e) for e in error.T]),
            "bias": np.nanmean(np.where(np.isfinite(error), error, np.nan), axis=0),
            "log10 K": np.array([rms(e) for e in error_K.T]),
            "log10 K_s": np.broadcast_to(error_K_s, of["K_s"].shape),
            "marked": of["bulk_density"] < ORGANIC,
        }
    return scores, left_out


def cells(s: dict[str, np.ndarray]) -> list[str]:
    """Median and mean over the layers that are not marked; theta of the marked ones; K_s as one number."""

    def two(values: np.ndarray, digits: int) -> str:
        values = values[np.isfinite(values)]
        return f"{np.median(values):.{digits}f} {np.mean(values):.{digits}f}" if values.size else "-"

    usual = ~s["marked"]
    n, n_K = np.sum(np.isfinite(s["theta"][usual])), np.sum(np.isfinite(s["log10 K"][usual]))
    marked = s["theta"][s["marked"]]
    K_s = rms(s["log10 K_s"][usual])
    return [
        f"{n}",
        two(s["theta"][usual], 4),
        two(marked, 4),
        f"{n_K}",
        two(s["log10 K"][usual], 2),
        f"{K_s:.2f}" if np.isfinite(K_s) else "-",
    ]


HEADINGS = ("layers", "theta: median mean", "marked layers", "with K", "log10 K: median mean", "log10 K_s")


def table(title: str, rows: dict[str, list[str]], headings: tuple[str, ...] = HEADINGS) -> Table:
    made = Table(title=title)
    made.add_column("")
    for heading in headings:
        made.add_column(heading, justify="right")
    for name, values in rows.items():
        made.add_row(name, *values)
    return made


def figure(fits: dict[str, Any], predictions: dict[str, Any], out: Path) -> Path:
    """Root-mean-square error of theta a layer, of fits and of predictions, as boxes."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = [*predictions, *fits]
    values = [(predictions.get(k) or fits[k])["theta"] for k in names]
    values = [v[np.isfinite(v)] for v in values]
    fig, ax = plt.subplots(figsize=(8, 0.27 * len(names) + 1.2), layout="constrained")
    boxes = ax.boxplot(values, orientation="horizontal", whis=(5, 95), showfliers=False, patch_artist=True)
    for name, box in zip(names, boxes["boxes"], strict=True):
        box.set_facecolor("#1b7a78" if name in fits else "#d9b26a")
    ax.set_yticks(range(1, len(names) + 1), names)
    ax.set(xscale="log", xlabel="RMSE of water content, m3 m-3, one value a layer (green: fitted, sand: predicted)")
    out.mkdir(parents=True, exist_ok=True)
    path = out / "retention_fits.png"
    fig.savefig(path, dpi=130)
    return path


def best_by_AICc(scores: dict[str, dict[str, np.ndarray]]) -> dict[str, int]:
    """How often each closure has the lowest AICc."""
    lowest: dict[str, tuple[float, str]] = {}
    for closure, s in scores.items():
        for name, value in zip(s["names"], s["AICc"], strict=True):
            if np.isfinite(value) and value < lowest.get(name, (np.inf, ""))[0]:
                lowest[name] = (value, closure)
    chosen = [closure for _, closure in lowest.values()]
    return {closure: chosen.count(closure) for closure in scores}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, help="folder for the figure")
    parser.add_argument("--every", type=int, default=1, help="take every Nth layer")
    chosen = parser.parse_args()
    root = os.environ.get("VADOSE_DATA")
    if not root or not Path(root, "data/retention").is_dir():
        sys.exit("skipped: set VADOSE_DATA to the folder that holds data/retention")
    folder = Path(root, "data/retention")
    console = Console(width=120)
    layers = swiss(folder)[:: chosen.every]
    fits = fit_scores(layers)
    console.print(table("Fitted, Swiss forest soils: RMSE", {k: cells(s) for k, s in fits.items()}))
    console.print("lowest AICc:", ", ".join(f"{k} {n}" for k, n in best_by_AICc(fits).items()))
    others = {k: fit_scores(v) for k, v in (("ISRIC", isric(folder)[:: chosen.every]), ("one", evaporation(folder)))}
    rows = {
        k: [
            f"{len(others['ISRIC'][k]['theta'])}",
            f"{np.median(others['ISRIC'][k]['theta']):.4f}",
            *(f"{v[0]:.4f}" for v in (others["one"][k]["theta"], others["one"][k]["log10 K"])),
        ]
        for k in CLOSURES
    }
    headings = ("ISRIC samples", "ISRIC theta: median", "evaporation: theta", "evaporation: log10 K")
    console.print(table("Fitted, other soils: RMSE", rows, headings))
    predictions: dict[str, Any] = {}
    try:
        predictions, left_out = predicted_scores(layers)
    except (ImportError, AttributeError, ConfigError) as error:
        console.print(f"pedotransfer functions are not here: {error}")
    else:
        rows = {k: [*cells(s), f"{np.nanmedian(s['bias']):+.3f}"] for k, s in predictions.items()}
        console.print(table("Predicted, Swiss forest soils: RMSE", rows, (*HEADINGS, "bias of theta")))
        console.print("left out:", ", ".join(f"{k} ({v})" for k, v in left_out.items()) or "none")
    if chosen.out:
        console.print(f"figure: {figure(fits, predictions, chosen.out)}")


if __name__ == "__main__":
    main()
