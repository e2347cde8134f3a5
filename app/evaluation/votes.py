"""Ratings as columns: the one form that all statistics read. A million rows are a few megabytes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Codes = NDArray[np.int8]


class Result(IntEnum):
    """What a rating said of its two answers; `first` and `second` are contestants, not sides."""

    SECOND = -1
    TIE = 0
    FIRST = 1
    BOTH_BAD = 2


@dataclass(frozen=True, slots=True)
class Votes:
    """The ratings that count, oldest first: equally long columns, one row a rating of one pair.

    `question` numbers the questions of the set (the unit of every statistic), `first` and `second`
    the contestants, `rater` the people; `result` holds `Result` codes; `left` is +1 where `first` was
    shown on the left, else -1.
    """

    question: Ints
    first: Ints
    second: Ints
    rater: Ints
    result: Codes
    left: Codes

    def __len__(self) -> int:
        return len(self.question)

    def pick(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Votes:
        """The rows that a mask or an index names, in that order."""
        return Votes(
            self.question[rows],
            self.first[rows],
            self.second[rows],
            self.rater[rows],
            self.result[rows],
            self.left[rows],
        )
