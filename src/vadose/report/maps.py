"""Maps at the resolution of a screen: means over display cells, packed with their grid."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from vadose.grid.latlon import LatLonGrid, Sites
from vadose.report.pack import pack_bits, pack_values

GLOBAL_STEP = 1.0
MAX_CELLS = 40_000
LAYERS = (
    "reference_mean", "model_mean", "bias", "rmse", "reference_phase", "model_phase", "phase_shift",
    "bias_score", "rmse_score", "seasonal_cycle_score", "interannual_score",
)  # fmt: skip
_PERIODIC = {"reference_phase": 12.0, "model_phase": 12.0, "phase_shift": 12.0}


@dataclass
class DisplayGrids:
    """The grids that maps are shown on; maps on the same grid share its region masks.

    regions : vadose.grid.regions.Region, or None where the outline of a region is not known
    """

    regions: list[Any]
    grids: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, grid: LatLonGrid) -> str:
        """The key of `grid`, which is described once."""
        digest = hashlib.sha256(np.concatenate([grid.lat_bnds.ravel(), grid.lon_bnds.ravel()]).round(5).tobytes())
        key = f"g{digest.hexdigest()[:10]}"
        if key not in self.grids:
            self.grids[key] = {
                "lat": np.append(grid.lat_bnds[:, 0], grid.lat_bnds[-1, 1]),
                "lon": np.append(grid.lon_bnds[:, 0], grid.lon_bnds[-1, 1]),
                "masks": [_mask(r, grid) for r in self.regions],
            }
        return key


def _mask(region: Any, grid: LatLonGrid) -> str | None:
    if region is None:
        return None
    mask = np.asarray(region.mask(grid), bool)
    return None if mask.all() or not mask.any() else pack_bits(mask)


def display_grid(grid: LatLonGrid) -> LatLonGrid:
    """The grid to show `grid` on: 1 degree for finer global maps, itself for regional ones up to 40 000 cells."""
    south, north = grid.lat_bnds[0, 0], grid.lat_bnds[-1, 1]
    west, east = grid.lon_bnds[0, 0], grid.lon_bnds[-1, 1]
    if east - west > 300 and min(grid.spacing) < GLOBAL_STEP:
        return LatLonGrid.regular(GLOBAL_STEP)
    if grid.size <= MAX_CELLS:
        return grid
    step = np.sqrt((north - south) * (east - west) / MAX_CELLS)
    edges = [
        np.linspace(a, b, max(2, int((b - a) / step) + 1)) for a, b in ((south, north), (west, min(east, west + 360)))
    ]
    bounds = [np.stack([e[:-1], e[1:]], axis=1) for e in edges]
    return LatLonGrid(bounds[0].mean(axis=1), bounds[1].mean(axis=1), *bounds)


def overlap(target: np.ndarray, source: np.ndarray, period: float | None = None) -> Any:
    """Overlap length of the intervals [target, 2] with [source, 2] as a sparse matrix [target, source]."""
    from scipy import sparse

    shifts = (0.0,) if period is None else (-period, 0.0, period)
    total = sparse.csr_matrix((len(target), len(source)), dtype=np.float32)
    for shift in shifts:
        low = np.maximum(target[:, None, 0], source[None, :, 0] + shift)
        high = np.minimum(target[:, None, 1], source[None, :, 1] + shift)
        total = total + sparse.csr_matrix(np.clip(high - low, 0.0, None).astype(np.float32))
    return total


@dataclass(frozen=True, eq=False)
class Reducer:
    """Area-weighted means of fields on `source` over the cells of `target`; the two may be the same."""

    source: LatLonGrid
    target: LatLonGrid
    lat: Any
    lon: Any

    @classmethod
    def between(cls, source: LatLonGrid, target: LatLonGrid) -> Reducer:
        sine = np.sin(np.radians(source.lat_bnds)), np.sin(np.radians(target.lat_bnds))
        return cls(source, target, overlap(sine[1], sine[0]), overlap(target.lon_bnds, source.lon_bnds, 360.0))

    def sums(self, fields: np.ndarray) -> np.ndarray:
        """[layer, lat, lon] on the source -> area-weighted sums [layer, lat, lon] on the target."""
        layers, rows, columns = fields.shape
        half = self.lat @ fields.transpose(1, 0, 2).reshape(rows, layers * columns)
        half = half.reshape(-1, layers, columns).transpose(2, 0, 1).reshape(columns, -1)
        return (self.lon @ half).reshape(self.target.lon.size, -1, layers).transpose(2, 1, 0)

    def mean(self, maps: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Means of all maps; circular means of months and month shifts; NaN where no source cell holds a value."""
        if self.source is self.target or not maps:
            return maps
        valid = [np.isfinite(v) for v in maps.values()]
        shared = all(np.array_equal(valid[0], v) for v in valid[1:])
        parts: list[np.ndarray] = [] if not shared else valid[:1]
        for (name, values), known in zip(maps.items(), valid, strict=True):
            filled = np.where(known, values, 0)
            if name in _PERIODIC:
                angle = filled * np.float32(2 * np.pi / _PERIODIC[name])
                parts += [np.where(known, np.cos(angle), 0), np.where(known, np.sin(angle), 0)]
            else:
                parts.append(filled)
            if not shared:
                parts.append(known)
        sums = iter(self.sums(np.stack(parts).astype(np.float32, copy=False)))
        common = next(sums) if shared else None
        means = {}
        for name in maps:
            first, second = next(sums), next(sums) if name in _PERIODIC else None
            weight = common if common is not None else next(sums)
            with np.errstate(invalid="ignore", divide="ignore"):
                value = first / weight if second is None else _circular(name, first, second)
            means[name] = np.where(weight > 0, value, np.nan)
        return means


def _circular(name: str, cosine: np.ndarray, sine: np.ndarray) -> np.ndarray:
    """The mean direction as a shift in (-6, 6] months, or as a month in [0.5, 12.5)."""
    period = _PERIODIC[name]
    value = np.arctan2(sine, cosine) * (period / (2 * np.pi))
    return value if name == "phase_shift" else (value - 0.5) % period + 0.5


def read_maps(path: Path, names: tuple[str, ...] | None = None) -> tuple[LatLonGrid | Sites, dict[str, np.ndarray]]:
    """The grid or the sites of a map file and its fields."""
    import netCDF4

    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        held = file.variables
        lat, lon = (np.asarray(held[n][:], float) for n in ("lat", "lon"))
        if "site" in file.dimensions:
            label = held.get("site") or held.get("name")
            title = [str(v) for v in label[:]] if label is not None else [str(i + 1) for i in range(lat.size)]
            where: LatLonGrid | Sites = Sites(lat, lon, tuple(title))
        elif "lat_bnds" in held and "lon_bnds" in held:
            where = LatLonGrid(lat, lon, np.asarray(held["lat_bnds"][:]), np.asarray(held["lon_bnds"][:]))
        else:
            where = LatLonGrid.from_centres(lat, lon)
        dims = ("site",) if isinstance(where, Sites) else ("lat", "lon")
        wanted = [n for n in (names or held) if n in held and held[n].dimensions == dims and n not in ("lat", "lon")]
        return where, {n: held[n][:] for n in wanted if held[n].dtype != str and held[n].dtype.kind in "fiu"}


def pack_maps(maps: dict[str, np.ndarray], grids: DisplayGrids, where: LatLonGrid, reducer: Reducer) -> dict[str, Any]:
    """Reduced maps of land cells only: {"grid", "land" (bits of the grid), "layers"}."""
    shown = {n: np.asarray(v, np.float32) for n, v in reducer.mean(maps).items()}
    land = np.any([np.isfinite(v) for v in shown.values()], axis=0) if shown else np.zeros(where.shape, bool)
    layers = {name: pack_values(values[land]) for name, values in shown.items()}
    return {"grid": grids.add(where), "land": pack_bits(land), "layers": layers}


def pack_sites(maps: dict[str, np.ndarray], sites: Sites) -> dict[str, Any]:
    """Maps of points: positions, names and the values of each layer."""
    layers = {name: np.asarray(values, float) for name, values in maps.items()}
    return {"sites": {"lat": sites.lat, "lon": sites.lon, "names": list(sites.names)}, "layers": layers}
