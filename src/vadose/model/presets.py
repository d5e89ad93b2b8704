"""Sets of processes that belong together, and every choice that a slot of the column model has.

`noahmp` follows Noah-MP 5 with its default options, `clm` CLM 3.5, and `vadose` is what we recommend: mixed-form
Richards and enthalpy in the soil, Swenson & Lawrence's dry surface layer, Medlyn's stomata.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import jax.numpy as jnp
import numpy as np

from vadose.errors import ConfigError
from vadose.model.column import ColumnModel


@dataclass(frozen=True)
class Choice:
    """One process that can fill a slot: where it is defined, and what it is made with."""

    title: str
    where: str
    arguments: tuple[tuple[str, Any], ...] = ()

    def make(self) -> Any:
        """The process."""
        given = {k: v.make() if isinstance(v, Choice) else v for k, v in self.arguments}
        module, name = self.where.rsplit(".", 1)
        return getattr(importlib.import_module(f"vadose.{module}"), name)(**given)


def _choice(title: str, where: str, **arguments: Any) -> Choice:
    return Choice(title, where, tuple(arguments.items()))


_RUNOFF = {
    "free-drainage": ("free drainage, infiltration of Schaake et al. (1996)", "free_drainage.FreeDrainage", {}),
    "simtop": ("SIMTOP, the water table of Noah-MP", "simtop.Simtop", {"deep_profile": True}),
    "simtop-equilibrium": ("SIMTOP, equilibrium water table (Niu et al. 2005)", "simtop.Simtop", {}),
    "simgm": ("SIMGM, aquifer (Niu et al. 2007)", "simgm.Simgm", {}),
    "bats": ("BATS surface runoff, free drainage", "bats.Bats", {}),
    "vic": ("VIC surface runoff, free drainage", "vic.Vic", {}),
    "vic-noah": ("the same, layers weighed as in Noah-MP", "vic.Vic", {"by_bottom": True}),
    "xinanjiang": ("Xinanjiang surface runoff, free drainage", "xinanjiang.Xinanjiang", {}),
    "xinanjiang-noah": ("the same, layers weighed as in Noah-MP", "xinanjiang.Xinanjiang", {"by_bottom": True}),
    "dynamic-vic": ("dynamic VIC surface runoff, free drainage", "dynamic_vic.DynamicVic", {}),
    "dynamic-vic-noah": (
        "the same, powers where Noah-MP's parentheses put them", "dynamic_vic.DynamicVic",
        {"by_bottom": True, "misplaced": True},
    ),
    "clm35": ("CLM 3.5: SIMTOP surface runoff with the aquifer of SIMGM", "clm35.Clm35", {}),
}  # fmt: skip


def _runoff(form: str, process: str) -> dict[str, Choice]:
    return {
        (name if form == "theta" else f"richards-{name}"): _choice(
            f"{'linearised theta form' if form == 'theta' else 'mixed-form Richards'}; {title}",
            f"model.soil_water.{process}",
            runoff=_choice(title, f"land.runoff.{where}", **arguments),
        )
        for name, (title, where, arguments) in _RUNOFF.items()
    }


_THETA = _runoff("theta", "LinearTheta") | {
    "free-drainage-koren": _choice(
        "linearised theta form, ice in the large pores (Koren et al. 1999); free drainage",
        "model.soil_water.LinearTheta",
        ice=_choice("", "flow.linear_theta.NonlinearIce"),
    )
}  # fmt: skip


SLOTS: dict[str, dict[str, Choice]] = {
    "rain_snow": {
        "jordan": _choice("Jordan (1991), by air temperature", "land.snow.partition.Jordan"),
        "wet-bulb": _choice("Wang et al. (2019), by wet-bulb temperature", "land.snow.partition.WetBulb"),
        "threshold-0": _choice("snow below 0 degrees C", "land.snow.partition.Threshold", offset=0.0),
        "threshold-2.2": _choice("snow below 2.2 degrees C", "land.snow.partition.Threshold", offset=2.2),
    },
    "leaves": {
        "given": _choice("LAI of the forcing, else of the months", "land.phenology.GivenLeaves"),
        "monthly": _choice("LAI of the months", "land.phenology.MonthlyLeaves"),
        "monthly-cover": _choice(
            "LAI of the months, cover follows from it", "land.phenology.MonthlyLeaves", fraction_from_leaves=True
        ),
    },
    "interception": {
        "noah": _choice("Niu & Yang (2004), snow on leaves", "land.interception.Interception"),
        "clm": _choice("CLM 3.5", "land.interception.ClmInterception"),
    },
    "snow_cover": {
        "niu-yang": _choice("Niu & Yang (2007)", "land.snow.cover.NiuYang"),
        "abolafia-rosenzweig": _choice("Abolafia-Rosenzweig et al. (2025)", "land.snow.cover.AbolafiaRosenzweig"),
    },
    "snow_albedo": {
        "bats": _choice("BATS", "land.snow.albedo.Bats"),
        "class": _choice("CLASS", "land.snow.albedo.Class"),
    },
    "two_stream": {
        "vegetation-fraction": _choice(
            "gaps are the bare part of the cell, light of leaves by the leaf area of all of it",
            "land.radiation.TwoStream",
        ),
        "sun-gaps": _choice(
            "gaps by the sun's height, Niu & Yang (2004)", "land.radiation.TwoStream", gap="sun", leaf_light="canopy"
        ),
        "canopy-light": _choice(
            "gaps are the bare part; light of leaves by the leaf area that is lit", "land.radiation.TwoStream",
            leaf_light="canopy",
        ),
    },
    "roots": {
        "uniform": _choice("uniform over the root depth (Noah)", "land.roots.UniformRoots"),
        "exponential": _choice("exponential pair (Zeng 2001)", "land.roots.ExponentialRoots"),
    },
    "stress": {
        "noah": _choice("soil moisture between wilting and critical point", "land.roots.NoahStress"),
        "noah-compensated": _choice(
            "the same, wet layers make up for dry ones", "land.roots.NoahStress", compensation=0.5
        ),
        "clm": _choice("matric potential, thawed layers (CLM 3.5)", "land.roots.ClmStress"),
        "clm-noah": _choice("matric potential as in Noah-MP", "land.roots.ClmStress", thawed_only=False),
        "ssib": _choice("SSiB", "land.roots.SsibStress"),
    },
    "soil_resistance": {
        "sakaguchi-zeng": _choice("Sakaguchi & Zeng (2009)", "land.evaporation.SakaguchiZeng"),
        "sakaguchi-zeng-snow": _choice(
            "Sakaguchi & Zeng (2009), snow in parallel", "land.evaporation.SakaguchiZeng", snow_resistance=50.0
        ),
        "sellers": _choice("Sellers et al. (1992)", "land.evaporation.Sellers"),
        "sellers-wet": _choice("Sellers, less resistance in wet soil", "land.evaporation.Sellers", slope=6.0),
        "clm35": _choice("CLM 3.5", "land.evaporation.Clm35"),
        "swenson-lawrence": _choice("Swenson & Lawrence (2014)", "land.evaporation.SwensonLawrence"),
    },
    "turbulence": {
        "monin-obukhov": _choice("Monin-Obukhov, heat as momentum", "land.turbulence.MoninObukhov"),
        "chen97": _choice("Chen et al. (1997), Zilitinkevich's roughness for heat", "land.turbulence_chen.Chen97"),
        "chen97-noah": _choice(
            "the same, its friction velocity divided by the wind as in Noah-MP", "land.turbulence_chen.Chen97",
            divided=True,
        ),
        "zilitinkevich": _choice(
            "Monin-Obukhov, Zilitinkevich's roughness for heat", "land.turbulence.MoninObukhov",
            heat_roughness=_choice("", "land.turbulence.Zilitinkevich"),
        ),
        "clm": _choice("CLM, with very stable and very unstable air", "land.turbulence.ClmStability"),
    },
    "stomata": {
        "ball-berry": _choice("Ball-Berry with Collatz photosynthesis", "land.stomata.BallBerry"),
        "medlyn": _choice("Medlyn et al. (2011) with Collatz photosynthesis", "land.stomata.Medlyn"),
        "jarvis": _choice("Jarvis (Noah)", "land.stomata.Jarvis"),
    },
    "energy": {
        "consistent": _choice("converged, canopy air and ground consistent", "land.energy_state.EnergyOptions"),
        "coupled": _choice(
            "the same, stomata solved with the leaf's temperature", "land.energy_state.EnergyOptions", coupled=True
        ),
        "noahmp": _choice(
            "Noah-MP's vapour balance of the canopy air, no dew through stomata", "land.energy_state.EnergyOptions",
            pore_humidity=False, leaf_limit=False, leaf_storage=False, stomatal_dew=False,
        ),
    },
    "heat": {
        "noah": _choice("conduction, then phase change, supercooled water", "model.heat.NoahHeat"),
        "noah-koren": _choice(
            "the same, supercooled water of Koren et al. (1999)", "model.heat.NoahHeat",
            supercooled=_choice("", "flow.heat_supercooled.Koren"),
        ),
        "noah-curve": _choice(
            "the same, liquid water by the retention curve, any closure", "model.heat.NoahHeat",
            supercooled=_choice("", "flow.heat_supercooled.RetentionCurve"),
        ),
        "noah-overshoot": _choice(
            "Noah's, freezing to the limit of the temperature before it, as the reference does", "model.heat.NoahHeat",
            overshoot=True,
        ),
        "noah-zero-flux": _choice(
            "Noah's, no heat through the bottom", "model.heat.NoahHeat",
            bottom=_choice("", "flow.heat_boundary.ZeroHeatFlux"),
        ),
        "clm": _choice(
            "Noah's for thin layers, no heat through the bottom", "model.heat.NoahHeat",
            bottom=_choice("", "flow.heat_boundary.ZeroHeatFlux"), thin_layers=True,
        ),
        "enthalpy": _choice("one implicit solve of the enthalpy of snow and soil", "model.heat.EnthalpyHeat"),
    },
    "snowpack": {
        "three-layers": _choice("up to 3 layers, limits of Noah-MP", "land.snow.pack.Snowpack", layers=3),
        "five-layers": _choice("up to 5 layers, limits of CLM", "land.snow.pack.Snowpack", layers=5),
        "twelve-layers": _choice("up to 12 layers, limits of CLM", "land.snow.pack.Snowpack", layers=12),
    },
    "soil_water": _THETA | _runoff("richards", "RichardsWater"),
}  # fmt: skip

_NOAHMP = {
    "rain_snow": "jordan", "leaves": "given", "interception": "noah", "snow_cover": "niu-yang",
    "snow_albedo": "bats", "two_stream": "canopy-light", "roots": "uniform", "stress": "noah",
    "soil_resistance": "sakaguchi-zeng-snow", "turbulence": "monin-obukhov", "stomata": "ball-berry",
    "energy": "noahmp", "heat": "noah", "snowpack": "three-layers", "soil_water": "free-drainage",
}  # fmt: skip
PRESETS: dict[str, dict[str, str]] = {
    "noahmp": _NOAHMP,
    "clm": _NOAHMP | {
        "interception": "clm", "roots": "exponential", "stress": "clm", "soil_resistance": "clm35",
        "turbulence": "clm", "energy": "consistent", "heat": "clm", "snowpack": "five-layers",
        "soil_water": "richards-clm35",
    },
    "vadose": _NOAHMP | {
        "rain_snow": "wet-bulb", "roots": "exponential", "stress": "noah-compensated",
        "soil_resistance": "swenson-lawrence", "turbulence": "clm", "stomata": "medlyn", "energy": "consistent",
        "heat": "enthalpy", "snowpack": "five-layers", "soil_water": "richards-free-drainage",
    },
}  # fmt: skip

# m, thickness of the soil layers: Noah's, CLM 3.5's (to 3.43 m), and twice as fine near the surface.
DEFAULT_LAYERS: dict[str, tuple[float, ...]] = {
    "noahmp": (0.1, 0.3, 0.6, 1.0),
    "clm": (0.0175, 0.0276, 0.0455, 0.0750, 0.1236, 0.2038, 0.3360, 0.5539, 0.9133, 1.1370),
    "vadose": (0.02, 0.04, 0.06, 0.08, 0.12, 0.20, 0.32, 0.48, 0.60, 0.68),
}


def choices(preset: str, options: Mapping[str, str] | None = None) -> dict[str, str]:
    """Slot -> choice of a preset with some slots chosen otherwise.

    Raises ConfigError for an unknown preset, slot or choice, with the nearest one or the list.
    """
    chosen = dict(PRESETS[_known(preset, PRESETS, "preset")])
    for slot, choice in (options or {}).items():
        _known(slot, SLOTS, "slot of the model")
        chosen[slot] = _known(choice, SLOTS[slot], f"choice for `{slot}`")
    return chosen


def build(
    preset: str = "vadose", layers: Sequence[float] | None = None, options: Mapping[str, str] | None = None
) -> ColumnModel:
    """The column model of a preset.

    layers    thickness of the soil layers, m, from the top; default: the preset's
    options   slot -> choice in place of the preset's own, see `SLOTS`
    Raises ConfigError for an unknown preset, slot or choice, or layers that are not thicknesses.
    """
    chosen = choices(preset, options)
    thickness = np.asarray(DEFAULT_LAYERS[preset] if layers is None or not len(layers) else layers, dtype=float)
    if thickness.ndim != 1 or not np.all(np.isfinite(thickness) & (thickness > 0.0)):
        raise ConfigError(f"`layers` must be thicknesses > 0 m from the top, got {thickness.tolist()}")
    return ColumnModel(
        thickness=jnp.asarray(thickness), **{slot: SLOTS[slot][choice].make() for slot, choice in chosen.items()}
    )


def _known(name: str, known: Mapping[str, Any], what: str) -> str:
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"
        raise ConfigError(f"unknown {what} {name!r}; {hint}")
    return name
