"""[[assimilation.observations]]: what is assimilated, how it sees the model, how far it is trusted."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Literal

import numpy as np

from vadose.errors import ConfigError
from vadose.grid.ease2 import SHAPES

# Standard deviations where a study states none: radiometer, dielectric probe, neutrons (m3 m-3), well (m), stage (mm).
ERRORS = {"smap": 0.04, "grid": 0.04, "series": 0.02, "crns": 0.03, "water_table_depth": 0.1, "ponded_water": 5.0}
# What is measured at a point above a datum, and how messages call that: only a series, or a truth.
LEVELS = {"water_table_depth": "the depth of the water table", "ponded_water": "the stage of a river"}
VARIABLES = ("soil_moisture", *LEVELS)
FLUXES = ("evapotranspiration", "latent_heat", "sensible_heat", "ground_heat", "net_radiation", "runoff", "gpp")


@dataclass(frozen=True)
class Observation:
    """One set of observations that is assimilated; docs/reference/assimilation-study.md says each key at length.

    name, path, truth     the files, or in their place the run folder of `vadose simulate` that is observed
    kind                  "series" of a place, "smap" granules, "grid" of daily images
    variable, depth       soil moisture of [top, bottom] m, the depth of the water table, or water on the ground
    site, operator        the place; "nearest" cell, "footprint" of a pixel or "crns"
    pixel, coverage, limit                                  km of a pixel; its least covered part; km to a cell
    lattice_water, organic_water, bulk_density, weighting   kg kg-1, kg kg-1, kg m-3: the soil of a neutron sensor
    surface               m, the ground at a well, or the bed of a river, above the datum of the levels
    passes, local_time    SMAP's half orbits; hour of local solar time of images that state the day alone
    quality, valid_range, frozen_below, snow_above          what is refused: flags, m3 m-3, K, kg m-2
    error, relative, least_error, error_variable            standard deviation: a number or "file"
    bias, training        what is done about bias, and the days [first, last] on which it is fitted
    bias_spread           of "augmented": its standard deviation before anything was observed, in units of the variable
    units, column, utc_offset, time                         as in [[observations]]
    window                hours about an analysis in which an observation belongs to it
    every, seed           of `truth`: days between observations, and the key of their noise
    """

    name: str
    path: str | tuple[str, ...] = ""
    truth: str = ""
    kind: Literal["series", "smap", "grid"] = "series"
    variable: str = "soil_moisture"
    depth: tuple[float, float] | None = None
    site: str = ""
    operator: Literal["nearest", "footprint", "crns"] = "nearest"
    pixel: int | None = None
    coverage: float = 0.5
    limit: float | None = None
    lattice_water: float = 0.0
    organic_water: float = 0.0
    bulk_density: float | None = None
    weighting: Literal["koehli2015", "franz2012"] = "koehli2015"
    surface: float | None = None
    passes: Literal["AM", "PM", "both"] = "AM"
    local_time: float | None = None
    quality: Literal["recommended", "all"] | dict[str, tuple[int, ...] | str] = "recommended"
    valid_range: tuple[float, float] = (0.0, 1.0)
    frozen_below: float = 274.15
    snow_above: float = 1.0
    error: float | Literal["file"] | None = None
    relative: float | None = None
    least_error: float = 0.01
    error_variable: str = ""
    bias: Literal["none", "mean-deviation", "cdf", "augmented"] = "none"
    bias_spread: float = 0.05
    training: tuple[str, str] | None = None
    units: str = ""
    column: str = ""
    utc_offset: float = 0.0
    time: str = ""
    window: float = 3.0
    every: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        for check in (self._check_source, self._check_variable, self._check_operator, self._check_numbers):
            check()
        self._check_effects()

    @property
    def twin(self) -> bool:
        """True where a simulated truth is observed."""
        return bool(self.truth)

    @property
    def seen(self) -> tuple[float, float]:
        """(top, bottom) m of soil moisture: that of an L-band radiometer where the study states none."""
        return self.depth or (0.0, 0.05)

    @property
    def deviation(self) -> float:
        """The standard deviation where the error is a number, in units of the variable."""
        if isinstance(self.error, float):
            return self.error
        if self.variable != "soil_moisture":
            return ERRORS[self.variable]
        return ERRORS["crns" if self.operator == "crns" else "smap" if self.twin else self.kind]

    @property
    def paths(self) -> tuple[str, ...]:
        """`path` as a tuple."""
        return (self.path,) if isinstance(self.path, str) else self.path

    @property
    def fitted(self) -> bool:
        """True where values are treated for bias by a fit against the open loop."""
        return self.bias in ("mean-deviation", "cdf")

    @property
    def days(self) -> tuple[np.datetime64, np.datetime64] | None:
        """First and last day of the training; None for the whole period."""
        if self.training is None:
            return None
        try:
            first, last = (np.datetime64(day, "D") for day in self.training)
        except ValueError as error:
            raise ConfigError(
                f'{self.name!r}: `training` must be two days such as "2010-01-01", got {list(self.training)}'
            ) from error
        return first, last

    def _check_source(self) -> None:
        if not self.name.strip():
            raise ConfigError("`name` is empty; name the observations as the report shall call them")
        if bool(self.truth) == any(self.paths):
            raise ConfigError(f"{self.name!r}: give `path`, or `truth` for a twin experiment, and not both or neither")
        if self.kind == "series" and not self.twin and len(self.paths) > 1:
            raise ConfigError(f"{self.name!r}: a series is one file; give each of {len(self.paths)} a table of its own")

    def _check_variable(self) -> None:
        if self.variable in FLUXES:
            raise ConfigError(
                f"{self.name!r}: {self.variable} is a flux, which is no part of the state that an analysis updates; "
                f"judge by it with [[observations]], and assimilate {' or '.join(VARIABLES)}"
            )
        if self.variable not in VARIABLES:
            raise ConfigError(f"{self.name!r}: `variable` must be {' or '.join(VARIABLES)}, got {self.variable!r}")
        if self.depth is not None and not 0.0 <= self.depth[0] < self.depth[1]:
            raise ConfigError(
                f"{self.name!r}: `depth` must be [top, bottom] in m with 0 <= top < bottom, got {list(self.depth)}"
            )
        if self.variable in LEVELS and (self.operator == "crns" or self.kind != "series"):
            raise ConfigError(
                f'{self.name!r}: {LEVELS[self.variable]} is measured in wells or at gauges: kind = "series" and '
                'operator = "nearest" (or "footprint" of a `truth`)'
            )
        well = self.variable in LEVELS and not self.twin
        if well != (self.surface is not None):
            raise ConfigError(
                f"{self.name!r}: `surface`, the elevation of the ground in m above the datum of the levels, is for "
                "wells and gauges" + (" and is missing" if well else f"; the variable is {self.variable}")
            )
        needs = self.kind == "series" and self.operator == "nearest" and self.variable == "soil_moisture"
        if needs and self.depth is None and not self.twin:
            raise ConfigError(f"{self.name!r}: a series of soil moisture needs `depth` = [top, bottom] in m")

    def _check_operator(self) -> None:
        if self.pixel is not None and self.pixel not in SHAPES:
            listed = ", ".join(map(str, SHAPES))
            raise ConfigError(f"{self.name!r}: `pixel` must be one of {listed} km (EASE-Grid 2.0), got {self.pixel}")
        if self.operator == "footprint" and not self.twin and self.kind == "series":
            raise ConfigError(f'{self.name!r}: a series has no pixel; operator = "nearest" or "crns"')
        if self.operator == "footprint" and self.twin and self.pixel is None:
            raise ConfigError(f"{self.name!r}: a footprint of `truth` needs `pixel`, 9 or 36 km for SMAP")
        if self.operator == "crns":
            if self.kind != "series":
                raise ConfigError(f'{self.name!r}: operator = "crns" is for a series or a truth, got {self.kind!r}')
            if self.bulk_density is None or not 50.0 <= self.bulk_density <= 2700.0:
                raise ConfigError(
                    f"{self.name!r}: a neutron sensor needs `bulk_density` of its soil, 50 to 2700 kg m-3, got "
                    f"{self.bulk_density}"
                )
            if not (0.0 <= self.lattice_water <= 1.0 and 0.0 <= self.organic_water <= 1.0):
                raise ConfigError(f"{self.name!r}: `lattice_water` and `organic_water` must be 0 to 1 kg kg-1")

    def _check_numbers(self) -> None:
        positive = {"error": self.error, "relative": self.relative, "least_error": self.least_error,
                    "window": self.window, "every": self.every, "limit": self.limit}  # fmt: skip
        for key, value in positive.items():
            if isinstance(value, float) and not (np.isfinite(value) and value > 0.0):
                raise ConfigError(f"{self.name!r}: `{key}` must be a number > 0, got {value:g}")
        if not 0.0 < self.coverage <= 1.0:
            raise ConfigError(f"{self.name!r}: `coverage` must be > 0 and at most 1, got {self.coverage:g}")
        if not self.valid_range[0] < self.valid_range[1]:
            raise ConfigError(f"{self.name!r}: `valid_range` must be [low, high], got {list(self.valid_range)}")
        if self.error == "file" and (self.kind == "series" or self.twin or self.relative is not None):
            raise ConfigError(
                f'{self.name!r}: error = "file" is for images, which have an error field, and without `relative`; '
                "state the standard deviation as a number"
            )
        if self.local_time is not None and not 0.0 <= self.local_time < 24.0:
            raise ConfigError(f"{self.name!r}: `local_time` must be an hour, 0 to 24, got {self.local_time:g}")
        days = self.days
        if days is not None and days[0] > days[1]:
            raise ConfigError(f"{self.name!r}: `training` ends before it begins: {list(self.training or ())}")

    def _check_effects(self) -> None:
        """Raise ConfigError for a key that is stated and has no effect: its author meant something else."""
        moist, files = self.variable == "soil_moisture", not self.twin
        series = files and self.kind == "series"
        images = files and not series
        liquid = moist and self.operator != "crns"
        rules = (
            (files, "of files, not of a `truth`", ("kind", "window", "units", "column", "error_variable")),
            (self.twin, "of a `truth`", ("every", "seed")),
            (series, "of a series", ("utc_offset", "time")),
            (images, "of images", ("local_time", "quality")),
            (images and self.kind == "smap", 'of kind = "smap"', ("passes",)),
            (self.error == "file", 'of error = "file"', ("error_variable", "least_error")),
            (files and moist, "of measured soil moisture", ("valid_range",)),
            (moist, "of soil moisture", ("snow_above",)),
            (liquid, "of soil moisture but not of neutrons", ("depth", "frozen_below")),
            (self.operator == "footprint", 'of operator = "footprint"', ("pixel", "coverage")),
            (self.operator != "footprint", 'of other operators than "footprint"', ("limit",)),
            (not images and self.operator != "footprint", "of a place", ("site",)),
            (self.operator == "crns", 'of operator = "crns"',
             ("lattice_water", "organic_water", "bulk_density", "weighting")),
            (self.fitted, 'of bias = "mean-deviation" or "cdf"', ("training",)),
            (self.bias == "augmented", 'of bias = "augmented"', ("bias_spread",)),
        )  # fmt: skip
        default = {f.name: f.default for f in fields(self)}
        for applies, what, keys in rules:
            for key in keys:
                if not applies and getattr(self, key) != default[key]:
                    raise ConfigError(f"{self.name!r}: `{key}` is {what} and has no effect here; leave it out")
