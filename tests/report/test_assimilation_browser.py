"""The report of an assimilation in a real browser: it opens from disk, answers, and asks nothing of the network."""

from __future__ import annotations

import csv
import shutil
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.report.assimilation_fixture import NASTY, alter, experiments, more_sensors, write_assimilation, write_hourly
from tests.report.browser import Open, saved

from vadose.report import write_report

pytestmark = pytest.mark.slow
SECTIONS = ("changes", "judges", "assimilated", "maps", "twin", "parameters", "consistent", "added")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {k: write_assimilation(tmp_path_factory.mktemp(k) / "run", k) for k in ("grid", "sites", "bare")}
    made["four"] = tmp_path_factory.mktemp("four") / "run"
    shutil.copytree(made["grid"], made["four"])
    shutil.copytree(made["four"] / "state", made["four"] / "more")
    named = experiments(made["four"])
    named.append({**named[1], "name": f"a filter of another kind {NASTY}", "slug": "more", "warnings": [NASTY]})
    alter(made["four"], experiments=named, title="A run of four experiments with a long title")
    more_sensors(made["four"], 24)
    made["hourly"] = write_hourly(tmp_path_factory.mktemp("hourly") / "run")
    for run in made.values():
        write_report(run)
    return made


@pytest.mark.parametrize(("kind", "width"), [("grid", 390), ("four", 390), ("four", 820), ("sites", 1440)])
def test_pages_fit_the_screen(runs: dict[str, Path], visit: Open, kind: str, width: int) -> None:
    tab = visit(runs[kind], "index.html", width=width, theme="dark" if width == 820 else "light")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.locator("figure:visible svg").count() >= 8
    assert tab.locator("figure:visible p.empty").count() == 0


@pytest.mark.parametrize(
    ("kind", "absent"),
    [("grid", ()), ("sites", ("maps", "twin")), ("bare", ("changes", "judges", "twin"))],
)  # fmt: skip
def test_sections_without_data_are_left_out(
    runs: dict[str, Path], visit: Open, kind: str, absent: tuple[str, ...]
) -> None:
    tab = visit(runs[kind], "index.html")
    shown = {name for name in SECTIONS if tab.locator(f"#{name}:visible figure").count()}
    assert shown == set(SECTIONS) - set(absent)


def test_a_place_and_an_experiment_can_be_chosen(runs: dict[str, Path], visit: Open) -> None:
    tab = visit(runs["grid"], "index.html")
    curve = "document.querySelector('#series svg path.family[stroke-width=\"1.9\"]').getAttribute('d')"
    first = tab.evaluate(curve)
    assert tab.locator("#series path.spread").count() == 3
    members = tab.locator("#parameters figure").first.locator("svg tspan", has_text="Members: ")
    assert members.count() == 0
    tab.get_by_label("Place", exact=True).select_option("1")
    tab.wait_for_function("document.querySelector('#series h3').textContent.includes('50.5000')")
    assert tab.evaluate(curve) != first
    assert members.count() == 1  # of the cell
    tab.get_by_label("Experiment", exact=True).select_option("2")
    tab.wait_for_function("document.querySelector('#twin h3').textContent.includes('state and parameters')")
    assert tab.locator("#twin svg image").count() == 11  # with the parameters
    assert "place=1" in tab.url and "experiment=2" in tab.url


def test_variables_of_sensors_and_maps_can_be_chosen(runs: dict[str, Path], visit: Open) -> None:
    tab = visit(runs["grid"], "index.html")
    assert tab.locator("#changes g.change").count() == 2 * 2 * 3  # sensors, experiments, measures
    tab.get_by_label("Judged by", exact=True).select_option("evapotranspiration")
    tab.wait_for_function("document.querySelector('#changes h3').textContent.includes('Evapotranspiration')")
    assert tab.locator("#changes g.change").count() == 2 * 3
    assert tab.locator("#maps figure").first.locator("svg image").count() == 5  # three experiments, two differences
    tab.get_by_label("Map of", exact=True).select_option("evapotranspiration")
    tab.wait_for_function("document.querySelector('#maps h3').textContent.includes('Evapotranspiration')")
    tab.get_by_label("Observed at", exact=True).select_option("2")
    tab.wait_for_function("document.querySelector('#assimilated h3').textContent.includes('satellite, 50.5')")
    assert tab.locator("#assimilated circle.open-dot").count() == 0
    tab.get_by_label("Observed at", exact=True).select_option("1")
    tab.wait_for_function("document.querySelectorAll('#assimilated circle.open-dot').length === 3")  # refused


def test_many_sensors_are_boxes_and_few_are_dots(runs: dict[str, Path], visit: Open) -> None:
    assert visit(runs["grid"], "index.html").locator("#changes g.box").count() == 0
    tab = visit(runs["four"], "index.html")
    assert tab.locator("#changes figure").nth(1).locator("g.box").count() == 3 * 4 + 2 * 2
    assert "The 20 of 24 sensors that changed most" in tab.locator("#changes figure").first.inner_text()
    tab.locator("#changes g.box").first.hover()
    assert "over 24 sensors" in tab.locator("#tip").inner_text()


def test_totals_stand_beside_what_was_measured(runs: dict[str, Path], visit: Open) -> None:
    tab = visit(runs["grid"], "index.html")
    texts = tab.locator("#fluxes figure").first.locator("svg text").all_text_contents()
    assert "Evapotranspiration where tower measured it" in texts and "measured" in texts
    assert sum(t.endswith(" mm") for t in texts) == 7


def test_the_course_of_a_day_is_drawn_where_outputs_have_it(runs: dict[str, Path], visit: Open) -> None:
    tab = visit(runs["hourly"], "index.html")
    texts = tab.locator("#fluxes figure").nth(1).locator("svg text").all_text_contents()
    assert any("Evapotranspiration through the day" in t for t in texts) and "hour (UTC)" in texts
    assert not {n for n in SECTIONS if tab.locator(f"#{n}:visible figure").count()}
    tab.get_by_label("Variable", exact=True).select_option("gpp")
    tab.wait_for_function("document.querySelector('#series h3').textContent.includes('Gross primary')")


def test_a_window_is_shared_by_the_series(runs: dict[str, Path], visit: Open) -> None:
    tab = visit(runs["grid"], "index.html#from=2015-04-20&to=2015-05-10")
    before = tab.locator("#assimilated circle.reference-fill").count()
    tab.get_by_role("button", name="The whole period").click()
    tab.wait_for_function("!location.hash.includes('from')")
    assert tab.locator("#assimilated circle.reference-fill").count() > before > 3


FIGURES = (
    "#changes figure >> nth=0", "#changes figure >> nth=1", "#series figure", "#assimilated figure", "#maps figure",
    "#fluxes figure >> nth=1", "#parameters figure >> nth=0", "#parameters figure >> nth=1", "#added figure",
)  # fmt: skip


def test_figures_download_as_png_svg_and_csv(runs: dict[str, Path], visit: Open, tmp_path: Path) -> None:
    tab = visit(runs["grid"], "index.html")
    for selector in FIGURES:
        figure = tab.locator(selector).first
        root = ElementTree.fromstring(saved(tab, figure, "SVG", tmp_path).read_text(encoding="utf-8"))
        assert len(list(root.iter())) > 20
        assert not [e for e in root.iter() if "var(" in (e.get("fill") or "") + (e.get("stroke") or "")]
        rows = list(csv.reader(saved(tab, figure, "CSV", tmp_path).open(encoding="utf-8")))
        assert len(rows) > 5 and len({len(r) for r in rows}) == 1
    png = saved(tab, tab.locator("#consistent figure").first, "PNG", tmp_path).read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n" and min(struct.unpack(">II", png[16:24])) > 150
