"""What the report says of the sources of spread, and where it leaves shares out."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from tests.report.simulation_fixture import write_simulation
from tests.report.test_simulation import Tags, data

from vadose.report import write_report
from vadose.report.simulation_data import read_simulation
from vadose.report.simulation_findings import findings
from vadose.report.simulation_series import Shown, reduce_outputs
from vadose.report.simulation_spread import analysis, left_out

FLUX = {"units": "kg m-2 s-1", "mean": 1e-5, "sd": 1e-6}


def row(variable: str, choice: str, first: float | str, **more: Any) -> dict[str, Any]:
    return {
        "variable": variable, "depth": "", "statistic": "mean", "choice": choice, "levels": 3, "first": first,
        "total": first, "chance": 0.1, "units": "W m-2", "mean": 90.0, "sd": 9.0, "members": 6, "missing": 0, **more,
    }  # fmt: skip


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return write_simulation(tmp_path / "run", sites=1, members=2, days=40, failures=0)


def told(run: Path, rows: list[dict[str, Any]]) -> str:
    with (run / "analysis.csv").open("w", newline="") as file:
        out = csv.DictWriter(file, list(rows[0]))
        out.writeheader()
        out.writerows(rows)
    simulation = read_simulation(run)
    with simulation.outputs() as outputs:
        reduced = reduce_outputs(simulation, outputs)
    spread = analysis(simulation, reduced.about)
    return findings(simulation, reduced, {"water": [], "energy": []}, [], spread)[-1]


def test_the_headline_is_about_the_flux_of_water_that_differs_most(run: Path) -> None:
    rows = [
        row("net_radiation", "soil_map", 0.95), row("net_radiation", "ptf", 0.05),
        row("evapotranspiration", "soil_map", 0.3, **FLUX), row("evapotranspiration", "ptf", 0.6, **FLUX),
        row("evapotranspiration", "soil_map x ptf", 0.7, **FLUX), row("evapotranspiration", "higher", 0.8, **FLUX),
        row("transpiration", "soil_map", 0.9, **{**FLUX, "sd": 5e-7}), row("soil_moisture", "ptf", 0.99),
    ]  # fmt: skip
    said = told(run, rows)
    assert said.startswith("Evapotranspiration differs by 31.6 mm a year around 316 (standard deviation)")
    assert said.endswith("the pedotransfer function alone explains 60 % of the variance between the members.")


def test_soil_moisture_stands_in_where_there_are_no_fluxes_of_water(run: Path) -> None:
    moist = {"units": "kg m-2", "mean": 100.0, "depth": "0-1"}
    rows = [
        row("net_radiation", "soil_map", 0.95), row("soil_moisture", "soil_map", 0.4, **moist, sd=20.0),
        row("soil_moisture", "ptf", 0.2, **moist, sd=20.0), row("sensible_heat", "ptf", 0.99),
    ]  # fmt: skip
    said = told(run, rows)
    assert "Soil moisture, 0-1 m differs by 20 mm around 100" in said and "the soil map alone explains 40 %" in said


def test_combinations_that_are_missing_stand_with_the_shares(run: Path) -> None:
    rows = [row("evapotranspiration", c, s, **FLUX, missing=1, members=5) for c, s in (("soil_map", 0.7), ("ptf", 0.2))]
    assert told(run, rows).endswith("70 % of the variance between the members, from 5 of 6 combinations.")
    write_report(run)
    assert {(r["members"], r["missing"]) for r in data(run, "skill")["analysis"]} == {(5.0, 1.0)}
    assert left_out(read_simulation(run)) is None


def test_shares_that_cannot_be_told_apart_are_left_out_and_the_page_says_so(run: Path) -> None:
    rows = [
        row(v, c, "nan", levels="", **FLUX, missing=4, total="nan")
        for v in ("evapotranspiration", "transpiration")
        for c in ("soil_map", "ptf")
    ]
    assert "variance" not in told(run, rows)
    write_report(run)
    assert data(run, "skill")["analysis"] == []
    text = " ".join(Tags(run).text.split())
    assert (
        "The shares of soil map and pedotransfer function in the variance are left out: 6 of 10 combinations are there"
        in text
    )
    hidden = [a for t, a in Tags(run).found if t == "section" and a.get("id") == "spread" and "hidden" in a]
    assert not hidden


def test_outputs_without_variance_are_not_called_left_out(run: Path) -> None:
    rows = [row("evapotranspiration", c, 0.5, **FLUX, missing=1) for c in ("soil_map", "ptf")]
    rows += [row("soil_ice", c, "nan", missing=1, total="nan") for c in ("soil_map", "ptf", "soil_map x ptf")]
    told(run, rows)
    assert left_out(read_simulation(run)) is None


def test_titles_of_users_names_are_those_of_the_outputs(run: Path) -> None:
    rows = [row("evapotranspiration", c, 0.5, **FLUX) for c in ("soil_map", "number")]
    told(run, rows)
    found = analysis(read_simulation(run), {"evapotranspiration": Shown("Evapotranspiration", "mm d-1")})
    assert [(r["title"], r["choice"]) for r in found] == [
        ("Evapotranspiration", "soil map"), ("Evapotranspiration", "perturbation")
    ]  # fmt: skip
