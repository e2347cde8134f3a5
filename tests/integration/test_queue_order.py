"""The category whose verdict is nearest comes first, and nobody waits for knowing which it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from app.domain.queueing import CategoryCount
from app.domain.ratings import Outcome
from app.services.rating.order import NearestFirst
from storage.questions import SqlQuestionStore
from storage.votes import SqlVoteStore
from tests.integration.evaluated import BATCH
from tests.integration.queued import Queued, queued, says


def nearest(q: Queued, start: Callable[[Callable[[], None]], None] = lambda work: work()) -> NearestFirst:
    return NearestFirst(q.get, SqlVoteStore(q.engine), SqlQuestionStore(q.engine), start)


def counts(q: Queued) -> tuple[CategoryCount, ...]:
    return q.queue.progress(BATCH, "mina").categories


def test_a_category_that_looks_clear_comes_before_one_that_does_not_and_a_decided_one_last(tmp_path: Path) -> None:
    with queued(tmp_path, 120, categories=("decided", "clear", "even")) as q:
        seen = dict.fromkeys(("decided", "clear", "even"), 0)
        much = {"decided": 120, "clear": 15, "even": 15}
        q.order = lambda batch, counts: [name for name, n in seen.items() if n < much[name]]
        q.queue = q.another()
        for _ in range(sum(much.values())):
            task = q.next()
            seen[task.category] += 1
            challenger_left = task.behind.left.endswith("1")
            wins = task.category != "even" or seen["even"] % 2
            left = challenger_left if wins else not challenger_left
            q.queue.vote(task, says(task, Outcome.LEFT if left else Outcome.RIGHT))
        assert list(nearest(q)(BATCH, counts(q))) == ["clear", "even", "decided"]


def test_before_anything_is_known_categories_take_turns_and_nobody_waits(tmp_path: Path) -> None:
    with queued(tmp_path, 4, categories=("faq", "계약")) as q:
        waiting: list[Callable[[], None]] = []
        order = nearest(q, waiting.append)
        for _ in range(6):
            q.rate()
        assert set(order(BATCH, counts(q))) == {"faq", "계약"}
        assert len(waiting) == 1
        order(BATCH, counts(q))
        assert len(waiting) == 1, "one look for the same votes is enough"


def test_what_cannot_be_computed_leaves_the_turns(tmp_path: Path) -> None:
    with queued(tmp_path, 4, categories=("faq", "계약")) as q:
        for _ in range(6):
            q.rate()
        q.plan = replace(q.plan, question_set="gone")
        assert set(nearest(q)(BATCH, counts(q))) == {"faq", "계약"}
