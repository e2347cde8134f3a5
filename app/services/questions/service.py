"""Question sets as pages and commands ask for them: a name that people can read, and versions."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.questions import Question, QuestionSet, QuestionSetInfo, QuestionStore
from app.domain.sentences import cleaned
from app.services.questions.samples import sample_set

LONGEST_NAME = 80


class QuestionSets:
    """Over the store; safe to call from any thread. Each method raises UserError for what a person can put right."""

    def __init__(self, store: QuestionStore) -> None:
        self._store = store

    def add(self, name: str, questions: Sequence[Question]) -> QuestionSet:
        """A new version, or the latest where it says the same."""
        named = checked_name(name)
        if not questions:
            raise UserError(Message("There is no question to store."), Message("Add a row with a question in it."))
        return self._store.add(named, questions)

    def add_sample(self, language: str) -> QuestionSet:
        """The sample set in `language`, English for one that has none."""
        return self._store.add(*sample_set(language))

    def get(self, name: str, version: int | None = None) -> QuestionSet:
        return self._store.get(name, version)

    def list(self) -> Sequence[QuestionSetInfo]:
        """The newest first."""
        return self._store.list()

    def versions(self, name: str) -> Sequence[int]:
        """Oldest first."""
        return self._store.versions(name)


def checked_name(name: str) -> str:
    """The name in one line. Raises UserError for none and for one that no list can show."""
    named = " ".join(cleaned(name).split())
    if not named:
        raise UserError(Message("The question set has no name."), Message("Write a name, such as “FAQ 2026”."))
    if len(named) > LONGEST_NAME:
        raise UserError(
            Message("The name has {n} characters.", n=len(named)),
            Message("Use {most} at most.", most=LONGEST_NAME),
        )
    return named
