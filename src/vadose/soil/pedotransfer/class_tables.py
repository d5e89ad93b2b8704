"""Look-up by USDA texture class, as land models do it: one set of parameters a class, of `land_tables`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vadose.arrays import Array, namespace
from vadose.constants import LN_10
from vadose.soil.classes import USDA_CLASSES, usda_class
from vadose.soil.pedotransfer.contract import PedotransferFunction, Prediction
from vadose.soil.pedotransfer.cosby_1984 import CM, INCH_PER_HOUR
from vadose.soil.pedotransfer.land_tables import CLAPP_HORNBERGER, COSBY, NOAH, RAWLS
from vadose.soil.retention.power_law import BrooksCorey, Campbell
from vadose.soil.texture import Soil

SILT = USDA_CLASSES.index("silt")


def look_up(table: Mapping[str, tuple[float, ...]], codes: Array) -> dict[str, Array]:
    """The values of a table of `land_tables` for class numbers of `usda_class`; NaN where the number is -1."""
    xp = namespace(codes)
    safe = xp.where(codes < 0, 0, codes)
    return {name: xp.where(codes < 0, np.nan, xp.asarray(values)[safe]) for name, values in table.items()}


def _codes(soil: Soil) -> Array:
    return usda_class(soil.sand, soil.clay)


def _predict_clapp_hornberger(soil: Soil) -> Prediction:
    codes = _codes(soil)
    row = look_up(CLAPP_HORNBERGER, codes)
    closure = Campbell(row["theta_s"], -CM * row["suction_cm"], row["b"], CM / 60.0 * row["K_s_cm_min"])
    return Prediction(closure, limited=codes == SILT)


def _predict_cosby(soil: Soil) -> Prediction:
    codes = _codes(soil)
    row, xp = look_up(COSBY, codes), namespace(codes)
    psi_s = -CM * xp.exp(LN_10 * row["log10_suction_cm"])
    K_s = INCH_PER_HOUR * xp.exp(LN_10 * row["log10_K_s_inch_h"])
    return Prediction(Campbell(row["theta_s"], psi_s, row["b"], K_s), limited=codes == SILT)


def _predict_rawls(soil: Soil) -> Prediction:
    codes = _codes(soil)
    row = look_up(RAWLS, codes)
    psi_b, K_s = -CM * row["suction_cm"], CM / 3600.0 * row["K_s_cm_h"]
    closure = BrooksCorey(row["theta_r"], row["theta_s"], psi_b, row["lambda"], K_s)
    return Prediction(closure, limited=codes == SILT)


def _predict_noah(soil: Soil) -> Prediction:
    row = look_up(NOAH, _codes(soil))
    closure = Campbell(row["theta_s"], -row["suction_m"], row["b"], row["K_s_m_s"])
    return Prediction(closure, extra={name: row[name] for name in ("critical_point", "wilting_point")})


CH78_CLASS = PedotransferFunction(
    name="ch78-class",
    title="Clapp & Hornberger (1978) by texture class",
    source="Clapp & Hornberger (1978), Water Resour. Res. 14, 601-604, Table 2",
    predict=_predict_clapp_hornberger,
    samples="1446 samples of 34 localities in the United States; silt is taken for silt loam and flagged",
    closure="Campbell",
)
COSBY84_CLASS = PedotransferFunction(
    name="cosby84-class",
    title="Cosby et al. (1984) by texture class",
    source="Cosby et al. (1984), Water Resour. Res. 20, 682-690, Table 3",
    predict=_predict_cosby,
    samples="1448 samples of the United States; silt is taken for silt loam and flagged",
    closure="Campbell",
)
RAWLS82_CLASS = PedotransferFunction(
    name="rawls82-class",
    title="Rawls, Brakensiek & Saxton (1982) by texture class",
    source="Rawls et al. (1982), Trans. ASAE 25, 1316-1320, Table 2",
    predict=_predict_rawls,
    samples="5350 horizons of 1323 soils of the United States; silt is taken for silt loam and flagged",
    closure="BrooksCorey",
)
NOAH_CLASS = PedotransferFunction(
    name="noah",
    title="Noah and Noah-MP look-up table (STAS)",
    source="Noah-MP 5 soil table STAS (He et al. 2023), after Cosby et al. (1984)",
    predict=_predict_noah,
    extra={
        "critical_point": "REFSMC, the water content below which evapotranspiration is limited, m3 m-3",
        "wilting_point": "WLTSMC, the water content at which transpiration ends, m3 m-3",
    },
    samples="as Cosby et al. (1984)",
    closure="Campbell",
)
FUNCTIONS = (CH78_CLASS, COSBY84_CLASS, RAWLS82_CLASS, NOAH_CLASS)
