"""Runoff schemes: how much water enters the soil, how the column drains and what its groundwater gives."""

from vadose.land.runoff.aquifer import Aquifer
from vadose.land.runoff.bats import Bats
from vadose.land.runoff.clm35 import Clm35
from vadose.land.runoff.column import Baseflow, RunoffScheme, SoilColumn, power_law, soil_column
from vadose.land.runoff.dynamic_vic import DynamicVic
from vadose.land.runoff.free_drainage import FreeDrainage
from vadose.land.runoff.infiltration_capacity import GreenAmpt, Philip, SmithParlange
from vadose.land.runoff.simgm import Simgm
from vadose.land.runoff.simtop import Simtop
from vadose.land.runoff.tables import RunoffParameters, runoff_parameters
from vadose.land.runoff.vic import Vic
from vadose.land.runoff.xinanjiang import Xinanjiang

__all__ = [
    "Aquifer",
    "Baseflow",
    "Bats",
    "Clm35",
    "DynamicVic",
    "FreeDrainage",
    "GreenAmpt",
    "Philip",
    "RunoffParameters",
    "RunoffScheme",
    "Simgm",
    "Simtop",
    "SmithParlange",
    "SoilColumn",
    "Vic",
    "Xinanjiang",
    "power_law",
    "runoff_parameters",
    "soil_column",
]
