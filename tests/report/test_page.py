"""What write_report leaves in a run directory."""

from __future__ import annotations

import html.parser
import json
import re
import shutil
from pathlib import Path

import pytest
from tests.report.fixture import write_run
from tests.report.study import NASTY

from vadose.errors import DataError, VadoseError
from vadose.report import write_report


def data(run: Path, key: str) -> dict:
    text = (run / "data" / f"{key}.js").read_text()
    return json.loads(text[text.index("]=") + 2 : text.rindex(";")])


class Tags(html.parser.HTMLParser):
    """Collects the elements and attributes that a page really has."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_every_row_has_a_page_and_data(site: Path) -> None:
    info = json.loads((site / "run.json").read_text())
    for c in info["comparisons"]:
        assert (site / f"c-{c['id']}.html").is_file() and (site / "data" / f"c-{c['id']}.js").is_file()
    for r in info["relationships"]:
        assert (site / f"r-{r['id']}.html").is_file()
    for name in ("index.html", "multimodel.html", "methods.html", "assets/report.css", "assets/report.js"):
        assert (site / name).stat().st_size > 500


def test_the_front_page_is_small(site: Path) -> None:
    page = (site / "index.html").read_text()
    parts = re.findall(r'(?:src|href)="((?:assets|data)/[^"]+)"', page)
    assert "data/front.js" in parts
    total = len(page.encode()) + sum((site / p).stat().st_size for p in parts)
    assert total <= 1_000_000, total


@pytest.mark.parametrize("page", ["index.html", "c-olc-010.html", "r-olc-010--wecann-gpp.html", "methods.html"])
def test_pages_hold_no_element_that_came_from_a_file(site: Path, page: str) -> None:
    tags = Tags()
    tags.feed((site / page).read_text())
    assert not [t for t, _ in tags.found if t in ("img", "b", "i", "x", "record", "iframe")]
    scripts = [a.get("src") or "" for t, a in tags.found if t == "script"]
    assert scripts and all(s.startswith(("assets/", "data/")) for s in scripts)
    assert not [a for _, a in tags.found if any(k.startswith("on") for k in a)]
    links = [v for _, a in tags.found for k, v in a.items() if k in ("src", "href") and v]
    assert not [v for v in links if re.match(r"(?i)(https?:|//|javascript:)", v)]


def test_scripts_of_data_cannot_end_a_script_element(site: Path) -> None:
    for path in (site / "data").glob("*.js"):
        text = path.read_text()
        assert "<" not in text and "\u2028" not in text and text.isascii()


def test_how_to_cite_and_provenance_stand_on_every_page(site: Path) -> None:
    for path in site.glob("*.html"):
        text = path.read_text()
        assert "How to cite" in text and "study.toml" in text and "SHA-256" in text
    cited = (site / "c-olc-010.html").read_text()
    assert "@article{olc-010" in cited and "@article{wecann-gpp" not in cited


def test_scores_come_out_as_they_went_in(site: Path) -> None:
    import base64
    import csv

    import numpy as np

    front, head = data(site, "front"), data(site, "head")
    value = np.frombuffer(base64.b64decode(front["value"]), "<u2").reshape(front["shape"])
    rows = [r["id"] for r in front["rows"]]
    models = [m["name"] for m in head["models"]]
    regions = [r["name"] for r in head["regions"]]
    checked = 0
    for line in csv.DictReader((site / "scores.csv").open()):
        if line["score"] not in front["scores"] or not line["row"]:
            continue
        at = (head["modes"].index(line["mode"]), regions.index(line["region"]), rows.index(line["row"]),
              models.index(line["model"]), front["scores"].index(line["score"]))  # fmt: skip
        assert value[at] / 60000 == pytest.approx(float(line["value"]), abs=1e-5)
        checked += 1
    assert checked > 5000


def test_scalars_are_shown_in_display_units(site: Path) -> None:
    table = data(site, "c-wecann-gpp")["table"]
    k = table["scores"].index("reference_period_mean")
    assert table["units"][k] == "g m-2 d-1"
    assert table["value"][0][0][0][k] == pytest.approx(9.0 * 0.5)


def test_without_relationships_multimodel_or_intervals(single: Path) -> None:
    assert not (single / "multimodel.html").exists() and not list(single.glob("r-*.html"))
    assert "sites" in data(single, next(p.stem for p in (single / "data").glob("p-*fluxnet*")))["maps"]


def test_only_failed_pairs(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", models=2, comparisons=("olc-010",), relationships=0, multimodel=False,
                    failed=((0, "olc-010"), (1, "olc-010")))  # fmt: skip
    page = write_report(run).read_text()
    assert "What could not be compared" in page and "no depth coordinate" in page
    assert "No pair of this page could be scored." in (run / "c-olc-010.html").read_text()


def test_leftovers_of_an_earlier_report_go(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", models=1, comparisons=("olc-010",), relationships=0, failed=(), years=2)
    write_report(run)
    (run / "c-gone.html").write_text("old")
    (run / "data" / "p-gone.js").write_text("old")
    (run / "multimodel.nc").unlink()
    write_report(run)
    assert not (run / "c-gone.html").exists() and not (run / "data" / "p-gone.js").exists()
    assert not (run / "multimodel.html").exists()
    assert not list(run.rglob("*.partial"))


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"run\.json: not found"):
        write_report(tmp_path)
    (tmp_path / "run.json").write_text("{")
    with pytest.raises(DataError, match="cannot be read as JSON"):
        write_report(tmp_path)
    (tmp_path / "run.json").write_text('{"models": []}')
    with pytest.raises(DataError, match=r"scores\.csv: not found"):
        write_report(tmp_path)
    (tmp_path / "scores.csv").write_text("model,value\n")
    with pytest.raises(DataError, match="the column 'high' is missing"):
        write_report(tmp_path)


def test_a_folder_in_the_way_of_a_file_is_named(tmp_path: Path) -> None:
    run = write_run(tmp_path / "run", models=1, comparisons=("olc-010",), relationships=0, failed=(), years=2)
    (run / "assets").write_text("a file where a folder is needed")
    with pytest.raises(VadoseError, match="assets"):
        write_report(run)


def test_nasty_names_are_file_names_nowhere(site: Path) -> None:
    for path in site.rglob("*"):
        assert not any(n in path.name for n in NASTY)
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", path.name), path.name


def test_a_run_can_be_moved(site: Path, tmp_path: Path) -> None:
    shutil.copytree(site, tmp_path / "moved", ignore=shutil.ignore_patterns("maps", "curves", "responses"))
    for path in (tmp_path / "moved").rglob("*.html"):
        assert str(site) not in path.read_text()
