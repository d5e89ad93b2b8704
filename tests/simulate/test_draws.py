"""Draws of texture and factors: what follows from them, what is put in their place, and what that costs."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from tests.simulate import subsurface_studies
from tests.simulate.setups import WARM, a_study, points, prepared

from vadose.errors import ConfigError, DataError
from vadose.grid.cells import Cells
from vadose.grid.latlon import LatLonGrid
from vadose.simulate.draws import Draws, Prior, priors, side_by_side
from vadose.simulate.members import members
from vadose.simulate.setup import Climate, Prepared, join, prepare
from vadose.soil.thermal import Johansen

LOAM = {"sand": 40.0, "clay": 20.0}
TEXTURE = {"sand": 10.0, "clay": 10.0}
EVERYTHING: dict[str, Any] = {
    "size": 3, "control": False, "texture": TEXTURE | {"length": 20.0},
    "pedotransfer": {"K_s": "function", "theta_s": 0.03, "length": 0.0},
    "parameters": {"n": [0.8, 1.25], "vcmax25": [0.5, 2.0], "soil.slope": [0.5, 1.0]},
}  # fmt: skip


def small_grid(rows: int, columns: int) -> Cells:
    """Cells half a kilometre wide."""
    return Cells.whole(LatLonGrid.from_centres(50.0 + 0.0045 * np.arange(rows), 6.0 + 0.007 * np.arange(columns)))


def drawn(ensemble: dict[str, Any], cells: Cells, soil: dict[str, Any] | None = None, **tables: Any) -> list[Prepared]:
    """All members of a study."""
    study = a_study(soil=soil or LOAM, ensemble=ensemble, **tables)
    climate = Climate(np.full(cells.size, WARM))
    return [prepare(study, member, cells, climate) for member in members(study)]


def same(a: Any, b: Any) -> bool:
    """Whether all leaves are equal bit for bit."""
    return all(np.array_equal(x, y) for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True))


def test_parameters_follow_the_texture_through_the_function_and_heat() -> None:
    (made,) = drawn({"size": 1, "control": False, "texture": TEXTURE}, points("A"))
    sand, clay = np.asarray(made.draws.texture)[:, 0]
    assert abs(sand - 40.0) > 0.1 and abs(clay - 20.0) > 0.1
    plain = prepared(a_study(soil={"sand": float(sand), "clay": float(clay)}), points("A"))
    for a, b in zip(jax.tree.leaves(made.parameters), jax.tree.leaves(plain.parameters), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_porosity_moves_heat_and_thresholds_too() -> None:
    (made,) = drawn({"size": 1, "control": False, "pedotransfer": {"theta_s": 0.05}}, points("A"))
    soil = made.parameters.soil
    by, plain = made.draws.factors["theta_s"][0], prepared(a_study(soil=LOAM), points("A")).parameters.soil
    theta_s = np.asarray(soil.retention.theta_s)
    np.testing.assert_allclose(theta_s, np.asarray(plain.retention.theta_s) * by, rtol=1e-12)
    expected = Johansen.from_soil(np.full_like(theta_s, 40.0), np.full_like(theta_s, 20.0), theta_s)
    np.testing.assert_allclose(soil.thermal.lambda_dry, expected.lambda_dry, rtol=1e-12)
    np.testing.assert_allclose(soil.thermal.lambda_sat, expected.lambda_sat, rtol=1e-12)
    np.testing.assert_allclose(soil.wilting_point, soil.retention.water_content(-152.95743), rtol=1e-6)


SOILS: list[dict[str, Any]] = [
    LOAM,
    {"sand": [20.0, 30.0, 40.0, 60.0], "clay": [30.0, 25.0, 20.0, 10.0], "gravel": 20.0, "organic_carbon": 3.0},
    {"texture_class": "loam", "closure": "campbell"},
]


@pytest.mark.parametrize("soil", SOILS)
@pytest.mark.parametrize("preset", ["vadose", "noahmp"])
def test_own_draws_give_the_same_parameters_bit_for_bit(preset: str, soil: dict[str, Any]) -> None:
    curve = "b" if preset == "noahmp" or "closure" in soil else "n"
    table = EVERYTHING | {"parameters": {curve: [0.8, 1.25], "vcmax25": [0.5, 2.0], "soil.slope": [0.5, 1.0]}}
    table |= {"pedotransfer": {"K_s": 0.3, "theta_s": 0.03, "length": 2.0}}
    study = a_study(soil=soil, ensemble=table, model={"preset": preset, "layers": [0.1, 0.3, 0.6, 1.0]})
    cells, climate = small_grid(2, 3), Climate(np.full(6, WARM))
    one, _, other = members(study)
    made = prepare(study, one, cells, climate)
    again = prepare(study, one, cells, climate, made.draws)
    assert same((made.parameters, made.state), (again.parameters, again.state))
    given = prepare(study, other, cells, climate, made.draws)
    assert same(made.parameters, given.parameters), "draws from outside replace those of any member"
    assert not same(made.parameters, prepare(study, other, cells, climate).parameters)


def test_the_control_is_as_stated_and_says_its_texture() -> None:
    control, other, _ = drawn(EVERYTHING | {"control": True}, small_grid(2, 3))
    plain = prepared(a_study(soil=LOAM), small_grid(2, 3))
    assert same(control.parameters, plain.parameters)
    assert np.array_equal(control.draws.texture, np.repeat([[40.0], [20.0]], 6, axis=1))
    assert all(np.array_equal(by, np.ones(6)) for by in control.draws.factors.values())
    assert set(control.draws.factors) == set(other.draws.factors) == {"K_s", "theta_s", "n", "vcmax25", "soil.slope"}
    assert plain.draws.texture is None and plain.draws.factors == {}


def test_part_of_the_cells_draws_the_same() -> None:
    cells = small_grid(6, 6)
    study = a_study(soil=LOAM, ensemble=EVERYTHING)
    whole = prepared(study, cells, 1)
    part = prepared(study, cells.part(slice(7, 20)), 1)
    for a, b in zip(jax.tree.leaves(whole.parameters), jax.tree.leaves(part.parameters), strict=True):
        np.testing.assert_allclose(a[..., 7:20], b, rtol=1e-12)
    assert np.array_equal(whole.draws.part(slice(7, 20)).texture, part.draws.texture)


@pytest.mark.parametrize("soil", SOILS)
def test_copies_of_the_cells_are_members_side_by_side(soil: dict[str, Any]) -> None:
    """Sites with soils of their own too. Roots are sought for all columns together, to within their tolerance."""
    sites = [{"name": "A"}, {"name": "B", "soil": {"sand": 80.0, "clay": 5.0}}, {"name": "C"}]
    sites = sites if "texture_class" not in soil else [{"name": name} for name in "ABC"]
    table = EVERYTHING | {"parameters": {"vcmax25": [0.5, 2.0], "soil.slope": [0.5, 1.0]}}
    study = a_study(soil=soil, sites=sites, ensemble=table, model={"layers": [0.1, 0.3, 0.6, 1.0]})
    cells, climate = points("A", "B", "C"), Climate(np.array([280.0, 285.0, 290.0]))
    made = [prepare(study, member, cells, climate) for member in members(study)]
    apart = join(made)
    at_once = prepare(study, members(study)[0], cells, climate, side_by_side([m.draws for m in made]), len(made))
    for a, b in zip(jax.tree.leaves(apart.parameters), jax.tree.leaves(at_once.parameters), strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-7)


def test_sites_with_soils_of_their_own_have_their_own_draws() -> None:
    sites = [{"name": "A"}, {"name": "B", "soil": {"sand": 80.0, "clay": 5.0}}, {"name": "C"}]
    study = a_study(soil=LOAM, sites=sites, ensemble={"size": 2, "texture": TEXTURE, "pedotransfer": {"K_s": 0.3}})
    cells = points("A", "B", "C")
    made = prepared(study, cells, 1)
    change = np.asarray(made.draws.texture) - [[40.0, 80.0, 40.0], [20.0, 5.0, 20.0]]
    assert change[:, 0] == pytest.approx(change[:, 2])
    assert abs(change[1, 1] / change[1, 0]) == pytest.approx(0.45, rel=1e-9)  # 4.5 points of clay are there to lose
    again = prepare(study, members(study)[1], cells, Climate(np.full(3, WARM)), made.draws)
    assert same(again.parameters, made.parameters)


def test_draws_stand_beside_another_as_the_columns_do() -> None:
    made = drawn(EVERYTHING, small_grid(2, 2))
    joined = join(made)
    assert np.shape(joined.draws.texture) == (2, 12)
    assert np.array_equal(np.asarray(joined.draws.texture)[:, 4:8], made[1].draws.texture)
    assert np.array_equal(joined.draws.factors["K_s"][8:], made[2].draws.factors["K_s"])


def test_notes_of_members_that_differ_in_numbers_alone_are_said_once() -> None:
    table = {"size": 4, "texture": TEXTURE, "control": False}
    made = drawn(table, small_grid(2, 2), {"sand": 45.0, "clay": 30.0, "closure": "campbell"})
    fitted = [[note for note in m.notes if "fitted by" in note] for m in made]
    assert len({note for notes in fitted for note in notes}) > 1
    assert [note for note in join(made).notes if "fitted by" in note] == fitted[0]


BAD: list[tuple[Draws, str]] = [
    (Draws(np.zeros((2, 5))), r"must be \[2, 3\], got \[2, 5\]"),
    (Draws(None, {"K_s": np.ones(2)}), r"`K_s` must be \[3\]"),
    (Draws(None, {"K_s": np.array([1.0, np.nan, 1.0])}), "1 values are not finite"),
    (Draws(None, {"K_s": np.array([1.0, -2.0, 1.0])}), "must be factors > 0, got -2"),
    (Draws(np.array([[60.0] * 3, [50.0] * 3])), "a part is -10 %"),
]


@pytest.mark.parametrize(("own", "message"), BAD)
def test_draws_that_cannot_be_are_refused(own: Draws, message: str) -> None:
    study = a_study(soil=LOAM)
    with pytest.raises(DataError, match=message):
        prepare(study, members(study)[0], points("A", "B", "C"), Climate(np.full(3, WARM)), own)


def test_an_unknown_factor_is_named_with_the_nearest() -> None:
    study = a_study(soil=LOAM)
    with pytest.raises(ConfigError, match="unknown parameter `Ks` did you mean `K_s`"):
        prepare(study, members(study)[0], points("A"), Climate(np.full(1, WARM)), Draws(None, {"Ks": np.ones(1)}))


def test_priors_say_what_is_drawn_and_how() -> None:
    study = a_study(soil=LOAM, ensemble=EVERYTHING | {"pedotransfer": {"K_s": 0.5, "theta_s": "function"}})
    found = priors(study)
    assert list(found) == ["texture", "K_s", "theta_s", "n", "vcmax25", "soil.slope"]
    assert found["texture"] == Prior("texture", width=(10.0, 10.0))
    assert found["K_s"].sd == pytest.approx(0.5 * np.log(10.0)) and found["theta_s"] == Prior("log-normal")
    assert found["n"] == Prior("log-uniform", bounds=(0.8, 1.25))
    assert priors(replace(study, ensemble=a_study().ensemble)) == {}


def test_a_map_that_changes_is_read_anew(tmp_path: Path) -> None:
    import xarray as xr

    path = tmp_path / "map.nc"

    def write(sand: float) -> None:
        values = {"sand": sand, "clay": 20.0}
        fields = {k: (("lat", "lon"), np.full((21, 21), v), {"units": "%"}) for k, v in values.items()}
        path.unlink(missing_ok=True)
        xr.Dataset(fields, {"lat": np.linspace(49.9, 50.1, 21), "lon": np.linspace(5.9, 6.1, 21)}).to_netcdf(path)

    write(40.0)
    study = a_study(soil={"map": "m"}, soil_maps={"m": {"path": str(path)}}, ensemble={"size": 2, "texture": TEXTURE})
    first, second = (np.asarray(prepared(study, small_grid(2, 2), n).draws.texture)[0] for n in (0, 1))
    assert np.abs(first - 40.0).max() < 1e-9 < np.abs(second - 40.0).min()
    write(60.0)
    assert np.asarray(prepared(study, small_grid(2, 2)).draws.texture)[0] == pytest.approx(60.0)


@pytest.mark.slow
def test_new_parameters_of_32_members_and_900_columns_take_seconds() -> None:
    """At every analysis of a joint update: preset vadose, rosetta3."""
    cells = small_grid(30, 30)
    study = a_study(soil=LOAM, ensemble=EVERYTHING | {"size": 32})
    climate = Climate(np.full(900, WARM))
    made = [prepare(study, member, cells, climate) for member in members(study)]
    began = time.process_time()
    for member, one in zip(members(study), made, strict=True):
        prepare(study, member, cells, climate, one.draws)
    assert time.process_time() - began < 10.0


def test_members_over_a_subsurface_begin_at_water_tables_of_their_own() -> None:
    """One factor for all columns, within its bounds, which the control leaves at 1 and no filter may change."""
    bounds, cells = (0.5, 2.0), subsurface_studies.cells()
    ensemble = {"size": 5, "parameters": {"subsurface.water_table": list(bounds)}}
    study = subsurface_studies.planned(ensemble=ensemble)
    made = [prepare(study, member, cells, Climate(np.full(cells.size, WARM))) for member in members(study)]
    depth = np.stack([np.asarray(one.state.groundwater.water_table) for one in made])
    np.testing.assert_allclose(depth, depth[:, :1] * np.ones(cells.size), rtol=1e-12)
    table = study.subsurface.water_table
    assert depth[0, 0] == pytest.approx(table, rel=1e-9)
    assert np.all((depth[1:] > bounds[0] * table) & (depth[1:] < bounds[1] * table)) and np.ptp(depth) > 0.2 * table
    assert "subsurface.water_table" not in priors(study)
