"""Figures of a batch's answers, over SQL: the columns that a summary needs, and none of the texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Engine, select

from app.domain.answers import Status, Timing
from app.domain.figures import AnswerFigures, Figures, Unmeasured
from storage import codec
from storage.batch_codec import failed_before
from storage.database import reading, write
from storage.evaluation_tables import BatchItemRow, BatchRow, MeasuresRow
from storage.putting import put
from storage.tables import AnswerRow, ComparisonRow

_PAGE = 200
_STATUSES = {status.value: status for status in Status}


class SqlFigureStore:
    """The FigureStore port over an engine of storage.database. Safe to call from any thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def of_batch(self, batch_id: str) -> tuple[AnswerFigures, ...]:
        statement = (
            select(
                AnswerRow.id,
                AnswerRow.comparison_id,
                BatchItemRow.position.label("item"),
                BatchItemRow.question,
                BatchItemRow.repeat,
                AnswerRow.position,
                AnswerRow.status,
                AnswerRow.usage_input,
                AnswerRow.usage_output,
                AnswerRow.usage_source,
                AnswerRow.cost_usd,
                AnswerRow.cached_from,
                AnswerRow.local,
                *(getattr(AnswerRow, f.name) for f in fields(Timing)),
            )
            .join(BatchItemRow, BatchItemRow.comparison_id == AnswerRow.comparison_id)
            .where(BatchItemRow.batch_id == batch_id)
            .order_by(BatchItemRow.position, AnswerRow.position)
        )
        with reading(self._engine) as session:
            again = failed_before(session.scalar(select(BatchRow.plan).where(BatchRow.id == batch_id)))
            # Unpacked rather than asked by name, and not through the session: these are read by the ten thousand.
            return tuple(
                AnswerFigures(
                    answer=answer,
                    comparison=comparison,
                    item=item,
                    question=question,
                    repeat=repeat,
                    contestant=contestant,
                    status=_STATUSES[status],
                    timing=Timing(*times),
                    input_tokens=given,
                    output_tokens=told,
                    estimated=source == "estimated",
                    cost_usd=cost,
                    cached=copied is not None,
                    local=local,
                    failed_before=answer in again,
                )
                for (
                    answer,
                    comparison,
                    item,
                    question,
                    repeat,
                    contestant,
                    status,
                    given,
                    told,
                    source,
                    cost,
                    copied,
                    local,
                    *times,
                ) in session.connection().execute(statement)
            )

    def unmeasured(self, batch_id: str, form: int) -> Iterator[Unmeasured]:
        done = select(MeasuresRow.answer_id).where(MeasuresRow.form == form)
        last = ""
        while True:
            page = (
                select(AnswerRow.id, BatchItemRow.question, AnswerRow.text, ComparisonRow.evidence)
                .join(BatchItemRow, BatchItemRow.comparison_id == AnswerRow.comparison_id)
                .join(ComparisonRow, ComparisonRow.id == AnswerRow.comparison_id)
                .where(
                    BatchItemRow.batch_id == batch_id,
                    AnswerRow.status == Status.DONE.value,
                    AnswerRow.id > last,
                    AnswerRow.id.not_in(done),
                )
                .order_by(AnswerRow.id)
                .limit(_PAGE)
            )
            # A session for each page: a reader that stays would keep the write-ahead log from being emptied.
            with reading(self._engine) as session:
                rows = session.execute(page).all()
            for row in rows:
                yield Unmeasured(row.id, row.question, row.text, codec.evidence_from_json(row.evidence))
            if len(rows) < _PAGE:
                return
            last = rows[-1].id

    def save_measures(self, form: int, figures: Mapping[str, Figures]) -> None:
        rows: list[dict[str, Any]] = [
            {"answer_id": answer, "form": form, "figures": given} for answer, given in figures.items()
        ]
        if rows:
            # By id: two that store the same answers at once must not wait for each other.
            rows.sort(key=itemgetter("answer_id"))
            write(self._engine, lambda connection: put(connection, MeasuresRow, rows))

    def evidence(self, batch_id: str) -> Mapping[int, str]:
        statement = (
            select(BatchItemRow.position, ComparisonRow.evidence_digest)
            .join(ComparisonRow, ComparisonRow.id == BatchItemRow.comparison_id)
            .where(BatchItemRow.batch_id == batch_id)
            .order_by(BatchItemRow.position)
        )
        with reading(self._engine) as session:
            return dict(session.execute(statement).tuples().all())

    def measures(self, batch_id: str, form: int) -> Mapping[str, Figures]:
        statement = (
            select(MeasuresRow.answer_id, MeasuresRow.figures)
            .join(AnswerRow, AnswerRow.id == MeasuresRow.answer_id)
            .join(BatchItemRow, BatchItemRow.comparison_id == AnswerRow.comparison_id)
            .where(BatchItemRow.batch_id == batch_id, MeasuresRow.form == form)
        )
        with reading(self._engine) as session:
            return {answer: cast(Figures, given) for answer, given in session.connection().execute(statement)}
