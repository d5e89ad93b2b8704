"""Do models that share a land-surface model score alike? Distances between score signatures, and a test.

The signature of a model is the vector of its relative scores over rows, regions and score components.
Source: Massoud et al. (2026) section 4.2 asks the question; Anderson (2001) for tests by permutation of labels
"""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from vadose.benchmark.score import SIGNATURE, relative_scale

STATISTIC = "mean distance within families minus mean distance between models of different families"
_EXACT_LIMIT = 20000


def families(
    scores: pd.DataFrame,
    models: Sequence[Mapping[str, Any]],
    mode: str = "exact",
    *,
    permutations: int = 9999,
    seed: int = 0,
) -> dict[str, Any] | None:
    """Similarity of the models' score signatures, with a test of the family hypothesis.

    models  "models" of run.json, with name and family ("" where unknown: such a model has no relatives)
    Returns a dictionary for run.json, or None with fewer than 3 scored models: `models` (those with scores, in the
    order of run.json), `distance` and `linkage` over them (scipy's form, average linkage), `order` along the
    dendrogram, `members` of families, `statistic`, `value`, `p_value` (None where no family has two scored models
    or all belong to one), `method` and `signature`, the number of scores in it.
    """
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    table = signatures(scores, [m["name"] for m in models], mode)
    distance = signature_distance(table.to_numpy())
    keep = _comparable(distance)
    if len(keep) < 3:
        return None
    names = [str(table.index[i]) for i in keep]
    distance = distance[np.ix_(keep, keep)]
    family = {m["name"]: m.get("family") or "" for m in models}
    links = linkage(squareform(distance, checks=False), "average", optimal_ordering=True)
    test = family_test(distance, [family[n] for n in names], permutations=permutations, seed=seed)
    return {
        "models": names,
        "order": [names[i] for i in leaves_list(links)],
        "linkage": [[int(a), int(b), float(d), int(n)] for a, b, d, n in links],
        "distance": distance.tolist(),
        "members": {f: [n for n in names if family[n] == f] for f in dict.fromkeys(family.values()) if f},
        "statistic": STATISTIC,
        "signature": int(table.shape[1]),
        **test,
    }


def signatures(scores: pd.DataFrame, models: Sequence[str], mode: str = "exact") -> pd.DataFrame:
    """Relative scores [model, row x region x component] of the models that have any, in the given order."""
    chosen = scores[(scores["mode"] == mode) & scores["score"].isin(SIGNATURE) & scores["model"].isin(list(models))]
    chosen = chosen[~chosen["row"].astype(str).str.startswith(("group:", "ALL"))]
    table = relative_scale(chosen).pivot_table(
        index="model", columns=["row", "region", "score"], values="relative", aggfunc="mean"
    )
    return table.reindex([m for m in models if m in table.index])


def signature_distance(signature: np.ndarray) -> np.ndarray:
    """Root mean square difference of two signatures over the scores that both have.

    d_ij = sqrt(mean_k (z_ik - z_jk)^2), NaN where they share none

    signature [model, score], NaN where missing
    Returns [model, model], 0 for equal signatures, about sqrt(2) for unrelated ones.
    """
    n = len(signature)
    distance = np.zeros((n, n))
    for i, j in itertools.combinations(range(n), 2):
        squares = (signature[i] - signature[j]) ** 2
        shared = np.isfinite(squares)
        distance[i, j] = distance[j, i] = math.sqrt(squares[shared].mean()) if shared.any() else np.nan
    return distance


def family_test(
    distance: np.ndarray, family: Sequence[str], *, permutations: int = 9999, seed: int = 0
) -> dict[str, Any]:
    """Whether models of one family are closer to one another than to others, by permuting the labels.

    T = mean(d_ij, same family) - mean(d_ij, different);  p = P(T' <= T), one-sided

    distance [model, model]; family [model], "" for a model without relatives
    All distinct labellings are counted where there are at most 20000, else `permutations` random ones and
    p = (1 + count) / (1 + permutations), keyed by the seed and the number of models and family sizes.
    Returns value, p_value and method; the first two None where the statistic does not exist.
    """
    labels = _codes(family)
    first, second = np.triu_indices(len(labels), 1)
    pairs = distance[first, second]

    def statistic(codes: np.ndarray) -> np.ndarray:
        same = (codes[:, first] == codes[:, second]) & (codes[:, first] >= 0)
        within = same.sum(axis=1)
        inside = same @ pairs
        return inside / within - (pairs.sum() - inside) / (pairs.size - within)

    same = (labels[first] == labels[second]) & (labels[first] >= 0)
    if not same.any() or same.all():
        return {"value": None, "p_value": None, "method": "no test: it needs a family of two models and one outside"}
    observed = float(statistic(labels[None, :])[0])
    limit = observed + 1e-12 * (1 + abs(observed))
    sizes = [int((labels == c).sum()) for c in range(labels.max() + 1)]
    count = math.factorial(labels.size) // math.prod(map(math.factorial, [*sizes, labels.size - sum(sizes)]))
    if count <= _EXACT_LIMIT:
        values = statistic(np.array(list(_labellings(labels.size, sizes))))
        p = float((values <= limit).mean())
        return {"value": observed, "p_value": p, "method": f"exact, all {count} labellings"}
    rng = np.random.default_rng([seed, zlib.crc32(repr((labels.size, sizes)).encode())])
    values = statistic(rng.permuted(np.tile(labels, (permutations, 1)), axis=1))
    p = float((1 + (values <= limit).sum()) / (1 + permutations))
    return {"value": observed, "p_value": p, "method": f"{permutations} random permutations"}


def _codes(family: Sequence[str]) -> np.ndarray:
    """An integer for each family with two or more models, -1 for all others."""
    names = [f for f in dict.fromkeys(family) if f and list(family).count(f) > 1]
    return np.array([names.index(f) if f in names else -1 for f in family])


def _labellings(n: int, sizes: Sequence[int]) -> Iterator[np.ndarray]:
    """Every way to give `sizes[k]` of n models the label k and the rest -1."""

    def place(codes: np.ndarray, k: int) -> Iterator[np.ndarray]:
        if k == len(sizes):
            yield codes.copy()
            return
        for chosen in itertools.combinations(np.flatnonzero(codes < 0), sizes[k]):
            codes[list(chosen)] = k
            yield from place(codes, k + 1)
            codes[list(chosen)] = -1

    yield from place(np.full(n, -1), 0)


def _comparable(distance: np.ndarray) -> list[int]:
    """Models left when those that share no score with some other are dropped, the worst first."""
    keep = list(range(len(distance)))
    while keep:
        unknown = np.isnan(distance[np.ix_(keep, keep)]).sum(axis=1)
        if not unknown.any():
            break
        del keep[int(np.argmax(unknown))]
    return keep
