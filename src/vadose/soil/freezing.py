"""Freezing of soil water: how much stays liquid below 0 degrees C, and how much ice hinders its flow.

Water in small pores freezes at lower temperatures. With ice at atmospheric pressure the generalised Clapeyron
equation gives the matric head of the liquid beside ice, psi = (L_f / g) ln(T / T_0), about 124.6 m per K, and the
retention curve says which pores still hold water at that head (Spaans & Baker 1996; Dall'Amico et al. 2011).
The logarithm is the integral of dpsi/dT = L_f / (g T); L_f (T - T_0) / (g T_0) is its tangent at T_0.

Water contents are liquid volumes: theta_total counts ice as the water it was; ice content is the volume of the ice.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.arrays import Array, as_float, keep, namespace
from vadose.constants import FREEZING_POINT, GRAVITY, LATENT_HEAT_FUSION, RHO_ICE, RHO_WATER
from vadose.soil.retention.parameters import ROUNDING

COLDEST = 100.0  # K, below which a temperature is taken for degrees C by mistake
HOTTEST = 400.0  # K


def _temperature(T: Array) -> Array:
    T = as_float(T)
    return keep((T >= COLDEST) & (T <= HOTTEST), T, "T", "in K, 100 to 400", "add 273.15 to degrees C")


def _water(theta: Array, theta_s: Array) -> Array:
    theta = as_float(theta)
    holds = (theta >= 0.0) & (theta <= theta_s + ROUNDING)
    # One number in a map of soils takes the map's shape, so that a missing soil masks it and does not raise.
    return keep(holds, theta + 0.0 * holds, "water content", "in m3 m-3, 0 to theta_s")


def freezing_head(T: Array) -> Array:
    """Matric head of liquid water beside ice at temperature T, K: psi = (L_f / g) ln(T / T_0), m; 0 where T >= T_0.

    Raises RangeError where T is a single number that is no temperature in K; NaN in arrays.
    Source: generalised Clapeyron equation; Spaans & Baker (1996), Dall'Amico et al. (2011)
    """
    T = _temperature(T)
    xp = namespace(T)
    thawed = T >= FREEZING_POINT
    cold = xp.where(thawed, FREEZING_POINT, T)
    return xp.where(thawed, 0.0, LATENT_HEAT_FUSION / GRAVITY * xp.log(cold / FREEZING_POINT))


def freezing_temperature(retention: Any, theta: Array) -> Array:
    """Temperature at which the first ice forms in soil with water content theta: T_0 exp(g psi / L_f), K.

    theta    m3 m-3, 0 to theta_s; 0 K below what the closure can hold, water that never freezes
    Raises RangeError where theta is a single number outside; NaN in arrays.
    """
    theta = _water(theta, retention.theta_s)
    xp = namespace(theta, retention.theta_s)
    # As an array: closures raise at single numbers below their range, which here have an answer.
    single = theta.ndim == 0
    psi = retention.matric_head(xp.reshape(theta, (1,) * max(1, np.ndim(retention.theta_s))) if single else theta)
    psi = psi.reshape(()) if single and psi.size == 1 and np.ndim(retention.theta_s) == 0 else psi
    held = xp.isfinite(psi)
    T = xp.where(held, FREEZING_POINT * xp.exp(GRAVITY / LATENT_HEAT_FUSION * xp.where(held, psi, 0.0)), 0.0)
    return xp.where(xp.isfinite(theta), T, xp.nan)[()]


def liquid_water(retention: Any, theta_total: Array, T: Array) -> Array:
    """Liquid water at temperature T: min(theta_total, theta(psi(T))), m3 m-3; theta_total where T >= T_0.

    theta_total    m3 m-3   liquid water and ice, as liquid
    T              K
    Raises RangeError where a single number is impossible; NaN in arrays.
    """
    total = _water(theta_total, retention.theta_s)
    psi = freezing_head(T)
    xp = namespace(total, psi, retention.theta_s)
    held = retention.water_content(psi)
    return xp.where(held < total, held, total + 0.0 * psi)


def liquid_water_derivative(retention: Any, theta_total: Array, T: Array) -> Array:
    """d(liquid water)/dT = C(psi(T)) L_f / (g T) where there is ice, K-1; 0 where there is none.

    Times RHO_WATER L_f it is the apparent heat capacity of freezing, J m-3 K-1. Arguments as in `liquid_water`.
    """
    total = _water(theta_total, retention.theta_s)
    psi = freezing_head(T)
    xp = namespace(total, psi, retention.theta_s)
    frozen = retention.water_content(psi) < total
    slope = retention.capacity(psi) * LATENT_HEAT_FUSION / (GRAVITY * _temperature(T))
    return xp.where(frozen, slope, 0.0 * (total + psi))


def ice_content(retention: Any, theta_total: Array, T: Array) -> Array:
    """Volume of ice, (theta_total - liquid) RHO_WATER / RHO_ICE, m3 m-3. Arguments as in `liquid_water`."""
    total = _water(theta_total, retention.theta_s)
    return (total - liquid_water(retention, total, T)) * (RHO_WATER / RHO_ICE)


def supercooled_water(theta_s: Array, psi_s: Array, b: Array, T: Array) -> Array:
    """Most liquid water that can be at T: theta_s [L_f (T - T_0) / (g T psi_s)]^(-1/b), m3 m-3, at most theta_s.

    theta_s    m3 m-3   saturated water content
    psi_s      m        air-entry head, < 0
    b          1        Clapp and Hornberger's exponent
    T          K
    It is Campbell's curve at a head whose T_0 stands as T, the form of CLM and Noah-MP; liquid = min(total, this).
    Source: Niu & Yang (2006) eq. 3
    """
    T = _temperature(T)
    xp = namespace(T, theta_s, psi_s, b)
    ratio = LATENT_HEAT_FUSION * (T - FREEZING_POINT) / (GRAVITY * T * psi_s)
    free = ratio <= 1.0
    held = theta_s * xp.exp(-xp.log(xp.where(free, 1.0, ratio)) / b)
    return xp.where(xp.isfinite(T), held, xp.nan)


def _fraction(ice_fraction: Array) -> Array:
    ice_fraction = as_float(ice_fraction)
    holds = (ice_fraction >= 0.0) & (ice_fraction <= RHO_WATER / RHO_ICE + ROUNDING)
    ice_fraction = keep(holds, ice_fraction, "ice_fraction", "theta_ice / porosity, 0 to 1.09")
    return namespace(ice_fraction).minimum(ice_fraction, 1.0)


def ice_impedance(ice_fraction: Array, omega: Array = 7.0) -> Array:
    """Factor on the hydraulic conductivity, 10^(-omega ice_fraction): 1 without ice.

    ice_fraction    1   theta_ice / porosity, at most 1 is used
    omega           1   7 in Hansson et al. (2004), 6 in CLM5 (Swenson et al. 2012)
    Raises RangeError where ice_fraction is a single number outside; NaN in arrays.
    Source: Lundin (1990); Hansson et al. (2004), who take the ice's share of the water in place of the porosity's
    """
    ice_fraction = _fraction(ice_fraction)
    xp = namespace(ice_fraction, omega)
    return xp.exp(-omega * ice_fraction * xp.log(10.0))


def frozen_area(ice_fraction: Array, a: Array = 4.0) -> Array:
    """Share of the area that ice makes impermeable: [e^(-a (1 - F)) - e^-a] / (1 - e^-a), 0 to 1; K times 1 minus it.

    ice_fraction    1   F = theta_ice / porosity, at most 1 is used
    a               1   4 in Noah-MP (Niu et al. 2011)
    Source: Niu & Yang (2006), with a = 3 and without the denominator, which makes it 1 where all is ice
    """
    F = _fraction(ice_fraction)
    xp = namespace(F, a)
    return xp.expm1(a * F) / xp.expm1(as_float(a))
