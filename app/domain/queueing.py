"""Pairs of answers waiting for raters: who was given which, who said something of it, what is still free."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from app.domain.ratings import Outcome

PairKey = tuple[str, str, str]
"""Comparison and two answers, in the order asked; of a gold pair the fitting answer and then the other."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two complete answers of one comparison, by id in the order asked.

    `contestants` are their positions, `question` is the question's number in its set from 0.
    """

    comparison: str
    first: str
    second: str
    contestants: tuple[int, int]
    question: int
    category: str = ""

    @property
    def key(self) -> PairKey:
        return self.comparison, self.first, self.second


class Given(NamedTuple):
    """A rating as the queue sees it. `fair`: cast blind on a plain pair, the kind that a verdict counts.

    A tuple, as a hundred thousand of them are made when a queue is opened.
    """

    seq: int
    comparison: str
    left: str
    right: str
    rater: str
    fair: bool
    best_of: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A pair that a rater has on the screen until then, or has skipped.

    A skipped pair comes back once: `until` is when it was skipped, and `NEVER_AGAIN` after the second time.
    """

    key: PairKey
    rater: str
    until: datetime
    skipped: bool = False


@dataclass(frozen=True, slots=True)
class GoldVote:
    """What a rater said of a pair whose outcome is known: `right` answers the question, `wrong` another one."""

    batch: str
    comparison: str
    right: str
    wrong: str
    outcome: Outcome
    passed: bool
    rater: str
    created_at: datetime

    @property
    def key(self) -> PairKey:
        return self.comparison, self.right, self.wrong


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """How far a category's ratings are: `done` of `places`, where each pair has a place for each rater it needs."""

    name: str
    done: int
    places: int


@dataclass(frozen=True, slots=True)
class QueueProgress:
    """`mine`: pairs that this rater has voted on, `left` those open to them now, skipped ones too.

    `done` of `places` are everybody's; `categories` in the order of their first question.
    """

    mine: int
    left: int
    done: int
    places: int
    categories: tuple[CategoryCount, ...]


class QueueStore(Protocol):
    """What a queue needs of a batch: ids and counts, never its texts. Safe to call from any thread."""

    def state(self, batch_id: str) -> object:
        """Something that is another one whenever there may be other pairs."""
        ...

    def pairs(self, batch_id: str) -> Sequence[Pair]:
        """Every pair of complete answers so far, in the order of the items."""
        ...

    def comparison_of(self, answer_id: str) -> str:
        """The id of the comparison that the answer belongs to; empty for an unknown one."""
        ...

    def reference(self, comparison_id: str) -> str:
        """What the question set says the answer should be; empty when it says nothing."""
        ...

    def ratings(self, batch_id: str, after: int = 0) -> Sequence[Given]:
        """The batch's ratings that arrived after the one numbered `after`, oldest first."""
        ...

    def times(self, numbers: Sequence[int]) -> Mapping[int, datetime]:
        """When the ratings of these numbers were cast."""
        ...

    def claims(self, batch_id: str) -> Sequence[Claim]:
        """All of them, those past their time too."""
        ...

    def claim(self, key: PairKey, rater: str, *, places: int, now: datetime, until: datetime) -> bool:
        """Give the pair to the rater until then, unless `places` others have rated it or hold it now.

        One at a time, whatever process asks. What the same rater held in this batch before, and did not
        skip, is let go.
        """
        ...

    def skip(self, key: PairKey, rater: str, at: datetime) -> None:
        """Keep in mind that the rater passed the pair over; its place is free at once."""
        ...

    def seen(self, batch_id: str) -> Sequence[tuple[str, str]]:
        """Which comparisons' names were shown to whom: comparison and rater."""
        ...

    def revealed_to(self, comparison_id: str) -> frozenset[str] | None:
        """By whom its names were revealed; None while they are hidden."""
        ...

    def add_gold(self, vote: GoldVote) -> None:
        """Append it."""
        ...

    def golds(self, batch_id: str, rater: str | None = None) -> Sequence[GoldVote]:
        """Oldest first; `rater` None: everybody's."""
        ...
