"""Hodnett and Tomasella (2002): van Genuchten retention parameters of tropical soils.

Hodnett, M. G., Tomasella, J. (2002): Marked differences between van Genuchten soil water-retention parameters for
temperate and tropical soils. Geoderma 108, 155-180: table 8, whose coefficients are 100-fold, alpha in kPa-1.
The paper predicts no conductivity: K_s here is that of Cosby et al. (1984), Water Resour. Res. 20, 682-690, table 5.
"""

from __future__ import annotations

from vadose.arrays import Array, namespace
from vadose.constants import KPA_TO_HEAD, LN_10
from vadose.soil.pedotransfer.bounded import bounded_van_genuchten
from vadose.soil.pedotransfer.contract import PedotransferFunction, Prediction
from vadose.soil.pedotransfer.cosby_1984 import INCH_PER_HOUR
from vadose.soil.texture import Soil

MEAN_PH = 5.8  # of the calibration soils, taken where the soil has none
MEAN_CEC = 15.0  # cmol kg-1, likewise
TAU = 0.5  # Mualem (1976)


def predict(soil: Soil) -> Prediction:
    """Van Genuchten parameters by regression. Source: table 8, third step; K_s by Cosby et al. (1984)."""
    xp = namespace(soil.sand, soil.clay, soil.organic_carbon, soil.bulk_density, soil.pH, soil.cec)
    sand, silt, clay, carbon = soil.sand, soil.silt, soil.clay, soil.organic_carbon
    pH: Array = MEAN_PH if soil.pH is None else soil.pH
    cec: Array = MEAN_CEC if soil.cec is None else soil.cec
    ln_alpha = -2.294 - 3.526 * silt + 2.440 * carbon - 0.076 * cec - 11.331 * pH + 0.019 * silt * silt
    ln_n = 62.986 - 0.833 * clay - 0.529 * carbon + 0.593 * pH + 0.007 * clay * clay - 0.014 * sand * silt
    theta_s = 81.799 + 0.099 * clay - 31.42 * soil.bulk_density / 1000.0 + 0.018 * cec + 0.451 * pH
    theta_s = theta_s - 0.0005 * sand * clay
    theta_r = 22.733 - 0.164 * sand + 0.235 * cec - 0.831 * pH + 0.0018 * clay * clay + 0.0026 * sand * clay
    alpha = xp.exp(ln_alpha / 100.0) / KPA_TO_HEAD
    K_s = INCH_PER_HOUR * xp.exp(LN_10 * (-0.6 + 0.0126 * sand - 0.0064 * clay))
    closure, limited = bounded_van_genuchten(theta_r / 100.0, theta_s / 100.0, alpha, xp.exp(ln_n / 100.0), K_s, TAU)
    return Prediction(closure, limited)


FUNCTION = PedotransferFunction(
    name="hodnett02",
    title="Hodnett & Tomasella 2002, tropical soils (K_s: Cosby 1984)",
    source="Hodnett & Tomasella (2002), Geoderma 108, 155-180, table 8; K_s: Cosby et al. (1984), table 5",
    predict=predict,
    inputs=("sand", "clay", "organic_carbon", "bulk_density"),
    optional=("pH", "cec"),
    valid_range={"bulk_density": (800.0, 2650.0)},  # lighter soils, most of them Andosols, came out wrong
    samples="IGBP-DIS: 771 horizons of 249 profiles in 22 tropical countries, 492 for the fit",
)
FUNCTIONS = (FUNCTION,)
