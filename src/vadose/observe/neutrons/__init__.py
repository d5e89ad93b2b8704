"""Cosmic-ray neutrons: weights of the soil that a sensor sees, corrections of counts, conversion and calibration."""

from __future__ import annotations

from vadose.observe.neutrons.calibrate import Air, Calibration, Cores, Seen, calibrate_n0, seen_by_sensor
from vadose.observe.neutrons.conversion import (
    Desilets2010,
    Koehli2021,
    SensorSoil,
    counts_of,
    deviation,
    soil_moisture,
    water_of_carbon,
)  # fmt: skip
from vadose.observe.neutrons.corrections import (
    Corrected,
    absolute_humidity,
    biomass_factor,
    correct,
    counting_deviation,
    humidity_factor,
    incoming_factor,
    pressure_factor,
)  # fmt: skip
from vadose.observe.neutrons.weights import Franz2012, Koehli2015, layer_weights, scaled_distance

__all__ = [
    "Air", "Calibration", "Cores", "Corrected", "Desilets2010", "Franz2012", "Koehli2015", "Koehli2021", "Seen",
    "SensorSoil", "absolute_humidity", "biomass_factor", "calibrate_n0", "correct", "counting_deviation", "counts_of",
    "deviation", "humidity_factor", "incoming_factor", "layer_weights", "pressure_factor", "scaled_distance",
    "seen_by_sensor", "soil_moisture", "water_of_carbon",
]  # fmt: skip
