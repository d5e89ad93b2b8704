"""A subsurface by itself, from a study file or a ParFlow case: set up, spun up, run, written."""
