"""Vegetation of columns from their class: MODIS with the IGBP legend, or the plant functional types of CLM."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from vadose.land.parameters import Vegetation
from vadose.land.tables import clm_table, lookup, modis_table

ROOT_LAYERS = np.array([0.0, 0.1, 0.4, 1.0, 2.0])  # m, bottoms of Noah-MP's layers, by their number
SHALLOWEST_ROOTS = 0.1  # m

MODIS_CLASSES = modis_table.NAMES
CLM_CLASSES = clm_table.NAMES


@cache
def _modis() -> lookup.Columns:
    m = modis_table
    table = lookup.read(m.CANOPY, m.LEAF, m.GROUND)
    table |= lookup.with_kind(m.REFLECTANCE, "reflectance") | lookup.with_kind(m.TRANSMITTANCE, "transmittance")
    table["root_depth"] = np.maximum(ROOT_LAYERS[table["root_layers"].astype(int)], SHALLOWEST_ROOTS)
    return table | {name: np.full(len(m.NAMES), value) for name, value in m.COMMON.items()}


@cache
def _modis_areas() -> tuple[np.ndarray, np.ndarray]:
    return lookup.read_months(modis_table.LEAF_AREA), lookup.read_months(modis_table.STEM_AREA)


@cache
def _clm() -> tuple[lookup.Columns, np.ndarray]:
    """The table of the plant types, and the row of each one's MODIS class."""
    c = clm_table
    own = lookup.read(c.CANOPY, c.LEAF)
    own |= lookup.with_kind(c.REFLECTANCE, "reflectance") | lookup.with_kind(c.TRANSMITTANCE, "transmittance")
    alike = lookup.positions(own["modis"].astype(int), MODIS_CLASSES, "MODIS class")
    table = {name: column[alike] for name, column in _modis().items()} | own
    table |= {name: np.full(len(c.NAMES), value) for name, value in c.COMMON.items()}
    table["roughness"] = own["roughness_ratio"] * own["height_top"]
    table["c3"] = np.where(np.isin(own["class"], c.C4), 0.0, 1.0)
    return table, alike


def modis_vegetation(classes: Any, fraction: Any = None, lai: Any = None, sai: Any = None) -> Vegetation:
    """Vegetation of columns by their MODIS-IGBP class, with the parameters of Noah-MP 5.

    classes   [column] class numbers 1 to 20 or names of MODIS_CLASSES
    fraction  number or [column], 0 to 1; None: 1 - exp(-0.52 (LAI + SAI)) of the fullest month
    lai, sai  number, [column] or [month, column] m2 m-2; None: the table's months, northern hemisphere
    Urban and barren ground (13, 16) are bare. Raises RangeError for unknown classes, ice (15) and water (17), and for
    shapes and values that cannot be.
    Source: vadose.land.tables.modis_table
    """
    rows = lookup.positions(classes, MODIS_CLASSES, "MODIS class", modis_table.REFUSED)
    leaves, stems = _modis_areas()
    return lookup.vegetation(
        _modis(),
        rows,
        modis_table.BARE,
        fraction,
        leaves[:, rows] if lai is None else lookup.months(lai, "lai", len(rows)),
        stems[:, rows] if sai is None else lookup.months(sai, "sai", len(rows)),
    )


def clm_vegetation(types: Any, fraction: Any = None, lai: Any = None, sai: Any = None) -> Vegetation:
    """Vegetation of columns by their CLM plant functional type, 0 (bare) to 16, or names of CLM_CLASSES.

    fraction  number or [column], 0 to 1; None: 1 - exp(-0.52 (LAI + SAI)) of the fullest month
    lai, sai  number, [column] or [month, column] m2 m-2; None: those of the MODIS class of the same life form
    Raises RangeError for unknown types, and for shapes and values that cannot be.
    Source: vadose.land.tables.clm_table
    """
    table, alike = _clm()
    rows = lookup.positions(types, CLM_CLASSES, "CLM plant functional type")
    leaves, stems = _modis_areas()
    return lookup.vegetation(
        table,
        rows,
        clm_table.BARE,
        fraction,
        leaves[:, alike[rows]] if lai is None else lookup.months(lai, "lai", len(rows)),
        stems[:, alike[rows]] if sai is None else lookup.months(sai, "sai", len(rows)),
    )
