"""From ratings to units: what a question's value is, when it enters, and what stays out."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.evaluation.units import Units, units
from app.evaluation.votes import Votes
from tests.unit.rated import CHALLENGER, INCUMBENT, drawn, votes

ROWS = st.lists(st.tuples(st.integers(0, 6), st.sampled_from("wtlb")), max_size=40)


def of(rows: Sequence[tuple[int, str]], required: int = 1, *, closed: bool = False) -> Units:
    return units(votes(rows), CHALLENGER, INCUMBENT, required, closed=closed)


def test_a_question_is_the_mean_of_its_ratings() -> None:
    found = of([(3, "w"), (3, "w"), (3, "l"), (5, "t"), (5, "b"), (5, "l")], 3)
    assert found.question.tolist() == [3, 5]
    assert found.x == pytest.approx([1 / 3, -1 / 3])
    assert found.acceptable == pytest.approx([1, 2 / 3])
    assert (found.wins.tolist(), found.ties.tolist()) == ([2, 0], [0, 1])
    assert (found.losses.tolist(), found.both_bad.tolist()) == ([1, 1], [0, 1])
    assert found.both_bad_share == pytest.approx(1 / 6)


def test_it_makes_no_difference_which_contestant_the_pair_names_first() -> None:
    rows = [(0, "w"), (1, "l"), (2, "t"), (3, "b")]
    straight, swapped = units(votes(rows), 0, 1), units(votes(rows, swapped=True), 0, 1)
    assert straight.x.tolist() == swapped.x.tolist() == [1, -1, 0, 0]
    assert straight.acceptable.tolist() == swapped.acceptable.tolist() == [1, 1, 1, 0]


def test_other_pairs_do_not_count() -> None:
    both = votes([(0, "w"), (1, "w")])
    both = Votes(both.question, both.first, np.array([1, 2], np.int32), both.rater, both.result, both.left)
    assert units(both, 0, 1).question.tolist() == [0]


def test_a_question_enters_with_its_last_required_rating() -> None:
    found = of([(0, "w"), (1, "l"), (1, "l"), (2, "t"), (0, "w"), (2, "t")], 2)
    assert found.question.tolist() == [1, 0, 2]


def test_a_question_with_too_few_ratings_is_left_out_and_named() -> None:
    found = of([(0, "w"), (0, "w"), (7, "l")], 2)
    assert (found.question.tolist(), found.incomplete.tolist()) == ([0], [7])


def test_a_closed_set_takes_what_is_there_after_what_was_complete() -> None:
    found = of([(7, "l"), (0, "w"), (0, "t")], 2, closed=True)
    assert (found.question.tolist(), found.x.tolist(), found.incomplete.tolist()) == ([0, 7], [0.5, -1], [])


@given(ROWS, st.integers(2, 3))
def test_closing_a_set_leaves_the_looks_before_it_as_they_were(rows: list[tuple[int, str]], required: int) -> None:
    before, after = of(rows, required), of(rows, required, closed=True)
    assert after.question[: len(before)].tolist() == before.question.tolist()
    assert after.x[: len(before)].tolist() == before.x.tolist()


def test_ratings_past_the_required_do_not_change_a_question() -> None:
    found = of([(0, "w"), (0, "l"), (0, "l")], 1)
    assert (found.x.tolist(), found.surplus) == ([1], 2)


def test_stars_say_what_is_acceptable_but_both_bad_stays_bad() -> None:
    rows = votes([(0, "l"), (1, "l"), (2, "w"), (3, "b"), (4, "t")])
    found = units(rows, 0, 1, stars=np.array([2, 3, 1, 5, 0], np.int8))
    assert found.acceptable.tolist() == [0, 1, 0, 0, 1]


def test_the_share_of_left_votes_counts_wins_and_losses() -> None:
    assert units(votes([(0, "w"), (1, "l"), (2, "t"), (3, "w")], left=1), 0, 1).left_share == pytest.approx(2 / 3)
    assert units(votes([(0, "w"), (1, "l"), (2, "t"), (3, "w")], left=-1), 0, 1).left_share == pytest.approx(1 / 3)
    assert of([(0, "t")]).left_share is None


def test_no_rating_makes_no_unit() -> None:
    found = of([])
    assert (len(found), found.both_bad_share, found.left_share, found.surplus) == (0, None, None, 0)


def test_one_contestant_or_no_required_rating_is_refused() -> None:
    for pair, required in (((0, 0), 1), ((0, 1), 0)):
        with pytest.raises(ValueError, match="two contestants"):
            units(votes([]), *pair, required)
    with pytest.raises(ValueError, match="one value a rating"):
        units(votes([(0, "w")]), 0, 1, stars=np.zeros(2, np.int8))


@given(ROWS, st.integers(1, 3), st.booleans())
def test_units_are_those_of_a_slow_count(rows: list[tuple[int, str]], required: int, closed: bool) -> None:
    values = {"w": 1, "l": -1, "t": 0, "b": 0}
    kept: dict[int, list[str]] = {}
    last: dict[int, int] = {}
    for at, (question, letter) in enumerate(rows):
        if len(kept.setdefault(question, [])) < required:
            kept[question].append(letter)
            last[question] = at
    complete = {q: len(kept[q]) == required for q in kept}
    expected = [q for q in sorted(kept, key=lambda q: (not complete[q], last[q])) if closed or complete[q]]
    found = of(rows, required, closed=closed)
    assert found.question.tolist() == expected
    assert found.x == pytest.approx([np.mean([values[v] for v in kept[q]]) for q in expected])
    assert found.acceptable == pytest.approx([np.mean([v != "b" for v in kept[q]]) for q in expected])
    assert sorted(found.incomplete.tolist()) == sorted(set(kept) - set(expected))


@given(ROWS.filter(bool), st.integers(1, 3))
def test_contestants_swapped_mirror_the_values(rows: list[tuple[int, str]], required: int) -> None:
    straight, swapped = units(votes(rows), 0, 1, required), units(votes(rows), 1, 0, required)
    assert (straight.x == -swapped.x).all()
    assert (straight.wins == swapped.losses).all()
    assert (straight.left == swapped.left).all()


def test_the_order_of_the_ratings_of_a_question_makes_no_difference_once_it_is_complete() -> None:
    assert of([(0, "w"), (0, "l"), (0, "b")], 3).x == of([(0, "b"), (0, "w"), (0, "l")], 3).x


def test_picked_questions_keep_their_order_and_leave_nothing_behind() -> None:
    found = of([(4, "w"), (1, "l"), (2, "t"), (0, "b")], 1)
    part = found.pick(np.array([True, True, False, False, True]))
    assert (part.question.tolist(), part.x.tolist()) == ([4, 1, 0], [1, -1, 0])


def test_a_million_ratings_take_less_than_a_second() -> None:
    many = drawn(333_334, 0.4, 0.3, 0.05, raters=3)
    mixed = many.pick(np.random.default_rng(1).permutation(len(many)))
    started = time.perf_counter()
    assert len(units(mixed, 0, 1, 3)) == 333_334
    assert time.perf_counter() - started < 3  # 0.4 s on an idle machine
