"""Saxton and Rawls (2006), Soil Sci. Soc. Am. J. 70, 1569-1578, Table 1: retention from texture and organic matter.

Retention is the paper's own curve: a power law drier than -33 kPa, a line between -33 kPa and air entry, saturation
above. Density (eqs. 6-10), gravel (eqs. 19-22) and salinity (eqs. 23-24) of the paper stand here too.
Sources disagree in one place: eq. 4 (air entry) takes theta_(S-33) after its own correction (eq. 3), as printed and as
done here; ptfkit takes the uncorrected first step, which differs by up to 3.3 kPa.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vadose.arrays import Array, namespace
from vadose.constants import KPA_TO_HEAD, MM_PER_HOUR
from vadose.soil.pedotransfer.contract import PedotransferFunction, Prediction
from vadose.soil.retention.saxton_rawls import SaxtonRawls
from vadose.soil.texture import PARTICLE_DENSITY, Soil

LN_TENSIONS = np.log(1500.0 / 33.0)  # between wilting point and field capacity
LOWEST_AIR_ENTRY, HIGHEST_AIR_ENTRY = 0.1, 32.0  # kPa; the regression of sands is negative, the curve ends at 33 kPa
LOWEST_THETA, HIGHEST_THETA = 0.005, 0.95  # m3 m-3; pure sand gives theta_1500 < 0, peat theta_33 > 1
SMALLEST_STEP = 0.005  # m3 m-3 between successive water contents; the paper's limit of theta_S - theta_33
DENSITY_FACTORS = (0.9, 1.3)  # range of bulk density over normal density in the paper
OSMOTIC = 36.0  # kPa per dS m-1, osmotic tension of a saturation extract


class Regressions(NamedTuple):
    """What the regressions of Table 1 give, as printed: nothing is clamped, tensions in kPa are positive.

    theta_1500, theta_33, theta_s   m3 m-3   water contents at 1500 and 33 kPa and at saturation
    theta_s33                       m3 m-3   the part of saturation drained at 33 kPa that eq. 4 uses
    psi_e                           kPa      tension at air entry, negative for some sands
    """

    theta_1500: Array
    theta_33: Array
    theta_s33: Array
    theta_s: Array
    psi_e: Array


def regressions(sand: Array, clay: Array, organic_matter: Array) -> Regressions:
    """Eqs. 1-5 of Table 1 from sand, clay and organic matter in % by mass. Source: Saxton & Rawls (2006)."""
    S, C, OM = sand / 100.0, clay / 100.0, organic_matter
    t = -0.024 * S + 0.487 * C + 0.006 * OM + 0.005 * S * OM - 0.013 * C * OM + 0.068 * S * C + 0.031
    theta_1500 = t + (0.14 * t - 0.02)
    t = -0.251 * S + 0.195 * C + 0.011 * OM + 0.006 * S * OM - 0.027 * C * OM + 0.452 * S * C + 0.299
    theta_33 = t + (1.283 * t * t - 0.374 * t - 0.015)
    t = 0.278 * S + 0.034 * C + 0.022 * OM - 0.018 * S * OM - 0.027 * C * OM - 0.584 * S * C + 0.078
    theta_s33 = t + (0.636 * t - 0.107)
    theta_s = theta_33 + theta_s33 - 0.097 * S + 0.043
    return Regressions(theta_1500, theta_33, theta_s33, theta_s, air_entry(sand, clay, theta_s33))


def air_entry(sand: Array, clay: Array, theta_s33: Array) -> Array:
    """Eq. 4: tension at air entry, kPa, from sand and clay, %, and theta_(S-33), m3 m-3; not clamped."""
    S, C, d = sand / 100.0, clay / 100.0, theta_s33
    p = -21.67 * S - 27.93 * C - 81.97 * d + 71.12 * S * d + 8.29 * C * d + 14.05 * S * C + 27.16
    return p + (0.02 * p * p - 0.113 * p - 0.7)


def normal_density(theta_s: Array) -> Array:
    """Eq. 6: density of the fine earth without compaction, (1 - theta_s) 2650 kg m-3."""
    return (1.0 - theta_s) * PARTICLE_DENSITY


def density_adjusted(found: Regressions, sand: Array, clay: Array, density_factor: Array) -> Regressions:
    """Eqs. 7-10: water contents of a soil whose density is `density_factor` times the normal one.

    theta_S' = 1 - factor (1 - theta_S);  theta_33' = theta_33 - 0.2 (theta_S - theta_S')
    theta_(S-33) of eq. 4 changes by as much as theta_S - theta_33, so that a factor of 1 changes nothing.
    """
    theta_s = 1.0 - density_factor * (1.0 - found.theta_s)
    theta_33 = found.theta_33 - 0.2 * (found.theta_s - theta_s)
    theta_s33 = found.theta_s33 + (theta_s - theta_33) - (found.theta_s - found.theta_33)
    return Regressions(found.theta_1500, theta_33, theta_s33, theta_s, air_entry(sand, clay, theta_s33))


def gravel_volume(gravel: Array, matric_density: Array) -> Array:
    """Eq. 19: volume fraction of gravel, 1, from its mass in % and the density of the fine earth, kg m-3."""
    alpha, mass = matric_density / PARTICLE_DENSITY, gravel / 100.0
    return alpha * mass / (1.0 - mass * (1.0 - alpha))


def gravel_conductivity(gravel: Array, matric_density: Array) -> Array:
    """Eq. 22: conductivity of the soil with gravel over that of its fine earth, 1; arguments as in gravel_volume.

    By volume it is 2 (1 - v) / (2 + v), the field around impermeable spheres of Peck & Watson (1979).
    """
    alpha, mass = matric_density / PARTICLE_DENSITY, gravel / 100.0
    return (1.0 - mass) / (1.0 - mass * (1.0 - 1.5 * alpha))


def bulk_density_with_gravel(gravel: Array, matric_density: Array) -> Array:
    """Eq. 20: density of fine earth and gravel together, kg m-3; arguments as in gravel_volume."""
    volume = gravel_volume(gravel, matric_density)
    return matric_density * (1.0 - volume) + PARTICLE_DENSITY * volume


def osmotic_head(electrical_conductivity: Array, theta: Array, theta_s: Array) -> Array:
    """Eqs. 23-24: osmotic head, m, negative: -36 EC theta_s / theta kPa. The salt stays while the soil dries.

    electrical_conductivity   dS m-1   of the saturation extract
    theta, theta_s            m3 m-3   water content, now and at saturation
    """
    return -OSMOTIC * electrical_conductivity * theta_s / theta * KPA_TO_HEAD


def _organic_matter(soil: Soil) -> Array:
    return 0.0 if soil.organic_carbon is None else soil.organic_matter


def _predict(soil: Soil) -> Prediction:
    found = regressions(soil.sand, soil.clay, _organic_matter(soil))
    return _closure(soil, found, normal_density(found.theta_s), False)


def _predict_with_density(soil: Soil) -> Prediction:
    normal = regressions(soil.sand, soil.clay, _organic_matter(soil))
    factor = soil.bulk_density / normal_density(normal.theta_s)
    xp = namespace(factor)
    low, high = DENSITY_FACTORS
    clipped = (factor < low) | (factor > high)
    factor = xp.clip(factor, low, high)
    found = density_adjusted(normal, soil.sand, soil.clay, factor)
    return _closure(soil, found, normal_density(normal.theta_s), clipped)


def _closure(soil: Soil, found: Regressions, normal: Array, limited: Array) -> Prediction:
    """Clamp to what is possible, then thin by gravel: stones hold no water and lengthen the way."""
    xp = namespace(found.theta_s)
    theta_1500 = xp.clip(found.theta_1500, LOWEST_THETA, HIGHEST_THETA - 2.0 * SMALLEST_STEP)
    theta_33 = xp.clip(found.theta_33, theta_1500 + SMALLEST_STEP, HIGHEST_THETA - SMALLEST_STEP)
    theta_s = xp.clip(found.theta_s, theta_33 + SMALLEST_STEP, HIGHEST_THETA)
    psi_e = xp.clip(found.psi_e, LOWEST_AIR_ENTRY, HIGHEST_AIR_ENTRY)
    limited = limited | (theta_1500 != found.theta_1500) | (theta_33 != found.theta_33)
    limited = limited | (theta_s != found.theta_s) | (psi_e != found.psi_e)
    lambda_ = xp.log(theta_33 / theta_1500) / LN_TENSIONS
    K_s = 1930.0 / MM_PER_HOUR * xp.exp((3.0 - lambda_) * xp.log(theta_s - theta_33))
    density = normal_density(theta_s)
    extra = {"normal_density": normal, "bulk_density": density, "psi_e": -psi_e * KPA_TO_HEAD, "lambda": lambda_}
    if soil.gravel is not None:
        fine = 1.0 - gravel_volume(soil.gravel, density)
        theta_1500, theta_33, theta_s = fine * theta_1500, fine * theta_33, fine * theta_s
        K_s = K_s * gravel_conductivity(soil.gravel, density)
        extra["bulk_density"] = bulk_density_with_gravel(soil.gravel, density)
    extra |= {"theta_1500": theta_1500, "theta_33": theta_33}
    retention = SaxtonRawls(theta_33, theta_1500, theta_s, -psi_e * KPA_TO_HEAD, K_s)
    return Prediction(retention, limited, extra=extra)


EXTRA = {
    "theta_1500": "water content at -1500 kPa, m3 m-3",
    "theta_33": "water content at -33 kPa, m3 m-3",
    "psi_e": "matric head at air entry, m, not above -0.1 kPa",
    "lambda": "inverse of the slope B of the dry retention curve, 1",
    "normal_density": "density of the fine earth without compaction, kg m-3",
    "bulk_density": "density of the soil with its gravel, kg m-3",
}
SOURCE = "Saxton & Rawls (2006), Soil Sci. Soc. Am. J. 70, 1569-1578, Table 1"
SAMPLES = "1722 A horizons of the United States (USDA/NRCS)"
RANGE = {"clay": (0.0, 60.0), "organic_matter": (0.0, 8.0)}

SR06 = PedotransferFunction(
    name="sr06",
    title="Saxton and Rawls (2006) at normal density",
    source=SOURCE,
    predict=_predict,
    optional=("organic_carbon", "gravel"),
    valid_range=RANGE,
    extra=EXTRA,
    samples=SAMPLES,
    closure="SaxtonRawls",
)
SR06_DENSITY = PedotransferFunction(
    name="sr06-density",
    title="Saxton and Rawls (2006) with measured bulk density",
    source=SOURCE + ", eqs. 6-10",
    predict=_predict_with_density,
    inputs=("sand", "clay", "bulk_density"),
    optional=("organic_carbon", "gravel"),
    valid_range=RANGE,
    extra=EXTRA,
    samples=SAMPLES,
    closure="SaxtonRawls",
)
FUNCTIONS = (SR06, SR06_DENSITY)
