"""From a study and the places of a run to what a compiled run takes: model, parameters, initial state."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

from vadose.arrays import Array
from vadose.constants import HEAD_CRITICAL, HEAD_WILTING
from vadose.errors import ConfigError
from vadose.grid.cells import Cells
from vadose.land.parameters import Vegetation
from vadose.model.column import ColumnModel
from vadose.model.initial import initial_state
from vadose.model.presets import build, choices
from vadose.model.state import Parameters, State
from vadose.simulate.drawing import Streams
from vadose.simulate.draws import NOTHING, Draws, side_by_side, together
from vadose.simulate.factors import scaled_plants
from vadose.simulate.members import Member, member_soil
from vadose.simulate.power_law import check_closure
from vadose.simulate.soil_texture import Texture, by_layer
from vadose.simulate.soils import SoilColumns, kept_texture, soil_columns
from vadose.simulate.study_land import Soil as SoilTable
from vadose.simulate.study_land import Vegetation as VegetationTable
from vadose.simulate.vegetation import check_roots, vegetation_columns

if TYPE_CHECKING:
    from vadose.simulate.study import Site, Study

NUMBER = re.compile(r"\b\d+(\.\d+)?\b")
DRIEST = -1e4  # m, head of the driest soil that a run begins with
STATEMENTS = ("texture_class", "sand", "clay", "organic_carbon", "bulk_density", "gravel", "map", "parameters")


@dataclass(frozen=True)
class Climate:
    """What the setup takes of the weather: mean_temperature [cell] K, of the forcing's first year."""

    mean_temperature: np.ndarray


@dataclass(frozen=True)
class Prepared:
    """One member, or several joined: columns along the last axis.

    notes   what a user should know of how it was made
    draws   texture and factors that it was made with, along the columns too
    """

    model: ColumnModel
    parameters: Parameters
    state: State
    notes: tuple[str, ...]
    draws: Draws = NOTHING


def prepare(
    study: Study, member: Member, cells: Cells, climate: Climate, own: Draws | None = None, copies: int = 1
) -> Prepared:
    """Model, parameters and initial state of one member on some cells of a run.

    cells   of the run, any part of them: what a column gets depends on its place and number alone
    own     texture and factors in place of those that the member would draw; all that hangs on them follows
    copies  of the cells, one after another, each with its part of `own`: members that differ in nothing else, at once
    Raises ConfigError and DataError that name table, key, what was expected and the remedy.
    """
    chosen = options_of(study, member)
    model = build(member.preset, study.model.layers or None, chosen)
    thickness = np.asarray(model.thickness)
    size = cells.size * copies
    if own is not None:
        own.check(size)
    climate = Climate(_repeated(climate.mean_temperature, copies))
    notes: list[str] = []
    pieces = []
    for where, soil_table, vegetation_table in kinds(study, member, cells):
        part = cells.part(where)
        texture = kept_texture(soil_table, study.soil_maps, part, thickness.size, notes)
        plants = vegetation_columns(vegetation_table, part, notes)
        where = (where + cells.size * np.arange(copies)[:, None]).ravel()
        texture = Texture(**{k: _repeated(v, copies) for k, v in vars(texture).items()})
        plants = jax.tree.map(lambda leaf: _repeated(leaf, copies), plants)
        air = climate.mean_temperature[where]
        source = Streams(study.ensemble, member, part) if own is None else own.part(where)
        soil = soil_columns(soil_table, texture, thickness, member.preset, air, source)
        plants = scaled_plants(plants, soil.draws.factors, soil.parameters.retention)
        notes += soil.notes
        pieces.append((where, soil, plants))
    soil, plants = _together(pieces, size)
    parameters = Parameters(plants, soil, np.full(size, float(study.forcing.reference_height)))
    all_choices = choices(member.preset, chosen)
    check_closure(parameters.soil.retention, all_choices)
    check_roots(parameters.vegetation, float(thickness.sum()), all_choices["roots"])
    state = _initial(study, model, parameters, climate, notes)
    draws = together([(where, soil.draws) for where, soil, _ in pieces], size)
    if study.subsurface.on:
        from vadose.simulate.subsurface import with_subsurface

        model, state = with_subsurface(study, cells, Prepared(model, parameters, state, (), draws), notes)
    return Prepared(model, jax.tree.map(_array, parameters), state, tuple(dict.fromkeys(notes)), draws)


def options_of(study: Study, member: Member) -> dict[str, str]:
    """Slot -> choice of a member beside its preset: the study's, and the months' LAI where the study states it."""
    chosen = dict(study.model.options)
    tables = [study.vegetation, *(s.vegetation for s in study.places if s.vegetation is not None)]
    stated = [t.lai for t in tables if t.lai is not None]
    leaves = choices(member.preset, chosen)["leaves"]
    if "forcing" in stated and leaves != "given":
        raise ConfigError(f'[vegetation] `lai` = "forcing" needs [model.options] leaves = "given", got {leaves!r}')
    if stated and "leaves" not in chosen and "forcing" not in stated:
        chosen["leaves"] = "monthly"
    return chosen


def join(prepared: Sequence[Prepared]) -> Prepared:
    """Members of one group side by side along the column axis, in their order.

    Raises ConfigError where they are not of one kind.
    """
    first = prepared[0]
    if len(prepared) == 1:
        return first
    kinds = {jax.tree.structure((p.model, p.parameters, p.state)) for p in prepared}
    if len(kinds) > 1:
        raise ConfigError("members of different presets or closures cannot share a program; see members.groups")

    def beside(*leaves: Array) -> Array:
        return jnp.asarray(np.concatenate([np.asarray(leaf) for leaf in leaves], axis=-1))

    parameters = jax.tree.map(beside, *(p.parameters for p in prepared))
    state = jax.tree.map(beside, *(p.state for p in prepared))
    notes: dict[str, str] = {}
    for note in (note for p in prepared for note in p.notes):
        # Notes that differ in numbers alone, as of members with textures of their own: the first stands for all.
        notes.setdefault(NUMBER.sub("#", note), note)
    draws = side_by_side([p.draws for p in prepared])
    return Prepared(first.model, parameters, state, tuple(notes.values()), draws)


def kinds(study: Study, member: Member, cells: Cells) -> list[tuple[np.ndarray, SoilTable, VegetationTable]]:
    """Which cells share a soil table and a vegetation table: all of a grid, or the sites that say the same."""
    if not study.places:
        return [(np.arange(cells.size), member_soil(study, member, study.soil), study.vegetation)]
    kinds: list[tuple[list[int], SoilTable, VegetationTable]] = []
    for place, number in enumerate(cells.index):
        site = study.places[int(number)]
        own = "" if site.soil is None else site.soil.closure
        if own and own != member.closure and not study.ensemble.names("closure"):
            raise ConfigError(
                f"[[sites]] {site.name!r}: `closure` = {own!r}, but the run has {member.closure!r}; a run needs one, "
                "state it in [soil]"
            )
        soil, plants = member_soil(study, member, site_soil(study, site)), site_vegetation(study, site)
        for where, other, grown in kinds:
            if other == soil and grown == plants:
                where.append(place)
                break
        else:
            kinds.append(([place], soil, plants))
    return [(np.array(where), soil, plants) for where, soil, plants in kinds]


def site_soil(study: Study, site: Site) -> SoilTable:
    """The soil table of a site: what it states goes before [soil]; one that says what the soil is replaces it."""
    return _merged(study.soil, site.soil, STATEMENTS if site.soil is not None and site.soil.stated else ())


def site_vegetation(study: Study, site: Site) -> VegetationTable:
    """The vegetation table of a site: what it states goes before [vegetation]."""
    own = site.vegetation
    replaced = ("kind", "map", "table", "variable") if own is not None and (own.kind != "" or own.map) else ()
    return _merged(study.vegetation, own, replaced)


def _merged(general: Any, own: Any, replaced: Sequence[str]) -> Any:
    if own is None:
        return general
    default = type(own)()
    stated = {f.name: getattr(own, f.name) for f in fields(own)}
    return replace(general, **{k: v for k, v in stated.items() if k in replaced or v != getattr(default, k)})


def _together(pieces: Sequence[tuple[np.ndarray, SoilColumns, Vegetation]], size: int) -> tuple[Any, Vegetation]:
    """Soil and vegetation of all columns from those of their kinds. Raises ConfigError where closures differ."""
    trees = [(soil.parameters, plants) for _, soil, plants in pieces]
    if len(pieces) == 1:
        return trees[0]
    closures = {type(soil.parameters.retention).__name__ for _, soil, _ in pieces}
    if len(closures) > 1:
        raise ConfigError(
            f"[[sites]]: their soils have the closures {' and '.join(sorted(closures))}; a run needs one, "
            "state [soil] `closure`"
        )

    def put(*leaves: Array) -> np.ndarray:
        whole = np.empty((*np.shape(leaves[0])[:-1], size))
        for (where, _, _), leaf in zip(pieces, leaves, strict=True):
            whole[..., where] = leaf
        return whole

    soil, plants = jax.tree.map(put, *trees)
    return soil, plants


def _initial(study: Study, model: ColumnModel, parameters: Parameters, climate: Climate, notes: list[str]) -> State:
    """The state that the columns begin with, as [initial] says. Raises ConfigError for values that cannot be."""
    table = study.initial
    retention = parameters.soil.retention
    theta_s = np.asarray(retention.theta_s)
    shape = (int(theta_s.shape[0]), int(theta_s.shape[1]))
    if isinstance(table.moisture, str):
        moisture = _named_moisture(table.moisture, retention)
    else:
        moisture = by_layer(table.moisture, shape, "[initial] `moisture`")
        wet = int((moisture > theta_s).any(axis=0).sum())
        if wet:
            notes.append(f"[initial] `moisture` is above saturation in {wet} columns and was set to it")
    driest = np.asarray(retention.water_content(np.full(shape, DRIEST)))
    dry = int((moisture < driest).any(axis=0).sum())
    if dry:
        notes.append(
            f"[initial] `moisture` is below what the soil holds at {DRIEST:g} m in {dry} columns and was set to that"
        )
    moisture = np.clip(moisture, driest, theta_s)
    if table.temperature is None:
        temperature = np.broadcast_to(climate.mean_temperature, shape).astype(float)
    else:
        temperature = by_layer(table.temperature, shape, "[initial] `temperature`")
        if temperature.min() < 180.0 or temperature.max() > 350.0:
            raise ConfigError(f"[initial] `temperature` must be 180 to 350 K, got {table.temperature}; add 273.15 to C")
    return initial_state(
        model, parameters, moisture=moisture, temperature=temperature,
        snow_water=np.full(shape[1], table.snow_water), water_table=table.water_table,
    )  # fmt: skip


def _named_moisture(name: str, retention: Any) -> np.ndarray:
    """Water content by name, [layer, column] m3 m-3; field capacity is at -33 kPa, the wilting point at -1500 kPa."""
    theta_s = np.asarray(retention.theta_s, dtype=float)
    if name == "saturation":
        return theta_s
    dry, wet = (np.asarray(retention.water_content(np.full(theta_s.shape, h))) for h in (HEAD_WILTING, HEAD_CRITICAL))
    return {"wilting point": dry, "field capacity": wet, "middle": 0.5 * (dry + wet)}[name]


def _repeated(leaf: Any, copies: int) -> Any:
    """[..., column] as often along the columns; None stays None."""
    return leaf if leaf is None or copies == 1 else np.tile(np.asarray(leaf), copies)


def _array(leaf: Any) -> Array:
    return jnp.asarray(leaf, dtype=float)
