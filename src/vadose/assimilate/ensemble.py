"""The members of a run in memory: tiles that go forward side by side, and their states as fields of all members."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vadose.assimilate.subsurface import heads_below, layers_below, refilled
from vadose.assimilate.weather import share
from vadose.model.bridge import arrays_of, state_of
from vadose.simulate.draws import TEXTURE, Draws
from vadose.simulate.schedule import Chunk
from vadose.simulate.tasks import load_state
from vadose.simulate.tile import Ready

if TYPE_CHECKING:
    from vadose.simulate.run import Plan

LIQUID = "soil.liquid"
DRAWS = "draws:"  # before names of arrays that are no state
# Name of a field -> array of the state.
FIELDS = {
    "soil_liquid": LIQUID, "soil_ice": "soil.ice", "soil_temperature": "soil.temperature",
    "snow_water": "snow.water_equivalent", "water_table_depth": "groundwater.water_table", "ponded_water": "pond",
}  # fmt: skip


class Ensemble:
    """All tiles of a plan, on as many threads as there are cores: a compiled step leaves Python's lock alone.

    tiles    each with some members and some cells;  numbers  of a tile's members among those of the run
    members, cells  how many the run has
    ready    of each tile: model, parameters, state, weather
    added    of each tile [column] kg m-2, water that came in from outside of the model so far
    """

    def __init__(self, plan: Plan, workers: int) -> None:
        self.tiles = plan.tiles
        self.numbers = [[plan.members.index(m) for m in tile.members] for tile in plan.tiles]
        self.members, self.cells = len(plan.members), plan.cells.size
        self.workers = max(1, workers)
        self.subsurface = plan.study.subsurface.on
        self.ready: list[Ready] = self._all(lambda n: Ready.make(self.tiles[n]))
        share(self.ready)
        self.prior = tuple(ready.draws for ready in self.ready)
        self.added: list[np.ndarray] = [np.zeros(tile.columns) for tile in self.tiles]

    def begin(self, states: Mapping[str, Path]) -> None:
        """Be at the first day, with the prior parameters: the states of the spin-up, by tile, or the initial ones."""
        for n, (tile, ready) in enumerate(zip(self.tiles, self.ready, strict=True)):
            ready.day = -1
            if ready.draws is not self.prior[n]:
                ready.redraw(self.prior[n])
            ready.load(states.get(tile.name), 0)
            self.added[n] = np.zeros(tile.columns)

    def resume(self, paths: Sequence[Path], day: int) -> None:
        """Be at the beginning of a later day, as `held` left it."""

        def one(n: int) -> None:
            ready, arrays = self.ready[n], load_state(paths[n])
            ready.day = -1
            ready.load(paths[n], day)
            self.added[n] = arrays["added"]
            own = _draws(arrays, len(self.tiles[n].members))
            if own:
                ready.redraw(own)

        self._all(one)

    def held(self, n: int) -> dict[str, np.ndarray]:
        """What a tile has to remember, as arrays by name."""
        ready = self.ready[n]
        changed = ready.draws is not self.prior[n]
        return ready.held() | {"added": self.added[n]} | (_arrays(ready.draws) if changed else {})

    def forecast(self, chunk: Chunk, done: Callable[[int, dict[str, np.ndarray]], None], count: Any) -> None:
        """Run the days of a chunk; `done` takes the number of a tile and its rows of outputs as each comes in.

        The first tile goes alone: its program is compiled once, not by each thread.
        """

        def one(n: int) -> None:
            done(n, self.ready[n].run(chunk, count(n)))

        one(0)
        self._all(one, range(1, len(self.tiles)))

    def fields(self) -> dict[str, np.ndarray]:
        """The state as operators take it: name -> [member, (layer), cell]."""
        held = [arrays_of(ready.carry.state) for ready in self.ready]
        found = {name: self.gather([h[key] for h in held]) for name, key in FIELDS.items()}
        if self.subsurface:
            found["head"] = self.gather([heads_below(h) for h in held])
        return found | {"soil_moisture": found["soil_liquid"] + found["soil_ice"]}

    def gather(self, parts: Sequence[np.ndarray]) -> np.ndarray:
        """[member, ..., cell] of arrays [..., column], one a tile."""
        shape = np.shape(parts[0])[:-1]
        whole = np.empty((self.members, *shape, self.cells))
        for tile, numbers, part in zip(self.tiles, self.numbers, parts, strict=True):
            wide = tile.stop - tile.start
            for place, number in enumerate(numbers):
                whole[number, ..., tile.start : tile.stop] = part[..., place * wide : (place + 1) * wide]
        return whole

    @property
    def below(self) -> np.ndarray:
        """[deep layer, 2] m below the ground, of the layers under the land's; of a run with a subsurface."""
        model = self.ready[0].model
        return layers_below(model.soil_water, len(model.thickness))

    def put_liquid(self, liquid: np.ndarray, head: np.ndarray | None = None, new_soil: bool = False) -> np.ndarray:
        """Go on from other liquid water [member, layer, cell] m3 m-3; returns what that added, kg m-2 [member, cell].

        The rest of the state stays: temperatures, ice, snow, pond, aquifer. Over a subsurface the heads of the land's
        layers and the water table follow, see `subsurface.refilled`.
        head      [member, deep layer, cell] m of the layers below, from which their water follows; None: as they are
        new_soil  True where parameters have changed, so that the same heads hold other water
        """

        def one(n: int) -> np.ndarray:
            ready, tile = self.ready[n], self.tiles[n]
            arrays = {k: v[..., : tile.columns] for k, v in arrays_of(ready.carry.state).items()}
            before = np.asarray(ready.model.storage(ready.carry.state))[: tile.columns]
            old, arrays[LIQUID] = arrays[LIQUID], self._part(liquid, n)
            if self.subsurface:
                below = None if head is None else self._part(head, n)
                arrays = refilled(ready.model.soil_water, ready.parameters.soil, arrays, old, below, new_soil)
            ready.replace(state_of(arrays, ready.initial))
            gained = np.asarray(ready.model.storage(ready.carry.state))[: tile.columns] - before
            self.added[n] = self.added[n] + gained
            return np.asarray(gained)

        return self.gather(self._all(one))

    def draws(self) -> list[Draws]:
        """The draws of each member, over all cells."""
        names = list(self.ready[0].draws[0].factors)
        textured = self.ready[0].draws[0].texture is not None

        def whole(take: Callable[[Draws], np.ndarray]) -> np.ndarray:
            return self.gather([np.concatenate([take(d) for d in r.draws], axis=-1) for r in self.ready])

        texture = whole(lambda d: np.asarray(d.texture)) if textured else None
        factors = {name: whole(lambda d, name=name: np.asarray(d.factors[name])) for name in names}  # type: ignore[misc]
        return [
            Draws(None if texture is None else texture[m], {k: v[m] for k, v in factors.items()})
            for m in range(self.members)
        ]

    def put_draws(self, draws: Sequence[Draws]) -> None:
        """Go on with other parameters, those of the draws of each member over all cells."""

        def one(n: int) -> None:
            tile = self.tiles[n]
            self.ready[n].redraw([draws[m].part(slice(tile.start, tile.stop)) for m in self.numbers[n]])

        self._all(one)

    def retention(self, take: Callable[[Any], np.ndarray]) -> np.ndarray:
        """[member, (layer), cell] of something that each tile's retention closure tells as [..., column]."""
        return self.gather(
            [
                np.asarray(take(ready.parameters.soil.retention))[..., : tile.columns]
                for tile, ready in zip(self.tiles, self.ready, strict=True)
            ]
        )

    def _part(self, values: np.ndarray, n: int) -> np.ndarray:
        """[..., column] of a tile from [member, ..., cell]."""
        tile = self.tiles[n]
        return np.concatenate([values[m][..., tile.start : tile.stop] for m in self.numbers[n]], axis=-1)

    def _all(self, work: Callable[[int], Any], which: Sequence[int] | None = None) -> list[Any]:
        """`work` for the number of each tile, side by side."""
        numbers = range(len(self.tiles)) if which is None else which
        with ThreadPoolExecutor(self.workers) as threads:
            return list(threads.map(work, numbers))


def _arrays(draws: Sequence[Draws]) -> dict[str, np.ndarray]:
    """Draws of a tile's members as arrays by name, [member, ...]."""
    found = {DRAWS + name: np.stack([d.factors[name] for d in draws]) for name in draws[0].factors}
    textures = [d.texture for d in draws if d.texture is not None]
    return found | ({DRAWS + TEXTURE: np.stack(textures)} if textures else {})


def _draws(arrays: Mapping[str, np.ndarray], members: int) -> list[Draws]:
    """The draws that `_arrays` gave; empty where the parameters were never changed."""
    factors = {name.removeprefix(DRAWS): v for name, v in arrays.items() if name.startswith(DRAWS)}
    texture = factors.pop(TEXTURE, None)
    if not factors and texture is None:
        return []
    return [
        Draws(None if texture is None else texture[m], {name: v[m] for name, v in factors.items()})
        for m in range(members)
    ]
