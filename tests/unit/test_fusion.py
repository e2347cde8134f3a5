"""Fusion, diversity, and the search pipeline over a store in memory."""

from __future__ import annotations

import numpy as np
import pytest

from app.domain.documents import Candidate, Fusion, Mode
from app.domain.searching import SearchSettings
from app.retrieval.fusion import diverse, ranking, reciprocal_ranks, weighted_sum
from app.retrieval.search import fused, sub_queries, verbatim


def test_reciprocal_ranks_are_those_of_the_paper() -> None:
    scores = reciprocal_ranks([[1, 2], [2, 3]], k=60)
    assert scores[2] == pytest.approx((1 / 62 + 1 / 61) / 2)
    assert scores[1] == pytest.approx(1 / 61 / 2)
    assert ranking(scores) == [2, 1, 3]


def test_with_equal_weights_the_best_by_keyword_is_among_the_first_two() -> None:
    dense, keyword = list(range(100, 150)), list(range(200, 250))
    assert set(ranking(reciprocal_ranks([keyword, dense]))[:2]) == {100, 200}


def test_the_weighted_sum_normalises_each_side() -> None:
    scores = weighted_sum({1: 8.0, 2: 4.0}, {2: 0.9, 3: 0.7, 4: 0.5}, keyword_weight=0.45, dense_weight=0.55)
    assert scores == pytest.approx({1: 0.45, 2: 0.225 + 0.55, 3: 0.275, 4: 0.0})


@pytest.mark.parametrize(("keyword", "dense"), [({}, {1: 0.5}), ({1: 2.0}, {}), ({}, {}), ({1: 0.0}, {1: -0.2})])
def test_the_weighted_sum_of_little_or_nothing_is_finite(keyword: dict[int, float], dense: dict[int, float]) -> None:
    scores = weighted_sum(keyword, dense, keyword_weight=0.45, dense_weight=0.55)
    assert all(0 <= s <= 1 for s in scores.values())


def test_equal_scores_keep_one_order() -> None:
    assert ranking({3: 0.5, 1: 0.5, 2: 0.5}) == [1, 2, 3]


def test_diversity_takes_the_most_relevant_first_and_then_what_is_unlike_it() -> None:
    vectors = {1: np.array([1.0, 0.0]), 2: np.array([0.99, 0.14]), 3: np.array([0.0, 1.0])}
    relevance = {1: 0.9, 2: 0.89, 3: 0.3}
    floats = {i: v.astype(np.float32) for i, v in vectors.items()}
    assert diverse(relevance, floats, 2, 0.3) == [1, 3]
    assert diverse(relevance, floats, 3, 1.0) == [1, 2, 3]


def test_diversity_agrees_with_langchain() -> None:
    from langchain_core.vectorstores.utils import maximal_marginal_relevance

    rng = np.random.default_rng(3)
    query, rows = rng.normal(size=16), rng.normal(size=(24, 16)) + 0.5
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    relevance = {i: float(s) for i, s in enumerate(unit @ query / np.linalg.norm(query))}
    vectors = {i: row.astype(np.float32) for i, row in enumerate(rows)}
    expected = maximal_marginal_relevance(query, list(rows), lambda_mult=0.3, k=8)
    assert diverse(relevance, vectors, 8, 0.3) == expected


def test_diversity_of_vectors_that_are_nothing_is_by_relevance() -> None:
    assert diverse({1: 0.2, 2: 0.9}, {1: np.zeros(2, np.float32)}, 5, 0.3) == [2, 1]


CANDIDATES = [Candidate(1, 0.9, None), Candidate(2, 0.5, 3.0), Candidate(3, None, 7.0)]


def test_one_mode_keeps_its_own_scores() -> None:
    assert fused([CANDIDATES], SearchSettings(mode=Mode.DENSE)) == {1: 0.9, 2: 0.5}
    assert fused([CANDIDATES], SearchSettings(mode=Mode.KEYWORD)) == {2: 3.0, 3: 7.0}


def test_hybrid_puts_what_both_found_first() -> None:
    assert ranking(fused([CANDIDATES], SearchSettings()))[0] == 2
    assert ranking(fused([CANDIDATES], SearchSettings(fusion=Fusion.SUM)))[0] == 1


def test_several_queries_are_fused_by_rank() -> None:
    other = [Candidate(9, 0.8, 5.0), Candidate(2, 0.7, 6.0)]
    assert ranking(fused([CANDIDATES, other], SearchSettings()))[0] == 2
    assert set(fused([CANDIDATES, other], SearchSettings(mode=Mode.KEYWORD))) == {2, 3, 9}


def test_sub_queries_are_read_one_a_line_without_numbers_and_repeats() -> None:
    answer = "Here are the queries:\n1. leave days\n2) 연차 일수\n- leave days\n\n* “annual leave”\n(4) a\n5. b\n6. c"
    assert sub_queries(answer, "How many?") == ("leave days", "연차 일수", "annual leave", "a")
    assert sub_queries("How many?\n", "how many?") == ()


def test_an_extract_is_the_passages_own_words() -> None:
    passage = "Leave is 20 days. It is\nnot carried over. The cafe opens at 11."
    assert verbatim("It is not carried over.", passage) == "It is\nnot carried over."
    assert (
        verbatim("Leave is 20 days.\nIt is not carried over.", passage) == "Leave is 20 days. It is\nnot carried over."
    )


@pytest.mark.parametrize("answer", ["NONE", "", "You have twenty days of leave.", "."])
def test_what_a_model_made_up_is_no_extract(answer: str) -> None:
    assert verbatim(answer, "Leave is 20 days.") is None
