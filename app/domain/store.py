"""Ports to what is kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.domain.answers import Answer
from app.domain.comparisons import AnswerRecord, Comparison, ComparisonRecord, Query, Summary
from app.domain.ratings import Rating, Stars


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """Where things are kept: a file or a server (never its user or password), and the form of its tables."""

    place: str
    kind: str
    revision: str


@dataclass(frozen=True, slots=True)
class DocumentsState:
    """Where documents are kept: `kind` is "embedded" or "server", `place` a folder or host:port/database.

    Never a user or a password. `begun`: whether anything was ever indexed there; `bytes` what that
    takes. `postgres` and `pgvector` are versions, None where they are not known; `problem` says why
    a server cannot be asked, in its own words.
    """

    place: str
    kind: str
    begun: bool = False
    bytes: int = 0
    postgres: str | None = None
    pgvector: str | None = None
    problem: str | None = None


class ComparisonStore(Protocol):
    """Comparisons and their answers. Safe to call from any thread."""

    def add(self, comparison: Comparison, *, sides: Sequence[int], after: str | None, owner: str) -> ComparisonRecord:
        """Store a comparison with its answers waiting.

        `sides[i]` is the side that contestant i is shown on; `after` the id of the comparison that
        this one follows up; `owner` the process that runs it. Raises UserError when `after` is unknown.
        """
        ...

    def save_answer(self, answer_id: str, answer: Answer) -> None:
        """Store an answer's present state; a finished one is durable when this returns."""
        ...

    def save_answers(self, answers: Mapping[str, Answer]) -> None:
        """Store finished answers, all in one go; all are durable when this returns.

        Raises LookupError, and stores none, when one has no record.
        """
        ...

    def save_progress(self, answers: Mapping[str, Answer]) -> None:
        """Store what unfinished answers hold so far, all in one go; finished ones are left alone."""
        ...

    def get(self, comparison_id: str) -> ComparisonRecord:
        """Raises UserError when there is none; a unique beginning of an id will do."""
        ...

    def thread(self, comparison: ComparisonRecord) -> Sequence[ComparisonRecord]:
        """The comparisons of the same conversation up to and including this one, oldest first."""
        ...

    def search(self, query: Query) -> tuple[Sequence[Summary], int]:
        """One page of History, newest first, and the number of all that match."""
        ...

    def models(self) -> Sequence[str]:
        """Every model that was ever compared, sorted: the filter's choices."""
        ...

    def reveal(self, comparison_id: str, by: str) -> None:
        """Identities may be shown from now on, for every comparison of the conversation so far; `by` has seen them."""
        ...

    def running_owners(self) -> Sequence[str]:
        """The processes that unfinished answers belong to."""
        ...

    def interrupt(self, owner: str) -> int:
        """Mark the unfinished answers of a process that is gone as interrupted; returns how many."""
        ...

    def all(self) -> Iterator[ComparisonRecord]:
        """Every comparison, oldest first, without holding them all in memory: for export."""
        ...


class RatingStore(Protocol):
    """Ratings and stars; append-only. Safe to call from any thread."""

    def add(self, ratings: Sequence[Rating], stars: Sequence[Stars]) -> None:
        """Store votes, all or none, in this order.

        A rating of a plain pair supersedes the rater's last one of that very pair, one of the best of
        several (`best_of`) their last such vote on the comparison, whatever that is by now.
        """
        ...

    def of(self, comparison_id: str) -> tuple[Sequence[Rating], Sequence[Stars]]:
        """All rows of a comparison, oldest first, superseded ones too."""
        ...

    def all(self) -> Iterator[tuple[Rating, bool]]:
        """Every rating, oldest first, with whether a later vote superseded it."""
        ...

    def all_stars(self) -> Iterator[tuple[Stars, bool]]:
        """Every star rating, oldest first, with whether a later vote superseded it."""
        ...


class RunStore(Protocol):
    """What the run engine needs of storage: a part of ComparisonStore."""

    def save_answers(self, answers: Mapping[str, Answer]) -> None: ...

    def save_progress(self, answers: Mapping[str, Answer]) -> None: ...


__all__ = ["AnswerRecord", "ComparisonStore", "DatabaseState", "DocumentsState", "RatingStore", "RunStore"]
