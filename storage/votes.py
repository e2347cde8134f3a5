"""A batch's ratings as columns: SQL picks the rows, numpy arranges them. Made for a million."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Engine, Select, func, select
from sqlalchemy.orm import Session

from app.domain.ratings import Outcome
from app.domain.votes import BatchVotes, Codes, Ints, Result, Votes
from storage.database import reading
from storage.evaluation_tables import BatchItemRow, BatchRow
from storage.tables import AnswerRow, RatingRow, StarsRow

# As seen from the answer on the left.
_CODES = {
    Outcome.LEFT.value: Result.FIRST.value,
    Outcome.RIGHT.value: Result.SECOND.value,
    Outcome.TIE.value: Result.TIE.value,
    Outcome.BOTH_BAD.value: Result.BOTH_BAD.value,
}
# Small pages: with many tuples alive at once the garbage collector would go through them again and again.
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class _Places:
    """The answers of a batch, numbered: their ids, and where each stands."""

    number: Mapping[str, int]
    question: Ints
    contestant: Ints
    item: Ints


@dataclass(frozen=True, slots=True)
class _Rows:
    """Ratings as stored, oldest first: equally long columns. `left` and `right` number answers, `rater` the `names`."""

    votes: Sequence[str]
    corrects: Sequence[str | None]
    left: Ints
    right: Ints
    code: Codes
    rater: Ints
    best_of: Codes
    blind: NDArray[np.bool_]
    names: tuple[str, ...]


class SqlVoteStore:
    """The VoteStore port over an engine of storage.database. Safe to call from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of_batch(self, batch_id: str) -> BatchVotes:
        with reading(self._engine) as session:
            places = _places(session, batch_id)
            rows = _rows(session, batch_id, places)
            corrects = {vote: old for vote, old in zip(rows.votes, rows.corrects, strict=True) if old is not None}
            stars = _stars(session, batch_id, corrects)
        return _arranged(rows, _standing(rows), places, stars)

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


def _fetched(session: Session, statement: Select[tuple[object, ...]]) -> Iterator[Sequence[tuple[object, ...]]]:
    """Pages of plain tuples: rows of SQLAlchemy's own, a million of them, would take longer than all the rest."""
    result = session.connection().execute(statement)
    assert result.cursor is not None
    while page := result.cursor.fetchmany(_PAGE):
        yield page
    result.close()


def _rows(session: Session, batch_id: str, places: _Places) -> _Rows:
    statement = (
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
    names: dict[str, int] = {}
    votes: list[str] = []
    corrects: list[str | None] = []
    arrays: list[tuple[NDArray[np.integer], ...]] = []
    for page in _fetched(session, statement):  # type: ignore[arg-type]
        vote, old, left, right, outcome, rater, best_of, blind = zip(*page, strict=True)
        votes.extend(vote)
        corrects.extend(old)
        for name in dict.fromkeys(rater):
            names.setdefault(name, len(names))
        arrays.append(
            (
                _numbered(left, places.number),
                _numbered(right, places.number),
                _numbered(outcome, _CODES),
                _numbered(rater, names),
                np.array([n or 0 for n in best_of], np.int32),
                np.array(blind, np.int32),
            )
        )
    columns = [np.concatenate(column) for column in zip(*arrays, strict=True)] or [np.zeros(0, np.int32)] * 6
    left_of, right_of, code, raters, best, blinds = columns
    return _Rows(
        votes,
        corrects,
        left_of,
        right_of,
        code.astype(np.int8),
        raters,
        best.astype(np.int8),
        blinds.astype(np.bool_),
        tuple(names),
    )


def _numbered(names: Sequence[str], numbers: Mapping[str, int]) -> Ints:
    return np.fromiter(map(numbers.__getitem__, names), np.int32, len(names))


def _standing(rows: _Rows) -> NDArray[np.intp]:
    """The rows of the votes that stand, each in the place of the first vote that it corrects.

    In a place of its own a question that was thought over again would enter a verdict late, and who goes
    back to lost pairs only would leave the won ones to be looked at alone. And what was said blind
    stands against what the same rater said once the names were known.
    """
    place = np.arange(len(rows.votes))
    corrected = {old for old in rows.corrects if old is not None}
    if not corrected:
        return place
    first: dict[str, str] = {}
    begun: dict[str, int] = {}
    stands: dict[str, int] = {}
    chained = np.zeros(len(place), np.bool_)
    for n, (vote, old) in enumerate(zip(rows.votes, rows.corrects, strict=True)):
        if old is None and vote not in corrected:
            continue
        chain = first.setdefault(vote, vote if old is None else first.get(old, vote))
        place[n] = begun.setdefault(chain, n)
        chained[n] = True
        if chain not in stands or rows.blind[n] or not rows.blind[stands[chain]]:
            stands[chain] = n
    chained[list(stands.values())] = False
    whole = np.flatnonzero(~chained)
    return whole[np.argsort(place[whole], kind="stable")]


def _places(session: Session, batch_id: str) -> _Places:
    statement = (
        select(AnswerRow.id, BatchItemRow.question, AnswerRow.position, BatchItemRow.position)
        .join(BatchItemRow, BatchItemRow.comparison_id == AnswerRow.comparison_id)
        .where(BatchItemRow.batch_id == batch_id)
    )
    number: dict[str, int] = {}
    pages = [np.zeros((0, 3), np.int32)]
    for page in _fetched(session, statement):  # type: ignore[arg-type]
        ids, *places = zip(*page, strict=True)
        number.update(zip(ids, range(len(number), len(number) + len(ids)), strict=True))
        pages.append(np.array(places, np.int32).T)
    of = np.concatenate(pages)
    return _Places(number, of[:, 0], of[:, 1], of[:, 2])


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
    rows: _Rows, standing: NDArray[np.intp], places: _Places, stars: Mapping[tuple[str, str], int]
) -> BatchVotes:
    one, other, code = rows.left[standing], rows.right[standing], rows.code[standing]
    left, right = places.contestant[one], places.contestant[other]
    # What is stored goes by the side shown; statistics go by who was asked first.
    swapped = left > right
    decided = np.abs(code) == 1
    votes = [rows.votes[n] for n in standing] if stars else []
    # Raters are numbered in the order of the votes that stand.
    seen, at, of = np.unique(rows.rater[standing], return_index=True, return_inverse=True)
    order = np.argsort(at)
    return BatchVotes(
        Votes(
            question=places.question[one],
            first=np.where(swapped, right, left),
            second=np.where(swapped, left, right),
            rater=np.argsort(order).astype(np.int32)[of],
            result=np.where(swapped & decided, -code, code),
            left=np.where(swapped, -1, 1).astype(np.int8),
        ),
        item=places.item[one],
        best_of=rows.best_of[standing],
        blind=rows.blind[standing],
        stars_first=_given(votes, np.where(swapped, other, one), places, stars),
        stars_second=_given(votes, np.where(swapped, one, other), places, stars),
        raters=tuple(rows.names[n] for n in seen[order]),
    )


def _given(votes: Sequence[str], answers: Ints, places: _Places, stars: Mapping[tuple[str, str], int]) -> Codes:
    """The stars that each vote gave to its answer of `answers`; 0 where it gave none."""
    if not stars:
        return np.zeros(len(answers), np.int8)
    ids = list(places.number)
    return np.array([stars.get((vote, ids[n]), 0) for vote, n in zip(votes, answers, strict=True)], np.int8)
