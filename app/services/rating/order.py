"""Which category raters are given next: the one whose verdict is nearest.

Only the category is chosen by what was voted; within it questions stay in an order of their own. That leaves
each category's verdict valid, and the one over all is made for it (app.evaluation.stratified).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence

from app.domain.batches import BatchRecord
from app.domain.questions import QuestionStore
from app.domain.queueing import CategoryCount
from app.domain.votes import VoteStore
from app.evaluation.standing import nearest_first, standing
from app.services.rating.queueing import in_turn
from app.services.results.verdict import grouped, rules_of, units_of

log = logging.getLogger(__name__)

# Votes after which it is worth another look: so many, and this share of those there were.
_AT_LEAST, _SHARE = 5, 0.02

Start = Callable[[Callable[[], None]], None]


def _in_a_thread(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="understudy-order", daemon=True).start()


class NearestFirst:
    """The Order port of the queue. Never waits: a rater is not held up by statistics, the last order does till then."""

    def __init__(
        self,
        get_batch: Callable[[str], BatchRecord],
        votes: VoteStore,
        questions: QuestionStore,
        start: Start = _in_a_thread,
    ) -> None:
        self._get_batch = get_batch
        self._votes = votes
        self._questions = questions
        self._start = start
        self._lock = threading.Lock()
        self._known: dict[str, tuple[str, ...]] = {}
        self._at: dict[str, int] = {}

    def __call__(self, batch_id: str, counts: Sequence[CategoryCount]) -> Sequence[str]:
        """Categories in turn until something is known of them."""
        turns = in_turn(batch_id, counts)
        done = sum(c.done for c in counts)
        if len(turns) < 2 or not done:
            return turns
        with self._lock:
            due = done - self._at.get(batch_id, 0) >= max(_AT_LEAST, _SHARE * done)
            if due:
                self._at[batch_id] = done
        if due:
            self._start(lambda: self._look(batch_id))
        with self._lock:
            known = [name for name in self._known.get(batch_id, ()) if name in turns]
        return [*known, *(name for name in turns if name not in known)]

    def _look(self, batch_id: str) -> None:
        try:
            order = self._computed(self._get_batch(batch_id))
        except Exception:
            log.exception("the order of categories could not be computed")
            return
        with self._lock:
            self._known[batch_id] = order

    def _computed(self, batch: BatchRecord) -> tuple[str, ...]:
        asked = self._questions.get(batch.plan.question_set, batch.plan.version).questions
        categories = grouped([q.category for q in asked])
        required = batch.plan.raters * batch.plan.repeats
        rules = rules_of(batch.terms, required)
        found = units_of(self._votes.of_batch(batch.id), batch.terms, required)
        alpha = rules.alpha / len(categories.names)
        standings = [
            standing(found.pick(categories.of == c), rules, alpha, size) for c, size in enumerate(categories.sizes)
        ]
        return tuple(categories.names[c] for c in nearest_first(standings))
