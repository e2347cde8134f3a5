"""One prompt, one evidence, two to four contestants — and the record that storage keeps of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from app.domain.answers import Answer, Status
from app.domain.evidence import Evidence
from app.domain.models import Contestant

StartMode = Literal["together", "one_at_a_time"]
MAX_CONTESTANTS = 4


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is asked. `system` is the system prompt, empty for none.

    `blind` hides identities until the vote. A lone contestant is allowed (a follow-up after others
    failed, a smoke test); a vote needs two.
    """

    prompt: str
    contestants: tuple[Contestant, ...]
    system: str = ""
    evidence: Evidence = Evidence()
    blind: bool = False
    start: StartMode = "together"


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """An answer as stored. `position` is the order asked, `side` the order shown (0 is leftmost)."""

    id: str
    position: int
    side: int
    contestant: Contestant
    answer: Answer


@dataclass(frozen=True, slots=True)
class ComparisonRecord:
    """A comparison as stored. `thread` is shared by a conversation's comparisons, `turn` counts from 0.

    `batch` is the id of the batch that asked it, None for one that a person asked.
    """

    id: str
    thread: str
    turn: int
    created_at: datetime
    comparison: Comparison
    answers: tuple[AnswerRecord, ...]
    revealed: bool = False
    batch: str | None = None

    @property
    def running(self) -> bool:
        return any(not a.answer.status.over for a in self.answers)

    @property
    def by_side(self) -> tuple[AnswerRecord, ...]:
        """The answers in the order shown."""
        return tuple(sorted(self.answers, key=lambda a: a.side))

    @property
    def ratable(self) -> tuple[AnswerRecord, ...]:
        """The answers that may be voted on, in the order shown; a vote needs two."""
        return tuple(a for a in self.by_side if a.answer.status.ratable)

    @property
    def hidden(self) -> bool:
        """Whether identities must not be shown yet."""
        return self.comparison.blind and not self.revealed

    @property
    def status(self) -> Status:
        """One word for the whole: running while any answer is, done when all are, else the worst news."""
        states = [a.answer.status for a in self.answers]
        for status in (
            Status.RUNNING,
            Status.WAITING,
            Status.INTERRUPTED,
            Status.FAILED,
            Status.REFUSED,
            Status.TRUNCATED,
            Status.CANCELLED,
        ):
            if status in states:
                return Status.RUNNING if not status.over else status
        return Status.DONE


@dataclass(frozen=True, slots=True)
class Query:
    """What History shows: free text over prompt, answers and comments, and filters; None = any.

    `text` matches whatever its case and Unicode form (NFC/NFD). The comparisons of a batch are shown
    only where `batch` names it: there are too many of them.
    """

    text: str = ""
    model: str | None = None
    status: Status | None = None
    rated: bool | None = None
    limit: int = 50
    offset: int = 0
    batch: str | None = None


@dataclass(frozen=True, slots=True)
class Summary:
    """One line of History. While `hidden`, `models` is in alphabetical order and tells no side.

    `blind_vote`: a vote that counts was cast before the names were shown.
    """

    id: str
    created_at: datetime
    prompt: str
    models: tuple[str, ...]
    status: Status
    hidden: bool
    votes: int
    turn: int
    blind_vote: bool = False
