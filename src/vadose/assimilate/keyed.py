"""Random numbers that are a function of where they are used: key, member and observation, in any order or chunk."""

from __future__ import annotations

import math
import operator
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import njit

from vadose.errors import ConfigError
from vadose.numerics.splitmix import GAMMA, mix, normal

Key = int | Sequence[int]
_WORD = (1 << 64) - 1


@njit("f8[:,::1](u8, u8[::1], u8[::1])", cache=True, nogil=True)
def _normals(root: Any, members: Any, others: Any) -> Any:
    one = np.uint64(1)
    out = np.empty((members.size, others.size))
    for i in range(members.size):
        stream = mix(root + GAMMA * (members[i] + one))
        for j in range(others.size):
            out[i, j] = normal(mix(stream + GAMMA * (others[j] + one)), np.uint64(0))
    return out


def _root(key: Key, purpose: str) -> np.uint64:
    try:
        parts = [operator.index(k) for k in (key if isinstance(key, Sequence) else [key])]
    except TypeError:
        raise ConfigError(f"a key must be a whole number or several, got {key!r}") from None
    root = np.uint64(0)
    for part in (zlib.crc32(purpose.encode()), *parts):
        root = np.uint64((int(root) + int(GAMMA) * ((part & _WORD) + 1)) & _WORD)
        root = np.uint64(mix(root))
    return root


def normals(key: Key, purpose: str, members: np.ndarray, others: np.ndarray) -> np.ndarray:
    """[member, other] normal numbers of mean 0 and variance 1, each fixed by the key and the two numbers it stands for.

    key      a whole number or several (seed, cycle); purpose sets apart numbers of different use
    members, others   whole numbers that name the members and, for example, the observations
    Raises ConfigError where the key is not made of whole numbers.
    """
    names = [np.ascontiguousarray(np.asarray(a, np.int64)).view(np.uint64) for a in (members, others)]
    return np.asarray(_normals(_root(key, purpose), *names))


def mean_preserving_rotation(key: Key, members: int) -> np.ndarray:
    """Random orthogonal matrix [member, member] that leaves the vector of ones where it is, evenly distributed.

    It mixes the members of a square-root filter and changes neither mean nor covariance.
    Source: Sakov & Oke (2008b); Stewart (1980) for the even distribution
    """
    basis = orthogonal_to_mean(members)
    q, r = np.linalg.qr(normals(key, "rotation", np.arange(members - 1), np.arange(members - 1)))
    turned = q * np.sign(np.diag(r))
    return np.asarray(basis @ turned @ basis.T + 1.0 / members)


def orthogonal_to_mean(members: int) -> np.ndarray:
    """[member, member - 1] orthonormal columns orthogonal to the vector of ones: the projection of the ESTKF.

    1 - a on the diagonal and -a elsewhere, with a last row of -1 / sqrt(N); a = 1 / (N (1 / sqrt(N) + 1))
    Source: Nerger et al. (2012)
    """
    n = members
    out = np.full((n, n - 1), -1.0 / (n * (1.0 / math.sqrt(n) + 1.0)))
    out[np.arange(n - 1), np.arange(n - 1)] += 1.0
    out[-1] = -1.0 / math.sqrt(n)
    return out
