"""The tree of scores, relative scale and the forms in which the table is written."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.benchmark.scoretable import comparison, frame, line, run

from vadose.benchmark.export import cmec, to_dataset
from vadose.benchmark.score import overall, relative_scale, tree


def value(table: pd.DataFrame, row: str, score: str = "overall_score", column: str = "value") -> float:
    found = table[(table["row"] == row) & (table["score"] == score)][column]
    assert len(found) == 1
    return float(found.iloc[0])


def test_overall_of_what_is_present() -> None:
    assert overall({"bias_score": 0.2, "rmse_score": np.nan, "spatial_score": 0.6, "bias": 9.0}) == pytest.approx(0.4)
    assert np.isnan(overall({"bias_score": np.nan}))
    assert np.isnan(overall({}))
    both = overall({"bias_score": np.array([0.3, np.nan]), "rmse_score": np.array([0.6, 0.7])})
    assert both == pytest.approx([0.5, 0.7])


def test_references_combine_by_weight_variables_and_groups_equally() -> None:
    study = run(
        [
            comparison("a", weight=1.0),
            comparison("b", weight=3.0),
            comparison("c", variable="lai"),
            comparison("d", group="Carbon", variable="gpp"),
        ],
        {"M": ""},
    )
    table = frame([line("M", r, "overall_score", v) for r, v in zip("abcd", (0.2, 0.6, 0.9, 0.1), strict=True)])
    out = tree(table, study)
    water = ((0.2 + 3 * 0.6) / 4 + 0.9) / 2
    assert value(out, "group:Water") == pytest.approx(water)
    assert value(out, "group:Carbon") == pytest.approx(0.1)
    assert value(out, "ALL") == pytest.approx((water + 0.1) / 2)
    assert value(out, "ALL", "comparisons") == 4
    assert list(out.columns) == list(table.columns)


def test_a_missing_comparison_is_counted_and_left_out() -> None:
    study = run([comparison("a"), comparison("b")], {"M": ""})
    out = tree(frame([line("M", "a", "overall_score", 0.4), line("M", "b", "overall_score", np.nan)]), study)
    assert value(out, "ALL") == pytest.approx(0.4)
    assert value(out, "ALL", "comparisons") == 1


def test_weight_zero_leaves_a_comparison_out() -> None:
    study = run([comparison("a"), comparison("b", weight=0.0)], {"M": ""})
    out = tree(frame([line("M", r, "overall_score", v) for r, v in (("a", 0.4), ("b", 0.9))]), study)
    assert value(out, "ALL") == pytest.approx(0.4)


def test_half_widths_combine_in_quadrature() -> None:
    study = run([comparison("a"), comparison("b")], {"M": ""})
    out = tree(frame([line("M", "a", "overall_score", 0.4, 0.03), line("M", "b", "overall_score", 0.6, 0.04)]), study)
    assert value(out, "ALL", column="low") == pytest.approx(0.5 - 0.025)
    assert value(out, "ALL", column="high") == pytest.approx(0.5 + 0.025)


def test_an_interval_is_missing_where_a_part_has_none() -> None:
    study = run([comparison("a"), comparison("b")], {"M": ""})
    out = tree(frame([line("M", "a", "overall_score", 0.4, 0.03), line("M", "b", "overall_score", 0.6)]), study)
    assert value(out, "ALL") == pytest.approx(0.5)
    assert np.isnan(value(out, "ALL", column="low"))


def test_a_relationship_counts_with_its_only_score() -> None:
    side = {"variable": "soil_moisture"}
    study = run([], {"M": ""})
    study["relationships"] = [
        {"id": "r", "group": "Relationships", "weight": 1.0, "independent": side, "dependent": {"variable": "gpp"}}
    ]
    out = tree(frame([line("M", "r", "relationship_score", 0.7)]), study)
    assert value(out, "group:Relationships") == pytest.approx(0.7)
    assert value(out, "group:Relationships", "relationship_score") == pytest.approx(0.7)


def test_tree_of_an_empty_table_is_empty() -> None:
    assert tree(frame([]), run([comparison("a")], {})).empty


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6))
def test_a_group_lies_between_its_parts(values: list[float]) -> None:
    ids = [f"r{i}" for i in range(len(values))]
    study = run([comparison(i, weight=1.0 + k) for k, i in enumerate(ids)], {"M": ""})
    out = tree(frame([line("M", i, "overall_score", v) for i, v in zip(ids, values, strict=True)]), study)
    assert min(values) - 1e-12 <= value(out, "ALL") <= max(values) + 1e-12


def test_relative_scale_has_mean_zero_and_a_floor() -> None:
    table = frame([line(m, "a", "overall_score", v) for m, v in (("A", 0.1), ("B", 0.5), ("C", 0.9))])
    z = relative_scale(table)["relative"].to_numpy()
    assert z == pytest.approx(np.array([-1, 0, 1]) * np.sqrt(1.5))
    close = frame([line(m, "a", "overall_score", v) for m, v in (("A", 0.500), ("B", 0.502))])
    assert relative_scale(close)["relative"].to_numpy() == pytest.approx([-0.05, 0.05])
    alone = frame([line("A", "a", "overall_score", 0.3), line("A", "a", "bias", 0.3)])
    assert relative_scale(alone)["relative"].iloc[0] == 0.0
    assert np.isnan(relative_scale(alone)["relative"].iloc[1])


def test_relative_scale_and_tree_are_those_of_ilamb(vadose_data: Path) -> None:
    """Absolute overall scores of ILAMB 2.7.3 give its own relative ones, at sources and at heads of the tree."""
    golden = vadose_data / "golden/ilamb"
    with (golden / "ilamb27_tiny_scalar_database.csv").open() as file:
        known = [
            r for r in csv.DictReader(file) if (r["ScalarName"], r["AnalysisType"]) == ("Overall Score", "MeanState")
        ]
    lines = [
        line(r["Model"], r["Source"], "overall_score", float(r["Data"]), region=r["Region"])
        for r in known
        if r["Data"] != "nan"
    ]
    groups = {r["Source"]: ("Soil" if "Soil" in r["Section"] else "Ecohydrology", r["Variable"]) for r in known}
    models = dict.fromkeys(("CanESM-like", "CESM-like", "UKESM-like"), "")
    study = run([comparison(s, group=g, variable=v) for s, (g, v) in groups.items()], models)
    table = frame(lines)
    table = relative_scale(pd.concat([table, tree(table, study)], ignore_index=True))
    tables = json.loads((golden / "ilamb27_tiny_scalars.json").read_text())
    wanted = {"group:Ecohydrology": tables["Ecohydrology"]}
    for head in ("Soil Moisture", "Ecohydrology"):
        for child in tables[head]["children"].values():
            wanted |= child["children"]
    assert len(wanted) == 5
    for row, numbers in wanted.items():
        for region in ("global", "amazon", "conus", "sahel"):
            at = (table["row"] == row) & (table["region"] == region) & (table["score"] == "overall_score")
            ours = table[at].set_index("model")["relative"].reindex(list(models)).to_numpy()
            # The database holds six digits; the least spread between models is about 0.02.
            assert ours == pytest.approx(numbers[f"Overall Score {region}"], abs=2e-4), (row, region)


def example() -> tuple[pd.DataFrame, dict]:
    study = run([comparison("a", doi="10.1/x")], {"M": "CLM5", "<N>": ""})
    lines = [line("M", "a", "overall_score", 0.4, 0.03), line("<N>", "a", "overall_score", np.nan)]
    lines += [line("M", "a", "overall_score", 0.5, mode="ilamb2"), line("M", "a", "bias", -0.1, units="m3 m-3")]
    table = frame(lines)
    return pd.concat([table, tree(table, study)], ignore_index=True), study


def test_dataset_holds_every_number(tmp_path: Path) -> None:
    table, _ = example()
    data = to_dataset(table)
    assert data["value"].dims == ("row", "model", "region", "mode", "score")
    for item in table.itertuples():
        at = {"row": item.row, "model": item.model, "region": item.region, "mode": item.mode, "score": item.score}
        assert float(data["value"].sel(at)) == pytest.approx(item.value, nan_ok=True)
        assert float(data["low"].sel(at)) == pytest.approx(item.low, nan_ok=True)
    assert int(data["value"].notnull().sum()) == int(table["value"].notna().sum())
    assert str(data["units"].sel(row="a", score="bias").item()) == "m3 m-3"
    assert float(data["depth_bottom"].sel(row="a")) == 0.1
    data.to_netcdf(tmp_path / "scores.nc")


def test_cmec_nests_as_its_dimensions_say() -> None:
    table, study = example()
    bundle = cmec(table, study)
    text = json.dumps(bundle, allow_nan=False)
    dimensions = json.loads(text)["DIMENSIONS"]
    assert dimensions["json_structure"] == ["region", "model", "metric", "statistic"]

    def check(node: dict, structure: list[str]) -> None:
        if not structure:
            assert node is None or isinstance(node, float)
            return
        for name, child in node.items():
            assert name in dimensions[structure[0]]
            check(child, structure[1:])

    check(bundle["RESULTS"], dimensions["json_structure"])
    found = bundle["RESULTS"]["global"]["M"]
    assert found["Water::soil_moisture!!a"] == {"overall_score": 0.4, "overall_score!!ilamb2": 0.5, "bias": -0.1}
    assert found["Water"]["overall_score"] == pytest.approx(0.4)
    assert found["Overall"]["overall_score"] == pytest.approx(0.4)
    assert bundle["RESULTS"]["global"]["<N>"]["Water::soil_moisture!!a"] == {"overall_score": None}
    assert dimensions["metric"]["Water::soil_moisture!!a"]["URI"] == "https://doi.org/10.1/x"
