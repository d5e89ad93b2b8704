"""What may be compared with a land model: canonical units, possible values, and what files call it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vadose.variables import Variable


@dataclass(frozen=True)
class Quantity:
    """One measured quantity.

    units       canonical
    low, high   possible values in `units`; a value outside means other units
    names       columns and variables that hold it, the best first, in lower case
    others      units that files state wrongly or not at all, tried in messages
    sure        of (smallest, largest value): True where values without units can only be canonical
    """

    name: str
    units: str
    low: float
    high: float
    names: tuple[str, ...]
    others: tuple[str, ...] = ()
    sure: Callable[[float, float], bool] = lambda low, high: False

    @property
    def variable(self) -> Variable:
        """As the converter of units takes it."""
        return Variable(self.name, self.name, self.units, self.name, "", (self.low, self.high))


def _heat(name: str, low: float, high: float, names: tuple[str, ...]) -> Quantity:
    return Quantity(name, "W m-2", low, high, names, ("kW m-2", "MJ m-2 d-1"), lambda a, b: b - a > 40.0)


_TABLE = (
    Quantity(
        "soil_moisture", "m3 m-3", -0.05, 1.0,
        ("soil_moisture", "soilmoisture", "swc_f_mds_1", "swc_1_1_1", "swc1", "swc", "vwc", "soilm", "sm", "sm1",
         "theta", "volumetric_water_content", "soil_water_content"),
        ("%",), lambda a, b: b <= 1.0,
    ),
    Quantity(
        "soil_temperature", "K", 200.0, 350.0,
        ("soil_temperature", "ts_f_mds_1", "ts_1_1_1", "tsoil1", "tsoil", "ts1", "ts", "soiltemp", "tsl"),
        ("degC", "degF"), lambda a, b: a > 200.0,
    ),
    Quantity(
        "evapotranspiration", "kg m-2 s-1", -3e-4, 2e-3,
        ("evapotranspiration", "et", "aet", "evspsbl", "evap", "et_mm"), ("mm d-1", "mm h-1", "W m-2"),
    ),
    _heat("latent_heat", -400.0, 1100.0, ("le_f_mds", "le", "qle", "hfls", "latent_heat", "lh", "le_corr")),
    _heat("sensible_heat", -600.0, 1100.0, ("h_f_mds", "h", "qh", "hfss", "sensible_heat", "sh", "h_corr")),
    _heat("ground_heat", -500.0, 700.0, ("g_f_mds", "g", "fg", "qg", "hfds", "hfdsl", "ground_heat", "g_1_1_1")),
    _heat("net_radiation", -400.0, 1300.0, ("netrad", "rn", "rnet", "net_radiation", "netr")),
    Quantity(
        "snow_water", "kg m-2", -5.0, 8000.0,
        ("snow_water", "snow_water_equivalent", "swe", "snw", "wteq", "snow"), ("m", "cm", "inch"),
        lambda a, b: b > 15.0,
    ),
    Quantity(
        "snow_depth", "m", -0.1, 12.0,
        ("snow_depth", "snd", "snowdepth", "hs", "snwd", "zs_sheltered", "zs"), ("cm", "mm", "inch"),
    ),
    Quantity("runoff", "kg m-2 s-1", -1e-6, 0.1, ("runoff", "mrro", "qtot"), ("mm d-1", "mm h-1")),
    Quantity(
        "gpp", "kg m-2 s-1", -6e-7, 2e-6,
        ("gpp_nt_vut_ref", "gpp_dt_vut_ref", "gpp"), ("g m-2 d-1", "umol m-2 s-1"),
    ),
    Quantity(
        "radiative_temperature", "K", 180.0, 360.0,
        ("radiative_temperature", "radt", "lst", "ts"), ("degC",), lambda a, b: a > 180.0,
    ),
    Quantity(
        "water_table_depth", "m", -20.0, 1000.0,
        ("water_table_depth", "wtd", "depth_to_water", "water_table", "groundwater_depth"), ("cm", "mm", "inch"),
    ),
    Quantity(
        "ponded_water", "kg m-2", -5.0, 2e5, ("ponded_water", "stage", "pond", "water_level"), ("m", "cm", "inch"),
    ),
    Quantity("discharge", "m3 s-1", -1e-3, 4e5, ("discharge", "streamflow", "q"), ("L s-1", "m3 d-1")),
)  # fmt: skip

QUANTITIES: dict[str, Quantity] = {q.name: q for q in _TABLE}


def extremes(values: np.ndarray) -> tuple[float, float]:
    """Smallest and largest finite value; NaN of none."""
    known = values[np.isfinite(values)]
    return (float(known.min()), float(known.max())) if known.size else (np.nan, np.nan)
