"""How water and heat move in the soil. Fluxes are positive downward, heads in m, negative when unsaturated."""
