"""Measured series that a land model is compared with: from files as networks write them to SI units and UTC."""

from __future__ import annotations

from vadose.data.observed.read import Wanted, read_observed
from vadose.data.observed.series import Measured

__all__ = ["Measured", "Wanted", "read_observed"]
