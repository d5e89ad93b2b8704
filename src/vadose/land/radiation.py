"""Sunlight in a canopy of leaves and stems over the ground: what each absorbs, and what leaves and light share.

Visible and near infrared light, each direct and diffuse, meets a layer of leaves and stems whose reflection and
transmission are the analytic two-stream solution (Dickinson 1983; Sellers 1985), and a ground below it. Layer and
ground are put together by adding their multiple reflections, so that the direct and the diffuse albedo of the ground
each act on their own light; the solution of Noah-MP and CLM takes the direct one for both and is the same where the
two are equal. Canopy, ground and sky share the incoming light exactly.
"""

from __future__ import annotations

import jax.numpy as jnp

from vadose.arrays import Array, pytree, static
from vadose.constants import FREEZING_POINT
from vadose.errors import ConfigError
from vadose.land.parameters import SoilParameters, Vegetation
from vadose.land.radiation_gaps import GAPS, LOWEST_SUN, gap_fractions
from vadose.land.radiation_layer import two_stream_layer

LEAST_OPTICS = 1.0e-6  # of reflectance and transmittance
SMALLEST_AREA = 1.0e-6  # m2 m-2, of leaves and stems, a divisor
LEAST_SUNLIT = 0.01  # sunlit share of leaves below which all count as shaded; Noah-MP (He et al. 2023)
EMISSIVITY_SOIL = 0.97  # Noah-MP (He et al. 2023)
EMISSIVITY_SNOW = 0.95  # Noah-MP (He et al. 2023)


@pytree
class Radiation:
    """Sunlight that the canopy, the ground and the sky get, with the light of leaves.

    absorbed_canopy, absorbed_ground, reflected   [column] W m-2 of the whole cell; they add up to what came in
    par                                           [2, column] W m-2 visible light absorbed by leaf area, sunlit, shaded
    sunlit_lai, shaded_lai                        [column] m2 m-2
    """

    absorbed_canopy: Array
    absorbed_ground: Array
    reflected: Array
    par: Array
    sunlit_lai: Array
    shaded_lai: Array


def split(shortwave: Array, direct: float = 0.7, visible: float = 0.5) -> Array:
    """Shortwave [column] W m-2 as [2 (direct, diffuse), band (visible, near infrared), column] by fixed shares."""
    by_angle = jnp.array([direct, 1.0 - direct])[:, None, None]
    by_band = jnp.array([visible, 1.0 - visible])[None, :, None]
    return by_angle * by_band * jnp.asarray(shortwave)[None, None, :]


def ground_albedo(
    parameters: SoilParameters, surface_moisture: Array, snow_cover: Array, snow_direct: Array, snow_diffuse: Array
) -> tuple[Array, Array]:
    """Albedo of the ground for direct and diffuse light, each [band, column]: soil min(saturated + wetness, dry), snow.

    wetness = max(0.11 - 0.40 theta, 0)

    surface_moisture           [column] m3 m-3, of the top layer, ice included
    snow_cover                 [column] 1
    snow_direct, snow_diffuse  [band, column] albedo of the snow
    Source: Bonan (1996, LSM) in CLM3 (Oleson et al. 2004) eq. 3.49
    """
    dryness = jnp.maximum(0.11 - 0.40 * surface_moisture, 0.0)[None, :]
    soil = jnp.minimum(parameters.albedo_saturated + dryness, parameters.albedo_dry)
    snow = snow_cover[None, :]
    return soil + snow * (snow_direct - soil), soil + snow * (snow_diffuse - soil)


def canopy_emissivity(lai: Array, sai: Array) -> Array:
    """Longwave emissivity of leaves and stems: 1 - exp(-(LAI + SAI)), [column]. Source: CLM3 (2004) eq. 4.25"""
    return -jnp.expm1(-(lai + sai))


def ground_emissivity(snow_cover: Array, soil: float = EMISSIVITY_SOIL, snow: float = EMISSIVITY_SNOW) -> Array:
    """Longwave emissivity of the ground under a cover of snow, [column]. Source: CLM3 (2004) eq. 4.26"""
    return soil + snow_cover * (snow - soil)


@pytree
class TwoStream:
    """Two-stream canopy (Dickinson 1983; Sellers 1985) with a choice of how light finds gaps between crowns.

    gap         "vegetation fraction": gaps are the bare part of the cell; "none": leaves are spread over the cell;
                "sun": shadows of crowns by the height of the sun (Niu & Yang 2004)
    leaf_light  "canopy": light absorbed by the cell's canopy over fraction times area, as Noah-MP's stomata take it;
                "cell": over the leaf area, too little by the vegetation fraction where it is that of the vegetated part
    """

    gap: str = static("vegetation fraction")
    leaf_light: str = static("cell")

    def __post_init__(self) -> None:
        for name, given, known in (("gap", self.gap, GAPS), ("leaf_light", self.leaf_light, ("cell", "canopy"))):
            if given not in known:
                raise ConfigError(f"TwoStream `{name}` must be one of {', '.join(known)}; got {given!r}")

    def absorb(
        self,
        light: Array,
        *,
        cos_zenith: Array,
        vegetation: Vegetation,
        fraction: Array,
        lai: Array,
        sai: Array,
        wet_fraction: Array,
        canopy_temperature: Array,
        ground_direct: Array,
        ground_diffuse: Array,
    ) -> Radiation:
        """Share incoming light among canopy, ground and sky.

        light              [2 (direct, diffuse), band, column] W m-2
        cos_zenith         [column] 1, taken as 0.001 at least where light has a direction
        fraction           [column] 1, of the cell with vegetation
        lai, sai           [column] m2 m-2, of the vegetated part, above the snow
        wet_fraction       [column] 1, of the canopy under water, or snow where canopy_temperature K is below freezing
        ground_direct, ground_diffuse   [band, column] albedo of the ground
        Returns Radiation.
        """
        area = lai + sai
        mu = jnp.maximum(cos_zenith, LOWEST_SUN)
        reflectance, transmittance = leaf_optics(vegetation, lai, sai)
        snow = jnp.where(canopy_temperature > FREEZING_POINT, 0.0, wet_fraction)
        layer, K = two_stream_layer(vegetation.leaf_orientation, reflectance, transmittance, area, mu, snow)
        gap_direct, gap_diffuse = gap_fractions(self.gap, vegetation, fraction, area, mu)

        # Light that reaches the ground and the sky through the layer, per unit that came, after all reflections.
        R, T, S = layer.reflection, layer.transmission, layer.beam[None, :]
        repeated = 1.0 / (1.0 - ground_diffuse * R)
        down = T * repeated
        beam_down = (layer.beam_down + S * ground_direct * R) * repeated
        up = R + T * ground_diffuse * down
        beam_up = layer.beam_up + T * (ground_diffuse * beam_down + ground_direct * S)
        into_ground = (1.0 - ground_diffuse) * down
        beam_into_ground = (1.0 - ground_direct) * S + (1.0 - ground_diffuse) * beam_down

        direct, diffuse = light[0], light[1]
        open_direct, open_diffuse = gap_direct[None, :] * direct, gap_diffuse[None, :] * diffuse
        leafy_direct, leafy_diffuse = direct - open_direct, diffuse - open_diffuse
        ground = leafy_direct * beam_into_ground + leafy_diffuse * into_ground
        ground += open_direct * (1.0 - ground_direct) + open_diffuse * (1.0 - ground_diffuse)
        sky = leafy_direct * beam_up + leafy_diffuse * up
        sky += open_direct * ground_direct + open_diffuse * ground_diffuse
        canopy_direct = leafy_direct * (1.0 - beam_up - beam_into_ground)
        canopy_diffuse = leafy_diffuse * (1.0 - up - into_ground)

        sunlit = sunlit_share(K * jnp.sqrt(1.0 - reflectance[0] - transmittance[0]) * area)
        sunlit = jnp.where((cos_zenith > 0.0) & (sunlit >= LEAST_SUNLIT), sunlit, 0.0)
        leaves = jnp.maximum(area if self.leaf_light == "cell" else area * fraction, SMALLEST_AREA)
        return Radiation(
            absorbed_canopy=canopy_direct[0] + canopy_direct[1] + canopy_diffuse[0] + canopy_diffuse[1],
            absorbed_ground=ground[0] + ground[1],
            reflected=sky[0] + sky[1],
            par=jnp.maximum(light_of_leaves(canopy_direct[0] / leaves, canopy_diffuse[0] / leaves, sunlit), 0.0),
            sunlit_lai=sunlit * lai,
            shaded_lai=(1.0 - sunlit) * lai,
        )


def leaf_optics(vegetation: Vegetation, lai: Array, sai: Array) -> tuple[Array, Array]:
    """Reflectance and transmittance [band, column] of leaves and stems mixed by their areas."""
    leaf = (lai / jnp.maximum(lai + sai, SMALLEST_AREA))[None, :]
    stem = (sai / jnp.maximum(lai + sai, SMALLEST_AREA))[None, :]
    reflectance = vegetation.leaf_reflectance * leaf + vegetation.stem_reflectance * stem
    transmittance = vegetation.leaf_transmittance * leaf + vegetation.stem_transmittance * stem
    return jnp.maximum(reflectance, LEAST_OPTICS), jnp.maximum(transmittance, LEAST_OPTICS)


def sunlit_share(depth: Array) -> Array:
    """Mean share of leaves in the sun over optical depth x: (1 - exp(-x)) / x, [column]. Source: Sellers (1985)"""
    x = jnp.maximum(depth, SMALLEST_AREA)
    return -jnp.expm1(-x) / x


def light_of_leaves(direct: Array, diffuse: Array, sunlit: Array) -> Array:
    """Visible light of sunlit and shaded leaves [2, column] from that absorbed a leaf area, direct and diffuse.

    Leaves in the sun get all of the direct light and their share of the diffuse. Source: He et al. (2023)
    """
    lit = sunlit > 0.0
    share = jnp.where(lit, sunlit, 1.0)
    return jnp.stack([jnp.where(lit, direct / share + diffuse, 0.0), jnp.where(lit, diffuse, direct + diffuse)])
