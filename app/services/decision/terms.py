"""The terms of a verdict in words, and what it means that they were changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from app.domain.batches import Design, TermsSet, VerdictTerms
from app.domain.message import Message

DESIGNS: dict[Design, Message] = {
    "questions_like_these": Message("questions like these"),
    "these_questions": Message("these questions and no others"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """Terms set anew when there were `votes` ratings: what they became, said in `words`."""

    set_at: datetime
    votes: int
    words: tuple[Message, ...]


def described(terms: VerdictTerms, labels: Sequence[str]) -> tuple[tuple[Message, Message], ...]:
    """Name and value of each term; `labels` are the contestants' in their order."""
    return (
        (Message("Challenger"), Message("{name}", name=labels[terms.challenger])),
        (Message("Incumbent"), Message("{name}", name=labels[terms.incumbent])),
        (Message("Margin"), Message("{points} points", points=f"{100 * terms.margin:g}")),
        (Message("Acceptable answers"), Message("at least {share}", share=f"{100 * terms.acceptable:g}%")),
        (Message("Error allowed on each side"), Message("{share}", share=f"{100 * terms.alpha:g}%")),
        (Message("The verdict is about"), DESIGNS[terms.design]),
    )


def differing(before: VerdictTerms, after: VerdictTerms, labels: Sequence[str]) -> tuple[Message, ...]:
    """Each term that is not the same, as “name: before → after”."""
    pairs = zip(described(before, labels), described(after, labels), strict=True)
    return tuple(
        Message("{term}: {before} → {after}", term=name, before=was, after=now)
        for (name, was), (_, now) in pairs
        if was != now
    )


def changes(history: Sequence[TermsSet], labels: Sequence[str]) -> Iterator[Change]:
    """Every time that the terms became others, the oldest first."""
    for before, after in pairwise(history):
        words = differing(before.terms, after.terms, labels)
        if words:
            yield Change(after.set_at, after.votes, words)


def warning(history: Sequence[TermsSet], labels: Sequence[str]) -> Message | None:
    """What a change after the first vote does to the verdict; None where there was none."""
    late = [change.votes for change in changes(history, labels) if change.votes]
    if not late:
        return None
    return Message(
        "The terms were changed when {n} ratings had been cast. Whoever chooses terms after seeing votes can"
        " be wrong more often than the error that is stated.",
        n=f"{late[-1]:,}",
    )


def only_a_look(history: Sequence[TermsSet], shown: VerdictTerms, labels: Sequence[str]) -> Message | None:
    """That a verdict was asked by other terms than those that hold; None where it was not."""
    words = differing(history[-1].terms, shown, labels) if history else ()
    if not words:
        return None
    return Message(
        "This is a look by other terms than those agreed on, and no verdict ({changes}).", changes=_joined(words)
    )


def _joined(words: Sequence[Message]) -> Message:
    found = words[0]
    for word in words[1:]:
        found = Message("{first}; {second}", first=found, second=word)
    return found
