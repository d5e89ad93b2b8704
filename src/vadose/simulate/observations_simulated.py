"""What a run simulated where and when something was measured: the cell, the layers, the depth that a sensor saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vadose.errors import DataError
from vadose.grid.layers import covered, depth_weights
from vadose.model.outputs import OUTPUTS

if TYPE_CHECKING:
    import xarray as xr

    from vadose.simulate.observations import Target

LAYERED = ("soil_moisture", "soil_temperature")
_RUNOFF = ("surface_runoff", "subsurface_runoff")


def simulated(outputs: xr.Dataset, target: Target) -> np.ndarray:
    """What each member simulated where a target was measured: [member, time] in the units of the target.

    Soil moisture and temperature are means of the layers over the depth of the target, by overlap; moisture is that of
    the liquid where the target is and the outputs have the ice.
    Raises DataError where the outputs lack the variable or do not reach the depth.
    """
    found = {str(v.attrs.get("vadose_name", k)): k for k, v in outputs.data_vars.items()}
    if target.variable == "runoff" and "runoff" not in found and set(_RUNOFF) <= set(found):
        parts = (at_place(outputs[found[n]], target.index).transpose("member", "time") for n in _RUNOFF)
        return np.sum([np.asarray(part.values, float) for part in parts], axis=0)
    if target.variable not in found:
        known = ", ".join(n for n in found if n in OUTPUTS)
        raise DataError(
            f"the outputs lack {target.variable}, with which {target.name!r} is compared; they hold {known}: add it to "
            "[output] `variables`"
        )
    values = at_place(outputs[found[target.variable]], target.index)
    if target.variable not in LAYERED:
        return np.asarray(values.transpose("member", "time").values, float)
    if target.liquid and "soil_ice" in found:
        values = values - at_place(outputs[found["soil_ice"]], target.index)
    layered = np.asarray(values.transpose("member", "time", "depth").values, float)
    layers = np.asarray(outputs["depth_bnds"].values, float)
    return np.concatenate([_of_member(one[None], layers, target) for one in layered])


def _of_member(layered: np.ndarray, layers: np.ndarray, target: Target) -> np.ndarray:
    """`depth_means` of one member, whose soil may end above the deepest layer of the outputs."""
    known = np.isfinite(layered).any(axis=(0, 1))
    if not known.any():
        return np.full(layered.shape[:2], np.nan)
    return depth_means(layered[..., known], layers[known], target)


def depth_means(layered: np.ndarray, layers: np.ndarray, target: Target) -> np.ndarray:
    """Means of [member, time, layer] over the depth of a target: m3 m-3 from kg m-2 in a layer, or K."""
    kind = "mass" if target.variable == "soil_moisture" else "volumetric"
    if target.reach is None:
        assert target.depth is not None
        check_depth(target.name, layers, target.depth)
        return layered @ depth_weights(layers, *target.depth, kind)
    # Sensors state their depth to the centimetre: few different weights serve all times.
    depth = np.round(np.where(np.isfinite(target.reach), target.reach, 0.0), 2)
    out = np.full(layered.shape[:2], np.nan)
    for bottom in np.unique(depth[depth > 0]):
        rows = depth == bottom
        out[:, rows] = layered[:, rows] @ depth_weights(layers, 0.0, float(bottom), kind)
    return out


def check_depth(name: str, layers: np.ndarray, depth: tuple[float, float]) -> None:
    """Raise DataError where soil layers [layer, 2] m cover less than half of a depth (top, bottom) m."""
    top, bottom = depth
    if covered(layers, top, bottom) < 0.5 * (bottom - top):
        raise DataError(f"{name!r}: the soil layers reach {layers[-1, 1]:g} m, too shallow for {top:g}-{bottom:g} m")


def at_place(values: xr.DataArray, index: int) -> xr.DataArray:
    """An output at one place of its grid or sites, by its position in the flattened grid."""
    if "site" in values.dims:
        return values.isel(site=index)
    row, column = divmod(index, values.sizes["lon"])
    return values.isel(lat=row, lon=column)
