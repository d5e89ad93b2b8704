"""Heat in soil: heat capacity and thermal conductivity as functions of the water and ice in the pores."""

from vadose.soil.thermal.cote_konrad import CoteKonrad
from vadose.soil.thermal.heat import heat_capacity
from vadose.soil.thermal.johansen import Johansen
from vadose.soil.thermal.lu2007 import Lu2007
from vadose.soil.thermal.lu_dong import LuDong2015
from vadose.soil.thermal.mixing import ThermalConductivity
from vadose.soil.thermal.unified import UnifiedThermal, funicular_onset, hydraulic_continuity

__all__ = [
    "CoteKonrad",
    "Johansen",
    "Lu2007",
    "LuDong2015",
    "ThermalConductivity",
    "UnifiedThermal",
    "funicular_onset",
    "heat_capacity",
    "hydraulic_continuity",
]
