"""A whole year of Bondville against Noah-MP 5: the default, cold and spun up, and what each option changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tests.parity.bondville import CASES, Bondville, annual, differences, run_cases

from vadose.model.run import Run

pytestmark = pytest.mark.slow

APART = ("A_spin3", "M_sfc2")  # runs of their own: years before it, and a turbulence of other unknowns
BESIDE = [name for name in CASES if name not in APART]
LEAST = 10.0  # mm a year, responses that are compared
# Differences of an annual sum of the default, and of a response; daily root mean square differences.
SHARE, RESPONSE, MOISTURE, FLUX = 0.03, 0.25, 0.01, 6.0


@pytest.fixture(scope="module")
def site(vadose_data: Path) -> Bondville:
    return Bondville(vadose_data)


@pytest.fixture(scope="module")
def beside(site: Bondville) -> Run:
    return run_cases(site, BESIDE)


@pytest.fixture(scope="module")
def drag(site: Bondville) -> Run:
    return run_cases(site, ["M_sfc2"])


def check_year(site: Bondville, made: Run, column: int, case: str) -> None:
    ours, theirs = annual(made, column), site.annual[case]
    runoff = ours["SFCRNOFF"] + ours["UGDRNOFF"]
    assert runoff == pytest.approx(theirs["SFCRNOFF"] + theirs["UGDRNOFF"], rel=SHARE)
    for name in ("ET_mm", "ETRAN", "EDIR"):
        assert ours[name] == pytest.approx(theirs[name], rel=SHARE), name


def check_days(site: Bondville, made: Run, column: int, case: str) -> None:
    apart = differences(site, made, column, case)
    assert np.all(apart["SM"] <= MOISTURE)
    assert apart["LH"] <= FLUX
    assert apart["HFX"] <= FLUX


def check_closed(made: Run) -> None:
    assert np.max(made.tally.water) < 1e-12 * 20000 * 1000.0
    assert np.max(made.tally.energy) < 1e-8
    assert np.max(made.tally.failed) <= 0.005 * 364 * 48


def test_the_default_year_from_a_cold_start(site: Bondville, beside: Run) -> None:
    check_year(site, beside, 0, "A_default")
    check_days(site, beside, 0, "A_default")
    check_closed(beside)
    apart = differences(site, beside, 0, "A_default")
    assert np.all(apart["SM"] < 0.001)
    assert apart["LH"] < 2.0
    assert apart["HFX"] < 2.0
    assert apart["SWE"] < 0.2
    assert apart["TG"] < 0.1
    ours, theirs = annual(beside, 0), site.annual["A_default"]
    for name in ("ET_mm", "ETRAN", "EDIR"):
        assert ours[name] == pytest.approx(theirs[name], rel=0.005), name


def test_the_default_year_spun_up_and_that_cases_side_by_side_do_not_disturb_each_other(
    site: Bondville, beside: Run
) -> None:
    alone = run_cases(site, ["A_default"])
    for name, means in alone.means.items():
        # Two programs round otherwise, and what freezes or melts a step later shows for a day.
        apart = np.asarray(means[..., 0]) - np.asarray(beside.means[name][..., 0])
        assert np.sqrt(np.mean(apart**2)) <= 1e-2 * np.std(means[..., 0]), name
    spun = run_cases(site, ["A_spin3"], spin=3)
    check_year(site, spun, 0, "A_spin3")
    check_days(site, spun, 0, "A_spin3")
    check_closed(spun)


def test_chens_drag(site: Bondville, drag: Run) -> None:
    check_year(site, drag, 0, "M_sfc2")
    check_days(site, drag, 0, "M_sfc2")


@pytest.mark.parametrize("case", BESIDE[1:])
def test_the_days_of_every_option(site: Bondville, beside: Run, case: str) -> None:
    check_days(site, beside, BESIDE.index(case), case)


@pytest.mark.parametrize("case", [*BESIDE[1:], "M_sfc2"])
def test_every_option_changes_the_year_as_it_does_in_the_reference(
    site: Bondville, beside: Run, drag: Run, case: str
) -> None:
    made, column = (drag, 0) if case == "M_sfc2" else (beside, BESIDE.index(case))
    ours, default = annual(made, column), annual(beside, 0)
    for name in ("ET_mm", "ECAN", "ETRAN", "EDIR", "SFCRNOFF", "UGDRNOFF"):
        theirs = site.annual[case][name] - site.annual["A_default"][name]
        if abs(theirs) > LEAST:
            assert ours[name] - default[name] == pytest.approx(theirs, rel=RESPONSE), name
