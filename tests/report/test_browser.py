"""The report in a real browser: it opens from disk, answers, and asks nothing of the network."""

from __future__ import annotations

import csv
import struct
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from tests.report.browser import Open, saved


def tile(tab: Any, model: str, row: str) -> Any:
    return tab.locator(f'.tile[aria-label^="{model}, {row}"]').first


def names(tab: Any) -> list[str]:
    return tab.locator(".portrait thead .head b").all_inner_texts()


def test_a_region_changes_the_scores_and_the_address(site: Path, visit: Open) -> None:
    tab = visit(site, "index.html")
    before = tile(tab, "CESM2", "ESA CCI").get_attribute("aria-label")
    tab.get_by_label("Region", exact=True).select_option("koppen:arid")
    assert tile(tab, "CESM2", "ESA CCI").get_attribute("aria-label") != before
    assert "region=koppen%3Aarid" in tab.url
    again = visit(site, "index.html#region=koppen%3Aarid&mode=ilamb2")
    assert again.get_by_label("Region", exact=True).input_value() == "koppen:arid"
    assert again.get_by_role("radio", name="ilamb2").is_checked()


def test_a_region_switch_takes_less_than_a_tenth_of_a_second(site: Path, visit: Open) -> None:
    tab = visit(site, "index.html")
    times = tab.evaluate(
        """() => [1, 2, 3, 4, 0].map((k) => {
             const select = document.querySelector("#controls select");
             const start = performance.now();
             select.value = select.options[k].value;
             select.dispatchEvent(new Event("change"));
             document.body.getBoundingClientRect();
             return performance.now() - start;
           })"""
    )
    assert sorted(times)[2] < 100, times


def test_models_sort_by_a_row_and_rows_by_a_model(site: Path, visit: Open) -> None:
    tab = visit(site, "index.html")
    natural = names(tab)
    row = tab.locator(".portrait tr.overall")
    row.hover()
    row.locator(".by").click()
    assert row.locator("th").get_attribute("aria-sort") == "descending"
    tab.get_by_label("Numbers", exact=True).check()
    shown = [float(t) for t in row.locator(".tile span").all_inner_texts()[:-1]]
    assert shown == sorted(shown, reverse=True)
    assert sorted(names(tab)) == sorted(natural) != names(tab)
    tab.get_by_role("button", name="CESM2", exact=False).first.click()
    heads = tab.locator('.portrait thead th[aria-sort="descending"] b').all_inner_texts()
    assert heads == ["CESM2"]


def test_modes_scales_scores_and_folding(site: Path, visit: Open) -> None:
    tab = visit(site, "index.html")
    first = tile(tab, "CESM2", "Overall")
    colour = first.evaluate("(e) => e.style.background")
    tab.get_by_role("radio", name="Absolute").check()
    assert first.evaluate("(e) => e.style.background") != colour
    tab.get_by_role("radio", name="ilamb2").check()
    assert "mode=ilamb2" in tab.url
    assert "differ by more than 0.01" in tab.locator("#differ").inner_text()
    tab.get_by_label("Score", exact=True).select_option("bias_score")
    assert "no score" in tile(tab, "CESM2", "GPP").get_attribute("aria-label")
    before = tab.locator(".portrait tbody tr:visible").count()
    tab.get_by_role("button", name="Relationships", exact=True).click()
    assert tab.locator(".portrait tbody tr:visible").count() == before - 12


def test_hover_says_score_interval_rank_and_why_a_pair_failed(site: Path, visit: Open) -> None:
    tab = visit(site, "index.html")
    tile(tab, "CESM2", "ESA CCI").hover()
    text = tab.locator("#tip").inner_text()
    assert "Rank" in text and "Seasonal cycle" in text and "\u2013" in text
    tile(tab, "CanESM5-1", "Wang2021OLC 0-1 m").hover()
    assert "no depth coordinate" in tab.locator("#tip").inner_text()


def test_a_click_opens_the_pair_with_its_maps(site: Path, visit: Open) -> None:
    tab = visit(site, "index.html")
    tile(tab, "CESM2", "ESA CCI").click()
    tab.wait_for_url("**/c-esacci-005.html#*")
    tab.wait_for_selector("#maps svg image")
    assert tab.get_by_label("Model", exact=True).input_value() == "CESM2"
    assert tab.locator("#maps figure:visible svg image").count() >= 6
    assert len(tab.locator("#maps svg image").first.get_attribute("href")) > 2000
    tab.get_by_label("Model", exact=True).select_option("GFDL-ESM4")
    tab.wait_for_function("document.querySelectorAll('#maps h3')[1].textContent.startsWith('GFDL-ESM4')")


def test_the_path_by_keyboard_alone(site: Path, visit: Open) -> None:
    tab = visit(site, "index.html")
    for _ in range(120):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.classList.contains('tile')"):
            break
    outline = tab.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        tab.keyboard.press(key)
    label = tab.evaluate("document.activeElement.getAttribute('aria-label')")
    assert "ESA CCI" in label
    assert not tab.locator("#tip").is_hidden()
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/c-esacci-005.html#*")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_has_enough_contrast(site: Path, visit: Open, theme: str) -> None:
    tab = visit(site, "index.html", theme=theme)
    ratios = tab.evaluate(
        """() => {
             const style = getComputedStyle(document.documentElement);
             const light = (name) => {
               const h = style.getPropertyValue(name).trim().slice(1);
               const [r, g, b] = [0, 2, 4].map((k) => parseInt(h.slice(k, k + 2), 16) / 255)
                 .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
               return 0.2126 * r + 0.7152 * g + 0.0722 * b;
             };
             const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
             return [["--ink", "--paper"], ["--soft", "--paper"], ["--soft", "--raised"], ["--soft", "--ground"]]
               .map(([a, b]) => ratio(light(a), light(b)));
           }"""
    )
    assert min(ratios) >= 4.5, ratios


def test_the_theme_can_be_switched(site: Path, visit: Open) -> None:
    tab = visit(site, "index.html")
    assert tab.evaluate("document.documentElement.dataset.theme") == "light"
    tab.locator("#theme").click()
    assert tab.evaluate("document.documentElement.dataset.theme") == "dark"


PAGES = [
    "index.html",
    "c-olc-010.html",
    "c-fluxnet-gpp.html",
    "r-olc-010--wecann-gpp.html",
    "multimodel.html",
    "methods.html",
]


@pytest.mark.parametrize("page", PAGES)
def test_no_page_is_wider_than_a_phone_and_every_figure_is_drawn(site: Path, visit: Open, page: str) -> None:
    tab = visit(site, page, width=390, height=844)
    tab.wait_for_timeout(500)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    drawn = "f.querySelector('svg[aria-label], table')"
    shown = "[...document.querySelectorAll('figure')].filter((f) => f.offsetWidth)"
    assert tab.evaluate(f"{shown}.filter((f) => !{drawn}).map((f) => f.textContent)") == []


@pytest.mark.parametrize("page", PAGES)
def test_names_from_files_are_text(site: Path, visit: Open, page: str) -> None:
    tab = visit(site, page)
    assert tab.locator("img").count() == 0
    assert tab.evaluate("document.querySelectorAll('body script').length") == 0
    if page == "index.html":
        assert "<img src=x onerror=alert(1)>" in tab.locator(".portrait").inner_text()


@pytest.mark.parametrize(
    ("page", "selector"),
    [
        ("index.html", "#portrait .legend"), ("index.html", "#families figure"), ("c-olc-010.html", "#maps figure"),
        ("c-olc-010.html", "#patterns figure"), ("c-olc-010.html", "#table figure"),
        ("r-olc-010--wecann-gpp.html", "#responses figure"), ("multimodel.html", "#skill figure"),
    ],
)  # fmt: skip
def test_figures_download_as_png_svg_and_csv(site: Path, visit: Open, tmp_path: Path, page: str, selector: str) -> None:
    tab = visit(site, page)
    tab.wait_for_timeout(400)
    figure = tab.locator(selector).first
    png = saved(tab, figure, "PNG", tmp_path).read_bytes()
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert min(struct.unpack(">II", png[16:24])) > 200 and len(png) > 5000
    root = ElementTree.fromstring(saved(tab, figure, "SVG", tmp_path).read_text(encoding="utf-8"))
    assert root.tag.endswith("svg") and len(list(root.iter())) > 20
    assert not [e for e in root.iter() if "var(" in (e.get("fill") or "") + (e.get("stroke") or "")]
    rows = list(csv.reader(saved(tab, figure, "CSV", tmp_path).open(encoding="utf-8")))
    assert len(rows) > 5 and len({len(r) for r in rows}) == 1


def test_a_map_is_exported_with_its_values(site: Path, visit: Open, tmp_path: Path) -> None:
    import netCDF4
    import numpy as np

    tab = visit(site, "c-olc-010.html#model=CESM2")
    tab.wait_for_selector("#maps svg image")
    rows = list(csv.DictReader(saved(tab, tab.locator("#maps figure").nth(1), "CSV", tmp_path).open()))
    with netCDF4.Dataset(next((site / "maps").glob("cesm2-*__olc-010.nc"))) as file:
        mean = np.ma.filled(file["model_mean"][:], np.nan)
        lat, lon = file["lat"][:].tolist(), file["lon"][:].tolist()
    assert len(rows) == np.isfinite(mean).sum()
    for row in rows[::37]:
        i, j = lat.index(float(row["lat"])), lon.index(float(row["lon"]))
        assert float(row["model_mean"]) == pytest.approx(mean[i, j], abs=1e-5)


def test_one_model_and_sites_stand_alone(single: Path, visit: Open) -> None:
    tab = visit(single, "index.html")
    assert names(tab)[:3] == ["Overall", "Bias", "RMSE"]
    assert tab.locator('a[href="multimodel.html"]').count() == 0
    tile(tab, "ACCESS-ESM1-5, Overall", "FLUXNET2015").click()
    tab.wait_for_selector("#maps svg circle")
    assert tab.locator("#maps figure").first.locator("svg > circle").count() >= 30
