"""Ratings as columns: the one form that all statistics read. A million rows are a few megabytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

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


@dataclass(frozen=True, slots=True)
class BatchVotes:
    """All ratings of a batch that count (corrections have taken their places), oldest first.

    Columns as in `Votes`, row by row: `item` numbers the batch's comparisons (a question's repeats are
    several); `best_of` is 0 for a plain pair; `blind` whether names were
    hidden; `stars_first`/`stars_second` 1 to 5, 0 where none were given. `raters` are the names that
    `votes.rater` numbers.
    """

    votes: Votes
    item: Ints
    best_of: Codes
    blind: NDArray[np.bool_]
    stars_first: Codes
    stars_second: Codes
    raters: tuple[str, ...]


class VoteStore(Protocol):
    """Ratings of a batch by the million. Safe to call from any thread."""

    def of_batch(self, batch_id: str) -> BatchVotes:
        """Every rating that counts; `first` is the contestant asked first, whatever side it was shown on."""
        ...

    def rated(self, batch_ids: Sequence[str]) -> frozenset[str]:
        """Those of the batches that have a rating."""
        ...

    def mark(self) -> int:
        """A number that grows with every rating stored anywhere: while it stays, so do the votes."""
        ...
