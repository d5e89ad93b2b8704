"""The study file of the embedded sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

_HEADER = """\
# The study of the embedded sample: invented models against invented references.
# Nothing here is a result about a real model. Copy this file and point it at your own data.

[study]
title = "Soil moisture of {count} invented models"
period = [{first}, {last}]
regions = ["global", "koppen:tropical", "koppen:arid", "koppen:temperate", "koppen:continental"]
grid = "composite"
mode = "exact"
"""

_REFERENCES = """
# ---- what they are compared with: one table for each row of the report ----

[[references]]
name = "Palisade"
variable = "soil_moisture"
path = "references/palisade_sm.nc"
depth = [0.0, 0.10]
model_variable = "mrsol"
group = "Near surface"

[[references]]
name = "Lantern"
variable = "soil_moisture"
path = "references/lantern_sm.nc"
depth = [0.0, 0.05]
model_variable = "mrsol"
group = "Near surface"
title = "Lantern 0-5 cm (gaps, frozen seasons)"

[[references]]
name = "Palisade"
variable = "soil_moisture"
path = "references/palisade_sm.nc"
depth = [0.0, 1.00]
model_variable = "mrsol"
group = "Root zone"

[[references]]
name = "Mosaic"
variable = "soil_moisture"
path = "references/mosaic_mrsol.nc"
depth = [0.0, 1.00]
model_variable = "mrsol"
weight = 0.5
group = "Root zone"

[[references]]
name = "Verdure"
variable = "gpp"
path = "references/verdure_gpp.nc"
group = "Vegetation"

[[references]]
name = "Foliage"
variable = "lai"
path = "references/foliage_lai.nc"
group = "Vegetation"

[[references]]
name = "Vapour"
variable = "evapotranspiration"
path = "references/vapour_et.nc"
group = "Water fluxes"

[[references]]
name = "Mosaic"
variable = "precipitation"
path = "references/mosaic_pr.nc"
group = "Water fluxes"

[[references]]
name = "Mosaic"
variable = "evapotranspiration"
path = "references/mosaic_evspsbl.nc"
weight = 0.5
group = "Water fluxes"

[[references]]
name = "Mosaic"
variable = "surface_runoff"
path = "references/mosaic_mrros.nc"
weight = 0.5
group = "Water fluxes"

# ---- where, besides the built-in regions ----

[[regions]]
name = "sahel"
title = "Sahel"
box = [8, 20, -15, 35]        # south, north, west, east

# ---- does the vegetation respond to the water as observed? ----

[[relationships]]
independent = { variable = "soil_moisture", reference = "Palisade", depth = [0.0, 0.10] }
dependent = { variable = "gpp", reference = "Verdure" }

[[relationships]]
independent = { variable = "soil_moisture", reference = "Palisade", depth = [0.0, 0.10] }
dependent = { variable = "evapotranspiration", reference = "Vapour" }

[[relationships]]
independent = { variable = "soil_moisture", reference = "Palisade", depth = [0.0, 1.00] }
dependent = { variable = "gpp", reference = "Verdure" }

[[relationships]]
independent = { variable = "soil_moisture", reference = "Palisade", depth = [0.0, 1.00] }
dependent = { variable = "lai", reference = "Foliage" }
"""


class _Named(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def family(self) -> str: ...
    @property
    def parent(self) -> str: ...
    @property
    def without(self) -> tuple[str, ...]: ...


def study_text(models: Sequence[_Named], years: tuple[int, int]) -> str:
    """The text of the study file that reads the sample of these models and years."""
    tables = ["\n# ---- the models: family groups them in the report, parent in the multi-model mean ----\n"]
    for model in models:
        table = f'\n[[models]]\nname = "{model.name}"\nfamily = "{model.family}"\nparent = "{model.parent}"\n'
        table += f'path = "models/{model.name}/historical/*/*.nc"\n'
        if model.without:
            listed = ", ".join(f'"{v}"' for v in model.without)
            table += f"without = [{listed}]              # known to be missing: a dash in the report, not a failure\n"
        tables.append(table)
    return _HEADER.format(count=len(models), first=years[0], last=years[1]) + "".join(tables) + _REFERENCES
