"""What an evaluation reads of the folder of an assimilation: experiments, their analyses, outputs piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.errors import DataError
from vadose.model.outputs import OUTPUTS

if TYPE_CHECKING:
    import xarray as xr

OPEN_LOOP = "open loop"
BLOCK = 64 * 2**20  # bytes of float64 that are read at once
USED = 1  # of `status` in analysis.nc
REFUSED = 2


@dataclass(frozen=True)
class Experiment:
    """One experiment of a run: its name, folder and what its analyses updated (nothing in the open loop)."""

    name: str
    folder: Path
    updates: tuple[str, ...]

    @property
    def analysis(self) -> Path:
        return self.folder / "analysis.nc"

    @property
    def outputs(self) -> Path:
        zarr = self.folder / "outputs.zarr"
        return zarr if zarr.is_dir() else self.folder / "outputs.nc"


@dataclass(frozen=True, eq=False)
class Analyses:
    """Observations and what the members simulated of them, [time, place] and [time, member, place].

    used      True for the observations that the analysis took; NaN stands elsewhere in `observed`
    forecast, analysis   H x before and after;  error  standard deviation of the observations
    place_set [place] number of the set;  sets  names;  variables  of the sets
    """

    times: np.ndarray
    observed: np.ndarray
    error: np.ndarray
    forecast: np.ndarray
    analysis: np.ndarray
    used: np.ndarray
    place_set: np.ndarray
    sets: tuple[str, ...]
    variables: tuple[str, ...]

    def of_set(self, number: int | None) -> Analyses:
        """The places of one set; all for None."""
        if number is None:
            return self
        which = self.place_set == number
        return Analyses(
            self.times, self.observed[:, which], self.error[:, which], self.forecast[..., which],
            self.analysis[..., which], self.used[:, which], self.place_set[which], (self.sets[number],),
            (self.variables[number],),
        )  # fmt: skip

    @property
    def units(self) -> str:
        """Units of the values; empty where sets of different variables are together."""
        return units_of(self.variables[0]) if len(set(self.variables)) == 1 else ""


def units_of(variable: str) -> str:
    """Units of an observed variable: water content of soil moisture, else those of the output."""
    if variable == "soil_moisture":
        return "m3 m-3"
    return OUTPUTS[variable].units if variable in OUTPUTS else ""


def experiments(run: Path, manifest: Mapping[str, Any]) -> list[Experiment]:
    """The experiments that run.json lists, whether their folders are there or not."""
    listed = manifest.get("experiments") or []
    return [Experiment(str(e["name"]), run / str(e["slug"]), tuple(e.get("updates") or ())) for e in listed]


def read_analyses(experiment: Experiment, manifest: Mapping[str, Any]) -> Analyses:
    """analysis.nc of an experiment, without members that a forecast of a used observation lacks.

    Raises DataError where the file is not there or lacks a variable.
    """
    import json

    with opened(experiment.analysis) as file:
        try:
            names = ("observed", "error", "forecast", "analysis", "status", "place_set", "time")
            held = {name: file[name].values for name in names}
            sets = tuple(json.loads(file.attrs["sets"]))
        except KeyError as error:
            raise DataError(f"{experiment.analysis}: lacks {error}; run `vadose assimilate` again") from None
    known = {str(o.get("name")): str(o.get("variable", "")) for o in manifest.get("observations") or []}
    status = held["status"]
    there = np.isfinite(held["observed"]) & (held["error"] > 0)
    used = there & ((status == USED) if (status == USED).any() else (status != REFUSED))
    forecast, after = (np.asarray(held[name], float) for name in ("forecast", "analysis"))
    lost = (~np.isfinite(forecast) | ~np.isfinite(after)) & used[:, None]
    # A member that died leaves NaN from then on; one that misses a place for all members is the place's matter.
    used &= ~lost.all(axis=1)
    keep = ~(lost & used[:, None]).any(axis=(0, 2))
    return Analyses(
        held["time"].astype("datetime64[s]"), np.where(used, held["observed"], np.nan),
        np.where(used, held["error"], np.nan), forecast[:, keep], after[:, keep], used,
        held["place_set"].astype(int), sets, tuple(known.get(name, "") for name in sets),
    )  # fmt: skip


@contextmanager
def opened(path: Path) -> Iterator[xr.Dataset]:
    """A file or store of a run, lazily. Raises DataError where it is not there or is none."""
    import xarray as xr

    try:
        file = xr.open_zarr(path) if path.suffix == ".zarr" else xr.open_dataset(path, engine="netcdf4")
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path}: cannot be read: {error}; run `vadose assimilate` again") from error
    with file:
        yield file


def variables_of(outputs: xr.Dataset) -> dict[str, str]:
    """Own name of each output -> what the file calls it."""
    return {str(v.attrs.get("vadose_name", k)): str(k) for k, v in outputs.data_vars.items()}


def flat(values: np.ndarray, outputs: xr.Dataset) -> np.ndarray:
    """[..., lat, lon] or [..., site] as [..., cell] of the flattened grid."""
    return values if "site" in outputs.dims else values.reshape(*values.shape[:-2], -1)


def pieces(variable: xr.DataArray) -> list[slice]:
    """Parts of the time axis of an output that fit into `BLOCK`, whole pieces of the file where these are smaller."""
    size = variable.sizes["time"]
    row = 8 * int(np.prod([n for d, n in variable.sizes.items() if d not in ("member", "time")]))
    rows = max(1, BLOCK // row)
    chunks = variable.encoding.get("chunksizes")
    stored = int(chunks[variable.dims.index("time")]) if chunks else 1
    rows = max(stored * (rows // stored), 1) if rows >= stored else rows
    return [slice(start, min(start + rows, size)) for start in range(0, size, rows)]


def at_cells(outputs: xr.Dataset, names: Sequence[str], cells: Sequence[int]) -> xr.Dataset:
    """Some outputs at some cells of the flattened grid as a small dataset with the dimension site, read once.

    names  of variables in the file. Reading place by place would unpack all of a grid for each place.
    """
    import xarray as xr

    found: dict[str, Any] = {}
    for name in names:
        variable = outputs[name]
        dims = tuple(d for d in variable.dims if d not in ("lat", "lon", "site"))
        made = np.empty((*(variable.sizes[d] for d in dims), len(cells)), np.float32)
        for member in range(variable.sizes["member"]):
            for rows in pieces(variable):
                part = flat(variable.isel(member=member, time=rows).values, outputs)
                made[member, rows] = part[..., list(cells)]
        found[name] = ((*dims, "site"), made, variable.attrs)
    coords: dict[str, Any] = {"member": outputs["member"].values, "time": outputs["time"].values}
    if "depth_bnds" in outputs:
        found["depth_bnds"] = (("depth", "bnds"), outputs["depth_bnds"].values)
    return xr.Dataset(found, coords)
