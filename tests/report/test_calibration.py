"""What write_report makes of the folder of a calibration run."""

from __future__ import annotations

import base64
import html.parser
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.report.calibration_fixture import NASTY, write_calibration
from tests.report.fixture import write_run

from vadose.errors import DataError, VadoseError
from vadose.grid.latlon import LatLonGrid
from vadose.report import write_report
from vadose.report.calibration_data import read_calibration
from vadose.report.calibration_figures import bandwidth, by_reason, density, key_numbers, ternary, weighted_quantile

PAGES = ("index", "texture", "comparison", "uncertainty", "drydowns", "methods")


def data(run: Path, key: str) -> Any:
    text = (run / "data" / f"{key}.js").read_text()
    return json.loads(text[text.index("]=") + 2 : text.rindex(";")])


class Tags(html.parser.HTMLParser):
    """Collects the elements and attributes that a page really has, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def alter(run: Path, **changes: Any) -> None:
    info = json.loads((run / "run.json").read_text())
    (run / "run.json").write_text(json.dumps({**info, **changes}))


def test_a_calibration_run_gets_its_own_pages(world: Path) -> None:
    for page in PAGES:
        assert (world / f"{page}.html").stat().st_size > 1000
    assert (world / "assets" / "calibration.js").is_file()
    tags = Tags((world / "index.html").read_text())
    assert "calibration" in [a.get("data-page") for t, a in tags.found if t == "body"]
    assert "The optimised soils are sandier" in tags.text and "no drydown" in tags.text
    assert "misfit" in tags.text.lower()


def test_a_benchmark_run_keeps_its_own_pages(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", models=2, comparisons=("olc-010",), relationships=0, multimodel=False, years=2)
    write_report(run)
    assert 'data-page="front"' in (run / "index.html").read_text()
    assert not (run / "assets" / "calibration.js").exists()


@pytest.mark.parametrize("page", PAGES)
def test_pages_hold_no_element_that_came_from_a_file(world: Path, page: str) -> None:
    tags = Tags((world / f"{page}.html").read_text())
    assert not [t for t, _ in tags.found if t in ("img", "iframe")]
    scripts = [a.get("src") or "" for t, a in tags.found if t == "script"]
    assert scripts and all(s.startswith(("assets/", "data/")) for s in scripts)
    assert not [a for _, a in tags.found if any(k.startswith("on") for k in a)]
    links = [v for _, a in tags.found for k, v in a.items() if k in ("src", "href") and v]
    assert not [v for v in links if re.match(r"(?i)(https?:|//|javascript:)", v)]
    assert "Content-Security-Policy" in [a.get("http-equiv") for t, a in tags.found if t == "meta"]


def test_a_hostile_title_stays_text(tmp_path: Path) -> None:
    run = write_calibration(tmp_path / "run", sites=4, title=NASTY)
    alter(run, summary=[NASTY], product=NASTY, versions={NASTY: NASTY}, citations=[{"citation": NASTY}])
    write_report(run)
    for path in run.glob("*.html"):
        tags = Tags(path.read_text())
        assert not [t for t, _ in tags.found if t == "img"]
        assert NASTY in tags.text
    for path in (run / "data").glob("*.js"):
        assert "<" not in path.read_text()


def test_the_front_page_is_small(tmp_path: Path) -> None:
    run = write_calibration(tmp_path / "run", step=1.0, cells=False)
    write_report(run)
    page = (run / "index.html").read_text()
    parts = re.findall(r'(?:src|href)="((?:assets|data)/[^"]+)"', page)
    assert "data/thresholds.js" in parts and "data/uncertainty.js" not in parts
    first = json.loads((run / "run.json").read_text())["experiments"][0]["name"]
    total = len(page.encode()) + sum((run / p).stat().st_size for p in [*parts, f"data/t-{first}.js"])
    assert total <= 1_000_000, total


def test_maps_come_out_as_they_went_in(world: Path) -> None:
    packed = data(world, "x-gsde-sr06")
    with xr.open_dataset(world / "texture-gsde-sr06.nc") as file:
        change = (file["sand"] - file["sand_baseline"]).values
    land = np.unpackbits(np.frombuffer(base64.b64decode(packed["land"]), np.uint8))[: change.size].astype(bool)
    layer = packed["layers"]["sand_difference"]
    whole = np.frombuffer(base64.b64decode(layer["data"]), "<u2")
    shown = np.where(whole == 65535, np.nan, layer["min"] + whole * (layer["max"] - layer["min"]) / 65000)
    np.testing.assert_allclose(shown, change.ravel()[land], atol=2e-3)


def test_a_fine_global_map_is_reduced_to_one_degree(tmp_path: Path) -> None:
    run = write_calibration(tmp_path / "run", step=0.75, cells=False, experiments=1)
    write_report(run)
    (grid,) = data(run, "grids").values()
    assert len(grid["lat"]) == 181 and len(grid["lon"]) == 361


def test_key_numbers_are_area_means_over_common_cells(world: Path) -> None:
    run = read_calibration(world)
    rows = {r["name"]: r for r in key_numbers(run, run.experiments[0])}
    with xr.open_dataset(world / "texture-gsde-sr06.nc") as file:
        sand, before = file["sand"].values, file["sand_baseline"].values
    assert isinstance(run.where, LatLonGrid)
    both = np.isfinite(sand) & np.isfinite(before)
    weights = np.cos(np.radians(run.where.lat))[:, None] * np.ones(sand.shape)
    assert rows["sand"]["cells"] == both.sum()
    assert rows["sand"]["after"] == pytest.approx(np.average(sand[both], weights=weights[both]), rel=1e-5)
    assert rows["sand"]["change"] == pytest.approx(np.average((sand - before)[both], weights=weights[both]), rel=1e-4)
    assert set(rows["wilting_point"]) > {"satellite", "before", "after", "error"}


def test_a_density_is_the_convolved_normal_and_integrates_to_one() -> None:
    values = np.random.default_rng(3).normal(50, 6, 40_000)
    weights = np.ones(values.size)
    h = bandwidth(values, weights)
    assert h == pytest.approx(0.9 * 6 * 40_000**-0.2, rel=0.02)
    x = np.linspace(10, 90, 801)
    y = density(values, weights, x)
    assert y is not None
    assert np.trapezoid(y, x) == pytest.approx(1, abs=1e-4)
    variance = 36 + h * h
    exact = np.exp(-0.5 * (x - 50) ** 2 / variance) / np.sqrt(2 * np.pi * variance)
    assert np.abs(y - exact).max() < 0.03 * exact.max()


def test_a_density_keeps_its_mass_within_the_walls() -> None:
    values = np.random.default_rng(4).exponential(2.0, 20_000)
    x = np.linspace(0, 40, 4001)
    y = density(values, np.ones(values.size), x, (0.0, 100.0))
    assert y is not None
    assert np.trapezoid(y, x) == pytest.approx(1, abs=2e-3)
    assert y[0] == pytest.approx(0.5, rel=0.1)  # the exponential's own density at 0


def test_weights_count_as_copies() -> None:
    values = np.array([1.0, 2.0, 3.0, 5.0, 8.0, 9.0])
    weights = np.array([1.0, 3.0, 2.0, 4.0, 1.0, 2.0])
    copies = np.repeat(values, weights.astype(int))
    assert weighted_quantile(values, weights, (0.5,))[0] == pytest.approx(np.median(copies), abs=1.0)
    assert density(np.ones(20), np.ones(20), np.linspace(0, 2, 5)) is None
    assert density(values[:3], weights[:3], np.linspace(0, 2, 5)) is None


def test_densities_hold_satellite_baseline_and_optimised(world: Path) -> None:
    found = data(world, "densities")
    assert set(found) == {"wilting_point", "critical_point", "sand", "clay", "organic_carbon", "sand_difference",
                          "clay_difference", "organic_carbon_difference"}  # fmt: skip
    assert set(found["wilting_point"]["sets"]) == {"", "gsde-sr06", "gsde-ch78", "hwsd-ch78"}
    assert set(found["organic_carbon"]["sets"]) == {"gsde-sr06"}
    one = found["critical_point"]["sets"]["gsde-sr06"]
    x = np.array(found["critical_point"]["x"])
    for kind in ("satellite", "before", "after"):
        assert np.trapezoid(one[kind], x) == pytest.approx(1, abs=0.02)


def test_the_triangle_holds_shares_of_all_cells(world: Path, few: Path) -> None:
    run = read_calibration(world)
    shares = ternary(run, run.experiments[0])
    assert shares is not None and shares["bins"]["after"]["share"].sum() == pytest.approx(1)
    points = data(few, "x-gsde-sr06")["ternary"]["points"]
    assert len(points["names"]) == len(points["before"][0]) == len(points["after"][1])


def test_reasons_leave_the_cells_outside_the_domain_out() -> None:
    found = by_reason({"no_data": 1, "done": 3, "outside_domain": 90, "constant": 0})
    assert found["total"] == 4 and found["outside"] == 90
    assert [(r["name"], r["share"]) for r in found["rows"]] == [("done", 0.75), ("no data", 0.25)]
    assert by_reason(None)["rows"] == []


def test_sites_stand_in_tables(few: Path) -> None:
    tags = Tags((few / "index.html").read_text())
    assert tags.text.count("Station 3") >= 1 and NASTY in tags.text
    assert data(few, "head")["few"] is True
    assert data(few, "thresholds")["sites"]["names"][2] == "Station 2"
    assert "admissible" in (few / "texture.html").read_text()


def test_example_cells_carry_the_estimates_of_their_cell(world: Path) -> None:
    cells = data(world, "cells")
    with xr.open_dataset(world / "thresholds.nc") as file:
        for cell in cells:
            here = file.sel(lat=cell["lat"], lon=cell["lon"], method="nearest")
            assert cell["estimate"]["wilting_point"] == pytest.approx(float(here["wilting_point"]), rel=1e-4)
    assert np.datetime64("1970-01-01") + cells[0]["first"] == np.datetime64("2016-01-01")


def test_cells_may_name_only_their_first_and_last_day(tmp_path: Path) -> None:
    run = write_calibration(tmp_path / "run", sites=3)
    cells = json.loads((run / "cells.json").read_text())
    for c in cells:
        c["days"] = [c["days"][0], c["days"][-1]]
    (run / "cells.json").write_text(json.dumps({"cells": cells}))
    write_report(run)
    assert data(run, "cells")[0]["first"] == 16801


def test_optional_parts_may_be_missing(tmp_path: Path) -> None:
    run = write_calibration(tmp_path / "run", box=(30, 50, -10, 20), cells=False, ternary=False, experiments=2)
    with xr.open_dataset(run / "texture-gsde-ch78.nc") as file:
        kept = file[["sand", "clay", "sand_baseline", "clay_baseline"]].load()
    kept.to_netcdf(run / "texture-gsde-ch78.nc")
    with xr.open_dataset(run / "thresholds.nc") as file:
        kept = file[["wilting_point", "critical_point", "lat_bnds", "lon_bnds"]].load()
    kept.to_netcdf(run / "thresholds.nc")
    info = {"kind": "calibrate", "experiments": json.loads((run / "run.json").read_text())["experiments"]}
    (run / "run.json").write_text(json.dumps(info))
    write_report(run)
    assert not (run / "drydowns.html").exists()
    assert 'href="drydowns.html"' not in (run / "index.html").read_text()
    assert "Soil calibration" in (run / "index.html").read_text()


def test_a_run_without_experiments_or_results_is_still_told(tmp_path: Path) -> None:
    run = write_calibration(tmp_path / "run", box=(30, 40, -10, 10), cells=False, experiments=1)
    failed = {"name": "gsde", "file": None}
    alter(run, experiments=[failed], failures=[{"what": "gsde", "part": "soil map", "why": "no such file <gone.nc>"}])
    write_report(run)
    assert not (run / "texture.html").exists()
    assert "no such file <gone.nc>" in Tags((run / "index.html").read_text()).text
    with xr.open_dataset(run / "thresholds.nc") as file:
        empty = file.load()
    for name in ("wilting_point", "critical_point"):
        empty[name][:] = np.nan
    empty.to_netcdf(run / "thresholds.nc")
    write_report(run)
    assert data(run, "densities") == {}


def test_carbon_that_was_held_is_no_result(tmp_path: Path) -> None:
    run = write_calibration(tmp_path / "run", sites=6, cells=False, experiments=1)
    entry = json.loads((run / "run.json").read_text())["experiments"][0]
    alter(run, experiments=[{**entry, "carbon": False, "sand_range": 15.0, "sand_bounds": [5.0, 90.0], "seed": 7}])
    write_report(run)
    assert data(run, "head")["experiments"][0]["components"] == ["sand", "clay"]
    text = Tags((run / "methods.html").read_text()).text
    assert "Sand \u00b1 15" in text and "Sand 5 to 90" in text and "Organic carbon 0" not in text and "seed" in text


def test_leftovers_of_an_earlier_report_go(tmp_path: Path) -> None:
    run = write_calibration(tmp_path / "run", sites=5)
    write_report(run)
    assert (run / "drydowns.html").exists()
    info = json.loads((run / "run.json").read_text())
    alter(run, experiments=info["experiments"][:1])
    (run / "cells.json").unlink()
    (run / "notes.html").write_text("mine")
    write_report(run)
    assert not (run / "drydowns.html").exists() and not (run / "data" / "x-hwsd-ch78.js").exists()
    assert not (run / "data" / "cells.js").exists() and (run / "notes.html").exists()
    assert sorted(p.name for p in run.rglob(".*.partial")) == []


def test_the_report_is_the_same_when_written_again(few: Path) -> None:
    before = {p: p.read_bytes() for p in few.rglob("*") if p.is_file()}
    write_report(few)
    assert {p: p.read_bytes() for p in few.rglob("*") if p.is_file()} == before


def test_what_is_missing_or_broken_is_named(tmp_path: Path) -> None:
    run = write_calibration(tmp_path / "run", sites=3)
    entry = json.loads((run / "run.json").read_text())["experiments"][0]
    for name in ("../texture-x.nc", "texture-<b>.nc", "other.nc", 3):
        alter(run, experiments=[{**entry, "file": name}])
        with pytest.raises(DataError, match=r"texture-<slug>\.nc"):
            write_report(run)
    alter(run, experiments=[{**entry, "file": "texture-gone.nc"}])
    with pytest.raises(DataError, match=r"texture-gone\.nc: there is no such file"):
        write_report(run)
    alter(run, experiments=[])
    (run / "cells.json").write_text('[{"lat": 1, "lon": 2, "days": ["2020-01-01"], "values": []}]')
    with pytest.raises(DataError, match=r"cells\.json"):
        write_report(run)
    (run / "cells.json").unlink()
    (run / "thresholds.nc").write_bytes(b"CDF no")
    with pytest.raises(DataError, match=r"thresholds\.nc"):
        write_report(run)


def test_a_soil_map_on_other_cells_is_refused(tmp_path: Path) -> None:
    run = write_calibration(tmp_path / "run", sites=3, cells=False)
    other = write_calibration(tmp_path / "other", sites=5, cells=False)
    (run / "texture-gsde-sr06.nc").write_bytes((other / "texture-gsde-sr06.nc").read_bytes())
    with pytest.raises(DataError, match="expected the"):
        write_report(run)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    run = write_calibration(tmp_path / "run", sites=3, cells=False)
    (run / "data").write_text("in the way")
    with pytest.raises(VadoseError, match="cannot be written"):
        write_report(run)
