"""Which members and observations take part; everything refused is counted, and nothing is left is an error."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vadose.assimilate.fields import Field
from vadose.assimilate.options import Screening
from vadose.errors import DataError, GridMismatch, RangeError


@dataclass
class Account:
    """Counts by reason and sentences for the caller, filled as the analysis goes along."""

    counts: dict[str, int] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    def add(self, reason: str, number: int, sentence: str | None = None) -> None:
        """Count something, and say it where it happened at all; {} in the sentence is the number."""
        self.counts[reason] = int(number)
        if number and sentence:
            self.warnings.append(sentence.format(int(number)))


def observed_values(observed: Any) -> np.ndarray:
    """[observation] float; raises DataError where there are none."""
    y = np.asarray(observed, float)
    if y.ndim > 1:
        raise DataError(f"observed must be [observation], got the shape {y.shape}")
    y = y.reshape(-1)
    if y.size == 0:
        raise DataError("there are no observations: leave out the analysis, or look at what selected them")
    return y


def simulated_values(simulated: Any, ensemble: Any, members: int, observations: int) -> np.ndarray:
    """[member, observation] what each member simulates, from an array or an operator H(ensemble)."""
    values = simulated(ensemble) if isinstance(simulated, Callable) else simulated  # type: ignore[arg-type]
    hx = np.array(values, float)
    if hx.shape == (members,) and observations == 1:
        hx = hx[:, None]
    if hx.shape != (members, observations):
        raise GridMismatch(f"simulated must be [member, observation] = {(members, observations)}, got {hx.shape}")
    return hx


def error_covariance(error: Any, used: np.ndarray) -> np.ndarray:
    """R of the observations used: variances [observation] of independent errors, else [observation, observation].

    What is refused may lack an error.
    Raises RangeError where a standard deviation is not finite and > 0, DataError where a matrix is no covariance.
    """
    given = np.asarray(error, float)
    m = used.size
    if given.ndim == 2:
        return _matrix(given, used)
    if given.ndim > 2 or given.size not in (1, m):
        raise GridMismatch(
            f"error must be a number, [observation] = ({m},) or a covariance matrix ({m}, {m}), got {given.shape}"
        )
    sd = np.broadcast_to(given.reshape(-1), (m,))
    if np.any(wrong := used & ~(np.isfinite(sd) & (sd > 0.0))):
        first = int(np.flatnonzero(wrong)[0])
        raise RangeError(
            f"the error of an observation must be finite and > 0, got {sd[first]:g} for observation {first} "
            f"({int(wrong.sum())} of {int(used.sum())} are wrong); leave the observation out or give it an error"
        )
    return np.asarray(sd[used] ** 2)


def _matrix(given: np.ndarray, used: np.ndarray) -> np.ndarray:
    m = used.size
    if given.shape != (m, m):
        raise GridMismatch(f"an error covariance must be ({m}, {m}), got {given.shape}")
    given = given[np.ix_(used, used)]
    if not np.all(np.isfinite(given)) or not np.allclose(given, given.T, rtol=1e-10, atol=0.0):
        raise DataError("the error covariance matrix must be finite and symmetric")
    try:
        np.linalg.cholesky(given)
    except np.linalg.LinAlgError:
        least = float(np.linalg.eigvalsh(given)[0])
        raise DataError(
            f"the error covariance matrix is not positive definite, its smallest eigenvalue is {least:.3g}; "
            "check its correlations and their length"
        ) from None
    return given


def living_members(fields: list[Field], hx: np.ndarray, screening: Screening, account: Account) -> np.ndarray:
    """[member] True where state and simulated observations are finite.

    A value that all members lack is no fault of a member: the operator has nothing there.
    """
    good = np.ones(hx.shape[0], bool)
    for f in fields:
        for i in range(good.size):
            # One sum passes over memory once and makes no mask; only a doubtful one is looked at again.
            if not np.isfinite(f.prior[i].sum()):
                good[i] &= bool(np.isfinite(f.prior[i]).all())
    known = np.isfinite(hx)
    somewhere = known[good].any(axis=0) if good.any() else known.any(axis=0)
    good &= known[:, somewhere].all(axis=1)
    lost = np.flatnonzero(~good)
    if lost.size == good.size:
        raise DataError(
            f"none of the {good.size} members is finite; places without values in all members, such as water, must be "
            "left out of the ensemble"
        )
    if lost.size and screening.members == "error":
        raise DataError(
            f"{lost.size} of {good.size} members are not finite, the first is member {lost[0]}; look at its model run, "
            "or carry on without it with screening=Screening(members='drop')"
        )
    if good.sum() < 2:
        raise DataError(f"only {int(good.sum())} of {good.size} members are finite; an analysis needs at least 2")
    account.add("members lost", lost.size, "{} members are not finite and were left out of the analysis")
    return good


def useful_observations(
    y: np.ndarray, hx: np.ndarray, error: Any, screening: Screening, account: Account
) -> np.ndarray:
    """[observation] True for the observations that take part; hx [member, observation] of living members.

    Raises DataError where none is left, or where the ensemble has no spread at any of them.
    """
    account.add("observations", y.size)
    keep = np.isfinite(y)
    account.add("missing", (~keep).sum())
    known = np.isfinite(hx).all(axis=0)
    account.add("not simulated", (keep & ~known).sum(), "{} observations have no simulated value and were refused")
    keep &= known
    _some_left(keep, account)
    r = error_covariance(error, keep)
    variance = np.ones(y.size)
    variance[keep] = r if r.ndim == 1 else np.diag(r)
    mean, spread = np.zeros((2, y.size))
    mean[keep], spread[keep] = hx[:, keep].mean(axis=0), hx[:, keep].std(axis=0, ddof=1)
    if screening.beyond is not None:
        far = keep & (np.abs(np.where(keep, y, 0.0) - mean) > screening.beyond * np.sqrt(spread**2 + variance))
        told = f"{{}} observations lie beyond {screening.beyond:g} expected standard deviations and were refused"
        account.add("too far", far.sum(), told)
        keep &= ~far
        _some_left(keep, account)
    flat = keep & (spread <= 1e-14 * np.maximum(np.abs(mean), 1e-300))
    if np.array_equal(flat, keep):
        raise DataError(
            f"the ensemble has collapsed: all members simulate the same at each of the {int(keep.sum())} observations, "
            "which therefore cannot change it; perturb the members, or inflate them"
        )
    account.add("no spread", flat.sum(), "at {} observations all members are equal: they have no effect")
    account.add("used", keep.sum())
    return keep


def _some_left(keep: np.ndarray, account: Account) -> None:
    if not keep.any():
        reasons = ", ".join(f"{number} {reason}" for reason, number in account.counts.items() if number)
        raise DataError(f"no observation is left for the analysis: {reasons}")
