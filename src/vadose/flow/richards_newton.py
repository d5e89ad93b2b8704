"""One Newton iteration of every Richards column, each at its own place in its own substep.

F_i = theta(psi_i) - theta_i(t) + dt / dz_i (q_(i+1) - q_i + u_i) = 0,   q = K [(psi_above - psi_below) / distance + 1]

The mixed form of Celia et al. (1990) with the whole Jacobian. Once |F| is small the fluxes are carried to the end of
the last correction by their slopes, and the water content follows from the fluxes: mass is exact whatever F is.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp

from vadose.arrays import Array
from vadose.flow.curve import Hydraulics, hydraulics
from vadose.flow.guard import guarded
from vadose.flow.richards_column import Column
from vadose.flow.richards_surface import Surface, surface
from vadose.numerics.tridiagonal import solve


class Progress(NamedTuple):
    """Where each column stands: [layer, column], flux [layer+1, column], the rest [column].

    psi, psi_start, liquid, pond   now, at the start of the substep (psi_start), m and m3 m-3
    flux, uptake, evaporation      passed so far in this step, m
    left, dt                       s, time left and substep
    tries, iterations, substeps    of this substep, of all
    active, converged              work left; no substep was given up
    """

    psi: Array
    psi_start: Array
    liquid: Array
    pond: Array
    flux: Array
    uptake: Array
    evaporation: Array
    left: Array
    dt: Array
    tries: Array
    iterations: Array
    substeps: Array
    active: Array
    converged: Array


class Linear(NamedTuple):
    """All fluxes (m s-1) at psi, with their slopes to the head above and below them (s-1)."""

    flux: Array
    flux_above: Array
    flux_below: Array
    uptake: Array
    uptake_psi: Array
    top: Surface


def fluxes(column: Column, psi: Array, K: Array, K_psi: Array, pond: Array, dt: Array) -> Linear:
    """Fluxes through all faces and into the roots; K and K_psi are relative to saturation."""
    settings = column.settings
    K_sat = column.K_sat
    top = surface(column, psi[0], K_sat[0] * K[0], K_sat[0] * K_psi[0], pond, dt)
    below, below_psi = column.bottom.flux(
        psi[-1], K_sat[-1] * K[-1], K_sat[-1] * K_psi[-1], column.bottom_K, column.thickness
    )
    gradient = (psi[:-1] - psi[1:]) / column.distance + 1.0
    mean = settings.mean.between(K, K_psi, column.share, column.series, gradient >= 0.0)
    between, slope_above, slope_below = mean
    conductance = between / column.distance
    none = jnp.zeros_like(psi[:1])
    # Roots take all that is asked until half of psi_dry, and nothing at psi_dry.
    share = 2.0 - 2.0 * psi / settings.psi_dry
    falling = (share > 0.0) & (share < 1.0)
    return Linear(
        jnp.concatenate([top.flux[None], between * gradient, below[None]]),
        jnp.concatenate([none, slope_above * gradient + conductance, below_psi[None]]),
        jnp.concatenate([top.flux_psi[None], slope_below * gradient - conductance, none]),
        column.uptake * jnp.clip(share, 0.0, 1.0),
        jnp.where(falling, -2.0 / settings.psi_dry * column.uptake, 0.0),
        top,
    )


def corrected(column: Column, now: Linear, change: Array) -> tuple[Array, Array, Array]:
    """Fluxes, uptake and evaporation at the end of the correction `change` of psi, m s-1, kept to what is there."""
    above = jnp.concatenate([change[:1], change])
    below = jnp.concatenate([change, change[-1:]])
    flux = now.flux + now.flux_above * above + now.flux_below * below
    uptake = jnp.clip(now.uptake + now.uptake_psi * change, 0.0, column.uptake)
    top = now.top
    evaporation = jnp.clip(top.evaporation + top.evaporation_psi * change[0], 0.0, column.demand - top.direct)
    entering = jnp.minimum(flux[0], top.most - evaporation)
    return jnp.concatenate([entering[None], flux[1:]]), uptake, evaporation


def iteration(column: Column, at: Progress) -> Progress:
    """One evaluation and one linear solve; columns whose residual was small end their substep with it."""
    settings = column.settings
    psi = jax.lax.stop_gradient(at.psi)
    dt = at.dt
    theta, C, K, K_psi = hydraulics(column.curve, psi)
    now = fluxes(column, psi, K, K_psi, at.pond, dt)
    per_layer = dt / column.thickness
    sink = now.flux[1:] - now.flux[:-1] + now.uptake
    residual = theta - (at.liquid + column.offset) + per_layer * sink
    # The slopes count as constants in the gradient: at the solution their changes are multiplied by nothing.
    lower, diagonal, upper = jax.lax.stop_gradient(
        (
            -per_layer * now.flux_above[:-1],
            C + per_layer * (now.flux_above[1:] - now.flux_below[:-1] + now.uptake_psi),
            per_layer * now.flux_below[1:],
        )
    )
    change = solve(lower, diagonal, upper, -residual)
    size = jnp.max(jnp.abs(residual), axis=0)
    finite = jnp.isfinite(jnp.sum(change, axis=0))
    done = at.active & finite & (size <= settings.tolerance)
    tries = at.tries + 1
    failed = at.active & ~done & (~finite | (tries >= settings.tries))
    given_up = failed & (dt <= column.dt * settings.smallest_substep)
    change = jnp.where(finite, change, 0.0)

    slopes = jax.tree_util.tree_map(jax.lax.stop_gradient, now)
    linear = now._replace(
        flux_above=slopes.flux_above,
        flux_below=slopes.flux_below,
        uptake_psi=slopes.uptake_psi,
        top=now.top._replace(evaporation_psi=slopes.top.evaporation_psi),
    )
    flux, uptake, evaporation = corrected(column, linear, change)
    evaporation = evaporation + now.top.direct
    span = jnp.where(done, dt, 0.0)
    entered = flux[:-1] - flux[1:] - uptake
    damped = jnp.where(tries >= settings.damp_after, 0.5, 1.0)
    state = jax.lax.stop_gradient(Hydraulics(theta, C, K, K_psi))
    following = guarded(column.curve, psi, state, diagonal, change, damped, settings.psi_min)
    standing = at.pond
    if column.surface_head is None:
        standing = jnp.maximum(at.pond + dt * (column.supply - evaporation - flux[0]), 0.0)
    left = at.left - span
    # Rounding of the differences leaves a rest that is no time.
    over = done & (left <= 1e-9 * column.dt)
    easy = jnp.where(tries <= settings.easy, 2.0 * dt, dt)
    new_dt = jnp.where(done, easy, jnp.where(failed, 0.25 * dt, dt))
    # Substeps of columns that are ready keep their length: nothing may divide by zero there.
    new_dt = jnp.where(over | ~at.active, dt, jnp.minimum(new_dt, left))
    keep = at.active & ~failed
    return Progress(
        psi=jnp.where(keep, following, jnp.where(failed, at.psi_start, at.psi)),
        psi_start=jnp.where(done, following, at.psi_start),
        liquid=at.liquid + span / column.thickness * entered,
        pond=jnp.where(done, standing, at.pond),
        flux=at.flux + span * flux,
        uptake=at.uptake + span * uptake,
        evaporation=at.evaporation + span * evaporation,
        left=left,
        dt=new_dt,
        tries=jnp.where(done | failed, 0, tries),
        iterations=at.iterations + at.active,
        substeps=at.substeps + done,
        active=at.active & ~over & ~given_up,
        converged=at.converged & ~given_up,
    )
