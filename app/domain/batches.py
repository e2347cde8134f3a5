"""A batch: a question set put to contestants. Each question, each time, is a comparison of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from app.domain.answers import Answer, Status
from app.domain.comparisons import Comparison, StartMode
from app.domain.errors import AnswerError, Fault, UserError
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
    those that were cut, refused or empty, which are what their model had to say.
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


OF_THE_TEXT = frozenset({Fault.CONTEXT_OVERFLOW, Fault.CONTENT_FILTER, Fault.EMPTY_ANSWER})
"""The text's own, or the model's: another question may well be answered."""
FINAL = OF_THE_TEXT | {Fault.ONLY_THINKING}
"""What the model had to say: to ask again until it says something else would flatter it."""


def retriable(answer: Answer) -> bool:
    """Whether an answer failed by what lies outside of its model."""
    return answer.status is Status.FAILED and (answer.error is None or answer.error.kind not in FINAL)


def was_rated() -> UserError:
    """Why a batch's failed answers are not asked again."""
    return UserError(
        Message(
            "This batch has been rated: to ask failed answers again now would choose, knowing the votes, which"
            " questions the verdict is on."
        ),
        Message("Its failed answers count as not given. Start a new batch of the same questions."),
    )


Request = Literal["pause", "stop"]
UNFINISHED = frozenset({Status.WAITING, Status.RUNNING, Status.INTERRUPTED})
"""Of a batch's answers: whose process ended is marked as interrupted by whoever finds it, and asked again."""
