"""The port to a model: one request in, a stream of events out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from app.domain.answers import Timing, Usage
from app.domain.evidence import Evidence
from app.domain.message import Message
from app.domain.models import Capabilities, ModelInfo, ProviderStatus, Sampling

Role = Literal["system", "user", "assistant"]


@dataclass(frozen=True, slots=True)
class ChatMessage:
    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What one contestant is asked.

    `messages` is the whole conversation with the evidence already rendered into the last one;
    `prompt` and `evidence` are the same again in parts, for baselines that do not read prose.
    `prompt_tokens` is an estimate over `messages`.
    """

    model: str
    messages: tuple[ChatMessage, ...]
    sampling: Sampling = Sampling()
    prompt: str = ""
    evidence: Evidence = Evidence()
    prompt_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Sent:
    """The request went out: its body without messages and key, and what was left out and why."""

    body: Mapping[str, object]
    not_sent: Mapping[str, Message] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the person should know while waiting: loading, retrying, restarted."""

    message: Message


@dataclass(frozen=True, slots=True)
class TextDelta:
    text: str


@dataclass(frozen=True, slots=True)
class ThinkingDelta:
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The last event of a stream that ended as it should.

    `usage` None: the server did not report any. `timing` holds only the phases that the server
    reported. `truncated` is set when the server cut the prompt, or stopped at a limit nobody asked for.
    """

    finish: str
    usage: Usage | None = None
    timing: Timing = Timing()
    truncated: Message | None = None


ChatEvent = Sent | Notice | TextDelta | ThinkingDelta | Finished


def whole(text: str) -> str:
    """The text without half surrogates, which JSON can carry and no screen, file or database can take."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


class Provider(Protocol):
    """A family of models behind one protocol or process.

    Every method runs on the run engine's event loop. `chat` yields one `Sent`, any number of
    notices and deltas, and ends with exactly one `Finished` — or raises ProviderError. Where it had
    to ask once more with other values before anything was written, a further `Sent` replaces the
    first. Closing the iterator early (cancellation) stops the work upstream.
    """

    @property
    def name(self) -> str: ...

    async def status(self) -> ProviderStatus:
        """What is there; never raises."""
        ...

    async def models(self) -> Sequence[ModelInfo]:
        """What can be asked, as the server lists it. Raises ProviderError."""
        ...

    async def capabilities(self, model: str) -> Capabilities:
        """What `model` accepts, from the server or an offline table. Raises ProviderError."""
        ...

    def chat(self, request: ChatRequest) -> AsyncIterator[ChatEvent]: ...

    async def aclose(self) -> None:
        """Let go of connections and child processes."""
        ...
