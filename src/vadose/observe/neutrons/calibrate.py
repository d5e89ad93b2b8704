"""N0 of a cosmic-ray neutron sensor from soil samples around it, weighted as the sensor sees them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from vadose.constants import RHO_WATER
from vadose.errors import DataError
from vadose.observe.neutrons.conversion import Conversion, Desilets2010, SensorSoil, soil_moisture
from vadose.observe.neutrons.weights import STANDARD_PRESSURE, Koehli2015, Weighting, scaled_distance

_TOLERANCE, _MOST = 1e-10, 200  # m3 m-3 and rounds


@dataclass(frozen=True, eq=False)
class Cores:
    """Samples of one campaign around a sensor.

    profile          [sample] number of the core;  distance  [sample] m from the sensor
    top, bottom      [sample] m
    gravimetric      [sample] water kg per kg of dry soil;  bulk_density  [sample] kg m-3
    lattice_water    [sample] kg kg-1;  organic_water  [sample] kg kg-1
    Raises DataError for missing, negative or impossible values: water of the pores beyond their volume among them.
    """

    profile: np.ndarray
    distance: np.ndarray
    top: np.ndarray
    bottom: np.ndarray
    gravimetric: np.ndarray
    bulk_density: np.ndarray
    lattice_water: np.ndarray
    organic_water: np.ndarray

    def __post_init__(self) -> None:
        if not self.profile.size:
            raise DataError("a campaign without samples; expected at least one")
        for name in ("distance", "top", "bottom", "gravimetric", "bulk_density", "lattice_water", "organic_water"):
            values = getattr(self, name)
            if values.shape != self.profile.shape or not np.all(np.isfinite(values)) or np.any(values < 0):
                raise DataError(f"`{name}` of soil samples must be one number >= 0 for each of {self.profile.size}")
        if np.any(self.bottom <= self.top):
            raise DataError("a soil sample ends above its top; depths are in m below the ground")
        if np.any(self.bulk_density < 20) or np.any(self.bulk_density > 2700):
            raise DataError("`bulk_density` of soil samples must lie within 20..2700 kg m-3; g cm-3 times 1000")
        if np.any(self.volumetric > 1.05):
            raise DataError(f"soil samples hold up to {self.volumetric.max():.2f} m3 m-3 of water; check their units")

    @property
    def volumetric(self) -> np.ndarray:
        """[sample] water of the pores m3 m-3."""
        return self.gravimetric * self.bulk_density / RHO_WATER

    @property
    def total(self) -> np.ndarray:
        """[sample] water of pores, lattice and organic matter m3 m-3."""
        return self.volumetric + (self.lattice_water + self.organic_water) * self.bulk_density / RHO_WATER


@dataclass(frozen=True)
class Seen:
    """What the sensor sees of a campaign: means with the weights of the signal.

    water         of the pores m3 m-3;  soil  bulk density, lattice and organic water
    reach         m, depth that is seen at the mean water near the sensor
    spread        m3 m-3, weighted standard deviation of the profiles' water
    profiles      [profile] m3 m-3;  weights  [profile] horizontal, sum 1
    """

    water: float
    soil: SensorSoil
    reach: float
    spread: float
    profiles: np.ndarray
    weights: np.ndarray

    @property
    def total(self) -> float:
        """Total water kg kg-1."""
        return (self.water + self.soil.hidden) * RHO_WATER / self.soil.bulk_density


@dataclass(frozen=True)
class Air:
    """The air over a campaign: humidity kg m-3, pressure Pa, and the height of vegetation m."""

    humidity: float = 0.005
    pressure: float = STANDARD_PRESSURE
    vegetation: float = 0.0


def seen_by_sensor(cores: Cores, weighting: Weighting | None = None, air: Air | None = None) -> Seen:
    """Means of samples by depth and distance, iterated since the weights depend on the mean.

    1 the mean total water begins as that of all samples; 2 each profile is averaged over depth with its reach at that
    water; 3 profiles are averaged with the weights of their rings; 4 again with the new mean, to 1e-10 m3 m-3.
    The bulk density that the reach depends on is the mean of all samples.

    Raises DataError where the iteration does not settle.
    Source: Schroen et al. (2017) section 3
    """
    weighting, air = weighting or Koehli2015(), air or Air()
    _, profile = np.unique(cores.profile, return_inverse=True)
    distance = np.bincount(profile, cores.distance) / np.bincount(profile)
    water, density = float(cores.total.mean()), float(cores.bulk_density.mean())
    for _ in range(_MOST):
        r = scaled_distance(distance, air.pressure, air.vegetation, water)
        reach = weighting.reach(np.full(r.shape, water), density, r)
        vertical = weighting.within(cores.bottom, reach[profile]) - weighting.within(cores.top, reach[profile])
        rings = weighting.radial(r, air.humidity, water)
        across = rings / rings.sum()

        def mean(values: np.ndarray, w: np.ndarray = vertical, h: np.ndarray = across) -> tuple[np.ndarray, float]:
            each = np.bincount(profile, w * values) / np.bincount(profile, w)
            return each, float(each @ h)

        new = mean(cores.total)[1]
        done = abs(new - water) < _TOLERANCE
        water = new
        if done:
            break
    else:
        raise DataError(f"the weighted mean of soil samples did not settle in {_MOST} rounds; check their values")
    profiles, pores = mean(cores.volumetric)
    dense = mean(cores.bulk_density)[1]
    hidden = [mean(x * cores.bulk_density)[1] / dense for x in (cores.lattice_water, cores.organic_water)]
    near = float(weighting.reach(np.array(water), density, np.zeros(())))
    spread = float(np.sqrt(np.sum(across * (profiles - pores) ** 2)))
    return Seen(pores, SensorSoil(dense, *hidden), near, spread, profiles, across)


@dataclass(frozen=True)
class Calibration:
    """N0 with what it rests on.

    n0         h-1;  each  [campaign] N0 of single campaigns;  soil  mean of the campaigns
    residuals  [campaign] m3 m-3, sensor with the common N0 minus samples
    """

    n0: float
    each: tuple[float, ...]
    soil: SensorSoil
    residuals: tuple[float, ...]
    campaigns: tuple[Seen, ...] = field(default=(), repr=False)


def calibrate_n0(
    campaigns: Sequence[Seen], counts: Sequence[float], conversion: Conversion | None = None,
    humidity: Sequence[float] | None = None,
) -> Calibration:  # fmt: skip
    """N0 of campaigns with mean corrected counts h-1 around each, by least squares on the counts.

    N0 = sum N_k r_k / sum r_k^2,  r_k = N / N0 of the total water that the sensor saw in campaign k

    humidity  [campaign] kg m-3, for a conversion that uses it
    Raises DataError where numbers of campaigns differ or counts are missing.
    """
    conversion = conversion or Desilets2010()
    n, h = np.asarray(counts, float), np.zeros(len(campaigns)) if humidity is None else np.asarray(humidity, float)
    if not campaigns or n.shape != (len(campaigns),) or h.shape != n.shape or not np.all(np.isfinite(n) & (n > 0)):
        raise DataError(
            f"calibration needs counts > 0 for each campaign, got {len(campaigns)} campaigns and counts {n.tolist()}; "
            "widen the time around a campaign or leave it out"
        )
    r = np.array([float(conversion.ratio(np.array(c.total), x)) for c, x in zip(campaigns, h, strict=True)])
    n0 = float(n @ r / (r @ r))
    means = (
        np.mean([getattr(c.soil, k) for c in campaigns]) for k in ("bulk_density", "lattice_water", "organic_water")
    )
    soil = SensorSoil(*map(float, means))
    sensor = soil_moisture(n, n0, soil, conversion, h)
    residuals = tuple(float(s - c.water) for s, c in zip(sensor, campaigns, strict=True))
    return Calibration(n0, tuple(map(float, n / r)), soil, residuals, tuple(campaigns))
