"""What the layers below the land's are made of: the soil above them, numbers of the study, or a file by depth."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from vadose.data.axes import Roles, find_roles
from vadose.data.horizontal import read_horizontal
from vadose.data.netcdf import opened
from vadose.errors import ConfigError, DataError, GridMismatch, RangeError, UnitError
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid
from vadose.simulate.flow.fields import SPELT
from vadose.simulate.flow.study import PER_SECOND
from vadose.simulate.nearest import nearest_places, reached
from vadose.simulate.study_subsurface import FASTEST, SLOWEST

if TYPE_CHECKING:
    from vadose.simulate.study_subsurface import Subsurface

SHARES = {"": 1.0, "1": 1.0, "m3 m-3": 1.0, "m3/m3": 1.0, "-": 1.0, "%": 0.01, "percent": 0.01}


def deep_soil(table: Subsurface, retention: Any, cells: Cells) -> Any:
    """The closure of the layers below the land's, leaves [layer, column]: its lowest one's, K_s and porosity set.

    Raises ConfigError for a closure without them, DataError, GridMismatch, UnitError or RangeError for a file.
    """
    count = len(table.layers)
    names = {field.name for field in fields(retention)}
    if not {"K_s", "theta_s"} <= names:
        raise ConfigError(
            f"[subsurface] the closure {type(retention).__name__} has no K_s and theta_s of its own; choose [soil] "
            '`closure` = "van-genuchten", "brooks-corey" or "campbell"'
        )

    def lowest(leaf: Any) -> Any:
        leaf = np.asarray(leaf, float)
        return np.broadcast_to(leaf[-1:], (count, cells.size)).copy() if leaf.ndim == 2 else leaf

    deep = jax.tree.map(lowest, retention)
    found = deep_fields(table.soil_file, count, cells) if table.soil_file else {}
    for name in ("K_s", "porosity"):
        stated = getattr(table, name)
        if stated is not None and name in found:
            raise ConfigError(f"[subsurface] `{name}` is stated and in {table.soil_file} too; keep one")
        if stated is not None:
            found[name] = np.full((count, cells.size), stated)
    if "porosity" in found:
        _check_porosity(found["porosity"], deep, table.soil_file)
    leaves = {"K_s": "K_s", "porosity": "theta_s"}
    return replace(deep, **{leaves[name]: values for name, values in found.items()})


def _check_porosity(porosity: np.ndarray, deep: Any, path: str) -> None:
    residual = np.broadcast_to(np.asarray(getattr(deep, "theta_r", 0.0)), porosity.shape)
    bad = np.argwhere(~(porosity > residual))
    if len(bad):
        place = tuple(bad[0])
        raise ConfigError(
            f"{path or '[subsurface]'}: `porosity` = {porosity[place]:g} must be above the residual water content of "
            f"the lowest land layer, {residual[place]:g} m3 m-3 ({len(bad)} cells)"
        )


def deep_fields(path: str, count: int, cells: Cells) -> dict[str, np.ndarray]:
    """K_s m s-1 and porosity m3 m-3 of a file, what it has of them, [layer, column] of the nearest cells.

    count  layers below the land's, which the file has from the top, or one field for all
    """
    found: dict[str, np.ndarray] = {}
    with opened(path) as file:
        for name in ("K_s", "porosity"):
            if name in file.variables:
                found[name] = _checked(path, name, _read(path, file, name, count, cells), cells)
        if not found:
            held = ", ".join(file.variables) or "nothing"
            raise DataError(f"{path}: [subsurface] `soil_file` has neither K_s nor porosity; it holds {held}")
    return found


def _read(path: str, file: Any, name: str, count: int, cells: Cells) -> np.ndarray:
    """[layer, column] in SI of one variable."""
    variable, where = file.variables[name], f"{path}: variable {name!r}"
    roles = find_roles(file, variable, where)
    horizontal = read_horizontal(file, variable, roles, where)
    if not isinstance(horizontal.grid, LatLonGrid):
        raise GridMismatch(f"{where}: must be on latitudes and longitudes; this file holds points")
    factor = _factor(where, name, str(getattr(variable, "units", "")).strip())
    values: np.ndarray = np.ma.filled(np.ma.asarray(variable[...], dtype=float), np.nan)
    layer = roles.dims.get("depth")
    rest = [d for d in variable.dimensions if d not in (*horizontal.dims, layer)]
    if any(len(file.dimensions[d]) > 1 for d in rest):
        raise GridMismatch(f"{where} [{', '.join(variable.dimensions)}]; expected [layer, lat, lon] or [lat, lon]")
    order = [*rest, *([layer] if layer else []), *horizontal.dims]
    values = values.transpose([variable.dimensions.index(d) for d in order])
    values = horizontal.arrange(values.reshape(-1, *values.shape[-len(horizontal.dims) :]))
    if layer and values.shape[0] != count:
        raise GridMismatch(
            f"{where}: has {values.shape[0]} layers along {layer!r}, expected {count} as [subsurface] "
            "`layers`, from the top"
        )
    if layer:
        _check_order(where, file, roles)
    row, column = nearest_places(horizontal.grid, cells)
    here = np.where(reached(horizontal.grid, cells), values[:, row, column], np.nan)
    return factor * np.broadcast_to(here, (count, cells.size))


def _check_order(where: str, file: Any, roles: Roles) -> None:
    """Raise GridMismatch where the axis of the layers says that they begin at the bottom."""
    axis = file.variables.get(roles.dims["depth"])
    if axis is None or axis.ndim != 1 or axis.size < 2:
        return
    upward = str(getattr(axis, "positive", "down")).lower() == "up"
    if (float(axis[-1]) > float(axis[0])) == upward:
        raise GridMismatch(
            f"{where}: its layers begin at the bottom by the axis {axis.name!r}; write them from the top, as "
            "[subsurface] `layers` are"
        )


def _factor(where: str, name: str, units: str) -> float:
    known = SHARES if name == "porosity" else PER_SECOND
    units = SPELT.get(units, units)
    if units not in known:
        expected = ", ".join(repr(u) for u in known if u)
        raise UnitError(f"{where}: units {units!r}; expected one of {expected}: state them in the file")
    return known[units]


def _checked(path: str, name: str, values: np.ndarray, cells: Cells) -> np.ndarray:
    """The values, all there and such as some ground has."""
    low, high, unit = (SLOWEST, FASTEST, "m s-1") if name == "K_s" else (0.0, 1.0, "m3 m-3")
    for bad, error, said in (
        (~np.isfinite(values), DataError, "is missing"),
        (~((values >= low) & (values <= high)), RangeError, f"is not {low:g} to {high:g} {unit}"),
    ):
        if bad.any():
            layer, column = np.argwhere(bad)[0]
            got = "" if error is DataError else f", got {values[layer, column]:g}"
            raise error(
                f"{path}: {name} {said} in {int(bad.sum())} cells, the first in layer {layer + 1} from the top at "
                f"{cells.lat[column]:.3f} N, {cells.lon[column]:.3f} E{got}; correct the map or its `units`"
            )
    return values
