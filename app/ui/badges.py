"""What deserves a word below a finished answer: settings not sent, an early end, estimated tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from app.domain.answers import Answer, Status
from app.domain.message import Message
from app.ui.figures import Words

Tone = Literal["quiet", "warn"]


@dataclass(frozen=True, slots=True)
class Badge:
    text: str
    hint: str = ""
    tone: Tone = "quiet"
    icon: str = ""


def badges_of(answer: Answer, words: Words, *, hidden: bool = False) -> tuple[Badge, ...]:
    """What deserves a word about a finished answer. Hidden: only what the text itself shows anyway."""
    badges: list[Badge] = []
    if not hidden:
        badges.extend(_not_sent(answer.not_sent, words))
    if answer.finish == "length" and answer.status is Status.DONE:
        badges.append(_stopped(answer, words, hidden))
    word = _STATUS_BADGES.get(answer.status)
    # While hidden the figures say just this word.
    if word is not None and not (hidden and answer.status in (Status.CANCELLED, Status.INTERRUPTED)):
        label, hint = word
        badges.append(Badge(words.message(label), words.message(hint), "warn", "content_cut"))
    if answer.usage is not None and answer.usage.source == "estimated" and not hidden:
        hint = Message("The server reported no tokens: they were counted here.")
        badges.append(Badge(words.message(Message("tokens estimated")), words.message(hint), "quiet", "straighten"))
    return tuple(badges)


_STATUS_BADGES: Mapping[Status, tuple[Message, Message]] = {
    Status.TRUNCATED: (
        Message("truncated"),
        Message("The prompt or the answer was cut: it is kept, but not put to a vote."),
    ),
    Status.CANCELLED: (Message("stopped"), Message("It was stopped by hand; what had arrived is kept.")),
    Status.INTERRUPTED: (
        Message("interrupted"),
        Message("The app ended while this was being written; what had arrived is kept."),
    ),
}


def _not_sent(fields: Mapping[str, Message], words: Words) -> list[Badge]:
    if len(fields) > 2:
        hint = "\n".join(f"{name}: {words.message(reason)}" for name, reason in fields.items())
        return [Badge(words.message(Message("{n} settings not sent", n=len(fields))), hint, "quiet", "block")]
    return [
        Badge(words.message(Message("{field} not sent", field=name)), words.message(reason), "quiet", "block")
        for name, reason in fields.items()
    ]


def _stopped(answer: Answer, words: Words, hidden: bool) -> Badge:
    hint = words.message(Message("The answer reached max tokens; it may end in the middle."))
    if hidden or answer.usage is None:
        return Badge(words.message(Message("stopped at its limit")), hint, "warn", "content_cut")
    label = Message("stopped at {n} tokens", n=words.number(answer.usage.output))
    return Badge(words.message(label), hint, "warn", "content_cut")
