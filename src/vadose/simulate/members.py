"""Members of a run: combinations of the choices that [ensemble] names, each some times with perturbed numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING, Any

from vadose.errors import ConfigError
from vadose.model.presets import choices
from vadose.simulate.power_law import HAVE_POWER_LAW, NEAREST, needs_power_law
from vadose.simulate.soil_closures import CLOSURES, closure_name
from vadose.simulate.study_ensemble import Choice
from vadose.soil.pedotransfer import pedotransfer

if TYPE_CHECKING:
    from vadose.simulate.study import Study
    from vadose.simulate.study_land import Soil

# Pedotransfer function where the study names none. Noah-MP looks its classes up, CLM takes the regressions of Cosby et
# al. `vadose` takes Rosetta 3: its networks were trained on the widest set of soils of those that need nothing but sand
# and clay, use a bulk density where there is one, and Weihermueller et al. (2021) found Rosetta among the functions
# whose water balance lies in the middle of the ensemble and whose parameters solvers can use in all texture classes.
DEFAULT_PTF = {"noahmp": "noah", "clm": "ch78", "vadose": "rosetta3"}


@dataclass(frozen=True)
class Member:
    """One member of a run.

    name       of its choices and its number: "noahmp gsde ch78 #2"
    preset     of the model
    soil_map   name of a soil map of the study, "" for the soil that the study states
    ptf        pedotransfer function
    closure    of the soil's curves, one of `CLOSURES`, or "own" for a function whose closure is none of them; the
               function's own where the study names none and the model's choices can compute with it, else "campbell"
    number     of the perturbation; 0 is not perturbed, and without a `control` there is none
    """

    name: str
    preset: str
    soil_map: str = ""
    ptf: str = ""
    closure: str = ""
    number: int = 0


def members(study: Study) -> tuple[Member, ...]:
    """All members of a study, in its order: those that it lists, or all combinations of its choices.

    Raises ConfigError for an unknown pedotransfer function and for members that differ in nothing.
    """
    chosen = study.ensemble
    made = []
    for choice in chosen.members or _combinations(study):
        preset = choice.preset or study.model.preset
        named = ptf_of(preset, choice.ptf or study.soil.ptf)
        soil_map, closure = choice.soil_map or study.soil.map, choice.closure or study.soil.closure
        texts = {"preset": preset, "soil_map": soil_map, "ptf": named, "closure": closure}
        used = closure or _own_closure(named, choices(preset, study.model.options))
        title = " ".join(text for key, text in texts.items() if text and len(chosen.names(key)) > 1)
        first = 0 if chosen.control else 1
        for number in range(first, first + chosen.size):
            tail = f"#{number}" if chosen.size > 1 else ""
            name = f"{choice.name or title} {tail}".strip() or preset
            made.append(Member(name, preset, soil_map, named, used, number))
    names = [member.name for member in made]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"[ensemble]: two members are called {twice[0]!r}; give each table of `members` a `name`")
    return tuple(made)


def groups(some: Sequence[Member]) -> tuple[tuple[Member, ...], ...]:
    """Members that share preset and closure, and so one compiled program; in the order in which they first come."""
    found: dict[tuple[str, str], list[Member]] = {}
    for member in some:
        kind = member.closure if member.closure != "own" else member.ptf
        found.setdefault((member.preset, kind), []).append(member)
    return tuple(tuple(group) for group in found.values())


def ptf_of(preset: str, ptf: str) -> str:
    """The pedotransfer function of a preset, or the one that was named. Raises ConfigError where it is unknown."""
    name: str = pedotransfer[ptf or DEFAULT_PTF[preset]].name
    return name


def member_soil(study: Study, member: Member, soil: Soil) -> Soil:
    """What a table of the study says of the soil, with the member's choices in place of its own."""
    chosen = study.ensemble
    if chosen.names("soil_map"):
        soil = replace(soil, texture_class="", sand=None, clay=None, map=member.soil_map)
    if chosen.names("ptf") or not soil.ptf:
        soil = replace(soil, ptf=member.ptf)
    closure: Any = member.closure if member.closure in CLOSURES else ""
    return replace(soil, closure=closure)


def _combinations(study: Study) -> list[Choice]:
    chosen = study.ensemble
    presets: tuple[Any, ...] = chosen.presets or ("",)
    closures: tuple[Any, ...] = chosen.closures or ("",)
    lists = product(presets, chosen.soil_maps or ("",), chosen.ptfs or ("",), closures)
    return [Choice("", soil_map, ptf, closure, preset) for preset, soil_map, ptf, closure in lists]


def _own_closure(ptf: str, chosen: dict[str, str]) -> str:
    """The function's own closure, or the nearest that the model's choices, slot -> choice, can compute with."""
    own = pedotransfer[ptf].closure
    if needs_power_law(chosen) and own not in HAVE_POWER_LAW:
        return NEAREST
    return closure_name(own) or "own"
