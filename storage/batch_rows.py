"""Batches as rows: found by the beginning of an id, and read with how far they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.domain.batches import BatchRecord, BatchState, VerdictTerms
from app.domain.errors import UserError
from app.domain.message import Message
from storage import batch_answers
from storage.batch_codec import RUNNER, plan_from_json, terms_from_json, why_from_json, written_off
from storage.evaluation_tables import BatchRow, TermsRow
from storage.ids import SHORTEST


def records(session: Session, rows: Sequence[BatchRow]) -> tuple[BatchRecord, ...]:
    plans = {row.id: plan_from_json(row.plan) for row in rows}
    running = [row.id for row in rows if row.state == BatchState.RUNNING.value]
    progress = batch_answers.progress(
        session, {row.id: (len(plans[row.id].contestants), written_off(row.plan)) for row in rows}, running
    )
    latest = select(func.max(TermsRow.seq)).where(TermsRow.batch_id.in_(list(plans))).group_by(TermsRow.batch_id)
    terms = {
        row.batch_id: terms_from_json(row.terms)
        for row in session.scalars(select(TermsRow).where(TermsRow.seq.in_(latest)))
    }
    return tuple(
        BatchRecord(
            id=row.id,
            created_at=row.created_at,
            plan=plans[row.id],
            state=BatchState(row.state),
            progress=progress[row.id],
            terms=terms.get(row.id, VerdictTerms()),
            reason=why_from_json(row.reason),
            owner=row.owner,
            lease_until=row.lease_until,
            runner=str(cast("dict[str, object]", row.plan).get(RUNNER) or ""),
        )
        for row in rows
    )


def find(session: Session, beginning: str) -> BatchRow:
    beginning = beginning.strip().lower()
    if (row := session.get(BatchRow, beginning)) is not None:
        return row
    rows: Sequence[BatchRow] = ()
    if len(beginning) >= SHORTEST:
        rows = session.scalars(
            select(BatchRow).where(BatchRow.id.startswith(beginning, autoescape=True)).limit(2)
        ).all()
    if len(rows) > 1:
        raise UserError(
            Message("“{id}” begins the ids of several batches.", id=beginning),
            Message("Write more of the id; `python -m app batch list` lists them."),
        )
    if not rows:
        raise UserError(
            Message("There is no batch “{id}”.", id=beginning[:80]),
            Message("`python -m app batch list` lists the batches; an id, or at least 4 characters of it, will do."),
        )
    return rows[0]
