"""What a study says about soil and plants: [soil], [vegetation] and the same tables of a site."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from vadose.errors import ConfigError

Values = float | tuple[float, ...]


@dataclass(frozen=True)
class Soil:
    """[soil]: a texture class, a texture, or a map, and the function that makes hydraulic parameters of it.

    texture_class      a USDA class, "silty clay loam"; loam where nothing is said
    sand, clay, organic_carbon, gravel   %, one value or one a layer; bulk_density kg m-3
    map                name of a [soil_maps.NAME] table, read onto the columns
    ptf                a name in `vadose.pedotransfer`; default: the preset's
    closure            "campbell", "clm", "brooks-corey", "van-genuchten", "pdi" or "" for the function's own
    parameters         theta_s, K_s, b ... of the closure, in SI, one value or one a layer, in place of the function's
    colour             soil colour class of Noah-MP, 1 (light) to 8 (dark)
    conductivity_depth m, over which K_s falls to 1/e (0.5 in CLM 3.5); default: the same K_s at all depths
    slope              share of gravity drainage that leaves the column, 0 to 1; default: 0.1 of "noahmp", else 1
    deep_temperature   K, at 8 m; default: mean air temperature of the forcing's first year
    """

    texture_class: str = ""
    sand: Values | None = None
    clay: Values | None = None
    organic_carbon: Values | None = None
    bulk_density: Values | None = None
    gravel: Values | None = None
    map: str = ""
    ptf: str = ""
    closure: Literal["", "campbell", "clm", "brooks-corey", "van-genuchten", "pdi"] = ""
    parameters: dict[str, float | tuple[float, ...]] = field(default_factory=dict)
    colour: int = 4
    conductivity_depth: float | None = None
    slope: float | None = None
    deep_temperature: float | None = None

    def __post_init__(self) -> None:
        if (self.sand is None) != (self.clay is None):
            raise ConfigError("`sand` and `clay` belong together; give both in %")
        stated = [n for n in ("texture_class", "sand", "map") if getattr(self, n) not in ("", None)]
        if len(stated) > 1:
            raise ConfigError(f"the soil is stated {len(stated)} times, by {' and '.join(stated)}; keep one")
        if not 1 <= self.colour <= 8:
            raise ConfigError(f"`colour` must be a class from 1 (light) to 8 (dark), got {self.colour}")
        if self.slope is not None and not 0.0 <= self.slope <= 1.0:
            raise ConfigError(f"`slope` must be 0 to 1, got {self.slope:g}")
        if self.conductivity_depth is not None and not self.conductivity_depth > 0.0:
            raise ConfigError(f"`conductivity_depth` must be > 0 m, got {self.conductivity_depth:g}")
        if self.deep_temperature is not None and not 200.0 <= self.deep_temperature <= 330.0:
            raise ConfigError(
                f"`deep_temperature` must be 200 to 330 K, got {self.deep_temperature:g}; add 273.15 to C"
            )

    @property
    def stated(self) -> bool:
        """True where the table says what the soil is."""
        return bool(self.texture_class or self.map or self.sand is not None)


@dataclass(frozen=True)
class Vegetation:
    """[vegetation]: a class of a table, or a map of classes, and what is known better than the table.

    kind         a class by name or number, "cropland" or 12; grassland where nothing is said
    table        "modis" (MODIS-IGBP classes as in Noah-MP) or "clm" (plant functional types)
    map          netCDF file of class numbers, read by the nearest cell; variable: its variable
    fraction     of the cell that is vegetated, 0 to 1; default: the table's
    lai, sai     m2 m-2, one value, twelve months, or (LAI) "forcing"; stated months go before the forcing's LAI
    root_depth   m, of uniform roots; of exponential ones the depth above which 95 % of them lie; default: the table's
    parameters   fields of `vadose.land.parameters.Vegetation` or `LeafPhysiology` in place of the table's
    """

    kind: str | int = ""
    table: Literal["modis", "clm"] = "modis"
    map: str = ""
    variable: str = ""
    fraction: float | None = None
    lai: float | tuple[float, ...] | str | None = None
    sai: float | tuple[float, ...] | None = None
    root_depth: float | None = None
    parameters: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind != "" and self.map:
            raise ConfigError("`kind` and `map` both say what grows; keep one")
        if self.fraction is not None and not 0.0 <= self.fraction <= 1.0:
            raise ConfigError(f"`fraction` must be 0 to 1, got {self.fraction:g}; divide % by 100")
        if isinstance(self.lai, str) and self.lai != "forcing":
            raise ConfigError(f'`lai` must be m2 m-2, twelve months or "forcing", got {self.lai!r}')
        for key in ("lai", "sai"):
            value = getattr(self, key)
            if isinstance(value, tuple) and len(value) != 12:
                raise ConfigError(f"`{key}` must be one value or twelve months, got {len(value)} values")
            numbers = value if isinstance(value, tuple) else (value,)
            if any(isinstance(v, float) and not 0.0 <= v <= 20.0 for v in numbers):
                raise ConfigError(f"`{key}` must be 0 to 20 m2 m-2, got {value}")
        if self.root_depth is not None and not 0.0 < self.root_depth <= 50.0:
            raise ConfigError(f"`root_depth` must be > 0 and at most 50 m, got {self.root_depth:g}")
