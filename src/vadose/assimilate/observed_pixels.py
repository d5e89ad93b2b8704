"""What readers of images share: the part of the world and of time that is read, and retrievals of one image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from vadose.assimilate.observed_records import Records
from vadose.assimilate.study_observations import Observation
from vadose.data.daily.window import Box
from vadose.grid import ease2
from vadose.grid.cells import Cells

SITE_LIMIT = 10.0  # km from coordinates to the site of a run that they mean
ALL = (-1e30, 1e30)  # of readers: ranges are judged later, where percent is told from nonsense
_DEGREE = 111.2  # km of a degree of latitude


@dataclass(frozen=True, eq=False)
class Pixels:
    """Pixels of a product: centres [pixel] degrees; km where they are of an EASE-Grid 2.0, or boxes [pixel, 4] m."""

    lat: np.ndarray
    lon: np.ndarray
    km: int | None = None
    boxes: np.ndarray | None = None

    @property
    def half_diagonal(self) -> float:
        """km, of the widest."""
        if self.km is not None:
            return float(ease2.cell_size(self.km) / np.sqrt(2.0) / 1000.0)
        if self.boxes is None:
            return SITE_LIMIT
        area = (self.boxes[:, 1] - self.boxes[:, 0]) * (self.boxes[:, 3] - self.boxes[:, 2])
        return float(np.sqrt(area.max(initial=0.0) / 2.0) / 1000.0)


@dataclass(frozen=True, eq=False)
class Seen:
    """Retrievals of one image.

    index   [retrieval] position in the flattened grid;  times  datetime64[s] UTC
    values  m3 m-3;  errors  of the error field, None where none was asked for
    flagged, outside   positions in the grid of what the product's flags and its range refuse
    """

    index: np.ndarray
    times: np.ndarray
    values: np.ndarray
    errors: np.ndarray | None
    flagged: np.ndarray
    outside: np.ndarray


@dataclass(frozen=True, eq=False)
class Images:
    """Pixels and their records.

    refused  reason -> [pixel] number of retrievals that the reader refused
    depth    (top, bottom) m that the files state, None where they do not
    """

    pixels: Pixels
    records: Records
    refused: Mapping[str, np.ndarray]
    depth: tuple[float, float] | None = None


@dataclass(frozen=True)
class Period:
    """First and last day whose images may matter to an analysis."""

    first: np.datetime64
    last: np.datetime64

    @classmethod
    def about(cls, moments: np.ndarray, hours: float) -> Period:
        """The days of the windows about analyses, and one more on each side: local time is not UTC."""
        window, day = np.timedelta64(round(3600.0 * hours), "s"), np.timedelta64(1, "D")
        return cls(
            (moments[0] - window).astype("datetime64[D]") - day, (moments[-1] + window).astype("datetime64[D]") + day
        )  # fmt: skip

    def holds(self, day: np.datetime64) -> bool:
        """True within."""
        return bool(self.first <= day <= self.last)

    @property
    def text(self) -> str:
        """For messages."""
        return f"{self.first} to {self.last}"


def box_about(cells: Cells, km: float) -> Box:
    """(south, north, west, east) degrees about the centres of cells, wider by km; across the date line where needed."""
    margin = km / _DEGREE
    south, north = max(float(cells.lat.min()) - margin, -90.0), min(float(cells.lat.max()) + margin, 90.0)
    lon = np.sort((cells.lon + 180.0) % 360.0 - 180.0)
    gaps = np.diff(lon, append=lon[0] + 360.0)
    widest = int(np.argmax(gaps))  # the part of the circle without cells
    aside = margin / max(np.cos(np.radians(max(abs(south), abs(north)))), 0.05)
    if gaps[widest] <= 2.0 * aside:
        return south, north, -180.0, 180.0
    west, east = lon[(widest + 1) % lon.size] - aside, lon[widest] + aside
    return south, north, float((west + 180.0) % 360.0 - 180.0), float((east + 180.0) % 360.0 - 180.0)


def local_to_utc(day: np.ndarray, hour: float, lon: np.ndarray) -> np.ndarray:
    """[image] datetime64[s] UTC of an hour of local solar time at longitudes, within the UTC day of an image.

    day  [image] datetime64[D];  lon  [image] degrees east
    """
    utc = (hour - np.asarray(lon) / 15.0) % 24.0
    return day.astype("datetime64[s]") + np.round(3600.0 * utc).astype("timedelta64[s]")


def path_text(one: Observation) -> str:
    """How messages and tables call the files of an observation."""
    return one.paths[0] + (f" and {len(one.paths) - 1} more" if len(one.paths) > 1 else "")
