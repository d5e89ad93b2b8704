"""analysis.nc and parameters.nc of an experiment, and truth-parameters.nc of a twin."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from vadose.assimilate.cycle import Finished
from vadose.assimilate.observed import ObservationSet
from vadose.grid.cells import Cells
from vadose.grid.latlon import Sites
from vadose.model.bridge import TIME_UNITS
from vadose.workflow.output import write_dataset

if TYPE_CHECKING:
    from vadose.assimilate.plan import Plan

STATUS = "no_observation used refused"
UNITS = {"sand": "%", "clay": "%", "K_s": "m s-1"}
HEADS = {
    "head_increment": "change of the mean pressure head of the layers below the land's",
    "head_spread_forecast": "standard deviation of the head before it",
    "head_spread_analysis": "standard deviation of the head after it",
}
LONG = {
    "sand": "sand of the top layer",
    "clay": "clay of the top layer",
    "K_s": "saturated conductivity of the top layer",
}


def write_analysis(done: Finished, plan: Plan, sets: tuple[ObservationSet, ...], path: Path) -> None:
    """Write what every analysis of an experiment saw and did; of an open loop what it would have seen."""
    accounts = done.accounts
    seconds = plan.moments.astype("datetime64[s]").astype(np.int64).astype(float)

    def stacked(name: str, dims: tuple[str, ...], about: str, units: str = "") -> Any:
        values = np.stack([np.asarray(getattr(a, name)) for a in accounts])
        return ("time", *dims), values, {"long_name": about} | ({"units": units} if units else {})

    place, held = ("place",), "in the units of the set"
    data: dict[str, Any] = {
        "observed": stacked("observed", place, f"observation after any treatment of bias, {held}"),
        "error": stacked("error", place, "standard deviation of the observation"),
        "raw": stacked("raw", place, "observation as read"),
        "forecast": stacked("forecast", ("member", "place"), "H x before the analysis"),
        "analysis": stacked("analysis", ("member", "place"), "H x after the analysis"),
        "increment": stacked("increment", ("layer", "cell"), "change of the mean liquid water content", "m3 m-3"),
        "spread_forecast": stacked("spread_forecast", ("layer", "cell"), "standard deviation before it", "m3 m-3"),
        "spread_analysis": stacked("spread_analysis", ("layer", "cell"), "standard deviation after it", "m3 m-3"),
        "added": stacked("added", ("cell",), "water added by the analysis, mean of the members", "kg m-2"),
        "alive": (("time", "member"), np.stack([a.alive for a in accounts]).astype(np.int8), {}),
    }
    dims, values, about = stacked("status", place, "what became of the observation")
    data["status"] = dims, values, about | {"flag_values": np.array([0, 1, 2], np.int8), "flag_meanings": STATUS}
    if accounts and accounts[0].head is not None:
        moved = np.stack([np.asarray(a.head) for a in accounts])
        for k, name in enumerate(HEADS):
            data[name] = ("time", "deep_layer", "cell"), moved[:, k], {"long_name": HEADS[name], "units": "m"}
    for name in accounts[0].parameters if accounts else ():
        both = np.stack([a.parameters[name] for a in accounts])
        log = "natural logarithm of " if name == "K_s" else ""
        for k, (suffix, what) in enumerate((("", "mean"), ("_sd", "standard deviation"))):
            about = {"long_name": f"{what} of {log}{_title(name)}"}
            data[name + suffix] = ("time", "cell"), both[:, k], about
    coords = {
        "time": ("time", seconds, {"units": TIME_UNITS, "calendar": "standard", "standard_name": "time"}),
        "place_lat": (place, np.concatenate([s.lat for s in sets]), {"units": "degrees_north"}),
        "place_lon": (place, np.concatenate([s.lon for s in sets]), {"units": "degrees_east"}),
        "place_set": (
            place,
            np.repeat(np.arange(len(sets)), [s.size for s in sets]),
            {"long_name": "number of the set"},
        ),
        "place_name": (place, np.array([name for s in sets for name in s.places], dtype=str)),
        "thickness": (("layer",), plan.thickness, {"units": "m"}),
    }
    attrs = {
        "Conventions": "CF-1.11", "title": f"Analyses of the experiment {done.name!r}",
        "sets": json.dumps([s.name for s in sets]), "variables": json.dumps([s.variable for s in sets]),
        "units": json.dumps([s.units for s in sets]),
    }  # fmt: skip
    write_dataset(xr.Dataset(data, coords | _cells(plan.simulation.cells), attrs), path)


def write_parameters(
    prior: Mapping[str, np.ndarray], posterior: Mapping[str, np.ndarray], cells: Cells, path: Path
) -> None:
    """Write the parameters [member, cell] before the first and after the last analysis."""
    data = {
        f"{name}_{when}": (("member", "cell"), values, _about(name))
        for when, some in (("prior", prior), ("posterior", posterior))
        for name, values in some.items()
    }
    write_dataset(
        xr.Dataset(data, _cells(cells), {"Conventions": "CF-1.11", "title": "Parameters of the members"}), path
    )


def write_truth(found: Mapping[str, np.ndarray], cells: Cells, path: Path) -> None:
    """Write the parameters [cell] of a simulated truth."""
    data = {name: (("cell",), values, _about(name)) for name, values in found.items()}
    write_dataset(xr.Dataset(data, _cells(cells), {"Conventions": "CF-1.11", "title": "Parameters of the truth"}), path)


def _about(name: str) -> dict[str, str]:
    return {"units": UNITS.get(name, "1"), "long_name": _title(name)}


def _title(name: str) -> str:
    if name.startswith("bias_"):
        return f"the bias of set {name.removeprefix('bias_')}, in its units"
    return LONG.get(name, f"the factor on {name}")


def _cells(cells: Cells) -> dict[str, Any]:
    """Coordinates along `cell`."""
    found: dict[str, Any] = {
        "lat": (("cell",), cells.lat, {"units": "degrees_north"}),
        "lon": (("cell",), cells.lon, {"units": "degrees_east"}),
        "index": (("cell",), cells.index, {"long_name": "position in the flattened grid of the outputs"}),
    }
    if isinstance(cells.grid, Sites):
        found["name"] = (("cell",), np.array([cells.grid.names[i] for i in cells.index], dtype=str))
    return found
