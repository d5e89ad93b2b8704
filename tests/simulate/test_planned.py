"""What is wrong with a study is said while planning, also by `--dry-run`: nothing is computed before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import tomli_w
from tests.simulate import studies

from vadose.errors import VadoseError
from vadose.simulate.run import describe_study, make_plan
from vadose.simulate.study import load_study


def planned(weather: Path, folder: Path, **tables: Any) -> Any:
    return make_plan(load_study(studies.study(weather, **tables))[0], folder, hashed=False)


def probe(folder: Path, text: str = "2001-01-05,0.2\n2001-01-06,0.3\n", **keys: Any) -> dict[str, Any]:
    (folder / "probe.csv").write_text("date,sm\n" + text)
    site = {"site": "Humid grassland", "depth": [0.0, 0.1], "units": "m3 m-3"}
    return {"name": "SM", "path": str(folder / "probe.csv"), "variable": "soil_moisture", "column": "sm"} | site | keys


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"path": "/nowhere/probe.csv"}, "/nowhere/probe.csv: no such file"),
        ({"column": "theta"}, "theta"),
        ({"units": "furlong"}, "furlong"),
        ({"site": "Elsewhere"}, "the run has Humid grassland"),
        ({"depth": [0.0, 9.0]}, "too shallow for 0-9 m"),
        ({"text": "1999-01-05,0.2\n1999-01-06,0.3\n"}, "no measurement between 2001-01-01.*change \\[period\\]"),
    ],
)
def test_observations_that_cannot_be_used_are_named(
    keys: dict[str, Any], said: str, weather: Path, tmp_path: Path
) -> None:
    with pytest.raises(VadoseError, match=said):
        planned(weather, tmp_path, observations=[probe(tmp_path, **keys)])
    assert not (tmp_path / "run").exists()


def test_what_is_compared_is_an_output(weather: Path, tmp_path: Path) -> None:
    plan = planned(weather, tmp_path, observations=[probe(tmp_path)], output={"variables": ["latent_heat"]})
    assert plan.tiles[0].outputs == ("soil_moisture", "soil_ice", "latent_heat")
    assert plan.observed.targets[0].place == "Humid grassland"
    assert planned(weather, tmp_path, output={"variables": ["latent_heat"]}).tiles[0].outputs == ("latent_heat",)


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        ({"soil": {"ptf": "wosten99"}}, "needs organic_carbon"),
        ({"soil": {"closure": "pdi"}}, "computes with psi_s and b"),
        ({"ensemble": {"closures": ["campbell", "van-genuchten"]}}, "computes with psi_s and b"),
        ({"initial": {"moisture": [0.1, 0.2]}}, "one a layer"),
        ({"ensemble": {"size": 2, "parameters": {"K_z": [0.5, 2.0]}}}, "K_s"),
        ({"vegetation": {"root_depth": 9.0}}, "root"),
        ({"initial": {"restart": "/nowhere/run"}}, "no restart here"),
    ],
)
def test_soils_and_plants_that_cannot_be_are_named(
    tables: dict[str, Any], said: str, weather: Path, tmp_path: Path
) -> None:
    with pytest.raises(VadoseError, match=said):
        planned(weather, tmp_path, **tables)


def test_a_site_s_parameters_are_tried_too(weather: Path, tmp_path: Path) -> None:
    table = studies.study(weather)
    table["sites"][2]["soil"]["parameters"] = {"thetas": 0.4}
    with pytest.raises(VadoseError, match="did you mean `theta_s`"):
        make_plan(load_study(table)[0], tmp_path, hashed=False)


@pytest.mark.parametrize("preset", ["noahmp", "clm", "vadose"])
def test_a_function_with_a_curve_of_its_own_is_planned(preset: str, weather: Path, tmp_path: Path) -> None:
    plan = planned(weather, tmp_path, model={"preset": preset}, soil={"ptf": "sr06"})
    assert plan.members[0].closure == ("own" if preset == "vadose" else "campbell")


def test_sites_whose_closures_differ_are_refused_before_the_run(weather: Path, tmp_path: Path) -> None:
    table = studies.study(weather, model={"preset": "vadose"}, soil={"ptf": "sr06"})
    table["sites"][1]["soil"]["ptf"] = "rosetta3"
    with pytest.raises(VadoseError, match="a run needs one"):
        make_plan(load_study(table)[0], tmp_path, hashed=False)


def test_the_dry_run_names_the_study_file(weather: Path, tmp_path: Path) -> None:
    path = tmp_path / "study.toml"
    path.write_text(tomli_w.dumps(studies.study(weather, soil={"closure": "pdi"})))
    with pytest.raises(VadoseError, match=rf"^{path}: \[model.options\] heat = 'noah'"):
        describe_study(path)
