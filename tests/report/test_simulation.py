"""What write_report makes of the folder of a simulation."""

from __future__ import annotations

import html.parser
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.report.simulation_fixture import EDGES, NASTY, START, write_simulation

from vadose.errors import DataError
from vadose.report import write_report
from vadose.report.simulation_data import read_simulation
from vadose.report.simulation_findings import findings, plain, power
from vadose.report.simulation_observed import observed
from vadose.report.simulation_series import quantiles, reduce_outputs, zone


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = write_simulation(tmp_path_factory.mktemp("sites") / "run", analysis=True)
    write_report(run)
    return run


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = write_simulation(tmp_path_factory.mktemp("grid") / "run", sites=0, grid=(4, 5), members=3, days=400)
    write_report(run)
    return run


def data(run: Path, key: str) -> Any:
    """An entry of the page's data, inline or beside it."""
    start = f'(window.VADOSE_DATA=window.VADOSE_DATA||{{}})["{key}"]='
    lines = (run / "index.html").read_text(encoding="utf-8").splitlines()
    beside = run / "data" / f"{key}.js"
    lines += beside.read_text(encoding="utf-8").splitlines() if beside.is_file() else []
    found = [line for line in lines if line.startswith(start)]
    return json.loads(found[0][len(start) :].rstrip(";")) if found else None


def values(pack: dict[str, Any]) -> np.ndarray:
    import base64

    whole = np.frombuffer(base64.b64decode(pack["data"]), "<u2")
    found = pack["min"] + whole * ((pack["max"] - pack["min"]) / 65000)
    return np.where(whole == 65535, np.nan, found)


class Tags(html.parser.HTMLParser):
    """Elements that a page really has, and its text without scripts and styles."""

    def __init__(self, run: Path) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.skip = "", False
        self.feed((run / "index.html").read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self.skip = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self.skip = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self.skip else data


def alter(run: Path, **changes: Any) -> None:
    info = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**info, **changes}))


def test_a_simulation_is_one_file_of_less_than_a_megabyte(sites: Path) -> None:
    assert 200_000 < (sites / "index.html").stat().st_size <= 1_000_000
    assert not (sites / "assets").exists() and not list(sites.glob("data/*.js"))
    tags = Tags(sites)
    assert [a.get("data-page") for t, a in tags.found if t == "body"] == ["simulation"]
    assert not [a for t, a in tags.found if t in ("script", "link") and (a.get("src") or a.get("rel") == "stylesheet")]
    assert (
        "preset vadose" in tags.text and "8 soil layers to 2 m" in tags.text and "2010-01-01 to 2012-01-01" in tags.text
    )


def test_what_users_wrote_is_text_and_never_markup(sites: Path) -> None:
    tags = Tags(sites)
    assert not [t for t, _ in tags.found if t == "img"]
    assert tags.text.count(NASTY) >= 4
    raw = (sites / "index.html").read_text(encoding="utf-8")
    assert "<img" not in raw
    assert data(sites, "head")["places"][1]["name"] == NASTY


def test_water_bars_are_equally_long_and_hold_the_budget(sites: Path) -> None:
    rows = data(sites, "balance")["water"]
    assert len(rows) == 6
    import csv

    budget = [r for r in csv.DictReader((sites / "budget.csv").open()) if r["column"] != "total"]
    for row, source in zip(rows, budget, strict=True):
        held = {t["name"]: t["value"] for t in row["terms"]}
        gone = sum(v for k, v in held.items() if k != "precipitation")
        assert held["precipitation"] == pytest.approx(gone + row["residual"], abs=1e-5)
        years = 730 / 365.25
        assert held["precipitation"] == pytest.approx(float(source["precipitation"]) / years, rel=1e-6)
        evaporation = held["transpiration"] + held["ground_evaporation"] + held["canopy_evaporation"]
        assert evaporation == pytest.approx(float(source["evaporation"]) / years, rel=1e-6)
        assert held["surface_runoff"] + held["subsurface_runoff"] == pytest.approx(
            float(source["runoff"]) / years, rel=1e-6
        )


def test_energy_bars_hold_the_budget_and_their_residual(sites: Path) -> None:
    for row in data(sites, "balance")["energy"]:
        held = {t["name"]: t["value"] for t in row["terms"]}
        into = held["net_radiation"] + held["precipitation_heat"]
        out = sum(held[k] for k in ("latent_heat", "sensible_heat", "ground_heat", "canopy_heat"))
        assert into - out == pytest.approx(row["residual"], abs=1e-6)
        assert abs(row["residual"]) < 1e-6


def test_a_total_without_its_parts_is_one_bar(tmp_path: Path) -> None:
    run = write_simulation(tmp_path / "run", sites=1, members=1, days=400, variables=("latent_heat",))
    write_report(run)
    (row,) = data(run, "balance")["water"]
    assert [t["name"] for t in row["terms"]] == ["precipitation", "evaporation", "runoff", "storage_change"]
    assert data(run, "balance")["partition"] == []


def test_a_run_shorter_than_a_year_is_not_blown_up_to_one(tmp_path: Path) -> None:
    run = write_simulation(tmp_path / "run", sites=1, members=1, days=60)
    write_report(run)
    (row,) = data(run, "balance")["water"]
    with xr.open_dataset(run / "outputs.nc", decode_times=False) as file:
        rain = float(file["pr"].sum() * 86400)
    assert row["terms"][0]["value"] == pytest.approx(rain, rel=1e-5)
    assert data(run, "head")["water"]["units"] == "mm"
    assert "mm over the period" in Tags(run).text


def test_months_are_means_over_the_days_of_the_outputs(sites: Path) -> None:
    with xr.open_dataset(sites / "outputs.nc", decode_times=False) as file:
        days = START + np.arange(730)
        july = days.astype("datetime64[M]").astype(int) % 12 == 6
        wanted = file["evspsbl"].values[1][july, 2].mean() * 86400
        moisture = file["mrsol"].values[0][july, 0, 2].mean() / 20.0
    months = data(sites, "p-2")["months"]
    assert months["evapotranspiration"][1][6] == pytest.approx(wanted, abs=1e-4)
    assert months["top_layer"][0][6] == pytest.approx(moisture, abs=1e-4)
    assert months["soil_water"][0][6] > 100


def test_series_are_those_of_the_outputs_in_display_units(sites: Path) -> None:
    with xr.open_dataset(sites / "outputs.nc", decode_times=False) as file:
        rain = file["pr"].values[0, :, 1] * 86400
        layer = file["mrsol"].values[0, :, 3, 1] / (1000 * (EDGES[4] - EDGES[3]))
        temperature = file["tsl"].values[0, :, 0, 1] - 273.15
    pack = data(sites, "s-0-1")
    assert values(pack["precipitation"]) == pytest.approx(rain, abs=1e-3)
    assert values(pack["soil_moisture"][3]) == pytest.approx(layer, abs=1e-5)
    assert values(pack["soil_temperature"][0]) == pytest.approx(temperature, abs=1e-3)


def test_hours_of_long_runs_become_days(tmp_path: Path) -> None:
    run = write_simulation(tmp_path / "run", sites=1, members=1, days=700, hours=6, observations=False)
    short = write_simulation(tmp_path / "short", sites=1, members=1, days=20, hours=6, observations=False)
    for folder in (run, short):
        write_report(folder)
    assert data(run, "head")["time"] == {"first": 14610.0, "step": 1.0, "n": 700}
    assert data(short, "head")["time"] == {"first": 14610.0, "step": 0.25, "n": 80}
    with xr.open_dataset(run / "outputs.nc", decode_times=False) as file:
        heat = file["hfls"].values[0, :, 0].reshape(700, 4).mean(axis=1)
    assert values(data(run, "s-0-0")["latent_heat"]) == pytest.approx(heat, abs=1e-2)


def test_observations_stand_beside_the_mean_over_their_depth(sites: Path) -> None:
    moisture, heat = data(sites, "observed")
    assert moisture["depth"] == [0.02, 0.06] and moisture["place"] == 0 and heat["depth"] is None
    with xr.open_dataset(sites / "outputs.nc", decode_times=False) as file:
        layer = file["mrsol"].values[1, :, 1, 0] / 40.0
    assert values(moisture["members"][1]) == pytest.approx(layer, abs=1e-5)
    with xr.open_dataset(sites / "observations.nc", decode_times=False) as file:
        wanted = file["observation_1"].values
    assert np.array_equal(np.isnan(values(moisture["values"])), np.isnan(wanted))


def test_a_record_longer_than_the_intervals_is_one_value_and_a_sensor_may_see_deeper(tmp_path: Path) -> None:
    run = write_simulation(tmp_path / "run", sites=1, members=1, days=40)
    with xr.open_dataset(run / "observations.nc", decode_times=False) as file:
        held = file.load()
    held["observation_2_record"] = ("time", np.repeat(np.arange(8.0), 5))
    held["observation_2"] = held["observation_2"].copy(data=np.repeat(np.arange(8.0), 5))
    held["observation_1_reach"] = ("time", np.repeat([0.06, 0.2], 20))
    del held["observation_1"].attrs["depth"]
    held.to_netcdf(run / "observations.nc")
    simulation = read_simulation(run)
    with simulation.outputs() as outputs:
        reduced = reduce_outputs(simulation, outputs)
    moisture, heat = observed(simulation, reduced)
    assert np.isfinite(values(heat["values"])).sum() == 8
    model = reduced.series["latent_heat"][0, :, 0]
    assert np.sort(values(heat["paired"][0]))[:8] == pytest.approx(np.sort(model.reshape(8, 5).mean(axis=1)), abs=1e-2)
    layers = reduced.series["soil_moisture"][0, :, :, 0]
    wanted = np.r_[layers[:20, :2] @ [0.02, 0.04] / 0.06, layers[20:, :4] @ [0.02, 0.04, 0.06, 0.08] / 0.2]
    assert values(moisture["members"][0]) == pytest.approx(wanted, abs=1e-5)


def test_scores_are_tables_with_benchmarks_apart(sites: Path) -> None:
    tags = Tags(sites)
    assert len([a for t, a in tags.found if t == "tr" and a.get("class") == "baseline"]) == 4
    assert "Soil moisture at 5 cm" in tags.text and "0.81 to 0.89" in tags.text
    choices = {r["choice"] for r in data(sites, "skill")["analysis"]}
    ptf = "pedotransfer function"
    assert choices == {"soil map", ptf, "perturbation", f"soil map x {ptf}"}


def test_what_the_study_chose_is_marked(sites: Path) -> None:
    raw = (sites / "index.html").read_text(encoding="utf-8")
    marked = re.findall(r'<div class="changed"><dt>([^<]*)</dt><dd>([^<]*)', raw)
    assert [(a, b.strip()) for a, b in marked] == [("stomata", "ball-berry")]


def test_several_presets_stand_side_by_side(tmp_path: Path) -> None:
    run = write_simulation(tmp_path / "run", sites=1, members=2, days=5)
    own = json.loads((run / "run.json").read_text())["options"]["vadose"]
    alter(run, options={"noahmp": {**own, "heat": "noah"}, "vadose": own})
    write_report(run)
    raw = (run / "index.html").read_text(encoding="utf-8")
    assert re.findall(r'<tr class="differs"><th scope="row">([^<]*)', raw) == ["heat"]
    assert raw.count('<td class="changed">ball-berry</td>') == 2


def test_findings_say_what_closed_failed_settled_and_scored(sites: Path) -> None:
    text = Tags(sites).text
    assert "water closes to 2.0 \u00d7 10\u207b\u2079 mm" in text
    assert "In 2 of 6 columns a step did not converge, first in Kendall grassland on 2010-02-10." in text
    assert "After 3 cycles of spin-up stored water drifts by 3.75 mm a year" in text
    assert "Transpiration is the largest loss of water in 6 of 6 balances" in text
    assert "Closest to the observations: Soil moisture at 5 cm by noahmp, KGE 0.85 (0.81 to 0.89)." in text
    ptf = "pedotransfer function alone explains 35 % of the variance between the members."
    assert f"Evapotranspiration: the {ptf}" in text
    assert (power(3.21e-12), power(0.0), power(0.5)) == ("3.2 \u00d7 10\u207b\u00b9\u00b2", "0", "0.5")


def test_numbers_of_sentences_are_plain_digits() -> None:
    assert [plain(v) for v in (120.0, 118.4, 12345.6, 1.2e7, 0.01234, 0.0, -42.0)] == [
        "120", "118", "12,300", "12,000,000", "0.0123", "0", "\u221242"
    ]  # fmt: skip
    assert (power(123.4), power(120.0), power(0.0013)) == ("123", "120", "0.0013")
    assert plain(float("nan")) == "\u2013"


def test_a_drift_of_hundreds_of_millimetres_has_no_exponent(tmp_path: Path) -> None:
    run = write_simulation(tmp_path / "run", sites=1, members=1, days=5)
    cycles = [{"number": 1, "median": 123.4, "largest": 999.0, "share": 0.0}]
    alter(run, spinup={"asked": {}, "cycles": cycles})
    text = (run / "budget.csv").read_text().replace("2e-09", "120.0")
    (run / "budget.csv").write_text(text)
    write_report(run)
    said = Tags(run).text
    assert "drifts by 123 mm a year" in said and "water closes to 120 mm over the period" in said
    assert "e+0" not in said


def test_failures_keep_place_time_and_profile(sites: Path) -> None:
    tags = Tags(sites)
    assert "2010-02-10T06:00:00" in tags.text and "a solver did not converge" in tags.text and "281.50" in tags.text
    assert len([a for t, a in tags.found if t == "table" and a.get("class") == "profile"]) == 2


def test_a_grid_has_maps_of_all_members_and_means_over_its_area(grid: Path) -> None:
    head, maps = data(grid, "head"), data(grid, "maps")
    assert [p["name"].split(",")[0] for p in head["places"]] == [
        "Mean over the area", "Least evaporation", "Middle evaporation", "Most evaporation"
    ]  # fmt: skip
    with xr.open_dataset(grid / "outputs.nc", decode_times=False) as file:
        field = file["evspsbl"].values[2].mean(axis=0) * 86400
        area = np.cos(np.radians(file["lat"].values))[:, None] * np.ones((1, 5))
        mean = np.average(file["hfls"].values[1].reshape(400, -1), axis=1, weights=area.ravel())
    assert values(maps["layers"]["2:evapotranspiration"]) == pytest.approx(field.ravel(), abs=1e-4)
    assert values(data(grid, "s-1-0")["latent_heat"]) == pytest.approx(mean, abs=1e-2)
    assert len(data(grid, "balance")["water"]) == 3


def test_a_grid_of_one_cell_has_a_table_and_no_maps(tmp_path: Path, grid: Path) -> None:
    run = write_simulation(tmp_path / "run", sites=0, grid=(1, 1), members=2, days=400)
    write_report(run)
    assert data(run, "maps") is None and not data(run, "head")["maps"] and data(run, "grids") is None
    tags = Tags(run)
    assert [a for t, a in tags.found if t == "table" and a.get("class") == "means"]
    with xr.open_dataset(run / "outputs.nc", decode_times=False) as file:
        rain, water = file["pr"].values[1].mean() * 86400, file["tran"].values[1].mean() * 86400
    assert f"{rain:.2f}" in _table(run, "means") and f"{water:.2f}" in _table(run, "means")
    assert not [a for t, a in Tags(grid).found if t == "table" and a.get("class") == "means"]


def test_cells_without_values_do_not_make_a_map(tmp_path: Path) -> None:
    run = write_simulation(tmp_path / "run", sites=0, grid=(2, 3), members=1, days=40)
    with xr.open_dataset(run / "outputs.nc", decode_times=False) as file:
        held = file.load()
    for name in held.data_vars:
        if held[name].dims[-2:] == ("lat", "lon"):
            held[name].values[..., 0, :] = np.nan
            held[name].values[..., 1, 1:] = np.nan
    held.to_netcdf(run / "outputs.nc")
    write_report(run)
    assert data(run, "maps") is None and [a for t, a in Tags(run).found if a.get("class") == "means"]


def _table(run: Path, name: str) -> str:
    """The text of a table of the page."""
    raw = (run / "index.html").read_text(encoding="utf-8")
    held = raw.split(f'<table class="{name}">')[1].split("</table>")[0]
    return re.sub(r"<[^>]*>", " ", held)


def test_distributions_integrate_to_one(grid: Path) -> None:
    density = data(grid, "density")
    for name, of in density.items():
        width = np.diff(of["edges"])
        for member, curve in enumerate(of["members"]):
            if not (name.endswith("_difference") and member == 0):
                assert np.dot(np.array(curve, float), width) == pytest.approx(1.0, abs=1e-3)


def test_many_members_are_a_band_and_their_series_lie_beside_the_page(tmp_path: Path) -> None:
    run = write_simulation(tmp_path / "run", sites=1, members=24, days=730)
    write_report(run)
    assert (run / "index.html").stat().st_size <= 1_000_000
    beside = sorted((run / "data").glob("s-*.js"))
    assert beside
    pack = data(run, "p-0")["bands"]["latent_heat"]
    with xr.open_dataset(run / "outputs.nc", decode_times=False) as file:
        wanted = np.quantile(file["hfls"].values[:, :, 0], [0.05, 0.5, 0.95], axis=0)
    assert values(pack[0]) == pytest.approx(wanted[0], abs=1e-2) and values(pack[4]) == pytest.approx(
        wanted[2], abs=1e-2
    )
    write_simulation(tmp_path / "few", sites=1, members=1, days=60)
    for name in ("outputs.nc", "run.json", "budget.csv", "scores.csv", "observations.nc"):
        shutil.copy(tmp_path / "few" / name, run / name)
    write_report(run)
    assert not list((run / "data").glob("*.js"))


def test_what_a_probe_sees_of_frozen_soil_is_drawn_beside_liquid_water(tmp_path: Path) -> None:
    run = write_simulation(tmp_path / "run", sites=1, members=1, days=40)
    with xr.open_dataset(run / "observations.nc", decode_times=False) as file:
        held = file.load()
    held["observation_1"].attrs["water"] = "liquid"
    held.to_netcdf(run / "observations.nc")
    simulation = read_simulation(run)
    with simulation.outputs() as outputs:
        reduced = reduce_outputs(simulation, outputs)
    reduced.series["soil_ice"] = 0.25 * reduced.series["soil_moisture"]
    (moisture, _) = observed(simulation, reduced)
    layer = reduced.series["soil_moisture"][0, :, 1, 0]
    assert values(moisture["members"][0]) == pytest.approx(0.75 * layer, abs=1e-5)


def test_all_members_stand_beside_short_observations(tmp_path: Path) -> None:
    run = write_simulation(tmp_path / "run", sites=1, members=20, days=40)
    write_report(run)
    assert [len(o["members"]) for o in data(run, "observed")] == [20, 20]
    assert data(run, "head")["observed"] is True


def test_what_a_run_does_not_have_leaves_no_hole(tmp_path: Path) -> None:
    run = write_simulation(
        tmp_path / "run", sites=1, members=1, days=60, variables=("latent_heat",), observations=False, scores=False,
        failures=0, spinup=0,
    )  # fmt: skip
    for name in ("budget.csv", "study.toml"):
        (run / name).unlink()
    alter(run, notes=None, options=None, hashes=None, spinup=None, column_steps=None)
    write_report(run)
    tags = Tags(run)
    assert [a["id"] for t, a in tags.found if t == "section" and a.get("id") and "hidden" not in a] == [
        "year",
        "series",
    ]
    assert "Balances" not in tags.text and "The model" not in tags.text and "None" not in tags.text
    assert "Every step of every column converged." in tags.text


def test_members_that_failed_everywhere_leave_gaps_and_no_numbers(tmp_path: Path) -> None:
    run = write_simulation(tmp_path / "run", sites=1, members=2, days=60)
    with xr.open_dataset(run / "outputs.nc", decode_times=False) as file:
        held = file.load()
    for name in held.data_vars:
        if "member" in held[name].dims and "time" in held[name].dims:
            held[name][1] = np.nan
    held.to_netcdf(run / "outputs.nc")
    text = re.sub(
        r"(?m)^(vadose,[^\n]*)$",
        lambda m: re.sub(r"(?<=,)-?[\d.]+(e-?\d+)?", "nan", m[1]),
        (run / "budget.csv").read_text(),
    )
    (run / "budget.csv").write_text(text)
    write_report(run)
    assert not re.search(r"\bnan\b", Tags(run).text)
    assert data(run, "s-1-0") == {}
    assert {r["member"] for r in data(run, "balance")["water"]} == {0}


def test_a_malformed_run_says_what_to_do(tmp_path: Path) -> None:
    run = write_simulation(tmp_path / "run", sites=1, members=1, days=5)
    alter(run, outputs={"file": "../../secret.nc"})
    with pytest.raises(DataError, match=r"outputs\.nc or outputs\.zarr"):
        write_report(run)
    alter(run, outputs={"file": "outputs.nc"})
    (run / "outputs.nc").write_bytes(b"no")
    with pytest.raises(DataError, match="vadose simulate"):
        write_report(run)
    (run / "outputs.nc").unlink()
    with pytest.raises(DataError, match="no such file"):
        write_report(run)
    with pytest.raises(DataError, match="kind"):
        alter(run, kind="other")
        read_simulation(run)


def test_zarr_is_read_as_netcdf_is(tmp_path: Path) -> None:
    pytest.importorskip("zarr")
    run = write_simulation(tmp_path / "run", sites=2, members=2, days=40, observations=False)
    write_report(run)
    before = data(run, "s-1-1")
    with xr.open_dataset(run / "outputs.nc", decode_times=False, mask_and_scale=False) as file:
        file.load().drop_encoding().to_zarr(run / "outputs.zarr", zarr_format=2)
    (run / "outputs.nc").unlink()
    alter(run, outputs={"file": "outputs.zarr"})
    write_report(run)
    assert data(run, "s-1-1") == before


def test_the_mean_over_a_depth_weighs_layers_by_their_overlap() -> None:
    layers = np.array([[0.0, 0.1], [0.1, 0.4], [0.4, 1.0]])
    moisture = np.array([[0.1, 0.2, 0.3]])
    assert zone(moisture, layers, (0.05, 0.2), axis=1) == pytest.approx([(0.05 * 0.1 + 0.1 * 0.2) / 0.15])
    assert np.isnan(zone(moisture, layers, (2.0, 3.0), axis=1)).all()
    assert quantiles(np.array([[np.nan, 1.0], [np.nan, 3.0]]), (0.5,)) == pytest.approx(
        np.array([[np.nan, 2.0]]), nan_ok=True
    )


def test_findings_of_a_run_without_anything_are_few(tmp_path: Path) -> None:
    run = write_simulation(tmp_path / "run", sites=1, members=1, days=5, failures=0, spinup=0, scores=False)
    simulation = read_simulation(run)
    with simulation.outputs() as outputs:
        reduced = reduce_outputs(simulation, outputs)
    said = findings(simulation, reduced, {"water": [], "energy": []}, [], [])
    assert said[1:] == [
        "Every step of every column converged.",
        "No spin-up: the run starts from its stated initial state.",
    ]
