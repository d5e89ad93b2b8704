"""Retention of a ParFlow run: van Genuchten's parameters of every cell, one set for saturation and conductivity."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vadose.data.parflow.reading import ABOVE_ONE, FRACTION, POSITIVE, RESIDUAL, Limits, Reading, place
from vadose.errors import DataError, RangeError

_REMEDY = "vadose reads van Genuchten's curves: fit them to the others first."
_LIMITS = {"Alpha": POSITIVE, "N": ABOVE_ONE, "SRes": RESIDUAL, "SSat": FRACTION}


@dataclass(frozen=True, eq=False)
class VanGenuchtenFields:
    """Parameters of S(psi) = s_res + (s_sat - s_res) [1 + (alpha |psi|)^n]^-m, m = 1 - 1/n.

    alpha  [z, y, x] m-1;  n  [z, y, x] > 1;  s_res, s_sat  [z, y, x] residual and full saturation, of the porosity
    """

    alpha: np.ndarray
    n: np.ndarray
    s_res: np.ndarray
    s_sat: np.ndarray


def read_retention(r: Reading) -> VanGenuchtenFields:
    """The parameters of `Phase.Saturation`, by region or from files, which those of `Phase.RelPerm` must equal.

    Raises DataError for other curves, for two sets that differ, and for cells without a set; RangeError for alpha <= 0,
    n <= 1, and saturations that leave 0 ... 1 or have no room between them.
    """
    found = _read(r, "Saturation", ("Alpha", "N", "SRes", "SSat"))
    relative = _read(r, "RelPerm", ("Alpha", "N"))
    for name, other in relative.items():
        same = np.isclose(found[name], other, rtol=1e-9, atol=0.0)
        if not same.all():
            raise DataError(
                f"{r.keys.path}: {name} of Phase.Saturation and of Phase.RelPerm differ ({found[name][~same][0]:g} and "
                f"{other[~same][0]:g}) in {place(~same)}; vadose has one curve for both: make them equal"
            )
    empty = found["SRes"] >= found["SSat"]
    if empty.any():
        raise RangeError(
            f"{r.keys.path}: SRes must be below SSat, got {found['SRes'][empty][0]:g} and {found['SSat'][empty][0]:g} "
            f"in {place(empty)}"
        )
    return VanGenuchtenFields(found["Alpha"], found["N"], found["SRes"], found["SSat"])


def _read(r: Reading, curve: str, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    r.keys.choice(f"Phase.{curve}.Type", ("VanGenuchten",), _REMEDY)
    from_file = r.keys.whole(f"Phase.{curve}.VanGenuchten.File", 0)
    if from_file:
        r.keys.without_effect(rf"Phase\.{curve}\.GeomNames|Geom\.[^.]+\.{curve}\.({'|'.join(names)})")
        return {n: r.filled(r.file(f"Geom.domain.{curve}.{n}.Filename", _LIMITS[n])) for n in names}
    r.keys.without_effect(rf"Geom\.[^.]+\.{curve}\.({'|'.join(names)})\.Filename")
    return {n: r.filled(_regional(r, curve, n, _LIMITS[n])) for n in names}


def _regional(r: Reading, curve: str, name: str, limits: Limits) -> np.ndarray:
    return r.by_region(f"Phase.{curve}.GeomNames", lambda g, _: r.number(f"Geom.{g}.{curve}.{name}", limits))
