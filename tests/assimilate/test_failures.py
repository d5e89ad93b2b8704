"""Bad input: each an error or a counted warning that says what happened, never a silent run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.assimilate.problems import small

from vadose import assimilate as a
from vadose.errors import ConfigError, DataError, GridMismatch, RangeError

P = small()
M = P.at.size
ALL: list[Callable[..., a.Analysis]] = [a.enkf, a.denkf, a.etkf, a.estkf, a.ensrf]


def analyse(run: Callable[..., a.Analysis] = a.etkf, **changes: Any) -> a.Analysis:
    """An analysis of the small problem with something changed."""
    extra: dict[str, Any] = {"key": 1} if run is a.enkf else {}
    return run(**(P.given | extra | changes))


@pytest.mark.parametrize("run", ALL)
def test_an_ensemble_of_one(run: Callable[..., a.Analysis]) -> None:
    with pytest.raises(DataError, match="at least 2 members.*got 1"):
        analyse(run, ensemble=P.ensemble[:1], simulated=P.simulated[:1])


@pytest.mark.parametrize("run", ALL)
def test_no_observations(run: Callable[..., a.Analysis]) -> None:
    with pytest.raises(DataError, match="there are no observations"):
        analyse(run, observed=[], simulated=np.empty((6, 0)), error=[])


@pytest.mark.parametrize("run", ALL)
def test_all_observations_refused(run: Callable[..., a.Analysis]) -> None:
    with pytest.raises(DataError, match=f"no observation is left.*{M} missing"):
        analyse(run, observed=np.full(M, np.nan))
    with pytest.raises(DataError, match=f"no observation is left.*{M} too far"):
        analyse(run, observed=np.full(M, 1e3), screening=a.Screening(beyond=3.0))
    with pytest.raises(DataError, match=f"no observation is left.*{M} not simulated"):
        analyse(run, simulated=np.full_like(P.simulated, np.nan))


def test_far_observations_are_counted() -> None:
    y = P.observed.copy()
    y[2] = 1e3
    found = analyse(observed=y, screening=a.Screening(beyond=5.0))
    assert found.counts["too far"] == 1 and not found.used[2]
    assert any("1 observations lie beyond 5" in w for w in found.warnings)
    keep = np.arange(M) != 2
    without = analyse(observed=y[keep], simulated=P.simulated[:, keep], error=P.error[keep])
    np.testing.assert_array_equal(found.ensemble, without.ensemble)


def test_observations_that_no_member_simulates_are_counted() -> None:
    simulated = P.simulated.copy()
    simulated[:, 1] = np.nan
    found = analyse(simulated=simulated)
    assert found.counts["not simulated"] == 1 and found.counts["members lost"] == 0 and not found.used[1]
    assert any("no simulated value" in w for w in found.warnings)


@pytest.mark.parametrize("run", ALL)
@pytest.mark.parametrize("where", ["ensemble", "simulated"])
def test_a_member_that_is_not_finite(run: Callable[..., a.Analysis], where: str) -> None:
    given = {"ensemble": P.ensemble.copy(), "simulated": P.simulated.copy()}
    given[where][4].flat[0] = np.nan
    with pytest.raises(DataError, match="1 of 6 members are not finite, the first is member 4.*drop"):
        analyse(run, **given)
    found = analyse(run, **given, screening=a.Screening(members="drop"))
    rest = np.arange(6) != 4
    assert np.array_equal(found.members, rest) and found.counts["members lost"] == 1
    assert any("1 members are not finite" in w for w in found.warnings)
    np.testing.assert_array_equal(found.ensemble[4], given["ensemble"][4])
    if run is not a.enkf:  # whose perturbations are those of the members' own numbers
        without = analyse(run, ensemble=P.ensemble[rest], simulated=P.simulated[rest])
        np.testing.assert_array_equal(found.ensemble[rest], without.ensemble)


def test_too_few_members_left() -> None:
    ensemble = P.ensemble.copy()
    ensemble[1:] = np.inf
    with pytest.raises(DataError, match="only 1 of 6 members are finite"):
        analyse(ensemble=ensemble, screening=a.Screening(members="drop"))


@pytest.mark.parametrize("run", ALL)
@pytest.mark.parametrize("bad", [0.0, -0.1, np.nan, np.inf])
def test_an_impossible_error(run: Callable[..., a.Analysis], bad: float) -> None:
    error = P.error.copy()
    error[2] = bad
    with pytest.raises(RangeError, match=r"finite and > 0, got .* for observation 2 \(1 of 4 are wrong\)"):
        analyse(run, error=error)
    with pytest.raises(RangeError, match="finite and > 0"):
        analyse(run, error=bad)


@pytest.mark.parametrize("run", ALL)
def test_an_error_matrix_that_is_no_covariance(run: Callable[..., a.Analysis]) -> None:
    r = np.full((M, M), 0.9)
    np.fill_diagonal(r, 0.5)
    with pytest.raises(DataError, match="not positive definite, its smallest eigenvalue is -0.4"):
        analyse(run, error=r)
    with pytest.raises(DataError, match="finite and symmetric"):
        analyse(run, error=np.triu(np.ones((M, M))))
    with pytest.raises(GridMismatch, match="must be"):
        analyse(run, error=np.eye(M + 1))
    with pytest.raises(GridMismatch, match="error must be"):
        analyse(run, error=np.ones(M + 1))


@pytest.mark.parametrize("run", [a.etkf, a.estkf, a.ensrf])
def test_correlated_errors_cannot_be_localized_through_errors(run: Callable[..., a.Analysis]) -> None:
    with pytest.raises(ConfigError, match="must be independent"):
        analyse(run, error=np.eye(M) + 0.1, localization=P.localization)


@pytest.mark.parametrize("run", ALL)
def test_a_collapsed_ensemble(run: Callable[..., a.Analysis]) -> None:
    same = np.broadcast_to(P.simulated[:1], P.simulated.shape)
    with pytest.raises(DataError, match="collapsed"):
        analyse(run, simulated=same)
    partly = P.simulated.copy()
    partly[:, 1] = 0.3
    found = analyse(run, simulated=partly)
    assert found.counts["no spread"] == 1 and any("have no effect" in w for w in found.warnings)


def box(r: np.ndarray) -> np.ndarray:
    """No correlation function: a negative lobe that no spectrum allows."""
    return np.where(r < 0.2, 1.0, np.where(r < 0.9, 0.99, 0.0))


def test_a_taper_that_is_not_positive_definite() -> None:
    p = small(members=20, places=40, every=1, seed=4)
    where = a.Localization(p.positions, p.positions[p.at], 6.0, taper=box)
    precise = p.given | {"error": 1e-3}
    for run, extra in ((a.enkf, {"key": 1}), (a.denkf, {})):
        with pytest.raises(DataError, match="not positive definite.*gaspari-cohn"):
            run(**precise, localization=where, **extra)
    vague = a.denkf(**(p.given | {"error": 1e3}), localization=where)
    assert any("taper is not positive definite" in w for w in vague.warnings)


def test_a_taper_that_is_not_positive_definite_among_many(monkeypatch: pytest.MonkeyPatch) -> None:
    from vadose.assimilate import gain

    monkeypatch.setattr(gain, "DENSE", 10)
    p = small(members=20, places=40, every=1, seed=4)
    where = a.Localization(p.positions, p.positions[p.at], 6.0, taper=box)
    with pytest.raises(DataError, match="smallest pivot"):
        a.denkf(**(p.given | {"error": 1e-3}), localization=where)


def test_a_negative_taper_divides_no_error() -> None:
    where = a.Localization(P.positions, P.positions[P.at], 6.0, taper=lambda r: 1.0 - 1.5 * r)
    with pytest.raises(ConfigError, match="negative"):
        analyse(a.letkf, localization=where)


def test_localization_without_coordinates_or_of_the_wrong_length() -> None:
    with pytest.raises(DataError, match="positions_state is missing"):
        a.Localization(None, P.positions, 3.0)
    with pytest.raises(DataError, match="positions_observations is missing"):
        a.Localization(P.positions, None, 3.0)
    with pytest.raises(DataError, match="not finite"):
        a.Localization([0.0, np.nan], [0.0], 3.0)
    with pytest.raises(GridMismatch, match=r"must be \[observation, 1\]"):
        a.Localization(P.positions, np.zeros((4, 2)), 3.0)
    short = a.Localization(P.positions[:-1], P.positions[P.at], 3.0)
    with pytest.raises(GridMismatch, match="one position for each horizontal place"):
        analyse(localization=short)
    few = a.Localization(P.positions, P.positions[P.at][:-1], 3.0)
    with pytest.raises(GridMismatch, match="positions of 3 observations, and there are 4"):
        analyse(localization=few)
    with pytest.raises(ConfigError, match="must be a Localization"):
        analyse(localization=10.0)


def test_places_that_could_lie_either_way() -> None:
    square = np.random.default_rng(0).standard_normal((5, 3, 3))
    where = a.Localization(np.arange(3.0), [0.0], 2.0)
    with pytest.raises(ConfigError, match="may come first or last"):
        a.etkf(square, [0.1], square[:, 0, :1], 1.0, localization=where)


def test_a_radius_of_nothing() -> None:
    with pytest.raises(ConfigError, match="radius is 0"):
        a.Localization(P.positions, P.positions, 0.0)
    for bad in (-1.0, np.nan, np.inf):
        with pytest.raises(ConfigError, match="radius must be a finite number"):
            a.Localization(P.positions, P.positions, bad)
    own = a.Localization(P.positions, P.positions[P.at], 0.0, taper="step")
    found = analyse(a.letkf, localization=own)
    elsewhere = np.setdiff1d(np.arange(P.positions.size), P.at)
    np.testing.assert_allclose(found.ensemble[:, elsewhere], P.ensemble[:, elsewhere], rtol=1e-14)
    assert np.all(np.abs(found.ensemble[:, P.at] - P.ensemble[:, P.at]).max(axis=0) > 1e-3)


@pytest.mark.parametrize("run", ALL)
def test_observations_beyond_the_reach_of_every_state(run: Callable[..., a.Analysis]) -> None:
    at = P.positions[P.at].copy()
    at[0] = 1e4
    found = analyse(run, localization=a.Localization(P.positions, at, 7.0))
    assert found.counts["out of reach"] == 1
    assert any("1 observations have no place of the state within 7" in w for w in found.warnings)
    with pytest.raises(DataError, match="none of the 4 observations is within 7"):
        analyse(run, localization=a.Localization(P.positions, at + 1e5, 7.0))


def test_perturbations_need_one_source() -> None:
    with pytest.raises(ConfigError, match="either `perturbations`, or a `key`"):
        a.enkf(**P.given)
    with pytest.raises(ConfigError, match="either `perturbations`, or a `key`"):
        a.enkf(**P.given, key=1, perturbations=np.zeros((6, M)))
    with pytest.raises(GridMismatch, match="perturbations must be"):
        a.enkf(**P.given, perturbations=np.zeros((M, 6)))
    with pytest.raises(ConfigError, match="finite"):
        a.enkf(**P.given, perturbations=np.full((6, M), np.nan))
    with pytest.raises(ConfigError, match="whole number"):
        a.enkf(**P.given, key=0.5)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"simulated": np.zeros((4, 6))}, "simulated must be"),
        ({"observed": np.zeros((2, 2))}, "observed must be"),
        ({"ensemble": {}}, "no fields"),
        ({"ensemble": np.empty((6, 0))}, "with elements"),
        ({"ensemble": {"x": P.ensemble, "p": P.ensemble[:5]}}, "same members"),
        ({"damping": {"y": 0.1}}, "names 'y', which is no field"),
        ({"transforms": {"y": a.Log()}}, "names 'y', which is no field"),
        ({"damping": 0.0}, "damping must be a share"),
        ({"damping": 1.5}, "damping must be a share"),
        ({"inflation": 1.1}, "made of vadose.assimilate's inflations"),
        ({"inflation": [a.RTPS(0.5), a.RTPS(0.2)]}, "a kind twice"),
        ({"inflation": a.FiniteSize(), "localization": P.localization}, "FiniteSize needs"),
        ({"inflation": a.Adaptive(np.ones(3)), "localization": P.localization}, "variance factor"),
        ({"inflation": a.Adaptive(np.ones(3))}, "variance factor"),
    ],
)
def test_settings_and_shapes_that_do_not_fit(changes: dict[str, Any], message: str) -> None:
    with pytest.raises((ConfigError, DataError), match=message):
        analyse(**changes)


@pytest.mark.parametrize(
    "make",
    [
        lambda: a.Localization([0.0], [0.0], 1.0, support="diameter"),
        lambda: a.Localization([0.0], [0.0], 1.0, taper="cosine"),
        lambda: a.Localization([0.0], [0.0], 1.0, taper=lambda r: 0.5 * r),
        lambda: a.Localization([0.0], [0.0], 1.0, taper=lambda r: 1.0),
        lambda: a.Localization([0.0], [0.0], 1.0, metric="manhattan"),
        lambda: a.Localization([0.0], [0.0], 1.0, metric="periodic"),
        lambda: a.Localization([0.0], [0.0], 1.0, metric="periodic", period=-1.0),
        lambda: a.Localization([0.0], [0.0], 1.0, period=3.0),
        lambda: a.Localization([0.0], [0.0], 1.0, places="middle"),
        lambda: a.Screening(beyond=0.0),
        lambda: a.Screening(members="ignore"),
        lambda: a.Multiplicative(0.0),
        lambda: a.Multiplicative(1.1, when="later"),
        lambda: a.RTPS(1.2),
        lambda: a.RTPP(-0.1),
        lambda: a.Adaptive(-1.0),
        lambda: a.Adaptive(sd=0.0),
        lambda: a.FiniteSize(0.0),
        lambda: a.Logit(1.0, 0.0),
        lambda: a.Logit(0.0, 1.0, edge=0.7),
        lambda: a.esmda(1, P.ensemble, [0.0], 1.0, key=1),  # type: ignore[arg-type]
        lambda: a.esmda(lambda e: e, P.ensemble, [0.0], 1.0, key=1, steps=0),
        lambda: a.esmda(lambda e: e, P.ensemble, [0.0], 1.0, key=1, steps=[2.0, 3.0]),
    ],
)
def test_impossible_settings(make: Callable[[], Any]) -> None:
    with pytest.raises(ConfigError):
        make()


def test_positions_on_the_sphere_are_degrees() -> None:
    with pytest.raises(DataError, match="latitude"):
        a.Localization([[2e5, 0.0]], [[0.0, 0.0]], 1e3, metric="great-circle")


def test_a_setting_that_no_filter_has() -> None:
    with pytest.raises(TypeError, match="localisation"):
        analyse(localisation=P.localization)


def test_a_missing_observation_may_lack_its_error() -> None:
    y, error = P.observed.copy(), P.error.copy()
    y[1], error[1] = np.nan, np.nan
    found = analyse(observed=y, error=error)
    np.testing.assert_array_equal(found.ensemble, analyse(observed=y).ensemble)
    matrix = np.diag(error**2)
    np.testing.assert_allclose(analyse(observed=y, error=matrix).ensemble, found.ensemble, rtol=1e-11, atol=1e-12)


def test_places_without_values_are_no_part_of_an_ensemble() -> None:
    ensemble = P.ensemble.copy()
    ensemble[:, 5] = np.nan
    for members in ("error", "drop"):
        with pytest.raises(DataError, match="none of the 6 members is finite; places without values"):
            analyse(ensemble=ensemble, screening=a.Screening(members=members))
