"""A batch: a question set put to contestants. Each question, each time, is a comparison of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal, Protocol

from app.domain.answers import Answer, Status
from app.domain.comparisons import Comparison, ComparisonRecord, StartMode
from app.domain.errors import AnswerError
from app.domain.message import Message
from app.domain.models import Contestant, ModelRef
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


class Cause(StrEnum):
    """What keeps a batch from going on, for programs; the value is the `reason_code` of the JSON output.

    `SETUP` takes a person (a key, a quota, a model that is there), `ENDPOINT` one that is well again,
    `SOURCES` a search that works, `STORAGE` a database that does; `FINISHING` waits for answers under way.
    """

    BUDGET = "budget"
    SETUP = "setup"
    ENDPOINT = "endpoint"
    SOURCES = "sources"
    STORAGE = "storage"
    FINISHING = "finishing"
    INTERNAL = "internal"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Why:
    """Why a batch is not running, or what it waits for: for programs, and in words."""

    cause: Cause
    said: Message

    def __str__(self) -> str:
        return str(self.said)


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
    """What is to be done. Stored with the batch and never changed, but for a budget that was raised.

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
    """Counts of answers; `spent_usd` None while nothing priced was answered. Seconds left None: not known yet.

    `failed` counts every answer that is over and not complete, `stopped` those that nobody will ask,
    `cached` those of the complete ones that were copied. `retriable` of the failed can be asked again: not
    those that were cut or refused, which are what their model had to say.
    """

    answers: int
    done: int
    failed: int
    running: int
    cached: int = 0
    spent_usd: Decimal | None = None
    seconds_left: float | None = None
    stopped: int = 0
    retriable: int = 0

    @property
    def left(self) -> int:
        """Answers still to come, those that are running too."""
        return max(0, self.answers - self.done - self.failed - self.stopped)


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """A batch as stored; `reason` says why it is not running, or what it waits for, when that is not plain.

    `owner` is the process that holds it until `lease_until`, `runner` that process in words for people.
    """

    id: str
    created_at: datetime
    plan: BatchPlan
    state: BatchState
    progress: BatchProgress
    terms: VerdictTerms = VerdictTerms()
    reason: Why | None = None
    owner: str | None = None
    lease_until: datetime | None = None
    runner: str = ""

    @property
    def name(self) -> str:
        return f"{self.plan.question_set} v{self.plan.version}"


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One question, one time: a comparison to be. `question` is its position in the set, `repeat` counts from 0."""

    position: int
    question: int
    repeat: int


@dataclass(frozen=True, slots=True)
class CopiedAnswer:
    """An answer that is not asked for, because the same request was answered before: by the answer `source`."""

    source: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class NewComparison:
    """A comparison about to be asked for an item of a batch; by contestant its side, its digest, its copy."""

    position: int
    comparison: Comparison
    sides: tuple[int, ...]
    digests: tuple[str, ...]
    copies: tuple[CopiedAnswer | None, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """How one contestant fares. `tokens_per_second` is of decoding, over its own fresh answers; None: not known."""

    contestant: int
    done: int = 0
    failed: int = 0
    cached: int = 0
    usd: Decimal | None = None
    tokens_per_second: float | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer that is not complete, or (`contestant` None) a question that could not be asked, with why."""

    question: int
    repeat: int
    contestant: int | None
    status: Status
    error: AnswerError | None
    comparison: str | None = None


@dataclass(frozen=True, slots=True)
class Speed:
    """What a model took lately: means over its last `answers` complete answers. Seconds and tokens of one answer."""

    answers: int
    seconds: float
    output_tokens: float


@dataclass(frozen=True, slots=True)
class TermsSet:
    """The terms that were set at a moment, when there were `votes` ratings."""

    terms: VerdictTerms
    set_at: datetime
    votes: int


Request = Literal["pause", "stop"]
UNFINISHED = frozenset({Status.WAITING, Status.RUNNING, Status.INTERRUPTED})
"""Of a batch's answers: whose process ended is marked as interrupted by whoever finds it, and asked again."""


class BatchStore(Protocol):
    """Batches, their items and who runs them. Safe to call from any thread.

    Ids may be shortened where a method raises UserError for one that is unknown.
    """

    def add(self, plan: BatchPlan, terms: VerdictTerms) -> BatchRecord:
        """Store a batch with an item for each question and repeat. Raises UserError for an unknown set."""
        ...

    def get(self, batch_id: str) -> BatchRecord:
        """With its counts as they are now. Raises UserError when there is none."""
        ...

    def list(self, limit: int = 50, offset: int = 0) -> Sequence[BatchRecord]:
        """The newest first."""
        ...

    def terms(self, batch_id: str) -> Sequence[TermsSet]:
        """All that were ever set, the oldest first; the last ones hold."""
        ...

    def set_terms(self, batch_id: str, terms: VerdictTerms) -> None:
        """From now on these hold; what held before stays on record, with the number of ratings at this moment."""
        ...

    def take(
        self, batch_id: str, seen: str | None, owner: str, runner: str, until: datetime, *, done: bool = False
    ) -> bool:
        """Make it `owner`'s until then, provided that its owner is still `seen`; whether that worked.

        One that is over is nobody's any more; with `done` one that came to its end is to be had.
        """
        ...

    def give_back(self, record: BatchRecord, owner: str) -> None:
        """As if `owner` had not taken it: its state, reason and the owner before are those of `record`."""
        ...

    def beat(self, batch_id: str, owner: str, until: datetime | None = None) -> tuple[bool, Request | None]:
        """Whether it is still `owner`'s, and what others asked of it. `until` makes the lease longer."""
        ...

    def ask(self, batch_id: str, request: Request) -> None:
        """Ask whoever runs it to pause or to stop."""
        ...

    def leave(self, batch_id: str, owner: str, state: BatchState, reason: Why | None) -> None:
        """It is nobody's from now on; nothing happens when it was not `owner`'s any more."""
        ...

    def close(self, batch_id: str, state: BatchState) -> None:
        """Say what became of a batch that nobody runs."""
        ...

    def note(self, batch_id: str, owner: str, reason: Why | None) -> None:
        """What a running batch waits for."""
        ...

    def set_budget(self, batch_id: str, usd: Decimal | None) -> None:
        """Budgets set before stay on record."""
        ...

    def write_off(self, batch_id: str, usd: Decimal) -> None:
        """Count money that was, or may have been, spent on answers that never arrived."""
        ...

    def pending(self, batch_id: str) -> Sequence[BatchItem]:
        """The items that were not asked yet, in their order."""
        ...

    def unfinished(self, batch_id: str, *, failed: bool = False) -> Sequence[tuple[BatchItem, ComparisonRecord]]:
        """The comparisons that hold an unfinished answer, in their order; with `failed` a failed one."""
        ...

    def reopen(self, batch_id: str, owner: str, lost: Decimal, *, failed: bool = False) -> None:
        """Make every unfinished answer wait again, under `owner`, and write `lost` off, in one go.

        With `failed` the failed ones too, what they cost is written off as well, and the items that could
        not be asked are pending again.
        """
        ...

    def begin(self, batch_id: str, owner: str, items: Sequence[NewComparison]) -> Sequence[tuple[str, ...]] | None:
        """Store comparisons for items, in one go; the ids of the answers of each, by contestant.

        None, and nothing is stored, when the batch is not `owner`'s any more.
        """
        ...

    def refuse(self, batch_id: str, position: int, error: AnswerError) -> None:
        """An item that cannot be asked, and why."""
        ...

    def cancel(self, batch_id: str) -> None:
        """Mark unfinished answers as stopped: nobody will ask them."""
        ...

    def copies(self, batch_id: str, digests: Sequence[str]) -> Mapping[str, Sequence[CopiedAnswer]]:
        """Complete answers to these requests that other batches got, those this one has not used, by digest."""
        ...

    def speed(self, model: ModelRef) -> Speed | None:
        """None where it never answered."""
        ...

    def tallies(self, batch_id: str) -> Sequence[Tally]:
        """One for each contestant."""
        ...

    def failures(self, batch_id: str, limit: int = 200) -> Sequence[Failure]:
        """In the order of the items."""
        ...
