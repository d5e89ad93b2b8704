"""The grid of a ParFlow run: its cells, the thickness of its layers, and fields of its files on them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

import numpy as np

from vadose.data.parflow.keys import CaseKeys
from vadose.data.parflow.pfb import read_pfb
from vadose.errors import DataError, GridMismatch, RangeError

_MOST = 2_000_000_000  # cells of a grid: more are a slip of the keys


@dataclass(frozen=True, eq=False)
class CaseGrid:
    """The nominal grid, on which ParFlow places its geometries: all layers `dz` thick.

    shape    (z, y, x) cells;  dx, dy, dz  m;  lower  (x, y, z) m of the corner of the first cell
    """

    shape: tuple[int, int, int]
    dx: float
    dy: float
    dz: float
    lower: tuple[float, float, float]

    def centres(self, axis: int) -> np.ndarray:
        """Centres of the cells, m, along axis 0 (z, from the top), 1 (y) or 2 (x), with nominal layers."""
        step, start = (self.dz, self.dy, self.dx)[axis], self.lower[2 - axis]
        centres = start + (np.arange(self.shape[axis]) + 0.5) * step
        return centres[::-1] if axis == 0 else centres


def read_grid(keys: CaseKeys) -> CaseGrid:
    """The grid from `ComputationalGrid.*`; RangeError for no cells or no extent."""
    counts = []
    for axis in "ZYX":
        count = keys.whole(f"ComputationalGrid.N{axis}")
        if count < 1:
            raise RangeError(f"{keys.path}: `ComputationalGrid.N{axis}` must be >= 1, got {count}")
        counts.append(count)
    if np.prod(counts, dtype=float) > _MOST:
        raise RangeError(f"{keys.path}: a grid of {counts[2]} x {counts[1]} x {counts[0]} cells cannot be held")
    x, y, z = (keys.number(f"ComputationalGrid.Lower.{axis}", 0.0) for axis in "XYZ")
    dx, dy, dz = (keys.positive(f"ComputationalGrid.D{axis}") for axis in "XYZ")
    return CaseGrid((counts[0], counts[1], counts[2]), dx, dy, dz, (x, y, z))


def read_cells(keys: CaseKeys, key: str, shape: tuple[int, int, int]) -> np.ndarray:
    """The field [z, y, x] of the `.pfb` file that `key` names, z from the top, NaN outside of ParFlow's domain.

    shape  (z, y, x) that the file must have; (1, y, x) for a map
    Raises GridMismatch for another shape, with the order of axes that would fit; DataError for the file itself.
    """
    path = keys.file(key)
    values = read_pfb(path).values
    if values.shape == shape:
        return values
    got, want = values.shape[::-1], shape[::-1]
    text = f"{path} (`{key}`) holds {got[0]} x {got[1]} x {got[2]} cells (x, y, z), expected "
    text += f"{want[0]} x {want[1]} x {want[2]}"
    fits = [p for p in permutations(range(3)) if tuple(got[i] for i in p) == want]
    if fits:
        order = ", ".join("xyz"[fits[0].index(i)] for i in range(3))
        raise GridMismatch(
            f"{text}; its x, y, z would fit as the grid's {order}: write x fastest, then y, then z from the bottom"
        )
    raise GridMismatch(f"{text}: it belongs to another grid")


def read_map(keys: CaseKeys, key: str, shape: tuple[int, int, int]) -> np.ndarray:
    """As `read_cells`, for a map [y, x] of one layer."""
    return read_cells(keys, key, (1, *shape[1:]))[0]


def read_thickness(keys: CaseKeys, grid: CaseGrid, active: np.ndarray, regions: dict[str, np.ndarray]) -> np.ndarray:
    """Thickness of the layers [z] m from the top: `DZ`, times `dzScale` where `Solver.Nonlinear.VariableDz` is set.

    active  [z, y, x] bool;  regions  [z, y, x] bool by name, of `dzScale.GeomNames`
    Raises RangeError for a layer of no thickness, DataError for layers that vary along x or y.
    """
    if not keys.flag("Solver.Nonlinear.VariableDz"):
        keys.without_effect(r"dzScale\..*|Cell\.[^.]+\.dzScale\..*|Geom\.[^.]+\.dzScale\..*")
        return np.full(grid.shape[0], grid.dz)
    kind = keys.choice("dzScale.Type", ("nzList", "Constant", "PFBFile"))
    if kind == "nzList":
        scale = _listed(keys, grid.shape[0])
    else:
        scale = _uniform(keys, _scales(keys, grid, regions, kind), active)
    if (scale <= 0).any():
        layer = int(np.argmax(scale <= 0))
        raise RangeError(
            f"{keys.path}: layer {layer} from the top ({grid.shape[0] - 1 - layer} in ParFlow's count from the bottom) "
            f"is {grid.dz * scale[layer]:g} m thick; expected > 0: correct dzScale"
        )
    return grid.dz * scale


def _listed(keys: CaseKeys, layers: int) -> np.ndarray:
    keys.without_effect(r"dzScale\.GeomNames")
    count = keys.whole("dzScale.nzListNumber")
    if count != layers:
        raise DataError(
            f"{keys.path}: `dzScale.nzListNumber` = {count}, but the grid has {layers} layers: list them all"
        )
    return np.array([keys.number(f"Cell.{k}.dzScale.Value") for k in range(layers)])[::-1]


def _scales(keys: CaseKeys, grid: CaseGrid, regions: dict[str, np.ndarray], kind: str) -> np.ndarray:
    if kind == "PFBFile":
        keys.without_effect(r"dzScale\.GeomNames")
        return read_cells(keys, "Geom.domain.dzScale.FileName", grid.shape)
    scale = np.ones(grid.shape)
    for name in keys.names("dzScale.GeomNames"):
        if name not in regions:
            raise DataError(f"{keys.path}: `dzScale.GeomNames` names {name!r}, which is no geometry of the run")
        scale[regions[name]] = keys.number(f"Geom.{name}.dzScale.Value")
    return scale


def _uniform(keys: CaseKeys, scale: np.ndarray, active: np.ndarray) -> np.ndarray:
    """One value a layer, 1 for layers without an active cell."""
    inside = np.where(active, scale, np.nan)
    out = np.ones(scale.shape[0])
    for layer, values in enumerate(inside):
        known = values[active[layer]]
        if known.size and not np.all(known == known[0]):
            raise DataError(
                f"{keys.path}: dzScale of layer {layer} from the top varies from {np.nanmin(known):g} to "
                f"{np.nanmax(known):g} along x or y; expected one thickness a layer: use dzScale.Type = nzList"
            )
        out[layer] = known[0] if known.size else 1.0
    return out
