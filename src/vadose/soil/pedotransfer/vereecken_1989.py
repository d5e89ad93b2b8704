"""Vereecken et al. (1989, 1990): van Genuchten retention with m = 1 and Gardner conductivity of Belgian soils.

Vereecken, H., Maes, J., Feyen, J., Darius, P. (1989): Estimating the soil moisture retention characteristic from
texture, bulk density, and carbon content. Soil Science 148, 389-403, table 7. The same authors without Darius (1990):
Estimating unsaturated hydraulic conductivity from easily measured soil properties. Soil Science 149, 1-12.
n below 1 is meant: with m = 1 the fits to many soils need it.
"""

from __future__ import annotations

from vadose.arrays import namespace
from vadose.soil.pedotransfer.bounded import (
    CM_PER_DAY,
    LEAST_ALPHA,
    LEAST_K_S,
    PER_CM,
    at_least,
    bounded_water_contents,
    same_shape,
)
from vadose.soil.pedotransfer.contract import PedotransferFunction, Prediction
from vadose.soil.retention.van_genuchten_free import VanGenuchtenFree
from vadose.soil.texture import Soil

LEAST_FRACTION = 0.5  # %, of sand, silt and clay in the logarithms
LEAST_CARBON = 0.01  # %, the least of the calibration soils
M = 1.0


def predict(soil: Soil) -> Prediction:
    """Retention by table 7 of 1989, K_s and Gardner's b and N by the regressions of 1990; alpha and b in cm-1."""
    xp = namespace(soil.sand, soil.clay, soil.organic_carbon, soil.bulk_density)
    sand, clay, carbon, density = soil.sand, soil.clay, soil.organic_carbon, soil.bulk_density / 1000.0
    theta_s = 0.81 - 0.283 * density + 0.001 * clay
    theta_r = 0.015 + 0.005 * clay + 0.014 * carbon
    ln_alpha = -2.486 + 0.025 * sand - 0.351 * carbon - 2.617 * density - 0.023 * clay
    ln_n = 0.053 - 0.009 * sand - 0.013 * clay + 0.00015 * sand * sand
    some_sand, low_sand = at_least(sand, LEAST_FRACTION)
    some_silt, low_silt = at_least(soil.silt, LEAST_FRACTION)
    some_clay, low_clay = at_least(clay, LEAST_FRACTION)
    some_carbon, low_carbon = at_least(carbon, LEAST_CARBON)
    ln_K = 20.62 - 0.96 * xp.log(some_clay) - 0.66 * xp.log(some_sand) - 0.46 * xp.log(some_carbon) - 8.43 * density
    ln_b = -0.73 - 0.01877 * sand + 0.058 * clay
    ln_N = 1.186 - 0.194 * xp.log(some_clay) - 0.0489 * xp.log(some_silt)
    theta_r, theta_s, limited = bounded_water_contents(theta_r, theta_s)
    alpha, low_alpha = at_least(PER_CM * xp.exp(ln_alpha), LEAST_ALPHA)
    K_s, low_K = at_least(CM_PER_DAY * xp.exp(ln_K), LEAST_K_S)
    leaves = same_shape(theta_r, theta_s, alpha, xp.exp(ln_n), M, K_s, PER_CM * xp.exp(ln_b), xp.exp(ln_N))
    limited = limited | low_sand | low_silt | low_clay | low_carbon | low_alpha | low_K
    return Prediction(VanGenuchtenFree(*leaves), limited)


FUNCTION = PedotransferFunction(
    name="vereecken89",
    title="Vereecken 1989, 1990",
    source="Vereecken et al. (1989), Soil Sci. 148, 389-403, table 7; Vereecken et al. (1990), Soil Sci. 149, 1-12",
    predict=predict,
    inputs=("sand", "clay", "organic_carbon", "bulk_density"),
    valid_range={
        "sand": (5.6, 97.8),
        "clay": (0.0, 54.5),
        "organic_carbon": (0.01, 6.6),
        "bulk_density": (1040.0, 1730.0),
    },
    samples="182 horizons of 40 soil series in northern Belgium",
    closure="VanGenuchtenFree",
)
FUNCTIONS = (FUNCTION,)
