"""How far a category is: what has been shown of its challenger, and about how far the next verdict is.

Four one-sided tests of sequential.py, each at the same alpha: the challenger is better than -margin
(`not_worse`), worse than -margin (`worse`); its acceptable share is above the bar (`acceptable`), below
it (`unacceptable`). REPLACE needs the first and the third: wrong with probability at most alpha, as one of
the two would have to be wrong. KEEP needs the second or the fourth, each wrong with at most alpha.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.domain.verdicts import Decision, Reason, Shown
from app.evaluation.sequential import FRACTIONS, Bets, bets, evidence, log_wealth
from app.evaluation.unanswered import Unanswered, acceptable_of_all
from app.evaluation.units import Units

Floats = NDArray[np.float64]

HORIZON = 2000
"""Questions ahead at which a forecast gives up."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What is fixed before the first vote is seen. A change of any starts a new verdict.

    `margin`: by how much the challenger may be worse, as a share (0.10 are 10 points); `alpha`: the chance
    of a wrong verdict on each side; `bar`: the acceptable share that REPLACE needs; `required`: ratings a
    question; `finite`: about the questions of this set, else about questions like these.
    """

    margin: float = 0.10
    alpha: float = 0.025
    bar: float = 0.70
    required: int = 1
    finite: bool = False
    seed: int = 20261101

    def __post_init__(self) -> None:
        if not (0 <= self.margin < 1 and 0 < self.alpha < 0.5 and 0 < self.bar < 1 and self.required >= 1):
            raise ValueError("margin, alpha or bar are no shares, or no rating is required")


@dataclass(frozen=True, slots=True)
class Side:
    """One hypothesis under test: the bets made so far, and the mean that they bet against."""

    path: Bets
    mu0: float


@dataclass(frozen=True, slots=True)
class Sides:
    not_worse: Side
    worse: Side
    acceptable: Side
    unacceptable: Side

    @property
    def all(self) -> tuple[Side, Side, Side, Side]:
        return self.not_worse, self.worse, self.acceptable, self.unacceptable


@dataclass(frozen=True, slots=True)
class Standing:
    """The four tests of one category after `n` questions, and a rough number of questions to its verdict."""

    n: int
    not_worse: Shown
    worse: Shown
    acceptable: Shown
    unacceptable: Shown
    decision: Decision
    reason: Reason
    decided_at: int | None
    ahead: float

    @property
    def results(self) -> tuple[Shown, Shown, Shown, Shown]:
        return self.not_worse, self.worse, self.acceptable, self.unacceptable


def sides(found: Units, rules: Rules, size: int | None, lost: Unanswered | None = None) -> Sides:
    """The bets of the four tests; `size` is N where the rules are about a finite set, else ignored.

    `lost`: what the challenger left unanswered, where it counts among questions like these.
    """
    limit = size if rules.finite else None
    preference = bets((found.x + 1) / 2, limit)
    accepted = bets(found.acceptable, limit) if lost is None else acceptable_of_all(found, lost)
    middle = (1 - rules.margin) / 2
    return Sides(
        Side(preference, middle),
        Side(preference.mirrored, 1 - middle),
        Side(accepted, rules.bar),
        Side(accepted.mirrored, 1 - rules.bar),
    )


def standing(
    found: Units, rules: Rules, alpha: float, size: int | None = None, lost: Unanswered | None = None
) -> Standing:
    """Where one category stands; `alpha` is its share of the rules' alpha when several are tested."""
    four = sides(found, rules, size, lost)
    results = [evidence(side.path, side.mu0, alpha) for side in four.all]
    decision, reason, at = outcome(results, len(found), size if rules.finite else None)
    ahead = 0.0 if decision is not Decision.UNDECIDED else _ahead(found, four, results, alpha)
    not_worse, worse, acceptable, unacceptable = results
    return Standing(len(found), not_worse, worse, acceptable, unacceptable, decision, reason, at, ahead)


def outcome(results: Sequence[Shown], n: int, size: int | None) -> tuple[Decision, Reason, int | None]:
    """The verdict from the four tests, in their order; the first one reached stays."""
    at = [np.inf if r.shown_at is None else r.shown_at for r in results]
    replace, keep = max(at[0], at[2]), min(at[1], at[3])
    if keep <= replace and keep < np.inf:  # at once: the cautious answer
        return Decision.KEEP, Reason.WORSE if at[1] <= at[3] else Reason.UNACCEPTABLE, int(keep)
    if replace < np.inf:
        return Decision.REPLACE, Reason.NOT_WORSE, int(replace)
    if not n:
        return Decision.UNDECIDED, Reason.NO_RATINGS, None
    if n == size:
        return Decision.UNDECIDED, Reason.SET_EXHAUSTED, None
    if at[0] < np.inf:
        return Decision.UNDECIDED, Reason.ACCEPTABLE_NOT_SHOWN, None
    if at[2] < np.inf:
        return Decision.UNDECIDED, Reason.DIFFERENCE_NOT_SHOWN, None
    return Decision.UNDECIDED, Reason.NOTHING_SHOWN, None


def nearest_first(standings: Sequence[Standing]) -> list[int]:
    """The categories, numbered as given, nearest verdict first and decided ones last.

    To choose the next question by category only leaves the verdict of each category valid: within one,
    questions must still come at random. Of equally near ones the less rated comes first.
    """

    def key(i: int) -> tuple[bool, float, int, int]:
        here = standings[i]
        return here.decision is not Decision.UNDECIDED, here.ahead, here.n, i

    return sorted(range(len(standings)), key=key)


def outlook(found: Units) -> tuple[Floats, Floats, Floats]:
    """Pairs (x, acceptable) that may come, and their weights: those seen, and two questions' worth of a prior.

    The prior is half a win, a tie, a loss and a both-bad, so that few questions do not promise too much.
    """
    seen = np.stack([found.x, found.acceptable], axis=1)
    prior = np.array([(1.0, 1.0), (0.0, 1.0), (-1.0, 1.0), (0.0, 0.0)])
    pairs, where = np.unique(np.concatenate([prior, seen]), axis=0, return_inverse=True)
    weights = np.concatenate([np.full(len(prior), 0.5), np.ones(len(seen))])
    return pairs[:, 0], pairs[:, 1], np.bincount(where.ravel(), weights).astype(np.float64)


def values_of(x: Floats, acceptable: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """What the four tests bet on, for given x and acceptable shares."""
    y = (x + 1) / 2
    return y, 1 - y, acceptable, 1 - acceptable


def mean_of_rest(side: Side, gained: Floats, seen: Floats) -> Floats:
    """mu for the next question once `seen` questions (fewer than the set has) gained `gained`."""
    if side.path.size is None:
        return np.full_like(gained, side.mu0)
    return np.asarray((side.path.size * side.mu0 - gained) / (side.path.size - seen))


def wealth_now(side: Side) -> Floats:
    """log K_f, shape (24,)."""
    path = side.path
    if not len(path.y):
        return np.zeros(len(FRACTIONS))
    return np.asarray(log_wealth(path.y, path.scale * side.mu0 - path.shift)[:, -1])


def _ahead(found: Units, four: Sides, results: Sequence[Shown], alpha: float) -> float:
    """Questions until the nearest verdict if the rest were as `outlook` says, each bettor growing steadily."""
    x, acceptable, weights = outlook(found)
    weights = weights / weights.sum()
    needs = [
        0.0 if result.shown_at is not None else _steps(side, values, weights, alpha)
        for side, result, values in zip(four.all, results, values_of(x, acceptable), strict=True)
    ]
    return min(max(needs[0], needs[2]), needs[1], needs[3])


def _steps(side: Side, values: Floats, weights: Floats, alpha: float) -> float:
    path = side.path
    seen, gained = (float(path.seen[-1]), float(path.gained[-1])) if len(path.y) else (0.0, 0.0)
    left = float(HORIZON) if path.size is None else path.size - seen
    if left <= 0:
        return float(HORIZON)
    mu = mean_of_rest(side, np.array([gained]), np.array([seen]))
    growth = log_wealth(values[:, None], mu)[..., 0] @ weights
    missing = np.log(len(FRACTIONS) / alpha) - wealth_now(side)
    with np.errstate(divide="ignore"):
        each = np.where(growth > 0, np.maximum(missing, 0) / np.maximum(growth, 1e-300), np.inf)
    return float(min(each.min(), HORIZON))
