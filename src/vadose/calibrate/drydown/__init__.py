"""Drydowns: from daily soil moisture to wilting point, critical point and memory, event by event and cell by cell."""
