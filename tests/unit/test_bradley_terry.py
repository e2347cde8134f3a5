"""Strengths: against published coefficients, against a second solver, and what must not matter."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from app.domain.standings import Standings
from app.evaluation.bradley_terry import solve, standings, win_matrix
from app.evaluation.votes import Result, Votes

# The 1987 season of the American League's Eastern Division: games won by the team of the row against
# the team of the column. Agresti, Categorical Data Analysis (2nd ed., 2002), table 10.10; the
# coefficients are those of BradleyTerry2's vignette (Turner & Firth 2012), model baseballModel1.
TEAMS = ("Milwaukee", "Detroit", "Toronto", "New York", "Boston", "Cleveland", "Baltimore")
GAMES = (
    (0, 7, 9, 7, 7, 9, 11),
    (6, 0, 7, 5, 11, 9, 9),
    (4, 6, 0, 7, 7, 8, 12),
    (6, 8, 6, 0, 6, 7, 10),
    (6, 2, 6, 7, 0, 7, 12),
    (4, 4, 5, 6, 6, 0, 6),
    (2, 4, 1, 3, 1, 7, 0),
)
PUBLISHED = (1.5814, 1.4364, 1.2945, 1.2476, 1.1077, 0.6839, 0.0)

Row = tuple[int, int, int, Result]  # question, first, second, result


def votes(rows: list[Row]) -> Votes:
    table = np.array(rows, np.int32).reshape(-1, 4)
    ones = np.ones(len(table), np.int8)
    raters = np.zeros(len(table), np.int32)
    return Votes(table[:, 0], table[:, 1], table[:, 2], raters, table[:, 3].astype(np.int8), ones)


def values(found: Standings) -> list[float | None]:
    return [s.value for s in sorted(found.strengths, key=lambda s: s.contestant)]


def season() -> list[Row]:
    won = [(i, j) for i, row in enumerate(GAMES) for j, games in enumerate(row) for _ in range(games)]
    return [(game, i, j, Result.FIRST) for game, (i, j) in enumerate(won)]


def test_the_published_strengths_of_seven_baseball_teams() -> None:
    found = standings(votes(season()), 7, resamples=0)
    strengths = values(found)
    assert [s - strengths[-1] for s in strengths] == pytest.approx(PUBLISHED, abs=5e-5)
    assert [TEAMS[s.contestant] for s in found.strengths] == list(TEAMS)
    assert sum(s.value for s in found.strengths if s.value is not None) == pytest.approx(0)


def likelihood(strength: np.ndarray, won: np.ndarray) -> float:
    return float((won * np.logaddexp(0, strength[None, :] - strength[:, None])).sum())


scores = st.integers(2, 6).flatmap(
    lambda k: st.lists(st.integers(1, 60), min_size=k * k, max_size=k * k).map(
        lambda cells: (np.array(cells, np.float64).reshape(k, k) / 2) * (1 - np.eye(k))
    )
)


@settings(max_examples=40, deadline=None)
@given(scores)
def test_three_solvers_agree(won: np.ndarray) -> None:
    """evalica's, Newton's of the resamples, and scipy's minimum of the likelihood."""
    k = len(won)
    rows = [
        (q, i, j, result)
        for i, j in combinations(range(k), 2)
        for result, count in ((Result.FIRST, 2 * won[i, j]), (Result.SECOND, 2 * won[j, i]))
        for q in range(int(count))
    ]
    by_evalica = values(standings(votes(rows), k, resamples=0))
    by_newton, apart = solve(2 * won[None])
    by_scipy = minimize(likelihood, np.zeros(k), args=(2 * won,), tol=1e-12).x
    assert not apart.any()
    assert by_newton[0] == pytest.approx(by_evalica, abs=1e-7)
    assert by_newton[0] == pytest.approx(by_scipy - by_scipy.mean(), abs=1e-4)


def test_a_tie_is_half_a_win_for_each() -> None:
    tied = [(q, 0, 1, Result.TIE) for q in range(10)] + [(10, 0, 1, Result.FIRST)]
    halves = [(q, 0, 1, Result.FIRST if q % 2 else Result.SECOND) for q in range(10)] + [(10, 0, 1, Result.FIRST)]
    found = standings(votes(tied), 2, resamples=0)
    assert values(found) == pytest.approx(values(standings(votes(halves), 2, resamples=0)))
    assert found.chance(0, 1) == pytest.approx(6 / 11)


def test_both_bad_says_nothing_of_who_is_better_and_is_reported() -> None:
    rows = [(q, 0, 1, Result.FIRST if q % 3 else Result.SECOND) for q in range(30)]
    bad = [(q, 0, 1, Result.BOTH_BAD) for q in range(100)]
    with_bad = standings(votes(rows + bad), 2)
    assert with_bad.strengths == standings(votes(rows), 2).strengths
    assert (with_bad.counted, with_bad.both_bad, with_bad.questions) == (30, 100, 30)
    assert with_bad.matrix.row(0, 1) == (20, 0, 10, 100)
    assert with_bad.matrix.row(1, 0) == (10, 0, 20, 100)


results = st.sampled_from(list(Result))
ballots = st.lists(
    st.tuples(st.integers(0, 9), st.permutations(range(4)), results).map(lambda v: (v[0], v[1][0], v[1][1], v[2])),
    max_size=60,
)
OTHER = {Result.FIRST: Result.SECOND, Result.SECOND: Result.FIRST}


@settings(max_examples=40, deadline=None)
@given(ballots, st.randoms(use_true_random=False))
def test_neither_the_order_of_ratings_nor_the_side_of_a_pair_matters(rows: list[Row], random: object) -> None:
    turned = [(q, j, i, OTHER.get(r, r)) for q, i, j, r in rows]
    random.shuffle(turned)  # type: ignore[attr-defined]
    assert standings(votes(turned), 4, resamples=20) == standings(votes(rows), 4, resamples=20)


@settings(max_examples=40, deadline=None)
@given(ballots)
def test_the_matrix_accounts_for_every_rating(rows: list[Row]) -> None:
    matrix = win_matrix(votes(rows), 4)
    pairs = list(combinations(range(4), 2))
    assert sum(sum(matrix.row(i, j)) for i, j in pairs) == len(rows)
    for i, j in pairs:
        mine = [r for _, a, b, r in rows if (a, b) == (i, j)] + [
            OTHER.get(r, r) for _, a, b, r in rows if (b, a) == (i, j)
        ]
        kinds = (Result.FIRST, Result.TIE, Result.SECOND, Result.BOTH_BAD)
        assert matrix.row(i, j) == tuple(mine.count(kind) for kind in kinds)


def test_ratings_of_one_question_count_as_one_observation() -> None:
    """Ten raters who say the same of each question make no narrower interval than one."""
    once = [(q, 0, 1, Result.FIRST if q % 3 else Result.SECOND) for q in range(60)]
    one, ten = (standings(votes(rows), 2).strengths[0] for rows in (once, once * 10))
    assert (one.low, one.high) == pytest.approx((ten.low, ten.high))


def test_the_interval_is_as_wide_as_theory_says() -> None:
    rows = [(q, 0, 1, Result.FIRST if q % 3 else Result.SECOND) for q in range(300)]
    best = standings(votes(rows), 2).strengths[0]
    assert best.value is not None and best.low is not None and best.high is not None
    # The log-odds of 200 to 100 have the variance 1/200 + 1/100; a strength is half of them.
    assert best.value == pytest.approx(math.log(2) / 2)
    assert best.high - best.low == pytest.approx(2 * 1.96 * math.sqrt(0.015) / 2, rel=0.1)


def test_drawing_many_questions_in_groups_gives_the_same_interval() -> None:
    rows = [(q, 0, 1, Result.FIRST if q % 3 else Result.SECOND) for q in range(9000)]
    found = standings(votes(rows), 2)
    best = found.strengths[0]
    assert found.questions == 9000
    assert best.low is not None and best.high is not None
    assert best.high - best.low == pytest.approx(2 * 1.96 * math.sqrt(1 / 6000 + 1 / 3000) / 2, rel=0.1)


def test_who_always_wins_has_a_finite_strength_and_the_result_says_how() -> None:
    found = standings(votes([(q, 0, 1, Result.FIRST) for q in range(12)]), 2)
    best = found.strengths[0]
    assert found.eased
    assert found.eased_resamples == found.resamples
    assert best.value == pytest.approx(math.log(12.25 / 0.25) / 2)
    # More than any record with a loss in it could give.
    lost_one = [(q, 0, 1, Result.FIRST if q else Result.SECOND) for q in range(12)]
    worse = standings(votes(lost_one), 2)
    assert not worse.eased
    assert worse.strengths[0].value is not None
    assert best.value is not None and worse.strengths[0].value < best.value


def test_contestants_that_no_rating_links_are_not_placed_among_each_other() -> None:
    rows = [(q, 0, 1, Result.FIRST if q % 3 else Result.TIE) for q in range(9)] + [(0, 1, 2, Result.FIRST)]
    apart = [(q, 3, 4, Result.FIRST) for q in range(50)]
    found = standings(votes(rows + apart), 6)
    assert [s.contestant for s in found.strengths if s.value is not None] == [0, 1, 2]
    assert [(s.contestant, s.low, s.ratings) for s in found.strengths[3:]] == [
        (3, None, 50),
        (4, None, 50),
        (5, None, 0),
    ]
    assert found.chance(3, 4) is None
    assert found.matrix.row(3, 4) == (50, 0, 0, 0)


@pytest.mark.parametrize("rows", [[], [(0, 0, 1, Result.BOTH_BAD)]])
def test_without_a_decision_nobody_has_a_strength(rows: list[Row]) -> None:
    found = standings(votes(rows), 2)
    assert values(found) == [None, None]
    assert (found.counted, found.both_bad) == (0, len(rows))


def test_the_result_says_how_it_was_made() -> None:
    found = standings(votes(season()), 7, resamples=50, seed=7)
    assert (found.resamples, found.seed, found.counted, found.questions) == (50, 7, 273, 273)
    assert found.solver.startswith("evalica 0.4.2")
    assert found == standings(votes(season()), 7, resamples=50, seed=7)
    assert found != standings(votes(season()), 7, resamples=50, seed=8)
    for strength in found.strengths:
        assert strength.low is not None and strength.value is not None and strength.high is not None
        assert strength.low < strength.value < strength.high


@pytest.mark.parametrize("pair", [(0, 2), (-1, 0), (1, 1)])
def test_a_pair_that_cannot_be_is_refused(pair: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="two different contestants"):
        standings(votes([(0, *pair, Result.FIRST)]), 2)
