"""The failed answers of a batch that is done are asked again: those alone, within the budget, and every vote stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import update

from app.domain.answers import Status, Usage
from app.domain.batches import BatchRecord, BatchState
from app.domain.chat import ChatRequest, Finished
from app.domain.errors import Fault, UserError
from app.domain.ratings import Outcome
from storage.database import write
from storage.evaluation_tables import BatchItemRow
from storage.ratings import SqlRatingStore
from tests.integration.batching import ANSWER, BatchWorld, Told, batch_world, failing
from tests.integration.storing import rating
from tests.unit.scripted import Step

# Billed, and nothing in it.
EMPTY: tuple[Step, ...] = (Finished("stop", Usage(10, 3)),)


class Recovering(Told):
    """Fails on the questions that hold a 2 or a 4 until it is `well`; refuses those with a 5 in any case."""

    well = False

    def __init__(self, name: str = "weak", **options: bool) -> None:
        super().__init__(name, self.said, **options)

    def said(self, request: ChatRequest, _: int) -> tuple[Step, ...]:
        if "5" in request.prompt:
            return (failing(Fault.CONTENT_FILTER),)
        return EMPTY if not self.well and {*"24"} & {*request.prompt} else ANSWER


def again(w: BatchWorld, batch: BatchRecord, budget: Decimal | None = None) -> BatchRecord:
    return w.batches.wait(w.batches.retry(batch.id, budget).id, 20)


def test_exactly_the_failed_answers_are_asked_again(tmp_path: Path) -> None:
    weak = Recovering()
    with batch_world(tmp_path, weak, Told("right")) as w:
        before = w.run()
        assert (before.progress.done, before.progress.failed, before.progress.retriable) == (7, 3, 2)
        kept = {a.id: a.answer for c in w.comparisons.all() for a in c.answers if a.answer.status is not Status.FAILED}
        weak.well = True
        done = again(w, before)
        assert (done.state, done.progress.done, done.progress.failed) == (BatchState.DONE, 9, 1)
        assert sorted(weak.prompts[5:]) == ["질문 2?", "질문 4?"] and len(w.providers[1].calls) == 5
        after = {a.id: a.answer for c in w.comparisons.all() for a in c.answers}
        assert {i: after[i] for i in kept} == kept and len(after) == 10


def test_an_answer_that_fails_again_can_be_asked_once_more(tmp_path: Path) -> None:
    weak = Recovering()
    with batch_world(tmp_path, weak) as w:
        record = again(w, w.run())
        assert (record.state, record.progress.retriable) == (BatchState.DONE, 2)
        weak.well = True
        assert again(w, record).progress.done == 4


def test_answers_that_were_refused_stand(tmp_path: Path) -> None:
    weak = Recovering()
    weak.well = True
    with batch_world(tmp_path, weak) as w:
        record = w.run()
        assert record.progress.failed == 1
        with pytest.raises(UserError, match="can be asked again"):
            w.batches.retry(record.id)


def test_a_batch_that_is_not_done_is_not_asked_again(tmp_path: Path) -> None:
    with batch_world(tmp_path, Recovering()) as w:
        record = w.batches.create(w.plan())
        with pytest.raises(UserError, match="batch that is done"):
            w.batches.retry(record.id)


def test_questions_that_could_not_be_asked_at_all_are_asked(tmp_path: Path) -> None:
    with batch_world(tmp_path) as w:
        record = w.batches.create(w.plan())
        refused = update(BatchItemRow).where(BatchItemRow.position == 1)
        error = {"kind": "no_evidence", "message": {"template": "Nothing fits."}, "remedy": {"template": ""}}
        write(w.store._engine, lambda connection: connection.execute(refused.values(error=error)))
        w.batches.start(record.id)
        done = w.batches.wait(record.id, 20)
        assert (done.progress.done, done.progress.retriable) == (8, 2)
        assert again(w, done).progress.done == 10


def test_what_the_failed_ones_cost_stays_in_the_sum_and_in_the_budget(tmp_path: Path) -> None:
    weak = Recovering("cloud", local=False)
    with batch_world(tmp_path, weak) as w:
        before = w.run(contestants=w.limited(10), budget_usd=Decimal(9))
        assert before.progress.spent_usd == 4 * Decimal("0.13")
        weak.well = True
        assert again(w, before).progress.spent_usd == before.progress.spent_usd + 2 * Decimal("0.13")


def test_the_budget_holds_and_a_larger_one_is_taken(tmp_path: Path) -> None:
    weak = Recovering("cloud", local=False)
    with batch_world(tmp_path, weak) as w:
        before = w.run(contestants=w.limited(10), budget_usd=Decimal(9))
        weak.well = True
        paused = again(w, before, before.progress.spent_usd)
        assert paused.state is BatchState.PAUSED and "budget" in str(paused.reason) and len(weak.calls) == 5
        w.batches.resume(paused.id, Decimal(9))
        assert w.batches.wait(paused.id, 20).progress.done == 4


def test_votes_on_a_questions_other_pair_stand(tmp_path: Path) -> None:
    weak = Recovering()
    with batch_world(tmp_path, weak, Told("middle"), Told("right")) as w:
        record = w.run()
        (second,) = [c for c in w.comparisons.all() if "2" in c.comparison.prompt]
        ratings, (_, one, other) = SqlRatingStore(w.store._engine), second.answers
        ratings.add([rating(second, Outcome.LEFT, left=one.id, right=other.id, blind=True)], [])
        before = ratings.of(second.id)
        weak.well = True
        again(w, record)
        assert ratings.of(second.id) == before
        assert w.comparisons.get(second.id).answers[1:] == second.answers[1:]


def test_another_process_that_runs_it_is_named(tmp_path: Path) -> None:
    with batch_world(tmp_path, Recovering()) as w:
        record = w.run()
        w.alive.add("another")
        until = datetime.now(UTC) + timedelta(minutes=1)
        assert w.store.take(record.id, None, "another", "there, pid 7", until, done=True)
        with pytest.raises(UserError, match="there, pid 7"):
            w.batches.retry(record.id)
