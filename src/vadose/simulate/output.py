"""What a run writes: means in CF netCDF or zarr, chunk after chunk, so that no grid is too large for the memory.

Values are float32: 7 digits, far below what a land model knows; states for restarts and budgets stay float64.
"""

from __future__ import annotations

import difflib
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.errors import ConfigError, VadoseError
from vadose.grid.latlon import LatLonGrid
from vadose.model.outputs import OUTPUTS, Output
from vadose.simulate.restart import write_names
from vadose.simulate.tasks import Worked
from vadose.workflow.kept import load_arrays
from vadose.workflow.output import coordinates, dimensions

if TYPE_CHECKING:
    from vadose.simulate.run import Outcome

IN_MEMORY = 512 * 2**20  # bytes of one variable of a chunk, beyond which it is put together in a file
PIECE = 2**20  # values of a piece of a file that is compressed and read at once
FILL = np.float32(np.nan)
TIME_UNITS = "seconds since 1970-01-01 00:00:00"

# Standard names of the CF conventions, table 85, of the outputs that have one.
STANDARD_NAMES = {
    "soil_moisture": "mass_content_of_water_in_soil_layer",
    "soil_ice": "frozen_water_content_of_soil_layer",
    "soil_temperature": "soil_temperature",
    "evapotranspiration": "water_evapotranspiration_flux",
    "canopy_evaporation": "water_evaporation_flux_from_canopy",
    "transpiration": "transpiration_flux",
    "ground_evaporation": "water_evaporation_flux_from_soil",
    "snow_sublimation": "surface_snow_and_ice_sublimation_flux",
    "precipitation": "precipitation_flux",
    "snowfall": "snowfall_flux",
    "surface_runoff": "surface_runoff_flux",
    "subsurface_runoff": "subsurface_runoff_flux",
    "runoff": "runoff_flux",
    "latent_heat": "surface_upward_latent_heat_flux",
    "sensible_heat": "surface_upward_sensible_heat_flux",
    "ground_heat": "downward_heat_flux_at_ground_level_in_soil",
    "shortwave": "surface_downwelling_shortwave_flux_in_air",
    "reflected": "surface_upwelling_shortwave_flux_in_air",
    "net_longwave": "surface_net_upward_longwave_flux",
    "net_radiation": "surface_net_downward_radiative_flux",
    "radiative_temperature": "surface_temperature",
    "temperature_2m": "air_temperature",
    "humidity_2m": "specific_humidity",
    "leaf_temperature": "canopy_temperature",
    "snow_water": "surface_snow_amount",
    "snow_depth": "surface_snow_thickness",
    "snow_cover": "surface_snow_area_fraction",
    "canopy_water": "canopy_water_amount",
    "water_table_depth": "water_table_depth",
    "lai": "leaf_area_index",
    "gpp": "gross_primary_productivity_of_biomass_expressed_as_carbon",
}


def chosen(names: Sequence[str]) -> tuple[str, ...]:
    """The outputs that a study names, in the order of the table; "all" is every one.

    Raises ConfigError for a name that is none, with the nearest one.
    """
    if "all" in names:
        return tuple(OUTPUTS)
    for name in names:
        if name not in OUTPUTS:
            near = difflib.get_close_matches(name, OUTPUTS, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"expected among {', '.join(OUTPUTS)}"
            raise ConfigError(f"[output] `variables`: unknown output {name!r}; {hint}")
    if not names:
        raise ConfigError("[output] `variables` is empty; name at least one output, or leave the key out")
    return tuple(name for name in OUTPUTS if name in names)


def output_file(style: str) -> str:
    """Name of the outputs in the run folder."""
    return "outputs.nc" if style == "netcdf" else "outputs.zarr"


def write_outputs(outcome: Outcome, run: Path, layers: Sequence[float], attrs: Mapping[str, Any]) -> Path:
    """Write the means of all tiles to the run folder, under a temporary name that becomes the file when complete.

    layers  m, thickness of the soil layers of all members;  attrs  global attributes
    """
    study = outcome.plan.study
    path = run / output_file(study.output.format)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    frame = _Frame.of(outcome, layers)
    try:
        opened = _netcdf if study.output.format == "netcdf" else _zarr
        with opened(partial, frame, attrs) as arrays:
            row = 0
            for number, chunk in enumerate(outcome.plan.schedule.chunks()):
                rows = outcome.plan.schedule.bounds(chunk).shape[0]
                for name in frame.outputs:
                    _fill(arrays[name], frame, outcome, number, name, slice(row, row + rows), run / "cache")
                row += rows
        for other in ("outputs.nc", "outputs.zarr"):
            _remove(run / other)
        partial.replace(path)
    except OSError as error:
        why = error.strerror or error
        raise VadoseError(f"{path}: cannot be written: {why}; free space or choose --out") from error
    finally:
        _remove(partial)
    return path


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@dataclass(frozen=True)
class _Frame:
    """Axes of the outputs: coordinates name -> (dims, values, attributes), sizes by dimension, names of outputs."""

    coordinates: Mapping[str, tuple[tuple[str, ...], np.ndarray, dict[str, Any]]]
    sizes: Mapping[str, int]
    outputs: tuple[str, ...]
    place: tuple[str, ...]
    names: str

    @classmethod
    def of(cls, outcome: Outcome, layers: Sequence[float]) -> _Frame:
        """The axes of a run."""
        plan = outcome.plan
        grid = plan.cells.grid
        bounds = np.concatenate([plan.schedule.bounds(c) for c in plan.schedule.chunks()])
        seconds = bounds.astype("datetime64[s]").astype(np.float64)
        edges = np.concatenate([[0.0], np.cumsum(np.asarray(layers, float))])
        depth = np.stack([edges[:-1], edges[1:]], axis=1)
        about = {"units": TIME_UNITS, "calendar": "standard"}
        names = np.array([m.name for m in plan.members], dtype=object)
        made: dict[str, Any] = {
            "member": (("member",), names, {"standard_name": "realization"}),
            "time": (("time",), seconds[:, 0], about | {
                "standard_name": "time", "bounds": "time_bnds",
                "long_name": "start of the interval, UTC; the interval is given by the bounds",
            }),
            "time_bnds": (("time", "bnds"), seconds, {}),
            "depth": (("depth",), depth.mean(axis=1), {
                "units": "m", "standard_name": "depth", "positive": "down", "axis": "Z", "bounds": "depth_bnds",
            }),
            "depth_bnds": (("depth", "bnds"), depth, {}),
        }  # fmt: skip
        for name, (dims, values, *more) in coordinates(grid).items():
            array = np.asarray(values)
            array = array.astype(object) if array.dtype.kind == "U" else array.astype(np.float64)
            made[name] = ((dims,) if isinstance(dims, str) else tuple(dims), array, dict(more[0]) if more else {})
        for name, letter in (("lat", "Y"), ("lon", "X"), ("time", "T")):
            if name != "time" and isinstance(grid, LatLonGrid) or name == "time":
                made[name][2]["axis"] = letter
        for name in ("lat", "lon"):
            made[name][2].setdefault("standard_name", {"lat": "latitude", "lon": "longitude"}[name])
        sizes = {d: n for dims, values, _ in made.values() for d, n in zip(dims, values.shape, strict=True)}
        return cls(made, sizes, chosen(plan.study.output.variables), dimensions(grid), plan.study.output.names)

    def dims(self, output: Output) -> tuple[str, ...]:
        """Dimensions of an output."""
        return ("member", "time", *(("depth",) if output.layered else ()), *self.place)

    def shape(self, output: Output) -> tuple[int, ...]:
        return tuple(self.sizes[d] for d in self.dims(output))

    def pieces(self, output: Output) -> tuple[int, ...]:
        """Shape of the pieces in which an output is stored: whole fields of as many times as fit."""
        shape = list(self.shape(output))
        shape[0] = 1
        field = int(np.prod(shape[2:]))
        if output.layered and field > PIECE:
            shape[2], field = 1, field // shape[2]
        shape[1] = int(np.clip(PIECE // max(1, field), 1, shape[1]))
        return tuple(shape)

    def attributes(self, output: Output) -> dict[str, Any]:
        """CF attributes of an output."""
        found = {"long_name": output.title, "units": output.units, "cell_methods": "time: mean"}
        found["vadose_name"] = output.name
        if output.name in STANDARD_NAMES:
            found["standard_name"] = STANDARD_NAMES[output.name]
        if self.place == ("site",):
            found["coordinates"] = "lat lon"
        return found

    def name(self, output: Output) -> str:
        """What the file calls an output."""
        return output.cmip if self.names == "cmip" else output.alma


@contextmanager
def _netcdf(path: Path, frame: _Frame, attrs: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The outputs of a new netCDF-4 file, as arrays to assign to, by name."""
    import netCDF4

    with netCDF4.Dataset(path, "w") as file:
        file.setncatts(dict(attrs))
        for name, size in frame.sizes.items():
            file.createDimension(name, size)
        for name, (dims, values, about) in frame.coordinates.items():
            if values.dtype == object:
                made = write_names(file, name, list(values))
            else:
                made = file.createVariable(name, "f8", dims)
                made[:] = values
            made.setncatts(about)
        arrays = {}
        for name in frame.outputs:
            output = OUTPUTS[name]
            made = file.createVariable(
                frame.name(output), "f4", frame.dims(output), zlib=True, complevel=1, shuffle=True, fill_value=FILL,
                chunksizes=frame.pieces(output),
            )  # fmt: skip
            made.set_auto_mask(False)
            made.setncatts(frame.attributes(output))
            arrays[name] = made
        yield arrays


@contextmanager
def _zarr(path: Path, frame: _Frame, attrs: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The outputs of a new zarr store, as arrays to assign to, by name."""
    try:
        import zarr
    except ImportError:
        raise ConfigError("[output] `format` = \"zarr\" needs the package zarr: pip install 'vadose[zarr]'") from None
    store = zarr.open_group(path, mode="w", zarr_format=2)
    store.attrs.update({k: v.item() if isinstance(v, np.generic) else v for k, v in attrs.items()})
    for name, (dims, values, about) in frame.coordinates.items():
        plain = np.asarray(values.tolist()) if values.dtype == object else values
        made = store.create_array(name, shape=plain.shape, dtype=plain.dtype, chunks=plain.shape)
        made[...] = plain
        made.attrs.update({"_ARRAY_DIMENSIONS": list(dims), **about})
    arrays = {}
    for name in frame.outputs:
        output = OUTPUTS[name]
        made = store.create_array(
            frame.name(output), shape=frame.shape(output), dtype="f4", chunks=frame.pieces(output), fill_value=FILL
        )
        made.attrs.update({"_ARRAY_DIMENSIONS": list(frame.dims(output)), **frame.attributes(output)})
        arrays[name] = made
    yield arrays
    zarr.consolidate_metadata(store.store)


def _fill(array: Any, frame: _Frame, outcome: Outcome, number: int, name: str, rows: slice, folder: Path) -> None:
    """Write one output of one chunk: put together from the tiles, member after member."""
    plan = outcome.plan
    layers = (frame.sizes["depth"],) if OUTPUTS[name].layered else ()
    shape = (len(plan.members), rows.stop - rows.start, *layers, plan.cells.size)
    with _whole(shape, folder) as whole:
        whole[...] = FILL
        for tile, worked in zip(plan.tiles, outcome.worked, strict=True):
            if not isinstance(worked, Worked):
                continue
            values = load_arrays(worked.means[number], (name,))[name]
            wide = tile.stop - tile.start
            for place, member in enumerate(tile.members):
                part = values[..., place * wide : (place + 1) * wide]
                whole[plan.members.index(member), ..., tile.start : tile.stop] = part
        step = max(1, frame.pieces(OUTPUTS[name])[1])
        for number in range(shape[0]):
            for begin in range(0, shape[1], step):
                end = min(begin + step, shape[1])
                field = _unpacked(whole[number, begin:end], plan.cells)
                array[number, rows.start + begin : rows.start + end] = field


def _unpacked(values: np.ndarray, cells: Any) -> np.ndarray:
    """[.., cell] on the whole grid [.., lat, lon] or [.., site]."""
    if cells.size == cells.grid.size:
        return values.reshape(*values.shape[:-1], *cells.grid.shape)
    out = np.full((*values.shape[:-1], cells.grid.size), FILL, np.float32)
    out[..., cells.index] = values
    return out.reshape(*values.shape[:-1], *cells.grid.shape)


@contextmanager
def _whole(shape: tuple[int, ...], folder: Path) -> Iterator[np.ndarray]:
    """An array in memory, or in a file that goes away where it would be too large."""
    if 4 * int(np.prod(shape)) <= IN_MEMORY:
        yield np.empty(shape, np.float32)
        return
    path = folder / f"output.{os.getpid()}.partial"
    try:
        yield np.memmap(path, np.float32, "w+", shape=shape)
    finally:
        path.unlink(missing_ok=True)


__all__ = ["STANDARD_NAMES", "chosen", "output_file", "write_outputs"]
