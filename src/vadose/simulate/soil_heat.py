"""Heat in the soil of columns: conductivity scheme and heat capacity of the solids by preset."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.constants import HEAT_MINERAL, HEAT_ORGANIC
from vadose.flow.heat_conductivity import NoahJohansen
from vadose.soil.classes import usda_class
from vadose.soil.thermal import Johansen
from vadose.soil.thermal.johansen import WATER

if TYPE_CHECKING:
    from vadose.simulate.soil_texture import Texture

# Quartz, 1, of the solids by USDA class: Noah-MP 5 (He et al. 2023), after Peters-Lidard et al. (1998), Table 2.
QUARTZ = (0.92, 0.82, 0.60, 0.25, 0.10, 0.40, 0.60, 0.10, 0.35, 0.52, 0.10, 0.25)
NOAH_SOLIDS_HEAT = 2.0e6  # J m-3 K-1, Noah-MP 5 (He et al. 2023)
PEAT_DRY, PEAT_SOLIDS = 0.05, 0.25  # W m-1 K-1, of dry peat and of its solids; Farouki (1981), Lawrence & Slater (2008)


def thermal_scheme(preset: str, texture: Texture, retention: Any, peat: np.ndarray | None) -> Any:
    """The conductivity scheme of the layers, leaves [layer, column].

    noahmp        NoahJohansen with the quartz of the texture class
    clm, vadose   Johansen with the sand for the quartz; its terms mixed with those of peat where there is any:
                  dry conductivity by volume, saturated as the geometric mean (Lawrence & Slater 2008)
    peat          [layer, column] volume fraction, or None
    """
    porosity = np.asarray(retention.theta_s, dtype=float)
    if preset == "noahmp":
        quartz = np.asarray(QUARTZ)[np.asarray(usda_class(texture.sand, texture.clay))]
        return NoahJohansen.from_soil(quartz, porosity)
    made = Johansen.from_soil(texture.sand, texture.clay, porosity)
    dry, sat = made.lambda_dry, made.lambda_sat
    if peat is not None:
        dry = (1.0 - peat) * dry + peat * PEAT_DRY
        wet_peat = PEAT_SOLIDS ** (1.0 - porosity) * WATER**porosity
        sat = np.exp((1.0 - peat) * np.log(sat) + peat * np.log(wet_peat))
    return Johansen(dry, sat, porosity, np.broadcast_to(made.slope, porosity.shape).astype(float))


def solids_heat(preset: str, texture: Texture, peat: np.ndarray | None) -> np.ndarray:
    """Heat capacity of a volume of solids, [layer, column] J m-3 K-1, of minerals and peat by volume."""
    shape = texture.sand.shape
    if preset == "noahmp":
        return np.full(shape, NOAH_SOLIDS_HEAT)
    share = np.zeros(shape) if peat is None else peat
    return np.asarray((1.0 - share) * HEAT_MINERAL + share * HEAT_ORGANIC)
