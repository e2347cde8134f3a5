"""Recall, MRR and nDCG: against hand-made figures, against scikit-learn's definition, and their intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.domain.searching import Target
from app.evaluation.retrieval_metrics import estimate, found_at, ndcg, recall, reciprocal_rank, scores

A, B, C = Target("a.pdf", 1), Target("b.pdf", 2), Target("c.pdf")


def test_a_target_is_found_once_however_many_passages_lie_in_it() -> None:
    assert found_at([C, A, A, B, A], [A, B]) == [2, 4]


def test_a_document_without_a_page_is_found_by_any_of_its_pages() -> None:
    assert found_at([Target("c.pdf", 9)], [C]) == [1]
    assert found_at([Target("a.pdf", 2)], [A]) == []
    assert found_at([Target("a.pdf")], [A]) == []


def test_figures_by_hand() -> None:
    ranks = [2, 4]
    assert recall(ranks, 2, 3) == 0.5
    assert recall(ranks, 2, 10) == 1.0
    assert reciprocal_rank(ranks, 10) == 0.5
    assert reciprocal_rank(ranks, 1) == 0.0
    ideal = 1 + 1 / math.log2(3)
    assert ndcg(ranks, 2, 10) == pytest.approx((1 / math.log2(3) + 1 / math.log2(5)) / ideal)
    assert ndcg([1, 2], 2, 10) == 1.0
    assert ndcg([1], 5, 1) == 1.0


def test_nothing_found_is_zero() -> None:
    assert (recall([], 1, 10), reciprocal_rank([], 10), ndcg([], 1, 10)) == (0.0, 0.0, 0.0)


def test_scores_are_means_with_intervals_that_say_how_they_were_made() -> None:
    found = scores([[A], [B, A], [C]], [[A], [A], [A]], k=10, seed=5, resamples=500)
    assert found.recall.value == pytest.approx(2 / 3)
    assert found.mrr.value == pytest.approx(0.5)
    assert (found.recall.n, found.recall.resamples, found.recall.seed, found.k) == (3, 500, 5, 10)
    assert found.recall.low <= found.recall.value <= found.recall.high


def test_the_same_seed_gives_the_same_interval() -> None:
    values = np.random.default_rng(1).random(40)
    assert estimate(values, seed=3) == estimate(values, seed=3)
    assert estimate(values, seed=3) != estimate(values, seed=4)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    rng = np.random.default_rng(11)
    inside = 0
    for trial in range(200):
        found = estimate(rng.random(60), seed=trial, resamples=400)
        inside += found.low <= 0.5 <= found.high
    assert 0.89 <= inside / 200 <= 0.99


@pytest.mark.parametrize(("results", "targets"), [([], []), ([[A]], [[]]), ([[A]], [])])
def test_a_question_without_an_answer_is_not_measured(results: list[list[Target]], targets: list[list[Target]]) -> None:
    with pytest.raises(ValueError, match="at least one target"):
        scores(results, targets, 10)
