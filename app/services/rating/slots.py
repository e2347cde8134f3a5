"""What a queue's view is made of: a pair with its votes, a category, a rater. They count, and decide nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from app.domain.queueing import Given, Pair

Two = tuple[str, str]
"""The ids of two answers, the smaller one first."""


@dataclass(slots=True, eq=False)
class Slot:
    """Two answers, and the last rating that each rater gave them; `fair` is how many raters' votes count.

    What was said blind counts on when the same rater says something else with open eyes. Places fill up and
    are never free again.
    """

    pair: Pair | None = None
    last: dict[str, Given] = field(default_factory=dict)
    fair: int = 0

    def take_in(self, rating: Given) -> bool:
        before = self.last.get(rating.rater)
        if before is not None and before.seq >= rating.seq:
            return False
        was_fair = before is not None and before.fair
        self.last[rating.rater] = rating if rating.fair or not was_fair else rating._replace(fair=True)
        self.fair += rating.fair and not was_fair
        return True


@dataclass(slots=True)
class Category:
    """Its pairs in the queue's order, and how many of their places are filled."""

    slots: list[Slot] = field(default_factory=list)
    done: int = 0


@dataclass(slots=True)
class OneRater:
    """What one voted on, the last at the end; comparisons whose names they have seen.

    `left` is how many pairs are open to them and `known` how many they voted on, None until somebody asks.
    Before `at`, by category, no pair is open to them, nor will be.
    """

    mine: dict[Two, Given] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)
    at: dict[str, int] = field(default_factory=dict)
    left: int | None = None
    known: int = 0
