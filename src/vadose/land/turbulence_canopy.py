"""Exchange inside a canopy: from the ground to the canopy air, and through the boundary layer of the leaves."""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree
from vadose.constants import GRAVITY, VON_KARMAN

LEAST_STABILITY = -1000.0
MOST_CORRECTION = 5.7  # 1 + 4.7 zeta at zeta = 1


@pytree
class CanopyProfile:
    """Constants of a canopy's wind profile, all [column].

    height m; extinction = c_w (L + S) h, so that a = sqrt(extinction phi); ground, top: 1 - z/h at the roughness
    length of the ground and at the sink of momentum; diffusivity = k (h - d) m; leaf = 50 sqrt(width / wind at the
    top) s m-1; buoyancy = k g (d - z0_ground) m2 s-2
    """

    height: Array
    extinction: Array
    ground: Array
    top: Array
    diffusivity: Array
    leaf: Array
    buoyancy: Array


@pytree
class CanopyExchange:
    """Resistances in s m-1, [column]: from the ground to the canopy air, of the boundary layer of leaves."""

    ground: Array
    leaf: Array


def canopy_profile(
    wind: Array,
    reference: Array,
    height: Array,
    displacement: Array,
    roughness: Array,
    ground_roughness: Array,
    area_index: Array,
    extinction: Array,
    leaf_width: Array,
) -> CanopyProfile:
    """Constants of the canopy's wind profile, all [column].

    wind m s-1 at the height `reference` m above the ground; height, displacement, roughness m of the canopy;
    area_index of leaves and stems; extinction 1 (parameter of the wind in the canopy); leaf_width m
    Source: He et al. (2023), after Brutsaert (1982) and Niu and Yang (2004)
    """
    over = jnp.maximum(height - displacement, 0.05 * height)  # deep snow may lift the displacement
    top = wind * jnp.log((over + roughness) / roughness) / jnp.log(reference / roughness)
    return CanopyProfile(
        height=height,
        extinction=extinction * area_index * height,
        ground=1.0 - ground_roughness / height,
        top=1.0 - (roughness + displacement) / height,
        diffusivity=VON_KARMAN * over,
        leaf=50.0 * jnp.sqrt(leaf_width / top),
        buoyancy=VON_KARMAN * GRAVITY * (displacement - ground_roughness),
    )


def canopy_exchange(profile: CanopyProfile, correction: Array, friction_velocity: Array) -> CanopyExchange:
    """Resistances at the stability correction phi below the canopy.

    a = sqrt(c_w (L+S) h phi);  r_ground = h / (a k u* (h-d)) (e^(a (1 - z0g/h)) - e^(a (1 - (z0+d)/h)))
    r_leaf = a 50 sqrt(w / u_top) / (1 - e^(-a/2)), within 5 to 50
    Source: He et al. (2023), after Niu and Yang (2004)
    """
    a = jnp.sqrt(profile.extinction * correction)
    diffusivity = jnp.maximum(profile.diffusivity * friction_velocity, 1e-6)
    path = profile.height / a * (jnp.exp(a * profile.ground) - jnp.exp(a * profile.top))
    leaf = a * profile.leaf / (1.0 - jnp.exp(-0.5 * a))
    return CanopyExchange(ground=jnp.maximum(path, 1e-6) / diffusivity, leaf=jnp.clip(leaf, 5.0, 50.0))


def canopy_correction(profile: CanopyProfile, friction_velocity: Array, flux: Array, air_temperature: Array) -> Array:
    """phi of heat below the canopy: (1 - 15 zeta)^(-1/4) where unstable, 1 + 4.7 zeta where stable.

    zeta = -k g (d - z0g) H / (rho cp T u*^3), at most 1
    flux   K m s-1, H / (rho cp) from the ground to the canopy air
    Source: He et al. (2023), after Niu and Yang (2004); Businger et al. (1971)
    """
    cube = friction_velocity * friction_velocity * friction_velocity
    zeta = jnp.clip(-profile.buoyancy * flux / (air_temperature * cube), LEAST_STABILITY, 1.0)
    unstable = 1.0 / jnp.sqrt(jnp.sqrt(1.0 - 15.0 * jnp.minimum(zeta, 0.0)))
    return jnp.where(zeta < 0.0, unstable, 1.0 + 4.7 * zeta)
