"""SMAP over the island of Hawaii into the land model, with weather that is made of what GLDAS's soil remembers.

The archive holds no weather of these islands: of GLDAS and ERA5-Land there are soil moisture and soil temperature, of
ERA5 the mean months of temperature and precipitation. So rain is what the soil of GLDAS gained (Brocca et al. 2014 do
this with satellites), times the one factor that meets the mean precipitation of ERA5; air temperature is that of the
topmost 10 cm of GLDAS, less the one difference that meets ERA5's; sunshine follows from the daily range of temperature
(Hargreaves & Samani 1982). Wind is assumed. `--quality` says which retrievals of SMAP are used.

VADOSE_DATA names the folder that holds `data/`.
"""

from __future__ import annotations

import argparse
import os
import sys
import tomllib
from pathlib import Path

import numpy as np
import xarray as xr

import vadose
from vadose.assimilate import Assimilated
from vadose.data.daily.cf_points import read_cf_points
from vadose.data.daily.observations import Observations, PointSource

STUDY = Path(__file__).with_suffix(".toml")
LAYERS = ("0_10", "10_40", "40_100", "100_200")
NORTHERNMOST = 20.3  # degrees, of the island
STEPS = 8  # a day, of GLDAS
FIRST = 3  # step at which a day begins: 09 UTC, an hour before midnight there
COASTAL = 0.19  # Hargreaves & Samani (1982), of places near the sea
ISLAND = ("0165.nc", "0166.nc")
FROM, TO, LEAST = np.datetime64("2017-01-01"), np.datetime64("2018-12-30"), 30  # days of a judge
# Cells of GLDAS next to the middle of a pixel of SMAP.
PLACES = {"Mauna Loa": (19.375, -155.625), "Mauna Kea": (19.625, -155.625), "Puna": (19.375, -155.125)}
# Retrievals that are used -> conditions on the flags. SMAP recommends none but those of one pixel, high on Mauna Loa.
QUALITY = {
    "recommended": None,
    "dry land": {"static_water_body_fraction": "<= 0.1", "vegetation_water_content": "<= 10"},
}


def cells(folder: Path) -> list[xr.Dataset]:
    """The files of an archive of cells, those of its places that lie on the island."""
    found = []
    for name in ISLAND:
        with xr.open_dataset(folder / name) as one:
            here = np.flatnonzero(one.lat.values < NORTHERNMOST)
            found.append(one.isel(locations=here).load())
    return found


def sunshine(lat: np.ndarray, days: np.ndarray) -> np.ndarray:
    """[day, cell] W m-2 at the top of the atmosphere, mean of a day (Allen et al. 1998, eq. 21)."""
    of_year = (days - days.astype("datetime64[Y]")).astype("timedelta64[D]").astype(int)[:, None] + 1
    angle = 2.0 * np.pi * of_year / 365.0
    tilt, north = 0.409 * np.sin(angle - 1.39), np.radians(lat)[None, :]
    set_at = np.arccos(-np.tan(north) * np.tan(tilt))
    rays = set_at * np.sin(north) * np.sin(tilt) + np.cos(north) * np.cos(tilt) * np.sin(set_at)
    return 1367.0 / np.pi * (1.0 + 0.033 * np.cos(angle)) * rays


def climate(root: Path, lat: np.ndarray, lon: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[cell] K and mm a year of ERA5, 2000-2025, in its blocks of half a degree."""
    with xr.open_dataset(root / "static/era5_climatology_2000-2025/era5_clim_0.5deg.nc") as era5:
        here = era5.sel(latitude=xr.DataArray(lat), longitude=xr.DataArray(lon % 360.0), method="nearest")
        return here.t2m.mean("month").values + 273.15, here.tp.sum("month").values


def weather(root: Path, path: Path) -> None:
    """Write the daily weather of the cells of GLDAS, and say how it was made."""
    files = cells(root / "reanalysis_lsm/hawaii_2017-2018/GLDAS_NOAH025_3H_v2.1")
    whole = xr.concat([f.drop_vars(["location_id", "location_description"]) for f in files], "locations")
    lat, lon = whole.lat.values.astype(float), whole.lon.values.astype(float)
    stored = sum(whole[f"SoilMoi{layer}cm_inst"].values for layer in LAYERS).T
    warm = whole["SoilTMP0_10cm_inst"].values.T
    count = (stored.shape[0] - FIRST - 1) // STEPS
    gained = np.maximum(np.diff(stored, axis=0), 0.0)[FIRST : FIRST + count * STEPS]
    rain = gained.reshape(count, STEPS, -1).sum(axis=1)
    warm = warm[FIRST : FIRST + count * STEPS].reshape(count, STEPS, -1)
    first = whole.time.values[FIRST].astype("datetime64[D]")
    days = first + np.arange(count)
    air, fallen = climate(root, lat, lon)
    a_year = rain.mean(axis=0) * 365.25
    factor = fallen.mean() / a_year.mean()
    warmer = float((warm.mean(axis=(0, 1)) - air).mean())
    spread = warm.max(axis=1) - warm.min(axis=1)
    light = np.minimum(COASTAL * np.sqrt(spread), 0.8) * sunshine(lat, days)
    print(
        f"weather of {count} days, {lat.size} cells: the soil of GLDAS gained {a_year.min():.0f} to {a_year.max():.0f} "
        f"mm a year, times {factor:.2f} (ERA5 {fallen.mean():.0f} mm); air {warmer:.1f} K colder than its soil; "
        f"sunshine {light.mean():.0f} W m-2"
    )
    made = {
        "pr": (factor * rain, "mm day-1"), "tas": (warm.mean(axis=1) - warmer, "K"),
        "tasmin": (warm.min(axis=1) - warmer, "K"), "tasmax": (warm.max(axis=1) - warmer, "K"),
        "rsds": (light, "W m-2"),
    }  # fmt: skip
    with xr.open_dataset(root / "static/masks/GLDASp4_elevation_025d.nc4", decode_times=False) as heights:
        ground = heights.GLDAS_elevation.squeeze().sel(lat=xr.DataArray(lat), lon=xr.DataArray(lon), method="nearest")
    rows, columns = (np.unique(np.round(v, 3)) for v in (lat, lon))
    at = np.searchsorted(rows, np.round(lat, 3)), np.searchsorted(columns, np.round(lon, 3))
    out = xr.Dataset(coords={"time": days.astype("datetime64[ns]"), "lat": rows, "lon": columns})
    for name, (values, units) in made.items():
        grid = np.full((count, rows.size, columns.size), np.nan, np.float32)
        grid[:, at[0], at[1]] = values
        out[name] = (("time", "lat", "lon"), grid, {"units": units})
    high = np.zeros((rows.size, columns.size))
    high[at] = np.maximum(ground.values, 0.0)
    out["orog"] = (("lat", "lon"), high, {"units": "m"})
    out.lat.attrs["units"], out.lon.attrs["units"] = "degrees_north", "degrees_east"
    out.to_netcdf(path)


def near(found: Observations, lat: float, lon: float, half: float) -> dict[np.datetime64, float]:
    """Day -> mean of the values that no flag refuses, at places within half a cell."""
    sites = found.sites
    here = np.flatnonzero((np.abs(sites.lat - lat) <= half) & (np.abs(sites.lon - lon) <= half))
    flagged = np.any([np.zeros(found.value.size, bool), *found.refused.values()], axis=0)
    good = np.isin(found.site, here) & np.isfinite(found.value) & ~flagged
    days = found.time[good].astype("datetime64[D]")
    return {day: float(found.value[good][days == day].mean()) for day in np.unique(days)}


def judges(root: Path, out: Path, quality: dict[str, str] | None) -> list[dict[str, object]]:
    """Write daily series that the filter does not see, and the tables that name them, for the cells of `PLACES`."""
    satellite, reanalysis = root / "satellite/hawaii_daily_series", root / "reanalysis_lsm/hawaii_2017-2018"
    evening = {"overpass": "pm", "quality": quality or "recommended"}
    sources = {
        "SMAP, PM": (satellite / "SMAP_L3_SPL3SMP_v9_36km", evening, 0.125),
        "SMOS-IC": (satellite / "SMOS_IC_v105_ASC", {}, 0.125),
        "ERA5-Land": (reanalysis / "ERA5-Land", {"variable": "swvl1"}, 0.125),
    }
    tables: list[dict[str, object]] = []
    for title, (folder, keys, half) in sources.items():
        for place, (lat, lon) in PLACES.items():
            days: dict[np.datetime64, float] = {}
            for name in ISLAND:
                path = str(folder / name)
                if os.path.exists(path):
                    days |= near(read_cf_points(path, PointSource(path, **keys)), lat, lon, half)
            held = {day: value for day, value in days.items() if FROM <= day <= TO}
            if len(held) < LEAST:
                print(f"{title}, {place}: {len(held)} days, no judge")
                continue
            path = out / f"{title}-{place}.csv".replace(", ", "-").replace(" ", "-").lower()
            path.write_text("date,value\n" + "".join(f"{d},{v:.4f}\n" for d, v in sorted(held.items())))
            tables.append(
                {
                    "name": f"{title}, {place}", "path": str(path), "variable": "soil_moisture", "column": "value",
                    "units": "m3 m-3", "depth": [0.0, 0.05], "site": f"{lat}, {lon}",
                }
            )  # fmt: skip
    return tables


def told(run: Assimilated, title: str) -> None:
    """Print what was used and refused, and the sentences of the evaluation."""
    print(f"\n{title}")
    for one in run.manifest["observations"]:
        print(f"  {one['name']}: {one['values']} values, refused: {one['counts']}")
    for line in run.manifest["summary"]:
        print(f"  {line}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quality", choices=[*QUALITY, "both"], default="both", help="retrievals that are used")
    parser.add_argument("--out", type=Path, default=Path("hawaii-assimilation"), help="folder of the runs")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="override a key of the study")
    chosen = parser.parse_args()
    root = Path(os.environ.get("VADOSE_DATA", "")) / "data"
    if not (root / "reanalysis_lsm").is_dir():
        sys.exit("skipped: set VADOSE_DATA to the folder that holds data/reanalysis_lsm")
    out = chosen.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    weather(root, out / "hawaii-weather.nc")
    for title in QUALITY if chosen.quality == "both" else [chosen.quality]:
        study = tomllib.loads(STUDY.read_text())
        study["study"] |= {"root": str(out), "title": f"Hawaii 2017-2018: SMAP, {title}"}
        study["observations"] = judges(root, out, QUALITY[title])
        if QUALITY[title]:
            study["assimilation"]["observations"][0]["quality"] = QUALITY[title]
        told(vadose.assimilate(study, out / title.replace(" ", "-"), settings=chosen.set), title)


if __name__ == "__main__":
    main()
