"""Wosten et al. (1999), the HYPRES functions for European soils: one continuous, one by texture class.

Wosten, J. H. M., Lilly, A., Nemes, A., Le Bas, C. (1999): Development and use of a database of hydraulic properties of
European soils. Geoderma 90, 169-185: class parameters in table 4, continuous functions in table 5.
"""

from __future__ import annotations

import numpy as np

from vadose.arrays import Array, namespace
from vadose.soil.classes import hypres_class
from vadose.soil.pedotransfer.bounded import CM_PER_DAY, PER_CM, at_least, bounded_van_genuchten, topsoil
from vadose.soil.pedotransfer.contract import PedotransferFunction, Prediction
from vadose.soil.texture import OM_PER_SOC, Soil

THETA_R = 0.01  # m3 m-3, fixed in the fits
LEAST_ORGANIC_MATTER = 0.1  # %, below it 1/OM drives alpha and n out of bounds
LEAST_SILT = 0.5  # %
LEAST_CLAY = 0.5  # %
ORGANIC_CARBON_OF_PEAT = 12.0  # %, from here on the class of organic soils; about 20 % organic matter

# Table 4: theta_r, theta_s (m3 m-3), alpha (cm-1), n, l, K_s (cm d-1), from coarse to very fine, then organic.
TOPSOIL = np.array(
    [
        [0.025, 0.403, 0.0383, 1.3774, 1.2500, 60.000],
        [0.010, 0.439, 0.0314, 1.1804, -2.3421, 12.061],
        [0.010, 0.430, 0.0083, 1.2539, -0.5884, 2.272],
        [0.010, 0.520, 0.0367, 1.1012, -1.9772, 24.800],
        [0.010, 0.614, 0.0265, 1.1033, 2.5000, 15.000],
        [0.010, 0.766, 0.0130, 1.2039, 0.4000, 8.000],
    ]
)
SUBSOIL = np.array(
    [
        [0.025, 0.366, 0.0430, 1.5206, 1.2500, 70.000],
        [0.010, 0.392, 0.0249, 1.1689, -0.7437, 10.755],
        [0.010, 0.412, 0.0082, 1.2179, 0.5000, 4.000],
        [0.010, 0.481, 0.0198, 1.0861, -3.7124, 8.500],
        [0.010, 0.538, 0.0168, 1.0730, 0.0001, 8.235],
        [0.010, 0.766, 0.0130, 1.2039, 0.4000, 8.000],
    ]
)


def class_parameters(soil: Soil, top: np.ndarray, sub: np.ndarray) -> tuple[Array, ...]:
    """Columns of the tables `top` and `sub`, [class, parameter], at the soil's HYPRES class; NaN where it has none.

    Class 5 is that of organic soils, where organic carbon is given and at least 12 %.
    """
    xp = namespace(soil.sand, soil.clay, soil.organic_carbon)
    index = hypres_class(soil.sand, soil.clay)
    known = index >= 0
    if soil.organic_carbon is not None:
        index = xp.where(soil.organic_carbon >= ORGANIC_CARBON_OF_PEAT, 5, index)
        known = known & xp.isfinite(soil.organic_carbon)
    index = xp.where(known, index, 0)
    above = topsoil(soil) > 0.5
    return tuple(
        xp.where(known, xp.where(above, xp.asarray(top[:, j])[index], xp.asarray(sub[:, j])[index]), np.nan)
        for j in range(top.shape[1])
    )


def predict_class(soil: Soil) -> Prediction:
    """Van Genuchten parameters of the soil's HYPRES class, top- or subsoil. Source: table 4."""
    theta_r, theta_s, alpha, n, tau, K_s = class_parameters(soil, TOPSOIL, SUBSOIL)
    closure, _ = bounded_van_genuchten(theta_r, theta_s, PER_CM * alpha, n, CM_PER_DAY * K_s, tau)
    return Prediction(closure)


def predict(soil: Soil) -> Prediction:
    """Van Genuchten parameters by regression on texture, organic matter, density and depth. Source: table 5.

    C clay, S silt, OM organic matter in %, D bulk density in g cm-3, T 1 in the topsoil.
    """
    xp = namespace(soil.sand, soil.clay, soil.organic_carbon, soil.bulk_density)
    OM, low_om = at_least(soil.organic_matter, LEAST_ORGANIC_MATTER)
    C, low_clay = at_least(soil.clay, LEAST_CLAY)
    S, low_silt = at_least(soil.silt, LEAST_SILT)
    D, T = soil.bulk_density / 1000.0, topsoil(soil)
    theta_s = _theta_s(C, S, OM, D, T)
    alpha = PER_CM * xp.exp(_ln_alpha(C, S, OM, D, T))
    n = 1.0 + xp.exp(_ln_n_less_1(C, S, OM, D, T))
    K_s = CM_PER_DAY * xp.exp(_ln_K_s(C, S, OM, D, T))
    # The table gives l* = ln[(l + 10) / (10 - l)], which keeps l between -10 and 10.
    tau = 10.0 * xp.tanh(0.5 * _l_star(C, S, OM, D))
    closure, limited = bounded_van_genuchten(THETA_R, theta_s, alpha, n, K_s, tau)
    return Prediction(closure, limited | low_om | low_clay | low_silt)


def _theta_s(C: Array, S: Array, OM: Array, D: Array, T: Array) -> Array:
    mineral = 0.7919 + 0.001691 * C - 0.29619 * D - 1.419e-6 * S * S + 0.02427 / C + 0.01113 / S
    organic = 8.21e-5 * OM * OM - 7.33e-5 * OM * C - 0.001183 * D * OM
    return mineral + organic + 0.01472 * namespace(S).log(S) - 0.000619 * D * C - 0.0001664 * T * S


def _ln_alpha(C: Array, S: Array, OM: Array, D: Array, T: Array) -> Array:
    log = namespace(S, OM).log
    mineral = -14.96 + 0.03135 * C + 0.0351 * S + 15.29 * D - 4.671 * D * D - 0.000781 * C * C + 0.0663 * log(S)
    organic = 0.646 * OM - 0.00687 * OM * OM + 0.0449 / OM + 0.1482 * log(OM) - 0.4852 * D * OM
    return mineral + organic - 0.04546 * D * S - 0.192 * T + 0.00673 * T * C


def _ln_n_less_1(C: Array, S: Array, OM: Array, D: Array, T: Array) -> Array:
    log = namespace(S, OM, D).log
    mineral = -25.23 - 0.02195 * C + 0.0074 * S + 0.0003658 * C * C - 0.1524 / S - 0.2876 * log(S)
    organic = -0.1940 * OM + 0.002885 * OM * OM - 0.01958 / OM - 0.0709 * log(OM) + 0.0896 * D * OM
    density = 45.5 * D - 7.24 * D * D - 12.81 / D - 44.6 * log(D) - 0.02264 * D * C
    return mineral + organic + density + 0.00718 * T * C


def _l_star(C: Array, S: Array, OM: Array, D: Array) -> Array:
    organic = -0.001136 * OM * OM - 0.2316 * namespace(OM).log(OM) + 0.0488 * D * OM
    return 0.0202 + 0.0006193 * C * C + organic - 0.03544 * D * C + 0.00283 * D * S


def _ln_K_s(C: Array, S: Array, OM: Array, D: Array, T: Array) -> Array:
    mineral = 7.755 + 0.0352 * S - 0.967 * D * D - 0.000484 * C * C - 0.000322 * S * S + 0.001 / S
    organic = -0.0748 / OM - 0.1673 * D * OM
    depth = 0.93 * T + 0.02986 * T * C - 0.03305 * T * S
    return mineral + organic + depth - 0.643 * namespace(S).log(S) - 0.01398 * D * C


SOURCE = "Wosten, Lilly, Nemes & Le Bas (1999), Geoderma 90, 169-185"
SAMPLES = "HYPRES: 5521 horizons of 12 European countries, 4030 of them with both hydraulic functions"

CONTINUOUS = PedotransferFunction(
    name="wosten99",
    title="Wosten 1999, HYPRES, continuous",
    source=f"{SOURCE}, table 5",
    predict=predict,
    inputs=("sand", "clay", "organic_carbon", "bulk_density"),
    optional=("depth",),
    # The paper prints no ranges: below these the inverse terms rule, above 12 % carbon soils are organic.
    valid_range={
        "silt": (LEAST_SILT, 100.0),
        "clay": (LEAST_CLAY, 100.0),
        "organic_carbon": (LEAST_ORGANIC_MATTER / OM_PER_SOC, ORGANIC_CARBON_OF_PEAT),
    },
    samples=SAMPLES,
)
CLASS = PedotransferFunction(
    name="wosten99-class",
    title="Wosten 1999, HYPRES, by texture class",
    source=f"{SOURCE}, table 4",
    predict=predict_class,
    optional=("depth", "organic_carbon"),
    samples=SAMPLES,
)
FUNCTIONS = (CONTINUOUS, CLASS)
