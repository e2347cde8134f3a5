"""Results of a batch through the service that the page asks: what is planted is what comes out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, update

from app.domain.answers import Answer, Status
from app.domain.batches import BatchPlan, BatchProgress, BatchRecord, BatchState, VerdictTerms
from app.domain.models import Contestant, ModelRef
from app.domain.ratings import Outcome
from app.services.decision.words import sentences
from app.services.results.json_form import results_to_dict
from app.services.results.measuring import MeasuringService
from app.services.results.service import Results, ResultsService
from storage.comparisons import SqlComparisonStore
from storage.database import write
from storage.figures import SqlFigureStore
from storage.questions import SqlQuestionStore
from storage.ratings import SqlRatingStore
from storage.tables import AnswerRow
from storage.votes import SqlVoteStore
from tests.integration.evaluated import BATCH, MODELS, Planted, plant
from tests.integration.storing import database, rating

GOOD, EVEN, BAD = Planted(0.35, 0.15), Planted(0.3, 0.3), Planted(0.1, 0.6)


def batch_of(engine: Engine, *, contestants: int = 2, raters: int = 1, questions: int, **terms: object) -> BatchRecord:
    return BatchRecord(
        id=BATCH,
        created_at=datetime.now(UTC),
        plan=BatchPlan("planted", 1, tuple(Contestant(ModelRef.parse(m)) for m in MODELS[:contestants]), raters=raters),
        state=BatchState.DONE,
        progress=BatchProgress(questions * contestants, questions * contestants, 0, 0),
        terms=replace(VerdictTerms(), **terms),  # type: ignore[arg-type]
    )


def service(engine: Engine, record: BatchRecord) -> ResultsService:
    figures = SqlFigureStore(engine)
    return ResultsService(
        lambda _: record, SqlQuestionStore(engine), SqlVoteStore(engine), figures, MeasuringService(figures)
    )


@contextmanager
def results(
    folder: Path, planted: dict[str, Planted], *, questions: int = 100, raters: int = 1, contestants: int = 2
) -> Iterator[tuple[Results, Engine]]:
    with database(folder) as engine:
        plant(engine, planted, questions=questions, raters=raters, contestants=contestants)
        record = batch_of(engine, contestants=contestants, raters=raters, questions=questions * len(planted))
        yield service(engine, record).of(BATCH), engine


def test_the_verdict_of_each_category_is_the_one_planted(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": GOOD, "legal": BAD}, questions=250, raters=3) as (found, _):
        assert {f.category: f.decision.value for f in found.verdict.categories} == {"faq": "replace", "legal": "keep"}
        assert found.ballots.ratings == found.ballots.counted == 1500


def test_a_handful_of_ratings_decides_nothing_and_says_how_many_more(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": EVEN}, questions=12) as (found, _):
        assert found.verdict.overall.decision.value == "undecided"
        assert found.verdict.overall.needed is not None


def test_models_that_fail_together_do_not_pass_as_equal(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": Planted(0.05, 0.05, both_bad=0.9)}, questions=400) as (found, _):
        assert found.verdict.overall.decision.value == "keep"
        assert found.verdict.overall.reason.value == "unacceptable"


def test_a_vote_with_open_eyes_is_shown_and_does_not_count(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": GOOD}, questions=10) as (found, engine):
        record = SqlComparisonStore(engine).get(f"c{0:031d}")
        SqlRatingStore(engine).add([replace(rating(record, Outcome.LEFT), rater="new", blind=False)], [])
        again = service(engine, found.batch).of(BATCH)
    assert (again.ballots.ratings, again.ballots.counted, again.ballots.open_eyes) == (11, 10, 1)


def test_what_was_computed_is_kept_until_somebody_votes(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": GOOD}, questions=10) as (found, engine):
        asked = service(engine, found.batch)
        first = asked.of(BATCH)
        assert asked.of(BATCH) is first
        record = SqlComparisonStore(engine).get(f"c{0:031d}")
        SqlRatingStore(engine).add([replace(rating(record, Outcome.TIE), rater="new", blind=True)], [])
        assert asked.of(BATCH).ballots.ratings == 11


def test_another_margin_is_looked_at_without_changing_the_terms(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": EVEN}, questions=300) as (found, engine):
        wide = service(engine, found.batch).of(BATCH, margin=0.4)
    assert found.batch.terms.margin == 0.1
    assert found.verdict.overall.decision.value == "undecided"
    assert wide.verdict.overall.decision.value == "replace"


def test_four_contestants_stand_in_the_order_planted(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": GOOD}, contestants=4) as (found, _):
        assert found.standings is not None
        assert found.standings.strengths[-1].contestant == 0
        assert len(found.contestants) == 4


def test_speed_is_told_by_phase_with_intervals(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": EVEN}, questions=50) as (found, _):
        phases = {p.name: p for p in found.challenger.phases}
    assert phases["first_token"].p50.value == pytest.approx(0.3)
    assert phases["decode"].p95.value == pytest.approx(2.0)
    assert "queued" not in phases


def test_an_unpriced_contestant_has_no_price_rather_than_none_to_pay(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": EVEN}, questions=5) as (found, _):
        assert found.incumbent.usd is None and found.incumbent.unpriced == 5
        assert found.cheapest == (None, None)


def test_answers_in_another_language_than_the_question_are_counted(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": EVEN}, questions=40) as (found, _):
        measures = {m.name: m for m in found.incumbent.measures}
    assert measures["characters"].value.value > 5
    assert [s.name for s in found.by_language] == ["ko", "en"]


def fail(engine: Engine, questions: range, contestant: int = 1, status: Status = Status.FAILED) -> None:
    """End the contestant's answers to these questions without a text, as if before anybody rated."""
    for question in questions:
        SqlComparisonStore(engine).save_answer(f"a{question:027d}{contestant:04d}", Answer(status))


@pytest.mark.parametrize("status", [Status.FAILED, Status.TRUNCATED, Status.REFUSED])
def test_a_challenger_that_leaves_many_questions_unanswered_is_not_passed(tmp_path: Path, status: Status) -> None:
    with results(tmp_path, {"faq": GOOD}, questions=250, raters=3) as (found, engine):
        assert found.verdict.overall.decision.value == "replace"
        fail(engine, range(100), status=status)
        again = service(engine, found.batch).of(BATCH)
    assert again.verdict.overall.decision.value == "keep"
    assert again.verdict.overall.reason.value == "unacceptable"
    assert again.verdict.overall.unanswered == pytest.approx(0.4)


def test_a_few_unanswered_questions_are_named_beside_the_verdict(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": GOOD}, questions=250, raters=3) as (found, engine):
        fail(engine, range(7, 250, 50))
        again = service(engine, found.batch).of(BATCH)
    (said,) = sentences(again.verdict, "ollama:llama3.1:8b", "openai:gpt-5.4-mini")
    assert again.verdict.overall.decision.value == "replace"
    assert str(said).endswith(
        "2 % of ollama:llama3.1:8b's answers failed, were cut or refused, and count as not acceptable."
    )


def test_what_the_incumbent_leaves_unanswered_is_not_laid_to_the_challenger(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": GOOD}, questions=50) as (found, engine):
        fail(engine, range(20), contestant=0)
        assert service(engine, found.batch).of(BATCH).verdict.overall.unanswered == 0


def test_categories_answer_for_their_own_unanswered_questions(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": GOOD, "legal": GOOD}, questions=250, raters=3) as (found, engine):
        fail(engine, range(0, 250, 2))  # every other question is of the first category
        again = service(engine, found.batch).of(BATCH)
    faq, legal = again.verdict.categories
    assert (faq.decision.value, legal.decision.value) == ("keep", "replace")
    assert legal.unanswered == 0


def test_what_was_voted_with_open_eyes_moves_no_figure(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": EVEN}, questions=30, contestants=3) as (found, engine):
        for n in range(30):
            record = SqlComparisonStore(engine).get(f"c{n:031d}")
            SqlRatingStore(engine).add([replace(rating(record, Outcome.RIGHT), rater="fan", blind=False)], [])
        again = service(engine, found.batch).of(BATCH)
    assert again.ballots.open_eyes == 30
    assert [c.quality for c in again.contestants] == [c.quality for c in found.contestants]
    assert again.standings is not None and found.standings is not None
    assert again.standings.strengths == found.standings.strengths
    assert again.ballots.agreement == found.ballots.agreement


def test_a_few_wins_in_a_row_are_no_certainty(tmp_path: Path) -> None:
    with results(tmp_path, {"faq": Planted(1.0, 0.0)}, questions=4) as (found, _):
        difference, quality = found.by_language[0].difference, found.challenger.quality
    assert difference is not None and quality is not None
    assert (difference.value, difference.high) == (1, 1) and difference.low is not None and difference.low < 0
    assert (quality.value, quality.high) == (1, 1) and quality.low == pytest.approx(0.51, abs=0.01)


def test_answers_that_are_still_to_come_have_not_failed(tmp_path: Path) -> None:
    states = (Status.FAILED, Status.INTERRUPTED, Status.RUNNING, Status.CANCELLED)
    with database(tmp_path) as engine:
        plant(engine, {"faq": EVEN}, questions=6, raters=0)
        for position, status in enumerate(states):
            row = update(AnswerRow).where(AnswerRow.id == f"a{position:027d}0000").values(status=status.value)
            write(engine, lambda connection, row=row: connection.execute(row))  # type: ignore[misc]
        found = service(engine, batch_of(engine, questions=6)).of(BATCH)
    incumbent = found.incumbent
    assert (incumbent.answers, incumbent.done, incumbent.failed) == (6, 2, 1)
    assert (incumbent.unfinished, incumbent.stopped) == (2, 1)
    plain = results_to_dict(found)["contestants"][0]["answers"]  # type: ignore[index]
    assert (plain["failed"], plain["unfinished"], plain["stopped"]) == (1, 2, 1)
