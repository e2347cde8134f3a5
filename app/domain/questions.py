"""Question sets: prompts with what is known of their answers, in versions that never change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.domain.searching import Target


@dataclass(frozen=True, slots=True)
class Question:
    """One prompt of a set. `key` is its own in the set, the file's id column or its number from 1.

    `targets` are the documents (and pages) that answer it, `category` what verdicts are given for,
    `language` a BCP 47 tag. Empty: not known. `wants_json`: the answer should be valid JSON.
    """

    key: str
    text: str
    reference: str = ""
    targets: tuple[Target, ...] = ()
    category: str = ""
    language: str = ""
    wants_json: bool = False


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A version of a set, counted from 1. What was stored once is never changed: a change is a new version."""

    name: str
    version: int
    questions: tuple[Question, ...]
    created_at: datetime

    @property
    def digest(self) -> str:
        return digest_of(self.questions)

    @property
    def categories(self) -> tuple[str, ...]:
        """In the order of their first question."""
        return tuple(dict.fromkeys(q.category for q in self.questions))

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


@dataclass(frozen=True, slots=True)
class QuestionSetInfo:
    """A line of the list of sets: its latest version."""

    name: str
    version: int
    questions: int
    categories: tuple[str, ...]
    created_at: datetime


class QuestionStore(Protocol):
    """Question sets. Safe to call from any thread."""

    def add(self, name: str, questions: Sequence[Question]) -> QuestionSet:
        """Store a new version; where the latest says the same, that one is returned and nothing is stored."""
        ...

    def get(self, name: str, version: int | None = None) -> QuestionSet:
        """The latest version, or the one named. Raises UserError when there is none."""
        ...

    def list(self) -> Sequence[QuestionSetInfo]:
        """Every set, the newest first."""
        ...

    def versions(self, name: str) -> Sequence[int]:
        """Oldest first."""
        ...


def digest_of(questions: Sequence[Question]) -> str:
    """SHA-256 over everything that the questions say, in their order."""
    rows = [
        [q.key, q.text, q.reference, [[t.document, t.page] for t in q.targets], q.category, q.language, q.wants_json]
        for q in questions
    ]
    return hashlib.sha256(json.dumps(rows, ensure_ascii=False).encode()).hexdigest()
