"""Batches over SQL: what is to be done, how far it is, and whose it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import cast

from sqlalchemy import Connection, Engine, Update, func, insert, select, update

from app.domain.batches import (
    BatchItem,
    BatchPlan,
    BatchRecord,
    BatchState,
    CopiedAnswer,
    Failure,
    NewComparison,
    Request,
    Speed,
    Tally,
    TermsSet,
    VerdictTerms,
    Why,
    was_rated,
)
from app.domain.comparisons import ComparisonRecord
from app.domain.errors import AnswerError
from app.domain.models import ModelRef
from storage import batch_answers, batch_items, codec
from storage.batch_codec import (
    AGAIN,
    BUDGETS,
    REQUEST,
    RUNNER,
    WRITTEN_OFF,
    failed_before,
    plan_from_json,
    plan_to_json,
    terms_from_json,
    terms_to_json,
    why_to_json,
    written_off,
)
from storage.batch_rows import find, records
from storage.columns import json_safe
from storage.database import reading, write
from storage.evaluation_tables import BatchItemRow, BatchRow, QuestionRow, TermsRow
from storage.ids import new_id
from storage.questions import find_set
from storage.tables import RatingRow

Plan = dict[str, object]


class SqlBatchStore:
    """The BatchStore port over an engine of storage.database. Safe to call from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, plan: BatchPlan, terms: VerdictTerms) -> BatchRecord:
        with reading(self._engine) as session:
            asked = find_set(session, plan.question_set, plan.version)
            set_id, name, version = asked.id, asked.name, asked.version
            questions = session.scalar(select(func.count()).where(QuestionRow.set_id == set_id)) or 0
        identity, now = new_id(), datetime.now(UTC)
        stored = {**plan_to_json(plan), "question_set": name, "version": version}
        items = [
            {
                "batch_id": identity,
                "position": question * plan.repeats + repeat,
                "question": question,
                "repeat": repeat,
                "comparison_id": None,
                "error": None,
            }
            for question in range(questions)
            for repeat in range(plan.repeats)
        ]

        def work(connection: Connection) -> None:
            connection.execute(
                insert(BatchRow).values(
                    id=identity,
                    set_id=set_id,
                    created_at=now,
                    updated_at=now,
                    state=BatchState.READY.value,
                    owner=None,
                    lease_until=None,
                    reason=None,
                    plan=stored,
                )
            )
            connection.execute(
                insert(TermsRow).values(batch_id=identity, set_at=now, votes=0, terms=terms_to_json(terms))
            )
            if items:
                connection.execute(insert(BatchItemRow), items)

        write(self._engine, work)
        return self.get(identity)

    def get(self, batch_id: str) -> BatchRecord:
        with reading(self._engine) as session:
            return records(session, [find(session, batch_id)])[0]

    def list(self, limit: int = 50, offset: int = 0) -> Sequence[BatchRecord]:
        newest = select(BatchRow).order_by(BatchRow.created_at.desc(), BatchRow.id.desc())
        with reading(self._engine) as session:
            return records(session, session.scalars(newest.limit(max(limit, 0)).offset(max(offset, 0))).all())

    def terms(self, batch_id: str) -> Sequence[TermsSet]:
        with reading(self._engine) as session:
            rows = session.scalars(select(TermsRow).where(TermsRow.batch_id == batch_id).order_by(TermsRow.seq))
            return tuple(TermsSet(terms_from_json(row.terms), row.set_at, row.votes) for row in rows)

    def set_terms(self, batch_id: str, terms: VerdictTerms) -> None:
        rated = (
            select(func.count())
            .select_from(RatingRow)
            .join(BatchItemRow, BatchItemRow.comparison_id == RatingRow.comparison_id)
            .where(BatchItemRow.batch_id == batch_id)
        )

        def work(connection: Connection) -> None:
            connection.execute(
                insert(TermsRow).values(
                    batch_id=batch_id,
                    set_at=datetime.now(UTC),
                    votes=connection.execute(rated).scalar_one(),
                    terms=terms_to_json(terms),
                )
            )

        write(self._engine, work)

    # Whose it is

    def take(
        self, batch_id: str, seen: str | None, owner: str, runner: str, until: datetime, *, done: bool = False
    ) -> bool:
        closed = [state for state in _OVER if not done or state != BatchState.DONE.value]

        def work(connection: Connection) -> bool:
            plan = _plan(connection, batch_id)
            still = BatchRow.owner.is_(None) if seen is None else BatchRow.owner == seen
            # One statement that looks and takes: of two processes at once, one finds it taken.
            return (
                connection.execute(
                    update(BatchRow)
                    .where(BatchRow.id == batch_id, still, BatchRow.state.not_in(closed))
                    .values(
                        owner=owner,
                        lease_until=until,
                        state=BatchState.RUNNING.value,
                        reason=None,
                        updated_at=datetime.now(UTC),
                        plan={**plan, RUNNER: runner, REQUEST: None},
                    )
                ).rowcount
                == 1
            )

        return write(self._engine, work)

    def give_back(self, record: BatchRecord, owner: str) -> None:
        statement = update(BatchRow).where(BatchRow.id == record.id, BatchRow.owner == owner)
        self._settle(statement.values(owner=record.owner, lease_until=record.lease_until), record.state, record.reason)

    def beat(self, batch_id: str, owner: str, until: datetime | None = None) -> tuple[bool, Request | None]:
        with reading(self._engine) as session:
            row = session.execute(select(BatchRow.owner, BatchRow.plan).where(BatchRow.id == batch_id)).one_or_none()
        if row is None or row.owner != owner:
            return False, None
        asked = cast("Request | None", cast(Plan, row.plan).get(REQUEST))
        if until is None:
            return True, asked
        longer = update(BatchRow).where(BatchRow.id == batch_id, BatchRow.owner == owner).values(lease_until=until)
        return write(self._engine, lambda connection: connection.execute(longer).rowcount == 1, durable=False), asked

    def ask(self, batch_id: str, request: Request) -> None:
        self._change_plan(batch_id, lambda plan: {**plan, REQUEST: request})

    def leave(self, batch_id: str, owner: str, state: BatchState, reason: Why | None) -> None:
        statement = update(BatchRow).where(BatchRow.id == batch_id, BatchRow.owner == owner)
        self._settle(statement.values(owner=None, lease_until=None), state, reason)

    def close(self, batch_id: str, state: BatchState) -> None:
        self._settle(update(BatchRow).where(BatchRow.id == batch_id, BatchRow.owner.is_(None)), state, None)

    def note(self, batch_id: str, owner: str, reason: Why | None) -> None:
        statement = update(BatchRow).where(BatchRow.id == batch_id, BatchRow.owner == owner)
        values = statement.values(reason=why_to_json(reason))
        write(self._engine, lambda connection: connection.execute(values), durable=False)

    def set_budget(self, batch_id: str, usd: Decimal | None) -> None:
        now, given = datetime.now(UTC).isoformat(), None if usd is None else format(usd, "f")

        def changed(plan: Plan) -> Plan:
            before = cast("list[object]", plan.get(BUDGETS) or [])
            entry = {"until": now, "budget_usd": plan.get("budget_usd")}
            return {**plan, "budget_usd": given, BUDGETS: [*before, entry]}

        self._change_plan(batch_id, changed)

    def write_off(self, batch_id: str, usd: Decimal) -> None:
        self._change_plan(batch_id, lambda plan: _written_off(plan, usd))

    # Its items and their answers

    def pending(self, batch_id: str) -> Sequence[BatchItem]:
        with reading(self._engine) as session:
            return batch_items.pending(session, batch_id)

    def unfinished(self, batch_id: str, *, failed: bool = False) -> Sequence[tuple[BatchItem, ComparisonRecord]]:
        with reading(self._engine) as session:
            return batch_items.unfinished(session, batch_id, failed=failed)

    def reopen(self, batch_id: str, owner: str, lost: Decimal, *, failed: bool = False) -> None:
        def work(connection: Connection) -> None:
            plan = _plan(connection, batch_id)
            if failed:
                batch_items.keep_from_voting(connection, batch_id)
                if batch_items.rated(connection, batch_id):
                    raise was_rated()
            cost, errors = batch_items.reopen(connection, batch_id, owner, failed=failed)
            if lost + cost:
                plan = _written_off(plan, lost + cost)
            # Not with the answer, whose every column is written anew as it comes in.
            _put_plan(connection, batch_id, {**plan, AGAIN: errors} if failed else plan)

        write(self._engine, work)

    def rated(self, batch_id: str) -> bool:
        with reading(self._engine) as session:
            return batch_items.rated(session.connection(), batch_id)

    def begin(self, batch_id: str, owner: str, items: Sequence[NewComparison]) -> Sequence[tuple[str, ...]] | None:
        rows = batch_items.rows(items, owner)
        ours = select(BatchRow.id).where(BatchRow.id == batch_id, BatchRow.owner == owner).with_for_update(read=True)

        def work(connection: Connection) -> bool:
            if connection.execute(ours).one_or_none() is None:
                return False
            batch_items.insert_all(connection, batch_id, rows)
            return True

        # Not flushed on its own: the first answer that is takes it along, and before that nothing was asked.
        return rows.answer_ids if write(self._engine, work, durable=False) else None

    def refuse(self, batch_id: str, position: int, error: AnswerError) -> None:
        statement = update(BatchItemRow).where(BatchItemRow.batch_id == batch_id, BatchItemRow.position == position)
        values = statement.values(error=codec.error_to_json(error))
        write(self._engine, lambda connection: connection.execute(values))

    def cancel(self, batch_id: str) -> None:
        def work(connection: Connection) -> None:
            batch_items.cancel(connection, batch_id, failed_before(_plan(connection, batch_id)))

        write(self._engine, work)

    def copies(self, batch_id: str, digests: Sequence[str]) -> Mapping[str, Sequence[CopiedAnswer]]:
        with reading(self._engine) as session:
            return batch_answers.copies(session, batch_id, digests)

    def speed(self, model: ModelRef) -> Speed | None:
        with reading(self._engine) as session:
            return batch_answers.speed(session, model)

    def tallies(self, batch_id: str) -> Sequence[Tally]:
        with reading(self._engine) as session:
            contestants = len(plan_from_json(session.get_one(BatchRow, batch_id).plan).contestants)
            return batch_answers.tallies(session, batch_id, contestants)

    def failures(self, batch_id: str, limit: int = 200) -> Sequence[Failure]:
        with reading(self._engine) as session:
            return batch_answers.failures(session, batch_id, limit)

    def _settle(self, statement: Update, state: BatchState, reason: Why | None) -> None:
        values = statement.values(state=state.value, updated_at=datetime.now(UTC), reason=why_to_json(reason))
        write(self._engine, lambda connection: connection.execute(values))

    def _change_plan(self, batch_id: str, change: Callable[[Plan], Plan]) -> None:
        def work(connection: Connection) -> None:
            _put_plan(connection, batch_id, change(_plan(connection, batch_id)))

        write(self._engine, work)


_OVER = tuple(state.value for state in BatchState if state.over)


def _plan(connection: Connection, batch_id: str) -> Plan:
    """Locked until the end of the transaction: Postgres lets others read and write meanwhile, SQLite does not."""
    return cast(
        Plan, connection.execute(select(BatchRow.plan).where(BatchRow.id == batch_id).with_for_update()).scalar_one()
    )


def _put_plan(connection: Connection, batch_id: str, plan: Plan) -> None:
    connection.execute(update(BatchRow).where(BatchRow.id == batch_id).values(plan=json_safe(plan)))


def _written_off(plan: Plan, usd: Decimal) -> Plan:
    return {**plan, WRITTEN_OFF: format(written_off(plan) + usd, "f")}
