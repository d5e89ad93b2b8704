"""The report of a simulation in a real browser: it opens from disk, answers, and asks nothing of the network."""

from __future__ import annotations

import csv
import shutil
import struct
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import xarray as xr
from tests.report.browser import Open, saved
from tests.report.simulation_fixture import write_simulation

from vadose.report import write_report

pytestmark = pytest.mark.slow
LONG = [f"Kendall, GSDE calibrated with a cosmic-ray sensor, sr06, member of that name {k}" for k in range(3)]
KINDS = {
    "long": {"sites": 2, "members": 3, "days": 400, "names": LONG, "failures": 0},
    "sites": {"analysis": True},
    "grid": {"sites": 0, "grid": (4, 5), "members": 3, "days": 400, "title": "Six runs"},
    "many": {"sites": 1, "members": 24, "days": 400, "analysis": True, "failures": 0},
    "cell": {"sites": 0, "grid": (1, 1), "members": 2, "days": 400},
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


# Texts of figures that reach out of the room that their figure has.
OUTSIDE = """() => [...document.querySelectorAll('figure svg text')].filter((e) => {
  const room = e.closest('.plot').getBoundingClientRect(), box = e.getBoundingClientRect();
  return box.width && (box.left < room.left - 2 || box.right > room.right + 2);
}).map((e) => e.textContent)"""


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
    assert tab.evaluate(OUTSIDE) == []


@pytest.mark.parametrize("width", [400, 1400])
def test_labels_of_members_are_whole(runs: dict[str, Path], visit: Open, width: int) -> None:
    tab = visit(runs["long"], "index.html", width=width)
    assert tab.evaluate(OUTSIDE) == []
    lines = tab.locator("#partition svg text").evaluate_all("(all) => all.map((e) => e.firstChild.textContent)")
    said = " ".join(lines)
    assert said.count("\u2026") == 0 and all(said.count(name) == 2 for name in LONG)


def test_one_bad_score_does_not_squeeze_the_axis(runs: dict[str, Path], visit: Open, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(runs["sites"], run)
    text = (run / "scores.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    for r in rows:
        if r["member"] == "bucket" and r["metric"] in ("kge", "rmse"):
            r.update(value="-30.5" if r["metric"] == "kge" else "940.5", low="", high="")
    with (run / "scores.csv").open("w", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)
    write_report(run)
    tab = visit(run, "index.html")
    skill = tab.locator("#observed figure").first
    assert skill.locator("g.beyond").count() == 2
    assert skill.locator("g.beyond text").all_text_contents() == ["\u221230.5"] * 2
    assert "arrows: 2 beyond the axis" in skill.inner_text()
    skill.locator("g.beyond").first.hover()
    assert "\u221230.5" in tab.locator("#tip").inner_text()
    places = skill.locator("circle.family-fill").evaluate_all("(all) => all.map((c) => Number(c.getAttribute('cx')))")
    assert max(places) - min(places) > 100
    tab.get_by_label("Metric", exact=True).select_option("rmse")
    tab.wait_for_function("document.querySelector('#observed h3').textContent === 'Skill: RMSE'")
    # A series in m3 m-3 and one in W m-2 have an axis each.
    assert tab.locator("#observed figure").first.locator("g.beyond").count() == 2


def test_observations_that_lie_beside_the_page_are_read(
    runs: dict[str, Path], visit: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    shutil.copytree(runs["sites"], run)
    monkeypatch.setattr("vadose.report.simulation.PAGE", 100_000)
    write_report(run)
    assert (run / "data" / "observed.js").is_file()
    tab = visit(run, "index.html")
    tab.wait_for_selector("#density g.observed", state="attached")
    assert tab.locator("#observed > .two").count() == 2


def test_maps_of_a_single_cell_are_a_table(runs: dict[str, Path], visit: Open) -> None:
    tab = visit(runs["cell"], "index.html")
    assert tab.locator("#maps").is_hidden() and tab.locator("table.means").is_visible()


def test_many_members_are_a_band_within_the_axes(runs: dict[str, Path], visit: Open) -> None:
    tab = visit(runs["many"], "index.html")
    assert tab.locator("#year g.members").count() >= 4 and tab.locator("#year path.thin").count() == 0
    keys = tab.locator("#year svg text").all_text_contents()
    assert "24 members: 10 to 90 %" in keys and "their median" in keys
    inside = """() => [...document.querySelectorAll('#year g.members')].every((g) => {
      const frame = g.closest('svg').getBoundingClientRect(), band = g.getBoundingClientRect();
      return band.top >= frame.top && band.bottom <= frame.bottom;
    })"""
    assert tab.evaluate(inside)


def test_distributions_have_an_axis_and_the_observations(runs: dict[str, Path], visit: Open) -> None:
    tab = visit(runs["sites"], "index.html")
    figure = tab.locator("#density figure").first
    assert figure.locator("g.observed").count() == 1
    texts = figure.locator("svg text").all_text_contents()
    assert "observed" in texts and "density" in texts
    assert len([t for t in texts if t.replace(".", "").isdigit()]) >= 12
    assert visit(runs["many"], "index.html").locator("#density g.members").count() >= 2


def test_a_short_series_is_shown_over_its_own_span(runs: dict[str, Path], visit: Open, tmp_path: Path) -> None:
    run = tmp_path / "run"
    shutil.copytree(runs["sites"], run)
    with xr.open_dataset(run / "observations.nc", decode_times=False) as file:
        held = file.load()
    held["observation_1"].values[:500] = np.nan
    held["observation_1"].values[560:] = np.nan
    held.to_netcdf(run / "observations.nc")
    write_report(run)
    tab = visit(run, "index.html")
    chart = tab.locator("#observed > .two").first.locator("figure").first
    assert "2011-05-16 to 2011-07-15, where there are observations" in chart.inner_text()
    assert {"Jun", "Jul"} <= set(" ".join(chart.locator("svg text").all_text_contents()).split())
    tab.get_by_label("Year", exact=True).select_option("2011")
    tab.wait_for_function("location.hash.includes('from=2011-01-01')")
    assert "where there are observations" not in chart.inner_text()


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
