"""The keys of a run as they are asked for: what is missing is named, what nobody asked for is remembered."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from vadose.data.parflow.database import Value
from vadose.errors import ConfigError, DataError, RangeError

# Keys that steer ParFlow's solvers, processes and output: they say nothing about the water.
_NO_EFFECT = re.compile(
    r"""_.*_|_run_file|FileVersion|UseClustering|Metadata\..*|Process\.Topology\..*|ComputationalSubgrid\..*|UserGrid\..*
    |Background\..*|KnownSolution.*|Contaminants\.(?!Names).*|Geom\..*Retardation.*|Phase\.[^.]+\.Mobility\..*|Phase\..*Heat.*
    |PhaseConcen\..*|TimingInfo\.(StartCount|DumpAtEnd|DumpIntervalExecutionTimeLimit)|NetCDF\.(?!EvapTrans).*|SILO\..*
    |Solver\.(Print|Write|Linear|Jacobian|Poly|Max|AbsTol|Drop|RelTol|CFL|AdvectOrder|SadvectOrder|NonlinearSolver).*
    |Solver\.(BinaryOutDir|CoarseSolve|CompCompress|DiagScale|DiagSolver|RAPType|Smoother|Symmetric|TwoNorm|Weight).*
    |Solver\.(SurfacePredictor).*|Solver\.Nonlinear\.(?!VariableDz|FlowBarrier|ChannelWidth).*""",
    re.VERBOSE,
)
# Switches of the physics: what they are set to where they do nothing.
_OFF = {
    "Solver.TerrainFollowingGrid.SlopeUpwindFormulation": "Original",
    "Contaminants.Names": "",
    "InternalBC.Names": "",
    "Reservoirs.Names": "",
    "Perm.Conditioning.FileName": "NA",
}
_NOTHING = ("false", "none", "no", "", "0", "0.0")
_SWITCH = re.compile(r"Solver\..*|OverlandFlow.*|OverlandSpinup.*|NetCDF\.EvapTransFileTransient")
_LAND = re.compile(r"Solver\.(CLM\..*|LSM|SlopeAccountingCLM)")


@dataclass(frozen=True, eq=False)
class CaseKeys:
    """The keys of one run.

    path    of the database, which errors name;  inputs  folder of the files that it names
    values  flat table of keys;  seen  keys that were asked for
    """

    path: Path
    inputs: Path
    values: Mapping[str, Value]
    seen: set[str] = field(default_factory=set)

    def given(self, key: str) -> str | None:
        """The text of a key, None where the database does not set it."""
        self.seen.add(key)
        value = self.values.get(key)
        return None if value is None or value == "None" else str(value).strip()

    def text(self, key: str, default: str | None = None) -> str:
        """The text of a key; DataError where it is absent and has no default."""
        found = self.given(key)
        if found is not None:
            return found
        if default is None:
            raise DataError(
                f"{self.path}: key `{key}` is missing; ParFlow needs it too: set it and write the run again"
            )
        return default

    def number(self, key: str, default: float | None = None) -> float:
        """The number of a key; RangeError for text that is none, or not finite."""
        text = self.text(key, None if default is None else repr(default))
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not abs(value) < float("inf"):
            raise RangeError(f"{self.path}: `{key}` must be a number, got {text!r}")
        return value

    def positive(self, key: str, default: float | None = None) -> float:
        """As `number`, above zero."""
        value = self.number(key, default)
        if value <= 0:
            raise RangeError(f"{self.path}: `{key}` must be > 0, got {value:g}")
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        """As `number`, whole."""
        value = self.number(key, default)
        if value != int(value):
            raise RangeError(f"{self.path}: `{key}` must be a whole number, got {value:g}")
        return int(value)

    def flag(self, key: str) -> bool:
        """A logical key, False where it is absent."""
        text = self.text(key, "False")
        if text.lower() not in ("true", "false", "1", "0"):
            raise DataError(f"{self.path}: `{key}` must be True or False, got {text!r}")
        return text.lower() in ("true", "1")

    def names(self, key: str, default: str | None = None) -> tuple[str, ...]:
        """The names in a list of them, which spaces separate."""
        return tuple(self.text(key, default).split())

    def choice(self, key: str, known: Sequence[str], why: str = "", default: str | None = None) -> str:
        """One of the `known` texts; DataError with `why`, the remedy, for another."""
        text = self.text(key, default)
        if text not in known:
            raise DataError(
                f"{self.path}: `{key}` = {text!r} is not supported; expected {', '.join(known)}. {why}".strip()
            )
        return text

    def file(self, key: str) -> Path:
        """The file that a key names, in the folder of the inputs.

        Raises DataError where it does not exist, ConfigError where it lies outside of the folder.
        """
        name = self.text(key)
        # Lexically: a link that the user put into the folder may lead anywhere.
        folder = Path(os.path.normpath(self.inputs.absolute()))
        path = Path(os.path.normpath(folder / name))
        if not path.is_relative_to(folder):
            raise ConfigError(
                f"{self.path}: `{key}` = {name!r} leaves the folder of the inputs {folder}; put the file, or a link "
                "to it, there and let the key name it so"
            )
        if not path.is_file():
            raise DataError(
                f"{self.path}: `{key}` names {name!r}, which is not in {folder}; put it there or state `inputs`, the "
                "folder of the run's files"
            )
        return path

    def without_effect(self, pattern: str) -> None:
        """Mark the keys that match: the run does not use them."""
        self.seen.update(key for key in self.values if re.fullmatch(pattern, key))

    def superseded(self, *keys: str) -> None:
        """Mark keys that another key of the run puts out of use."""
        self.seen.update(keys)

    def land(self) -> dict[str, str]:
        """The keys of the land model (`Solver.LSM`, `Solver.CLM.*`), which another reader takes."""
        return {key: str(value) for key, value in self.values.items() if _LAND.fullmatch(key)}

    def ignored(self) -> dict[str, str]:
        """Keys that may change the water and that nobody asked for: they have no effect here, and must be shown."""
        left = {k: str(v).strip() for k, v in self.values.items() if k not in self.seen and not _LAND.fullmatch(k)}
        return {k: v for k, v in left.items() if v != "None" and not _NO_EFFECT.fullmatch(k) and not self._off(k)}

    def _off(self, key: str) -> bool:
        """Whether a switch, or one above it, is where it does nothing."""
        value = str(self.values.get(key, "")).strip() if key in self.values else None
        if value is not None and key in _OFF and value == _OFF[key]:
            return True
        if value is not None and key not in _OFF and _SWITCH.fullmatch(key) and value.lower() in _NOTHING:
            return True
        above = key.rpartition(".")[0]
        return bool(above) and above in self.values and self._off(above)
