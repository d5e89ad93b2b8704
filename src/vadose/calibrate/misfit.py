"""The misfit of a soil texture: how far its wilting and critical points lie from the wanted ones.

J = sqrt(((theta_w - theta_w*)^2 + (theta_c - theta_c*)^2) / 2), m3 m-3. Compiled for the two functions of the
published experiments, from the same regressions that `vadose.pedotransfer` uses; as arrays for every other one.
Texture that is none (sand + clay > 100 %) has the misfit inf.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numba.extending import register_jitable

from vadose.constants import HEAD_CRITICAL, HEAD_WILTING, LN_10
from vadose.errors import ConfigError, DataError
from vadose.soil.pedotransfer import cosby_1984, saxton_rawls_2006
from vadose.soil.pedotransfer.contract import PedotransferFunction
from vadose.soil.texture import OM_PER_SOC

_DRIEST, _WETTEST = saxton_rawls_2006.LOWEST_THETA, saxton_rawls_2006.HIGHEST_THETA
_STEP = saxton_rawls_2006.SMALLEST_STEP
_LN_WILTING = math.log(-HEAD_WILTING / cosby_1984.CM)  # ln cm
_LN_CRITICAL = math.log(-HEAD_CRITICAL / cosby_1984.CM)

register_jitable(saxton_rawls_2006.air_entry)
_regressions: Any = njit(saxton_rawls_2006.regressions)
_univariate: Any = njit(cosby_1984.univariate)


@njit(cache=True, nogil=True)
def sr06_thresholds(sand: Any, clay: Any, organic_carbon: Any) -> Any:
    """theta_w and theta_c, m3 m-3, of Saxton & Rawls (2006) from %, kept within what is possible as in `sr06`."""
    found = _regressions(sand, clay, OM_PER_SOC * organic_carbon)
    wilting = min(max(found.theta_1500, _DRIEST), _WETTEST - 2.0 * _STEP)
    return wilting, min(max(found.theta_33, wilting + _STEP), _WETTEST - _STEP)


@njit(cache=True, nogil=True)
def ch78_thresholds(sand: Any, clay: Any) -> Any:
    """theta_w and theta_c, m3 m-3, of Campbell's power law with the lines of Cosby et al. (1984), from %."""
    b, percent_s, log_psi_s = _univariate(sand, clay)
    # theta = theta_s (psi / psi_s)^(-1/b), saturated where psi is above psi_s.
    entry = LN_10 * log_psi_s
    wilting = 0.01 * percent_s * math.exp(-max(_LN_WILTING - entry, 0.0) / b)
    return wilting, 0.01 * percent_s * math.exp(-max(_LN_CRITICAL - entry, 0.0) / b)


@njit(cache=True, nogil=True)
def distance(wilting: Any, critical: Any, wanted_wilting: Any, wanted_critical: Any) -> Any:
    """J, m3 m-3."""
    w, c = wilting - wanted_wilting, critical - wanted_critical
    return math.sqrt(0.5 * (w * w + c * c))


@njit(cache=True, nogil=True)
def sr06_misfit(x: Any, data: Any) -> Any:
    """J of x = sand, clay, organic carbon, %; data = wanted theta_w, theta_c, m3 m-3."""
    if x[0] + x[1] > 100.0:
        return np.inf
    wilting, critical = sr06_thresholds(x[0], x[1], x[2])
    return distance(wilting, critical, data[0], data[1])


@njit(cache=True, nogil=True)
def sr06_misfit_of_texture(x: Any, data: Any) -> Any:
    """J of x = sand, clay, %; data = wanted theta_w, theta_c, m3 m-3, and the organic carbon, %."""
    if x[0] + x[1] > 100.0:
        return np.inf
    wilting, critical = sr06_thresholds(x[0], x[1], data[2])
    return distance(wilting, critical, data[0], data[1])


@njit(cache=True, nogil=True)
def ch78_misfit(x: Any, data: Any) -> Any:
    """J of x = sand, clay, %; data = wanted theta_w, theta_c, m3 m-3."""
    if x[0] + x[1] > 100.0:
        return np.inf
    wilting, critical = ch78_thresholds(x[0], x[1])
    return distance(wilting, critical, data[0], data[1])


_COMPILED = {("sr06", True): sr06_misfit, ("sr06", False): sr06_misfit_of_texture, ("ch78", False): ch78_misfit}


def compiled_misfit(ptf: str | PedotransferFunction, carbon: bool) -> Any:
    """The compiled objective f(x [parameter], data [k]) of a pedotransfer function, None where there is none.

    carbon   x holds the organic carbon after sand and clay; else data may hold it after theta_w and theta_c
    """
    return _COMPILED.get((_function(ptf).name, carbon))


def predictor(ptf: str | PedotransferFunction) -> Callable[..., tuple[np.ndarray, np.ndarray]]:
    """The function (sand, clay, organic_carbon=None) in % -> (theta_w, theta_c) in m3 m-3, arrays in and out.

    What the function needs beside these (bulk density) is estimated by `vadose.soil.complete`. NaN where the texture
    is missing or impossible. Raises ConfigError for an unknown name, DataError where an input cannot be estimated.
    """
    function = _function(ptf)

    def predict(sand: Any, clay: Any, organic_carbon: Any = None) -> tuple[np.ndarray, np.ndarray]:
        from vadose.soil import Soil, complete

        sand, clay = np.atleast_1d(np.asarray(sand, float), np.asarray(clay, float))
        soil = Soil(sand, clay, None if organic_carbon is None else np.atleast_1d(np.asarray(organic_carbon, float)))
        made = function(complete(soil) if function.missing(soil) else soil)
        return np.asarray(made.wilting_point, float), np.asarray(made.critical_point, float)

    return predict


def misfit_of(ptf: str | PedotransferFunction, carbon: bool = True) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """The objective J(x [cell, point, parameter], data [cell, k]) -> [cell, point], m3 m-3, of any function.

    x       %        sand, clay and, with `carbon`, organic carbon
    data    m3 m-3   wanted theta_w and theta_c; without `carbon` a third column, if any, is the organic carbon in %
    Returns inf where the texture is impossible. Raises as `predictor`, and DataError where shapes do not fit.
    """
    predict = predictor(ptf)
    parameters = 3 if carbon else 2

    def misfit(x: np.ndarray, data: np.ndarray) -> np.ndarray:
        x, data = np.asarray(x, float), np.asarray(data, float)
        if x.ndim != 3 or x.shape[2] != parameters:
            raise DataError(f"x must be [cell, point, {parameters}] (sand, clay{', carbon' * carbon}), got {x.shape}")
        if data.ndim != 2 or data.shape[0] != x.shape[0] or data.shape[1] < 2:
            raise DataError(f"data must be [cell, 2] (theta_w, theta_c) for {x.shape[0]} cells, got {data.shape}")
        sand, clay = x[:, :, 0], x[:, :, 1]
        third = x[:, :, 2] if carbon else None
        if not carbon and data.shape[1] > 2:
            third = np.broadcast_to(data[:, 2:3], sand.shape)
        # Beyond 100 % by no more than rounding a soil is still one for `Soil`, not for the search.
        wilting, critical = predict(np.where(sand + clay > 100.0, np.nan, sand), clay, third)
        square = (wilting - data[:, 0:1]) ** 2 + (critical - data[:, 1:2]) ** 2
        return np.where(np.isnan(square), np.inf, np.sqrt(0.5 * square))

    return misfit


def _function(ptf: str | PedotransferFunction) -> PedotransferFunction:
    if isinstance(ptf, str):
        from vadose.soil.pedotransfer.registry import pedotransfer

        return pedotransfer[ptf]
    if isinstance(ptf, PedotransferFunction):
        return ptf
    raise ConfigError(f"ptf must be the name of a pedotransfer function or one itself, got {type(ptf).__name__}")
