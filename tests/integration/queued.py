"""A batch that was answered and waits for raters, with its queue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Engine, update

from app.domain.answers import Status
from app.domain.batches import BatchPlan, BatchProgress, BatchRecord, BatchState
from app.domain.models import Contestant, ModelRef
from app.domain.ratings import Outcome, Rating, Vote
from app.services.rating.queueing import Order, RatingQueue, Task, in_turn
from storage.comparisons import SqlComparisonStore
from storage.database import write
from storage.queueing import SqlQueueStore
from storage.ratings import SqlRatingStore
from storage.tables import AnswerRow
from tests.integration.evaluated import BATCH, MODELS, T0, Planted, plant
from tests.integration.storing import database


@dataclass
class Queued:
    engine: Engine
    plan: BatchPlan
    order: Order = in_turn

    def __post_init__(self) -> None:
        self.comparisons = SqlComparisonStore(self.engine)
        self.ratings = SqlRatingStore(self.engine)
        self.store = SqlQueueStore(self.engine)
        self.queue = self.another()

    def another(self) -> RatingQueue:
        """A queue with a memory of its own, as another process has it."""
        return RatingQueue(self.store, self.comparisons, self.ratings, self.get, lambda: [self.get(BATCH)], self.order)

    def get(self, _: str) -> BatchRecord:
        return BatchRecord(BATCH, T0, self.plan, BatchState.DONE, BatchProgress(0, 0, 0, 0))

    def next(self, rater: str = "mina") -> Task:
        task = self.queue.next(BATCH, rater)
        assert task is not None
        return task

    def rate(self, rater: str = "mina", outcome: Outcome = Outcome.TIE) -> Task:
        """Vote on the next pair."""
        task = self.next(rater)
        self.queue.vote(task, says(task, outcome))
        return task

    def rest(self, rater: str) -> list[Task]:
        """Vote on all that is left."""
        tasks = []
        while (task := self.queue.next(BATCH, rater)) is not None:
            self.queue.vote(task, says(task))
            tasks.append(task)
        return tasks

    def stored(self) -> list[Rating]:
        return [rating for rating, superseded in self.ratings.all() if not superseded]

    def ends(self, position: int, contestant: int, status: Status) -> None:
        """An answer that ended otherwise."""
        identity = f"a{position:027d}{contestant:04d}"
        row = update(AnswerRow).where(AnswerRow.id == identity).values(status=status.value)
        write(self.engine, lambda connection: connection.execute(row))


def says(task: Task, outcome: Outcome = Outcome.TIE, **given: object) -> Vote:
    """A vote on what is shown."""
    left, right = task.record.by_side
    best = {Outcome.LEFT: left.id, Outcome.RIGHT: right.id}.get(outcome)
    return replace(Vote(task.rater, best, None if best else outcome), **given)  # type: ignore[arg-type]


@contextmanager
def queued(
    home: Path,
    questions: int = 4,
    *,
    raters: int = 1,
    contestants: int = 2,
    repeats: int = 1,
    gold_every: int = 0,
    categories: Sequence[str] = ("faq",),
    order: Order = in_turn,
    text: str = "Answer",
) -> Iterator[Queued]:
    """`questions` a category, none of them rated."""
    even = {name: Planted(0, 0) for name in categories}
    with database(home) as engine:
        plant(engine, even, questions=questions, raters=0, contestants=contestants, repeats=repeats, text=text)
        models = tuple(Contestant(ModelRef.parse(m)) for m in MODELS[:contestants])
        plan = BatchPlan("planted", 1, models, repeats=repeats, raters=raters, gold_every=gold_every)
        yield Queued(engine, plan, order)
