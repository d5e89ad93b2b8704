"""The report of a calibration run in a real browser: it opens from disk, answers, and asks nothing of the network."""

from __future__ import annotations

import csv
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.report.browser import Open, saved
from tests.report.calibration_fixture import write_calibration

from vadose.report import write_report

pytestmark = pytest.mark.slow
PAGES = ["index.html", "texture.html", "comparison.html", "uncertainty.html", "drydowns.html", "methods.html"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("kind", ["world", "few"])
def test_no_page_is_wider_than_a_phone_and_every_figure_is_drawn(
    request: pytest.FixtureRequest, visit: Open, kind: str, page: str
) -> None:
    tab = visit(request.getfixturevalue(kind), page, width=400, height=844, theme="dark")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 400
    shown = "[...document.querySelectorAll('figure')].filter((f) => f.offsetWidth)"
    assert tab.evaluate(f"{shown}.filter((f) => !f.querySelector('svg[aria-label]')).map((f) => f.textContent)") == []
    assert tab.locator("img").count() == 0
    assert tab.evaluate("document.querySelectorAll('body script').length") == 0


def test_the_front_page_shows_six_maps_with_their_densities(world: Path, visit: Open) -> None:
    tab = visit(world, "index.html")
    assert tab.locator("#thresholds svg image").count() == 6
    assert tab.locator("#thresholds svg g.inset").count() == 6
    first = tab.locator("#thresholds figcaption p").inner_text()
    tab.get_by_role("radio", name="HWSD with CH78").check()
    tab.wait_for_function("document.querySelector('#thresholds h3').textContent.includes('HWSD')")
    tab.wait_for_timeout(300)
    assert "experiment=hwsd-ch78" in tab.url
    assert tab.locator("#thresholds figcaption p").inner_text() != first
    assert tab.locator("#thresholds svg image").count() == 6


def test_a_map_says_the_value_under_the_pointer(world: Path, visit: Open) -> None:
    tab = visit(world, "index.html")
    box = tab.locator("#thresholds svg image").nth(1).bounding_box()
    tab.mouse.move(box["x"] + 0.555 * box["width"], box["y"] + 0.42 * box["height"])
    text = tab.locator("#tip").inner_text()
    assert "m\u00b3 m\u207b\u00b3" in text and "N" in text and "E" in text
    tab.locator("#thresholds g.inset").first.hover()
    assert "area-weighted density" in tab.locator("#tip").inner_text()


def test_an_experiment_without_carbon_hides_its_maps(world: Path, visit: Open) -> None:
    tab = visit(world, "texture.html")
    assert tab.locator("#components figure:visible").count() == 3
    assert tab.locator("#components figure:visible svg image").count() == 9
    tab.get_by_role("radio", name="GSDE with CH78").check()
    tab.wait_for_function("document.querySelectorAll('#components figure[hidden]').length === 1")
    assert tab.locator("#components figure:visible").count() == 2
    assert tab.locator("#triangle .class-border").count() == 24


def test_sites_are_dots_with_intervals_and_arrows(few: Path, visit: Open) -> None:
    tab = visit(few, "index.html")
    assert tab.locator("#thresholds figure").first.locator("circle.reference-fill").count() > 15
    assert tab.locator("#thresholds figure").nth(1).locator("svg svg > circle").count() == 24
    tab = visit(few, "texture.html")
    assert tab.locator("#triangle circle.open-dot").count() >= 5


@pytest.mark.parametrize("page", PAGES[:4])
def test_a_single_site_without_classes_is_enough(visit: Open, tmp_path: Path, page: str) -> None:
    run = write_calibration(tmp_path / "run", sites=1, experiments=1, ternary=False, cells=False)
    write_report(run)
    tab = visit(run, page, theme="dark")
    assert tab.locator("figure").count() >= 1
    if page == "comparison.html":
        assert "fewer than five" in tab.locator("#densities").inner_text()


def test_a_region_has_its_densities_below_the_maps(visit: Open, tmp_path: Path) -> None:
    run = write_calibration(tmp_path / "run", box=(30, 50, -10, 20), experiments=1, cells=False)
    write_report(run)
    tab = visit(run, "texture.html")
    image = tab.locator("#components svg image").first.bounding_box()
    below = tab.locator("#components g.inset").first.bounding_box()
    assert below["y"] >= image["y"] + image["height"]
    assert tab.locator("#controls > *").count() == 0


def test_a_cell_and_a_year_can_be_chosen(world: Path, visit: Open) -> None:
    tab = visit(world, "drydowns.html")
    assert tab.locator("#series .drydown").count() > 3
    tab.get_by_label("Cell", exact=True).select_option("1")
    tab.wait_for_function("document.querySelector('#series h3').textContent === 'Cell 1'")
    few = tab.locator("#series .drydown").count()
    tab.get_by_label("Years", exact=True).select_option("all")
    tab.wait_for_function(f"document.querySelectorAll('#series .drydown').length > {few}")
    assert "cell=1" in tab.url and "year=all" in tab.url
    assert tab.locator("#aligned path.thin").count() > 20
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')") in ("Years", None)


@pytest.mark.parametrize(
    ("kind", "page", "selector"),
    [
        ("world", "index.html", "#thresholds figure"), ("world", "texture.html", "#components figure"),
        ("world", "texture.html", "#triangle figure"), ("world", "comparison.html", "#densities figure"),
        ("world", "uncertainty.html", "#reason figure"), ("world", "drydowns.html", "#series figure"),
        ("few", "index.html", "#thresholds figure"), ("few", "texture.html", "#triangle figure"),
    ],
)  # fmt: skip
def test_figures_download_as_png_svg_and_csv(
    request: pytest.FixtureRequest, visit: Open, tmp_path: Path, kind: str, page: str, selector: str
) -> None:
    tab = visit(request.getfixturevalue(kind), page)
    figure = tab.locator(selector).first
    png = saved(tab, figure, "PNG", tmp_path).read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert min(struct.unpack(">II", png[16:24])) > 200 and len(png) > 5000
    root = ElementTree.fromstring(saved(tab, figure, "SVG", tmp_path).read_text(encoding="utf-8"))
    assert root.tag.endswith("svg") and len(list(root.iter())) > 20
    assert not [e for e in root.iter() if "var(" in (e.get("fill") or "") + (e.get("stroke") or "")]
    rows = list(csv.reader(saved(tab, figure, "CSV", tmp_path).open(encoding="utf-8")))
    assert len(rows) > 5 and len({len(r) for r in rows}) == 1


def test_the_table_of_a_figure_holds_the_values_of_the_maps(world: Path, visit: Open, tmp_path: Path) -> None:
    import xarray as xr

    tab = visit(world, "index.html")
    rows = list(csv.DictReader(saved(tab, tab.locator("#thresholds figure").first, "CSV", tmp_path).open()))
    with xr.open_dataset(world / "thresholds.nc") as file:
        wanted = file["wilting_point"].load()
    held = [r for r in rows if r["wilting_point_satellite"]]
    assert len(held) == int(wanted.notnull().sum())
    for r in held[::211]:
        here = float(wanted.sel(lat=float(r["lat"]), lon=float(r["lon"])))
        assert float(r["wilting_point_satellite"]) == pytest.approx(here, abs=1e-5)
