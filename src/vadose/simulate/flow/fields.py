"""Maps and soils of a flow run from netCDF files, with units, order of layers and indicator values checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.data.netcdf import opened
from vadose.errors import ConfigError, DataError, GridMismatch, RangeError, UnitError
from vadose.simulate.flow.study import PER_SECOND

if TYPE_CHECKING:
    from vadose.simulate.flow.study import FlowStudy, SoilClass

NAMES = ("K_s", "porosity", "theta_r", "alpha", "n")
SPELT = {"m/s": "m s-1", "m/h": "m h-1", "m/d": "m d-1", "m/day": "m d-1", "cm/d": "cm d-1", "mm/h": "mm h-1"}


@dataclass(frozen=True)
class Fields:
    """Variables of a netCDF file."""

    path: str

    def names(self) -> tuple[str, ...]:
        """All that it holds."""
        with opened(self.path) as file:
            return tuple(file.variables)

    def units(self, name: str) -> str:
        """The units attribute of a variable, "" where there is none."""
        with opened(self.path) as file:
            return str(getattr(file.variables[name], "units", ""))

    def read(self, name: str) -> tuple[np.ndarray, tuple[str, ...]]:
        """Values, missing ones NaN, and dimensions of a variable, rows northward where y says otherwise."""
        with opened(self.path) as file:
            if name not in file.variables:
                raise DataError(f"{self.path}: no variable {name!r}; it holds {', '.join(file.variables)}")
            variable = file.variables[name]
            values: np.ndarray = np.ma.filled(np.ma.asarray(variable[:], dtype=float), np.nan)
            dims = tuple(variable.dimensions)
            axis = file.variables.get(dims[-2]) if values.ndim >= 2 else None
            southward = axis is not None and axis.ndim == 1 and axis.size > 1 and float(axis[1]) < float(axis[0])
        return (np.flip(values, axis=-2) if southward else values), dims

    def layered(self, name: str, shape: tuple[int, int, int], order: str) -> np.ndarray:
        """A variable [layer, y, x] from the top, or [y, x] for all layers.

        order    "top" or "bottom", which layer the file begins with
        Raises GridMismatch for another shape, or where the file's own axis says the opposite.
        """
        values, dims = self.read(name)
        if values.ndim == 2:
            values = np.broadcast_to(values, (shape[0], *values.shape))
        elif values.ndim == 3:
            said = self._first_layer(dims[0])
            if said and said != order:
                raise GridMismatch(
                    f"{self.path}, variable {name}: begins with the {said} layer by its axis {dims[0]!r}, but [soil] "
                    f'`order` = "{order}"; say order = "{said}", or turn the file'
                )
            values = values[::-1] if order == "bottom" else values
        if values.shape != shape:
            raise GridMismatch(
                f"{self.path}, variable {name}: is {values.shape}, expected {shape} [layer, y, x]"
                f"{hint(values.shape, shape)}"
            )
        return values

    def _first_layer(self, axis: str) -> str:
        """Which layer comes first by an axis that says where it is positive; "" where it does not."""
        with opened(self.path) as file:
            found = file.variables.get(axis)
            way = str(getattr(found, "positive", "")).lower()
            if found is None or found.ndim != 1 or found.size < 2 or way not in ("up", "down"):
                return ""
            rising = float(found[1]) > float(found[0])
        return "top" if rising == (way == "down") else "bottom"

    def map(self, name: str, shape: tuple[int, ...] | None) -> np.ndarray:
        """A variable [y, x]."""
        values, dims = self.read(name)
        if values.ndim != 2:
            raise GridMismatch(f"{self.path}, variable {name}: is {dims}, expected [y, x]")
        if shape is not None and values.shape != shape:
            raise GridMismatch(
                f"{self.path}, variable {name}: is {values.shape}, expected {shape} [y, x]{hint(values.shape, shape)}"
            )
        return values


def hint(got: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    """What a shape looks like instead."""
    if got == wanted[::-1]:
        return "; the axes are in reverse order: write it as [layer, y, x]"
    if len(got) == 3 and got[0] != wanted[0] and sorted(got) == sorted(wanted):
        return "; the axes are in another order: write it as [layer, y, x]"
    return ""


@dataclass(frozen=True, eq=False)
class SoilFields:
    """Parameters [z, y, x] in SI, and where they come from."""

    K_s: np.ndarray
    porosity: np.ndarray
    theta_r: np.ndarray
    alpha: np.ndarray
    n: np.ndarray
    origin: str


def soil_fields(study: FlowStudy, shape: tuple[int, int, int], active: np.ndarray) -> SoilFields:
    """The soil of a study on its cells; inactive ones hold harmless values.

    Raises ConfigError for what is missing, UnitError for K without a unit, RangeError for values that no soil has.
    """
    soil = study.soil
    places = {name: soil.file if soil.file and getattr(soil, name) is None else "[soil]" for name in NAMES}
    if soil.indicator:
        places = dict.fromkeys(NAMES, "[[soils]]")
        made, origin = _by_class(study, shape, active), f"{len(study.soils)} soils by indicator"
    else:
        made = {name: _field(study, name, shape) for name in NAMES}
        origin = f"van Genuchten parameters of {soil.file}" if soil.file else "one soil everywhere"
    safe = {"K_s": 1e-6, "porosity": 0.4, "theta_r": 0.05, "alpha": 1.0, "n": 2.0}
    for name in NAMES:
        _check(name, made[name], active, places[name])
        made[name] = np.where(active, made[name], safe[name])
    bad = active & ~(made["theta_r"] < made["porosity"])
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        raise RangeError(
            f"[soil] theta_r must be < porosity; it is not at layer, y, x = {place} ({int(bad.sum())} cells)"
        )
    return SoilFields(**made, origin=origin)


def _field(study: FlowStudy, name: str, shape: tuple[int, int, int]) -> np.ndarray:
    soil = study.soil
    value = getattr(soil, name)
    if value is not None:
        factor = PER_SECOND[soil.K_unit] if name == "K_s" else 1.0
        return np.full(shape, float(value) * factor)
    if not soil.file:
        raise ConfigError(f"[soil] `{name}` is missing: a number, or a variable of `file`")
    fields = Fields(soil.file)
    values = fields.layered(name, shape, soil.order)
    if name != "K_s":
        return values
    units = soil.K_unit or SPELT.get(fields.units(name), fields.units(name))
    if units not in PER_SECOND:
        raise UnitError(
            f"{soil.file}, variable K_s: units {units!r}; say [soil] `K_unit`, one of "
            f"{', '.join(map(repr, PER_SECOND))}"
        )
    return values * PER_SECOND[units]


def _by_class(study: FlowStudy, shape: tuple[int, int, int], active: np.ndarray) -> dict[str, np.ndarray]:
    soil = study.soil
    values = Fields(soil.indicator).layered("indicator", shape, soil.order)
    if not soil.K_unit:
        raise UnitError(f"[soil] `K_unit` is missing for K_s of [[soils]]: one of {', '.join(map(repr, PER_SECOND))}")
    known: dict[int, SoilClass] = {s.value: s for s in study.soils}
    found = np.unique(values[active])
    lost = [v for v in found if not (np.isfinite(v) and int(v) == v and int(v) in known)]
    if lost:
        counts = ", ".join(
            f"{v:g} ({int(((values == v) | (np.isnan(values) & np.isnan(v)))[active].sum())} cells)" for v in lost
        )
        raise ConfigError(
            f"{soil.indicator}: indicator values without a soil: {counts}; give each a row in [[soils]] "
            f"(there are rows for {', '.join(map(str, sorted(known))) or 'none'})"
        )
    out = {name: np.full(shape, np.nan) for name in NAMES}
    for value, row in known.items():
        here = values == value
        for name in NAMES:
            out[name][here] = getattr(row, name) * (PER_SECOND[soil.K_unit] if name == "K_s" else 1.0)
    return out


def _check(name: str, values: Any, active: np.ndarray, where: str) -> None:
    bounds = {
        "K_s": (0.0, 1.0),
        "porosity": (0.0, 1.0),
        "theta_r": (-1e-12, 1.0),
        "alpha": (0.0, 1e4),
        "n": (1.0, 50.0),
    }
    unit = {"K_s": "m s-1", "porosity": "m3 m-3", "theta_r": "m3 m-3", "alpha": "m-1", "n": ""}[name]
    low, high = bounds[name]
    bad = active & ~((values > low) & (values < high))
    if bad.any():
        place = tuple(int(i) for i in np.argwhere(bad)[0])
        more = "; K_s of gravel is 0.01 m s-1: check `K_unit`" if name == "K_s" else ""
        raise RangeError(
            f"{where}: {name} must be > {max(low, 0.0):g} and < {high:g} {unit}, got {values[place]:g} at "
            f"layer, y, x = {place} ({int(bad.sum())} cells){more}"
        )
