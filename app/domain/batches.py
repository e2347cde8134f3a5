"""A batch: a question set put to contestants. Each question, each time, is a comparison of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from app.domain.comparisons import StartMode
from app.domain.message import Message
from app.domain.models import Contestant
from app.domain.searching import DEFAULT, SearchSettings

Design = Literal["questions_like_these", "these_questions"]
MOST_REPEATS = 20
MOST_AT_ONCE = 256


class BatchState(StrEnum):
    """`running` has an owner; a batch whose owner is gone is `interrupted` and can be resumed, as a paused one can."""

    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    INTERRUPTED = "interrupted"
    STOPPED = "stopped"
    DONE = "done"

    @property
    def over(self) -> bool:
        return self in (BatchState.STOPPED, BatchState.DONE)


@dataclass(frozen=True, slots=True)
class VerdictTerms:
    """What the verdict will ask, set before the first vote is seen.

    `margin` is in preference points as a share (.10: ten points), `alpha` the error allowed to each
    side, `acceptable` the share of questions whose challenger answer must be acceptable. `incumbent`
    and `challenger` are positions in the batch's contestants.
    """

    incumbent: int = 0
    challenger: int = 1
    margin: float = 0.10
    alpha: float = 0.025
    acceptable: float = 0.70
    design: Design = "questions_like_these"


@dataclass(frozen=True, slots=True)
class BatchPlan:
    """What is to be done. Stored with the batch and never changed.

    `collection` is where sources come from (empty: none) and `search` how they are searched for.
    `concurrency` is requests at once to one endpoint; `start` "one_at_a_time" lets a question's
    contestants, and all that share a machine, answer one after another. `budget_usd` ends the batch
    before it is passed. `cache` takes answers that were given to the same request earlier, never one
    of this batch's own repeats. `raters` is how many people rate each pair; `gold_every` puts a pair
    with a known outcome among so many others (0: none).
    """

    question_set: str
    version: int
    contestants: tuple[Contestant, ...]
    repeats: int = 1
    system: str = ""
    collection: str = ""
    search: SearchSettings = DEFAULT
    budget_usd: Decimal | None = None
    concurrency: int = 4
    start: StartMode = "together"
    cache: bool = False
    raters: int = 1
    gold_every: int = 0


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """Counts of answers; `spent_usd` None while nothing priced was answered. Seconds left None: not known yet."""

    answers: int
    done: int
    failed: int
    running: int
    cached: int = 0
    spent_usd: Decimal | None = None
    seconds_left: float | None = None


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A batch as stored; `reason` says why it is not running when that is not plain from its state."""

    id: str
    created_at: datetime
    plan: BatchPlan
    state: BatchState
    progress: BatchProgress
    terms: VerdictTerms = VerdictTerms()
    reason: Message | None = None

    @property
    def name(self) -> str:
        return f"{self.plan.question_set} v{self.plan.version}"
