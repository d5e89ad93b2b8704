"""Land surface processes, each alone: radiation, turbulence, canopy, stomata, roots, snow, evaporation and runoff."""
