"""Members are all combinations of the choices, and those of one program stand together."""

from __future__ import annotations

import pytest
from tests.simulate.setups import a_study

from vadose.errors import ConfigError
from vadose.simulate.members import groups, member_soil, members

MAPS = {"a": {"values": {"sand": 60.0, "clay": 10.0}}, "b": {"values": {"sand": 20.0, "clay": 40.0}}}


def test_a_plain_study_has_one_member_with_the_choices_of_its_preset() -> None:
    found = [members(a_study(model={"preset": p}))[0] for p in ("noahmp", "clm", "vadose")]
    assert [m.ptf for m in found] == ["noah", "ch78", "rosetta3"]
    assert [m.closure for m in found] == ["campbell", "campbell", "van-genuchten"]


def test_members_are_all_combinations_with_names_of_their_own() -> None:
    study = a_study(
        soil={},
        soil_maps=MAPS,
        ensemble={
            "soil_maps": ["a", "b"], "ptfs": ["rosetta3", "sr06"], "closures": ["campbell", "van-genuchten"],
            "presets": ["noahmp", "vadose"], "size": 3, "parameters": {"K_s": [0.5, 2.0]},
        },
    )  # fmt: skip
    found = members(study)
    assert len(found) == len({m.name for m in found}) == 48
    assert found[1].name == "noahmp a rosetta3 campbell #1"
    assert {m.number for m in found} == {0, 1, 2}


def test_a_group_shares_preset_and_closure() -> None:
    found = members(a_study(ensemble={"ptfs": ["ch78", "rosetta3", "cosby84", "sr06"]}))
    assert [[m.ptf for m in group] for group in groups(found)] == [["ch78", "cosby84"], ["rosetta3"], ["sr06"]]


def test_a_member_brings_its_map_in_place_of_the_stated_soil() -> None:
    study = a_study(soil_maps=MAPS, ensemble={"soil_maps": ["a", "b"], "ptfs": ["sr06"]})
    table = member_soil(study, members(study)[1], study.soil)
    assert (table.map, table.texture_class, table.ptf) == ("b", "", "sr06")


def test_an_unknown_function_is_named_with_the_nearest() -> None:
    with pytest.raises(ConfigError, match="did you mean 'rosetta"):
        members(a_study(ensemble={"ptfs": ["rosetta"]}))


PAIRS = [{"soil_map": "a", "ptf": "sr06"}, {"soil_map": "b", "ptf": "ch78", "name": "B"}]


def test_members_can_be_listed_one_by_one() -> None:
    study = a_study(soil={}, soil_maps=MAPS, ensemble={"members": PAIRS})
    found = members(study)
    assert [(m.name, m.preset, m.soil_map, m.ptf) for m in found] == [
        ("a sr06", "vadose", "a", "sr06"), ("B", "vadose", "b", "ch78"),
    ]  # fmt: skip
    table = member_soil(study, found[1], study.soil)
    assert (table.map, table.ptf, table.closure) == ("b", "ch78", "campbell")


def test_listed_members_are_perturbed_as_combinations_are() -> None:
    ensemble = {"members": PAIRS, "size": 2, "parameters": {"K_s": [0.5, 2.0]}}
    found = members(a_study(soil={}, soil_maps=MAPS, ensemble=ensemble))
    assert [(m.name, m.number) for m in found] == [("a sr06 #0", 0), ("a sr06 #1", 1), ("B #0", 0), ("B #1", 1)]


def test_members_that_differ_in_nothing_are_refused() -> None:
    with pytest.raises(ConfigError, match="two members are called 'vadose'"):
        members(a_study(ensemble={"members": [{}, {}]}))


def test_without_a_control_every_member_is_perturbed() -> None:
    table = {"size": 3, "parameters": {"K_s": [0.5, 2.0]}}
    with_one, without = (members(a_study(ensemble=table | {"control": c})) for c in (True, False))
    assert [(m.name, m.number) for m in with_one] == [("#0", 0), ("#1", 1), ("#2", 2)]
    assert [(m.name, m.number) for m in without] == [("#1", 1), ("#2", 2), ("#3", 3)]
    (only,) = members(a_study(ensemble=table | {"size": 1, "control": False}))
    assert (only.name, only.number) == ("vadose", 1)
