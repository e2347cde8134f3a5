"""Ratings of a batch as columns, and figures of its answers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Engine

from app.domain.figures import Figures
from app.domain.ratings import Outcome, Stars
from app.domain.votes import Result
from storage.comparisons import SqlComparisonStore
from storage.figures import SqlFigureStore
from storage.ratings import SqlRatingStore
from storage.votes import SqlVoteStore
from tests.integration.evaluated import BATCH, T0, Planted, plant
from tests.integration.storing import database, rating

EVEN = {"faq": Planted(0.5, 0.2, 0.1)}


def test_a_result_goes_by_who_was_asked_first_whatever_side_it_was_shown_on(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        plant(engine, {"faq": Planted(win=1.0, lose=0.0)}, questions=30)
        votes = SqlVoteStore(engine).of_batch(BATCH).votes
    assert set(votes.result) == {Result.SECOND}
    assert set(votes.left) == {1, -1}
    assert set(votes.first) == {0} and set(votes.second) == {1}


def test_ties_and_both_bad_stay_what_they_are(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        plant(engine, {"faq": Planted(0, 0, 1.0)}, questions=10)
        assert set(SqlVoteStore(engine).of_batch(BATCH).votes.result) == {Result.BOTH_BAD}


def test_a_corrected_rating_is_counted_once_as_corrected(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        plant(engine, {"faq": Planted(1.0, 0.0)}, questions=3)
        record = SqlComparisonStore(engine).get(f"c{0:031d}")
        first = SqlRatingStore(engine).of(record.id)[0][0]
        correction = replace(rating(record, Outcome.TIE), rater=first.rater, blind=True)
        SqlRatingStore(engine).add([correction], [])
        votes = SqlVoteStore(engine).of_batch(BATCH).votes
    assert len(votes) == 3
    assert [r for q, r in zip(votes.question, votes.result, strict=True) if q == 0] == [Result.TIE]


def test_ratings_of_other_comparisons_are_not_a_batchs(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        plant(engine, EVEN, questions=3)
        assert len(SqlVoteStore(engine).of_batch("another").votes) == 0


def test_three_contestants_give_a_row_for_each_pair(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        plant(engine, EVEN, questions=5, contestants=3)
        votes = SqlVoteStore(engine).of_batch(BATCH).votes
    assert sorted(set(zip(votes.first.tolist(), votes.second.tolist(), strict=True))) == [(0, 1), (0, 2)]


def test_figures_come_in_the_order_of_questions_and_contestants(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        plant(engine, EVEN, questions=2, repeats=2)
        figures = SqlFigureStore(engine).of_batch(BATCH)
    assert [(f.question, f.repeat, f.contestant) for f in figures] == [
        (q, r, c) for q in range(2) for r in range(2) for c in range(2)
    ]
    assert figures[1].timing.first_token == pytest.approx(0.3)
    assert figures[0].output_tokens == 50


def test_an_answer_is_measured_once_in_each_form(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        plant(engine, EVEN, questions=2)
        store = SqlFigureStore(engine)
        waiting = list(store.unmeasured(BATCH, 1))
        store.save_measures(1, {w.answer: {"characters": len(w.text)} for w in waiting})
        assert len(waiting) == 4
        assert list(store.unmeasured(BATCH, 1)) == []
        assert len(list(store.unmeasured(BATCH, 2))) == 4
        assert store.measures(BATCH, 1)[waiting[0].answer] == {"characters": len(waiting[0].text)}


def test_two_that_measure_the_same_answers_at_once_both_keep_them(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        plant(engine, EVEN, questions=50)
        waiting = list(SqlFigureStore(engine).unmeasured(BATCH, 1))
        found: dict[str, Figures] = {w.answer: {"characters": len(w.text)} for w in waiting}
        both = Barrier(2)

        def measured(answers: list[str]) -> None:
            both.wait(10)
            SqlFigureStore(engine).save_measures(1, {answer: found[answer] for answer in answers})

        with ThreadPoolExecutor(2) as people:
            list(people.map(measured, [list(found), list(reversed(found))]))
        assert SqlFigureStore(engine).measures(BATCH, 1) == found


def test_a_new_form_of_measuring_takes_the_place_of_the_old(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        plant(engine, EVEN, questions=1)
        store = SqlFigureStore(engine)
        answer = next(store.unmeasured(BATCH, 1)).answer
        store.save_measures(1, {answer: {"words": 1}})
        store.save_measures(2, {answer: {"words": 2}})
        assert (store.measures(BATCH, 1), store.measures(BATCH, 2)) == ({}, {answer: {"words": 2}})


def again(engine: Engine, question: int, **changed: object) -> None:
    """The rater of a planted question says something once more."""
    record = SqlComparisonStore(engine).get(f"c{question:031d}")
    first = SqlRatingStore(engine).of(record.id)[0][0]
    fields = {"blind": True, "rater": first.rater} | changed
    SqlRatingStore(engine).add([rating(record, **fields)], [])  # type: ignore[arg-type]


def test_a_corrected_rating_stays_in_its_place(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        plant(engine, {"faq": Planted(1.0, 0.0)}, questions=4)
        again(engine, 2)
        again(engine, 0, outcome=Outcome.TIE)
        again(engine, 0, outcome=Outcome.BOTH_BAD)
        votes = SqlVoteStore(engine).of_batch(BATCH).votes
    assert votes.question.tolist() == [0, 1, 2, 3]
    assert votes.result[0] == Result.BOTH_BAD


def test_what_was_said_blind_stands_against_what_was_said_of_it_with_open_eyes(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        plant(engine, {"faq": Planted(1.0, 0.0)}, questions=2)
        again(engine, 0, outcome=Outcome.BOTH_BAD)
        again(engine, 0, outcome=Outcome.TIE, blind=False)
        cast = SqlVoteStore(engine).of_batch(BATCH)
    assert cast.blind.tolist() == [True, True]
    assert cast.votes.result.tolist() == [Result.BOTH_BAD, Result.SECOND]


def test_stars_given_once_the_names_were_shown_leave_the_blind_ones_as_they_were(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        plant(engine, {"faq": Planted(0.0, 0.0)}, questions=1, raters=0)
        ratings, comparisons = SqlRatingStore(engine), SqlComparisonStore(engine)
        record = comparisons.get(f"c{0:031d}")
        one, other = (a.id for a in record.answers)
        blind, open_eyes = (rating(record, Outcome.TIE, blind=True) for _ in range(2))
        ratings.add([blind], [Stars(blind.vote, one, 2, True, "mina", T0)])
        ratings.add([open_eyes], [Stars(open_eyes.vote, a, n, False, "mina", T0) for a, n in ((one, 5), (other, 4))])
        cast = SqlVoteStore(engine).of_batch(BATCH)
    assert cast.blind.tolist() == [True]
    assert (cast.stars_first.tolist(), cast.stars_second.tolist()) == ([2], [0])
