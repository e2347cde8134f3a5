"""The failed answers of a batch that is done are asked again: those alone, within the budget, before any vote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import update

from app.domain.answers import Status, Usage
from app.domain.batches import BatchRecord, BatchState
from app.domain.chat import ChatRequest, Finished, TextDelta
from app.domain.errors import Fault, UserError
from app.domain.message import Message
from app.domain.ratings import Outcome
from app.services.results.verdict import unanswered
from storage.batches import SqlBatchStore
from storage.database import write
from storage.evaluation_tables import BatchItemRow
from storage.figures import SqlFigureStore
from storage.ratings import SqlRatingStore
from tests.integration.batching import ANSWER, BatchWorld, Told, batch_world, failing, until
from tests.integration.storing import rating
from tests.unit.scripted import FOREVER, Step

BROKEN: tuple[Step, ...] = (TextDelta("It"), failing(Fault.BAD_WIRE))


class Recovering(Told):
    """Fails on the questions that hold a 2 or a 4 until it is `well`; refuses those with a 5 in any case."""

    well = False

    def __init__(self, name: str = "weak", **options: bool) -> None:
        super().__init__(name, self.said, **options)

    def said(self, request: ChatRequest, _: int) -> tuple[Step, ...]:
        if "5" in request.prompt:
            return (failing(Fault.CONTENT_FILTER),)
        return BROKEN if not self.well and {*"24"} & {*request.prompt} else ANSWER


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


def test_a_question_that_could_not_be_asked_at_all_stands(tmp_path: Path) -> None:
    with batch_world(tmp_path) as w:
        record = w.batches.create(w.plan())
        refused = update(BatchItemRow).where(BatchItemRow.position == 1)
        error = {"kind": "no_evidence", "message": {"template": "Nothing fits."}, "remedy": {"template": ""}}
        write(w.store._engine, lambda connection: connection.execute(refused.values(error=error)))
        w.batches.start(record.id)
        done = w.batches.wait(record.id, 20)
        assert (done.progress.done, done.progress.failed, done.progress.retriable) == (8, 2, 0)
        with pytest.raises(UserError, match="can be asked again"):
            w.batches.retry(record.id)


@pytest.mark.parametrize(
    "own", [(Finished("stop", Usage(10, 3)),), (failing(Fault.CONTEXT_OVERFLOW),), (failing(Fault.ONLY_THINKING),)]
)
def test_what_is_the_models_own_stands(tmp_path: Path, own: tuple[Step, ...]) -> None:
    script = lambda request, _: own if "2" in request.prompt else BROKEN if "4" in request.prompt else ANSWER  # noqa: E731
    with batch_world(tmp_path, Told("weak", script)) as w:
        before = w.run()
        assert (before.progress.failed, before.progress.retriable) == (2, 1)
        again(w, before)
        assert w.providers[0].prompts[5:] == ["질문 4?"]


def test_what_the_failed_ones_cost_stays_in_the_sum_and_in_the_budget(tmp_path: Path) -> None:
    weak = Recovering("cloud", local=False)
    with batch_world(tmp_path, weak) as w:
        before = w.run(contestants=w.limited(10), budget_usd=Decimal(9))
        assert before.progress.spent_usd is not None and before.progress.spent_usd > 2 * Decimal("0.13")
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


def rate(w: BatchWorld, batch: BatchRecord) -> None:
    """A vote on a pair of the batch that is complete."""
    done = next(c for c in w.comparisons.all() if all(a.answer.status is Status.DONE for a in c.answers))
    SqlRatingStore(w.store._engine).add([rating(done, Outcome.LEFT, blind=True)], [])


def test_nothing_is_asked_again_once_somebody_has_rated(tmp_path: Path) -> None:
    with batch_world(tmp_path, Recovering(), Told("right")) as w:
        record = w.run()
        assert not w.batches.rated(record.id)
        rate(w, record)
        assert w.batches.rated(record.id)
        with pytest.raises(UserError, match="has been rated"):
            w.batches.retry(record.id)
        assert w.batches.get(record.id).state is BatchState.DONE and len(w.providers[0].calls) == 5


def test_a_vote_that_comes_in_between_is_seen_by_the_same_transaction(tmp_path: Path) -> None:
    with batch_world(tmp_path, Recovering(), Told("right")) as w:
        record = w.run()
        rate(w, record)
        with pytest.raises(UserError, match="has been rated"):
            w.store.reopen(record.id, "this-process", Decimal(0), failed=True)
        assert w.batches.get(record.id).progress == record.progress


class Stuck(Recovering):
    """Never ends when it is asked for the second time."""

    def said(self, request: ChatRequest, n: int) -> tuple[Step, ...]:
        return super().said(request, n) if n < 5 else (TextDelta("It"), FOREVER)


def lost(w: BatchWorld, batch: BatchRecord) -> list[float]:
    return list(unanswered(SqlFigureStore(w.store._engine).of_batch(batch.id), 0, 5))


def test_what_is_asked_again_counts_as_failed_until_it_is_there(tmp_path: Path) -> None:
    with batch_world(tmp_path, Stuck(), Told("right")) as w:
        before = w.run()
        assert lost(w, before) == [0, 1, 0, 1, 1]
        w.batches.retry(before.id)
        until(lambda: len(w.providers[0].calls) > 6)
        assert lost(w, before) == [0, 1, 0, 1, 1]
        rate(w, before)  # is no hindrance any more
        w.batches.stop(before.id)
        w.batches.wait(before.id, 20)


def test_a_stop_leaves_what_is_asked_again_as_failed_as_it_was(tmp_path: Path) -> None:
    with batch_world(tmp_path, Stuck(), Told("right")) as w:
        before = w.run(concurrency=1)
        was = w.batches.failures(before.id)
        w.batches.retry(before.id)
        until(lambda: len(w.providers[0].calls) > 5)
        w.batches.stop(before.id)
        stopped = w.batches.wait(before.id, 20)
        assert (stopped.state, stopped.progress.stopped, stopped.progress.failed) == (BatchState.STOPPED, 0, 3)
        assert lost(w, before) == [0, 1, 0, 1, 1]
        assert w.batches.failures(before.id) == was


def test_a_process_that_dies_over_it_leaves_it_failed_too(tmp_path: Path) -> None:
    with batch_world(tmp_path, Stuck(), Told("right")) as w:
        before = w.run()
        w.batches.retry(before.id)
        until(lambda: len(w.providers[0].calls) > 6)
        w.batches.close()
        w.comparisons.interrupt("this-process")
        assert lost(w, before) == [0, 1, 0, 1, 1]
        w.batches.stop(before.id)
        assert w.batches.get(before.id).progress.failed == 3


def test_a_retry_that_cannot_begin_leaves_the_batch_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with batch_world(tmp_path, Recovering()) as w:
        before = w.run()
        with monkeypatch.context() as away:
            away.setattr(SqlBatchStore, "unfinished", broken)
            with pytest.raises(UserError, match="away"):
                w.batches.retry(before.id)
        assert w.batches.get(before.id).state is BatchState.DONE
        assert again(w, before).progress.retriable == 2


def test_one_that_fails_once_its_answers_are_open_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weak = Recovering()
    with batch_world(tmp_path, weak) as w:
        before = w.run()
        weak.well = True
        with monkeypatch.context() as away:
            away.setattr(SqlBatchStore, "tallies", broken)
            with pytest.raises(UserError, match="away"):
                w.batches.retry(before.id)
        assert w.batches.get(before.id).state is BatchState.INTERRUPTED
        w.batches.resume(before.id)
        assert w.batches.wait(before.id, 20).progress.done == 4


def broken(*_: object, **__: object) -> None:
    raise UserError(Message("The database is away."), Message(""))


def test_another_process_that_runs_it_is_named(tmp_path: Path) -> None:
    with batch_world(tmp_path, Recovering()) as w:
        record = w.run()
        w.alive.add("another")
        later = datetime.now(UTC) + timedelta(minutes=1)
        assert w.store.take(record.id, None, "another", "there, pid 7", later, done=True)
        with pytest.raises(UserError, match="there, pid 7"):
            w.batches.retry(record.id)
