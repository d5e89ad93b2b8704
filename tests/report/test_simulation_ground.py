"""Groundwater and rivers on the page of a simulation over a subsurface, and nothing of them on any other."""

from __future__ import annotations

from pathlib import Path

import netCDF4
import numpy as np
import pytest
from tests.report.browser import Open
from tests.report.coupled_fixture import ABOUT, DAYS, NX, NY, SIZE, THICKNESS, VALLEY, WELL, fields, write_coupled
from tests.report.simulation_fixture import NASTY, write_simulation
from tests.report.test_simulation import Tags, alter, data, values
from tests.report.test_simulation_browser import OUTSIDE

from vadose.errors import DataError
from vadose.report import write_report
from vadose.report.simulation_data import SimulationRun, read_simulation
from vadose.report.simulation_ground import GroundFields, Groundwater, ground_of, groundwater

FEW = ("soil_moisture", "evapotranspiration", "surface_runoff", "subsurface_runoff", "precipitation")
KINDS = {
    "one": {},
    "two": {"members": 2, "names": [NASTY, "clm"]},
    "level": {"relief": False, "outputs": ("water_table_depth",)},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {}
    for kind, of in KINDS.items():
        made[kind] = write_coupled(tmp_path_factory.mktemp(kind) / "run", variables=FEW, **of)  # type: ignore[arg-type]
        alter(made[kind], layers=[[0.0, 0.1], [0.1, 0.4], [0.4, 1.0], [1.0, 2.0]])
        write_report(made[kind])
    return made


def chapter(run: SimulationRun) -> Groundwater:
    with run.outputs() as outputs:
        found = groundwater(run, outputs, None)
    assert found is not None
    return found


def test_fields_are_those_of_the_outputs(runs: dict[str, Path]) -> None:
    run = read_simulation(runs["two"])
    with run.outputs() as outputs:
        ground = ground_of(run, outputs)
        assert ground is not None
        held = GroundFields(outputs.variables, ground, member=1)
        made = fields(1)
        assert ground.active.sum() == NY * NX - 1 and not ground.active[0, 0] and ground.cell == (SIZE, SIZE)
        assert ground.time.size == DAYS and ground.time[1] == 86400.0 and np.allclose(ground.thickness, THICKNESS)
        assert np.allclose(held.read("pond", -1), made["ponded_water"][-1] / 1000.0, equal_nan=True)
        assert held.read("saturation", 3).shape == (THICKNESS.size, NY, NX)
        table = held.read("water_table_depth", slice(2, 5))
        # Where water stands the table is drawn at the ground; below the lowest layer nothing is saturated.
        deep = made["water_table_depth"][2:5]
        assert (table[deep < 0.0] == 0.0).all() and np.isnan(table[deep > THICKNESS.sum()]).all()
        between = (deep >= 0.0) & (deep <= THICKNESS.sum())
        assert np.allclose(table[between], deep[between]) and (deep > THICKNESS.sum()).any()
        assert [rows for rows, _ in held.blocks("discharge")] == [slice(0, DAYS)]
        some = GroundFields({}, ground)
        assert not some.has("discharge") and not some.read("discharge", 0).any()


def test_the_page_has_maps_sections_rivers_and_times(runs: dict[str, Path]) -> None:
    run = runs["one"]
    head, maps, cut = (data(run, f"ground-{key}") for key in ("head", "maps", "sections"))
    assert data(run, "head")["ground"] == ["head", "sections", "maps", "topography", "areas", "frames"]
    assert head["discharge"] and head["calendar"] == "days" and head["shown"] == [0, 24, 49] and head["member"] == ""
    assert set(maps["layers"]) >= {"mean", "start", "end", "discharge_mean", "discharge_peak", "pond_peak", "relief"}
    made, there = fields(0), np.isfinite(fields(0)["discharge"][0])
    assert values(maps["layers"]["discharge_mean"]).max() == pytest.approx(
        np.log10(made["discharge"][..., there].mean(axis=0).max()), abs=1e-3
    )
    # The river is the valley, its sections cross there.
    assert len(maps["course"]) // 2 == 4 and {k % NX for k in maps["course"]} == {VALLEY}
    assert [s["along"] for s in cut["sections"]] == ["x", "y"] and cut["sections"][1]["place"] == (VALLEY + 0.5) * SIZE
    assert len(cut["sections"][0]["saturation"]) == 3
    last = values(cut["sections"][1]["saturation"][-1]).reshape(THICKNESS.size, NY)
    assert np.allclose(last, made["subsurface_saturation"][-1, :, :, VALLEY], atol=1e-3)
    assert len(data(run, "ground-frames")["table"]) == DAYS
    text = Tags(run).text
    assert "Groundwater and rivers" in text
    # What the chapter maps is not mapped twice; of several members those maps compare them.
    assert not any(name in data(run, "maps")["layers"] for name in ("0:water_table_depth", "0:discharge"))
    assert "1:water_table_depth" in data(runs["two"], "maps")["layers"]


def test_findings_say_where_the_water_is(runs: dict[str, Path]) -> None:
    text, made = Tags(runs["one"]).text, fields(0)
    table = np.maximum(made["water_table_depth"], 0.0)
    there = np.isfinite(table[0])
    deepest = np.where(table > THICKNESS.sum(), np.inf, table)[:, there]
    middle = np.sort(deepest, axis=1)[:, (there.sum() - 1) // 2]
    assert f"The water table lies at {middle[-1]:.2f} m below the ground at the end (median)" in text
    assert "the rank correlation of its depth with the wetness index is \u2212" in text
    flow = made["discharge"][:, there]
    assert (
        f"The largest river carries {flow.mean(axis=0).max():.3g} m\u00b3 s\u207b\u00b9 on average and "
        f"{flow.max():.3g} at its peak." in text
    )
    said = chapter(read_simulation(runs["level"])).findings
    assert len(said) == 1 and "correlation" not in said[0]


def test_the_largest_river_is_a_place_and_wells_are_compared(runs: dict[str, Path]) -> None:
    run = runs["one"]
    head = data(run, "head")
    assert head["places"][head["river"]]["name"].startswith("Largest river, ")
    well, mouth = data(run, "observed")
    assert well["name"] == "Well <i>3</i>" and well["units"] == "m" and mouth["units"] == "m3 s-1"
    assert mouth["place"] == head["river"]  # one place, not two of one cell
    made = fields(0)["water_table_depth"][:, *WELL]
    assert np.allclose(values(well["values"]) - values(well["members"][0]), 0.05, atol=1e-3)
    assert np.allclose(values(well["members"][0]), made, atol=1e-3)


def test_what_was_not_written_is_said(runs: dict[str, Path]) -> None:
    run = runs["level"]
    text, head = Tags(run).text, data(run, "head")
    assert "subsurface_saturation was not written" in text and "discharge was not written" in text
    assert data(run, "ground-sections")["sections"] == [] and data(run, "ground-topography") == []
    assert head["river"] is None


def test_names_of_members_are_text(runs: dict[str, Path]) -> None:
    raw = (runs["two"] / "index.html").read_text(encoding="utf-8")
    assert "<img" not in raw and "<i>3" not in raw
    assert data(runs["two"], "ground-head")["member"] == f"Member {NASTY}"


def test_columns_by_themselves_have_none_of_it(runs: dict[str, Path], tmp_path: Path) -> None:
    run = write_simulation(tmp_path / "run", sites=0, grid=(3, 4), days=40, variables=FEW, members=1)
    write_report(run)
    raw = (run / "index.html").read_text(encoding="utf-8")
    assert "Groundwater and rivers" not in raw and "VADOSE_DRAW.ground = " not in raw and "river-casing" not in raw
    assert "ground" not in data(run, "head") and "river" not in data(run, "head")
    # Nor has a run over a subsurface that wrote no water table.
    held = read_simulation(write_coupled(tmp_path / "dry", outputs=("ponded_water",), variables=FEW))
    with held.outputs() as outputs:
        assert groundwater(held, outputs, None) is None


def test_a_ground_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    run = write_coupled(tmp_path / "run", variables=FEW)
    with netCDF4.Dataset(run / "subsurface.nc", "a") as file:
        file.renameVariable("slope_x", "slope")
    with pytest.raises(DataError, match=r"subsurface.nc: cannot be read as the ground of a run.*slope_x.*write"):
        write_report(run)
    (run / "subsurface.nc").write_text("no netCDF")
    with pytest.raises(DataError, match=r"subsurface.nc: cannot be read as the ground of a run"):
        write_report(run)
    assert set(ABOUT) == {"water_table_depth", "ponded_water", "subsurface_saturation", "discharge"}


SHOWN = [("one", 1300, "dark"), ("two", 400, "light"), ("level", 820, "light")]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "width", "theme"), SHOWN)
def test_every_figure_is_drawn_and_fits(runs: dict[str, Path], visit: Open, kind: str, width: int, theme: str) -> None:
    tab = visit(runs[kind], "index.html", width=width, theme=theme)
    tab.wait_for_timeout(500)
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    count = {"one": 10, "two": 10, "level": 3}[kind]
    assert tab.locator("#water figure:visible").count() == count
    assert tab.locator("#water figure:visible p.empty").count() == 0
    assert tab.locator("#section-controls:visible").count() == (kind != "level")
    assert tab.evaluate(OUTSIDE) == []
    if kind == "one":
        before = tab.locator("#frames figure").inner_text()
        tab.get_by_label("Time of the map").fill("30")
        assert "2010-01-31" in tab.locator("#frames figure").inner_text() != before
        tab.get_by_label("Elevation", exact=True).check()
        assert "against=elevation" in tab.url and "m above datum" in tab.locator("#sections").inner_text()
