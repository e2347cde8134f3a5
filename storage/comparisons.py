"""Comparisons and their answers, over SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import BindParameter, Connection, Engine, and_, bindparam, func, insert, or_, select, update
from sqlalchemy.orm import Session

from app.domain.answers import Answer, Status
from app.domain.comparisons import Comparison, ComparisonRecord, Query, Summary
from app.domain.errors import AnswerError, Fault, UserError
from app.domain.message import Message
from storage import codec, history
from storage.columns import fold
from storage.creating import comparison_values, waiting_answers
from storage.database import reading, write
from storage.evaluation_tables import BatchItemRow
from storage.ids import SHORTEST, new_id
from storage.putting import put
from storage.records import answer_values, record_of
from storage.tables import AnswerRow, ComparisonRow, RevealRow

_UNFINISHED = (Status.WAITING.value, Status.RUNNING.value)
_BATCH = 100


class SqlComparisonStore:
    """The ComparisonStore port over an engine of storage.database. Safe to call from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, comparison: Comparison, *, sides: Sequence[int], after: str | None, owner: str) -> ComparisonRecord:
        """As the port says; what is returned is what was stored, down to the character (storage.columns)."""
        stored = codec.clean_comparison(comparison)
        identity, now = new_id(), datetime.now(UTC)
        row = comparison_values(stored, identity, now)
        ids = [new_id() for _ in stored.contestants]
        answers = waiting_answers(stored, identity, ids, sides, owner, now)

        def work(connection: Connection) -> None:
            following: dict[str, object] = {}
            if after is not None:
                before = connection.execute(
                    select(ComparisonRow.thread, ComparisonRow.turn).where(ComparisonRow.id == after)
                ).one_or_none()
                if before is None:
                    raise _unknown(after)
                following = {"after": after, "thread": before.thread, "turn": before.turn + 1}
            connection.execute(insert(ComparisonRow).values({**row, **following}))
            if answers:
                connection.execute(insert(AnswerRow), answers)

        write(self._engine, work)
        return self.get(identity)

    def save_answer(self, answer_id: str, answer: Answer) -> None:
        """One UPDATE. What is over is never put back by a partial state that comes late.

        Raises LookupError when a finished answer has no row.
        """
        over = answer.status.over
        statement = update(AnswerRow).where(AnswerRow.id == answer_id).values(answer_values(answer, datetime.now(UTC)))
        if not over:
            statement = statement.where(AnswerRow.status.in_(_UNFINISHED))
        # A final state is written whatever was there: it is what really came of an answer that
        # another process may have taken for interrupted.
        if not write(self._engine, lambda connection: connection.execute(statement).rowcount, durable=over) and over:
            raise LookupError(f"no answer {answer_id}")

    def save_answers(self, answers: Mapping[str, Answer]) -> None:
        """One transaction and one flush to the disk, however many answers end at once."""
        if len(answers) == 1:
            for answer_id, answer in answers.items():
                self.save_answer(answer_id, answer)
            return
        now = datetime.now(UTC)
        rows = [{"answer_id": identity, **answer_values(answer, now)} for identity, answer in answers.items()]
        columns: dict[str, BindParameter[object]] = {n: bindparam(n) for n in rows[0] if n != "answer_id"}
        statement = update(AnswerRow).where(AnswerRow.id == bindparam("answer_id")).values(columns)

        def work(connection: Connection) -> None:
            if connection.execute(statement, rows).rowcount != len(rows):
                raise LookupError("an answer has no row")

        write(self._engine, work)

    def save_progress(self, answers: Mapping[str, Answer]) -> None:
        """One transaction, however many answers grow; what is over stays as it is."""
        now = datetime.now(UTC)
        rows = [{"answer_id": identity, **answer_values(answer, now)} for identity, answer in answers.items()]
        if rows:
            columns: dict[str, BindParameter[object]] = {n: bindparam(n) for n in rows[0] if n != "answer_id"}
            # executemany takes no lists, so that an `in` has to be spelled out.
            unfinished = or_(*(AnswerRow.status == status for status in _UNFINISHED))
            statement = update(AnswerRow).where(AnswerRow.id == bindparam("answer_id"), unfinished).values(columns)
            write(self._engine, lambda connection: connection.execute(statement, rows), durable=False)

    def get(self, comparison_id: str) -> ComparisonRecord:
        with reading(self._engine) as session:
            return _record(session, _find(session, comparison_id))

    def thread(self, comparison: ComparisonRecord) -> Sequence[ComparisonRecord]:
        with reading(self._engine) as session:
            rows = {
                row.id: row
                for row in session.scalars(select(ComparisonRow).where(ComparisonRow.thread == comparison.thread))
            }
            # Two follow-ups of one comparison share its thread: only the line that leads here counts.
            line: list[ComparisonRow] = []
            following: str | None = comparison.id
            while following is not None and (row := rows.get(following)) is not None:
                line.append(row)
                following = row.after
            return tuple(_record(session, row) for row in reversed(line))

    def search(self, query: Query) -> tuple[Sequence[Summary], int]:
        with reading(self._engine) as session:
            return history.search(session, query)

    def models(self) -> Sequence[str]:
        with reading(self._engine) as session:
            rows = session.execute(select(AnswerRow.provider, AnswerRow.model).distinct())
            return sorted(f"{provider}:{model}" for provider, model in rows)

    def reveal(self, comparison_id: str, by: str) -> None:
        now = datetime.now(UTC)
        thread = select(ComparisonRow.thread).where(ComparisonRow.id == comparison_id).scalar_subquery()

        def work(connection: Connection) -> None:
            shown = connection.scalars(select(ComparisonRow.id).where(ComparisonRow.thread == thread)).all()
            if not shown:
                raise _unknown(comparison_id)
            connection.execute(
                update(ComparisonRow)
                .where(ComparisonRow.thread == thread, ComparisonRow.revealed_at.is_(None))
                .values(revealed_at=now)
            )
            # Kept of a batch's alone, whose queue asks for it at every pair.
            items = select(BatchItemRow.comparison_id).where(BatchItemRow.comparison_id.in_(shown))
            rows = [{"comparison_id": one, "rater": by, "at": now} for one in connection.scalars(items)]
            put(connection, RevealRow, rows, keeping=("at",))

        write(self._engine, work)

    def running_owners(self, *, untouched_for: timedelta | None = None) -> Sequence[str]:
        """`untouched_for`: only those none of whose unfinished answers was stored again for so long."""
        owners = select(AnswerRow.owner).where(AnswerRow.status.in_(_UNFINISHED)).group_by(AnswerRow.owner)
        if untouched_for is not None:
            owners = owners.having(func.max(AnswerRow.updated_at) < datetime.now(UTC) - untouched_for)
        with reading(self._engine) as session:
            return sorted(session.scalars(owners))

    def interrupt(self, owner: str) -> int:
        """As the port says; answers of a batch are not counted, because it asks them again when it goes on."""
        of_batch = select(BatchItemRow.comparison_id).where(BatchItemRow.comparison_id == AnswerRow.comparison_id)
        columns = (AnswerRow.id, AnswerRow.status, AnswerRow.text, of_batch.exists().label("of_batch"))
        unfinished = and_(AnswerRow.owner == owner, AnswerRow.status.in_(_UNFINISHED))

        def work(connection: Connection) -> int:
            rows = connection.execute(select(*columns).where(unfinished)).all()
            for row in rows:
                connection.execute(
                    update(AnswerRow)
                    .where(AnswerRow.id == row.id, unfinished)
                    .values(
                        status=Status.INTERRUPTED.value,
                        error=codec.error_to_json(_interruption(Status(row.status))),
                        search=fold(row.text),
                        updated_at=datetime.now(UTC),
                    )
                )
            return sum(not row.of_batch for row in rows)

        return write(self._engine, work)

    def all(self) -> Iterator[ComparisonRecord]:
        last: tuple[datetime, str] | None = None
        while True:
            page = select(ComparisonRow).order_by(ComparisonRow.created_at, ComparisonRow.id).limit(_BATCH)
            if last is not None:
                at, identity = last
                later = and_(ComparisonRow.created_at == at, ComparisonRow.id > identity)
                page = page.where(or_(ComparisonRow.created_at > at, later))
            # A session for each page: a reader that stays would keep the write-ahead log from being emptied.
            with reading(self._engine) as session:
                rows = session.scalars(page).all()
                ids = [row.id for row in rows]
                answers, batches = _answers(session, ids), batches_of(session, ids)
                records = [record_of(row, answers[row.id], batches.get(row.id)) for row in rows]
            yield from records
            if len(rows) < _BATCH:
                return
            last = (records[-1].created_at, records[-1].id)


def _answers(session: Session, comparison_ids: Sequence[str]) -> dict[str, list[AnswerRow]]:
    answers: dict[str, list[AnswerRow]] = {identity: [] for identity in comparison_ids}
    rows = select(AnswerRow).where(AnswerRow.comparison_id.in_(comparison_ids)).order_by(AnswerRow.position)
    for row in session.scalars(rows):
        answers[row.comparison_id].append(row)
    return answers


def _record(session: Session, row: ComparisonRow) -> ComparisonRecord:
    return record_of(row, _answers(session, [row.id])[row.id], batches_of(session, [row.id]).get(row.id))


def batches_of(session: Session, comparison_ids: Sequence[str]) -> dict[str, str]:
    """The batch of each comparison that belongs to one."""
    items = select(BatchItemRow.comparison_id, BatchItemRow.batch_id)
    rows = session.execute(items.where(BatchItemRow.comparison_id.in_(comparison_ids)))
    return {str(comparison): batch for comparison, batch in rows}


def _find(session: Session, beginning: str) -> ComparisonRow:
    beginning = beginning.strip().lower()
    if (row := session.get(ComparisonRow, beginning)) is not None:
        return row
    if len(beginning) < SHORTEST:
        raise _unknown(beginning)
    candidates = select(ComparisonRow).where(ComparisonRow.id.startswith(beginning, autoescape=True)).limit(2)
    rows = session.scalars(candidates).all()
    if len(rows) > 1:
        raise UserError(
            Message("“{id}” begins the ids of several comparisons.", id=beginning),
            Message("Write more of the id; `python -m app history` lists them."),
        )
    if not rows:
        raise _unknown(beginning)
    return rows[0]


def _unknown(identity: str) -> UserError:
    return UserError(
        Message("There is no comparison “{id}”.", id=identity[:80]),
        Message("`python -m app history` lists the comparisons; an id, or at least 4 characters of it, will do."),
    )


def _interruption(status: Status) -> AnswerError:
    if status is Status.WAITING:
        message = Message("Understudy ended before this answer was begun.")
    else:
        message = Message("Understudy ended while this answer was being written.")
    return AnswerError(Fault.INTERRUPTED, message, Message("What had arrived is kept. Ask again for a whole answer."))


__all__ = ["SqlComparisonStore"]
