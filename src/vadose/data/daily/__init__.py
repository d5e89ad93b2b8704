"""Daily soil moisture, [time, cell]: satellites and merged products, probes, cosmic-ray sensors."""
