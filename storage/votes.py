"""A batch's ratings as columns: SQL picks the rows, numpy arranges them. Made for a million."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, Row, func, select
from sqlalchemy.orm import Session

from app.domain.ratings import Outcome
from app.domain.votes import BatchVotes, Codes, Result, Votes
from storage.database import reading
from storage.evaluation_tables import BatchItemRow, BatchRow
from storage.tables import AnswerRow, RatingRow, StarsRow

_Cast: TypeAlias = "Row[str, str | None, str, str, str, str, int | None, bool]"
"""Vote, the one it corrects, left, right, outcome, rater, best of, blind."""

# As seen from the answer on the left.
_CODES = {
    Outcome.LEFT.value: Result.FIRST.value,
    Outcome.RIGHT.value: Result.SECOND.value,
    Outcome.TIE.value: Result.TIE.value,
    Outcome.BOTH_BAD.value: Result.BOTH_BAD.value,
}


class SqlVoteStore:
    """The VoteStore port over an engine of storage.database. Safe to call from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of_batch(self, batch_id: str) -> BatchVotes:
        ratings = (
            select(
                RatingRow.vote,
                RatingRow.supersedes,
                RatingRow.left_id,
                RatingRow.right_id,
                RatingRow.outcome,
                RatingRow.rater,
                RatingRow.best_of,
                RatingRow.blind,
            )
            .join(BatchItemRow, BatchItemRow.comparison_id == RatingRow.comparison_id)
            .where(BatchItemRow.batch_id == batch_id)
            .order_by(RatingRow.seq)
        )
        with reading(self._engine) as session:
            places = _places(session, batch_id)
            # Not through the session: it would look at each of a million rows once more.
            rows = session.connection().execute(ratings).all()
            stars = _stars(session, batch_id, {row.vote: row.supersedes for row in rows if row.supersedes is not None})
        rows = _standing(rows)
        columns = tuple(zip(*rows, strict=True)) if rows else ((),) * 8
        return _arranged(columns, places, stars)

    def rated(self, batch_ids: Sequence[str]) -> frozenset[str]:
        some = (
            select(RatingRow.seq)
            .join(BatchItemRow, BatchItemRow.comparison_id == RatingRow.comparison_id)
            .where(BatchItemRow.batch_id == BatchRow.id)
        )
        with reading(self._engine) as session:
            return frozenset(session.scalars(select(BatchRow.id).where(BatchRow.id.in_(batch_ids), some.exists())))

    def mark(self) -> int:
        with reading(self._engine) as session:
            return session.scalar(select(func.max(RatingRow.seq))) or 0


def _standing(rows: Sequence[_Cast]) -> Sequence[_Cast]:
    """The rows of the votes that stand, each in the place of the first vote that it corrects.

    In a place of its own a question that was thought over again would enter a verdict late, and who goes
    back to lost pairs only would leave the won ones to be looked at alone. And what was said blind
    stands against what the same rater said once the names were known.
    """
    corrected = {row.supersedes for row in rows if row.supersedes is not None}
    if not corrected:
        return rows
    first: dict[str, str] = {}
    stands: dict[str, _Cast] = {}
    place: dict[str, int] = {}
    for n, row in enumerate(rows):
        if row.supersedes is None and row.vote not in corrected:
            place[row.vote] = n
            continue
        chain = first.setdefault(row.vote, first.get(row.supersedes, row.vote))
        place[row.vote] = place.setdefault(chain, n)
        if chain not in stands or row.blind or not stands[chain].blind:
            stands[chain] = row
    kept = {row.vote for row in stands.values()}
    whole = [row for row in rows if row.vote not in first or row.vote in kept]
    return sorted(whole, key=lambda row: place[row.vote])


def _places(session: Session, batch_id: str) -> dict[str, tuple[int, int, int]]:
    """Answer id → (question, contestant, item)."""
    rows = session.execute(
        select(AnswerRow.id, BatchItemRow.question, AnswerRow.position, BatchItemRow.position)
        .join(BatchItemRow, BatchItemRow.comparison_id == AnswerRow.comparison_id)
        .where(BatchItemRow.batch_id == batch_id)
    )
    return {identity: (question, contestant, item) for identity, question, contestant, item in rows}


def _stars(session: Session, batch_id: str, corrects: Mapping[str, str]) -> dict[tuple[str, str], int]:
    """The stars of each vote and answer that were given blind: those given since leave them as they were."""
    rows = session.execute(
        select(StarsRow.vote, StarsRow.answer_id, StarsRow.stars, StarsRow.blind)
        .join(AnswerRow, AnswerRow.id == StarsRow.answer_id)
        .join(BatchItemRow, BatchItemRow.comparison_id == AnswerRow.comparison_id)
        .where(BatchItemRow.batch_id == batch_id)
        .order_by(StarsRow.seq)
    )
    found: dict[tuple[str, str], int] = {}
    for vote, answer, stars, blind in rows:
        stars = stars if blind else found.get((corrects.get(vote, ""), answer), 0)
        if stars:
            found[vote, answer] = stars
    return found


def _arranged(
    columns: Sequence[Sequence[object]],
    places: Mapping[str, tuple[int, int, int]],
    stars: Mapping[tuple[str, str], int],
) -> BatchVotes:
    votes, _, lefts, rights, outcomes, raters, best_of, blind = columns
    left = np.array([places[str(answer)] for answer in lefts], np.int32).reshape(-1, 3)
    right = np.array([places[str(answer)][1] for answer in rights], np.int32)
    code = np.array([_CODES[str(outcome)] for outcome in outcomes], np.int8)
    # What is stored goes by the side shown; statistics go by who was asked first.
    swapped = left[:, 1] > right
    decided = np.abs(code) == 1
    names = tuple(dict.fromkeys(str(rater) for rater in raters))
    number = {name: n for n, name in enumerate(names)}
    return BatchVotes(
        Votes(
            question=left[:, 0],
            first=np.where(swapped, right, left[:, 1]),
            second=np.where(swapped, left[:, 1], right),
            rater=np.array([number[str(rater)] for rater in raters], np.int32),
            result=np.where(swapped & decided, -code, code),
            left=np.where(swapped, -1, 1).astype(np.int8),
        ),
        item=left[:, 2],
        best_of=np.array([n or 0 for n in best_of], np.int8),
        blind=np.array(blind, np.bool_),
        stars_first=_given(votes, lefts, rights, swapped, stars),
        stars_second=_given(votes, rights, lefts, swapped, stars),
        raters=names,
    )


def _given(
    votes: Sequence[object],
    one: Sequence[object],
    other: Sequence[object],
    swapped: NDArray[np.bool_],
    stars: Mapping[tuple[str, str], int],
) -> Codes:
    """The stars that each vote gave to `one`, to `other` where the two are swapped."""
    if not stars:
        return np.zeros(len(votes), np.int8)
    return np.array(
        [
            stars.get((str(vote), str(b if turned else a)), 0)
            for vote, a, b, turned in zip(votes, one, other, swapped, strict=True)
        ],
        np.int8,
    )
