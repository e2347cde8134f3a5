"""A verdict as plain data: what a challenger was shown to be, by category and in all, and how that was found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Decision(StrEnum):
    REPLACE = "replace"
    KEEP = "keep"
    UNDECIDED = "undecided"


class Reason(StrEnum):
    """Why: of REPLACE the first, of KEEP the next two, of UNDECIDED the others."""

    NOT_WORSE = "not_worse"
    WORSE = "worse"
    UNACCEPTABLE = "unacceptable"
    NO_RATINGS = "no_ratings"
    NOTHING_SHOWN = "nothing_shown"
    DIFFERENCE_NOT_SHOWN = "difference_not_shown"
    ACCEPTABLE_NOT_SHOWN = "acceptable_not_shown"
    SET_EXHAUSTED = "set_exhausted"


@dataclass(frozen=True, slots=True)
class Shown:
    """One test: natural log of E now and at its highest, and the question with which it first reached 1/alpha."""

    log_e: float
    highest: float
    shown_at: int | None


@dataclass(frozen=True, slots=True)
class FixedInterval:
    """An interval for the mean difference, valid for one look at a number of questions fixed beforehand."""

    low: float
    high: float
    level: float
    n: int
    method: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """Questions (not ratings) still to rate until half and until 80 % of the simulated paths are decided.

    None where they are not decided within `horizon` questions: it may never be. `replace` is the share of
    all paths that end with REPLACE, `keep` with KEEP.
    """

    half: int | None
    most: int | None
    horizon: int
    replace: float
    keep: float
    paths: int
    seed: int


@dataclass(frozen=True, slots=True)
class Look:
    """The sequence after `n` questions: the mean difference seen and the bounds that hold at all looks."""

    n: int
    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Finding:
    """What one category shows, or with category None all of them. Shares are of 1; differences of [-1, 1].

    `n` of `size` questions count; counts are of ratings. `low` and `high` bound the mean difference at
    all looks together, each with 1 - alpha; `contradiction` says that these bounds crossed (the questions
    were no random draws) and those of the present look alone are given. `acceptable_*` likewise,
    of all questions: of the share `unanswered` (failed, cut, refused) none is.
    """

    category: str | None
    decision: Decision
    reason: Reason
    decided_at: int | None
    n: int
    size: int | None
    incomplete: int
    ratings: int
    wins: int
    ties: int
    losses: int
    both_bad: int
    both_bad_share: float | None
    left_share: float | None
    difference: float | None
    low: float
    high: float
    contradiction: bool
    fixed: FixedInterval | None
    acceptable: float | None
    acceptable_low: float
    acceptable_high: float
    unanswered: float
    not_worse: Shown
    worse: Shown
    above_bar: Shown
    below_bar: Shown
    needed: Forecast | None
    alpha: float
    method: str
    source: str
    looks: tuple[Look, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The findings with all that they rest on: enough to compute them again from the same votes."""

    overall: Finding
    categories: tuple[Finding, ...]
    margin: float
    alpha: float
    alpha_each: float
    tests: int
    multiplicity: str
    bar: float
    required: int
    about: str
    """`this_set` (a finite set, without replacement) or `questions_like_these` (independent draws)."""
    surplus: int
    seed: int
