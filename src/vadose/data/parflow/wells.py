"""Wells of a ParFlow run: water pumped in or out of the layers at a place, or a head held in them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from vadose.data.parflow.cycles import TimeSeries, Timing, interval_names, time_series
from vadose.data.parflow.reading import Reading
from vadose.errors import DataError, RangeError


@dataclass(frozen=True, eq=False)
class CaseWell:
    """A vertical well.

    name    in the run;  kind  "flux" or "head";  row, column  y and x of its cells
    layers  [layer] of its cells, from the top down
    series  "flux": m3 s-1 into the ground (a well that extracts is negative); "head": m, held in each of its cells
    share   [layer] of the flux that each layer takes; 1 together, but where ParFlow shares by the nominal thickness
    """

    name: str
    kind: str
    row: int
    column: int
    layers: np.ndarray
    series: TimeSeries
    share: np.ndarray


def read_wells(r: Reading, phase: str, timing: Timing) -> tuple[CaseWell, ...]:
    """The wells of `Wells.Names`.

    Without `Wells.CorrectForVarDz` ParFlow looks for the layers, and shares the flux, as if all were `DZ` thick: with
    dzScale other layers are met, and another sum is pumped. So it is here, since the run was made with it.
    Raises DataError for wells that recirculate, or share a flux by conductivity, and for a place outside of the domain.
    """
    real = r.keys.flag("Wells.CorrectForVarDz")
    return tuple(_read(r, name, phase, timing, real) for name in r.keys.names("Wells.Names", ""))


def _read(r: Reading, name: str, phase: str, timing: Timing, real: bool) -> CaseWell:
    base = f"Wells.{name}"
    r.keys.choice(f"{base}.InputType", ("Vertical",), "Give a well that recirculates as two wells.")
    inject = r.keys.choice(f"{base}.Action", ("Injection", "Extraction")) == "Injection"
    kind = r.keys.choice(f"{base}.Type", ("Flux", "Pressure")).lower()
    r.keys.choice(
        f"{base}.Method", ("Standard",), "Make a well for each layer to share the flux otherwise.", "Standard"
    )
    r.keys.without_effect(rf"{re.escape(base)}\.[^.]+\.(Saturation|Concentration)\..*")
    _, rows, columns = r.grid.shape
    row = _cell(r, f"{base}.Y", r.grid.lower[1], r.grid.dy, rows)
    column = _cell(r, f"{base}.X", r.grid.lower[0], r.grid.dx, columns)
    layers = _layers(r, base, real)
    if not r.active[layers, row, column].all():
        raise DataError(
            f"{r.keys.path}: well {name!r} has cells outside of the domain (row y {row}, column x {column})"
        )
    cycle = r.keys.text(f"{base}.Cycle")
    value = f"Flux.{phase}.Value" if kind == "flux" else "Pressure.Value"
    values = [r.keys.number(f"{base}.{interval}.{value}") for interval in interval_names(r.keys, cycle)]
    depth = r.thickness[layers]
    if kind == "flux":
        values = [(v if inject else -v) / r.seconds for v in values]
        share = depth / (depth.sum() if real else r.grid.dz * layers.size)
    else:
        kind, share = "head", np.ones(layers.size)
    return CaseWell(name, kind, row, column, layers, time_series(r.keys, cycle, values, timing), share)


def _cell(r: Reading, key: str, lower: float, step: float, count: int) -> int:
    place = r.keys.number(key)
    index = int(np.floor((place - lower) / step))
    if not 0 <= index < count:
        raise RangeError(
            f"{r.keys.path}: `{key}` must be {lower:g} to {lower + count * step:g} m to lie on the grid, got {place:g}"
        )
    return index


def _layers(r: Reading, base: str, real: bool) -> np.ndarray:
    """Layers from the top down between `ZUpper` and `ZLower`, both included."""
    upper, lower = r.keys.number(f"{base}.ZUpper"), r.keys.number(f"{base}.ZLower")
    count = r.grid.shape[0]
    thick = r.thickness[::-1] if real else np.full(count, r.grid.dz)
    faces = r.grid.lower[2] + np.append(0.0, np.cumsum(thick))
    if not faces[0] <= lower <= upper <= faces[-1] + 1e-9 * r.grid.dz:
        raise RangeError(
            f"{r.keys.path}: `{base}.ZLower` and `ZUpper` must lie between {faces[0]:g} and {faces[-1]:g} m, "
            f"ZLower below, got {lower:g} and {upper:g}"
        )
    first, last = (min(int(np.searchsorted(faces, z, side="right")) - 1, count - 1) for z in (lower, upper))
    return np.arange(count - 1 - last, count - first)
