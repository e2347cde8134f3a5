"""A question set put to contestants."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from app.domain.answers import Status
from app.domain.batches import BatchState, VerdictTerms
from app.domain.chat import ChatRequest
from app.domain.comparisons import Query
from app.domain.documents import StoredPassage
from app.domain.errors import Fault, UserError
from app.domain.models import Contestant, ModelRef, Sampling
from app.domain.ratings import Outcome
from app.domain.searching import Hit, SearchResult, SearchSettings
from app.services.rating.view import View, place_of
from storage.queueing import SqlQueueStore
from storage.ratings import SqlRatingStore
from tests.integration.batching import ANSWER, Told, batch_world, failing, until
from tests.integration.storing import rating
from tests.unit.scripted import FOREVER, Step


def found(query: str, collection: str, settings: SearchSettings, *texts: str) -> SearchResult:
    hits = tuple(Hit(n, StoredPassage(n, 1, "규정.md", text, 0, len(text)), 1.0) for n, text in enumerate(texts, 1))
    return SearchResult(query, collection, settings, hits, ())


def test_every_question_is_asked_of_every_contestant_once(tmp_path: Path) -> None:
    with batch_world(tmp_path, questions=7) as w:
        record = w.run()
        assert (record.state, record.progress.done, record.progress.left) == (BatchState.DONE, 14, 0)
        for provider in w.providers:
            assert sorted(provider.prompts) == sorted(f"질문 {n}?" for n in range(1, 8))


def test_each_comparison_is_blind_and_its_sides_are_drawn_by_lot(tmp_path: Path) -> None:
    with batch_world(tmp_path, questions=40) as w:
        w.run()
        made = list(w.comparisons.all())
        assert all(c.hidden for c in made)
        assert {tuple(a.side for a in c.answers) for c in made} == {(0, 1), (1, 0)}


def test_questions_are_asked_in_the_random_order_they_are_rated_in(tmp_path: Path) -> None:
    with batch_world(tmp_path, questions=12) as w:
        record = w.run(concurrency=1, repeats=2)
        queue = View(SqlQueueStore(w.store._engine), record.id, 1)
        queue.look()
        rated = [f"질문 {pair.question + 1}?" for pair in queue.pairs()]
        assert len(rated) == 24 and rated != sorted(rated)
        assert w.providers[0].prompts == rated


def test_a_resumed_batch_goes_on_in_that_order(tmp_path: Path) -> None:
    with batch_world(tmp_path, Told("left", lambda _, n: (0.05, *ANSWER)), questions=12) as w:
        record = w.start(concurrency=1)
        until(lambda: len(w.providers[0].calls) > 3)
        w.batches.pause(record.id)
        w.batches.wait(record.id, 20)
        w.batches.wait(w.batches.resume(record.id).id, 20)
        order = sorted(range(12), key=lambda question: place_of(record.id, question))
        assert w.providers[0].prompts == [f"질문 {question + 1}?" for question in order]


def test_failures_that_are_judged_together_do_not_keep_the_rest_from_being_fed(tmp_path: Path) -> None:
    def script(_: ChatRequest, n: int) -> Sequence[Step]:
        return (0.02, *ANSWER) if n == 2 else (failing(Fault.BAD_WIRE),) if n < 2 else ANSWER

    for concurrency in (1, 2, 3):
        folder = tmp_path / str(concurrency)
        folder.mkdir()
        with batch_world(folder, Told("weak", script), Told("right"), questions=12) as w:
            record = w.run(concurrency=concurrency)
            assert (record.state, record.progress.failed) == (BatchState.DONE, 2)


def test_a_lone_contestant_is_asked_too(tmp_path: Path) -> None:
    with batch_world(tmp_path, Told("alone")) as w:
        assert w.run().progress.done == 5


def test_repeats_are_answers_of_their_own_and_share_what_was_found(tmp_path: Path) -> None:
    searched: list[str] = []

    def search(query: str, collection: str, settings: SearchSettings) -> SearchResult:
        searched.append(query)
        return found(query, collection, settings, f"About {query}")

    with batch_world(tmp_path, questions=3, search=search) as w:
        assert w.run(collection="회사", repeats=4).progress.done == 3 * 4 * 2
        assert sorted(searched) == ["질문 1?", "질문 2?", "질문 3?"]
        given = {c.evidence.passages[0].text for p in w.providers for c in p.calls}
        assert given == {f"About 질문 {n}?" for n in (1, 2, 3)}


def test_a_question_that_nothing_fits_is_listed_with_why_and_the_others_are_asked(tmp_path: Path) -> None:
    def search(query: str, collection: str, settings: SearchSettings) -> SearchResult:
        return found(query, collection, settings, *([] if "2" in query else ["Text"]))

    with batch_world(tmp_path, questions=3, search=search) as w:
        record = w.run(collection="회사")
        assert (record.state, record.progress.done, record.progress.failed) == (BatchState.DONE, 4, 2)
        (failure,) = w.batches.failures(record.id)
        assert (failure.question, failure.contestant) == (1, None)
        assert failure.error is not None and "fits the question" in str(failure.error.message)


def test_searching_that_fails_is_tried_again(tmp_path: Path) -> None:
    tried: list[str] = []

    def search(query: str, collection: str, settings: SearchSettings) -> SearchResult:
        tried.append(query)
        if len(tried) < 4:
            raise failing(Fault.UNREACHABLE)
        return found(query, collection, settings, "Text")

    with batch_world(tmp_path, search=search) as w:
        assert w.run(collection="회사").progress.done == 10


def test_comparisons_are_made_as_they_are_needed(tmp_path: Path) -> None:
    with batch_world(tmp_path, Told("slow", lambda *_: (FOREVER,)), questions=200) as w:
        w.start(concurrency=2)
        until(lambda: w.providers[0].at_once == 2)
        assert len(list(w.comparisons.all())) <= 8


def test_no_endpoint_is_asked_more_at_once_than_it_is_given(tmp_path: Path) -> None:
    told = [Told(name, lambda *_: (0.002, *ANSWER)) for name in ("left", "right")]
    with batch_world(tmp_path, *told, questions=30) as w:
        w.run(concurrency=3)
        assert [p.most_at_once for p in told] == [3, 3]


def test_one_at_a_time_local_models_take_turns_and_others_answer_beside_them(tmp_path: Path) -> None:
    seen: list[int] = []
    first, second = Told("left"), Told("right")

    def watched(*_: object) -> tuple[object, ...]:
        seen.append(first.at_once + second.at_once)
        return (0.002, *ANSWER)

    first.script = second.script = watched  # type: ignore[assignment]
    cloud = Told("cloud", lambda *_: (0.01, *ANSWER), local=False)
    with batch_world(tmp_path, first, second, cloud, questions=8) as w:
        assert w.run(start="one_at_a_time", concurrency=4).progress.done == 24
        assert set(seen) == {1} and cloud.most_at_once == 4


def test_a_model_that_is_loaded_answers_what_waits_for_it_before_another_is(tmp_path: Path) -> None:
    order: list[str] = []
    host = Told("host", lambda request, _: (order.append(request.model), 0.001, *ANSWER)[1:])  # type: ignore[func-returns-value]
    big, small = (Contestant(ModelRef("host", name)) for name in ("big", "small"))
    with batch_world(tmp_path, host, questions=12) as w:
        w.run(contestants=(big, small), start="one_at_a_time", concurrency=4)
        changes = sum(a != b for a, b in pairwise(order))
        assert sorted(set(order)) == ["big", "small"] and changes <= 8


def test_a_pause_lets_answers_under_way_finish_and_sends_nothing_more(tmp_path: Path) -> None:
    with batch_world(tmp_path, Told("slow", lambda *_: (0.05, *ANSWER)), questions=50) as w:
        record = w.start(concurrency=3)
        until(lambda: w.providers[0].at_once == 3)
        w.batches.pause(record.id)
        paused = w.batches.wait(record.id, 5)
        assert paused.state is BatchState.PAUSED
        assert paused.progress.done == len(w.providers[0].calls) and paused.progress.done >= 3


def test_resuming_asks_only_what_is_left(tmp_path: Path) -> None:
    with batch_world(tmp_path, Told("slow", lambda *_: (0.01, *ANSWER)), questions=30) as w:
        record = w.start()
        until(lambda: w.batches.get(record.id).progress.done >= 5)
        w.batches.pause(record.id)
        w.batches.wait(record.id, 5)
        w.batches.resume(record.id)
        assert w.batches.wait(record.id, 5).progress.done == 30
        assert sorted(w.providers[0].prompts) == sorted(f"질문 {n}?" for n in range(1, 31))


def test_a_stopped_batch_sends_nothing_more_and_cannot_go_on(tmp_path: Path) -> None:
    with batch_world(tmp_path, Told("slow", lambda *_: (FOREVER,)), questions=50) as w:
        record = w.start(concurrency=3)
        until(lambda: w.providers[0].at_once == 3)
        w.batches.stop(record.id)
        stopped = w.batches.wait(record.id, 5)
        assert stopped.state is BatchState.STOPPED and len(w.providers[0].calls) == 3
        assert {a.answer.status for c in w.comparisons.all() for a in c.answers} == {Status.CANCELLED}
        with pytest.raises(UserError, match="over"):
            w.batches.resume(record.id)


def test_a_batch_that_does_not_run_can_be_stopped(tmp_path: Path) -> None:
    with batch_world(tmp_path) as w:
        record = w.batches.create(w.plan())
        w.batches.stop(record.id)
        assert w.batches.get(record.id).state is BatchState.STOPPED


def test_a_single_answer_can_be_stopped_and_the_batch_goes_on(tmp_path: Path) -> None:
    told = Told("slow", lambda request, _: (FOREVER,) if "2" in request.prompt else ANSWER)
    with batch_world(tmp_path, told, questions=3) as w:
        record = w.start()
        until(lambda: told.at_once == 1 and len(told.calls) == 3)
        (stuck,) = [c for c in w.comparisons.all() if "2" in c.comparison.prompt]
        w.engine.stop([stuck.answers[0].id])
        ended = w.batches.wait(record.id, 5)
        assert (ended.state, ended.progress.done, ended.progress.stopped) == (BatchState.DONE, 2, 1)


def test_what_another_process_asks_of_a_batch_is_done(tmp_path: Path) -> None:
    with batch_world(tmp_path, Told("slow", lambda *_: (0.05, *ANSWER)), questions=200) as w:
        record = w.start()
        w.store.ask(record.id, "pause")
        assert w.batches.wait(record.id, 5).state is BatchState.PAUSED


def test_a_batch_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    with batch_world(tmp_path) as w:
        record = w.batches.create(w.plan())
        assert w.batches.get(record.id[:5]).id == record.id
        with pytest.raises(UserError, match="no batch"):
            w.batches.get("nope")


def test_the_plan_is_stored_as_it_was_made(tmp_path: Path) -> None:
    with batch_world(tmp_path) as w:
        plan = w.plan(
            contestants=(
                Contestant(ModelRef("left", "llama3.1:8b"), Sampling(temperature=0.3, max_tokens=50, stop=("끝",))),
                Contestant(ModelRef("right", "one"), Sampling(reasoning="low")),
            ),
            repeats=3,
            system="간결하게.",
            collection="회사",
            search=SearchSettings(k=3, expansion=ModelRef("left", "one"), documents=("규정.md",)),
            budget_usd=Decimal("1.50"),
            start="one_at_a_time",
            cache=True,
            raters=2,
            gold_every=9,
        )
        assert w.batches.create(plan).plan == plan


def test_terms_are_kept_when_others_are_set_with_the_number_of_votes_then(tmp_path: Path) -> None:
    with batch_world(tmp_path, questions=3) as w:
        record = w.batches.create(w.plan(), VerdictTerms(margin=0.05))
        w.batches.start(record.id)
        w.batches.wait(record.id, 5)
        asked = next(iter(w.comparisons.all()))
        SqlRatingStore(w.store._engine).add([rating(asked, Outcome.TIE, rater="김")], [])
        w.batches.set_terms(record.id, VerdictTerms(margin=0.2, incumbent=1, challenger=0))
        assert [(s.terms.margin, s.votes) for s in w.batches.terms(record.id)] == [(0.05, 0), (0.2, 1)]
        assert w.batches.get(record.id).terms == VerdictTerms(margin=0.2, incumbent=1, challenger=0)


def test_history_leaves_batches_out_unless_one_is_named(tmp_path: Path) -> None:
    with batch_world(tmp_path, questions=3) as w:
        record = w.run()
        assert w.comparisons.search(Query())[1] == 0
        lines, total = w.comparisons.search(Query(batch=record.id))
        assert total == 3 and w.comparisons.get(lines[0].id).id == lines[0].id


@pytest.mark.parametrize(
    "wrong",
    [{"repeats": 0}, {"repeats": 21}, {"concurrency": 0}, {"concurrency": 257}, {"contestants": ()}, {"raters": 0}],
)
def test_a_plan_that_makes_no_sense_is_refused(tmp_path: Path, wrong: dict[str, object]) -> None:
    with batch_world(tmp_path) as w:
        with pytest.raises(UserError):
            w.batches.create(w.plan(**wrong))
        assert list(w.batches.list()) == []


@pytest.mark.parametrize(
    "wrong", [VerdictTerms(margin=0), VerdictTerms(margin=0.6), VerdictTerms(challenger=0), VerdictTerms(acceptable=1)]
)
def test_terms_that_make_no_sense_are_refused(tmp_path: Path, wrong: VerdictTerms) -> None:
    with batch_world(tmp_path) as w, pytest.raises(UserError):
        w.batches.create(w.plan(), wrong)


def test_the_list_has_the_newest_first_with_their_counts(tmp_path: Path) -> None:
    with batch_world(tmp_path) as w:
        first, second = w.run(), w.batches.create(w.plan(repeats=2))
        assert [(r.id, r.progress.done, r.progress.answers) for r in w.batches.list()] == [
            (second.id, 0, 20),
            (first.id, 10, 10),
        ]
