"""Cosby, Hornberger, Clapp and Ginn (1984), Water Resour. Res. 20, 682-690: the power law of Clapp & Hornberger.

psi = psi_s (theta / theta_s)^-b,  K = K_s (theta / theta_s)^(2 b + 3), with each parameter a line in texture.
`ch78` takes one particle size for each parameter, as the Community Land Model does (Oleson et al. 2004; Zhao et al.
2025 eqs. 6-8); `cosby84` takes two.
"""

from __future__ import annotations

from typing import NamedTuple

from vadose.arrays import Array, namespace
from vadose.constants import LN_10
from vadose.soil.pedotransfer.contract import PedotransferFunction, Prediction
from vadose.soil.retention.power_law import Campbell
from vadose.soil.texture import Soil

INCH_PER_HOUR = 0.0254 / 3600.0  # m s-1; JULES and pedon take 25.2 mm for an inch, 0.8 % less
INCH_PER_HOUR_CLM = 7.0556e-6  # m s-1, the rounding that CLM has; Zhao et al. (2025) eq. 6
CM = 0.01  # m


def _campbell(b: Array, percent_s: Array, log_psi_s: Array, log_K_s: Array, inch_per_hour: float) -> Campbell:
    """From b, saturation in %, log10 of the saturation suction in cm and of K_s in inches per hour."""
    xp = namespace(b, percent_s)
    psi_s = -CM * xp.exp(LN_10 * log_psi_s)
    return Campbell(percent_s / 100.0, psi_s, b, inch_per_hour * xp.exp(LN_10 * log_K_s))


class Retention(NamedTuple):
    """What the lines give for retention: b, 1; saturation, %; log10 of the saturation suction in cm."""

    b: Array
    percent_s: Array
    log_psi_s: Array


def univariate(sand: Array, clay: Array) -> Retention:
    """Retention from one particle size for each parameter, sand and clay in % by mass. Source: Cosby et al. (1984)."""
    return Retention(2.91 + 0.159 * clay, 48.9 - 0.126 * sand, 1.88 - 0.0131 * sand)


def _predict_univariate(soil: Soil) -> Prediction:
    sand, clay, silt = soil.sand, soil.clay, soil.silt
    found = univariate(sand, clay)
    closure = _campbell(
        b=found.b,
        percent_s=found.percent_s,
        log_psi_s=found.log_psi_s,
        log_K_s=-0.884 + 0.0153 * sand,
        inch_per_hour=INCH_PER_HOUR_CLM,
    )
    spread = {
        "b": 1.34 + 0.05 * clay,
        "theta_s": (7.73 - 0.073 * clay) / 100.0,
        "log10_K_s": 0.459 + 0.00321 * silt,
    }
    return Prediction(closure, spread=spread)


def _predict_multivariate(soil: Soil) -> Prediction:
    sand, clay = soil.sand, soil.clay
    closure = _campbell(
        b=3.10 + 0.157 * clay - 0.003 * sand,
        percent_s=50.5 - 0.142 * sand - 0.037 * clay,
        log_psi_s=2.17 - 0.0063 * clay - 0.0158 * sand,
        log_K_s=-0.60 + 0.0126 * sand - 0.0064 * clay,
        inch_per_hour=INCH_PER_HOUR,
    )
    return Prediction(closure)


SOURCE = "Cosby et al. (1984), Water Resour. Res. 20, 682-690"
SAMPLES = "1448 samples of 35 localities in 23 states of the United States"
# Textures of the class means that the lines were fitted to, sand to clay and silty clay (their Table 2).
RANGE = {"sand": (6.0, 92.0), "clay": (3.0, 58.0)}

CH78 = PedotransferFunction(
    name="ch78",
    title="Clapp & Hornberger (1978) power law with the univariate regressions of Cosby et al. (1984), as in CLM",
    source=SOURCE + ", univariate regressions; Clapp & Hornberger (1978)",
    predict=_predict_univariate,
    spread={
        "b": "standard deviation of b among soils of one texture, 1",
        "theta_s": "standard deviation of theta_s among soils of one texture, m3 m-3",
        "log10_K_s": "standard deviation of log10 K_s among soils of one texture, 1",
    },
    valid_range=RANGE,
    samples=SAMPLES,
    closure="Campbell",
)
COSBY84 = PedotransferFunction(
    name="cosby84",
    title="Cosby et al. (1984), multivariate regressions",
    source=SOURCE + ", multivariate regressions",
    predict=_predict_multivariate,
    valid_range=RANGE,
    samples=SAMPLES,
    closure="Campbell",
)
FUNCTIONS = (CH78, COSBY84)
