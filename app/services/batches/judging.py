"""What a failure in a batch means: of this answer, of the endpoint, or of the way the batch is set up."""

from __future__ import annotations

import asyncio
from collections import Counter
from enum import Enum

from app.domain.answers import Answer, Status
from app.domain.batches import OF_THE_TEXT
from app.domain.errors import Fault, ProviderError
from app.services.batches.lane import Ask, Lane

# Nothing that is asked will be answered until a person has done something.
SETUP = frozenset({Fault.NO_KEY, Fault.WRONG_KEY, Fault.NO_QUOTA, Fault.UNKNOWN_MODEL, Fault.LOCAL_ONLY})
# The endpoint said so, or was not there: it is nobody's request that is wrong.
AWAY = frozenset({Fault.RATE_LIMITED, Fault.SERVER_BUSY, Fault.UNREACHABLE})
# A server that dies breaks off like this; so does one that chokes on one certain request.
SHAKY = frozenset({Fault.CUT_STREAM, Fault.STREAM_ERROR, Fault.SILENCE, Fault.SERVER_ERROR, Fault.CHILD_DIED})
STRIKES = 6
ALIKE = 3


class Fate(Enum):
    """What becomes of an answer that is over: stored as it is, asked again, or not known before others are over."""

    KEEP = "keep"
    AGAIN = "again"
    PAUSE = "pause"
    DOUBT = "doubt"


def judge(ask: Ask, lane: Lane, answer: Answer, failure: ProviderError | None, *, proven: bool) -> Fate:
    """The fate of an answer, and what its lane learns from it. `proven`: its contestant has answered before."""
    if answer.status is Status.CANCELLED:
        return Fate.KEEP
    kind = answer.error.kind if answer.error is not None else None
    if kind is None or kind in OF_THE_TEXT:
        lane.well()
        return Fate.KEEP
    if failure is not None and kind in AWAY:
        lane.ill(failure.message, failure.retry_after)
        return Fate.AGAIN
    if failure is not None and kind in SHAKY:
        return _shaken(ask, lane, failure)
    if kind in SETUP:
        return Fate.PAUSE
    lane.well()
    if failure is not None and failure.retryable:
        ask.strikes += 2
        return Fate.AGAIN if ask.strikes < STRIKES else Fate.KEEP
    return Fate.KEEP if proven else Fate.DOUBT


def _shaken(ask: Ask, lane: Lane, failure: ProviderError) -> Fate:
    if ask.seen >= 0 and lane.successes > ask.seen:
        ask.strikes += 2  # others were answered in between
    elif not lane.queue and not lane.running:
        ask.strikes += 1  # nobody else is there to be answered
    ask.seen = lane.successes
    if ask.strikes >= STRIKES:
        lane.well()
        return Fate.KEEP
    lane.ill(failure.message, failure.retry_after)
    return Fate.AGAIN


class Doubts:
    """Answers of contestants that never answered yet: when the first few fail alike, it is not their fault.

    Each such failure waits here until its contestant answers something (then it is stored) or until
    `ALIKE` of one kind came (then none is stored, and the batch pauses).
    """

    def __init__(self, contestants: int) -> None:
        self._proven = [False] * contestants
        self._waiting: list[dict[asyncio.Future[Fate], Fault]] = [{} for _ in range(contestants)]

    def proven(self, contestant: int) -> bool:
        return self._proven[contestant]

    def prove(self, contestant: int) -> None:
        """It has answered: what failed before failed by itself."""
        self._proven[contestant] = True
        self._settle(contestant, Fate.KEEP)

    @property
    def waiting(self) -> int:
        return sum(len(waiting) for waiting in self._waiting)

    def tell(self, contestant: int, kind: Fault) -> asyncio.Future[Fate]:
        """KEEP or AGAIN, in time; PAUSE for the one with which it is clear that all fail alike."""
        waiting = self._waiting[contestant]
        fate: asyncio.Future[Fate] = asyncio.get_running_loop().create_future()
        if self._proven[contestant]:
            fate.set_result(Fate.KEEP)
        elif Counter(waiting.values())[kind] + 1 >= ALIKE:
            self._settle(contestant, Fate.AGAIN)
            fate.set_result(Fate.PAUSE)
        else:
            waiting[fate] = kind
        return fate

    def settle(self, fate: Fate) -> None:
        """No more answers come: decide about all that wait."""
        for contestant in range(len(self._waiting)):
            self._settle(contestant, fate)

    def _settle(self, contestant: int, fate: Fate) -> None:
        waiting = self._waiting[contestant]
        for future in waiting:
            if not future.done():
                future.set_result(fate)
        waiting.clear()
