"""What has to stay hidden while people still rate a batch: which of its pairs wait for a vote."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from app.domain.answers import Status
from app.domain.batches import BatchRecord
from app.domain.figures import AnswerFigures
from app.domain.verdicts import Decision, Verdict
from app.domain.votes import BatchVotes


def settled(verdict: Verdict) -> bool:
    """Whether every category has its verdict."""
    return all(f.decision is not Decision.UNDECIDED for f in verdict.categories or (verdict.overall,))


def closed(batch: BatchRecord, figures: Sequence[AnswerFigures], cast: BatchVotes) -> bool:
    """Whether every pair that can be rated has its ratings: a question then counts with what it has.

    An answer that failed leaves its question with fewer, and what can be rated was settled before
    any vote: to close here depends on no vote's content.
    """
    pair = (batch.terms.incumbent, batch.terms.challenger)
    return batch.state.over and not waiting(batch, figures, cast, pair)


def still_blind(batch: BatchRecord, verdict: Verdict, waits: frozenset[int]) -> bool:
    """Whether votes that count are still to come, so that nothing should tell whose an answer is.

    Of two contestants nobody needs to be asked once every category has its verdict; of more there are
    other pairs. `waits` are the questions that wait with any pair.
    """
    contestants = len(batch.plan.contestants)
    if contestants < 2 or (contestants == 2 and settled(verdict)):
        return False
    return not batch.state.over or bool(waits)


def waiting(
    batch: BatchRecord, figures: Sequence[AnswerFigures], cast: BatchVotes, between: Sequence[int] | None = None
) -> frozenset[int]:
    """The questions of which a pair of complete answers lacks ratings that count, by number.

    `between` are the contestants whose pairs are looked at; None: all.
    """
    people = sorted(range(len(batch.plan.contestants)) if between is None else between)
    items = max([f.item for f in figures], default=-1) + 1
    question, whole = np.zeros(items, np.int64), np.zeros((items, len(batch.plan.contestants)), bool)
    for figure in figures:
        question[figure.item] = figure.question
        whole[figure.item, figure.contestant] = figure.status is Status.DONE
    votes, fair = cast.votes, cast.blind & (cast.best_of == 0)
    found: set[int] = set()
    for one, other in combinations(people, 2):
        rows = fair & (_is(votes.first, votes.second, one, other) | _is(votes.first, votes.second, other, one))
        given = np.bincount(cast.item[rows], minlength=items)[:items]
        lacking = whole[:, one] & whole[:, other] & (given < batch.plan.raters)
        found.update(question[lacking].tolist())
    return frozenset(found)


def _is(first: NDArray[np.integer], second: NDArray[np.integer], one: int, other: int) -> NDArray[np.bool_]:
    return np.asarray((first == one) & (second == other))
