"""Parameters of vegetation and soil colour by class, as data with their sources."""

from vadose.land.tables.colours import soil_colour
from vadose.land.tables.vegetation_classes import CLM_CLASSES, MODIS_CLASSES, clm_vegetation, modis_vegetation

__all__ = ["CLM_CLASSES", "MODIS_CLASSES", "clm_vegetation", "modis_vegetation", "soil_colour"]
