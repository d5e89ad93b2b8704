"""[subsurface] of a simulation study: water that also moves between columns, below them and over the land."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vadose.errors import ConfigError


@dataclass(frozen=True)
class Subsurface:
    """[subsurface]: the columns of a grid share one subsurface in three dimensions; off without `layers`.

    layers            thickness of the layers below the land's, m, from the top
    dx, dy            m between columns; default: from the grid's latitudes and longitudes
    elevation         file of a digital elevation model on latitudes and longitudes, `variable` in it; or
    slopes            file with slope_x and slope_y, positive where the ground rises eastward and northward; or
    slope_x, slope_y  of a plane
    least_slope       1, of the conditioned elevation model
    K_s, porosity     m s-1 and m3 m-3 of the layers below the land's; default: those of its lowest layer, whose other
                      parameters they share
    specific_storage  m-1;  stretch 1, horizontal over vertical conductivity
    scheme, manning   flow over the land and its roughness, s m-1/3; "none": what ponds stays
    water_table       m below the ground, where a run begins that has no restart
    iterations        times that the land's step is taken with the water it then knows
    lateral           False: columns exchange nothing below the ground nor over the land
    """

    layers: tuple[float, ...] = ()
    dx: float | None = None
    dy: float | None = None
    elevation: str = ""
    variable: str = ""
    slopes: str = ""
    slope_x: float = 0.0
    slope_y: float = 0.0
    least_slope: float = 1e-4
    K_s: float | None = None
    porosity: float | None = None
    specific_storage: float = 1e-5
    stretch: float = 1.0
    scheme: Literal["kinematic", "diffusive", "none"] = "kinematic"
    manning: float = 0.05
    water_table: float = 3.0
    iterations: int = 1
    lateral: bool = True

    def __post_init__(self) -> None:
        if any(not layer > 0.0 for layer in self.layers):
            raise ConfigError(f"`layers` must be thicknesses > 0 m, got {list(self.layers)}")
        if self.elevation and self.slopes:
            raise ConfigError("`elevation` and `slopes` contradict each other; keep one")
        for name in ("dx", "dy", "K_s", "porosity", "specific_storage", "manning", "least_slope"):
            value = getattr(self, name)
            if value is not None and not value > 0.0:
                raise ConfigError(f"`{name}` must be > 0, got {value:g}")
        if self.K_s is not None and self.K_s > 1.0:
            raise ConfigError(f"`K_s` must be in m s-1, got {self.K_s:g}; gravel has 0.01: divide m/h by 3600")
        if self.porosity is not None and self.porosity >= 1.0:
            raise ConfigError(f"`porosity` must be < 1 m3 m-3, got {self.porosity:g}")
        if self.stretch < 0.0 or self.iterations < 1:
            raise ConfigError(f"`stretch` >= 0 and `iterations` >= 1 are needed, got {self.stretch:g}, {self.iterations}")

    @property
    def on(self) -> bool:
        """Whether the study has a subsurface."""
        return bool(self.layers)
