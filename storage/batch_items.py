"""The items of a batch: asked for the first time, opened again, given up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, ColumnElement, Connection, bindparam, func, insert, or_, select, type_coerce, update
from sqlalchemy.orm import Session

from app.domain.answers import Answer, Status
from app.domain.batches import FINAL, UNFINISHED, BatchItem, NewComparison
from app.domain.comparisons import ComparisonRecord
from storage import codec
from storage.creating import comparison_values, waiting_answers
from storage.evaluation_tables import BatchItemRow
from storage.ids import new_id
from storage.records import answer_values, record_of
from storage.tables import AnswerRow, ComparisonRow, RatingRow, StarsRow

OPEN = tuple(status.value for status in UNFINISHED)
_AT_ONCE = 200
RETRIABLE: ColumnElement[bool] = (AnswerRow.status == Status.FAILED.value) & (
    func.coalesce(type_coerce(AnswerRow.error, JSON)["kind"].as_string(), "").not_in([kind.value for kind in FINAL])
)


@dataclass(frozen=True, slots=True)
class Rows:
    """What is inserted for comparisons that begin; `links` say which item each belongs to."""

    comparisons: list[dict[str, Any]]
    answers: list[dict[str, Any]]
    links: list[dict[str, Any]]
    answer_ids: tuple[tuple[str, ...], ...]


def pending(session: Session, batch_id: str) -> tuple[BatchItem, ...]:
    rows = session.execute(
        select(BatchItemRow.position, BatchItemRow.question, BatchItemRow.repeat)
        .where(BatchItemRow.batch_id == batch_id, BatchItemRow.comparison_id.is_(None), BatchItemRow.error.is_(None))
        .order_by(BatchItemRow.position)
    )
    return tuple(BatchItem(row.position, row.question, row.repeat) for row in rows)


def rows(items: Sequence[NewComparison], owner: str) -> Rows:
    """Made before the transaction, so that nobody waits for it longer than for the inserts."""
    now = datetime.now(UTC)
    made = Rows([], [], [], tuple(tuple(new_id() for _ in item.comparison.contestants) for item in items))
    for item, ids in zip(items, made.answer_ids, strict=True):
        stored, identity = codec.clean_comparison(item.comparison), new_id()
        made.comparisons.append(comparison_values(stored, identity, now))
        made.links.append({"at": item.position, "comparison": identity})
        answers = waiting_answers(stored, identity, ids, item.sides, owner, now)
        for row, digest, copy in zip(answers, item.digests, item.copies, strict=True):
            row |= {"request_digest": digest, "cached_from": None}
            if copy is not None:
                row |= {**answer_values(copy.answer, now), "cached_from": copy.source}
        made.answers.extend(answers)
    return made


def insert_all(connection: Connection, batch_id: str, made: Rows) -> None:
    connection.execute(insert(ComparisonRow), made.comparisons)
    connection.execute(insert(AnswerRow), made.answers)
    link = (
        update(BatchItemRow)
        .where(BatchItemRow.batch_id == batch_id, BatchItemRow.position == bindparam("at"))
        .values(comparison_id=bindparam("comparison"))
    )
    connection.execute(link, made.links)


def reopen(connection: Connection, batch_id: str, owner: str, *, failed: bool) -> tuple[Decimal, dict[str, object]]:
    """What had arrived of an answer goes: it is asked from the beginning, and only a whole answer counts.

    Returns what the answers that go had cost, USD, and by answer the error of each that had failed.
    """
    here = (AnswerRow.comparison_id.in_(_comparisons(batch_id)), _to_ask(failed))
    rows = connection.execute(select(AnswerRow.id, AnswerRow.status, AnswerRow.error, AnswerRow.cost_usd).where(*here))
    gone, errors = Decimal(0), dict[str, object]()
    for row in rows:
        gone += row.cost_usd or Decimal(0)
        if row.status == Status.FAILED.value:
            errors[row.id] = row.error
    connection.execute(
        update(AnswerRow).where(*here).values(owner=owner, **answer_values(Answer(Status.WAITING), datetime.now(UTC)))
    )
    return gone, errors


def _to_ask(failed: bool) -> ColumnElement[bool]:
    unfinished = AnswerRow.status.in_(OPEN)
    return or_(unfinished, RETRIABLE) if failed else unfinished


def rated(connection: Connection, batch_id: str) -> bool:
    votes = select(RatingRow.seq).where(RatingRow.comparison_id.in_(_comparisons(batch_id)))
    stars = (
        select(StarsRow.seq)
        .join(AnswerRow, AnswerRow.id == StarsRow.answer_id)
        .where(AnswerRow.comparison_id.in_(_comparisons(batch_id)))
    )
    return any(connection.execute(given.limit(1)).first() is not None for given in (votes, stars))


def keep_from_voting(connection: Connection, batch_id: str) -> None:
    """Votes on it wait for the end of this transaction, where several can write at once (Postgres)."""
    connection.execute(
        select(ComparisonRow.id)
        .where(ComparisonRow.id.in_(_comparisons(batch_id)))
        .order_by(ComparisonRow.id)
        .with_for_update()
    )


def unfinished(session: Session, batch_id: str, *, failed: bool) -> tuple[tuple[BatchItem, ComparisonRecord], ...]:
    waiting = (
        select(AnswerRow.comparison_id)
        .where(AnswerRow.comparison_id.in_(_comparisons(batch_id)), _to_ask(failed))
        .distinct()
    )
    items = session.scalars(
        select(BatchItemRow)
        .where(BatchItemRow.batch_id == batch_id, BatchItemRow.comparison_id.in_(waiting))
        .order_by(BatchItemRow.position)
    ).all()
    found = []
    for start in range(0, len(items), _AT_ONCE):
        some = {str(item.comparison_id): item for item in items[start : start + _AT_ONCE]}
        answers: dict[str, list[AnswerRow]] = {identity: [] for identity in some}
        for row in session.scalars(
            select(AnswerRow).where(AnswerRow.comparison_id.in_(list(some))).order_by(AnswerRow.position)
        ):
            answers[row.comparison_id].append(row)
        by_id = {row.id: row for row in session.scalars(select(ComparisonRow).where(ComparisonRow.id.in_(list(some))))}
        found += [
            (BatchItem(item.position, item.question, item.repeat), record_of(by_id[identity], answers[identity]))
            for identity, item in some.items()
        ]
    return tuple(found)


def cancel(connection: Connection, batch_id: str, failed_before: Mapping[str, object]) -> None:
    """`failed_before` is by answer the error of each that was asked again."""
    now, here = datetime.now(UTC), AnswerRow.comparison_id.in_(_comparisons(batch_id))
    for answer, error in failed_before.items():
        # Broken off by a stop, it is stored as stopped already.
        connection.execute(
            update(AnswerRow)
            .where(AnswerRow.id == answer, here, AnswerRow.status.in_((*OPEN, Status.CANCELLED.value)))
            .values(status=Status.FAILED.value, error=error, updated_at=now)
        )
    connection.execute(
        update(AnswerRow)
        .where(here, AnswerRow.status.in_(OPEN))
        .values(status=Status.CANCELLED.value, error=None, updated_at=now)
    )


def _comparisons(batch_id: str) -> Any:
    return select(BatchItemRow.comparison_id).where(BatchItemRow.batch_id == batch_id)
