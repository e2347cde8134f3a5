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
from storage.tables import AnswerRow, RatingRow, StarsRow

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
                last = connection.scalar(
                    select(RatingRow.vote)
                    .where(RatingRow.comparison_id == ratings[0].comparison, RatingRow.rater == ratings[0].rater)
                    .order_by(RatingRow.seq.desc())
                    .limit(1)
                )
                rows = [rating_values(replace(rating, supersedes=last)) for rating in ratings]
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
