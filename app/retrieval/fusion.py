"""Two rankings made one, and a list spread over what it is about: pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from app.domain.documents import Vector

Scores = Mapping[int, float]


def ranking(scores: Scores) -> list[int]:
    """Best first; equal scores by id, so that the same search always gives the same list."""
    return sorted(scores, key=lambda i: (-scores[i], i))


def reciprocal_ranks(rankings: Sequence[Sequence[int]], k: int = 60) -> dict[int, float]:
    """Reciprocal rank fusion with equal weights: the mean over all rankings of 1 / (k + rank).

    Cormack, Clarke & Büttcher 2009. What a ranking does not hold counts nothing there.
    """
    scores: dict[int, float] = {}
    for ranked in rankings:
        for rank, i in enumerate(ranked, start=1):
            scores[i] = scores.get(i, 0.0) + 1 / (k + rank) / len(rankings)
    return scores


def weighted_sum(keyword: Scores, dense: Scores, *, keyword_weight: float, dense_weight: float) -> dict[int, float]:
    """The weighted sum of normalised scores, each from 0 to 1.

    Keyword scores are divided by the best (0 means "no word in common"); similarities are spread
    between the least and the best that were found (their zero means nothing).
    """
    best = max(keyword.values(), default=0.0)
    scores = {i: keyword_weight * s / best for i, s in keyword.items()} if best > 0 else {}
    low, high = min(dense.values(), default=0.0), max(dense.values(), default=0.0)
    for i, similarity in dense.items():
        share = (similarity - low) / (high - low) if high > low else 1.0
        scores[i] = scores.get(i, 0.0) + dense_weight * share
    return scores


def diverse(relevance: Scores, vectors: Mapping[int, Vector], k: int, balance: float) -> list[int]:
    """Maximal marginal relevance (Carbonell & Goldstein 1998): `k` ids, the most relevant first.

    Each further one is the greatest balance · relevance − (1 − balance) · similarity to what is
    chosen already. `relevance` should lie between 0 and 1, as similarities of `vectors` do; an id
    without a vector is taken to be like nothing.
    """
    ids = ranking(relevance)
    unit = {i: v / n for i in ids if i in vectors and (n := float(np.linalg.norm(v := vectors[i]))) > 0}
    chosen: list[int] = []
    closest = dict.fromkeys(ids, 0.0)
    while ids and len(chosen) < k:
        first = not chosen
        best = max(ids, key=lambda i: relevance[i] if first else balance * relevance[i] - (1 - balance) * closest[i])
        ids.remove(best)
        chosen.append(best)
        if best in unit:
            for i in ids:
                if i in unit:
                    similar = float(unit[i] @ unit[best])
                    closest[i] = similar if first else max(closest[i], similar)
    return chosen
