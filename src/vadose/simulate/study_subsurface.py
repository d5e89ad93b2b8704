"""[subsurface] of a simulation study: water that also moves between columns, below them and over the land."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

from vadose.errors import ConfigError

if TYPE_CHECKING:
    from vadose.simulate.study import Study

WATER_TABLE = "subsurface.water_table"
BEGINNING = (WATER_TABLE,)  # of [ensemble.parameters]: what a run begins with, one factor for all columns of a member
SLOWEST, FASTEST = 1e-14, 0.1  # m s-1, conductivities that some ground has: unbroken rock and clean gravel


@dataclass(frozen=True)
class Subsurface:
    """[subsurface]: the columns of a grid share one subsurface in three dimensions; off without `layers`.

    layers            thickness of the layers below the land's, m, from the top
    dx, dy            m between columns; default: from the grid's latitudes and longitudes
    elevation         file of a digital elevation model on latitudes and longitudes, `variable` in it; or
    slopes            file with slope_x and slope_y, positive where the ground rises eastward and northward; or
    slope_x, slope_y  of a plane
    least_slope       1, of the conditioned elevation model, which water leaves all around ("edge") or by its lowest
                      cell of the edge ("lowest": `outlets`)
    K_s, porosity     m s-1 and m3 m-3 of the layers below the land's; default: those of its lowest layer, whose other
                      parameters they share; or
    soil_file         netCDF file of K_s, porosity or both, [layer, lat, lon] from the top or [lat, lon]
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
    outlets: Literal["edge", "lowest"] = "edge"
    K_s: float | None = None
    porosity: float | None = None
    soil_file: str = ""
    specific_storage: float = 1e-5
    stretch: float = 1.0
    scheme: Literal["kinematic", "diffusive", "none"] = "kinematic"
    manning: float = 0.05
    water_table: float = 3.0
    iterations: int = 1
    lateral: bool = True

    def __post_init__(self) -> None:
        stated = [f.name for f in fields(self) if getattr(self, f.name) != f.default]
        if stated and not self.layers:
            raise ConfigError(
                f"`layers` is missing beside `{stated[0]}`: without it there is no subsurface; state the thickness of "
                "the layers below the soil's, m, from the top"
            )
        if any(not 0.0 < layer < 1e4 for layer in self.layers):
            raise ConfigError(f"`layers` must be thicknesses > 0 m, got {list(self.layers)}")
        self._check_terrain()
        for name in ("dx", "dy", "K_s", "porosity", "specific_storage", "manning", "least_slope"):
            value = getattr(self, name)
            if value is not None and not value > 0.0:
                raise ConfigError(f"`{name}` must be > 0, got {value:g}")
        if self.K_s is not None and not SLOWEST <= self.K_s <= FASTEST:
            raise ConfigError(
                f"`K_s` must be {SLOWEST:g} to {FASTEST:g} m s-1, got {self.K_s:g}; gravel has 0.01, sandstone 1e-8: "
                "divide m/h by 3600, cm/d by 8.64e6"
            )
        if self.porosity is not None and self.porosity >= 1.0:
            raise ConfigError(f"`porosity` must be < 1 m3 m-3, got {self.porosity:g}; divide % by 100")
        if self.specific_storage > 0.1:
            raise ConfigError(
                f"`specific_storage` must be in m-1, got {self.specific_storage:g}; 1e-6 to 1e-3 is usual"
            )
        if self.stretch < 0.0 or self.iterations < 1:
            raise ConfigError(
                f"`stretch` >= 0 and `iterations` >= 1 are needed, got {self.stretch:g}, {self.iterations}"
            )

    def _check_terrain(self) -> None:
        """Raise ConfigError where two keys say what the ground is, or one has no effect beside another."""
        plane = self.slope_x != 0.0 or self.slope_y != 0.0
        said = [k for k, v in (("elevation", self.elevation), ("slopes", self.slopes), ("slope_x", plane)) if v]
        if len(said) > 1:
            raise ConfigError(f"`{said[0]}` and `{said[1]}` contradict each other; keep one")
        for name, default in (("variable", ""), ("least_slope", 1e-4), ("outlets", "edge")):
            if getattr(self, name) != default and not self.elevation:
                raise ConfigError(f"`{name}` has no effect without `elevation`, of which it speaks; leave it out")
        for name, value in (("slope_x", self.slope_x), ("slope_y", self.slope_y)):
            if not abs(value) <= 3.0:
                raise ConfigError(f"`{name}` must be m per m, got {value:g}; divide % by 100")

    @property
    def on(self) -> bool:
        """Whether the study has a subsurface."""
        return bool(self.layers)


def check_tables(study: Study) -> None:
    """Raise ConfigError for keys of other tables that have no effect over a subsurface, and for sites."""
    if study.places:
        raise ConfigError(
            "[subsurface] needs a gridded forcing: water moves between the cells of a grid, not sites; leave "
            "[site] and [[sites]] out, or [subsurface]"
        )
    if "soil_water" in study.model.options:
        raise ConfigError(
            f"[model.options] `soil_water` = {study.model.options['soil_water']!r} has no effect with [subsurface]: "
            "soil water and runoff of the column model are switched off; leave it out"
        )
    initial = study.initial
    if not initial.restart and initial.moisture != "middle":
        raise ConfigError(
            "[initial] `moisture` has no effect with [subsurface], whose water begins at rest over its `water_table`; "
            "state that, or a restart"
        )
    if not initial.restart and initial.water_table is not None:
        raise ConfigError("[initial] `water_table` has no effect with [subsurface]; state `water_table` there")
    if study.soil.slope is not None or "soil.slope" in study.ensemble.parameters:
        raise ConfigError(
            "[soil] `slope`, the share of drainage that leaves a column, has no effect with [subsurface], through "
            "whose bottom nothing drains; leave it and `soil.slope` of [ensemble.parameters] out"
        )
