"""Little Washita: the coupled model beside ParFlow-CLM, 30 hours of October 1998, 41 x 41 x 50 cells.

python benchmarks/little_washita.py [--preset clm]      VADOSE_DATA names the folder of the real data

The same cells, soils, slopes, heads at the start and weather; the land is our own, so that what differs is the land.
Prints heads of the top layer and latent heat side by side.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import jax
import numpy as np

from vadose.data.forcing.sun import mean_cos_zenith
from vadose.data.parflow import read_case, write_pfb
from vadose.data.parflow.database import read_database
from vadose.flow.overland import CellKinematicWave
from vadose.flow.subsurface_grid import SubsurfaceGrid
from vadose.land.air import Forcing
from vadose.land.parameters import SoilParameters
from vadose.land.tables.colours import soil_colour
from vadose.land.tables.vegetation_classes import modis_vegetation
from vadose.model.coupled import coupled, store_from_heads
from vadose.model.coupled_water import SubsurfaceWater
from vadose.model.initial import initial_state
from vadose.model.presets import build
from vadose.model.run import run
from vadose.model.state import Parameters
from vadose.soil import VanGenuchten
from vadose.soil.thermal import Johansen

HOURS = 30
START = np.datetime64("1998-10-01T05:00:00")  # drv_clmin.dat, UTC
LAND = 10  # layers of CLM
LATITUDE, LONGITUDE = 34.75, -98.14
HEIGHT = 10.0  # m, of the forcing
# Leaf and stem area by IGBP class, drv_vegp.dat; at 24 degrees C in the soil CLM takes the fullest leaves.
LAI = np.array([6, 6, 6, 6, 6, 6, 6, 6, 6, 2, 6, 6, 5, 6, 0, 6, 0, 0], float)
SAI = np.array([2, 2, 2, 2, 2, 2, 2, 2, 2, 4, 2, 0.5, 2, 2, 2, 2, 2, 0], float)
WILTING, FIELD_CAPACITY = 0.12, 0.98  # of saturation, Solver.CLM of the case
BARE, GRASS = 16, 10
PRESSURE = "head of the first layer, m"
# Ours and what CLM calls it.
PAIRS = {
    "latent_heat": "eflx_lh_tot", "sensible_heat": "eflx_sh_tot", "ground_evaporation": "qflx_evap_soi",
    "transpiration": "qflx_tran_veg", "ground_temperature": "t_grnd",
}  # fmt: skip
WATER, UNITS = ("ground_evaporation", "transpiration"), {"ground_temperature": "K"}


def case_of(golden: Path, scratch: Path) -> tuple[Any, Any]:
    """The case as ParFlow has it, from its database and the files it names, and what ParFlow made of it."""
    stored = np.load(golden / "LW_30h.npz")
    path = scratch / "LW.pfidb"
    path.write_text((golden / "LW.pfidb").read_text())
    keys = read_database(path)
    named = {
        "Geom.indi_input.FileName": stored["indicator"],
        "Geom.domain.ICPressure.FileName": stored["press_full"][0],
        "TopoSlopesX.FileName": stored["slope_x"][None],
        "TopoSlopesY.FileName": stored["slope_y"][None],
    }
    for key, values in named.items():
        write_pfb(scratch / str(keys[key]), np.asarray(values, float)[::-1])
    return read_case(path, time_unit="h"), stored


def vegetation_of(golden: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """IGBP class of each column (y * 41 + x) with the largest share in drv_vegm, its sand and clay, 1."""
    rows = np.loadtxt(golden / "drv_vegm.alluv.dat", skiprows=2)
    order = np.lexsort((rows[:, 0], rows[:, 1]))
    return rows[order, 7:].argmax(axis=1) + 1, rows[order, 4], rows[order, 5]


def weather_of(golden: Path) -> Forcing:
    """NLDAS, [time, column]."""
    nldas = np.load(golden / "LW_forcing_48h.npz")
    field = {name: nldas[name][:HOURS].reshape(HOURS, -1).astype(float) for name in nldas.files}
    columns = field["Temp"].shape[1]
    times = START + np.arange(HOURS) * np.timedelta64(1, "h")
    sun = mean_cos_zenith(times, 3600.0, np.full(columns, LATITUDE), np.full(columns, LONGITUDE))
    nothing = np.full((HOURS, columns), np.nan)
    return Forcing(
        air_temperature=field["Temp"], specific_humidity=field["SPFH"], pressure=field["Press"],
        wind=np.hypot(field["UGRD"], field["VGRD"]), shortwave=field["DSWR"], longwave=field["DLWR"],
        precipitation=field["APCP"], cos_zenith=sun, year_fraction=np.full((HOURS, columns), 273.0 / 365.0),
        snow_fraction=nothing, lai=nothing,
    )  # fmt: skip


def coupled_of(case: Any, stored: Any, golden: Path, preset: str) -> tuple[Any, Any, Parameters]:
    """Model, state and parameters: the case's subsurface under the land of a preset."""
    shape = case.K_z.shape
    columns = shape[1] * shape[2]

    def flat(values: Any) -> np.ndarray:
        return np.asarray(values * np.ones(shape)).reshape(shape[0], columns)

    fields = (
        case.porosity * case.retention.s_res, case.porosity * case.retention.s_sat, case.retention.alpha,
        case.retention.n, case.K_z,
    )  # fmt: skip
    closure = VanGenuchten(*(flat(v) for v in fields))
    land, deep = (
        jax.tree.map(lambda leaf, part=part: leaf[part] if np.ndim(leaf) else leaf, closure)
        for part in (slice(LAND), slice(LAND, None))
    )
    kind, sand, clay = vegetation_of(golden)
    plants = modis_vegetation(np.where(np.isin(kind, (15, 17, 18)), BARE, kind), lai=LAI[kind - 1], sai=SAI[kind - 1])
    porosity = np.asarray(land.theta_s)
    one = np.ones_like(porosity)
    dry, wet = soil_colour(np.full(columns, 2))
    soil = SoilParameters(
        retention=land, thermal=Johansen.from_soil(100.0 * sand * one, 100.0 * clay * one, porosity),
        solids_heat=2.0e6 * one, wilting_point=WILTING * porosity, critical_point=FIELD_CAPACITY * porosity,
        albedo_dry=dry, albedo_saturated=wet, roughness=np.full(columns, 0.01), slope=np.ones(columns),
        deep_temperature=np.full(columns, float(stored["t_soil_hourly"][0].mean())),
    )  # fmt: skip
    parameters = Parameters(plants, soil, np.full(columns, HEIGHT))
    grid = SubsurfaceGrid(case.thickness, case.surface.slope_x, case.surface.slope_y, case.dx, case.dy)
    water = SubsurfaceWater(
        grid=grid, place=np.arange(columns), deep=deep, overland=CellKinematicWave(case.surface.manning),
        specific_storage=case.specific_storage,
    )  # fmt: skip
    model = build(preset, tuple(float(t) for t in case.thickness[:LAND, 0, 0]), {})
    model = coupled(model, water)
    begun = store_from_heads(water, soil, flat(case.initial_head), layers=LAND)
    warm = stored["t_soil_hourly"][0].reshape(LAND, columns).astype(float)
    state = initial_state(model, parameters, moisture=np.asarray(begun.liquid), temperature=warm)
    return model, begun.into(state), parameters


def compare(preset: str) -> dict[str, Any]:
    """Hourly means over the basin of ours and ParFlow-CLM's, and maps at the end."""
    golden = Path(os.environ["VADOSE_DATA"]) / "golden" / "parflow_clm"
    with tempfile.TemporaryDirectory() as scratch:
        case, stored = case_of(golden, Path(scratch))
    model, state, parameters = coupled_of(case, stored, golden, preset)
    weather = weather_of(golden)
    heads, unbalanced = [], 0.0
    ours: dict[str, list[np.ndarray]] = {name: [] for name in PAIRS}
    started = 0.0
    for hour in range(HOURS):
        now = jax.tree.map(lambda leaf, hour=hour: leaf[hour : hour + 1], weather)
        done = run(model, state, parameters, now, 3600.0, outputs=tuple(PAIRS))
        state = jax.block_until_ready(done.state)
        started = started or time.monotonic()
        heads.append(np.asarray(state.groundwater.head[0]))
        for name in PAIRS:
            ours[name].append(np.asarray(done.means[name][0]))
        unbalanced = max(unbalanced, float(np.max(np.asarray(done.tally.water))))
        if int(np.max(np.asarray(done.tally.failed))):
            raise SystemExit(f"hour {hour}: a solver did not converge")
    seconds = (time.monotonic() - started) / (HOURS - 1)
    names = [str(n) for n in stored["clm_names"]]
    theirs = {name: stored["clm_hourly"][:, names.index(other)].reshape(HOURS, -1) for name, other in PAIRS.items()}
    top = stored["press_top2_hourly"][1:]
    first = int(np.argmin([np.abs(top[0, i].reshape(-1) - heads[0]).mean() for i in range(2)]))
    stress = water_factor(case).mean()
    return {
        "stress": stress, "head": np.array(heads), "head_parflow": top[:, first].reshape(HOURS, -1),
        "ours": {name: np.array(v) for name, v in ours.items()}, "theirs": theirs,
        "unbalanced": unbalanced, "seconds": seconds,
    }  # fmt: skip


def water_factor(case: Any) -> np.ndarray:
    """CLM's factor of transpiration by the first layer's saturation at the start, [y, x]."""
    fields, head = case.retention, case.initial_head[0]
    suction = np.maximum(-head, 0.0)
    filled = (1.0 + (fields.alpha[0] * suction) ** fields.n[0]) ** (1.0 / fields.n[0] - 1.0)
    saturation = fields.s_res[0] + (fields.s_sat[0] - fields.s_res[0]) * filled
    return np.clip((saturation - WILTING) / (FIELD_CAPACITY - WILTING), 0.0, 1.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="vadose", choices=["vadose", "clm"])
    given = parser.parse_args()
    found = compare(given.preset)
    difference = found["head"] - found["head_parflow"]
    rms, worst = np.sqrt((difference[-1] ** 2).mean()), np.abs(difference[-1]).max()
    print(f"{PRESSURE}: RMS difference {rms:.4f}, worst {worst:.3f}")
    print(
        f"  spread over the basin {found['head_parflow'][-1].std():.3f}; correlation "
        f"{np.corrcoef(found['head'][-1], found['head_parflow'][-1])[0, 1]:.5f}"
    )
    for name in PAIRS:
        ours, theirs = found["ours"][name], found["theirs"][name]
        scale = 3600.0 if name in WATER else 1.0
        unit = "mm h-1" if name in WATER else UNITS.get(name, "W m-2")
        print(f"{name}, {unit}: hour, ours, ParFlow-CLM, correlation over the basin")
        for hour in range(0, HOURS, 3):
            known = ours[hour].std() > 0 and theirs[hour].std() > 0
            r = np.corrcoef(ours[hour], theirs[hour])[0, 1] if known else np.nan
            print(f"  {hour:3d} {scale * ours[hour].mean():9.3f} {scale * theirs[hour].mean():9.3f} {r:6.2f}")
        print(f"  mean {scale * ours.mean():8.3f} {scale * theirs.mean():9.3f}")
    print(f"CLM scales transpiration by the saturation of the first 2 m: {found['stress']:.2f} at the start")
    print(f"unbalanced, kg m-2, worst column and hour: {found['unbalanced']:.1e}; {found['seconds']:.2f} s an hour")


if __name__ == "__main__":
    main()
