"""[subsurface] refuses what cannot be, and keys that would have no effect, by name and with the remedy."""

from __future__ import annotations

from typing import Any

import pytest
from tests.simulate import setups
from tests.simulate.subsurface_studies import LAYERS, planned, tables

from vadose.errors import ConfigError
from vadose.simulate.output_frame import chosen
from vadose.simulate.study_subsurface import Subsurface, check_tables


def test_it_is_off_without_layers() -> None:
    assert not setups.a_study().subsurface.on
    assert tables().on


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"layers": ()}, "`layers` is missing beside `slope_y`"),
        ({"layers": (1.0, 0.0)}, "`layers` must be thicknesses > 0 m"),
        ({"layers": (1.0, -2.0)}, "`layers` must be thicknesses > 0 m"),
        ({"layers": (1.0, float("nan"))}, "`layers` must be thicknesses > 0 m"),
        ({"K_s": 3.6}, r"`K_s` must be 1e-14 to 0.1 m s-1, got 3.6.*divide m/h by 3600"),
        ({"K_s": -1e-5}, "`K_s` must be > 0"),
        ({"porosity": 40.0}, "`porosity` must be < 1 m3 m-3, got 40; divide % by 100"),
        ({"dx": 0.0}, "`dx` must be > 0"),
        ({"manning": 0.0}, "`manning` must be > 0"),
        ({"specific_storage": 1.0}, "`specific_storage` must be in m-1"),
        ({"iterations": 0}, "`iterations` >= 1"),
        ({"stretch": -1.0}, "`stretch` >= 0"),
        ({"slope_y": -4.0}, "`slope_y` must be m per m"),
        ({"elevation": "dem.nc"}, "`elevation` and `slope_x` contradict each other"),
        ({"elevation": "dem.nc", "slopes": "s.nc", "slope_y": 0.0}, "`elevation` and `slopes` contradict"),
        ({"variable": "dem"}, "`variable` has no effect without `elevation`"),
        ({"outlets": "lowest"}, "`outlets` has no effect without `elevation`"),
        ({"least_slope": 1e-3}, "`least_slope` has no effect without `elevation`"),
    ],
)
def test_keys_that_cannot_be(keys: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        tables(**keys)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"site": {"name": "A"}}, r"\[subsurface\] needs a gridded forcing"),
        ({"sites": [{"name": "A"}, {"name": "B"}]}, r"\[subsurface\] needs a gridded forcing"),
        ({"model": {"options": {"soil_water": "simgm"}}}, r"`soil_water` = 'simgm' has no effect.*switched off"),
        ({"initial": {"moisture": "saturation"}}, r"\[initial\] `moisture` has no effect"),
        ({"initial": {"moisture": 0.3}}, r"\[initial\] `moisture` has no effect"),
        ({"initial": {"water_table": 2.0}}, r"\[initial\] `water_table` has no effect.*state `water_table` there"),
        ({"soil": {"texture_class": "loam", "slope": 0.5}}, r"\[soil\] `slope`"),
        ({"ensemble": {"parameters": {"soil.slope": [0.5, 2.0]}}}, r"\[soil\] `slope`"),
    ],
)
def test_other_tables_that_would_have_no_effect(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        check_tables(planned(**changed))


def test_an_uncertain_water_table_needs_a_subsurface() -> None:
    with pytest.raises(ConfigError, match=r"\[ensemble.parameters\] `subsurface.water_table` needs a \[subsurface\]"):
        setups.a_study(ensemble={"parameters": {"subsurface.water_table": [0.5, 2.0]}})


def test_a_restart_may_stand_beside_it() -> None:
    check_tables(planned(initial={"restart": "run", "moisture": 0.3}))


def test_pressure_head_is_known_over_a_subsurface_only() -> None:
    assert chosen(("pressure_head", "lai"), subsurface=True) == ("pressure_head", "lai")
    assert "pressure_head" not in chosen(("all",), subsurface=False)
    with pytest.raises(ConfigError, match=r"pressure_head is known over a \[subsurface\] only"):
        chosen(("pressure_head",), subsurface=False)


def test_defaults_are_those_of_a_study_that_states_layers_alone() -> None:
    assert Subsurface(layers=LAYERS).scheme == "kinematic" and Subsurface(layers=LAYERS).lateral
