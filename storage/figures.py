"""Figures of a batch's answers, over SQL: the columns that a summary needs, and none of the texts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from sqlalchemy import Connection, Engine, delete, insert, select

from app.domain.answers import Status, Timing
from app.domain.figures import AnswerFigures, Figures, Unmeasured
from storage import codec
from storage.database import reading, write
from storage.evaluation_tables import BatchItemRow, MeasuresRow
from storage.records import TIMES
from storage.tables import AnswerRow, ComparisonRow

_PAGE = 200


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
                *(getattr(AnswerRow, name) for name in TIMES),
            )
            .join(BatchItemRow, BatchItemRow.comparison_id == AnswerRow.comparison_id)
            .where(BatchItemRow.batch_id == batch_id)
            .order_by(BatchItemRow.position, AnswerRow.position)
        )
        with reading(self._engine) as session:
            return tuple(
                AnswerFigures(
                    answer=row.id,
                    comparison=row.comparison_id,
                    item=row.item,
                    question=row.question,
                    repeat=row.repeat,
                    contestant=row.position,
                    status=Status(row.status),
                    timing=Timing(**{name: getattr(row, name) for name in TIMES}),
                    input_tokens=row.usage_input,
                    output_tokens=row.usage_output,
                    estimated=row.usage_source == "estimated",
                    cost_usd=row.cost_usd,
                    cached=row.cached_from is not None,
                    local=row.local,
                )
                for row in session.execute(statement)
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
        rows = [{"answer_id": answer, "form": form, "figures": given} for answer, given in figures.items()]
        if not rows:
            return

        def work(connection: Connection) -> None:
            connection.execute(delete(MeasuresRow).where(MeasuresRow.answer_id.in_(list(figures))))
            connection.execute(insert(MeasuresRow), rows)

        write(self._engine, work)

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
            return {answer: cast(Figures, given) for answer, given in session.execute(statement)}
