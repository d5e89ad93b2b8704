"""What write_report makes of the folder of a flow study."""

from __future__ import annotations

import csv
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.report.flow_fixture import HOURS, NASTY, NX, NY, RAIN, RAINY, SIZE, alter, rewrite, write_flow
from tests.report.test_simulation import Tags, data, values

from vadose.errors import DataError
from vadose.report import write_report
from vadose.report.flow import write_flow_report
from vadose.report.flow_balance import joined, peak, totals
from vadose.report.flow_data import read_flow
from vadose.report.flow_fields import Display, crossing, maps, read_surface, sections
from vadose.report.flow_findings import closed, findings
from vadose.report.flow_frames import frame_times, frames
from vadose.report.flow_topography import correlation, ranks, surroundings, topography
from vadose.report.flow_wells import gauges


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    run = write_flow(tmp_path_factory.mktemp("flow") / "run")
    assert write_flow_report(run) == run / "index.html"
    return run


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "run")
    return tmp_path / "run"


def edit(run: Path, name: str, change: Any) -> None:
    """Rewrite a table after `change`(rows)."""
    with (run / name).open(newline="", encoding="utf-8") as file:
        rows = change(list(csv.DictReader(file)))
    with (run / name).open("w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)


def test_the_page_has_what_the_run_has(made: Path) -> None:
    head = data(made, "head")
    assert head["kind"] == "flow" and head["discharge"] and head["gauges"] and head["topography"]
    assert head["shown"] == [0, 12, 24] and head["relief"] == {"title": "Elevation", "units": "m"}
    for key in ("maps", "sections", "balance", "areas", "topography", "gauges", "frames"):
        assert data(made, key), key
    text = Tags(made).text
    for part in ("Domain and solver", "Sections", "Rivers and water on the ground", "Wells and gauges", "Solver"):
        assert part in text, part
    assert "8 \u00d7 20 \u00d7 15" in text and "1.5 by 2 km" in text and "0.1 to 3.5 m thick" in text
    assert "did not converge" not in text and "does not close" not in text


def test_write_report_finds_the_kind(copied: Path) -> None:
    (copied / "index.html").unlink()
    assert write_report(copied) == copied / "index.html"
    assert data(copied, "head")["kind"] == "flow"


def test_what_users_write_is_escaped(copied: Path) -> None:
    before = (copied / "index.html").read_text(encoding="utf-8").count("</script>")
    alter(copied, title=NASTY, summary=[NASTY], soil=NASTY, notes={"setup": NASTY}, versions={NASTY: NASTY})
    write_flow_report(copied)
    text = (copied / "index.html").read_text(encoding="utf-8")
    assert "<img" not in text and "&lt;img src=x" in text
    assert text.count("</script>") == before
    assert Tags(copied).text.count("onerror=alert(1)") >= 5


def test_totals_are_sums_of_the_budget(made: Path) -> None:
    run = read_flow(made)
    rows = {r["title"]: r for r in totals(run)}
    assert rows["Rain"]["mm"] == pytest.approx(1000 * RAIN * 3600 * RAINY, rel=1e-12)
    assert rows["Rain"]["m3"] == pytest.approx(rows["Rain"]["mm"] / 1000 * NX * NY * SIZE**2, rel=1e-12)
    moved = sum(r["m3"] for r in rows.values() if r["kind"] == "exchange")
    stored = sum(r["m3"] for r in rows.values() if r["kind"] == "storage")
    assert moved == pytest.approx(stored, abs=1e-6)
    assert [r["title"] for r in totals(run)[:4]] == ["Rain", "Evaporation", "Outflow over the border", "Pumping"]
    assert peak(run) == (pytest.approx(2.0), 3600.0 * RAINY)
    assert closed(run) is True


def test_long_budgets_are_joined_without_losing_water(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = joined(read_flow(copied))
    monkeypatch.setattr("vadose.report.flow_balance.MOST_ROWS", 10)
    short = joined(read_flow(copied))
    assert whole["every"] == 1 and whole["edges"].size == HOURS + 1
    assert short["every"] == 5 and short["edges"].size == 11
    for name in ("rain", "evaporation", "border", "pumping"):
        assert short["moved"][name].sum() == pytest.approx(whole["moved"][name].sum(), rel=1e-12)
    assert short["storage"][-1] == whole["storage"][-1] and short["edges"][-1] == whole["edges"][-1]
    assert short["solver"]["newton"]["most"][1] == 6 and short["solver"]["newton"]["mean"][1] == pytest.approx(5.6)


def test_maps_and_rivers_are_those_of_the_outputs(made: Path) -> None:
    run = read_flow(made)
    with run.outputs() as outputs:
        surface = read_surface(run, outputs)
        row, column, why = crossing(run, surface)
        last = outputs.read("water_table_depth", -1)
        wet = outputs.read("discharge").max(axis=(1, 2))
    assert column == 7 and "river" in why and 3 < row < 16
    assert surface.peak == int(wet.argmax())
    assert surface.rivers[:, 7].sum() == 18 and not np.delete(surface.rivers, 7, axis=1).any()  # 6 % of 300
    packed = data(made, "maps")
    assert packed["shape"] == [NY, NX] and packed["factor"] == 1
    course = packed["course"]
    assert len(course) == 2 * 17 and all(
        b == a - NX for a, b in zip(course[::2], course[1::2], strict=True)
    )  # southward
    shown = values(packed["layers"]["end"])
    np.testing.assert_allclose(shown, last.ravel(), atol=1e-3)


def test_frames_are_chosen_evenly_with_the_peak(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = read_flow(made)
    with run.outputs() as outputs:
        surface = read_surface(run, outputs)
        held = frames(run, outputs, surface)
        pond = outputs.read("pond", surface.peak)
    assert held["times"] == list(range(25)) and surface.peak == 4
    np.testing.assert_allclose(values(held["pond"][4]), pond.ravel(), atol=1e-5)
    monkeypatch.setattr("vadose.report.flow_frames.MOST_VALUES", 3 * NX * NY)
    assert frame_times(run, 4) == [0, 4, 12, 24]
    monkeypatch.setattr("vadose.report.flow_frames.MOST_VALUES", 2 * NX * NY)
    assert frame_times(run, 4) == []


def test_sections_are_cut_where_they_say(made: Path) -> None:
    run = read_flow(made)
    with run.outputs() as outputs:
        along_x, along_y = sections(run, outputs, 5, 7)
        held = outputs.read("saturation")
    np.testing.assert_array_equal(along_x.saturation[1], held[12, :, 5, :])
    np.testing.assert_array_equal(along_y.saturation[2], held[24, :, :, 7])
    assert along_x.place == 550.0 and along_y.place == 750.0
    assert along_y.elevation is not None and along_y.elevation[0] == 212.0
    assert (along_x.table[0][[0, -1]] > along_x.table[0][7]).all()


def test_large_maps_are_joined_into_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vadose.report.flow_fields.MOST_CELLS", 30)
    display = Display.of((9, 10))
    assert display.factor == 2 and display.shape == (5, 5)
    field = np.arange(90.0).reshape(9, 10)
    field[0, 0] = np.nan
    assert display.mean(field)[0, 0] == pytest.approx((1 + 10 + 11) / 3) and display.most(field)[4, 4] == 89
    assert np.isnan(display.most(np.full((9, 10), np.nan))).all()


def test_maps_of_large_domains_say_so(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vadose.report.flow_fields.MOST_CELLS", 80)
    run = read_flow(made)
    with run.outputs() as outputs:
        surface = read_surface(run, outputs)
    packed = maps(run, surface, run.elevation)
    assert packed["factor"] == 2 and packed["shape"] == [10, 8] and packed["dx"] == 200.0
    assert 10.0 ** values(packed["layers"]["discharge_peak"]).max() == pytest.approx(surface.discharge[0].max(), 1e-3)


def test_the_water_table_follows_the_ground(made: Path) -> None:
    run = read_flow(made)
    with run.outputs() as outputs:
        depth = outputs.read("water_table_depth", -1)
    by_height, by_position = topography(run, depth)
    assert by_height["r"] == pytest.approx(np.corrcoef(run.elevation.ravel(), depth.ravel())[0, 1], abs=1e-12)
    assert by_height["rank"] == pytest.approx(1.0, abs=1e-9) and by_position["r"] > 0.5


def test_ranks_and_surroundings_by_hand() -> None:
    assert ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]
    assert correlation(np.array([1.0, 1.0]), np.array([1.0, 2.0])) is None
    assert correlation(np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0, 6.0])) == pytest.approx(1.0)
    field = np.arange(12.0).reshape(3, 4)
    field[1, 1] = np.nan
    assert surroundings(field, 1)[0, 0] == pytest.approx((0 + 1 + 4) / 3)
    assert surroundings(field, 1)[1, 2] == pytest.approx((1 + 2 + 3 + 6 + 7 + 9 + 10 + 11) / 8)


def test_scores_of_gauges_are_those_of_the_pairs(made: Path) -> None:
    well, nasty, outlet = gauges(read_flow(made))
    assert (well.name, well.kind, well.pairs) == ("well A, valley", "water table", 12) and NASTY in nasty.name
    both = np.isfinite(outlet.observed)
    error = outlet.simulated[both] - outlet.observed[both]
    assert outlet.scores()["rmse"] == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-12)
    assert outlet.scores()["bias"] == pytest.approx(error.mean(), rel=1e-12)
    assert outlet.scores()["r"] == pytest.approx(np.corrcoef(outlet.simulated, outlet.observed)[0, 1], rel=1e-12)
    assert well.row()["down"] and not outlet.row()["down"] and outlet.row()["units"] == "m3 s-1"


def test_findings_say_the_numbers(made: Path) -> None:
    run = read_flow(made)
    with run.outputs() as outputs:
        surface = read_surface(run, outputs)
    said = findings(run, surface, topography(run, surface.end), gauges(run))
    assert len(said) == 4
    assert "120 mm of rain came in" in said[0] and "ran off over the border" in said[0] and "pumping" in said[0]
    assert re.search(r"lies at \d\.\d\d m below the ground", said[1]) and "elevation at r = 1.00" in said[1]
    assert "peaks at 2 m\u00b3 s\u207b\u00b9, 8 h after the start, as the heaviest rain ends" in said[2]
    assert said[3].startswith("At 3 wells and gauges simulated and observed agree at r = ")


def test_failures_are_loud_with_their_place(copied: Path) -> None:
    held = [{"time": 18000, "z": 2, "y": 5, "x": 9, "residual": 3.1e-4}] * 25
    alter(copied, failures=held, spinup={"cycles": 9, "change_m": 0.02, "reached": False},
          budget={"storage_change_m3": 1.0, "throughput_m3": 1e6, "unbalanced_m3": 3.0, "relative": 3e-6})  # fmt: skip
    write_flow_report(copied)
    text = " ".join(Tags(copied).text.split())
    assert "25 steps did not converge" in text and "5 more are in" in text
    assert "layer 2 at 0.5 m, row 5, column 9 (0.95 km east, 0.55 km north), residual 0.00031 m" in text
    assert "The balance does not close" in text and "The spin-up ended before its goal" in text
    assert data(copied, "head")["failures"][0]["east"] == 950.0
    assert 'role="alert"' in (copied / "index.html").read_text(encoding="utf-8")


def test_a_bare_run_leaves_out_what_it_lacks(copied: Path) -> None:
    (copied / "hydrographs.csv").unlink()
    alter(copied, start=None, overland=None, soil=None, solver=None, notes=None, budget=None)

    def bare(held: Any) -> Any:
        held["discharge"][:] = 0.0
        held["pond"][:] = 0.0
        return held.drop_vars(["elevation", "K_s", "active", "manning"])

    rewrite(copied, bare)
    edit(copied, "budget.csv", lambda rows: [{k: v for k, v in r.items() if k not in ("newton", "products", "pumping")}
                                             | {"border": "0"} for r in rows])  # fmt: skip
    write_flow_report(copied)
    head = data(copied, "head")
    assert head["start"] is None and head["relief"] is None and head["outflow"] is None
    assert not (head["gauges"] or head["topography"] or head["discharge"])
    text = Tags(copied).text
    assert "Wells and gauges" not in text and "gives no elevation" in text and "has no overland flow" in text


def test_columns_outside_the_domain_are_left_out(copied: Path) -> None:
    def outside(held: Any) -> Any:
        held["active"][:, :3] = 0
        for name in ("saturation", "head"):
            held[name][..., :3] = np.nan
        for name in ("pond", "water_table_depth", "discharge"):
            held[name][..., :3] = np.nan
        held["water_table_depth"][..., 10] = np.nan  # nothing saturated there
        return held

    rewrite(copied, outside)
    write_flow_report(copied)
    run = read_flow(copied)
    assert run.area == NY * (NX - 3) * SIZE**2
    shown = values(data(copied, "maps")["layers"]["end"])
    assert shown.size == NY * (NX - 3) and np.isnan(shown).sum() == NY
    assert data(copied, "topography")[0]["n"] == NY * (NX - 4)


def test_data_beyond_the_limit_of_the_page_lies_beside_it(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = len((copied / "index.html").read_bytes())
    spent = sum(len(json.dumps(data(copied, k))) for k in ("maps", "sections", "balance"))
    monkeypatch.setattr("vadose.report.flow.PAGE", page - spent + 20_000)
    write_flow_report(copied)
    beside = {p.stem for p in (copied / "data").glob("*.js")}
    assert beside and "head" not in beside
    monkeypatch.setattr("vadose.report.flow.PAGE", 1_000_000)
    write_flow_report(copied)
    assert not list((copied / "data").glob("*.js"))  # leftovers went


def drop(name: str) -> Any:
    return lambda run: rewrite(run, lambda held: held.drop_vars([name]))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda run: (run / "outputs.nc").unlink(), ["outputs.nc: cannot be read", "run the flow study again"]),
        (lambda run: (run / "budget.csv").unlink(), ["budget.csv: is missing", "run the flow study again"]),
        (lambda run: (run / "budget.csv").write_text("time,storage\n"), ["budget.csv: has no rows"]),
        (drop("water_table_depth"), ["outputs.nc: has no variable 'water_table_depth'"]),
        (drop("saturation"), ["outputs.nc: has no variable 'saturation'"]),
        (lambda run: rewrite(run, lambda h: h.assign(pond=h["pond"].transpose("y", "x", "time"))),
         ["'pond' must have dimensions ('time', 'y', 'x')", "('y', 'x', 'time')"]),
        (lambda run: rewrite(run, lambda h: h.assign(active=h["active"] * 0)), ["'active' has no column"]),
        (lambda run: edit(run, "budget.csv", lambda rows: [{k: r[k] for k in r if k != "border"} for r in rows]),
         ["budget.csv: has no column 'border'"]),
        (lambda run: edit(run, "budget.csv", lambda rows: [*rows[:3], {**rows[3], "rain": "much"}]),
         ["row 5 of 'rain' must be a number, got 'much'"]),
        (lambda run: edit(run, "budget.csv", lambda rows: [rows[0], rows[2], rows[1]]),
         ["'time' must rise from row to row", "row 4"]),
        (lambda run: edit(run, "hydrographs.csv", lambda rows: [{"name": r["name"], "time": r["time"]} for r in rows]),
         ["hydrographs.csv: has no column 'kind'"]),
        (lambda run: edit(run, "hydrographs.csv", lambda rows: [{**rows[0], "time": "noon"}]),
         ["row 2 of 'time' must be a number of seconds, got 'noon'"]),
        (lambda run: alter(run, kind="simulation"), ["run.json", "kind 'flow'"]),
    ],
)  # fmt: skip
def test_bad_input_is_named(copied: Path, spoil: Any, said: list[str]) -> None:
    spoil(copied)
    with pytest.raises(DataError) as error:
        write_flow_report(copied)
    for part in said:
        assert part in str(error.value)
