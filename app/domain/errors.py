"""Two families of errors: the person can fix it, or a provider failed and we say what it said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from app.domain.message import Message


class Fault(StrEnum):
    """What went wrong with an answer. The value is the `error.kind` of the JSON output."""

    NO_KEY = "no_key"
    WRONG_KEY = "wrong_key"
    NO_QUOTA = "no_quota"
    RATE_LIMITED = "rate_limited"
    SERVER_BUSY = "server_busy"
    UNKNOWN_MODEL = "unknown_model"
    UNREACHABLE = "unreachable"
    REFUSED_PARAMETER = "refused_parameter"
    CONTEXT_OVERFLOW = "context_overflow"
    CONTENT_FILTER = "content_filter"
    STREAM_ERROR = "stream_error"
    CUT_STREAM = "cut_stream"
    SILENCE = "silence"
    EMPTY_ANSWER = "empty_answer"
    ONLY_THINKING = "only_thinking"
    BAD_WIRE = "bad_wire"
    CHILD_DIED = "child_died"
    BAD_MODEL_FILE = "bad_model_file"
    LOCAL_ONLY = "local_only"
    NO_EVIDENCE = "no_evidence"
    SERVER_ERROR = "server_error"
    INTERRUPTED = "interrupted"
    INTERNAL = "internal"


# The server or the model declined this request as it stands: asking again unchanged will not help.
REFUSALS = frozenset(
    {Fault.REFUSED_PARAMETER, Fault.CONTEXT_OVERFLOW, Fault.CONTENT_FILTER, Fault.LOCAL_ONLY, Fault.NO_EVIDENCE}
)


@dataclass(frozen=True, slots=True)
class AnswerError:
    """Why an answer is not complete, in words for the person reading the pane."""

    kind: Fault
    message: Message
    remedy: Message

    def to_dict(self) -> dict[str, object]:
        return {"kind": self.kind.value, "message": self.message.to_dict(), "remedy": self.remedy.to_dict()}

    @staticmethod
    def from_dict(data: Mapping[str, object]) -> AnswerError:
        message, remedy = data["message"], data["remedy"]
        assert isinstance(message, Mapping) and isinstance(remedy, Mapping)
        return AnswerError(Fault(str(data["kind"])), Message.from_dict(message), Message.from_dict(remedy))


class UnderstudyError(Exception):
    """Base of all our errors. `message` says what happened, `remedy` what to do about it."""

    def __init__(self, message: Message, remedy: Message) -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.message = message
        self.remedy = remedy


class UserError(UnderstudyError):
    """The person can fix it: wrong input, a missing setting, a file that cannot be read."""


class ProviderError(UnderstudyError):
    """A provider failed, and we say what it said.

    `retry_after` (seconds) is set when the server named one; `retryable` when asking again before
    the first token may succeed; `nothing_sent` when it is certain that no request reached the server,
    which therefore bills none.
    """

    def __init__(
        self,
        kind: Fault,
        message: Message,
        remedy: Message,
        *,
        retryable: bool = False,
        retry_after: float | None = None,
        nothing_sent: bool = False,
    ) -> None:
        super().__init__(message, remedy)
        self.kind = kind
        self.retryable = retryable
        self.retry_after = retry_after
        self.nothing_sent = nothing_sent

    @property
    def error(self) -> AnswerError:
        return AnswerError(self.kind, self.message, self.remedy)


# Beside every word of local-only mode.
CHOOSE_LOCAL = Message("Choose a local model, or unset UNDERSTUDY_LOCAL_ONLY.")


def local_only(model: str) -> ProviderError:
    """What to say where local-only mode refuses a model."""
    return ProviderError(
        Fault.LOCAL_ONLY,
        Message("Local-only mode is on, and {model} is not local.", model=model),
        CHOOSE_LOCAL,
    )
