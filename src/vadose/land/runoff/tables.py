"""Parameters of the runoff schemes that vary with the soil class.

Source: Noah-MP 5 parameter table, STAS classes (He et al. 2023): BVIC, AXAJ, BXAJ, XXAJ, BDVIC, BBVIC, GDVIC.
"""

from __future__ import annotations

import numpy as np

from vadose.arrays import Array, pytree
from vadose.errors import RangeError

CLASSES = (
    "sand",
    "loamy sand",
    "sandy loam",
    "silt loam",
    "silt",
    "loam",
    "sandy clay loam",
    "silty clay loam",
    "clay loam",
    "sandy clay",
    "silty clay",
    "clay",
)
_SHAPE = (0.05, 0.08, 0.09, 0.25, 0.15, 0.18, 0.20, 0.22, 0.23, 0.25, 0.28, 0.30)
_INFLECTION = (0.009, 0.010, 0.009, 0.010, 0.012, 0.013, 0.014, 0.015, 0.016, 0.015, 0.016, 0.017)
_HETEROGENEITY = (1.0, 1.01, 1.02, 1.025, 1.0, 1.0, 1.032, 1.035, 1.04, 1.042, 1.045, 1.0)
_DRIVE = (0.05, 0.07, 0.13, 0.20, 0.17, 0.11, 0.26, 0.35, 0.26, 0.30, 0.38, 0.41)
LOAM = CLASSES.index("loam") + 1


@pytree
class RunoffParameters:
    """Shapes of the distributions of storage and infiltration over a cell, all [column].

    vic_shape              1   exponent of the distribution of storage capacity (VIC)
    tension_inflection     1   of the tension-water distribution (Xinanjiang), 0 to 0.5
    tension_shape          1   of the tension-water distribution (Xinanjiang)
    free_shape             1   of the free-water distribution (Xinanjiang)
    dynamic_vic_shape      1   exponent of the distribution of storage capacity (dynamic VIC)
    heterogeneity          1   exponent of the distribution of infiltration capacity (dynamic VIC)
    capillary_drive        m   mean suction at the wetting front (Green-Ampt, Smith-Parlange)
    """

    vic_shape: Array
    tension_inflection: Array
    tension_shape: Array
    free_shape: Array
    dynamic_vic_shape: Array
    heterogeneity: Array
    capillary_drive: Array


def runoff_parameters(classes: Array) -> RunoffParameters:
    """The parameters of soil classes 1 (sand) to 12 (clay), [column] whole numbers.

    Raises RangeError where a class is none of them.
    """
    rows = np.asarray(classes)
    if not np.all((rows >= 1) & (rows <= len(CLASSES))):
        raise RangeError(
            f"soil class must be 1 ({CLASSES[0]}) to {len(CLASSES)} ({CLASSES[-1]}), got {rows.min()} to {rows.max()}; "
            "give columns of another kind the class of the soil beside them"
        )
    shape, inflection, heterogeneity, drive = (
        np.asarray(table)[rows.astype(int) - 1] for table in (_SHAPE, _INFLECTION, _HETEROGENEITY, _DRIVE)
    )
    return RunoffParameters(shape, inflection, shape, shape, shape, heterogeneity, drive)


def table_or_loam(table: RunoffParameters | None) -> RunoffParameters:
    """`table`, or the parameters of loam where a column brings none."""
    return runoff_parameters(np.asarray(LOAM)) if table is None else table
