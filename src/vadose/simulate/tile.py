"""A tile that is ready to run: its model, parameters and state, and the weather that drives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jax
import numpy as np

from vadose.data.forcing import ForcingFiles
from vadose.model.column import ColumnModel
from vadose.model.presets import DEFAULT_LAYERS, choices
from vadose.model.run import Tally
from vadose.model.state import Parameters, State
from vadose.simulate import loop
from vadose.simulate.restart import Origin, arrays_of, read_restart, restart_file, state_of
from vadose.simulate.schedule import Chunk
from vadose.simulate.tasks import METHOD, TALLY, Count, Tile, load_state
from vadose.simulate.weather import Wanted, blocks, columns_of, mean_temperature, weather
from vadose.workflow.cache import Cache
from vadose.workflow.kept import load_arrays, save_arrays

if TYPE_CHECKING:
    from vadose.grid.cells import Cells
    from vadose.simulate.draws import Draws
    from vadose.simulate.members import Member
    from vadose.simulate.setup import Climate
    from vadose.simulate.study import Study

BEFORE = "before:"


@dataclass
class Ready:
    """A tile in memory; its columns are the members one after another, each with all cells, then copies of the last.

    carry    what goes from day to day, now at the beginning of `day`
    storage  [column] kg m-2 at the start of the period
    draws    of each member, what its parameters were drawn to be;  climate  of the tile's cells
    notes    of the setup;  said  by the reader of the forcing
    """

    tile: Tile
    model: ColumnModel
    parameters: Parameters
    initial: State
    files: Any  # ForcingFiles, or what reads as they do
    wanted: Wanted
    draws: tuple[Draws, ...]
    climate: Climate
    notes: list[str]
    said: list[str] = field(default_factory=list)
    carry: Any = None
    storage: Any = None
    day: int = -1

    @classmethod
    def make(cls, tile: Tile) -> Ready:
        """Read what the tile is made of. Raises DataError or ConfigError."""
        from vadose.simulate.setup import Climate, join, prepare

        study, part = tile.study, slice(tile.start, tile.stop)
        files = weather(study)
        cells = tile.cells.part(part)
        columns = columns_of(files, cells)
        files = _raised(study, files, cells.index, columns)
        climate = Climate(_climate(tile, columns))
        made = [prepare(study, member, cells, climate) for member in tile.members]
        joined = join(made)
        count = tile.columns
        state = joined.state
        if study.initial.restart:
            state = _restarted(tile, state)
        disturb = tuple(_disturbance(study, member, cells) for member in tile.members)
        return cls(
            tile=tile,
            model=jax.tree.map(np.asarray, joined.model),
            parameters=loop.place(loop.columns(joined.parameters, count, tile.size), tile.devices),
            initial=loop.columns(state, count, tile.size),
            files=files,
            wanted=Wanted(columns, disturb, tile.size),
            draws=tuple(p.draws for p in made),
            climate=climate,
            notes=list(joined.notes),
        )

    def redraw(self, draws: Sequence[Draws]) -> None:
        """Go on with the parameters that follow from these draws, one a member; the state stays as it is."""
        from vadose.simulate.draws import side_by_side
        from vadose.simulate.setup import join, prepare

        tile = self.tile
        cells = tile.cells.part(slice(tile.start, tile.stop))
        made = []
        for first, last in _alike(tile.members):
            own = side_by_side(draws[first:last])
            made.append(prepare(tile.study, tile.members[first], cells, self.climate, own, last - first))
        joined = join(made)
        self.parameters = loop.place(loop.columns(joined.parameters, tile.columns, tile.size), tile.devices)
        if tile.study.subsurface.on:  # whose layers below the soil's follow from those above
            self.model = jax.tree.map(np.asarray, joined.model)
        self.draws = tuple(draws)

    def replace(self, state: State) -> None:
        """Go on from another state of all columns, [.., column] without those that only fill up."""
        whole = loop.columns(state, self.tile.columns, self.tile.size)
        self.carry = replace(self.carry, state=loop.place(whole, self.tile.devices))

    def load(self, path: Path | None, day: int) -> None:
        """Be at the beginning of a day: with the state of a file, or the initial one, unless that is where we are.

        Behind the first day what was counted so far comes from the file too.
        """
        if self.day == day:
            return
        self.day, go_on = day, day > 0
        arrays = load_state(path) if path else {}
        state = self._whole(arrays) if path else self.initial
        carry = loop.beginning(state)
        if go_on:
            carry = _continued(carry, arrays, self.tile.size)
        now = np.asarray(self.model.storage(carry.state))[: self.tile.columns]
        self.storage = arrays["storage_start"] if go_on else now
        self.carry = loop.place(carry, self.tile.devices)

    def _whole(self, arrays: Mapping[str, np.ndarray]) -> State:
        """The state in the arrays of a file, filled up to the tile's size."""
        return loop.columns(state_of(arrays, self.initial), self.tile.columns, self.tile.size)

    def run(self, chunk: Chunk, count: Count) -> dict[str, np.ndarray]:
        """Run the days of a chunk; the rows of the outputs, float32 [row, (layer), column]."""
        tile, plan = self.tile, self.tile.schedule
        found: dict[str, list[np.ndarray]] = {name: [] for name in tile.outputs}
        for days, forcing in blocks(self.files, plan, chunk, self.wanted, self.said):
            self.carry, means = loop.advance(
                self.model, self.parameters, self.carry, loop.place(forcing, tile.devices), days,
                dt=plan.step, every=plan.steps_a_row, outputs=tile.outputs, devices=tile.devices,
            )  # fmt: skip
            for name, values in means.items():
                found[name].append(np.asarray(values)[:days, ..., : tile.columns])
            jax.block_until_ready(self.carry)
            self.day += days
            count.reached(self.day)
        rows = {name: plan.to_rows(np.concatenate(parts), chunk) for name, parts in found.items()}
        return {name: values.astype(np.float32) for name, values in rows.items()}

    def held(self) -> dict[str, np.ndarray]:
        """State, tally and heat of the columns after the chunk, as arrays by name.

        Of columns that failed, "before:" names their state at the start of the day on which they first did.
        """
        carry, count = self.carry, self.tile.columns
        arrays = {name: values[..., :count] for name, values in arrays_of(carry.state).items()}
        tally = {name: np.asarray(getattr(carry.tally, name))[:count] for name in TALLY}
        failed = np.flatnonzero(tally["first_failed"] >= 0)
        before = {BEFORE + n: v[..., failed] for n, v in arrays_of(carry.before).items()} if failed.size else {}
        about = {
            "storage_start": self.storage,
            "storage": np.asarray(self.model.storage(carry.state))[:count],
            "heat": np.asarray(carry.heat)[:, :count],
            "days": np.asarray(carry.days),
        }
        return arrays | tally | before | about


def _climate(tile: Tile, columns: np.ndarray) -> np.ndarray:
    """[cell] K, mean air temperature, kept in the cache: it takes a year of the forcing."""
    path = Cache(tile.cache, METHOD).entry("climate", tile.key).with_suffix(".npz")
    if not path.exists():
        save_arrays({"mean_temperature": mean_temperature(tile.study, columns)}, path)
    return load_arrays(path)["mean_temperature"]


def _raised(study: Study, files: ForcingFiles, index: np.ndarray, columns: np.ndarray) -> ForcingFiles:
    """The forcing with the elevations that the study states for its sites, for what must be derived."""
    stated = [(c, study.places[i].elevation) for i, c in zip(index, columns, strict=True)] if study.places else []
    elevation = np.array(files.elevation, dtype=float)
    for column, height in stated:
        if height is not None:
            elevation[column] = height
    return replace(files, elevation=elevation)


def _alike(members: Sequence[Member]) -> list[tuple[int, int]]:
    """First and last + 1 of neighbours that differ in nothing but their draws."""
    choices = [(m.preset, m.soil_map, m.ptf, m.closure) for m in members]
    starts = [n for n, one in enumerate(choices) if n == 0 or one != choices[n - 1]]
    return list(zip(starts, [*starts[1:], len(members)], strict=True))


def _continued(carry: loop.Carry, arrays: Mapping[str, np.ndarray], size: int) -> loop.Carry:
    """A carry with what a file says was counted before."""
    count = arrays["failed"].size
    tally = loop.columns(Tally(**{name: arrays[name] for name in TALLY}), count, size)
    heat = loop.columns(arrays["heat"], count, size)
    before = carry.state
    failed = np.flatnonzero(arrays["first_failed"] >= 0)
    if failed.size:
        held = arrays_of(carry.state)
        for name in held:
            held[name] = held[name].copy()
            held[name][..., failed] = arrays[BEFORE + name]
        before = loop.columns(state_of(held, carry.state), size, size)
    return loop.Carry(carry.state, before, tally, heat, arrays["days"])


def _restarted(tile: Tile, like: State) -> State:
    """The states of a restart file for all columns of the tile, members one after another."""
    study = tile.study
    names = [m.name for m in tile.members]
    origin = origin_of(study, tile.members[0])
    path = restart_file(study.initial.restart)
    one = jax.tree.map(lambda x: np.asarray(x)[..., : tile.stop - tile.start], like)
    states = read_restart(path, tile.cells, slice(tile.start, tile.stop), origin, names, one)
    return jax.tree.map(lambda *leaves: np.concatenate(leaves, axis=-1), *states)


def origin_of(study: Study, member: Member) -> Origin:
    """Preset, layers and choices of a member."""
    from vadose.simulate.setup import options_of

    layers = study.model.layers or DEFAULT_LAYERS[member.preset]
    chosen = choices(member.preset, options_of(study, member))
    if study.subsurface.on:
        chosen = chosen | {"soil_water": "subsurface"}
    return Origin(member.preset, tuple(layers), chosen, study.subsurface.layers)


def _disturbance(study: Study, member: Member, cells: Cells) -> Any:
    """The function that gives a member its own weather, or None where its weather is the files'."""
    if not study.ensemble.forcing.any or member.number == 0:
        return None
    from vadose.simulate.perturb import perturb

    return partial(_perturbed, perturb, study, member, cells)


def _perturbed(perturb: Any, study: Study, member: Member, cells: Cells, values: Any, first: int) -> Any:
    errors, seed, places = study.ensemble.forcing, study.ensemble.seed, (cells.lat, cells.lon)
    return values | perturb(values, errors, member, cells.index, first, seed=seed, step=study.model.step, places=places)


__all__ = ["Ready", "origin_of"]
