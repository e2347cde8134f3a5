"""Which batches were rated, and how each question was: open only when nobody can be asked to rate it any more."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from app.domain.batches import BatchState
from storage.comparisons import SqlComparisonStore
from storage.ratings import SqlRatingStore
from storage.votes import SqlVoteStore
from tests.integration.evaluated import BATCH, Planted, plant
from tests.integration.storing import database, rating
from tests.integration.test_results import BAD, EVEN, GOOD, batch_of, results, service


def test_the_rated_batches_are_told_from_the_others(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        plant(engine, {"faq": EVEN}, questions=3)
        assert SqlVoteStore(engine).rated([BATCH, "another"]) == {BATCH}
        assert SqlVoteStore(engine).rated([]) == frozenset()


def test_a_batch_that_nobody_rated_is_not_among_the_rated(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        plant(engine, {"faq": EVEN}, questions=3, raters=0)
        assert SqlVoteStore(engine).rated([BATCH]) == frozenset()


def test_questions_are_told_one_by_one_with_what_was_said_of_each(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": Planted(1, 0), "법무": Planted(0, 1)}, questions=40, raters=2) as (found, engine):
        lines = service(engine, found.batch).questions(found)
    assert lines is not None and len(lines) == 80
    assert {(line.category, line.difference, line.wins, line.losses) for line in lines} == {
        ("faq", 1.0, 2, 0),
        ("법무", -1.0, 0, 2),
    }
    assert [line.position for line in lines] == list(range(80))
    assert lines[3].comparisons == (f"c{3:031d}",)
    assert lines[0].text == "질문 1?"


def test_questions_stay_closed_while_one_category_is_open(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        plant(engine, {"faq": GOOD, "legal": EVEN}, questions=60)
        record = replace(batch_of(engine, questions=120), state=BatchState.PAUSED)
        asked = service(engine, record)
        assert asked.questions(asked.of(BATCH)) is None


def test_questions_open_when_all_that_can_be_rated_is(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": EVEN}, questions=8) as (found, engine):
        assert found.verdict.overall.decision.value == "undecided"
        lines = service(engine, found.batch).questions(found)
    assert lines is not None and len(lines) == 8


def test_repeats_of_a_question_are_one_line_with_each_comparison(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        plant(engine, {"faq": BAD}, questions=5, repeats=2)
        record = batch_of(engine, questions=10)
        asked = service(engine, replace(record, plan=replace(record.plan, repeats=2)))
        lines = asked.questions(asked.of(BATCH))
    assert lines is not None
    assert [len(line.comparisons) for line in lines] == [2] * 5
    assert [line.wins + line.ties + line.losses + line.both_bad for line in lines] == [2] * 5


def test_of_three_contestants_a_questions_answers_stay_closed_while_another_of_its_pairs_waits(
    tmp_path: Path,
) -> None:
    with results(tmp_path, {"faq": BAD}, questions=60, contestants=3) as (found, engine):
        assert found.verdict.overall.decision.value == "keep" and found.still_blind
        record = SqlComparisonStore(engine).get(f"c{7:031d}")
        SqlRatingStore(engine).add(
            [rating(record, left=record.answers[1].id, right=record.answers[2].id, blind=True)], []
        )
        lines = service(engine, found.batch).questions(found)
    assert lines is not None
    assert [line.position for line in lines if line.comparisons] == [7]
    assert all(line.held for line in lines if line.position != 7) and lines[0].losses + lines[0].wins <= 1


def test_of_two_contestants_nobody_is_to_be_kept_blind_once_the_verdict_is_there(tmp_path: Path) -> None:
    with database(tmp_path) as engine:
        plant(engine, {"faq": BAD}, questions=60)
        record = replace(batch_of(engine, questions=60), state=BatchState.PAUSED)
        assert not service(engine, record).of(BATCH).still_blind
        undecided = replace(record, terms=replace(record.terms, margin=0.5, alpha=0.0001))
        assert service(engine, undecided).of(BATCH).still_blind
