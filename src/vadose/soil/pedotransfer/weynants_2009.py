"""Weynants et al. (2009): van Genuchten-Mualem parameters from Vereecken's Belgian soils, as corrected in 2017.

Weynants, M., Vereecken, H., Javaux, M. (2009): Revisiting Vereecken pedotransfer functions: introducing a closed-form
hydraulic model. Vadose Zone Journal 8, 86-95. Weihermueller, L., Herbst, M., Javaux, M., Weynants, M. (2017): Erratum.
Vadose Zone Journal 16(1). The paper prints the coefficient of sand^2 in ln(n - 1) with one digit, 0.0001, which makes
n - 1 of sands a quarter too small; the corrected one is 0.000137. The conductivity is that of the matrix: it does not
hold at heads above -6 cm, where macropores conduct.
"""

from __future__ import annotations

from typing import NamedTuple

from vadose.arrays import namespace
from vadose.soil.pedotransfer.bounded import CM_PER_DAY, PER_CM, bounded_van_genuchten
from vadose.soil.pedotransfer.contract import PedotransferFunction, Prediction
from vadose.soil.texture import Soil


class Coefficients(NamedTuple):
    """Coefficients of one edition of the function, for percent, g cm-3, cm-1 and cm d-1.

    theta_s     1, clay, bulk density
    ln_alpha    1, clay, sand, organic carbon
    ln_n        1, clay, sand, sand^2, of ln(n - 1)
    ln_K        1, sand, bulk density, organic carbon
    tau         1, clay, sand
    """

    theta_s: tuple[float, float, float]
    ln_alpha: tuple[float, float, float, float]
    ln_n: tuple[float, float, float, float]
    ln_K: tuple[float, float, float, float]
    tau: tuple[float, float, float]


PRINTED = Coefficients(  # Weynants et al. (2009), as printed
    theta_s=(0.6355, 0.0013, -0.1631),
    ln_alpha=(-4.3003, -0.0097, 0.0138, -0.0992),
    ln_n=(-1.0846, -0.0236, -0.0085, 0.0001),
    ln_K=(1.9582, 0.0308, -0.6142, -0.1566),
    tau=(-1.8642, -0.1317, 0.0067),
)
CORRECTED = Coefficients(  # with all digits, as the authors use them since the erratum of 2017
    theta_s=(0.6355365504, 0.0012807613, -0.1630910071),
    ln_alpha=(-4.3003420026, -0.0096851210, 0.0137763939, -0.0992391618),
    ln_n=(-1.0846069190, -0.0235654376, -0.0085043044, 0.0001369944),
    ln_K=(1.9581584626, 0.0308449531, -0.6141610130, -0.1565557100),
    tau=(-1.8641969563, -0.1317363417, 0.0067082506),
)


def predict(soil: Soil, coefficients: Coefficients = CORRECTED) -> Prediction:
    """Van Genuchten-Mualem parameters by one edition of the coefficients; theta_r is 0."""
    xp = namespace(soil.sand, soil.clay, soil.organic_carbon, soil.bulk_density)
    sand, clay, carbon, density = soil.sand, soil.clay, soil.organic_carbon, soil.bulk_density / 1000.0
    c = coefficients
    theta_s = c.theta_s[0] + c.theta_s[1] * clay + c.theta_s[2] * density
    ln_alpha = c.ln_alpha[0] + c.ln_alpha[1] * clay + c.ln_alpha[2] * sand + c.ln_alpha[3] * carbon
    ln_n = c.ln_n[0] + c.ln_n[1] * clay + c.ln_n[2] * sand + c.ln_n[3] * xp.square(sand)
    ln_K = c.ln_K[0] + c.ln_K[1] * sand + c.ln_K[2] * density + c.ln_K[3] * carbon
    tau = c.tau[0] + c.tau[1] * clay + c.tau[2] * sand
    closure, limited = bounded_van_genuchten(
        0.0, theta_s, PER_CM * xp.exp(ln_alpha), 1.0 + xp.exp(ln_n), CM_PER_DAY * xp.exp(ln_K), tau
    )
    return Prediction(closure, limited)


FUNCTION = PedotransferFunction(
    name="weynants09",
    title="Weynants 2009, with the erratum of 2017",
    source="Weynants, Vereecken & Javaux (2009), Vadose Zone J. 8, 86-95; Weihermueller et al. (2017), erratum",
    predict=predict,
    inputs=("sand", "clay", "organic_carbon", "bulk_density"),
    valid_range={
        "sand": (5.6, 97.8),
        "clay": (0.0, 54.5),
        "organic_carbon": (0.01, 6.6),
        "bulk_density": (1040.0, 1730.0),
    },
    samples="from Vereecken's 182 horizons of 40 soil series in northern Belgium",
)
FUNCTIONS = (FUNCTION,)
