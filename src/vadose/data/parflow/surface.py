"""The surface of a ParFlow run: slopes, roughness, and how water flows over the ground."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vadose.data.parflow.grid import read_map
from vadose.data.parflow.reading import NOT_NEGATIVE, Limits, Reading
from vadose.errors import RangeError

OVERLAND = ("OverlandFlow", "OverlandKinematic", "OverlandDiffusive")
_EPSILON = 1e-5  # ParFlow's default


@dataclass(frozen=True, eq=False)
class Surface:
    """Slopes and flow over the ground.

    slope_x, slope_y  [y, x] positive where the ground rises toward +x, +y;  manning  [y, x] s m-1/3
    overland  None, "OverlandFlow", "OverlandKinematic" or "OverlandDiffusive";  epsilon  least slope that counts
    """

    slope_x: np.ndarray
    slope_y: np.ndarray
    manning: np.ndarray
    overland: str | None
    epsilon: float
    notes: tuple[str, ...] = ()


def read_surface(r: Reading, overland: str | None) -> Surface:
    """Slopes, Manning's n and the kind of flow over the ground, which the condition at the top decides.

    Manning's n is in time m-1/3 in the files and becomes s m-1/3. Columns in no region of a list of slopes are flat, as
    they are in ParFlow, with a note.
    Raises RangeError for a roughness that is not above zero where water flows over the ground.
    """
    notes: list[str] = []
    slope_x, slope_y = (_map(r, f"TopoSlopes{axis}", None, notes) for axis in "XY")
    manning = _map(r, "Mannings", NOT_NEGATIVE, notes) * r.seconds
    columns = r.active.any(axis=0)
    if overland and (manning[columns] <= 0).any():
        y, x = (int(i) for i in np.argwhere(columns & (manning <= 0))[0])
        raise RangeError(
            f"{r.keys.path}: Manning's n must be > 0 where water flows over the ground ({overland}), got "
            f"{manning[y, x]:g} in row y {y}, column x {x}: set Mannings"
        )
    epsilon = _EPSILON
    if overland in ("OverlandKinematic", "OverlandDiffusive"):
        epsilon = r.keys.positive(f"Solver.{overland}.Epsilon", _EPSILON)
    r.keys.without_effect(r"Solver\.Overland(Kinematic|Diffusive)\.Epsilon")
    return Surface(slope_x, slope_y, manning, overland, epsilon, tuple(notes))


def _map(r: Reading, name: str, limits: Limits | None, notes: list[str]) -> np.ndarray:
    """A map [y, x] by region or from a file, 0 outside of the domain."""
    columns = r.active.any(axis=0)
    kind = r.keys.choice(
        f"{name}.Type", ("Constant", "PFBFile"), "Give a formula or NetCDF map as a pfb file.", "Constant"
    )
    if kind == "PFBFile":
        r.keys.without_effect(rf"{name}\.GeomNames|{name}\.Geom\..*")
        key = f"{name}.FileName"
        values = read_map(r.keys, key, r.grid.shape)
        wrong = columns & ~np.isfinite(values)
        if limits:
            wrong |= columns & ~limits.allows(np.where(np.isfinite(values), values, 1.0))
        if wrong.any():
            y, x = (int(i) for i in np.argwhere(wrong)[0])
            raise RangeError(
                f"{r.keys.file(key)} (`{key}`): must be {limits.text if limits else 'a number'} in every active "
                f"column, got {values[y, x]:g} in row y {y}, column x {x}"
            )
        return np.where(columns, values, 0.0)
    r.keys.superseded(f"{name}.FileName")
    values, held = np.zeros(columns.shape), np.zeros(columns.shape, bool)
    for region in r.keys.names(f"{name}.GeomNames", ""):
        cells = r.region(region, f"{name}.GeomNames").any(axis=0)
        key = f"{name}.Geom.{region}.Value"
        values[cells] = r.number(key, limits) if limits else r.keys.number(key)
        held |= cells
    if (columns & ~held).any():
        notes.append(f"{name}: {int((columns & ~held).sum())} columns are in none of its regions and take 0")
    return np.where(columns, values, 0.0)
