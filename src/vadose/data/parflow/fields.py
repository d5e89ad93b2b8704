"""Soil of a ParFlow run: conductivity, porosity and specific storage of every cell."""

from __future__ import annotations

from functools import partial

import numpy as np

from vadose.data.parflow.reading import ANY, FRACTION, NOT_NEGATIVE, POSITIVE, Reading
from vadose.errors import DataError

_RANDOM = (
    "ParFlow draws random fields when it runs: run it once with Solver.PrintSubsurfData and give its perm_x.pfb as "
    "Geom.NAME.Perm.FileName with Perm.Type = PFBFile."
)


def read_conductivity(r: Reading) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Saturated hydraulic conductivity along x, y and z, each [z, y, x] m s-1.

    `Geom.NAME.Perm.*` times the tensor, over the run's unit of time. ParFlow's permeability is a conductivity where
    gravity, density and viscosity are 1, which `read_case` demands.
    Raises RangeError for K <= 0, DataError for cells without K and for random fields.
    """

    def base(name: str, cells: np.ndarray) -> np.ndarray | float:
        kind = r.keys.choice(f"Geom.{name}.Perm.Type", ("Constant", "PFBFile"), _RANDOM)
        r.keys.superseded(f"Geom.{name}.Perm.Value", f"Geom.{name}.Perm.FileName")
        if kind == "Constant":
            return r.number(f"Geom.{name}.Perm.Value", POSITIVE)
        return r.file(f"Geom.{name}.Perm.FileName", POSITIVE, cells)

    perm = r.by_region("Geom.Perm.Names", base)
    kind = r.keys.choice("Perm.TensorType", ("TensorByGeom", "TensorByFile"), default="TensorByGeom")
    unused = r"Geom\.Perm\.TensorByGeom\.Names|Geom\.[^.]+\.Perm\.TensorVal[XYZ]"
    r.keys.without_effect(unused if kind == "TensorByFile" else r"Geom\.domain\.Perm\.TensorFile[XYZ]")
    out = []
    for axis in "XYZ":
        if kind == "TensorByFile":
            factor = r.file(f"Geom.domain.Perm.TensorFile{axis}", POSITIVE)
        else:
            factor = r.by_region("Geom.Perm.TensorByGeom.Names", partial(_factor, r, f"Perm.TensorVal{axis}"))
        out.append(r.filled(perm * factor / r.seconds))
    return out[0], out[1], out[2]


def _factor(r: Reading, key: str, name: str, cells: np.ndarray) -> float:
    return r.number(f"Geom.{name}.{key}", POSITIVE)


def read_porosity(r: Reading) -> np.ndarray:
    """Porosity [z, y, x] m3 m-3; RangeError outside of 0 ... 1."""

    def value(name: str, cells: np.ndarray) -> np.ndarray | float:
        kind = r.keys.choice(f"Geom.{name}.Porosity.Type", ("Constant", "PFBFile"))
        r.keys.superseded(f"Geom.{name}.Porosity.Value", f"Geom.{name}.Porosity.FileName")
        if kind == "Constant":
            return r.number(f"Geom.{name}.Porosity.Value", FRACTION)
        return r.file(f"Geom.{name}.Porosity.FileName", FRACTION, cells)

    return r.filled(r.by_region("Geom.Porosity.GeomNames", value))


def read_storage(r: Reading) -> np.ndarray:
    """Specific storage [z, y, x] m-1."""
    r.keys.choice("SpecificStorage.Type", ("Constant",))
    key = "SpecificStorage.Value"
    return r.filled(r.by_region("SpecificStorage.GeomNames", lambda n, _: r.number(f"Geom.{n}.{key}", NOT_NEGATIVE)))


def read_sources(r: Reading, phase: str) -> np.ndarray | None:
    """Water added in every cell [z, y, x] s-1 (m3 a m3 of soil and second), None where there is none.

    `PhaseSources` by region, and `Solver.EvapTrans.FileName` where `Solver.EvapTransFile` is set: positive is a gain.
    Raises DataError for sources by a formula or in many files.
    """
    r.keys.choice(f"PhaseSources.{phase}.Type", ("Constant",), "Formulas serve ParFlow's own tests.", "Constant")
    names = f"PhaseSources.{phase}.GeomNames"
    total = np.zeros(r.grid.shape)
    for name in r.keys.names(names, ""):
        total[r.region(name, names)] = r.keys.number(f"PhaseSources.{phase}.Geom.{name}.Value")
    if r.keys.flag("Solver.EvapTransFileTransient"):
        raise DataError(
            f"{r.keys.path}: `Solver.EvapTransFileTransient` (a file of sources each step) is not supported; "
            "expected one file: Solver.EvapTransFile with Solver.EvapTrans.FileName"
        )
    if r.keys.flag("Solver.EvapTransFile"):
        file = r.file("Solver.EvapTrans.FileName", ANY)
        total = total + np.where(r.active, file, 0.0)
    total = np.where(r.active, total, 0.0) / r.seconds
    return total if total.any() else None
