"""Ratings and stars, over SQL: rows are added, never changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.exc import IntegrityError

from app.domain.errors import UserError
from app.domain.message import Message
from app.domain.ratings import Rating, Stars
from storage.database import reading, write
from storage.history import superseded
from storage.records import rating_of, rating_values, stars_of, stars_values
from storage.tables import AnswerRow, ComparisonRow, RatingRow, StarsRow

_BATCH = 500


class SqlRatingStore:
    """The RatingStore port over an engine of storage.database. Safe to call from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, ratings: Sequence[Rating], stars: Sequence[Stars]) -> None:
        """All or nothing, durable when this returns. Raises UserError for answers that are not stored."""

        def work(connection: Connection) -> None:
            if ratings:
                # Looked up where nobody else can write: two presses at once must not both stand.
                rows = [rating_values(rating) for rating in _correcting(connection, ratings)]
                connection.execute(insert(RatingRow), rows)
            if stars:
                connection.execute(insert(StarsRow), [stars_values(star) for star in stars])

        try:
            write(self._engine, work)
        except IntegrityError:
            raise UserError(
                Message("This rating is not of answers that are stored, or its stars are not 1 to 5."),
                Message("`python -m app history` lists the comparisons; open one and rate it there."),
            ) from None

    def of(self, comparison_id: str) -> tuple[Sequence[Rating], Sequence[Stars]]:
        with reading(self._engine) as session:
            ratings = session.scalars(
                select(RatingRow).where(RatingRow.comparison_id == comparison_id).order_by(RatingRow.seq)
            )
            stars = session.scalars(
                select(StarsRow)
                .join(AnswerRow, AnswerRow.id == StarsRow.answer_id)
                .where(AnswerRow.comparison_id == comparison_id)
                .order_by(StarsRow.seq)
            )
            return tuple(map(rating_of, ratings)), tuple(map(stars_of, stars))

    def all(self) -> Iterator[tuple[Rating, bool]]:
        last = 0
        while True:
            page = (
                select(RatingRow, superseded(RatingRow.vote))
                .where(RatingRow.seq > last)
                .order_by(RatingRow.seq)
                .limit(_BATCH)
            )
            with reading(self._engine) as session:
                rows = [(row.seq, rating_of(row), old) for row, old in session.execute(page)]
            yield from ((rating, old) for _, rating, old in rows)
            if len(rows) < _BATCH:
                return
            last = rows[-1][0]

    def all_stars(self) -> Iterator[tuple[Stars, bool]]:
        last = 0
        while True:
            page = (
                select(StarsRow, superseded(StarsRow.vote))
                .where(StarsRow.seq > last)
                .order_by(StarsRow.seq)
                .limit(_BATCH)
            )
            with reading(self._engine) as session:
                rows = [(row.seq, stars_of(row), old) for row, old in session.execute(page)]
            yield from ((star, old) for _, star, old in rows)
            if len(rows) < _BATCH:
                return
            last = rows[-1][0]


_Subject = tuple[str, str, frozenset[str]]


def _subject(rating: Rating) -> _Subject:
    """What a rater has one standing vote on: a pair of answers, or the best of all that were on show."""
    pair = frozenset((rating.left, rating.right)) if rating.best_of is None else frozenset[str]()
    return rating.rater, rating.comparison, pair


def _correcting(connection: Connection, ratings: Sequence[Rating]) -> list[Rating]:
    """The ratings, each with the vote that it takes the place of."""
    last: dict[_Subject, str] = {}
    comparisons = list(dict.fromkeys(rating.comparison for rating in ratings))
    for start in range(0, len(comparisons), _BATCH):
        some = comparisons[start : start + _BATCH]
        # Where several can write at once (Postgres), others wait here with their votes on the same answers.
        connection.execute(
            select(ComparisonRow.id).where(ComparisonRow.id.in_(some)).order_by(ComparisonRow.id).with_for_update()
        )
        earlier = connection.execute(
            select(
                RatingRow.rater,
                RatingRow.comparison_id,
                RatingRow.left_id,
                RatingRow.right_id,
                RatingRow.best_of,
                RatingRow.vote,
            )
            .where(RatingRow.comparison_id.in_(some))
            .order_by(RatingRow.seq)
        )
        for rater, comparison, left, right, best_of, vote in earlier:
            pair = frozenset((left, right)) if best_of is None else frozenset[str]()
            last[rater, comparison, pair] = vote
    corrected: list[Rating] = []
    for rating in ratings:
        before = last.get(_subject(rating))
        # The rows of one press have one subject: the first of them must not be what the second corrects.
        supersedes = before if before != rating.vote else corrected[-1].supersedes
        corrected.append(replace(rating, supersedes=supersedes))
        last[_subject(rating)] = rating.vote
    return corrected
