"""Questions that the challenger did not answer, among those that were rated: both tell how much of it is acceptable.

Raters never see an answer that failed, was cut or refused, and yet it is not acceptable. In a set that is
itself what the verdict is about these questions are simply known. Of questions like these they are a
sample, as the rated ones are: one failure of three does not show that a third of all fail. So each is
given its place in the random order in which the set is rated, drawn before anything is known, and counts as
a question with nothing acceptable as soon as the rating has come so far. The whole remains a random
sequence, and the tests of sequential.py hold for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.evaluation.sequential import Bets, bets
from app.evaluation.units import Units
from app.evaluation.votes import Ints

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Unanswered:
    """Of the questions numbered `question`, all of a category, the `share` of answers that were not given.

    `rank` orders them at random. Equally long arrays.
    """

    question: Ints
    share: Floats
    rank: Ints

    @property
    def mean(self) -> float:
        return float(self.share.mean()) if len(self.share) else 0.0

    def pick(self, questions: NDArray[np.bool_]) -> Unanswered:
        """The questions whose number is true in `questions`."""
        rows = questions[self.question]
        return Unanswered(self.question[rows], self.share[rows], self.rank[rows])


def ranked(shares: Floats, seed: int) -> Unanswered:
    """`shares` by question number; the order follows from `seed` and the size of the set alone."""
    order = np.random.default_rng(seed).permutation(len(shares))
    return Unanswered(np.arange(len(shares), dtype=np.int32), shares, order.astype(np.int32))


def acceptable_of_all(found: Units, lost: Unanswered) -> Bets:
    """The bets on how much is acceptable, of questions like these; `seen` counts the rated questions alone."""
    shares = np.zeros(max(int(lost.question.max(initial=-1)), int(found.question.max(initial=-1))) + 1)
    shares[lost.question] = lost.share
    never = (lost.share >= 1) & ~np.isin(lost.question, found.question)
    places = np.sort(np.argsort(np.argsort(lost.rank))[never])
    before = places - np.arange(len(places))  # so many that can be rated come before each
    due = before[before <= len(found)]
    values = np.insert(found.acceptable * (1 - shares[found.question]), due, 0.0)
    rated = np.insert(np.arange(1, len(found) + 1), due, due).astype(np.int32)
    made = bets(values)
    return Bets(made.y, made.scale, made.shift, rated[made.seen - 1], made.gained, None)
