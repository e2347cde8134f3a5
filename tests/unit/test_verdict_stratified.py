"""The verdict over all categories: its minimum against a search by hand, and why pooling would not do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.evaluation.sequential import LOG_CERTAIN, bets, evidence, log_wealth, lower_bound, mixed
from app.evaluation.stratified import Pooled, evidence_pooled, least_log_e, lower_bound_pooled, pooled
from app.evaluation.votes import Ints
from benchmarks.coverage import chosen_by_what_was_seen


def joined(values: list[np.ndarray], weights: list[float], sizes: list[int] | None = None) -> Pooled:
    """Categories that take turns."""
    places: list[Ints] = []
    order = np.argsort(np.concatenate([np.arange(len(v)) for v in values]), kind="stable")
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(1, len(order) + 1)
    for v in values:
        places.append(rank[: len(v)])
        rank = rank[len(v) :]
    limits = sizes or [None] * len(values)
    return pooled([bets(v, n) for v, n in zip(values, limits, strict=True)], places, np.array(weights))


def some(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).choice([0.0, 0.5, 1.0], n, p=[0.3, 0.3, 0.4])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=25),
    st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=1, max_size=25),
    st.sampled_from([0.2, 0.5, 0.7]),
    st.sampled_from([0.3, 0.45, 0.6]),
    st.booleans(),
)
def test_the_least_e_of_two_categories_is_that_of_a_search(
    one: list[float], two: list[float], weight: float, mu0: float, finite: bool
) -> None:
    a, b = np.array(one), np.array(two)
    sizes = [len(a) + 8, len(b) + 5] if finite else None
    steps = joined([a, b], [weight, 1 - weight], sizes)
    found, _ = least_log_e(steps, len(steps.y), mu0)
    best = np.inf
    for eta in np.linspace(0.0005, 0.9995, 1500):
        other = (mu0 - weight * eta) / (1 - weight)
        if not 0 <= other <= 1:
            continue
        paths = [bets(a, sizes and sizes[0]), bets(b, sizes and sizes[1])]
        if finite and any(p.gained[-1] > (p.size or 0) * e for p, e in zip(paths, (eta, other), strict=True)):
            continue
        wealth = [log_wealth(p.y, p.scale * e - p.shift)[:, -1] for p, e in zip(paths, (eta, other), strict=True)]
        best = min(best, float(mixed(wealth[0] + wealth[1])))
    if best == np.inf:
        assert found > 0
    else:
        assert best - 0.15 <= found <= best + 1e-6


def test_one_category_is_the_test_without_categories() -> None:
    y = some(120, 1)
    steps = joined([y], [3.0])
    plain = evidence(bets(y), 0.45, 0.025)
    found = evidence_pooled(steps, 0.45, 0.025)
    assert found.log_e == pytest.approx(plain.log_e, abs=0.06)
    assert found.shown_at == plain.shown_at
    assert lower_bound_pooled(steps, 0.025) == pytest.approx(lower_bound(bets(y), 0.025, running=False), abs=2e-3)


def test_what_was_shown_over_all_stays_shown() -> None:
    values = [np.concatenate([np.ones(15), np.zeros(60)])] * 2
    found = evidence_pooled(joined(values, [1, 1]), 0.45, 0.025)
    assert found.shown_at is not None
    assert found.shown_at < 30
    assert found.log_e < -np.log(0.025)


def test_a_category_without_ratings_leaves_the_whole_open() -> None:
    steps = joined([np.ones(100), np.zeros(0)], [0.5, 0.5])
    assert evidence_pooled(steps, 0.55, 0.025).shown_at is None
    assert evidence_pooled(steps, 0.45, 0.025).shown_at is not None  # at worst (1 + 0) / 2


def test_finite_categories_seen_to_the_end_are_known() -> None:
    steps = joined([np.array([1.0, 1.0, 0.0, 0.5]), np.array([1.0, 0.0])], [4, 2], [4, 2])
    assert evidence_pooled(steps, 0.58, 0.025).log_e == LOG_CERTAIN
    assert lower_bound_pooled(steps, 0.025) == pytest.approx(3.5 / 6, abs=1e-3)


def test_choosing_categories_by_what_was_seen_fools_pooled_ratings_but_not_the_verdict() -> None:
    ours, naive = chosen_by_what_was_seen(runs=60, questions=150, seed=3)
    assert naive > 0.5
    assert ours <= 0.07  # 0.025, and three standard errors of 60 runs
