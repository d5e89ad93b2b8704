"""The pressure head at the start of a ParFlow run."""

from __future__ import annotations

import numpy as np

from vadose.data.parflow.reading import ANY, Reading
from vadose.errors import DataError

_KINDS = ("Constant", "HydroStaticDepth", "HydroStaticPatch", "PFBFile")


def read_initial_head(r: Reading) -> np.ndarray:
    """Pressure head [z, y, x] m at the start, from `ICPressure`.

    Constant          one head for a region
    HydroStaticDepth  p = Value - (z - RefElevation)
    HydroStaticPatch  p = Value - (z - elevation of the patch in this column)
    PFBFile           as the file has it
    z is the elevation of the cells' centres with their real thickness; on a terrain-following grid it counts from the
    bottom of each column, as in ParFlow. Raises DataError for other kinds and cells without a head.
    """
    kind = r.keys.choice("ICPressure.Type", _KINDS)
    if kind == "PFBFile":
        r.keys.without_effect(r"ICPressure\.GeomNames|Geom\.[^.]+\.ICPressure\.(Value|RefGeom|RefPatch|RefElevation)")
        return r.filled(r.file("Geom.domain.ICPressure.FileName", ANY))
    z = r.z[:, None, None]

    def head(name: str, cells: np.ndarray) -> np.ndarray | float:
        base = f"Geom.{name}.ICPressure"
        value = r.keys.number(f"{base}.Value")
        if kind == "Constant":
            return value
        if kind == "HydroStaticDepth":
            return value - (z - r.keys.number(f"{base}.RefElevation"))
        return value - (z - patch_elevation(r, base, cells))

    values = r.by_region("ICPressure.GeomNames", head)
    r.keys.without_effect(r"Geom\.[^.]+\.ICPressure\.(RefGeom|RefPatch|RefElevation|FileName)")
    return r.filled(values)


def patch_elevation(r: Reading, base: str, cells: np.ndarray) -> np.ndarray:
    """Elevation [y, x] m of the reference patch `base`.RefPatch of `base`.RefGeom in each column; NaN without one.

    It is the bottom of the lowest or the top of the highest cell of that geometry, with the real thickness.
    cells  [z, y, x] bool: each of their columns must have the patch
    Raises DataError for a patch at the side, or one that a column of `cells` lacks.
    """
    geometry, patch = r.keys.text(f"{base}.RefGeom"), r.keys.text(f"{base}.RefPatch")
    region = r.region(geometry, f"{base}.RefGeom")
    side = r.geometry.side(r.keys, patch, geometry)
    if side not in ("bottom", "top"):
        raise DataError(
            f"{r.keys.path}: `{base}.RefPatch` = {patch!r} is neither bottom nor top of {geometry!r}; a reference must "
            "be one of them"
        )
    z = r.z
    if side == "top":
        layer = np.argmax(region, axis=0)
        level = z[layer] + 0.5 * r.thickness[layer]
    else:
        layer = region.shape[0] - 1 - np.argmax(region[::-1], axis=0)
        level = z[layer] - 0.5 * r.thickness[layer]
    has = r.geometry.cover(patch, geometry)
    lacking = (cells & r.active).any(axis=0) & ~has
    if lacking.any():
        raise DataError(
            f"{r.keys.path}: {int(lacking.sum())} columns have no {patch!r} of {geometry!r} to refer to "
            f"(`{base}`): take a geometry that spans the domain"
        )
    return np.where(has, level, np.nan)
