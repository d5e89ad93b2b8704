"""Several pedotransfer functions on the same soil: an ensemble in the sense of SP-MIP.

Source: Gudmundsson & Cuntz (2017); Weihermueller et al. (2021); Verhoef et al. (2026) section 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from vadose.arrays import Array, namespace
from vadose.errors import DataError
from vadose.soil.pedotransfer.contract import PedotransferFunction, SoilProperties
from vadose.soil.pedotransfer.saxton_rawls_2006 import normal_density, regressions
from vadose.soil.texture import Soil

OUTLIER = 3.5  # modified z-score beyond which a member stands apart; Iglewicz & Hoaglin (1993)
MAD_TO_SIGMA = 0.6745  # median absolute deviation of a normal distribution over its standard deviation
DENSITIES = (300.0, 2000.0)  # kg m-3, what an estimated density may be
FLOOR = 0.005  # m3 m-3, about what sampling and oven-drying repeat to


def complete(soil: Soil) -> Soil:
    """The soil with its bulk density estimated, where it has none, by Saxton & Rawls' normal density.

    rho = 2650 (1 - theta_s) kg m-3 (Saxton & Rawls 2006, eq. 6), kept within 300 to 2000 for peat and pure sand.
    The soil remembers in `estimated` that it was not measured.
    """
    if soil.bulk_density is not None:
        return soil
    organic_matter = 0.0 if soil.organic_carbon is None else soil.organic_matter
    density = normal_density(regressions(soil.sand, soil.clay, organic_matter).theta_s)
    density = namespace(density).clip(density, *DENSITIES)
    return soil.replace(bulk_density=density, estimated=(*soil.estimated, "bulk_density"))


@dataclass(frozen=True)
class EnsembleProperties:
    """What each member says of the same soil; quantities have a leading dimension member, in the order of `names`."""

    members: dict[str, SoilProperties]
    skipped: dict[str, str]

    @property
    def names(self) -> list[str]:
        return list(self.members)

    def __getitem__(self, name: str) -> SoilProperties:
        return self.members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)

    def _stack(self, values: list[Array]) -> Array:
        return namespace(*values).stack(values)

    def water_content(self, psi: Array) -> Array:
        """[member, ...] m3 m-3 at matric head psi, m."""
        return self._stack([m.retention.water_content(psi) for m in self.members.values()])

    def conductivity(self, psi: Array) -> Array:
        """[member, ...] m s-1 at matric head psi, m."""
        return self._stack([m.retention.conductivity(psi) for m in self.members.values()])

    @property
    def wilting_point(self) -> Array:
        """[member, ...] m3 m-3, water content at -1500 kPa."""
        return self._stack([m.wilting_point for m in self.members.values()])

    @property
    def critical_point(self) -> Array:
        """[member, ...] m3 m-3, water content at -33 kPa."""
        return self._stack([m.critical_point for m in self.members.values()])

    @property
    def available_water(self) -> Array:
        """[member, ...] m3 m-3, critical point less wilting point."""
        return self.critical_point - self.wilting_point


def outliers(values: Array, floor: float = FLOOR) -> Array:
    """[member, ...] True where a member stands apart from the others.

    |z| > 3.5 with z = 0.6745 (x - median) / MAD over members, the MAD at least `floor`: members closer together than
    anything that can be measured do not make an outlier of their neighbour.
    Source: Iglewicz & Hoaglin (1993)
    """
    xp = namespace(values)
    distance = xp.abs(values - xp.nanmedian(values, axis=0))
    spread = xp.maximum(xp.nanmedian(distance, axis=0), floor)
    return MAD_TO_SIGMA * distance > OUTLIER * spread


@dataclass(frozen=True)
class Ensemble:
    """A list of pedotransfer functions; calling it with a soil gives what each of them says."""

    functions: tuple[PedotransferFunction, ...]

    def __call__(self, soil: Soil) -> EnsembleProperties:
        """Predict with every member; one that needs a bulk density which the soil lacks takes the estimated one.

        Members that lack another input are left out and stand in `skipped` with the reason.
        Raises DataError where no member can predict.
        """
        members, skipped = {}, {}
        completed = complete(soil)
        for function in self.functions:
            able = completed if "bulk_density" in function.missing(soil) else soil
            lacking = function.missing(able)
            if lacking:
                skipped[function.name] = f"needs {', '.join(lacking)}"
            else:
                members[function.name] = function(able)
        if not members:
            raise DataError(
                "no member of the ensemble can predict: " + "; ".join(f"{k} {v}" for k, v in skipped.items())
            )
        return EnsembleProperties(members, skipped)
