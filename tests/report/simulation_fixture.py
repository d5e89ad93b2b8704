"""A synthetic folder of `vadose simulate`: a bucket with seasons, at sites or on a grid."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

NASTY = '</script><img src=x onerror=alert(1)> & "mesa"'
DAY = 86400.0
EDGES = np.array([0.0, 0.02, 0.06, 0.12, 0.2, 0.4, 0.8, 1.4, 2.0])
START = np.datetime64("2010-01-01", "D")
LATENT = 2.5e6
NAMES = {
    "soil_moisture": ("mrsol", "kg m-2", "Water in the soil layer"),
    "soil_temperature": ("tsl", "K", "Soil temperature"),
    "evapotranspiration": ("evspsbl", "kg m-2 s-1", "Evapotranspiration"),
    "transpiration": ("tran", "kg m-2 s-1", "Transpiration"),
    "ground_evaporation": ("evspsblsoi", "kg m-2 s-1", "Evaporation from ground and snow"),
    "canopy_evaporation": ("evspsblveg", "kg m-2 s-1", "Evaporation from leaves"),
    "surface_runoff": ("mrros", "kg m-2 s-1", "Surface runoff"),
    "subsurface_runoff": ("mrrob", "kg m-2 s-1", "Subsurface runoff"),
    "precipitation": ("pr", "kg m-2 s-1", "Precipitation"),
    "latent_heat": ("hfls", "W m-2", "Latent heat"),
    "sensible_heat": ("hfss", "W m-2", "Sensible heat"),
    "ground_heat": ("hfdsl", "W m-2", "Heat into the ground"),
    "net_radiation": ("rnet", "W m-2", "Net radiation"),
    "snow_water": ("snw", "kg m-2", "Snow water equivalent"),
    "gpp": ("gpp", "kg m-2 s-1", "Gross primary productivity"),
}
CHOICES = {
    "rain_snow": "wet-bulb",
    "leaves": "given",
    "interception": "noah",
    "snow_cover": "niu-yang",
    "snow_albedo": "bats",
    "two_stream": "canopy-light",
    "roots": "exponential",
    "stress": "noah-compensated",
    "soil_resistance": "swenson-lawrence",
    "turbulence": "clm",
    "stomata": "ball-berry",
    "energy": "consistent",
    "heat": "enthalpy",
    "snowpack": "five-layers",
    "soil_water": "richards-free-drainage",
}


def write_simulation(
    run: Path,
    *,
    sites: int = 3,
    grid: tuple[int, int] | None = None,
    members: int = 2,
    days: int = 730,
    hours: int = 24,
    variables: tuple[str, ...] = tuple(NAMES),
    observations: bool = True,
    scores: bool = True,
    failures: int = 2,
    spinup: int = 3,
    analysis: bool = False,
    title: str = "",
    names: list[str] | None = None,
) -> Path:
    """Write the folder: `sites` points, or a grid of rows and columns; `hours` is the length of an interval."""
    run.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(7)
    lat, lon, where = _places(sites, grid)
    made = [_member(random, k, lat.ravel(), days * 24 // hours, hours / 24) for k in range(members)]
    rain = made[0]["precipitation"]
    called = names or [("noahmp", "vadose", "clm")[k] if members <= 3 else f"rosetta3 #{k}" for k in range(members)]
    bounds = START.astype("datetime64[s]").astype(float) + np.arange(days * 24 // hours + 1) * hours * 3600.0
    _outputs(run / "outputs.nc", made, variables, where, lat, lon, bounds, called)
    rows = [row for k, m in enumerate(made) for row in _budget(called[k], m, where, lat, lon, days)]
    _csv(run / "budget.csv", rows)
    _csv(run / "failed.csv", _failed(called[0], where, failures), _FAILED)
    if spinup:
        _csv(
            run / "spinup.csv",
            [
                {
                    "member": r["member"],
                    "column": r["column"],
                    "lat": r["lat"],
                    "lon": r["lon"],
                    "cycles": spinup,
                    "drift_mm_per_year": 0.3 * (k % 7 - 3),
                    "settled": 1,
                    "failed_steps": 0,
                }
                for k, r in enumerate(x for x in rows if x["column"] != "total")
            ],
        )
    if observations and where["sites"]:
        _observations(run / "observations.nc", made[0], where, bounds, random)
    if scores and where["sites"]:
        _csv(run / "scores.csv", _scores(called, where))
    if analysis:
        _csv(run / "analysis.csv", _analysis())
    (run / "study.toml").write_text('[model]\npreset = "vadose"\noptions = { stomata = "ball-berry" }\n')
    info = _info(called, where, days, len(rows) - members, failures, spinup, title or f"Three places, {NASTY}", hours)
    (run / "run.json").write_text(json.dumps(info))
    assert rain.min() >= 0.0
    return run


def _places(sites: int, grid: tuple[int, int] | None) -> tuple[np.ndarray, np.ndarray, dict[str, Any]]:
    if grid:
        lat, lon = 31.5 + 0.0625 * np.arange(grid[0]), -110.2 + 0.0625 * np.arange(grid[1])
        edges = [np.append(v - 0.03125, v[-1] + 0.03125) for v in (lat, lon)]
        cells = np.meshgrid(lat, lon, indexing="ij")
        return (
            cells[0],
            cells[1],
            {"sites": None, "lat": lat, "lon": lon, "bounds": [np.stack([e[:-1], e[1:]], 1) for e in edges]},
        )
    lat = np.array([31.74, 50.0, 62.0, 45.0, 12.0, -20.0, 38.0, 52.2, 5.0, -33.0, 40.1, 66.0])
    lon = np.array([-109.94, 8.0, 25.0, 3.0, 8.0, 30.0, -120.0, 5.7, 102.0, 148.0, -88.3, 30.0])
    names = ["Kendall grassland", NASTY, "Boreal forest", *(f"Station {k}" for k in range(4, 99))]
    return lat[:sites], lon[:sites], {"sites": names[:sites]}


def _member(
    random: np.random.Generator, number: int, lat: np.ndarray, times: int, length: float
) -> dict[str, np.ndarray]:
    """A bucket in eight layers, mm: intervals of `length` days; rain is the same for all members."""
    weather, cells = np.random.default_rng(3), lat.size
    t = (np.arange(times) + 0.5) * length
    season = np.cos(2 * np.pi * (t[:, None] - 196) / 365.25) * np.sign(lat)
    air = 285.0 + 9.0 * season - 0.4 * (np.abs(lat) - 40) + 3 * weather.standard_normal((times, 1))
    wet = weather.random((times, cells)) < 0.3 + 0.1 * season
    rain = np.where(wet, weather.gamma(0.8, 7.0, (times, cells)), 0.0)
    sun = np.clip(95.0 + 85.0 * season - 35.0 * wet, 5.0, None)
    thick = np.diff(EDGES)
    size = 1000.0 * thick * 0.45
    water = (0.5 * size)[:, None] * np.ones(cells)
    out = {n: np.zeros((times, cells)) for n in NAMES if not n.startswith("soil_")}
    soil = np.zeros((times, thick.size, cells))
    first = water.sum(axis=0)
    draw = 1.0 + 0.18 * number
    for k in range(times):
        top = water[0] / size[0]
        fast, leaf = 0.12 * rain[k] * top, 0.08 * rain[k]
        water[0] += rain[k] - fast - leaf
        for layer in range(thick.size):
            share = water[layer] / size[layer]
            full = np.clip(share - 0.95, 0.0, None) * size[layer] + water[layer] * np.clip(share - 0.62, 0, 1) * 0.4
            full = np.minimum(full, 0.9 * water[layer])
            water[layer] -= full
            if layer + 1 < thick.size:
                water[layer + 1] += full
            else:
                slow = full
        asked = 0.6 * sun[k] * DAY / LATENT * length
        roots = np.clip(water - 0.2 * size[:, None], 0.0, None)
        uptake = np.minimum(roots * 0.3, roots / np.maximum(roots.sum(axis=0), 1e-9) * asked * 0.7 / draw)
        bare = np.minimum(0.4 * water[0], asked * 0.25 * draw * top)
        water -= uptake
        water[0] -= bare
        soil[k] = water
        for name, mm in (
            ("transpiration", uptake.sum(axis=0)),
            ("ground_evaporation", bare),
            ("canopy_evaporation", leaf),
            ("surface_runoff", fast),
            ("subsurface_runoff", slow),
            ("precipitation", rain[k]),
        ):
            out[name][k] = mm / length / DAY
    out["evapotranspiration"] = out["transpiration"] + out["ground_evaporation"] + out["canopy_evaporation"]
    out["latent_heat"] = out["evapotranspiration"] * LATENT
    out["net_radiation"], out["ground_heat"] = sun, 3.0 * season
    out["sensible_heat"] = sun - out["latent_heat"] - out["ground_heat"]
    out["snow_water"] = np.clip(-40 * season - 0.3 * (60 - np.abs(lat)) * 5, 0, None)
    out["gpp"] = out["transpiration"] * 2.5e-3
    depth = (0.5 * (EDGES[:-1] + EDGES[1:]))[:, None]
    damp = np.exp(-depth / 1.6)
    cold = 0.4 * (np.abs(lat) - 40)
    wave = np.cos(2 * np.pi * (t[:, None, None] - 196 - 58 * depth) / 365.25) * np.sign(lat)
    temperature = 285.0 - cold + 9 * damp * wave + (air - 285.0 - 9.0 * season + cold)[:, None] * np.exp(-depth / 0.12)
    return {**out, "soil_moisture": soil, "soil_temperature": temperature, "_change": soil[-1].sum(axis=0) - first}


def _outputs(
    path: Path,
    made: list[dict[str, np.ndarray]],
    variables: tuple[str, ...],
    where: dict[str, Any],
    lat: Any,
    lon: Any,
    bounds: np.ndarray,
    called: list[str],
) -> None:
    with netCDF4.Dataset(path, "w") as file:
        file.setncatts({"Conventions": "CF-1.11", "options": json.dumps({"stomata": "ball-berry"})})
        place = ("site",) if where["sites"] else ("lat", "lon")
        shape = lat.shape
        for name, size in (
            ("member", len(made)),
            ("time", bounds.size - 1),
            ("bnds", 2),
            ("depth", EDGES.size - 1),
            *zip(place, shape, strict=True),
        ):
            file.createDimension(name, size)
        file.createVariable("member", str, ("member",))[:] = np.array(called, dtype=object)
        file.createVariable("time_bnds", "f8", ("time", "bnds"))[:] = np.stack([bounds[:-1], bounds[1:]], 1)
        file.createVariable("time", "f8", ("time",))[:] = bounds[:-1]
        file.createVariable("depth_bnds", "f8", ("depth", "bnds"))[:] = np.stack([EDGES[:-1], EDGES[1:]], 1)
        if where["sites"]:
            file.createVariable("site", str, ("site",))[:] = np.array(where["sites"], dtype=object)
            for name, values in (("lat", lat), ("lon", lon)):
                file.createVariable(name, "f8", ("site",))[:] = values
        else:
            for name, b in zip(("lat", "lon"), where["bounds"], strict=True):
                file.createVariable(name, "f8", (name,))[:] = where[name]
                file.createVariable(f"{name}_bnds", "f8", (name, "bnds"))[:] = b
        for own in variables:
            name, units, title = NAMES[own]
            layered = own.startswith("soil_")
            v = file.createVariable(
                name,
                "f4",
                ("member", "time", *(("depth",) if layered else ()), *place),
                zlib=True,
                fill_value=np.float32(np.nan),
            )
            v.setncatts({"units": units, "long_name": title, "vadose_name": own, "cell_methods": "time: mean"})
            for k, m in enumerate(made):
                v[k] = m[own].reshape(*m[own].shape[:-1], *shape)


def _budget(
    name: str, m: dict[str, np.ndarray], where: dict[str, Any], lat: np.ndarray, lon: np.ndarray, days: int
) -> list[dict[str, Any]]:
    total = {
        "precipitation": m["precipitation"].mean(axis=0) * days * DAY,
        "evaporation": m["evapotranspiration"].mean(axis=0) * days * DAY,
        "runoff": (m["surface_runoff"] + m["subsurface_runoff"]).mean(axis=0) * days * DAY,
        "storage_change": m["_change"],
        "net_radiation": m["net_radiation"].mean(axis=0),
        "precipitation_heat": np.zeros(lat.size),
        "sensible_heat": m["sensible_heat"].mean(axis=0),
        "latent_heat": m["latent_heat"].mean(axis=0),
        "ground_heat": m["ground_heat"].mean(axis=0),
        "canopy_heat": np.zeros(lat.size),
    }
    closure = {"water_residual_sum": 4e-9, "water_residual_max": 2e-9, "energy_residual_max": 9e-11}
    area = np.cos(np.radians(lat.ravel())) if where["sites"] is None else np.ones(lat.size)
    rows = [
        {
            "member": name,
            "column": "total",
            "lat": "",
            "lon": "",
            **{k: np.average(v, weights=area) for k, v in total.items()},
            **closure,
        }
    ]
    for c in range(lat.size):
        column = where["sites"][c] if where["sites"] else c
        rows.append(
            {
                "member": name,
                "column": column,
                "lat": lat.ravel()[c],
                "lon": lon.ravel()[c],
                **{k: v[c] for k, v in total.items()},
                **closure,
            }
        )
    return rows


_FAILED = ("member", "column", "lat", "lon", "time", "reason", "steps", "state_time", "state")


def _failed(member: str, where: dict[str, Any], count: int) -> list[dict[str, Any]]:
    state = {"soil.liquid": [0.2] * 8, "soil.ice": [0.0] * 8, "soil.temperature": [281.5] * 8}
    return [
        {
            "member": member,
            "column": where["sites"][k] if where["sites"] else k,
            "lat": 31.0,
            "lon": -110.0,
            "time": f"2010-02-{10 + k}T06:00:00",
            "reason": "a solver did not converge",
            "steps": 3 + k,
            "state_time": f"2010-02-{10 + k}",
            "state": json.dumps(state),
        }
        for k in range(min(count, len(where["sites"] or "many cells")))
    ]


def _observations(
    path: Path, m: dict[str, np.ndarray], where: dict[str, Any], bounds: np.ndarray, random: np.random.Generator
) -> None:
    times = bounds.size - 1
    gaps = random.random(times) < 0.15
    moisture = m["soil_moisture"][:, 1, 0] / 40.0 + random.normal(0, 0.012, times) + 0.01
    heat = m["latent_heat"][:, 0] * 0.92 + random.normal(0, 9, times)
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("time", times)
        file.createDimension("bnds", 2)
        file.createVariable("time_bnds", "f8", ("time", "bnds"))[:] = np.stack([bounds[:-1], bounds[1:]], 1)
        for number, (name, variable, units, values, depth) in enumerate(
            (
                ("Soil moisture at 5 cm", "soil_moisture", "m3 m-3", moisture, [0.02, 0.06]),
                ("Latent heat, eddy tower", "latent_heat", "W m-2", heat, None),
            ),
            1,
        ):
            v = file.createVariable(f"observation_{number}", "f8", ("time",), fill_value=np.nan)
            v.setncatts(
                {"long_name": name, "vadose_name": variable, "place": where["sites"][0], "cell": 0, "units": units}
            )
            if depth:
                v.setncattr("depth", depth)
            v[:] = np.where(gaps, np.nan, values)


def _scores(called: list[str], where: dict[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for k, observation in enumerate(("Soil moisture at 5 cm", "Latent heat, eddy tower")):
        for j, member in enumerate([*called, "bucket", "regression"]):
            good = 0.85 - 0.06 * j - 0.1 * k + (0.15 if member == "regression" and k else 0.0)
            for metric, value in (
                ("kge", good),
                ("correlation", min(0.99, good + 0.08)),
                ("rmse", (0.03, 18.0)[k] * (1.3 - good)),
                ("bias", (0.004, -3.0)[k] * j),
            ):
                rows.append(
                    {
                        "member": member,
                        "observation": observation,
                        "metric": metric,
                        "value": value,
                        "variable": ("soil_moisture", "latent_heat")[k],
                        "units": ("m3 m-3", "W m-2")[k] if metric in ("rmse", "bias") else "1",
                        "low": value - 0.04 * abs(value) - 0.001,
                        "high": value + 0.05 * abs(value) + 0.001,
                        "n": 620,
                    }
                )
    return rows


def _analysis() -> list[dict[str, Any]]:
    shares = {"soil_moisture": (0.45, 0.3, 0.1, 0.15), "evapotranspiration": (0.2, 0.35, 0.15, 0.3)}
    choices = ("soil_map", "ptf", "number", "soil_map x ptf")
    return [
        {
            "variable": v,
            "depth": "0-0.02" if v == "soil_moisture" else "",
            "statistic": statistic,
            "choice": c,
            "first": x,
            "first_low": max(0.0, x - 0.1),
            "first_high": x + 0.1,
            "total": x + 0.1,
            "chance": 0.2,
            "lowest": "a",
            "highest": "b",
        }
        for v, of in shares.items()
        for statistic in ("mean", "cycle")
        for c, x in zip(choices, of, strict=True)
    ]


def _csv(path: Path, rows: list[dict[str, Any]], columns: tuple[str, ...] = ()) -> None:
    with path.open("w", newline="") as file:
        out = csv.DictWriter(file, list(columns or rows[0]))
        out.writeheader()
        out.writerows(rows)


def _info(
    called: list[str],
    where: dict[str, Any],
    days: int,
    columns: int,
    failures: int,
    spinup: int,
    title: str,
    hours: int,
) -> dict[str, Any]:
    cycles = [
        {"number": k + 1, "median": 60.0 / 4**k, "largest": 200.0 / 4**k, "share": min(1.0, 0.4 + 0.3 * k)}
        for k in range(spinup)
    ]
    return {
        "kind": "simulation",
        "title": title,
        "version": "0.1.0",
        "versions": {"vadose": "0.1.0", "jax": "0.10.2"},
        "created": "2026-11-21T20:00:00+00:00",
        "preset": "vadose",
        "options": {"vadose": CHOICES},
        "members": [
            {"name": n, "preset": "vadose", "soil_map": "", "ptf": "rosetta3", "closure": "", "number": 0}
            for n in called
        ],
        "sites": [{"name": n} for n in where["sites"]] if where["sites"] else None,
        "grid": None if where["sites"] else {"shape": [where["lat"].size, where["lon"].size]},
        "period": ["2010-01-01T00:00:00", f"{START + days}T00:00:00"],
        "step": 1800.0,
        "every": {24: "day", 1: "hour"}.get(hours, "step"),
        "layers": [[float(a), float(b)] for a, b in zip(EDGES[:-1], EDGES[1:], strict=True)],
        "outputs": {"file": "outputs.nc", "names": "cmip", "variables": list(NAMES)},
        "columns": columns,
        "column_steps": columns * days * 48,
        "seconds": 12.5,
        "device": "cpu",
        "spinup": {"asked": {"cycles": spinup, "drift": 1.0}, "cycles": cycles},
        "failed_columns": failures,
        "failures": [
            {"what": called[0], "part": f"{failures} of {columns} columns", "why": f"a solver did not converge {NASTY}"}
        ]
        if failures
        else [],
        "notes": {"setup": ["organic carbon is taken as 1 %"], "forcing": [f"longwave by Brutsaert (1975) {NASTY}"]},
        "hashes": [{"path": f"forcing/{NASTY}.nc", "bytes": 123, "sha256": "ab" * 32}],
    }
