"""The report of a flow study in a real browser: it opens from disk, answers, and asks nothing of the network."""

from __future__ import annotations

import csv
import struct
from pathlib import Path
from xml.etree import ElementTree

import pytest
from tests.report.browser import Open, saved
from tests.report.flow_fixture import HOURS, NX, NY, alter, rewrite, write_flow

from vadose.report import write_report
from vadose.report.flow_data import read_flow
from vadose.report.flow_findings import closed

pytestmark = pytest.mark.slow
FAILED = [{"time": 18000, "z": 2, "y": 5, "x": 9, "residual": 3.1e-4}]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folders = {k: tmp_path_factory.mktemp(k) / "run" for k in ("solved", "failed", "bare")}
    write_flow(folders["solved"], solved=True)
    alter(write_flow(folders["failed"]), failures=FAILED)
    alter(write_flow(folders["bare"]), start=None)
    rewrite(folders["bare"], lambda held: held.drop_vars(["elevation", "K_s"]))
    (folders["bare"] / "hydrographs.csv").unlink()
    for run in folders.values():
        write_report(run)
    return folders


def test_a_computed_storm_closes_and_its_table_follows_the_ground(runs: dict[str, Path]) -> None:
    run = read_flow(runs["solved"])
    assert closed(run)
    text = (runs["solved"] / "index.html").read_text(encoding="utf-8")
    assert "as the heaviest rain ends" in text and "elevation at r = 0.9" in text


@pytest.mark.parametrize(
    ("kind", "width", "theme"), [("solved", 390, "light"), ("failed", 820, "dark"), ("bare", 1440, "light")]
)
def test_pages_fit_the_screen(runs: dict[str, Path], visit: Open, kind: str, width: int, theme: str) -> None:
    tab = visit(runs[kind], "index.html", width=width, theme=theme)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert tab.locator("figure:visible p.empty").count() == 0
    count = {"solved": 16, "failed": 16, "bare": 11}[kind]
    assert tab.locator("figure:visible").count() == count
    assert tab.locator("#section-controls:visible").count() == (kind != "bare")
    assert tab.locator("figcaption p:visible").count() == count  # every figure says what it shows
    beyond = tab.evaluate("""[...document.querySelectorAll('figure svg text')].filter((t) => {
      const r = t.getBoundingClientRect();
      return r.width && (r.right > innerWidth || r.left < 0);
    }).map((t) => t.textContent)""")
    assert beyond == []


def test_sections_and_times_can_be_chosen(runs: dict[str, Path], visit: Open) -> None:
    tab = visit(runs["solved"], "index.html")
    line = "document.querySelector('#sections path.sunk').getAttribute('d')"
    before = tab.evaluate(line)
    assert tab.locator("#sections path.sunk").count() == 2 * 3
    tab.get_by_label("Depth", exact=True).check()
    tab.wait_for_function("location.hash.includes('against=depth')")
    assert tab.evaluate(line) != before
    assert "the ground drawn level" in tab.locator("#sections figcaption").first.inner_text()
    picture = "document.querySelector('#frames svg image').getAttribute('href')"
    at_peak = tab.evaluate(picture)
    assert "(m): 8 h" in tab.locator("#frames h3").inner_text()
    slider = tab.get_by_label("Time of the map")
    slider.focus()
    slider.press("End")
    assert "(m): 48 h" in tab.locator("#frames h3").inner_text() and tab.evaluate(picture) != at_peak
    tab.get_by_label("Map of", exact=True).select_option("pond")
    tab.wait_for_function("document.querySelector('#frames h3').textContent.startsWith('Water on the ground')")
    assert "frame=24" in tab.url and "map=pond" in tab.url


def test_maps_answer_to_the_pointer_and_mark_what_failed(runs: dict[str, Path], visit: Open) -> None:
    tab = visit(runs["failed"], "index.html")
    assert tab.locator("[role=alert]").inner_text().startswith("1 step did not converge.")
    assert tab.locator("#domain path.failure-mark").count() == 1
    tab.locator("#domain path.failure-mark").hover()
    assert "layer 2, row 5, column 9" in tab.locator("#tip").inner_text()
    tab.locator("#table figure").first.locator("rect[fill=transparent]").first.hover()
    assert "east" in tab.locator("#tip").inner_text() and tab.locator("#tip").inner_text()[0].isdigit()


FIGURES = {
    "#domain figure": NX * NY, "#table figure >> nth=0": NX * NY, "#table figure >> nth=1": 2 * NX * NY,
    "#table figure >> nth=2": 25, "#sections figure >> nth=0": 3 * 8 * NX, "#rivers figure >> nth=0": HOURS,
    "#rivers figure >> nth=1": NX * NY, "#balance figure >> nth=1": HOURS + 1, "#gauges figure >> nth=2": HOURS,
    "#solver figure": HOURS,
}  # fmt: skip


def test_figures_download_as_png_svg_and_csv(runs: dict[str, Path], visit: Open, tmp_path: Path) -> None:
    tab = visit(runs["solved"], "index.html")
    for selector, count in FIGURES.items():
        figure = tab.locator(selector).first
        root = ElementTree.fromstring(saved(tab, figure, "SVG", tmp_path).read_text(encoding="utf-8"))
        assert len(list(root.iter())) > 20
        assert not [e for e in root.iter() if "var(" in (e.get("fill") or "") + (e.get("stroke") or "")]
        rows = list(csv.reader(saved(tab, figure, "CSV", tmp_path).open(encoding="utf-8")))
        assert len(rows) == count + 1 and len({len(r) for r in rows}) == 1, selector
    png = saved(tab, tab.locator("#sections figure").first, "PNG", tmp_path).read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n" and min(struct.unpack(">II", png[16:24])) > 150
