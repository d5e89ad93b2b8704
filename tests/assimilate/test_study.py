"""The study file of an assimilation: what it may not say, and what the messages say about it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from vadose.assimilate.study import Study, load_study
from vadose.errors import ConfigError

TABLES: dict[str, Any] = {
    "forcing": {"path": "weather.nc"},
    "soil": {"texture_class": "loam"},
    "vegetation": {"kind": "grasslands"},
    "ensemble": {"size": 4, "texture": {"sand": 10.0, "clay": 10.0}, "parameters": {"lai": [0.5, 2.0]}},
    "assimilation": {"observations": [{"name": "SMAP", "path": "smap/*.h5", "kind": "smap"}]},
}


def study(**changes: Any) -> Study:
    """The study with some keys of [assimilation] changed."""
    tables = copy.deepcopy(TABLES)
    tables["assimilation"] |= changes
    return load_study(tables)[0]


def test_defaults_are_those_of_the_paper_and_safe() -> None:
    chosen = study().assimilation
    assert chosen.experiments == ("open loop", "state")
    assert (chosen.filter, chosen.radius, chosen.damping, chosen.bounds) == ("lenkf", None, 0.1, "clip")
    assert chosen.updates("open loop") == ()
    assert chosen.updates("state") == ("state",)
    joint = study(experiments=["state and parameters"], parameters=["texture", "lai"]).assimilation
    assert joint.updates("state and parameters") == ("state", "texture", "lai")
    assert joint.updates("state") == ("state",)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"observations": []}, r"no \[\[assimilation.observations\]\]: nothing to assimilate"),
        ({"experiments": []}, "`experiments` must name different ones"),
        ({"experiments": ["state", "state"]}, "`experiments` must name different ones"),
        ({"experiments": ["openloop"]}, "expected one of 'open loop', 'state', 'state and parameters', got 'openloop'"),
        ({"filter": "lenkff"}, "expected one of 'lenkf', 'letkf', .*, got 'lenkff'"),
        ({"taper": "gaspari"}, "expected one of 'gaspari-cohn', 'step', got 'gaspari'"),
        ({"support": "half"}, "expected one of 'radius', 'half-width', got 'half'"),
        ({"raduis": 10.0}, "unknown key `raduis`; did you mean `radius`"),
        ({"radius": 0.0}, "`radius` must be > 0, got 0"),
        ({"radius": float("nan")}, "`radius` must be > 0, got nan"),
        ({"damping": 1.5}, "`damping` must be > 0 and at most 1, got 1.5"),
        ({"depth": -0.1}, "`depth` must be > 0"),
        ({"beyond": 0.0}, "`beyond` must be > 0"),
        (
            {"groundwater": True},
            "`groundwater` = true updates the heads of the layers of .subsurface., which this study has",
        ),
        (
            {"groundwater": "levels"},
            '`groundwater` = "levels" updates heads by water tables and stages alone, and none',
        ),
        (
            {"observations": [{"name": "gauge", "truth": "truth", "variable": "ponded_water"}]},
            "'gauge': ponded_water needs a .subsurface., over which water stands",
        ),
        ({"hour": 24}, "`hour` must be 0 to 23"),
        ({"every": 0}, "`every` >= 1"),
        ({"lost": 1.0}, "`lost` must be a share of the members"),
        ({"inflation": [{"kind": "rtps", "value": 1.2}]}, "`value` of rtps is a share, at most 1, got 1.2"),
        ({"inflation": [{"kind": "adaptive", "value": 0.0}]}, "`value` must be a number > 0"),
        ({"inflation": [{"kind": "rtpp", "value": 0.5}] * 2}, "names a kind twice"),
        (
            {"inflation": [{"kind": "rtp", "value": 0.5}]},
            "expected one of 'multiplicative', 'rtps', 'rtpp', 'adaptive'",
        ),
        (
            {"experiments": ["state and parameters"]},
            "needs `parameters`; those that differ between members: texture, lai",
        ),
        (
            {"experiments": ["state and parameters"], "parameters": ["K_s"]},
            "'K_s' is not perturbed, so that nothing can be learnt of it; perturbed: texture, lai",
        ),
        (
            {"experiments": ["state and parameters"], "parameters": ["txture"]},
            "'txture' is not perturbed.*perturbed: texture, lai",
        ),
    ],
)
def test_what_a_study_may_not_say(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        study(**changes)


@pytest.mark.parametrize("bias", ["cdf", "mean-deviation"])
def test_a_bias_needs_the_open_loop(bias: str) -> None:
    seen = [{"name": "SMAP", "path": "smap/*.h5", "kind": "smap", "bias": bias}]
    assert study(observations=seen).assimilation.observations[0].bias == bias
    with pytest.raises(
        ConfigError, match="`experiments` lacks 'open loop', against which the bias of 'SMAP' is fitted"
    ):
        study(observations=seen, experiments=["state"])


def test_one_member_has_no_covariance() -> None:
    tables = copy.deepcopy(TABLES)
    for ensemble in ({}, {"size": 1}, {"members": [{"name": "only"}]}):
        with pytest.raises(ConfigError, match="one member, of which no covariance can be made"):
            load_study(tables | {"ensemble": ensemble})
    # Two that differ in a choice and not in numbers are two.
    two = load_study(tables | {"ensemble": {"presets": ["noahmp", "vadose"]}})[0]
    assert two.ensemble.presets == ("noahmp", "vadose")


def test_nothing_perturbed_is_nothing_to_learn() -> None:
    tables = copy.deepcopy(TABLES)
    tables["ensemble"] = {"size": 4, "forcing": {"precipitation": 0.3}}
    tables["assimilation"] |= {"experiments": ["state and parameters"], "parameters": ["texture"]}
    with pytest.raises(ConfigError, match=r"'texture' is not perturbed.*perturbed: none is. State it in \[ensemble"):
        load_study(tables)


def test_months_do_not_fit_analyses() -> None:
    with pytest.raises(
        ConfigError, match='`every` = "month" does not fit analyses within months; take "day" or "hour"'
    ):
        load_study(copy.deepcopy(TABLES) | {"output": {"every": "month"}})


def test_paths_start_from_the_folder_of_the_file(tmp_path: Path) -> None:
    tomli_w = pytest.importorskip("tomli_w")
    tables = copy.deepcopy(TABLES)
    tables["assimilation"]["observations"].append({"name": "twin", "truth": "truth"})
    (tmp_path / "mine.toml").write_text(tomli_w.dumps(tables))
    made, name = load_study(tmp_path / "mine.toml", ["assimilation.filter='etkf'"])
    assert name == "mine"
    assert made.assimilation.filter == "etkf"
    smap, twin = made.assimilation.observations
    assert smap.path == str(tmp_path / "smap" / "*.h5")
    assert twin.truth == str(tmp_path / "truth")
    assert made.forcing.path == str(tmp_path / "weather.nc")
    assert load_study(made)[0] == made
    assert load_study(tables)[1] == "assimilate-run"
    with pytest.raises(ConfigError, match=r"mine\.toml"):
        load_study(tmp_path / "mine.toml", ["assimilation.every=0"])
