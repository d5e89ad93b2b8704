"""What a calibration run leaves behind as CF netCDF: thresholds and textures on the grid of the series."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from vadose.calibrate.reason import Reason
from vadose.grid.cells import Cells
from vadose.workflow.output import coordinates, dimensions

if TYPE_CHECKING:
    from vadose.calibrate.drydown.estimates import Estimates
    from vadose.calibrate.texture import Texture

# Quantities with long name, units and, where CF has one, standard name.
QUANTITIES = {
    "wilting_point": (
        "volumetric soil moisture at the wilting point",
        "m3 m-3",
        "volume_fraction_of_condensed_water_in_soil_at_wilting_point",
    ),
    "critical_point": (
        "volumetric soil moisture at the critical point",
        "m3 m-3",
        "volume_fraction_of_condensed_water_in_soil_at_critical_point",
    ),
    "memory": ("e-folding time of drydowns below the critical point", "days", ""),
    "noise": ("standard deviation of the error of an observation", "m3 m-3", ""),
    "observations": ("days with an observation", "1", ""),
    "candidates": ("drydowns found", "1", ""),
    "events": ("drydowns kept", "1", ""),
    "sand": ("mass fraction of sand in the mineral fine earth", "%", ""),
    "clay": ("mass fraction of clay in the mineral fine earth", "%", ""),
    "organic_carbon": ("mass fraction of organic carbon in the fine earth", "%", ""),
    "misfit": ("root mean square difference of both thresholds", "m3 m-3", ""),
    "evaluations": ("evaluations of the objective", "1", ""),
    "at_limit": ("parameters on the limit of the search", "1", ""),
}
# What follows the name of a quantity, and what the long name then says.
FORMS = {
    "_error": "standard error of ",
    "_spread": "robust standard deviation among drydowns of ",
    "_baseline": "before optimisation: ",
    "_low": "least admissible ",
    "_high": "greatest admissible ",
    "_uncertainty": "95 % half width of ",
}


def dataset(struct: Estimates | Texture, cells: Cells, attrs: Mapping[str, Any]) -> xr.Dataset:
    """The arrays [cell] of estimates or textures on their grid, float32, with CF attributes.

    attrs  global attributes: title, source, history, provenance
    """
    dims = dimensions(cells.grid)
    variables: dict[str, Any] = {}
    for field in dataclasses.fields(struct):
        values = getattr(struct, field.name)
        if values is None:
            continue
        whole, encoding = _whole(field.name, values, cells)
        variables[field.name] = (dims, whole, attributes(field.name), encoding)
    return xr.Dataset(variables, coordinates(cells.grid), {"Conventions": "CF-1.11", **attrs})


def attributes(name: str) -> dict[str, Any]:
    """CF attributes of a variable of a run."""
    if name == "reason":
        values = np.array([int(r) for r in Reason], np.uint8)
        meanings = " ".join(r.meaning for r in Reason)
        return {"long_name": "why there is no result", "flag_values": values, "flag_meanings": meanings}
    form = next((f for f in FORMS if name.endswith(f)), "")
    long_name, units, standard = QUANTITIES[name.removesuffix(form)]
    found = {"long_name": FORMS.get(form, "") + long_name, "units": units}
    if standard and form in ("", "_error"):
        found["standard_name"] = standard + (" standard_error" if form else "")
    return found


def _whole(name: str, values: np.ndarray, cells: Cells) -> tuple[np.ndarray, dict[str, Any]]:
    if name == "reason":
        return cells.unpack(values.astype(np.uint8), int(Reason.OUTSIDE_DOMAIN)), {}
    if values.dtype.kind in "iu":
        return cells.unpack(values.astype(np.int32), -1), {"_FillValue": np.int32(-1)}
    return cells.unpack(values.astype(np.float32)), {"_FillValue": np.float32(np.nan)}


def count_reasons(reason: np.ndarray) -> dict[str, int]:
    """How many cells have a result, and how many lack one for each reason."""
    found = np.bincount(reason, minlength=len(Reason))
    return {r.meaning: int(found[r]) for r in Reason if found[r]}
