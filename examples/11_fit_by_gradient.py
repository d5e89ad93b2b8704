"""Soil and roots fitted by gradient: K_s, b and root depth of a column from its daily soil moisture.

Bondville (Illinois, cropland) in 1998. First a twin: the model makes the moisture itself, and the fit has to find the
parameters again from others. Then the moisture of the reference run of Noah-MP 5, whose parameters are known too.
Gradients come in reverse mode, so that their cost does not grow with the number of parameters; L-BFGS-B takes the
steps. VADOSE_DATA names the folder that holds `golden/noahmp/`. `--days N` takes another length, from 1 May.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from rich.console import Console
from rich.table import Table
from scipy.optimize import minimize

from vadose.errors import DataError
from vadose.flow.heat_conductivity import NoahJohansen
from vadose.land.air import Forcing
from vadose.land.parameters import SoilParameters
from vadose.land.tables import modis_vegetation, soil_colour
from vadose.model.gradient import replaced
from vadose.model.initial import initial_state
from vadose.model.presets import build
from vadose.model.run import run
from vadose.model.state import Parameters
from vadose.soil.retention.power_law import Campbell

DT, DAY = 1800.0, 48
FIRST = 119  # day of the file (2 January is 0) on which the fit begins
ERROR = 0.01  # m3 m-3, of the moisture
NAMES = ("K_s", "b", "root depth")
TRUTH = np.array([2.03e-6, 8.72, 1.0])  # of silty clay loam and cropland in Noah-MP's tables; m s-1, 1, m
START = np.array([8e-6, 6.0, 0.6])
# Root depths stay off the bottoms of layers only by chance: there the loss has a kink, which the search passes over.
BOUNDS = [(np.log(1e-8), np.log(1e-4)), (np.log(2.0), np.log(15.0)), (np.log(0.1), np.log(2.0))]


class Site(NamedTuple):
    """The column, its weather [time, column] and the reference's daily moisture [day, layer] m3 m-3."""

    model: Any
    state: Any
    parameters: Parameters
    forcing: Forcing
    moisture: np.ndarray


def bondville(folder: Path, days: int) -> Site:
    """The site from the reference run's own output: weather, start, and its soil and plants."""
    path = folder / "golden/noahmp/bondville1998_A_default_30min.nc"
    if not path.is_file():
        raise DataError(f"{path} is missing; set VADOSE_DATA to the folder that holds golden/noahmp")
    with xr.open_dataset(path) as opened:
        year = opened.squeeze().load()
    steps = slice(1 + FIRST * DAY, 1 + (FIRST + days) * DAY)

    def series(name: str, scale: float = 1.0) -> jax.Array:
        return jnp.asarray(year[name].values[steps].astype(float)[:, None] * scale)

    count = days * DAY
    none = jnp.full((count, 1), jnp.nan)
    forcing = Forcing(
        series("FORCTLSM"), series("FORCQLSM"), series("FORCPLSM"), series("FORCWLSM"), series("SWFORC"),
        series("LWFORC"), series("RAINRATE", 1.0 / DT), series("COSZ"),
        jnp.asarray((1.0 + FIRST + np.arange(count) / DAY)[:, None] / 365.0), none, none,
    )  # fmt: skip
    model = build("noahmp")
    parameters = _parameters()
    before = FIRST * DAY
    state = initial_state(
        model, parameters, moisture=year["SOIL_M"].values[before][:, None].astype(float),
        temperature=year["SOIL_T"].values[before][:, None].astype(float),
    )  # fmt: skip
    daily = year["SOIL_M"].values[steps].astype(float).reshape(days, DAY, -1).mean(axis=1)
    return Site(model, state, parameters, forcing, daily)


def _parameters() -> Parameters:
    """Cropland on silty clay loam, as the reference's tables have them."""
    layers, one = np.zeros((4, 1)), np.zeros(1)
    dry, saturated = soil_colour(np.array([4]))
    soil = SoilParameters(
        retention=Campbell(0.464 + layers, -0.617 + layers, 8.72 + layers, 2.03e-6 + layers),
        thermal=NoahJohansen.from_soil(0.1, 0.464 + layers),
        solids_heat=2.0e6 + layers,
        wilting_point=0.12 + layers,
        critical_point=0.387 + layers,
        albedo_dry=dry,
        albedo_saturated=saturated,
        roughness=0.002 + one,
        slope=0.1 + one,
        deep_temperature=285.0 + one,
    )
    return jax.tree.map(jnp.asarray, Parameters(modis_vegetation(np.array([12]), fraction=0.96), soil, 10.0 + one))


def moisture_of(site: Site, logs: Any, differentiable: bool = False) -> Any:
    """Daily soil moisture [day, layer] m3 m-3 with the logarithms of (K_s, b, root depth)."""
    K_s, b, depth = jnp.exp(logs)
    ones = jnp.ones((4, 1))
    values = {"soil.retention.K_s": K_s * ones, "soil.retention.b": b * ones, "vegetation.root_depth": depth[None]}
    state, parameters = replaced(site.state, site.parameters, values)
    done = run(
        site.model, state, parameters, site.forcing, DT, every=DAY, outputs=("soil_moisture",),
        differentiable=differentiable,
    )  # fmt: skip
    return done.means["soil_moisture"][:, :, 0] / (1000.0 * jnp.asarray(site.model.thickness))


def loss(logs: Any, site: Site, observed: Any) -> Any:
    """Mean square misfit of daily moisture in units of its error."""
    return jnp.mean(((moisture_of(site, logs, differentiable=True) - observed) / ERROR) ** 2)


loss_and_gradient = jax.jit(jax.value_and_grad(loss))


def fit(site: Site, observed: Any, title: str, console: Console) -> np.ndarray:
    """The parameters after L-BFGS-B from START; prints the history of loss and parameters."""
    table = Table(title=title, box=None, pad_edge=False)
    for name in ("step", "loss", "K_s", "b", "root depth"):
        table.add_column(name, justify="right")
    history: list[tuple[float, np.ndarray]] = []

    def ask(logs: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = loss_and_gradient(jnp.asarray(logs), site, observed)
        history.append((float(value), np.exp(logs)))
        return float(value), np.asarray(gradient)

    found = minimize(
        ask, np.log(START), jac=True, method="L-BFGS-B", bounds=BOUNDS,
        options={"maxiter": 25, "maxfun": 30, "ftol": 1e-9, "gtol": 1e-6},
    )  # fmt: skip
    for number, (value, (K_s, b, depth)) in enumerate(history):
        table.add_row(str(number), f"{value:.3e}", f"{K_s:.3e}", f"{b:.3f}", f"{depth:.3f}")
    console.print(table)
    return np.exp(found.x)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=15)
    asked = parser.parse_args(arguments)
    console = Console(width=100, highlight=False)
    try:
        site = bondville(Path(os.environ.get("VADOSE_DATA", ".")), asked.days)
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    twin = moisture_of(site, jnp.log(jnp.asarray(TRUTH)))
    for title, observed in (("twin", twin), ("Noah-MP 5", jnp.asarray(site.moisture))):
        found = fit(site, observed, title, console)
        for name, value, true in zip(NAMES, found, TRUTH, strict=True):
            console.print(f"{title}: {name} {value:.4g}, known {true:.4g}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
