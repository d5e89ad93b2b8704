"""What a run writes: means in CF netCDF or zarr, chunk after chunk, so that no grid is too large for the memory.

Values are float32: 7 digits, far below what a land model knows; states for restarts and budgets stay float64.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.errors import ConfigError, VadoseError
from vadose.model.bridge import STANDARD_NAMES, attributes, dimensions, named, on_grid
from vadose.model.outputs import OUTPUTS, levels
from vadose.simulate.depths import all_layers_of, layers_of, onto
from vadose.simulate.output_frame import Frame, chosen
from vadose.simulate.tasks import Worked
from vadose.workflow.kept import load_arrays

if TYPE_CHECKING:
    from vadose.simulate.run import Outcome

IN_MEMORY = 512 * 2**20  # bytes of one variable of a chunk, beyond which it is put together in a file
AT_ONCE = 2**20  # values of all members that are written in one piece
FILL = np.float32(np.nan)


def output_file(style: str) -> str:
    """Name of the outputs in the run folder."""
    return "outputs.nc" if style == "netcdf" else "outputs.zarr"


def write_outputs(outcome: Outcome, run: Path, layers: Sequence[float], attrs: Mapping[str, Any]) -> Path:
    """Write the means of all tiles to the run folder, under a temporary name that becomes the file when complete.

    layers  m, thickness of the layers of the outputs;  attrs  global attributes
    """
    study = outcome.plan.study
    path = run / output_file(study.output.format)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    frame = Frame.of(outcome, layers)
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


@contextmanager
def _netcdf(path: Path, frame: Frame, attrs: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The outputs of a new netCDF-4 file, as arrays to assign to, by name."""
    import netCDF4

    with netCDF4.Dataset(path, "w") as file:
        file.setncatts(dict(attrs))
        for name, size in frame.sizes.items():
            file.createDimension(name, size)
        for name, (dims, values, about) in frame.coordinates.items():
            if values.dtype == object:
                made = _write_names(file, name, list(values))
            else:
                made = file.createVariable(name, "f8", dims)
                made[:] = values
            made.setncatts(about)
        arrays = {}
        for name in frame.outputs:
            output = OUTPUTS[name]
            made = file.createVariable(
                named(output, frame.names), "f4", dimensions(output, frame.cells), zlib=True, complevel=1, shuffle=True,
                fill_value=FILL, chunksizes=frame.pieces(output),
            )  # fmt: skip
            made.set_auto_mask(False)
            made.setncatts(attributes(output, frame.cells))
            arrays[name] = made
        yield arrays


def _write_names(file: Any, name: str, names: Sequence[str]) -> Any:
    """A coordinate of texts as characters; returns the variable.

    Strings of variable length crash the netCDF library (4.9) where a process has the same file open twice.
    """
    texts = np.array([text.encode() for text in names])
    file.createDimension(f"{name}_length", texts.dtype.itemsize)
    made = file.createVariable(name, "S1", (name, f"{name}_length"))
    made._Encoding = "utf-8"
    made[:] = np.array(names, dtype=str)
    return made


@contextmanager
def _zarr(path: Path, frame: Frame, attrs: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
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
            named(output, frame.names), shape=frame.shape(output), dtype="f4", chunks=frame.pieces(output),
            fill_value=FILL,
        )  # fmt: skip
        axes = list(dimensions(output, frame.cells))
        made.attrs.update({"_ARRAY_DIMENSIONS": axes, **attributes(output, frame.cells)})
        arrays[name] = made
    yield arrays
    zarr.consolidate_metadata(store.store)


def _fill(array: Any, frame: Frame, outcome: Outcome, number: int, name: str, rows: slice, folder: Path) -> None:
    """Write one output of one chunk: put together from the tiles, member after member."""
    plan = outcome.plan
    output = OUTPUTS[name]
    layers = levels(output, len(frame.layers), len(frame.whole))
    of, shared = (all_layers_of, frame.whole) if output.whole else (layers_of, frame.layers)
    shape = (len(plan.members), rows.stop - rows.start, *layers, plan.cells.size)
    with _whole(shape, folder) as whole:
        whole[...] = FILL
        for tile, worked in zip(plan.tiles, outcome.worked, strict=True):
            if not isinstance(worked, Worked):
                continue
            values = load_arrays(worked.means[number], (name,))[name]
            if layers:
                values = onto(values, output, of(plan.study, tile.members[0]), shared)
            wide = tile.stop - tile.start
            for place, member in enumerate(tile.members):
                part = values[..., place * wide : (place + 1) * wide]
                whole[plan.members.index(member), ..., tile.start : tile.stop] = part
        if whole.size <= AT_ONCE:
            # An assimilation has a chunk a day: one write for all members instead of one each.
            array[:, rows] = on_grid(whole, plan.cells)
            return
        step = max(1, frame.pieces(output)[1])
        for number in range(shape[0]):
            for begin in range(0, shape[1], step):
                end = min(begin + step, shape[1])
                field = on_grid(whole[number, begin:end], plan.cells)
                array[number, rows.start + begin : rows.start + end] = field


@contextmanager
def _whole(shape: tuple[int, ...], folder: Path) -> Iterator[np.ndarray]:
    """An array in memory, or in a file that goes away where it would be too large."""
    if 4 * int(np.prod(shape)) <= IN_MEMORY:
        yield np.empty(shape, np.float32)
        return
    folder.mkdir(exist_ok=True)
    path = folder / f"output.{os.getpid()}.partial"
    try:
        yield np.memmap(path, np.float32, "w+", shape=shape)
    finally:
        path.unlink(missing_ok=True)


__all__ = ["STANDARD_NAMES", "chosen", "output_file", "write_outputs"]
