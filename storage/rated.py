"""Comparisons with what was said about them, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Engine, and_, or_, select
from sqlalchemy.orm import Session

from app.domain.ratings import Rating, Stars
from app.domain.training import RatedComparison
from storage.comparisons import batches_of
from storage.database import reading
from storage.evaluation_tables import BatchItemRow
from storage.records import rating_of, record_of, stars_of
from storage.tables import AnswerRow, ComparisonRow, RatingRow, StarsRow

_PAGE = 100


class SqlRatedStore:
    """The RatedStore port over an engine of storage.database. Safe to call from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def rated(self, batch: str | None = None) -> Iterator[RatedComparison]:
        rated = select(RatingRow.comparison_id).where(RatingRow.comparison_id == ComparisonRow.id).exists()
        wanted = select(ComparisonRow).where(rated).order_by(ComparisonRow.created_at, ComparisonRow.id).limit(_PAGE)
        if batch is not None:
            wanted = wanted.join(BatchItemRow, BatchItemRow.comparison_id == ComparisonRow.id)
            wanted = wanted.where(BatchItemRow.batch_id == batch)
        last: tuple[datetime, str] | None = None
        while True:
            page = wanted
            if last is not None:
                at, identity = last
                later = and_(ComparisonRow.created_at == at, ComparisonRow.id > identity)
                page = wanted.where(or_(ComparisonRow.created_at > at, later))
            # A session for each page: a reader that stays would keep the write-ahead log from being emptied.
            with reading(self._engine) as session:
                rows = session.scalars(page).all()
                found = _together(session, rows)
            yield from found
            if len(rows) < _PAGE:
                return
            last = (found[-1].record.created_at, found[-1].record.id)


def _together(session: Session, rows: Sequence[ComparisonRow]) -> list[RatedComparison]:
    ids = [row.id for row in rows]
    answers: dict[str, list[AnswerRow]] = {identity: [] for identity in ids}
    ratings: dict[str, list[Rating]] = {identity: [] for identity in ids}
    stars: dict[str, list[Stars]] = {identity: [] for identity in ids}
    for answer in session.scalars(
        select(AnswerRow).where(AnswerRow.comparison_id.in_(ids)).order_by(AnswerRow.position)
    ):
        answers[answer.comparison_id].append(answer)
    for rating in session.scalars(select(RatingRow).where(RatingRow.comparison_id.in_(ids)).order_by(RatingRow.seq)):
        ratings[rating.comparison_id].append(rating_of(rating))
    for star, comparison in session.execute(
        select(StarsRow, AnswerRow.comparison_id)
        .join(AnswerRow, AnswerRow.id == StarsRow.answer_id)
        .where(AnswerRow.comparison_id.in_(ids))
        .order_by(StarsRow.seq)
    ):
        stars[comparison].append(stars_of(star))
    found, batches = [], batches_of(session, ids)
    for row in rows:
        corrected = {r.supersedes for r in ratings[row.id]}
        found.append(
            RatedComparison(
                record_of(row, answers[row.id], batches.get(row.id)),
                tuple(r for r in ratings[row.id] if r.vote not in corrected),
                tuple(s for s in stars[row.id] if s.vote not in corrected),
            )
        )
    return found
