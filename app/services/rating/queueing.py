"""The rating queue: blind pairs of a batch, one after the other, for several raters at once.

What keeps the verdict valid (app.evaluation): within a category questions come in an order that was random
before the first vote; only the choice of the category looks at the votes so far. What keeps raters blind:
sides are random by pair and rater, nothing but the texts leaves this module, and a vote here reveals nothing.
"""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from app.domain.batches import BatchRecord
from app.domain.comparisons import ComparisonRecord
from app.domain.queueing import CategoryCount, Claim, GoldVote, Pair, PairKey, QueueProgress, QueueStore
from app.domain.ratings import Rating, Stars, Vote
from app.domain.store import ComparisonStore, RatingStore
from app.services.rating import gold as queue_gold
from app.services.rating.gold import Attention
from app.services.rating.task import Behind, Task, earlier_vote, gold_ballot, left_first, masked, outcome_of
from app.services.rating.view import View
from app.services.rating.voting import checked, clean_name

CLAIM = timedelta(minutes=10)
NEVER_AGAIN = datetime(1970, 1, 1, tzinfo=UTC)
_RACES = 30
_OPEN = 64
_RECENT = 100

Order = Callable[[str, Sequence[CategoryCount]], Sequence[str]]
"""Which category's turn it is: the names of all, the next one first, by the batch's id and what was rated of each."""


def in_turn(batch_id: str, counts: Sequence[CategoryCount]) -> Sequence[str]:
    """The category of which the least is rated comes first."""
    return [c.name for c in sorted(counts, key=lambda c: c.done / max(c.places, 1))]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A batch with pairs for somebody, and how far it is for this rater."""

    batch: BatchRecord
    progress: QueueProgress


class RatingQueue:
    """Safe to call from any thread, and with any number of processes on the same database."""

    def __init__(
        self,
        store: QueueStore,
        comparisons: ComparisonStore,
        ratings: RatingStore,
        get_batch: Callable[[str], BatchRecord],
        list_batches: Callable[[], Sequence[BatchRecord]] = tuple,
        order: Order = in_turn,
    ) -> None:
        self._store = store
        self._comparisons = comparisons
        self._ratings = ratings
        self._get_batch = get_batch
        self._list_batches = list_batches
        self._order = order
        self._views: dict[str, tuple[BatchRecord, View]] = {}
        self._lock = threading.Lock()

    def batch(self, batch_id: str) -> BatchRecord:
        """As it was when the queue was opened. Raises UserError when there is none."""
        return self._open(batch_id)[0]

    def waiting(self, rater: str) -> list[Waiting]:
        """The batches with pairs to rate, the newest first, those done for this rater too."""
        found = [Waiting(batch, self.progress(batch.id, rater)) for batch in self._list_batches()]
        return [w for w in found if w.progress.places]

    def next(self, batch_id: str, rater: str) -> Task | None:
        """The pair on the rater's screen: the same until it is voted on or skipped; None when there is none left.

        It is the rater's for ten minutes, and again for ten whenever it is asked for. Raises UserError for
        an unknown batch.
        """
        rater = clean_name(rater)
        batch, view = self._open(batch_id)
        view.look()
        for _ in range(_RACES):
            now = datetime.now(UTC)
            claims = self._store.claims(batch.id)
            mine = {claim.key: claim for claim in claims if claim.rater == rater}
            held = Counter(
                c.key
                for c in claims
                if c.rater != rater and c.until > now and view.pair(c.key) and not view.done_with(c.key, c.rater)
            )
            key = self._key(batch, view, rater, mine, held, now)
            if key is None:
                return None
            # A gold pair has a place for everybody.
            places = batch.plan.raters if view.pair(key) else len(claims) + 2
            if self._store.claim(key, rater, places=places, now=now, until=now + CLAIM):
                task = self._task(batch, view, key, rater)
                return replace(task, returned=key in mine and mine[key].skipped)
            view.look()
        return None

    def vote(self, task: Task, vote: Vote) -> None:
        """Store the vote; it corrects the rater's earlier one on this very pair. Nothing is revealed.

        `vote` is in the ids of the task's record. Raises UserError when it makes no sense.
        """
        vote = checked(task.record, replace(vote, rater=task.rater))
        behind, outcome, now = task.behind, outcome_of(task.record, vote), datetime.now(UTC)
        if behind.gold:
            comparison, right, wrong = behind.key
            ok = queue_gold.passed(outcome, behind.left == right)
            self._store.add_gold(GoldVote(task.batch, comparison, right, wrong, outcome, ok, task.rater, now))
            return
        shown = self.revealed_to(behind.key[0])
        # Whoever revealed the names has seen them; whoever goes back to a pair that was revealed since may have.
        blind = shown is None or (task.ballot is None and task.rater not in shown)
        rating = Rating(
            vote=secrets.token_hex(10),
            comparison=behind.key[0],
            left=behind.left,
            right=behind.right,
            outcome=outcome,
            blind=blind,
            rater=task.rater,
            created_at=now,
            tags=vote.tags,
            comment=vote.comment,
        )
        stars = [
            Stars(rating.vote, behind.id_of(answer.side), vote.stars[answer.id], blind, task.rater, now)
            for answer in task.record.by_side
            if answer.id in vote.stars
        ]
        self._ratings.add([rating], stars)

    def revealed_to(self, comparison: str) -> frozenset[str] | None:
        """Who revealed the names of a comparison; None while they are hidden."""
        return self._store.revealed_to(comparison)

    def skip(self, task: Task) -> None:
        """Pass it over. It comes back once, when the rest is done; a vote that stands stays."""
        if task.ballot is None:
            for_good = task.returned or task.behind.gold
            self._store.skip(task.behind.key, task.rater, NEVER_AGAIN if for_good else datetime.now(UTC))

    def back(self, batch_id: str, rater: str, before: Task | None = None) -> Task | None:
        """The last pair that the rater voted on or skipped, or the one before that pair; None when there is none.

        A vote shown again stands until there is another.
        """
        rater = clean_name(rater)
        batch, view = self._open(batch_id)
        view.look()
        now = datetime.now(UTC)
        # The time of each is in the database: of the last ones only, unless one has gone back further than that.
        voted = view.voted(rater, _RECENT)
        if before is not None and before.behind.key not in {pair.key for _, pair in voted[1:]}:
            voted = view.voted(rater)
        times = self._store.times([seq for seq, _ in voted])
        done = {pair.key: times[seq] for seq, pair in voted}
        if batch.plan.gold_every:
            done |= {vote.key: vote.created_at for vote in self._store.golds(batch.id, rater)}
        skipped = {
            claim.key: claim.until
            for claim in self._store.claims(batch.id)
            if claim.rater == rater and claim.skipped and claim.key not in done and view.pair(claim.key)
            if NEVER_AGAIN < claim.until <= now
        }
        past = sorted((at, key) for key, at in (done | skipped).items())
        if before is not None and before.behind.key in done:
            past = [(at, key) for at, key in past if at < done[before.behind.key]]
        for _, key in reversed(past):
            if key in done:
                return self._task(batch, view, key, rater)
            if self._store.claim(key, rater, places=batch.plan.raters, now=now, until=now + CLAIM):
                return replace(self._task(batch, view, key, rater), returned=True)
        return None

    def progress(self, batch_id: str, rater: str) -> QueueProgress:
        """Gold pairs count among those that the rater voted on. Raises UserError for an unknown batch."""
        rater = clean_name(rater)
        batch, view = self._open(batch_id)
        view.look()
        gone = {c.key for c in self._store.claims(batch.id) if c.rater == rater and c.until == NEVER_AGAIN}
        found = view.progress(rater, gone)
        if not batch.plan.gold_every:
            return found
        return replace(found, mine=found.mine + len({v.key for v in self._store.golds(batch.id, rater)}))

    def open_tasks(self, batch_id: str, rater: str) -> Iterator[Task]:
        """All pairs that are open to the rater now, in the queue's order, without holding any of them: for a sheet."""
        rater = clean_name(rater)
        batch, view = self._open(batch_id)
        view.look()
        gone = {c.key for c in self._store.claims(batch.id) if c.rater == rater and c.until == NEVER_AGAIN}
        for pair in view.pairs():
            if pair.key not in gone and view.is_free(pair.key, rater, {}):
                yield self._task(batch, view, pair.key, rater)

    def pairs(self, batch_id: str) -> tuple[Pair, ...]:
        """Every pair that there is to rate. Raises UserError for an unknown batch."""
        view = self._open(batch_id)[1]
        view.look()
        return view.pairs()

    def attention(self, batch_id: str) -> dict[str, Attention]:
        """By rater, what became of their gold pairs; empty when they were given none."""
        return queue_gold.attention(self._store.golds(self._open(batch_id)[0].id))

    def _open(self, batch_id: str) -> tuple[BatchRecord, View]:
        with self._lock:
            found = self._views.get(batch_id)
        if found is None:
            batch = self._get_batch(batch_id)
            with self._lock:
                if len(self._views) >= _OPEN:
                    self._views.pop(next(iter(self._views)))
                found = self._views.get(batch.id) or (batch, View(self._store, batch.id, batch.plan.raters))
                self._views[batch.id] = found
        return found

    def _key(
        self,
        batch: BatchRecord,
        view: View,
        rater: str,
        mine: dict[PairKey, Claim],
        held: Counter[PairKey],
        now: datetime,
    ) -> PairKey | None:
        """What the rater is given next: what they hold, a gold pair, a new one, one they skipped."""
        golds = {}
        if batch.plan.gold_every:
            golds = {vote.key: vote for vote in self._store.golds(batch.id, rater)}
        for claim in mine.values():
            over = view.done_with(claim.key, rater) if view.pair(claim.key) else claim.key in golds
            if claim.until > now and not over:
                return claim.key
        order = self._order(batch.id, view.progress(rater, ()).categories)
        fresh = view.free(rater, order, held, {key for key, claim in mine.items() if claim.skipped})
        passed_over = {key for key, claim in mine.items() if claim.skipped and not view.pair(key)}
        number = len(golds.keys() | passed_over)
        if fresh and queue_gold.is_due(batch.id, rater, batch.plan.gold_every, view.count(rater), number):
            avoid = {fresh.question, *(pair.question for _, pair in view.voted(rater, 3))}
            gold = queue_gold.choose(batch.id, rater, number, view.pairs(), avoid=avoid, text_of=self._text)
            if gold is not None:
                return gold
        if fresh is not None:
            return fresh.key
        again = sorted((c.until, key) for key, c in mine.items() if c.skipped and c.until > NEVER_AGAIN)
        return next((key for _, key in again if view.pair(key) and view.is_free(key, rater, held)), None)

    def _text(self, comparison: str, answer: str) -> str:
        return _text_in(self._comparisons.get(comparison), answer)

    def _task(self, batch: BatchRecord, view: View, key: PairKey, rater: str) -> Task:
        """The pair as it is shown, with the rater's vote that stands."""
        pair, record = view.pair(key), self._comparisons.get(key[0])
        one, other = key[1:] if left_first(batch.id, key, rater) else (key[2], key[1])
        behind = Behind(key, one, other, gold=pair is None)
        elsewhere = record if pair else self._comparisons.get(self._store.comparison_of(key[2]))
        texts = {a.id: a.answer.text for a in (*record.answers, *elsewhere.answers)}
        shown = masked(record, (texts[one], texts[other]), behind, batch=batch.id, rater=rater)
        if pair is None:
            last = next((v for v in reversed(self._store.golds(batch.id, rater)) if v.key == key), None)
            ballot = gold_ballot(shown, last) if last else None
        else:
            ballot = earlier_vote(shown, behind, *self._ratings.of(record.id), rater)
        return Task(
            id=shown.id,
            batch=batch.id,
            rater=rater,
            record=shown,
            category=view.category_of(record.id),
            reference=self._store.reference(record.id),
            ballot=ballot,
            behind=behind,
        )


def _text_in(record: ComparisonRecord, answer: str) -> str:
    return next(a.answer.text for a in record.answers if a.id == answer)


__all__ = ["CLAIM", "NEVER_AGAIN", "Attention", "Order", "RatingQueue", "Task", "Waiting", "in_turn"]
