"""Soil colour classes, from light to dark: albedo of dry and of saturated soil.

Sources: 8 classes, Dickinson et al. (1993, BATS) as in the table of Noah-MP 5 (He et al. 2023); 20 classes, Lawrence
& Chase (2007) as in the CLM4 technical note (Oleson et al. 2010), table 3.3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from vadose.errors import RangeError
from vadose.land.tables import lookup

EIGHT = """
colour saturated_vis saturated_nir dry_vis dry_nir
     1          0.15          0.30    0.27    0.54
     2          0.11          0.22    0.22    0.44
     3          0.10          0.20    0.20    0.40
     4          0.09          0.18    0.18    0.36
     5          0.08          0.16    0.16    0.32
     6          0.07          0.14    0.14    0.28
     7          0.06          0.12    0.12    0.24
     8          0.05          0.10    0.10    0.20
"""

TWENTY = """
colour saturated_vis saturated_nir dry_vis dry_nir
     1          0.25          0.50    0.36    0.61
     2          0.23          0.46    0.34    0.57
     3          0.21          0.42    0.32    0.53
     4          0.20          0.40    0.31    0.51
     5          0.19          0.38    0.30    0.49
     6          0.18          0.36    0.29    0.48
     7          0.17          0.34    0.28    0.45
     8          0.16          0.32    0.27    0.43
     9          0.15          0.30    0.26    0.41
    10          0.14          0.28    0.25    0.39
    11          0.13          0.26    0.24    0.37
    12          0.12          0.24    0.23    0.35
    13          0.11          0.22    0.22    0.33
    14          0.10          0.20    0.20    0.31
    15          0.09          0.18    0.18    0.29
    16          0.08          0.16    0.16    0.27
    17          0.07          0.14    0.14    0.25
    18          0.06          0.12    0.12    0.23
    19          0.05          0.10    0.10    0.21
    20          0.04          0.08    0.08    0.16
"""

TABLES = {8: EIGHT, 20: TWENTY}


def soil_colour(colours: Any, classes: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Albedo of dry and of saturated soil, each [band, column], by colour class.

    colours  [column] or one number, 1 (lightest) to `classes`
    classes  8 (BATS, Noah-MP) or 20 (CLM)
    Raises RangeError for an unknown colour or number of classes.
    """
    if classes not in TABLES:
        raise RangeError(f"`classes` must be 8 (BATS, Noah-MP) or 20 (CLM), got {classes!r}")
    table = lookup.read(TABLES[classes])
    number = np.atleast_1d(np.asarray(colours))
    if not np.all(np.isin(number, table["colour"])):
        strange = number[~np.isin(number, table["colour"])][0]
        raise RangeError(f"soil colour must be a whole number 1 to {classes}, got {strange}; classes=8 or 20")
    row = number.astype(int) - 1
    dry = np.stack([table["dry_vis"][row], table["dry_nir"][row]])
    return dry, np.stack([table["saturated_vis"][row], table["saturated_nir"][row]])
