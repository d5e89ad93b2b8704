"""The study file: every key has its place, wrong ones say what was meant."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.simulate.setups import a_study

from vadose.errors import ConfigError
from vadose.simulate.study import load_study

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"sol": {}}, "did you mean `soil`"),
    ({"site": {}, "sites": [{}]}, "not both"),
    ({"soil": {"texture_class": "loam", "sand": 40.0, "clay": 20.0}}, "stated 2 times"),
    ({"soil": {"sand": 40.0}}, "belong together"),
    ({"soil": {"map": "gsde"}}, "no soil map 'gsde'"),
    ({"soil": {"colour": 9}}, "from 1 .light. to 8"),
    ({"soil": {"conductivity_depth": 0.0}}, "> 0 m"),
    ({"soil": {"deep_temperature": 12.0}}, "add 273.15"),
    ({"vegetation": {"kind": 10, "map": "a.nc"}}, "keep one"),
    ({"vegetation": {"fraction": 60.0}}, "divide % by 100"),
    ({"vegetation": {"lai": [1.0, 2.0]}}, "twelve months"),
    ({"vegetation": {"lai": -1.0}}, "0 to 20"),
    ({"vegetation": {"root_depth": 0.0}}, "> 0"),
    ({"model": {"step": 0.0}}, "`step`"),
    ({"initial": {"moisture": 30.0}}, "divide % by 100"),
    ({"initial": {"moisture": float("nan")}}, "0 to 1"),
    ({"initial": {"moisture": "moist"}}, "field capacity"),
    ({"spinup": {"cycles": -1}}, "`cycles`"),
    ({"ensemble": {"size": 3}}, "nothing differs"),
    ({"ensemble": {"parameters": {"K_s": [2.0, 1.0]}}}, "0 < low <= high"),
    ({"ensemble": {"forcing": {"correlation": 0.0}}}, "> 0 hours"),
    ({"ensemble": {"members": [{"ptf": "sr06"}], "ptfs": ["ch78"]}}, "keep one"),
    ({"ensemble": {"members": [{"ptf": "sr06"}, {}]}}, "1 of 2 state `ptf`"),
    ({"ensemble": {"members": [{"name": "a"}, {"name": "a"}]}}, "stands twice"),
    ({"ensemble": {"members": [{"soil_map": "gsde"}]}}, "no soil map 'gsde'"),
]


@pytest.mark.parametrize(("tables", "message"), WRONG, ids=[m for _, m in WRONG])
def test_a_wrong_key_says_what_was_expected(tables: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        a_study(**tables)


def test_only_the_forcing_is_needed() -> None:
    assert load_study({"forcing": {"path": "a.csv"}})[0].model.preset == "vadose"


def test_paths_start_from_the_folder_of_the_study(tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text('[forcing]\npath = "a/*.nc"\n[vegetation]\nmap = "b.nc"\n')
    study, name = load_study(tmp_path / "run.toml")
    assert (study.forcing.path, study.vegetation.map) == (str(tmp_path / "a/*.nc"), str(tmp_path / "b.nc"))
    assert name == "run"


def test_a_single_site_tells_the_forcing_where_it_is() -> None:
    site = {"latitude": 40.0, "longitude": -88.3, "elevation": 219.0}
    forcing = load_study({"forcing": {"path": "a.csv"}, "site": site})[0].forcing
    assert (forcing.lat, forcing.lon, forcing.elevation) == (40.0, -88.3, 219.0)
    stated = load_study({"forcing": {"path": "a.csv", "lat": 1.0, "lon": 2.0}, "site": site})[0].forcing
    assert (stated.lat, stated.lon) == (1.0, 2.0)
