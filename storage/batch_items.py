"""The items of a batch: asked for the first time, opened again, given up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, bindparam, insert, null, select, update
from sqlalchemy.orm import Session

from app.domain.answers import Answer, Status
from app.domain.batches import UNFINISHED, BatchItem, NewComparison
from app.domain.comparisons import ComparisonRecord
from storage import codec
from storage.creating import comparison_values, waiting_answers
from storage.evaluation_tables import BatchItemRow
from storage.ids import new_id
from storage.records import answer_values, record_of
from storage.tables import AnswerRow, ComparisonRow

OPEN = tuple(status.value for status in UNFINISHED)
_FAILED = Status.FAILED.value
_AT_ONCE = 200


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


def reopen(connection: Connection, batch_id: str, owner: str, *, failed: bool) -> Decimal:
    """What had arrived of an answer goes: it is asked from the beginning, and only a whole answer counts.

    Returns what the answers that go had cost, USD.
    """
    states = _states(failed)
    here = (AnswerRow.comparison_id.in_(_comparisons(batch_id)), AnswerRow.status.in_(states))
    costs = connection.scalars(select(AnswerRow.cost_usd).where(*here, AnswerRow.cost_usd.is_not(None))).all()
    connection.execute(
        update(AnswerRow).where(*here).values(owner=owner, **answer_values(Answer(Status.WAITING), datetime.now(UTC)))
    )
    if failed:
        # NULL and not JSON's null: what is pending is told by it.
        refused = update(BatchItemRow).where(BatchItemRow.batch_id == batch_id, BatchItemRow.error.is_not(None))
        connection.execute(refused.values(error=null()))
    return sum((cost for cost in costs if cost is not None), Decimal(0))


def _states(failed: bool) -> tuple[str, ...]:
    return (*OPEN, _FAILED) if failed else OPEN


def unfinished(session: Session, batch_id: str, *, failed: bool) -> tuple[tuple[BatchItem, ComparisonRecord], ...]:
    waiting = (
        select(AnswerRow.comparison_id)
        .where(AnswerRow.comparison_id.in_(_comparisons(batch_id)), AnswerRow.status.in_(_states(failed)))
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


def cancel(connection: Connection, batch_id: str) -> None:
    connection.execute(
        update(AnswerRow)
        .where(AnswerRow.comparison_id.in_(_comparisons(batch_id)), AnswerRow.status.in_(OPEN))
        .values(status=Status.CANCELLED.value, error=None, updated_at=datetime.now(UTC))
    )


def _comparisons(batch_id: str) -> Any:
    return select(BatchItemRow.comparison_id).where(BatchItemRow.batch_id == batch_id)
