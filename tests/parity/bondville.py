"""Bondville 1998 as Noah-MP 5 ran it: forcing and start from its own files, parameters from the package's tables.

Cases that differ in a process run side by side, each in its own column.
"""

from __future__ import annotations

import csv
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr
from tests.budget.mixed import mixed_model

from vadose.arrays import Array
from vadose.flow.heat_conductivity import NoahJohansen
from vadose.land.air import Forcing
from vadose.land.parameters import SoilParameters
from vadose.land.runoff.tables import runoff_parameters
from vadose.land.tables import modis_vegetation, soil_colour
from vadose.model.column import ColumnModel
from vadose.model.initial import initial_state
from vadose.model.run import Run, run
from vadose.model.state import Parameters, State
from vadose.soil.retention.power_law import Campbell

DT = 1800.0
A_DAY = 48
DAYS = 364
THICKNESS = (0.1, 0.3, 0.6, 1.0)
CROPLAND, SILTY_CLAY_LOAM, COLOUR = 12, 8, 4
MOST_COVER, LEAST_COVER = 0.96, 0.01  # of vegetation, header of the forcing file

WATER = {  # the reference's annual sums, mm
    "ET_mm": "evapotranspiration", "ECAN": "canopy_evaporation", "ETRAN": "transpiration",
    "EDIR": "ground_evaporation", "SFCRNOFF": "surface_runoff", "UGDRNOFF": "subsurface_runoff",
}  # fmt: skip
HEAT = {"LH_mean": "latent_heat", "HFX_mean": "sensible_heat", "Rnet_mean": "net_radiation"}
OUTPUTS = (*WATER.values(), *HEAT.values(), "soil_moisture", "soil_temperature", "snow_water", "ground_temperature")


@dataclasses.dataclass(frozen=True)
class Case:
    """A run of the reference: what it changed from its default, and what says that in our model.

    options     slot -> choice of `vadose.model.presets`
    fraction    of vegetation
    spin        years that are run before
    start       of the groundwater: the water table, m, where it is not the usual one
    """

    title: str
    options: Mapping[str, str] = dataclasses.field(default_factory=dict)
    fraction: float = MOST_COVER
    spin: int = 0
    water_table: float = 2.5


CASES: dict[str, Case] = {
    "A_default": Case("default, cold start"),
    "A_spin3": Case("default, spun up", spin=3),
    "B_simgm": Case("SIMGM runoff", {"soil_water": "simgm"}),
    "C_simtop": Case("SIMTOP runoff", {"soil_water": "simtop"}),
    "D_bats": Case("BATS runoff", {"soil_water": "bats"}),
    "E_vic": Case("VIC runoff", {"soil_water": "vic-noah"}),
    "F_xaj": Case("Xinanjiang runoff", {"soil_water": "xinanjiang-noah"}),
    "G_dvic": Case("dynamic VIC runoff, its parentheses", {"soil_water": "dynamic-vic-noah"}),
    "H_jarvis": Case("Jarvis stomata", {"stomata": "jarvis"}),
    "I_btrclm": Case("CLM's soil water stress", {"stress": "clm-noah"}),
    "J_btrssib": Case("SSiB's soil water stress", {"stress": "ssib"}),
    "L_rsurf1": Case("Sakaguchi-Zeng, none over snow", {"soil_resistance": "sakaguchi-zeng"}),
    "L_rsurf2": Case("Sellers' soil resistance", {"soil_resistance": "sellers"}),
    "M_sfc2": Case("Chen's drag", {"turbulence": "chen97-noah"}),
    "N_alb2": Case("the other snow albedo", {"snow_albedo": "class"}),
    "O_frz2": Case("Koren's frozen ground", {"soil_water": "free-drainage-koren"}),
    "P_stc1": Case("ground under melting snow at 0 degrees C, as ours always is"),
    "Q_rad1": Case("gaps by the sun's height", {"two_stream": "sun-gaps"}),
    "R_inf2": Case("Koren's supercooled water", {"heat": "noah-koren"}),
    "S_dveg1": Case("least vegetation fraction", fraction=LEAST_COVER),
}  # fmt: skip


class Bondville:
    """The year: forcing, parameters, start, and what the reference made of it."""

    def __init__(self, data: Path) -> None:
        self.folder = data / "golden" / "noahmp"
        with xr.open_dataset(self.folder / "bondville1998_A_default_30min.nc") as made:
            self.year = made.squeeze().load()
        self.daily = dict(np.load(self.folder / "bondville1998_daily_all_cases.npz"))
        with (self.folder / "bondville1998_annual_summary.csv").open() as table:
            rows = list(csv.DictReader(table))
        self.annual = {row.pop("case"): {name: float(value) for name, value in row.items()} for row in rows}

    def at_end(self, name: str) -> np.ndarray:
        """A variable of the default run at the end of each step."""
        return self.year[name].values[1:].astype(float)

    def forcing(self, columns: int) -> Forcing:
        """The year's weather for so many columns, [time, column]; leaves follow the clock at the end of a step."""
        stamps = np.array([t.decode().replace("_", "T") for t in self.year["Times"].values[1:]], dtype="datetime64[s]")
        passed = (stamps - np.datetime64("1998-01-01")) / np.timedelta64(365 * 86400, "s")
        none = np.full(passed.shape, np.nan)
        series = (
            self.at_end("FORCTLSM"), self.at_end("FORCQLSM"), self.at_end("FORCPLSM"), self.at_end("FORCWLSM"),
            self.at_end("SWFORC"), self.at_end("LWFORC"), self.at_end("RAINRATE") / DT, self.at_end("COSZ"),
            passed, none, none,
        )  # fmt: skip
        return Forcing(*(jnp.asarray(np.repeat(x[: DAYS * A_DAY, None], columns, 1)) for x in series))

    def parameters(self, fraction: Sequence[float]) -> Parameters:
        """Cropland on silty clay loam with the vegetation fraction of each column."""
        columns = len(fraction)
        layers, one = np.zeros((len(THICKNESS), columns)), np.zeros(columns)
        dry, saturated = soil_colour(np.full(columns, COLOUR))
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
            runoff=runoff_parameters(np.full(columns, SILTY_CLAY_LOAM)),
        )
        plants = modis_vegetation(np.full(columns, CROPLAND), fraction=np.asarray(fraction))
        return jax.tree.map(jnp.asarray, Parameters(plants, soil, 10.0 + one))

    def start(self, model: ColumnModel, parameters: Parameters) -> State:
        """The reference's cold start."""
        columns = parameters.reference_height.shape[0]

        def layers(*values: float) -> Array:
            return jnp.asarray(values)[:, None] + jnp.zeros(columns)

        state = initial_state(
            model, parameters, moisture=layers(0.298, 0.294, 0.271, 0.307),
            temperature=layers(266.1, 274.0, 276.9, 279.9), snow_water=1.0, water_table=2.5,
        )  # fmt: skip
        skin = jnp.full(columns, 263.7)
        canopy = dataclasses.replace(
            state.canopy, temperature=skin, air_temperature=skin, vapour_pressure=skin * 0.0 + 2000.0
        )
        snow = dataclasses.replace(state.snow, depth=skin * 0.0 + 0.01)
        return dataclasses.replace(state, canopy=canopy, snow=snow, ground_temperature=skin)


def side_by_side(names: Sequence[str]) -> ColumnModel:
    """The model of `CASES[name]` in column i for the name at i."""
    return mixed_model("noahmp", [CASES[name].options for name in names], THICKNESS)


def run_cases(site: Bondville, names: Sequence[str], model: ColumnModel | None = None, spin: int = 0) -> Run:
    """The year of these cases, daily means, one case a column, after `spin` years."""
    model = side_by_side(names) if model is None else model
    parameters = site.parameters([CASES[name].fraction for name in names])
    state, weather = site.start(model, parameters), site.forcing(len(names))
    for _ in range(spin):
        state = run(model, state, parameters, weather, DT, every=A_DAY, outputs=OUTPUTS).state
    return run(model, state, parameters, weather, DT, every=A_DAY, outputs=OUTPUTS)


def annual(made: Run, column: int) -> dict[str, float]:
    """Sums of water, mm, and means of heat, W m-2, of a column by the reference's names."""
    day = DT * A_DAY
    water = {name: float(np.sum(made.means[ours][:, column])) * day for name, ours in WATER.items()}
    return water | {name: float(np.mean(made.means[ours][:, column])) for name, ours in HEAT.items()}


def differences(site: Bondville, made: Run, column: int, case: str) -> dict[str, Any]:
    """Root mean square differences of daily values: soil moisture and temperature by layer, LH, H, snow, ground."""
    depth = 1000.0 * np.asarray(THICKNESS)
    moisture = np.asarray(made.means["soil_moisture"][:, :, column]) / depth
    pairs = {
        "SM": moisture, "ST": made.means["soil_temperature"][:, :, column], "LH": made.means["latent_heat"][:, column],
        "HFX": made.means["sensible_heat"][:, column], "SWE": made.means["snow_water"][:, column],
        "TG": made.means["ground_temperature"][:, column],
    }  # fmt: skip
    out: dict[str, Any] = {}
    for name, ours in pairs.items():
        apart = np.asarray(ours) - site.daily[f"{case}__{name}"].astype(float).reshape(np.shape(ours))
        out[name] = np.sqrt(np.mean(apart**2, axis=0))
    return out
