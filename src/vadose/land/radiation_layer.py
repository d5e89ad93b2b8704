"""A layer of leaves and stems: what it reflects, lets through and scatters, by the two-stream approximation.

Key: omega scattered share of intercepted light, beta upscattered share of it for diffuse light, G projected area of
leaves and stems, K = G / mu, mu cosine of the zenith angle, mubar mean inverse optical depth of diffuse light.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

from vadose.arrays import Array, pytree

SNOW_SCATTERING = (0.8, 0.4)  # omega of snow on leaves, visible and near infrared; Sellers et al. (1986)
SNOW_UPSCATTER = 0.5  # share of it that goes up; Sellers et al. (1986)
RESONANCE = 1.0e-5  # distance of (mubar K)^2 from (mubar h)^2 within which beam and diffuse light cannot be told apart


@pytree
class Layer:
    """What a layer of leaves and stems does to light, [band, column] but `beam` [column].

    reflection, transmission     of diffuse light
    beam                         share of direct light that passes untouched
    beam_up, beam_down           diffuse light that leaves above and below, per unit of direct light
    """

    reflection: Array
    transmission: Array
    beam: Array
    beam_up: Array
    beam_down: Array


def two_stream_layer(
    orientation: Array, reflectance: Array, transmittance: Array, area: Array, mu: Array, snow: Array
) -> tuple[Layer, Array]:
    """The layer of leaves and stems above a black ground, and its K [column].

    orientation                [column] 1, chi_L of the angles of leaves, taken within -0.4 to 0.6
    reflectance, transmittance [band, column] of leaves and stems
    area                       [column] m2 m-2, of leaves and stems
    mu                         [column] 1, cosine of the zenith angle, > 0
    snow                       [column] 1, share of the canopy under snow
    Source: Sellers (1985) eqs. 1 to 14; Dickinson (1983); snow on leaves as in CLM3 (2004) eqs. 3.5 to 3.7
    """
    chi = jnp.clip(orientation, -0.4, 0.6)
    chi = jnp.where(jnp.abs(chi) <= 0.01, 0.01, chi)
    phi1 = 0.5 - 0.633 * chi - 0.33 * chi * chi
    phi2 = 0.877 * (1.0 - 2.0 * phi1)
    G = phi1 + phi2 * mu
    K = G / mu
    mubar = (1.0 - phi1 / phi2 * jnp.log((phi1 + phi2) / phi1)) / phi2

    # Single scattering albedo over omega, for leaves of this orientation.
    a, c = G + phi2 * mu, phi1 * mu
    single = 0.5 * G / a * (1.0 - c / a * jnp.log((a + c) / c))
    m = (mubar * K)[None, :]
    snow = snow[None, :]
    snow_omega = jnp.array(SNOW_SCATTERING)[:, None]
    leaf_omega = reflectance + transmittance
    incline = (0.5 * (1.0 + chi))[None, :]
    leaf_back = 0.5 * (leaf_omega + (reflectance - transmittance) * incline * incline)
    omega = (1.0 - snow) * leaf_omega + snow * snow_omega
    back = (1.0 - snow) * leaf_back + snow * (snow_omega * SNOW_UPSCATTER)  # omega beta
    beam_back = (1.0 - snow) * (1.0 + m) * leaf_omega * single[None, :] + snow * m * (snow_omega * SNOW_UPSCATTER)
    beam_on = m * omega - beam_back
    b = 1.0 - omega + back

    # Where beam and diffuse light fade alike, the beam's solution is 0 / 0: absorption is moved by some 1e-6 there.
    near = jnp.abs(m * m - b * b + back * back) < RESONANCE
    b += jax.lax.stop_gradient(jnp.where(near, jnp.sqrt(m * m + back * back + RESONANCE) - b, 0.0))
    k = jnp.sqrt((b - back) * (b + back))

    # Diffuse light from above or below.
    fade = jnp.exp(-k / mubar[None, :] * area[None, :])
    deep = back / (b + k)  # reflection of an endless layer
    within = 1.0 / (1.0 - deep * deep * fade * fade)
    R = deep * (1.0 - fade * fade) * within
    T = (1.0 - deep * deep) * fade * within

    # Direct light: what it scatters fades with it, and diffuse light makes up for there being none at the edges.
    S = jnp.exp(-K * area)
    beam = S[None, :]
    inverse = 1.0 / ((b - back) * (b + back) - m * m)
    P = (beam_back * (b - m) + back * beam_on) * inverse
    Q = (beam_on * (b + m) + back * beam_back) * inverse
    layer = Layer(
        reflection=R,
        transmission=T,
        beam=S,
        beam_up=P - R * Q - T * P * beam,
        beam_down=Q * beam - T * Q - R * P * beam,
    )
    return layer, K
