"""Who stands where when more than two contestants were rated, and how far the raters agree."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from app.domain.intervals import Interval

Counts = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class WinMatrix:
    """Ratings by ordered pair of contestants: ``wins[i][j]`` is how often i was better than j.

    ``ties`` and ``both_bad`` are symmetric. Losses are the wins of the other: ``wins[j][i]``.
    """

    wins: Counts
    ties: Counts
    both_bad: Counts

    def row(self, i: int, j: int) -> tuple[int, int, int, int]:
        """(won, tied, lost, both bad) of contestant i against j."""
        return self.wins[i][j], self.ties[i][j], self.wins[j][i], self.both_bad[i][j]


@dataclass(frozen=True, slots=True)
class Strength:
    """A contestant's Bradley–Terry strength in natural log-odds; the mean of all that have one is 0.

    Of two contestants the better one wins with 1 / (1 + exp(its opponent's − its own)). None for a
    contestant that no chain of ratings links to most of the others: it cannot be placed among them.
    """

    contestant: int
    value: float | None
    low: float | None
    high: float | None
    ratings: int


@dataclass(frozen=True, slots=True)
class Standings:
    """Strengths, the best first, with how they were found.

    Intervals are percentiles over `resamples` draws of the questions. `counted` ratings entered;
    `both_bad` ones say nothing of who is better and are left out. `eased` is whether half a tie was
    added to every pair, because a contestant that always won (or lost) has no finite strength;
    `eased_resamples` in how many draws that was so.
    """

    strengths: tuple[Strength, ...]
    matrix: WinMatrix
    counted: int
    both_bad: int
    questions: int
    solver: str
    resamples: int
    seed: int
    eased: bool
    eased_resamples: int
    level: float = 0.95

    def chance(self, i: int, j: int) -> float | None:
        """How likely contestant i is the better one of a pair with j, by their strengths; a tie is half."""
        of = {s.contestant: s.value for s in self.strengths}
        first, second = of[i], of[j]
        return None if first is None or second is None else 1 / (1 + exp(second - first))


@dataclass(frozen=True, slots=True)
class Agreement:
    """Krippendorff's alpha between raters: 1 = agreement, 0 = no more than by chance, below = less.

    `alpha` is None where it is undefined: nothing rated twice, or all ratings the same. Its interval is
    a percentile bootstrap over the `units` (things rated by two raters or more).
    """

    alpha: Interval | None
    distance: str
    units: int
    ratings: int
    raters: int
    resamples: int
    seed: int
