"""Fluxes between the ground and the air, as eddy covariance measures them."""

from __future__ import annotations

from vadose.constants import SECONDS_PER_DAY
from vadose.observe.columns import Columns
from vadose.observe.error import ErrorModel, RelativeError
from vadose.observe.operator import LinearOperator, Support

EXTENT = 1000.0  # m, from which most of the flux over short vegetation comes


def flux(
    columns: Columns, variable: str = "evapotranspiration", error: ErrorModel | None = None, extent: float = EXTENT
) -> LinearOperator:
    """A flux of the columns around a tower; its mean over the time of a record is the caller's.

    error  by default 20 % but at least 0.3 mm d-1 of daily evapotranspiration in kg m-2 s-1: random error and lack of
           closure together; for other units state one
    Source: Foken (2008) on closure
    """
    return LinearOperator(
        variable, columns, None, Support(None, extent), error or RelativeError(0.2, 0.3 / SECONDS_PER_DAY)
    )  # fmt: skip
