"""How each closure's parameters are fitted: their scale, bounds and where the search for them starts.

On its scale a parameter is about as uncertain upwards as downwards: alpha and K_s span decades, and n - 1 does near 1.
"""

from __future__ import annotations

import difflib
import importlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from vadose.arrays import Array, namespace
from vadose.constants import KPA_TO_HEAD, LN_10
from vadose.errors import ConfigError

# scale -> (from the natural unit, number to number; back to it, number or array)
SCALES: dict[str, tuple[Callable[[float], float], Callable[[Array], Array]]] = {
    "linear": (lambda x: x, lambda z: z),
    "ln": (lambda x: math.log(max(x, 1e-300)), lambda z: namespace(z).exp(z)),
    "log10": (lambda x: math.log10(max(x, 1e-300)), lambda z: namespace(z).exp(LN_10 * z)),
    "ln(-x)": (lambda x: -math.log(max(-x, 1e-300)), lambda z: -namespace(z).exp(-z)),
    "ln(x - 1)": (lambda x: math.log(max(x - 1.0, 1e-9)), lambda z: 1.0 + namespace(z).exp(z)),
}


@dataclass(frozen=True)
class Parameter:
    """One row: scale, bounds and the range of starting values in the parameter's own unit.

    of_theta   bounds and starts are multiples of the largest measured water content (the upper bound at most 1)
    of_K       the parameter acts on the conductivity only: without K data it stays at `default`
    held       it stays at `default`, unless bounds are given for it
    """

    scale: str
    bounds: tuple[float, float]
    start: tuple[float, float]
    of_theta: bool = False
    of_K: bool = False
    held: bool = False
    default: float = 1.0

    def ranges(self, theta_max: float) -> tuple[tuple[float, float], tuple[float, float]]:
        """(bounds, starts) in the parameter's own unit."""
        if not self.of_theta:
            return self.bounds, self.start
        (low, high), (first, last) = self.bounds, self.start
        return (low * theta_max, min(high * theta_max, 1.0)), (first * theta_max, min(last * theta_max, 1.0))


THETA_R = Parameter("linear", (0.0, 0.8), (0.0, 0.4), of_theta=True)
THETA_S = Parameter("linear", (0.8, 3.0), (0.97, 1.08), of_theta=True)
ALPHA = Parameter("ln", (1e-3, 1e3), (0.1, 30.0))  # m-1, air entry between 1 mm and 1 km
N = Parameter("ln(x - 1)", (1.001, 20.0), (1.1, 4.0))
K_S = Parameter("log10", (1e-14, 1e0), (1e-8, 1e-3), of_K=True)
TAU = Parameter("linear", (-10.0, 20.0), (-1.0, 2.0), of_K=True, default=0.5)

AIR_ENTRY = Parameter("ln(-x)", (-100.0, -1e-3), (-3.0, -0.02))  # m
B = Parameter("ln", (0.3, 50.0), (1.5, 15.0))
OMEGA = Parameter("log10", (1e-9, 1.0), (1e-6, 1e-2), of_K=True, default=1e-4)
# Films conduct only where tau leaves the capillaries' part falling: Peters (2014) demands tau > -2.
TAU_FILMS = Parameter("linear", (-1.99, 20.0), (-1.0, 2.0), of_K=True, default=0.5)
SHAPE = {"theta_r": THETA_R, "theta_s": THETA_S, "alpha": ALPHA, "n": N}

# closure -> (module, rows); a closure's other fields keep their own defaults.
CLOSURES: dict[str, tuple[str, Mapping[str, Parameter]]] = {
    "VanGenuchten": ("van_genuchten", {**SHAPE, "K_s": K_S, "tau": TAU}),
    "BrooksCorey": (
        "power_law",
        {
            "theta_r": THETA_R,
            "theta_s": THETA_S,
            "psi_b": AIR_ENTRY,
            "lambda_": Parameter("ln", (0.01, 10.0), (0.08, 1.5)),
            "K_s": K_S,
            "tau": Parameter("linear", (-10.0, 20.0), (-1.0, 2.0), of_K=True, default=1.0),
        },
    ),
    "Campbell": ("power_law", {"theta_s": THETA_S, "psi_s": AIR_ENTRY, "b": B, "K_s": K_S}),
    "ClmCampbell": (
        "clm_campbell",
        {"theta_s": THETA_S, "psi_s": AIR_ENTRY, "b": Parameter("ln", (0.3, 22.9), (1.5, 15.0)), "K_s": K_S},
    ),
    "BimodalVanGenuchten": (
        "bimodal",
        {
            **SHAPE,
            "alpha": Parameter("ln", (1e-3, 1e2), (0.03, 3.0)),
            "alpha_2": Parameter("ln", (1e-2, 1e3), (2.0, 100.0)),
            "n_2": N,
            "weight_2": Parameter("linear", (0.0, 1.0), (0.1, 0.6)),
            "K_s": K_S,
            "tau": TAU,
        },
    ),
    "FredlundXing": (
        "fredlund_xing",
        {
            "theta_s": THETA_S,
            "a": Parameter("ln", (1e-3, 1e4), (0.05, 20.0)),
            "n": Parameter("ln", (0.1, 20.0), (0.5, 4.0)),
            "m": Parameter("ln", (0.02, 20.0), (0.2, 2.0)),
            "h_r": Parameter("ln", (1.0, 1e5), (10.0, 1e3), held=True, default=1500.0 * KPA_TO_HEAD),
            "K_s": K_S,
            "p": Parameter("ln", (0.1, 50.0), (2.0, 10.0), of_K=True),
        },
    ),
    "PDI": ("pdi", {**SHAPE, "K_s": K_S, "tau": TAU_FILMS, "omega": OMEGA}),
    "Brunswick": (
        "brunswick",
        {
            "theta_sc": Parameter("linear", (0.1, 3.0), (0.6, 1.0), of_theta=True),
            "theta_snc": Parameter("linear", (0.0, 0.9), (0.02, 0.4), of_theta=True),
            "alpha": ALPHA,
            "n": N,
            "K_sc": K_S,
            "K_snc": Parameter("log10", (1e-18, 1e-4), (1e-13, 1e-8), of_K=True, default=1e-4),
            "tau": TAU_FILMS,
        },
    ),
}


def closure_rows(closure: type | str) -> tuple[Any, Mapping[str, Parameter]]:
    """The class and its rows; raises ConfigError, with the nearest name, for a closure that cannot be fitted."""
    name = closure if isinstance(closure, str) else closure.__name__
    if name not in CLOSURES:
        near = difflib.get_close_matches(name, CLOSURES, 1, 0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(CLOSURES)}"
        raise ConfigError(f"no closure {name!r} can be fitted; {hint}")
    module, rows = CLOSURES[name]
    return getattr(importlib.import_module(f"vadose.soil.retention.{module}"), name), rows
