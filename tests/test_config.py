"""Study files: what is accepted, and that errors name the place and the remedy."""

from __future__ import annotations

import tomllib

import pytest

from vadose.benchmark.study import parse_study, read_study
from vadose.config import expand, override
from vadose.errors import ConfigError
from vadose.workflow.output import study_toml

GOOD = """
[study]
title = "Two models"
period = [1970, 2014]
regions = ["global", "koppen:arid"]

[[models]]
name = "A"
path = ["a/*.nc", "b/*.nc"]
names = {gpp = "GPP"}

[[references]]
name = "Wang2021OLC"
variable = "soil_moisture"
path = "olc.nc"
depth = [0, 0.10]
layers = [[0, 0.1], [0.1, 0.3]]

[[references]]
name = "WECANN"
variable = "gpp"
path = "gpp.nc"

[[regions]]
name = "sahel"
box = [8, 20, -15, 35]

[[relationships]]
independent = {variable = "soil_moisture", reference = "Wang2021OLC", depth = [0.0, 0.10]}
dependent = {variable = "gpp", reference = "WECANN"}

[bootstrap]
replicates = 50
"""


def test_a_good_study_reads_and_integers_stand_for_numbers():
    study = parse_study(tomllib.loads(GOOD))
    assert study.references[0].depth == (0.0, 0.1)
    assert study.references[0].layers == ((0.0, 0.1), (0.1, 0.3))
    assert study.study.months == (12 * 1970, 12 * 2014 + 11)
    assert study.models[0].path == ("a/*.nc", "b/*.nc")
    assert study.bootstrap.replicates == 50


def test_the_resolved_study_reads_back_to_the_same_study():
    study = parse_study(tomllib.loads(GOOD))
    assert parse_study(tomllib.loads(study_toml(study))) == study


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("regions = [", "regoins = [", r"\[study\]: unknown key `regoins`; did you mean `regions`"),
        ('name = "A"', 'nam = "A"', r"\[\[models\]\] 1: unknown key `nam`; did you mean `name`"),
        ('names = {gpp = "GPP"}', 'names = {gp = "GPP"}', r"unknown variable 'gp'"),
        ('names = {gpp = "GPP"}', 'without = ["lia"]', r"unknown variable 'lia'"),
        ('name = "A"', "", r"\[\[models\]\] 1: the key `name` is missing"),
        ("period = [1970, 2014]", 'period = "1970-2014"', r"`period`: expected a list, got a string"),
        ("period = [1970, 2014]", "period = [2014, 1970]", r"`period` must be \[first year, last year\]"),
        ("period = [1970, 2014]", "period = [1970]", r"`period`: expected 2 values, got 1"),
        ("depth = [0, 0.10]", "depth = [0.1, 0.0]", r"`depth` must be \[top, bottom\]"),
        ("depth = [0, 0.10]", "", r"soil moisture needs a `depth`"),
        ("depth = [0, 0.10]", 'depth = [0, 1.0]\nmodel_variable = "mrsos"', r"`mrsos` is the top 0.1 m"),
        ('variable = "gpp"', 'variable = "gp"', r"unknown variable 'gp'"),
        ("[bootstrap]", "[bootstrapp]", r"unknown key `bootstrapp`; did you mean `bootstrap`"),
        ("replicates = 50", "replicates = true", r"`replicates`: expected an integer, got true/false"),
        ("[[regions]]", "[regions]", r"\[regions\] must be written \[\[regions\]\]"),
        (
            "[bootstrap]",
            "[weights]\nbais_score = 1.0\n[bootstrap]",
            r"\[weights\]: unknown key `bais_score`; did you mean",
        ),
        ("[bootstrap]", "[weights]\nbias_score = -1.0\n[bootstrap]", r"weights must not be negative"),
        ("box = [8, 20, -15, 35]", "", r"needs exactly one of box, mask, shapefile"),
        ('reference = "WECANN"', 'reference = "WECAN"', r"no reference 'WECAN' of gpp"),
    ],
)
def test_a_wrong_study_is_refused_by_place_and_remedy(old, new, message):
    assert old in GOOD
    with pytest.raises(ConfigError, match=message):
        parse_study(tomllib.loads(GOOD.replace(old, new, 1)), "s.toml")


def test_models_must_differ_in_name():
    twice = tomllib.loads(GOOD)
    twice["models"] *= 2
    with pytest.raises(ConfigError, match="the name 'A' stands twice"):
        parse_study(twice)


def test_a_missing_or_broken_file_is_named(tmp_path):
    (tmp_path / "study.toml").write_text("[study\nperiod = 1")
    with pytest.raises(ConfigError, match=r"study.toml: not valid TOML.*line 1"):
        read_study(tmp_path / "study.toml")
    with pytest.raises(ConfigError, match=r"stdy.toml: no such study file; did you mean study.toml"):
        read_study(tmp_path / "stdy.toml")
    with pytest.raises(ConfigError, match="is a folder"):
        read_study(tmp_path)


def test_overrides_are_toml_values_or_bare_words():
    table = override(
        {"study": {"mode": "exact"}}, ["study.mode=ilamb2", "bootstrap.replicates=5", "study.period=[1, 2]"]
    )
    assert table == {"study": {"mode": "ilamb2", "period": [1, 2]}, "bootstrap": {"replicates": 5}}
    with pytest.raises(ConfigError, match="expected KEY=VALUE"):
        override({}, ["study.mode"])
    with pytest.raises(ConfigError, match="`mode` is not a table"):
        override({"study": {"mode": "exact"}}, ["study.mode.x=1"])


def test_paths_are_filled_in_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("SOME_DATA", "/data")
    assert expand("${SOME_DATA}/x*.nc", tmp_path) == "/data/x*.nc"
    assert expand("y.nc", tmp_path) == str(tmp_path / "y.nc")
    with pytest.raises(ConfigError, match="NO_SUCH_NAME is not set"):
        expand("$NO_SUCH_NAME/y.nc", tmp_path)
