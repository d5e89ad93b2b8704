"""Cosmic-ray neutron sensors as their networks write them: counts with the air, neutron monitors, soil samples.

Soil moisture that a network has already made of counts (level 3) is read by `data.daily` and `data.observed`.
"""

from __future__ import annotations

from vadose.data.crns.counts import NeutronRecord, read_neutrons
from vadose.data.crns.monitor import Monitor, read_monitor
from vadose.data.crns.samples import SoilSamples, read_samples

__all__ = ["Monitor", "NeutronRecord", "SoilSamples", "read_monitor", "read_neutrons", "read_samples"]
