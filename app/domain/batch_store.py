"""The port to where batches are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from app.domain.batches import (
    BatchItem,
    BatchPlan,
    BatchRecord,
    BatchState,
    CopiedAnswer,
    Failure,
    NewComparison,
    Request,
    Speed,
    Tally,
    TermsSet,
    VerdictTerms,
    Why,
)
from app.domain.comparisons import ComparisonRecord
from app.domain.errors import AnswerError
from app.domain.models import ModelRef


class BatchStore(Protocol):
    """Batches, their items and who runs them. Safe to call from any thread.

    Ids may be shortened where a method raises UserError for one that is unknown.
    """

    def add(self, plan: BatchPlan, terms: VerdictTerms) -> BatchRecord:
        """Store a batch with an item for each question and repeat. Raises UserError for an unknown set."""
        ...

    def get(self, batch_id: str) -> BatchRecord:
        """With its counts as they are now. Raises UserError when there is none."""
        ...

    def list(self, limit: int = 50, offset: int = 0) -> Sequence[BatchRecord]:
        """The newest first."""
        ...

    def terms(self, batch_id: str) -> Sequence[TermsSet]:
        """All that were ever set, the oldest first; the last ones hold."""
        ...

    def set_terms(self, batch_id: str, terms: VerdictTerms) -> None:
        """From now on these hold; what held before stays on record, with the number of ratings at this moment."""
        ...

    def take(
        self, batch_id: str, seen: str | None, owner: str, runner: str, until: datetime, *, done: bool = False
    ) -> bool:
        """Make it `owner`'s until then, provided that its owner is still `seen`; whether that worked.

        One that is over is nobody's any more; with `done` one that came to its end is to be had.
        """
        ...

    def give_back(self, record: BatchRecord, owner: str) -> None:
        """As if `owner` had not taken it: its state, reason and the owner before are those of `record`."""
        ...

    def beat(self, batch_id: str, owner: str, until: datetime | None = None) -> tuple[bool, Request | None]:
        """Whether it is still `owner`'s, and what others asked of it. `until` makes the lease longer."""
        ...

    def ask(self, batch_id: str, request: Request) -> None:
        """Ask whoever runs it to pause or to stop."""
        ...

    def leave(self, batch_id: str, owner: str, state: BatchState, reason: Why | None) -> None:
        """It is nobody's from now on; nothing happens when it was not `owner`'s any more."""
        ...

    def close(self, batch_id: str, state: BatchState) -> None:
        """Say what became of a batch that nobody runs."""
        ...

    def note(self, batch_id: str, owner: str, reason: Why | None) -> None:
        """What a running batch waits for."""
        ...

    def set_budget(self, batch_id: str, usd: Decimal | None) -> None:
        """Budgets set before stay on record."""
        ...

    def write_off(self, batch_id: str, usd: Decimal) -> None:
        """Count money that was, or may have been, spent on answers that never arrived."""
        ...

    def pending(self, batch_id: str) -> Sequence[BatchItem]:
        """The items that were not asked yet, in their order."""
        ...

    def unfinished(self, batch_id: str, *, failed: bool = False) -> Sequence[tuple[BatchItem, ComparisonRecord]]:
        """The comparisons that hold an unfinished answer, in their order; with `failed` a retriable one too."""
        ...

    def reopen(self, batch_id: str, owner: str, lost: Decimal, *, failed: bool = False) -> None:
        """Make every unfinished answer wait again, under `owner`, and write `lost` off, in one go.

        With `failed` the retriable ones too, and what they cost is written off as well; that they failed stays
        known until they are answered. Raises UserError, and nothing is changed, when the batch has been rated.
        """
        ...

    def rated(self, batch_id: str) -> bool:
        """Whether anybody has voted on it or given stars to its answers."""
        ...

    def begin(self, batch_id: str, owner: str, items: Sequence[NewComparison]) -> Sequence[tuple[str, ...]] | None:
        """Store comparisons for items, in one go; the ids of the answers of each, by contestant.

        None, and nothing is stored, when the batch is not `owner`'s any more.
        """
        ...

    def refuse(self, batch_id: str, position: int, error: AnswerError) -> None:
        """An item that cannot be asked, and why."""
        ...

    def cancel(self, batch_id: str) -> None:
        """Mark unfinished answers as stopped: nobody will ask them. One that was asked again has failed, as before."""
        ...

    def copies(self, batch_id: str, digests: Sequence[str]) -> Mapping[str, Sequence[CopiedAnswer]]:
        """Complete answers to these requests that other batches got, those this one has not used, by digest."""
        ...

    def speed(self, model: ModelRef) -> Speed | None:
        """None where it never answered."""
        ...

    def tallies(self, batch_id: str) -> Sequence[Tally]:
        """One for each contestant."""
        ...

    def failures(self, batch_id: str, limit: int = 200) -> Sequence[Failure]:
        """In the order of the items."""
        ...
