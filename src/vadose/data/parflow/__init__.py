"""ParFlow: its binary fields, its key database, and a whole run as arrays in SI with z from the top."""

from __future__ import annotations

from vadose.data.parflow.boundary import Boundary
from vadose.data.parflow.case import ParflowCase, read_case
from vadose.data.parflow.cycles import TimeSeries, Timing
from vadose.data.parflow.database import read_database
from vadose.data.parflow.pfb import PfbFile, read_pfb, write_pfb
from vadose.data.parflow.retention import VanGenuchtenFields
from vadose.data.parflow.surface import Surface
from vadose.data.parflow.wells import CaseWell

__all__ = [
    "Boundary",
    "CaseWell",
    "ParflowCase",
    "PfbFile",
    "Surface",
    "TimeSeries",
    "Timing",
    "VanGenuchtenFields",
    "read_case",
    "read_database",
    "read_pfb",
    "write_pfb",
]
