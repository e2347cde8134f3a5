"""What a contestant returned, how long it took, what it used and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Literal

from app.domain.errors import AnswerError
from app.domain.message import Message

UsageSource = Literal["reported", "estimated"]

# Seconds. Below it a speed is the clock's noise, not the model's.
SHORTEST_DECODE = 0.02


class Status(StrEnum):
    """Where an answer stands; the value is the `status` of the JSON output."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    TRUNCATED = "truncated"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def over(self) -> bool:
        return self not in (Status.WAITING, Status.RUNNING)

    @property
    def ratable(self) -> bool:
        """Only a complete answer reaches a rater."""
        return self is Status.DONE


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens. `input` counts cached ones too, `output` counts reasoning too (both are billed so)."""

    input: int
    output: int
    cached_input: int = 0
    cache_write: int = 0
    reasoning: int = 0
    source: UsageSource = "reported"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds; None where unknown.

    `queued`, `load`, `prefill` and `decode` are the server's phases; `first_token` and `total` are
    measured here, from sending the request to the first and the last token.
    """

    queued: float | None = None
    load: float | None = None
    first_token: float | None = None
    prefill: float | None = None
    decode: float | None = None
    total: float | None = None

    def tokens_per_second(self, output_tokens: int) -> float | None:
        """Output tokens per second of decoding; without a server's figure, from first to last token.

        None where it cannot be told, as for an answer that came all at once.
        """
        seconds = self.decode
        if seconds is None and self.total is not None and self.first_token is not None:
            seconds = self.total - self.first_token
            output_tokens -= 1
        if seconds is None or seconds < SHORTEST_DECODE or output_tokens <= 0:
            return None
        return output_tokens / seconds


@dataclass(frozen=True, slots=True)
class Answer:
    """What one contestant returned.

    `sent` is the request body that really went out, without messages and key; `not_sent` names the
    sampling fields the model does not take, with the reason. `cost_usd` None means unpriced.
    `finish` is the server's reason: stop, length, content_filter …
    """

    status: Status
    text: str = ""
    thinking: str = ""
    finish: str | None = None
    usage: Usage | None = None
    timing: Timing = Timing()
    cost_usd: Decimal | None = None
    sent: Mapping[str, object] = field(default_factory=dict)
    not_sent: Mapping[str, Message] = field(default_factory=dict)
    notices: tuple[Message, ...] = ()
    error: AnswerError | None = None
