"""A small ParFlow run to change, and its database as ParFlow writes it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

SHAPE = (5, 3, 4)  # z, y, x
PATCHES = "left right front back bottom top"


def keys(**changes: object) -> dict[str, object]:
    """Keys of a run of 4 x 3 x 5 cells of 10 m x 20 m x 0.5 m, in h; `changes` with __ for dots, None leaves out."""
    made: dict[str, object] = {
        "FileVersion": 4,
        "Process.Topology.P": 1,
        "ComputationalGrid.Lower.X": 0.0,
        "ComputationalGrid.Lower.Y": 0.0,
        "ComputationalGrid.Lower.Z": 100.0,
        "ComputationalGrid.NX": 4,
        "ComputationalGrid.NY": 3,
        "ComputationalGrid.NZ": 5,
        "ComputationalGrid.DX": 10.0,
        "ComputationalGrid.DY": 20.0,
        "ComputationalGrid.DZ": 0.5,
        "GeomInput.Names": "box",
        "GeomInput.box.InputType": "Box",
        "GeomInput.box.GeomName": "domain",
        **box("domain", (0, 0, 100), (40, 60, 102.5)),
        "Geom.domain.Patches": PATCHES,
        "Domain.GeomName": "domain",
        "Geom.Perm.Names": "domain",
        "Geom.domain.Perm.Type": "Constant",
        "Geom.domain.Perm.Value": 0.36,
        "Perm.TensorType": "TensorByGeom",
        "Geom.Perm.TensorByGeom.Names": "domain",
        "Geom.domain.Perm.TensorValX": 10.0,
        "Geom.domain.Perm.TensorValY": 5.0,
        "Geom.domain.Perm.TensorValZ": 1.0,
        "Geom.Porosity.GeomNames": "domain",
        "Geom.domain.Porosity.Type": "Constant",
        "Geom.domain.Porosity.Value": 0.4,
        "SpecificStorage.Type": "Constant",
        "SpecificStorage.GeomNames": "domain",
        "Geom.domain.SpecificStorage.Value": 1e-5,
        "Phase.Names": "water",
        "Phase.water.Density.Type": "Constant",
        "Phase.water.Density.Value": 1.0,
        "Phase.water.Viscosity.Type": "Constant",
        "Phase.water.Viscosity.Value": 1.0,
        "Gravity": 1.0,
        "Contaminants.Names": "",
        "Wells.Names": "",
        "TimingInfo.BaseUnit": 1.0,
        "TimingInfo.StartTime": 0.0,
        "TimingInfo.StopTime": 10.0,
        "TimingInfo.DumpInterval": 2.0,
        "TimeStep.Type": "Constant",
        "TimeStep.Value": 0.5,
        "Cycle.Names": "constant storms",
        "Cycle.constant.Names": "alltime",
        "Cycle.constant.alltime.Length": 1,
        "Cycle.constant.Repeat": -1,
        "Cycle.storms.Names": "rain dry",
        "Cycle.storms.rain.Length": 1,
        "Cycle.storms.dry.Length": 3,
        "Cycle.storms.Repeat": 2,
        "BCPressure.PatchNames": PATCHES,
        "Phase.Saturation.Type": "VanGenuchten",
        "Phase.Saturation.GeomNames": "domain",
        "Phase.RelPerm.Type": "VanGenuchten",
        "Phase.RelPerm.GeomNames": "domain",
        "Geom.domain.Saturation.Alpha": 2.0,
        "Geom.domain.Saturation.N": 1.8,
        "Geom.domain.Saturation.SRes": 0.1,
        "Geom.domain.Saturation.SSat": 1.0,
        "Geom.domain.RelPerm.Alpha": 2.0,
        "Geom.domain.RelPerm.N": 1.8,
        "PhaseSources.water.Type": "Constant",
        "PhaseSources.water.GeomNames": "domain",
        "PhaseSources.water.Geom.domain.Value": 0.0,
        "TopoSlopesX.Type": "Constant",
        "TopoSlopesX.GeomNames": "domain",
        "TopoSlopesX.Geom.domain.Value": 0.01,
        "TopoSlopesY.Type": "Constant",
        "TopoSlopesY.GeomNames": "domain",
        "TopoSlopesY.Geom.domain.Value": -0.02,
        "Mannings.Type": "Constant",
        "Mannings.GeomNames": "domain",
        "Mannings.Geom.domain.Value": 1e-5,
        "ICPressure.Type": "HydroStaticPatch",
        "ICPressure.GeomNames": "domain",
        "Geom.domain.ICPressure.Value": 1.0,
        "Geom.domain.ICPressure.RefGeom": "domain",
        "Geom.domain.ICPressure.RefPatch": "bottom",
        "Solver": "Richards",
        "Solver.Linear.Preconditioner": "PFMG",
        "Solver.MaxIter": 100,
    }
    for patch in PATCHES.split():
        made |= {
            f"Patch.{patch}.BCPressure.Type": "FluxConst",
            f"Patch.{patch}.BCPressure.Cycle": "constant",
            f"Patch.{patch}.BCPressure.alltime.Value": 0.0,
        }
    made |= {key.replace("__", "."): value for key, value in changes.items()}
    return {key: value for key, value in made.items() if value is not None}


def box(name: str, lower: tuple[float, ...], upper: tuple[float, ...]) -> dict[str, object]:
    """The corners of a box."""
    low = {f"Geom.{name}.Lower.{axis}": value for axis, value in zip("XYZ", lower, strict=True)}
    return low | {f"Geom.{name}.Upper.{axis}": value for axis, value in zip("XYZ", upper, strict=True)}


def indicator(**values: int) -> dict[str, object]:
    """Keys of an indicator field `soils` (file soils.pfb) besides the domain's box, with the value of each region."""
    made: dict[str, object] = {
        "GeomInput.Names": "box soils",
        "GeomInput.soils.InputType": "IndicatorField",
        "GeomInput.soils.GeomNames": " ".join(values),
        "Geom.soils.FileName": "soils.pfb",
    }
    return made | {f"GeomInput.{name}.Value": value for name, value in values.items()}


def pfidb(made: dict[str, object]) -> str:
    """The text of a `.pfidb`: the count of pairs, then each key and value after its length."""
    lines = [str(len(made))]
    for key, value in made.items():
        for text in (key, str(value)):
            lines += [str(len(text)), text]
    return "\n".join(lines) + "\n"


def write(folder: Path, made: dict[str, object], name: str = "run.pfidb") -> Path:
    """Write a database; its path."""
    path = folder / name
    path.write_text(pfidb(made))
    return path


def numbered(shape: tuple[int, ...] = SHAPE) -> np.ndarray:
    """A field whose every value is different: 1, 2, 3 ..."""
    return 1.0 + np.arange(np.prod(shape), dtype=float).reshape(shape)
