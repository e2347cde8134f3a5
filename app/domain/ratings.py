"""What people said about answers. Facts: append-only, a correction is a new row that supersedes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

TAGS: tuple[str, ...] = ("wrong", "incomplete", "unsupported", "off_topic", "too_long", "style", "unsafe")


class Outcome(StrEnum):
    LEFT = "left"
    RIGHT = "right"
    TIE = "tie"
    BOTH_BAD = "both_bad"


@dataclass(frozen=True, slots=True)
class Vote:
    """One press of the rating bar on a comparison.

    Exactly one of `best` (the answer id that won) and `outcome` (tie or both_bad) is given.
    `stars` maps answer ids to 1–5.
    """

    rater: str
    best: str | None = None
    outcome: Outcome | None = None
    stars: Mapping[str, int] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Rating:
    """A stored rating on two answers of one comparison.

    `left`/`right` are answer ids by the side shown. `best_of` is None for a plain pair and the
    number of answers on show where the best of three or four was chosen: the leaderboard counts
    those, the verdict does not. `vote` groups the rows of one press; `supersedes` names the vote
    that this one corrects.
    """

    vote: str
    comparison: str
    left: str
    right: str
    outcome: Outcome
    blind: bool
    rater: str
    created_at: datetime
    best_of: int | None = None
    tags: tuple[str, ...] = ()
    comment: str = ""
    supersedes: str | None = None


@dataclass(frozen=True, slots=True)
class Stars:
    """1–5 stars that a rater gave one answer."""

    vote: str
    answer: str
    stars: int
    blind: bool
    rater: str
    created_at: datetime
