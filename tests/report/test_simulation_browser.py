"""The report of a simulation in a real browser: it opens from disk, answers, and asks nothing of the network."""

from __future__ import annotations

import csv
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.report.browser import Open, saved
from tests.report.simulation_fixture import write_simulation

from vadose.report import write_report

pytestmark = pytest.mark.slow
KINDS = {
    "sites": {"analysis": True},
    "grid": {"sites": 0, "grid": (4, 5), "members": 3, "days": 400, "title": "Six runs"},
    "many": {"sites": 1, "members": 24, "days": 400, "analysis": True, "failures": 0},
    "bare": {
        "sites": 1, "members": 1, "days": 60, "variables": ("latent_heat",), "observations": False, "scores": False,
        "failures": 0, "spinup": 0,
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {kind: write_simulation(tmp_path_factory.mktemp(kind) / "run", **of) for kind, of in KINDS.items()}  # type: ignore[arg-type]
    for run in made.values():
        write_report(run)
    return made


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("kind", list(KINDS))
def test_the_page_fits_a_phone_and_every_figure_is_drawn(
    runs: dict[str, Path], visit: Open, kind: str, theme: str
) -> None:
    tab = visit(runs[kind], "index.html", width=400, height=844, theme=theme)
    tab.wait_for_timeout(500)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 400
    shown = "[...document.querySelectorAll('figure')].filter((f) => f.offsetWidth)"
    assert tab.evaluate(f"{shown}.length") >= 2
    assert tab.evaluate(f"{shown}.filter((f) => !f.querySelector('svg[aria-label]')).map((f) => f.textContent)") == []
    assert tab.locator("img").count() == 0


def test_bars_say_their_share_and_the_numbers_stand_in_a_table(runs: dict[str, Path], visit: Open) -> None:
    tab = visit(runs["sites"], "index.html")
    water = tab.locator("#balance figure").first
    bars = water.locator("g.term[data-term=precipitation]")
    assert bars.count() == 6
    width = "(g) => Number(g.querySelector('rect').getAttribute('width'))"
    rain = bars.first.evaluate(width)
    out = water.locator("g.term").evaluate_all(
        f"(all) => all.filter((g) => g.dataset.term !== 'precipitation').slice(0, 6).map({width})"
    )
    assert sum(out) == pytest.approx(rain, abs=8)
    bars.first.hover()
    assert "100.0 % of what comes in" in tab.locator("#tip").inner_text()
    tab.get_by_text("The numbers").click()
    assert "Transpiration" in tab.locator("table.balance").first.inner_text()


def test_a_site_and_a_member_can_be_chosen(runs: dict[str, Path], visit: Open) -> None:
    tab = visit(runs["sites"], "index.html")
    curve = "document.querySelector('#year svg path[stroke-width=\"2.6\"]').getAttribute('d')"
    first = tab.evaluate(curve)
    tab.get_by_label("Site", exact=True).select_option("2")
    tab.wait_for_function("document.querySelector('#year h3').textContent.includes('Boreal forest')")
    assert tab.evaluate(curve) != first
    tab.get_by_label("Member", exact=True).select_option("1")
    tab.wait_for_function("document.querySelector('#series h3').textContent.includes('vadose')")
    assert "place=2" in tab.url and "member=1" in tab.url


def test_dragging_zooms_and_a_double_click_shows_all(runs: dict[str, Path], visit: Open) -> None:
    tab = visit(runs["sites"], "index.html")
    plot = tab.locator("#series .time-plot").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    y = box["y"] + box["height"] / 2
    tab.mouse.move(box["x"] + 0.25 * box["width"], y)
    assert "0 to 2 cm" in tab.locator("#tip").inner_text()
    tab.mouse.down()
    tab.mouse.move(box["x"] + 0.5 * box["width"], y, steps=4)
    tab.mouse.up()
    tab.wait_for_function("location.hash.includes('from=2010-07')")
    assert "to=2011-01-0" in tab.url
    tab.get_by_role("button", name="Later").click()
    tab.wait_for_function("location.hash.includes('from=2010-1')")
    tab.locator("#series .time-plot").first.press("+")
    narrow = tab.url
    tab.locator("#series .time-plot").first.press("ArrowLeft")
    assert tab.url != narrow
    tab.locator("#series .time-plot").first.dblclick()
    tab.wait_for_function("!location.hash.includes('from')")
    tab.get_by_label("Year", exact=True).select_option("2011")
    tab.wait_for_function("location.hash.includes('from=2011-01-01')")


def test_the_strip_below_the_series_moves_the_window(runs: dict[str, Path], visit: Open) -> None:
    tab = visit(runs["sites"], "index.html#from=2010-03-01&to=2010-06-01")
    strip = tab.locator("#series .overview")
    strip.scroll_into_view_if_needed()
    box = strip.bounding_box()
    tab.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    tab.mouse.down()
    tab.mouse.move(box["x"] + box["width"] / 2 + 300, box["y"] + 10, steps=4)
    tab.mouse.up()
    tab.wait_for_function("!location.hash.includes('from=2010-03-01')")
    assert "from=2010-" in tab.url


def test_a_variable_can_be_chosen_and_observations_stand_with_it(runs: dict[str, Path], visit: Open) -> None:
    tab = visit(runs["sites"], "index.html")
    assert tab.locator("#series figure").first.locator("path.samples").count() == 1
    tab.get_by_label("Variable", exact=True).select_option("gpp")
    tab.wait_for_function("document.querySelector('#series h3').textContent.includes('Gross primary production')")
    assert tab.locator("#series figure").first.locator("path.samples").count() == 0
    assert tab.locator("#series figure").nth(1).locator("image").count() == 2


def test_an_ensemble_has_bands_and_shares(runs: dict[str, Path], visit: Open) -> None:
    tab = visit(runs["many"], "index.html")
    assert tab.locator("#series path.band").count() == 2
    assert "soil map" in (tab.locator("#spread svg").first.text_content() or "")
    tab.get_by_label("Member", exact=True).select_option("20")
    tab.wait_for_function("document.querySelector('#series h3').textContent.includes('#20')")
    tab.get_by_label("Metric", exact=True).select_option("rmse")
    tab.wait_for_function("document.querySelector('#observed h3').textContent === 'Skill: RMSE'")


def test_a_grid_has_maps_and_differences(runs: dict[str, Path], visit: Open) -> None:
    tab = visit(runs["grid"], "index.html")
    tab.wait_for_selector("#maps figure >> nth=1")
    assert tab.locator("#maps figure").first.locator("svg image").count() >= 10
    assert tab.locator("#maps h3").nth(1).inner_text() == "vadose minus noahmp"
    tab.get_by_label("Compared with", exact=True).select_option("2")
    tab.wait_for_function("document.querySelectorAll('#maps h3')[1].textContent === 'clm minus noahmp'")
    assert tab.locator("#partition svg rect.family-fill").count() >= 9


@pytest.mark.parametrize(
    ("kind", "selector"),
    [
        ("sites", "#balance figure"), ("sites", "#year figure"), ("sites", "#series figure >> nth=0"),
        ("sites", "#series figure >> nth=1"), ("sites", "#observed figure"), ("sites", "#density figure"),
        ("grid", "#maps figure"), ("many", "#spread figure"),
    ],
)  # fmt: skip
def test_figures_download_as_png_svg_and_csv(
    runs: dict[str, Path], visit: Open, tmp_path: Path, kind: str, selector: str
) -> None:
    tab = visit(runs[kind], "index.html")
    figure = tab.locator(selector).first
    png = saved(tab, figure, "PNG", tmp_path).read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert min(struct.unpack(">II", png[16:24])) > 150 and len(png) > 5000
    root = ElementTree.fromstring(saved(tab, figure, "SVG", tmp_path).read_text(encoding="utf-8"))
    assert root.tag.endswith("svg") and len(list(root.iter())) > 20
    assert not [e for e in root.iter() if "var(" in (e.get("fill") or "") + (e.get("stroke") or "")]
    rows = list(csv.reader(saved(tab, figure, "CSV", tmp_path).open(encoding="utf-8")))
    assert len(rows) > 5 and len({len(r) for r in rows}) == 1
