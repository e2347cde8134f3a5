"""How well a search finds what is labelled: recall@k, MRR@k and nDCG@k, with bootstrap intervals.

A question has one or more targets (a document, or a page of it). A passage that lies in a target
finds it; further passages of the same target find nothing new.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from app.domain.searching import Estimate, RetrievalScores, Target
from app.evaluation.intervals import SEED, percentiles, resampled_sums

RESAMPLES = 2000


def found_at(passages: Sequence[Target], targets: Sequence[Target]) -> list[int]:
    """The ranks (from 1) at which a target is found for the first time, ascending."""
    open_targets = list(dict.fromkeys(targets))
    ranks = []
    for rank, passage in enumerate(passages, start=1):
        hit = next((t for t in open_targets if _lies_in(passage, t)), None)
        if hit is not None:
            open_targets.remove(hit)
            ranks.append(rank)
    return ranks


def recall(ranks: Sequence[int], targets: int, k: int) -> float:
    """The share of the targets that the first `k` passages find."""
    return sum(rank <= k for rank in ranks) / targets


def reciprocal_rank(ranks: Sequence[int], k: int) -> float:
    """1 / the rank of the first passage that finds a target; 0 when none of the first `k` does."""
    first = min(ranks, default=k + 1)
    return 1 / first if first <= k else 0.0


def ndcg(ranks: Sequence[int], targets: int, k: int) -> float:
    """Discounted gain by 1 / log2(rank + 1), relative to all targets in front (Järvelin & Kekäläinen 2002)."""
    gained = sum(1 / np.log2(rank + 1) for rank in ranks if rank <= k)
    ideal = sum(1 / np.log2(rank + 1) for rank in range(1, min(targets, k) + 1))
    return float(gained / ideal)


def scores(
    results: Sequence[Sequence[Target]],
    targets: Sequence[Sequence[Target]],
    k: int,
    *,
    seed: int = SEED,
    resamples: int = RESAMPLES,
) -> RetrievalScores:
    """`results[i]` are the places of the passages found for question i, best first; `targets[i]` its labels.

    Raises ValueError without questions, or for one without targets.
    """
    if not results or len(results) != len(targets) or not all(targets):
        raise ValueError("every question needs its results and at least one target")
    rows = []
    for passages, wanted in zip(results, targets, strict=True):
        ranks, count = found_at(passages, wanted), len(set(wanted))
        rows.append((recall(ranks, count, k), reciprocal_rank(ranks, k), ndcg(ranks, count, k)))
    table = np.array(rows)
    estimates = [estimate(table[:, column], seed=seed, resamples=resamples) for column in range(3)]
    return RetrievalScores(k, *estimates)


def estimate(
    values: npt.NDArray[np.float64], *, seed: int = SEED, resamples: int = RESAMPLES, level: float = 0.95
) -> Estimate:
    """The mean of `values` (shape (questions,)) with its percentile bootstrap interval over the questions."""
    means = resampled_sums(values[:, None], resamples=resamples, seed=seed)[:, 0] / len(values)
    low, high = percentiles(means, level=level)
    return Estimate(float(values.mean()), float(low), float(high), len(values), resamples, seed, level)


def _lies_in(passage: Target, target: Target) -> bool:
    return passage.document == target.document and target.page in (None, passage.page)
