"""From ratings to the units of the verdict: one value a question, in the order in which questions became complete."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.evaluation.votes import Codes, Ints, Result, Votes

Floats = NDArray[np.float64]

STARS_ACCEPTABLE = 3


@dataclass(frozen=True, slots=True)
class Units:
    """Questions that count, in the order of their last counted rating: equally long arrays, one row a question.

    Those that a closed set took with too few ratings come last.

    `x` in [-1, 1] is the mean over the question's ratings of challenger better +1, tie 0, both bad 0,
    incumbent better -1; `acceptable` in [0, 1] the share of ratings to which the challenger's answer was
    acceptable; `wins`, `ties`, `losses`, `both_bad` count ratings from the challenger's side;
    `left` those of wins and losses that went to the answer on the left. `incomplete` lists the questions
    with too few ratings; `surplus` counts ratings past the required number, which do not count.
    """

    question: Ints
    x: Floats
    acceptable: Floats
    wins: Ints
    ties: Ints
    losses: Ints
    both_bad: Ints
    left: Ints
    incomplete: Ints
    surplus: int

    def __len__(self) -> int:
        return len(self.question)

    @property
    def ratings(self) -> Ints:
        """Counted ratings of each question."""
        return self.wins + self.ties + self.losses + self.both_bad

    @property
    def both_bad_share(self) -> float | None:
        """Share of both-bad ratings, questions weighing alike; None without questions."""
        return float((self.both_bad / self.ratings).mean()) if len(self) else None

    @property
    def left_share(self) -> float | None:
        """Share of wins and losses that went to the left answer; None without any."""
        decisive = int(self.wins.sum() + self.losses.sum())
        return float(self.left.sum() / decisive) if decisive else None

    def pick(self, questions: NDArray[np.bool_]) -> Units:
        """The questions whose number is true in `questions` (indexed by question number), order kept."""
        rows = questions[self.question]
        return Units(
            self.question[rows],
            self.x[rows],
            self.acceptable[rows],
            self.wins[rows],
            self.ties[rows],
            self.losses[rows],
            self.both_bad[rows],
            self.left[rows],
            self.incomplete[questions[self.incomplete]],
            self.surplus,
        )


def units(
    votes: Votes,
    challenger: int,
    incumbent: int,
    required: int = 1,
    *,
    closed: bool = False,
    stars: Codes | None = None,
) -> Units:
    """The questions on which `challenger` and `incumbent` were compared, with what their ratings say.

    A question enters once, with its first `required` ratings (raters and repeats alike), at the moment of
    the last of these: a value that changed later, or a question that entered early because of how its
    ratings looked, would void what sequential.py promises. Fewer ratings leave it out, unless the caller
    closes the set at a time that was fixed beforehand (`closed`): then it enters with what it has, after
    those that were looked at before. A corrected rating has the place of the one that it corrects.

    Acceptable is: a win, a tie and a loss, as losing to a better answer says nothing against the answer
    itself; not both bad. `stars` (one a row of `votes`, the challenger's, 0 = none given) say it better
    where they exist: 3 or more are acceptable, 1 or 2 are not. Both bad stays unacceptable in any case.

    Raises ValueError when `required` is below 1, the contestants are one, or `stars` has another length.
    """
    if required < 1 or challenger == incumbent:
        raise ValueError("units need two contestants and at least one rating a question")
    if stars is not None and len(stars) != len(votes):
        raise ValueError("stars need one value a rating")
    forward = (votes.first == challenger) & (votes.second == incumbent)
    rows = np.flatnonzero(forward | ((votes.first == incumbent) & (votes.second == challenger)))
    rows = rows[np.argsort(votes.question[rows], kind="stable")]
    asked, starts, counts = np.unique(votes.question[rows], return_index=True, return_counts=True)
    rank = np.arange(len(rows)) - np.repeat(starts, counts)
    enough = np.ones(len(asked), bool) if closed else counts >= required
    kept = (rank < required) & np.repeat(enough, counts)
    surplus = int((rank >= required).sum())
    rows, group = rows[kept], np.repeat(np.cumsum(enough) - 1, counts)[kept]
    total = int(enough.sum())

    result, bad = votes.result[rows], votes.result[rows] == Result.BOTH_BAD
    signed = np.where(forward[rows], 1, -1) * np.where(bad, 0, result)
    accepted = ~bad
    if stars is not None:
        accepted &= (stars[rows] == 0) | (stars[rows] >= STARS_ACCEPTABLE)

    def count(of: NDArray[np.bool_]) -> Ints:
        return np.bincount(group[of], minlength=total).astype(np.int32)

    wins, losses, both_bad = count(signed > 0), count(signed < 0), count(bad)
    ties = count((signed == 0) & ~bad)
    ratings = np.maximum(wins + ties + losses + both_bad, 1)
    last = np.zeros(total, np.intp)
    last[group] = rows  # rows ascend within a question: the last one stays
    order = np.lexsort((last, ratings < required))
    return Units(
        question=asked[enough][order],
        x=((wins - losses) / ratings)[order],
        acceptable=(count(accepted) / ratings)[order],
        wins=wins[order],
        ties=ties[order],
        losses=losses[order],
        both_bad=both_bad[order],
        left=count(~bad & (result * votes.left[rows] > 0))[order],
        incomplete=asked[~enough],
        surplus=surplus,
    )
