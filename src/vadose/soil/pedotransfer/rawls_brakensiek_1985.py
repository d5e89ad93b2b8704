"""Rawls and Brakensiek (1985): Brooks-Corey parameters from texture and porosity.

Rawls, W. J., Brakensiek, D. L. (1985): Prediction of soil water properties for hydrologic modeling. In: Watershed
Management in the Eighties, ASCE, 293-299; K_s from Brakensiek, Rawls and Stephenson (1984), ASAE paper PNR-84-203. Both
stand in Rawls and Brakensiek (1989), Estimation of soil water retention and hydraulic properties, 275-300.
"""

from __future__ import annotations

from vadose.arrays import Array, namespace
from vadose.soil.pedotransfer.bounded import LEAST_K_S, at_least, bounded_water_contents, same_shape
from vadose.soil.pedotransfer.contract import PedotransferFunction, Prediction
from vadose.soil.retention.power_law import BrooksCorey
from vadose.soil.texture import PARTICLE_DENSITY, Soil

CM_PER_HOUR = 0.01 / 3600.0  # m s-1
LEAST_LAMBDA = 0.01


def predict(soil: Soil) -> Prediction:
    """Brooks-Corey parameters by regression on sand S and clay C, %, and porosity p = 1 - bulk density / 2650."""
    xp = namespace(soil.sand, soil.clay, soil.bulk_density)
    S, C = soil.sand, soil.clay
    p = 1.0 - soil.bulk_density / PARTICLE_DENSITY
    theta_r, theta_s, limited = bounded_water_contents(_theta_r(S, C, p), p)
    psi_b = -0.01 * xp.exp(_ln_bubbling_head(S, C, p))
    lambda_, low_lambda = at_least(xp.exp(_ln_lambda(S, C, p)), LEAST_LAMBDA)
    K_s, low_K = at_least(CM_PER_HOUR * xp.exp(_ln_K_s(S, C, p)), LEAST_K_S)
    leaves = same_shape(theta_r, theta_s, psi_b, lambda_, K_s)
    return Prediction(BrooksCorey(*leaves), limited | low_lambda | low_K)


def _theta_r(S: Array, C: Array, p: Array) -> Array:
    linear = -0.0182482 + 0.00087269 * S + 0.00513488 * C + 0.02939286 * p
    clay = C * C * (-0.00015395 + 0.00030703 * p - 0.00018233 * p * p)
    return linear + clay - 0.0010827 * S * p - 0.0023584 * p * p * C


def _ln_bubbling_head(S: Array, C: Array, p: Array) -> Array:
    linear = 5.3396738 + 0.1845038 * C - 2.48394546 * p
    clay = C * C * (-0.00213853 + 0.00895359 * p - 0.00855375 * p * p + 0.0000054 * S)
    sand = S * S * (-0.00072472 * p + 0.00143598 * p * p - 0.00001282 * C)
    return linear + clay + sand - 0.04356349 * S * p - 0.61745089 * C * p + 0.50028060 * p * p * C


def _ln_lambda(S: Array, C: Array, p: Array) -> Array:
    linear = -0.7842831 + 0.0177544 * S - 1.062498 * p + 1.11134946 * p * p
    clay = C * C * (-0.00273493 + 0.00798746 * p - 0.00610522 * p * p)
    sand = S * S * (-0.00005304 + 0.00026587 * p * p - 0.00000235 * C)
    return linear + clay + sand - 0.03088295 * S * p - 0.00674491 * p * p * C


def _ln_K_s(S: Array, C: Array, p: Array) -> Array:
    linear = -8.96847 + 19.52348 * p - 8.395215 * p * p - 0.028212 * C + 0.077718 * S * p
    clay = C * C * (-0.0094125 + 0.02733 * p - 0.019492 * p * p - 0.0000035 * S)
    sand = S * S * (0.00018107 + 0.001434 * p - 0.00298 * p * p + 0.0000173 * C)
    return linear + clay + sand


FUNCTION = PedotransferFunction(
    name="rawls85",
    title="Rawls & Brakensiek 1985",
    source="Rawls & Brakensiek (1985), ASCE, 293-299; K_s: Brakensiek, Rawls & Stephenson (1984), ASAE PNR-84-203",
    predict=predict,
    inputs=("sand", "clay", "bulk_density"),
    valid_range={"sand": (5.0, 70.0), "clay": (5.0, 60.0)},
    samples="about 5350 horizons of 1323 soils in 32 states of the USA (Rawls et al. 1982)",
    closure="BrooksCorey",
)
FUNCTIONS = (FUNCTION,)
