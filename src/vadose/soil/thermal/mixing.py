"""What the conductivity schemes share: the mean of solids and pore water, and the step from dry to saturated.

Every scheme is lambda = lambda_dry + (lambda_sat - lambda_dry) Ke, with its own Kersten number Ke (Kersten 1949;
Johansen 1975); lambda_sat is the geometric mean of the parts by their volumes.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol, runtime_checkable

from vadose.arrays import Array, as_float, keep, namespace
from vadose.constants import LAMBDA_QUARTZ, RHO_ICE, RHO_WATER
from vadose.soil.retention.parameters import ROUNDING
from vadose.soil.texture import ROUNDING as PERCENT_ROUNDING

DRIEST = 1e-12  # degree of saturation below which Ke is taken as 0: logarithms and powers stay finite


@runtime_checkable
class ThermalConductivity(Protocol):
    """A scheme: a pytree whose leaves are parameters, numbers or arrays."""

    def conductivity(self, theta: Array, theta_ice: Array = 0.0) -> Array:
        """Thermal conductivity, W m-1 K-1, with theta of liquid water and theta_ice of ice, m3 m-3."""


class Pores(NamedTuple):
    """What fills the pores: the degree of saturation with water and ice together, 0 to 1, and the ice's share of it."""

    saturation: Array
    frozen: Array


def pore_space(theta: Array, theta_ice: Array, porosity: Array) -> tuple[Array, Array]:
    """theta and theta_ice, m3 m-3, NaN where they cannot be; a single impossible number raises RangeError.

    Ice may fill as much as the pores' water makes when it freezes, RHO_WATER / RHO_ICE of the porosity.
    """
    porosity = keep((porosity > 0.0) & (porosity < 1.0), porosity, "porosity", "in m3 m-3, > 0 and < 1")
    # One number in a map of soils takes the map's shape, so that a missing soil masks it and does not raise.
    holds = (theta >= 0.0) & (theta <= porosity + ROUNDING)
    theta = keep(holds, theta + 0.0 * holds, "theta", "liquid water in m3 m-3, 0 to the porosity")
    holds = (theta_ice >= 0.0) & (theta_ice <= porosity * (RHO_WATER / RHO_ICE) + ROUNDING)
    theta_ice = keep(holds, theta_ice + 0.0 * holds, "theta_ice", "ice in m3 m-3, 0 to 1.09 times the porosity")
    return theta, theta_ice


def pores(theta: Array, theta_ice: Array, porosity: Array) -> Pores:
    """Degree of saturation (theta + theta_ice) / porosity, at most 1, and theta_ice / (theta + theta_ice)."""
    theta, theta_ice = pore_space(as_float(theta), as_float(theta_ice), porosity)
    xp = namespace(theta, theta_ice, porosity)
    total = theta + theta_ice
    empty = total <= DRIEST * porosity
    frozen = xp.where(empty, 0.0, theta_ice / xp.where(empty, 1.0, total))
    # Not a minimum: at exact saturation its derivative would be half of the one from below.
    return Pores(xp.where(total > porosity, 1.0, total / porosity), frozen)


def solids(quartz: Array, other: Array = None) -> Array:
    """Conductivity of the solids, W m-1 K-1: 7.7^q other^(1 - q) with the quartz fraction q of the solids.

    other is that of the remaining minerals: 2.0 W m-1 K-1, or 3.0 in soils with q <= 0.2 (Johansen 1975), if not given.
    """
    quartz = as_float(quartz)
    xp = namespace(quartz, other)
    quartz = keep((quartz >= 0.0) & (quartz <= 1.0), quartz, "quartz", "a fraction of the solids, 0 to 1")
    rest = xp.where(quartz > 0.2, 2.0, 3.0) if other is None else other
    return xp.exp(quartz * xp.log(LAMBDA_QUARTZ) + (1.0 - quartz) * xp.log(rest))


def saturated(solid: Array, porosity: Array, water: float) -> Array:
    """Geometric mean solid^(1 - porosity) water^porosity, W m-1 K-1."""
    xp = namespace(solid, porosity)
    return xp.exp((1.0 - porosity) * xp.log(solid) + porosity * xp.log(water))


def between(dry: Array, sat: Array, Ke: Array, porosity: Array, frozen: Array, ice_to_water: float) -> Array:
    """dry + (sat' - dry) Ke, W m-1 K-1; ice enters as sat' = sat (lambda_ice / lambda_water)^(porosity frozen)."""
    xp = namespace(dry, sat, Ke, porosity, frozen)
    return dry + (sat * xp.exp(porosity * frozen * xp.log(ice_to_water)) - dry) * Ke


def texture(sand: Array, clay: Array, porosity: Array) -> tuple[Array, Array]:
    """sand, %, and porosity, m3 m-3, checked: sand and clay 0 to 100 % and together at most 100 %."""
    sand, clay, porosity = as_float(sand), as_float(clay), as_float(porosity)
    total = sand + clay
    keep((sand >= 0.0) & (sand <= 100.0), sand, "sand", "in %, 0 to 100")
    keep((clay >= 0.0) & (clay <= 100.0), clay, "clay", "in %, 0 to 100")
    valid = (sand >= 0.0) & (clay >= 0.0) & (total <= 100.0 + PERCENT_ROUNDING)
    keep(valid, total, "sand + clay", "at most 100 %")
    porosity = keep((porosity > 0.0) & (porosity < 1.0), porosity, "porosity", "in m3 m-3, > 0 and < 1")
    return namespace(valid, sand).where(valid, sand, namespace(sand).nan), porosity


def conductivity_rules(dry: Array, sat: Array, porosity: Array) -> dict[str, tuple[Array, str]]:
    """The conditions that the leaves of every scheme meet, for check_parameters."""
    dry, sat, porosity = as_float(dry), as_float(sat), as_float(porosity)
    return {
        "lambda_dry": (dry > 0.0, "> 0 W m-1 K-1"),
        "lambda_sat": (sat > dry, "in W m-1 K-1, > lambda_dry"),
        "porosity": ((porosity > 0.0) & (porosity < 1.0), "in m3 m-3, > 0 and < 1"),
    }
