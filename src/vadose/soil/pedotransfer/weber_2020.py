"""Weber et al. (2020): Brunswick parameters from those of van Genuchten-Mualem.

Weber, T. K. D., Finkel, M., Goncalves, M., Vereecken, H., Diamantopoulos, E. (2020): Pedotransfer function for the
Brunswick soil hydraulic property model and comparison to the van Genuchten-Mualem model. Water Resour. Res. 56,
e2019WR026820: York regressions of table 3, in cm-1 and cm d-1. Any function that predicts van Genuchten's parameters
can stand in front; `weber20` takes Rosetta 3.
"""

from __future__ import annotations

from vadose.arrays import Array, namespace
from vadose.constants import LN_10
from vadose.soil.pedotransfer.bounded import CM_PER_DAY, LEAST_ALPHA, LEAST_N, LEAST_SPAN, PER_CM, at_least, same_shape
from vadose.soil.pedotransfer.contract import PedotransferFunction, Prediction
from vadose.soil.pedotransfer.rosetta import ROSETTA3
from vadose.soil.retention.brunswick import Brunswick
from vadose.soil.retention.van_genuchten import VanGenuchten
from vadose.soil.texture import Soil

LOG10_K_SNC = -1.72  # median of log10 of K_snc in cm d-1
LEAST_TAU = -1.99  # the closure needs tau > -2, so that wetter soil conducts better


def from_van_genuchten(soil: VanGenuchten) -> tuple[Brunswick, Array]:
    """The Brunswick closure that corresponds to a van Genuchten-Mualem one, and where a parameter was clamped.

    theta_snc = 1.285 theta_r - 0.00158;  theta_s = 0.993 theta_s + 0.00189;  tau = 1.833 min(tau, 0) + 0.0295
    log10 alpha = 0.986 log10 alpha - 0.0206;  log10 (n - 1) = 0.933 log10 (n - 1) + 0.0642
    log10 K_sc = 1.060 log10 K_s + 0.116;  log10 K_snc = -1.72  (cm-1, cm d-1)
    The regression of tau rests on tau <= 0 alone: above it is taken as 0.
    Source: Weber et al. (2020) table 3
    """
    xp = namespace(soil.theta_r, soil.theta_s, soil.alpha, soil.n, soil.K_s, soil.tau)
    theta_snc, low_snc = at_least(1.285 * soil.theta_r - 0.00158, 0.0)
    theta_sc, low_sc = at_least(0.993 * soil.theta_s + 0.00189 - theta_snc, LEAST_SPAN)
    log_alpha, log_n, log_K = xp.log(soil.alpha / PER_CM), xp.log(soil.n - 1.0), xp.log(soil.K_s / CM_PER_DAY)
    alpha, low_alpha = at_least(PER_CM * xp.exp(0.986 * log_alpha - 0.0206 * LN_10), LEAST_ALPHA)
    n, low_n = at_least(1.0 + xp.exp(0.933 * log_n + 0.0642 * LN_10), LEAST_N)
    tau, low_tau = at_least(1.833 * xp.minimum(soil.tau, 0.0) + 0.0295, LEAST_TAU)
    K_sc = CM_PER_DAY * xp.exp(1.060 * log_K + 0.116 * LN_10)
    K_snc = CM_PER_DAY * xp.exp(LN_10 * LOG10_K_SNC)
    closure = Brunswick(*same_shape(theta_sc, theta_snc, alpha, n, K_sc, K_snc, tau))
    return closure, low_snc | low_sc | low_alpha | low_n | low_tau


def predict(soil: Soil) -> Prediction:
    """Brunswick parameters by way of Rosetta 3, Zhang & Schaap (2017)."""
    first = ROSETTA3.predict(soil)
    assert isinstance(first.retention, VanGenuchten)
    closure, limited = from_van_genuchten(first.retention)
    return Prediction(closure, limited | first.limited)


FUNCTION = PedotransferFunction(
    name="weber20",
    title="Weber 2020, Brunswick by way of Rosetta 3",
    source="Weber et al. (2020), Water Resour. Res. 56, e2019WR026820, table 3; Zhang & Schaap (2017)",
    predict=predict,
    optional=("bulk_density", "theta_33", "theta_1500"),
    valid_range={"bulk_density": (500.0, 2000.0)},
    samples="402 of 1729 samples with retention and conductivity, 392 for the regressions; Europe and UNSODA",
    closure="Brunswick",
)
FUNCTIONS = (FUNCTION,)
