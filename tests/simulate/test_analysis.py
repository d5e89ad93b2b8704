"""Shares of variance against ensembles whose shares are known."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st

from vadose.simulate.analysis import COLUMNS, Sampling, analysis, varied
from vadose.simulate.analysis_months import monthly_means
from vadose.simulate.analysis_shares import shares, tabulate, total
from vadose.simulate.members import Member

FAST = Sampling(replicates=60)
DAYS = 3 * 365


def crossed(maps: int = 2, ptfs: int = 3, closures: int = 1, size: int = 1) -> list[Member]:
    found = []
    for a, b, c, n in product(range(maps), range(ptfs), range(closures), range(size)):
        found.append(Member(f"{a}{b}{c}{n}", "vadose", f"map{a}", f"ptf{b}", f"closure{c}", n))
    return found


def run(values: np.ndarray, cycle: np.ndarray | None = None, noise: float = 0.0, sites: int = 1) -> xr.Dataset:
    """Daily outputs of three years: values [member] W m-2, and a seasonal cycle of that amplitude [member]."""
    start = np.datetime64("2001-01-01", "s")
    edges = start + np.arange(DAYS + 1) * np.timedelta64(1, "D")
    bounds = np.stack([edges[:-1], edges[1:]], axis=1)
    phase = np.cos(2 * np.pi * np.arange(DAYS) / 365.25)
    draw = np.random.default_rng(0).normal(0.0, 1.0, (values.size, DAYS))
    series = values[:, None] + noise * draw + (0.0 if cycle is None else cycle[:, None] * phase)
    return xr.Dataset(
        {
            "hfls": (("member", "time", "site"), np.repeat(series[..., None], sites, 2),
                     {"vadose_name": "latent_heat", "units": "W m-2"}),
            "time_bnds": (("time", "bnds"), bounds),
        },
        {"member": [str(i) for i in range(values.size)], "site": [f"s{i}" for i in range(sites)]},
    )  # fmt: skip


def rows_of(rows: list[dict[str, object]], statistic: str = "mean") -> dict[str, dict[str, float]]:
    return {str(r["choice"]): r for r in rows if r["statistic"] == statistic}  # type: ignore[misc]


def test_additive_choices_have_the_shares_of_their_variances() -> None:
    members = crossed(2, 3)
    maps, ptfs = np.array([0.0, 2.0]), np.array([-3.0, 0.0, 3.0])
    values = np.array([50 + maps[int(m.soil_map[3:])] + ptfs[int(m.ptf[3:])] for m in members])
    rows = analysis(run(values), members, FAST)
    found = rows_of(rows)
    assert set(found) == {"soil_map", "ptf", "soil_map x ptf"} and set(rows[0]) == set(COLUMNS)
    assert found["soil_map"]["first"] == pytest.approx(1.0 / 7.0, abs=1e-9)
    assert found["ptf"]["first"] == found["ptf"]["total"] == pytest.approx(6.0 / 7.0, abs=1e-9)
    assert found["soil_map x ptf"]["first"] == pytest.approx(0.0, abs=1e-9)
    assert found["ptf"]["range"] == pytest.approx(6.0) and found["ptf"]["lowest"] == "ptf0"
    assert found["soil_map"]["highest"] == "map1" and found["ptf"]["mean"] == pytest.approx(51.0)
    assert found["ptf"]["missing"] == 0 and found["ptf"]["members"] == 6


def test_a_pure_interaction_belongs_to_no_choice_alone() -> None:
    members = crossed(2, 2)
    values = np.array([10.0 + (m.soil_map[-1] == m.ptf[-1]) for m in members])
    found = rows_of(analysis(run(values), members, FAST))
    assert found["soil_map x ptf"]["first"] == pytest.approx(1.0)
    assert found["ptf"]["first"] == pytest.approx(0.0, abs=1e-12) and found["ptf"]["total"] == pytest.approx(1.0)


def test_the_seasonal_cycle_has_shares_of_its_own() -> None:
    members = crossed(2, 2)
    by_map = np.array([float(m.soil_map[-1]) for m in members])
    by_ptf = np.array([float(m.ptf[-1]) for m in members])
    rows = analysis(run(50 + by_map, 5 + 2 * by_ptf), members, FAST)
    # Days of three years and one of a quarter day leave a trace of the cycle in the mean.
    assert rows_of(rows)["soil_map"]["first"] == pytest.approx(1.0, abs=1e-3)
    assert rows_of(rows, "cycle")["ptf"]["first"] == pytest.approx(1.0, abs=1e-6)
    assert rows_of(rows, "cycle")["ptf"]["range"] == pytest.approx(4.0, rel=0.05)


@given(st.integers(0, 10**6), st.integers(2, 4), st.integers(2, 4), st.integers(1, 3))
def test_shares_add_up_and_totals_contain_firsts(seed: int, a: int, b: int, c: int) -> None:
    table = np.random.default_rng(seed).normal(0, 1, (a, b, c, 2, 5))
    parts = shares(table)
    np.testing.assert_allclose(sum(parts.values()), 1.0, atol=1e-12)
    for axis in range(3):
        assert (total(parts, axis) >= parts[(axis,)] - 1e-12).all()
        centred = table - table.mean(axis=(0, 1, 2), keepdims=True)
        inner = (centred - centred.mean(axis=axis, keepdims=True)) ** 2
        expected = inner.mean(axis=(0, 1, 2)).sum(-1) / (centred**2).mean(axis=(0, 1, 2)).sum(-1)
        np.testing.assert_allclose(total(parts, axis), expected, atol=1e-12)


def test_the_first_index_of_ishigami_on_a_grid() -> None:
    """sin x1 + 7 sin^2 x2 + 0.1 x3^4 sin x1: S1 0.314, S2 0.442, S13 0.244 (Saltelli et al. 2008 table 4.3)."""
    x = np.pi * (2.0 * (np.arange(64) + 0.5) / 64 - 1.0)
    x1, x2, x3 = np.meshgrid(x, x, x, indexing="ij")
    y = np.sin(x1) + 7.0 * np.sin(x2) ** 2 + 0.1 * x3**4 * np.sin(x1)
    parts = shares(y[..., None, None])
    assert parts[(0,)][0] == pytest.approx(0.3139, abs=2e-3)
    assert parts[(1,)][0] == pytest.approx(0.4424, abs=2e-3)
    assert parts[(0, 2)][0] == pytest.approx(0.2437, abs=2e-3)
    assert parts[(2,)][0] == pytest.approx(0.0, abs=1e-12)


def test_a_missing_member_of_an_additive_ensemble_changes_nothing() -> None:
    members = crossed(2, 3)
    values = np.array([50 + 2.0 * float(m.soil_map[-1]) + 3.0 * float(m.ptf[-1]) for m in members])
    whole = rows_of(analysis(run(values), members, FAST))
    values[4] = np.nan
    found = rows_of(analysis(run(values), members, FAST))
    for choice in whole:
        assert found[choice]["first"] == pytest.approx(whole[choice]["first"], abs=0.01)
    assert found["ptf"]["missing"] == 1 and found["ptf"]["members"] == 5
    fewer = rows_of(analysis(run(values[[0, 1, 2, 3, 5]]), [members[i] for i in (0, 1, 2, 3, 5)], FAST))
    assert fewer["ptf"]["first"] == pytest.approx(found["ptf"]["first"], abs=1e-9)


def test_too_few_members_have_no_shares() -> None:
    members = crossed(3, 3)
    values = np.where(np.arange(9) < 4, np.arange(9.0), np.nan)
    # One map with all three functions and one with a single one: as many members as effects, none for the pairs.
    few = rows_of(analysis(run(values[:4]), members[:4], FAST))
    assert set(few) == {"soil_map", "ptf"} and few["ptf"]["members"] == 4 and few["ptf"]["missing"] == 2
    assert all(np.isnan(r[k]) for r in few.values() for k in ("first", "total", "chance", "range"))
    assert all(r["levels"] == "" and r["sd"] > 0 for r in few.values())
    diagonal = [m for m in members if m.soil_map[-1] == m.ptf[-1]]
    found = rows_of(analysis(run(np.arange(3.0)), diagonal, FAST))
    assert set(found) == {"soil_map + ptf"} and found["soil_map + ptf"]["first"] == pytest.approx(1.0)
    assert tabulate([["a", "a"], ["x", "x"]], np.ones(2, bool)) is None


@pytest.mark.parametrize(
    ("soils", "functions", "expected"),
    [
        ("aabb", "xyxy", True),  # complete
        ("aab", "xyx", False),  # additive by assumption alone
        ("aaabb", "xyzxy", True),  # one member more than effects
        ("aabc", "xyzx", False),  # no more than half
        ("aabbccdd", "xyxyzwzw", False),  # two blocks that share no level: which differs, soil or function?
        ("aabbcccdd", "xyxyzwxzw", True),  # a member that links them
    ],
)
def test_choices_can_be_told_apart_where_members_link_their_levels(soils: str, functions: str, expected: bool) -> None:
    table = tabulate([list(soils), list(functions)], np.ones(len(soils), bool))
    assert table is not None and table.separable is expected


def test_a_choice_that_follows_from_another_joins_it() -> None:
    members = [
        Member(f"{p}{m}", p, m, ptf, "own")
        for p, ptf in (("noahmp", "noah"), ("vadose", "rosetta3"))
        for m in ("a", "b")
    ]
    assert list(varied(members)) == ["preset + ptf", "soil_map"]
    assert varied(members[:1]) == {} and analysis(run(np.zeros(1)), members[:1]) == []


def test_intervals_of_years_and_chance() -> None:
    members = crossed(2, 3)
    effect = np.array([3.0 * float(m.ptf[-1]) for m in members])
    clear = rows_of(analysis(run(50 + effect, noise=1.0), members, FAST))["ptf"]
    assert clear["first_low"] <= clear["first"] <= clear["first_high"] and clear["first_low"] > 0.9
    assert clear["first"] > clear["chance"] > 0.3
    draw, above, members = np.random.default_rng(1), 0, crossed(3, 4)
    for _ in range(40):
        found = rows_of(analysis(run(draw.normal(50, 1, 12)), members, FAST))["ptf"]
        above += found["first"] > found["chance"]
    assert above <= 6, "of shuffled ensembles one in twenty is above"


def test_equal_members_have_no_shares_and_perturbations_are_a_choice() -> None:
    members = crossed(1, 2, 1, 3)
    same = rows_of(analysis(run(np.full(6, 7.0)), members, FAST))
    assert set(same) == {"ptf", "number", "ptf x number"} and np.isnan(same["ptf"]["first"])
    values = np.array([float(m.number) for m in members])
    assert rows_of(analysis(run(values), members, FAST))["number"]["first"] == pytest.approx(1.0)


def test_cells_count_by_their_area_and_layers_stand_alone() -> None:
    bounds = np.array([["2001-01-01", "2001-02-01"]], "datetime64[s]")
    values = np.zeros((2, 1, 2, 2, 1))
    values[..., 1, 0] = 3.0  # at 60 degrees: half the area of the equator
    values[1, 0, 1] += 4.0
    data = xr.Dataset(
        {
            "mrsol": (
                ("member", "time", "depth", "lat", "lon"),
                values,
                {"vadose_name": "soil_moisture", "units": "kg m-2"},
            ),
            "depth_bnds": (("depth", "bnds"), np.array([[0.0, 0.1], [0.1, 1.0]])),
            "time_bnds": (("time", "bnds"), bounds),
        },
        {"lat": [0.0, 60.0], "lon": [0.0]},
    )
    found = list(monthly_means(data))
    assert [(n, d) for n, d, *_ in found] == [("soil_moisture", "0-0.1"), ("soil_moisture", "0.1-1")]
    np.testing.assert_allclose(found[0][3].values[:, 0, 0], [1.0, 1.0], rtol=1e-12)
    np.testing.assert_allclose(found[1][3].values[:, 0, 0], [1.0, 5.0], rtol=1e-12)


def test_cells_that_one_member_lacks_count_for_none() -> None:
    data = run(np.array([1.0, 2.0]), sites=2)
    data["hfls"][0, :, 1] = np.nan
    data["hfls"][1, :, 1] = 100.0
    np.testing.assert_allclose([m.values[:, 0, 0] for *_, m in monthly_means(data)][0], [1.0, 2.0], rtol=1e-12)
