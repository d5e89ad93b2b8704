"""Soil maps (GSDE, HWSD, SoilGrids, SMAP's own, any CF or GeoTIFF layer) on the cells of a study."""

from __future__ import annotations

from vadose.data.soilmaps.read import read_soil_map
from vadose.data.soilmaps.source import SoilMap, SoilSource

__all__ = ["SoilMap", "SoilSource", "read_soil_map"]
