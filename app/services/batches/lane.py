"""One endpoint as a batch sees it: how many requests at once, and how long to leave it alone when it is not well.

As TCP does: an endpoint that refused or did not answer is left alone for a growing time, then asked
by one request alone; each answer after that lets one more out, up to half of what was too much, and
from there on slowly more.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from app.domain.chat import ChatRequest, Provider
from app.domain.message import Message

_RECENT = 64


@dataclass(frozen=True, slots=True)
class Backoff:
    """Seconds: the first pause, the longest, and after how many in trouble the batch pauses."""

    first: float = 1.0
    longest: float = 20.0
    give_up: float = 600.0


@dataclass(slots=True, eq=False)
class Ask:
    """One answer to get: of which item and contestant, and from which lane.

    `worst` is the most that it can cost, USD; `strikes` counts what speaks against the request itself,
    `seen` the lane's successes when it failed last.
    """

    answer_id: str
    item: int
    contestant: int
    lane: str
    provider: Provider
    request: ChatRequest
    worst: Decimal = Decimal(0)
    notices: tuple[Message, ...] = ()
    strikes: int = 0
    seen: int = -1


@dataclass(slots=True, eq=False)
class Lane:
    """The requests that wait for one endpoint, in order. `most` at once; all times by `clock`, in seconds."""

    most: int
    backoff: Backoff
    clock: Callable[[], float] = time.monotonic
    same_model_first: bool = False
    queue: deque[Ask] = field(default_factory=deque)
    running: int = 0
    successes: int = 0
    trouble: Message | None = None
    allowed: float = 0.0
    _ceiling: float = 0.0
    _pause: float = 0.0
    _until: float = 0.0
    _since: float | None = None
    _last_model: str = ""
    _ended: deque[float] = field(default_factory=lambda: deque(maxlen=_RECENT))

    def __post_init__(self) -> None:
        self.allowed = self._ceiling = float(self.most)
        self._pause = self.backoff.first
        self._ended.append(self.clock())

    @property
    def wait(self) -> float:
        """Seconds until it may be asked again; 0: now."""
        return max(0.0, self._until - self.clock())

    @property
    def given_up(self) -> bool:
        """Whether it has been failing, or wants to be left alone, for longer than anybody waits."""
        now, most = self.clock(), self.backoff.give_up
        return self._since is not None and (now - self._since > most or self._until - now > most)

    def next(self) -> Ask | None:
        """The request to send now, if there is one and one may go out."""
        if not self.queue or self.running >= max(1, int(self.allowed)) or self.wait:
            return None
        # Models that share a machine: loading another one takes longer than many an answer.
        if self.same_model_first:
            for ask in self.queue:
                if ask.request.model == self._last_model:
                    self.queue.remove(ask)
                    break
            else:
                ask = self.queue.popleft()
        else:
            ask = self.queue.popleft()
        self._last_model = ask.request.model
        self.running += 1
        return ask

    def back(self, ask: Ask) -> None:
        """It could not be sent: it is the next again."""
        self.running -= 1
        self.queue.appendleft(ask)

    def well(self) -> None:
        """An answer came, or a refusal that tells that the endpoint works."""
        self.successes += 1
        if self.trouble is not None:
            # How long it was away says nothing of how fast it answers.
            self._ended.clear()
        self.trouble, self._since, self._pause = None, None, self.backoff.first
        grown = self.allowed + (1.0 if self.allowed < self._ceiling else 1.0 / max(1.0, self.allowed))
        self.allowed = min(float(self.most), grown)

    def ill(self, why: Message, retry_after: float | None) -> None:
        """It refused or did not answer. `retry_after`: the seconds that it asked for."""
        now = self.clock()
        if self._since is None:
            self._since = now
            self._ceiling = max(1.0, self.allowed / 2)
        self.trouble, self.allowed = why, 1.0
        if self._until > now and retry_after is None:
            return  # the others that were under way then: it is one trouble
        pause = max(self._pause, retry_after or 0.0)
        if self._until <= now:
            self._pause = min(self._pause * 2, self.backoff.longest)
        self._until = max(self._until, now + pause)

    def ended(self) -> None:
        """An answer is over, one way or another."""
        self._ended.append(self.clock())

    def seconds_for(self, answers: int) -> float | None:
        """How long so many more answers take at the speed of the last ones.

        None before there is a speed, and while nobody knows when it is well again.
        """
        if not answers:
            return 0.0
        if len(self._ended) < 4 or self.trouble is not None:
            return None
        return answers * (self.clock() - self._ended[0]) / (len(self._ended) - 1)
