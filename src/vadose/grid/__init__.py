"""Where things are: soil layers, grids, regions and coastlines, and the way from one grid to another."""
