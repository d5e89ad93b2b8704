"""Search and download SMAP soil moisture of NASA Earthdata, through earthaccess (the extra `earthdata`)."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vadose.data.netcdf import opened
from vadose.errors import ConfigError, DataError

PRODUCTS = ("SPL3SMP_E", "SPL3SMP", "SPL2SMP_E", "SPL2SMP")
INSTALL = "pip install 'vadose[earthdata]'"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_KEYS = ("product", "version", "period", "box")


@dataclass(frozen=True)
class SmapRequest:
    """What to download.

    product  short name at NSIDC;  version  such as "006", the newest where ""
    period   (first, last) day as "2018-03-01", both included
    box      (south, north, west, east) degrees, for half orbits (L2); daily files (L3) are global
    """

    period: tuple[str, str]
    product: str = "SPL3SMP_E"
    version: str = ""
    box: tuple[float, float, float, float] | None = None

    def __post_init__(self) -> None:
        if self.product not in PRODUCTS:
            raise ConfigError(f"`product` must be one of {', '.join(PRODUCTS)}, got {self.product!r}")
        try:
            first, last = (np.datetime64(day, "D") for day in self.period)
        except ValueError as error:
            raise ConfigError(f"`period` must be two days such as 2018-03-01,2018-03-31, got {self.period}") from error
        if not first <= last:
            raise ConfigError(f"`period` must be first,last day, got {','.join(self.period)}")
        if self.box is not None:
            south, north, west, east = self.box
            if not (-90 <= south < north <= 90 and -180 <= west <= 180 and -180 <= east <= 180):
                raise ConfigError(f"`box` must be south,north,west,east in degrees, got {list(self.box)}")


def parse_request(texts: Sequence[str]) -> SmapRequest:
    """`product=SPL3SMP_E period=2018-03-01,2018-03-31` as a request. Raises ConfigError for what is no part of one."""
    held: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not value or name not in _KEYS:
            raise ConfigError(f"a SMAP request has {', '.join(f'{k}=...' for k in _KEYS)}, got {text!r}")
        held[name] = value
    if "period" not in held:
        raise ConfigError("state the days: period=2018-03-01,2018-03-31")
    period = held["period"].split(",")
    box = held.get("box", "").split(",") if "box" in held else None
    if len(period) != 2 or (box is not None and len(box) != 4):
        raise ConfigError("`period` has two days and `box` four numbers: period=FIRST,LAST box=SOUTH,NORTH,WEST,EAST")
    try:
        numbers = None if box is None else (float(box[0]), float(box[1]), float(box[2]), float(box[3]))
    except ValueError as error:
        raise ConfigError(f"`box` must be four numbers in degrees, got {held['box']}") from error
    return SmapRequest(
        (period[0], period[1]), held.get("product", "SPL3SMP_E"), held.get("version", ""), numbers
    )  # fmt: skip


def fetch_smap(request: SmapRequest, destination: str | os.PathLike[str]) -> list[Path]:
    """Download the files of a request to destination/PRODUCT; those that are there are not got again.

    Returns the paths of all files of the request. Files appear under their names only when they are complete.
    Raises DataError where earthaccess is missing, nobody is logged in, nothing matches or the transfer fails.
    """
    client = _client()
    place = Path(destination) / request.product
    granules = _search(client, request)
    wanted = {_name(g): g for g in granules}
    missing = [g for name, g in wanted.items() if not _complete(place / name)]
    if missing:
        _login(client)
        _download(client, missing, place)
    lost = [name for name in wanted if not _complete(place / name)]
    if lost:
        raise DataError(
            f"{len(lost)} of {len(wanted)} files did not arrive whole, the first {lost[0]}; run the same command again "
            "to get the rest"
        )
    return [place / name for name in sorted(wanted)]


def _name(granule: Any) -> str:
    """Name of the HDF5 file of a granule, beside which there may be links to its metadata."""
    names = [Path(link).name for link in granule.data_links()]
    found = [n for n in names if n.endswith(".h5")]
    if not found:
        raise DataError(f"a granule of NASA Earthdata has no .h5 file, only {', '.join(names) or 'nothing'}")
    return found[0]


def _client() -> Any:
    try:
        import earthaccess
    except ImportError as error:
        raise DataError(
            f"downloading SMAP needs earthaccess, which is not installed; install it with: {INSTALL}"
        ) from error
    return earthaccess


def _search(client: Any, request: SmapRequest) -> list[Any]:
    asked: dict[str, Any] = {"short_name": request.product, "temporal": request.period, "count": -1}
    if request.version:
        asked["version"] = request.version
    if request.box is not None:
        south, north, west, east = request.box
        asked["bounding_box"] = (west, south, east, north)
    try:
        found = list(client.search_data(**asked))
    except Exception as error:
        # The client raises what its transport raises; the user needs one sentence and the way on.
        raise DataError(f"the search at NASA Earthdata failed ({error}); check the network and try again") from error
    if not found:
        raise DataError(
            f"NASA Earthdata has no {request.product} {request.version} from {' to '.join(request.period)}; SMAP "
            "begins on 2015-03-31: check period and version"
        )
    return found


def _login(client: Any) -> None:
    """Log in by the environment or ~/.netrc, never by asking: a job in a queue has nobody to answer."""
    problems = []
    for strategy in ("environment", "netrc"):
        try:
            if client.login(strategy=strategy).authenticated:
                return
        except Exception as error:
            problems.append(str(error))
    raise DataError(
        "NASA Earthdata does not know you: set EARTHDATA_USERNAME and EARTHDATA_PASSWORD, or write "
        f"`machine urs.earthdata.nasa.gov login NAME password WORD` to ~/.netrc ({'; '.join(problems) or 'refused'})"
    )


def _download(client: Any, granules: list[Any], place: Path) -> None:
    """Into a folder of its own beside the files, from which those that are whole are moved."""
    try:
        place.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=place))
    except OSError as error:
        raise DataError(f"{place}: cannot be written ({error}); choose another folder with --out") from error
    try:
        client.download(granules, str(partial))
    except Exception as error:
        raise DataError(f"the download failed ({error}); run the same command again to go on") from error
    finally:
        # What has arrived before a failure is kept.
        for path in partial.iterdir():
            if _complete(path):
                path.replace(place / path.name)
        shutil.rmtree(partial, ignore_errors=True)


def _complete(path: Path) -> bool:
    """Whether a file is HDF5 and not cut: a page that asks for a login arrives under the name of the file too."""
    try:
        with path.open("rb") as file:
            if file.read(8) != _HDF5:
                return False
        with opened(str(path)):
            return True
    except (OSError, DataError):
        return False
