"""Toth et al. (2015): van Genuchten-Mualem parameters of European soils, continuous and by texture class.

Toth, B., Weynants, M., Nemes, A., Mako, A., Bilas, G., Toth, G. (2015): New generation of hydraulic pedotransfer
functions for Europe. European Journal of Soil Science 66, 226-238. Retention by equation 21, K_s by the regression tree
of equation 16, class parameters by equation 18 (digits and residuals from the authors' package euptf 1.4).
"""

from __future__ import annotations

import numpy as np

from vadose.arrays import Array, namespace
from vadose.constants import LN_10
from vadose.soil.pedotransfer.bounded import CM_PER_DAY, PER_CM, bounded_van_genuchten, topsoil
from vadose.soil.pedotransfer.contract import PedotransferFunction, Prediction
from vadose.soil.pedotransfer.wosten_1999 import ORGANIC_CARBON_OF_PEAT, class_parameters
from vadose.soil.texture import Soil

TAU = 0.5  # Mualem (1976); the paper predicts none with equation 21
RESIDUAL = {"theta_s": 0.0717, "log10_alpha": 0.833, "log10_n_less_1": 0.413, "log10_K_s": 1.01}

# Equation 18: theta_r, theta_s (m3 m-3), alpha (cm-1), n, l, K_0 (cm d-1), from coarse to very fine, then organic.
TOPSOIL = np.array(
    [
        [0.044977, 0.438405, 0.047782, 1.344681, -2.558692, 17.303220],
        [0.000000, 0.459179, 0.030930, 1.191997, -3.856962, 12.491309],
        [0.000000, 0.432268, 0.009386, 1.211927, -4.446000, 1.676205],
        [0.000000, 0.478315, 0.040344, 1.117633, -4.703990, 40.189521],
        [0.000000, 0.521940, 0.011209, 1.143264, -5.000000, 2.689427],
        [0.111491, 0.696872, 0.006924, 1.468795, 0.328382, 1.418251],
    ]
)
SUBSOIL = np.array(
    [
        [0.056946, 0.404033, 0.042609, 1.534864, -1.819139, 9.676668],
        [0.000000, 0.428037, 0.034684, 1.172461, -4.986919, 11.776178],
        [0.000000, 0.417551, 0.006565, 1.217271, -3.376124, 1.869766],
        [0.000000, 0.430075, 0.001069, 1.229015, -1.848580, 0.068566],
        [0.000000, 0.510736, 0.000244, 1.404836, 5.000000, 0.018950],
        [0.000000, 0.835263, 0.011310, 1.225589, 2.733655, 10.812092],
    ]
)


def predict_class(soil: Soil) -> Prediction:
    """Van Genuchten parameters of the soil's FAO texture class, top- or subsoil. Source: equation 18."""
    theta_r, theta_s, alpha, n, tau, K_s = class_parameters(soil, TOPSOIL, SUBSOIL)
    closure, _ = bounded_van_genuchten(theta_r, theta_s, PER_CM * alpha, n, CM_PER_DAY * K_s, tau)
    return Prediction(closure)


def log10_K_s(sand: Array, silt: Array, clay: Array, carbon: Array, above: Array) -> Array:
    """log10 of K_s in cm d-1 by the regression tree of equation 16; `above` is True in the topsoil."""
    xp = namespace(sand, silt, clay, carbon, above)
    poor = xp.where(sand < 5.77, -0.11, xp.where(sand < 69.72, 1.28, 1.96))
    middling = xp.where(clay >= 37.4, 0.67, 1.53)
    rich_top = xp.where(silt < 10.85, 0.01, xp.where(carbon < 1.52, 1.82, xp.where(carbon < 1.54, -0.46, 1.72)))
    richest_top = xp.where(sand >= 38.95, 1.44, xp.where(carbon < 2.42, 1.82, -0.22))
    top = xp.where(carbon < 2.09, rich_top, xp.where(carbon < 2.10, -0.87, richest_top))
    sub = xp.where(carbon < 1.54, xp.where(carbon < 1.52, 1.13, -0.75), xp.where(carbon < 2.04, 1.33, -0.25))
    sub = xp.where(carbon < 0.97, -0.95, sub)
    rich = xp.where(above, top, sub)
    tree = xp.where(carbon < 0.41, xp.where(silt >= 32.11, -1.81, -0.40), xp.where(carbon < 0.96, middling, rich))
    return xp.where(carbon < 0.07, 0.55, xp.where(carbon < 0.40, poor, tree))


def predict(soil: Soil) -> Prediction:
    """Van Genuchten parameters by equation 21, K_s by equation 16."""
    xp = namespace(soil.sand, soil.clay, soil.organic_carbon, soil.bulk_density, soil.depth)
    sand, silt, clay, carbon = soil.sand, soil.silt, soil.clay, soil.organic_carbon
    density, top = soil.bulk_density / 1000.0, topsoil(soil)
    theta_r = xp.where(sand >= 2.0, 0.041, 0.179)
    theta_s = 0.83080 - 0.28217 * density + 0.0002728 * clay + 0.000187 * silt
    log10_alpha = -0.43348 - 0.41729 * density - 0.04762 * carbon + 0.21810 * top - 0.01581 * clay - 0.01207 * silt
    log10_n = 0.22236 - 0.30189 * density - 0.05558 * top - 0.005306 * clay - 0.003084 * silt - 0.01072 * carbon
    alpha = PER_CM * xp.exp(LN_10 * log10_alpha)
    K_s = CM_PER_DAY * xp.exp(LN_10 * log10_K_s(sand, silt, clay, carbon, top > 0.5))
    closure, limited = bounded_van_genuchten(theta_r, theta_s, alpha, 1.0 + xp.exp(LN_10 * log10_n), K_s, TAU)
    spread = {name: value + 0.0 * closure.theta_s for name, value in RESIDUAL.items()}
    return Prediction(closure, limited, spread)


SOURCE = "Toth et al. (2015), European J. Soil Sci. 66, 226-238"
SAMPLES = "EU-HYDI: 18 682 samples of 18 European countries"

CONTINUOUS = PedotransferFunction(
    name="toth15",
    title="Toth 2015, EU-HYDI, continuous",
    source=f"{SOURCE}, equations 16 and 21",
    predict=predict,
    inputs=("sand", "clay", "organic_carbon", "bulk_density"),
    optional=("depth",),
    valid_range={"organic_carbon": (0.0, ORGANIC_CARBON_OF_PEAT)},  # above it the class of organic soils holds
    spread={
        "theta_s": "m3 m-3, root mean square residual of theta_s",
        "log10_alpha": "1, root mean square residual of log10(alpha)",
        "log10_n_less_1": "1, root mean square residual of log10(n - 1)",
        "log10_K_s": "1, root mean square residual of log10(K_s) in the leaves of the tree",
    },
    samples=f"{SAMPLES}; 3773 for retention, 2628 for K_s",
)
CLASS = PedotransferFunction(
    name="toth15-class",
    title="Toth 2015, EU-HYDI, by texture class",
    source=f"{SOURCE}, equation 18",
    predict=predict_class,
    optional=("depth", "organic_carbon"),
    samples=SAMPLES,
)
FUNCTIONS = (CONTINUOUS, CLASS)
