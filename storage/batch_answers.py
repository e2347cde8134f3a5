"""How the answers of a batch stand: counted, summed, copied from and listed, without reading their texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session, aliased

from app.domain.answers import SHORTEST_DECODE, Status
from app.domain.batches import BatchProgress, CopiedAnswer, Failure, Speed, Tally
from app.domain.message import Message
from app.domain.models import ModelRef
from storage import codec
from storage.batch_codec import why
from storage.batch_items import RETRIABLE
from storage.evaluation_tables import BatchItemRow
from storage.records import answer_of
from storage.tables import AnswerRow

_FAILED = (Status.FAILED.value, Status.REFUSED.value, Status.TRUNCATED.value)
_OPEN = (Status.WAITING.value, Status.INTERRUPTED.value)
_LATELY = timedelta(seconds=60)
_SAMPLE = 200  # a model's last answers that its speed is measured by

COPIED = Message("This answer was given to the same request earlier; nothing was asked.")


def progress(
    session: Session, batches: Mapping[str, tuple[int, Decimal]], running: Sequence[str]
) -> dict[str, BatchProgress]:
    """By batch; `batches` gives the number of contestants and the money written off."""
    items: dict[str, tuple[int, int]] = {
        row.batch_id: (row.items, row.refused)
        for row in session.execute(
            select(
                BatchItemRow.batch_id,
                func.count().label("items"),
                func.count(BatchItemRow.error).label("refused"),
            )
            .where(BatchItemRow.batch_id.in_(list(batches)))
            .group_by(BatchItemRow.batch_id)
        )
    }
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    spent: dict[str, Decimal] = {}
    copied = AnswerRow.cached_from.is_not(None)
    again = case((RETRIABLE, 1), else_=0).label("again")
    # Money is exact decimals in text: equal amounts are counted by the database and summed here.
    for row in session.execute(
        select(
            BatchItemRow.batch_id,
            AnswerRow.status,
            AnswerRow.cost_usd,
            copied.label("copied"),
            again,
            func.count().label("n"),
        )
        .join(AnswerRow, AnswerRow.comparison_id == BatchItemRow.comparison_id)
        .where(BatchItemRow.batch_id.in_(list(batches)))
        .group_by(BatchItemRow.batch_id, AnswerRow.status, AnswerRow.cost_usd, copied, "again")
    ):
        counts[row.batch_id][row.status] += row.n
        counts[row.batch_id]["retriable"] += row.n * bool(row.again)
        if row.copied:
            counts[row.batch_id]["copied"] += row.n
        elif row.cost_usd is not None:
            spent[row.batch_id] = spent.get(row.batch_id, Decimal(0)) + row.cost_usd * row.n
    found = {}
    for batch_id, (contestants, lost) in batches.items():
        count, (total, refused) = counts[batch_id], items.get(batch_id, (0, 0))
        if lost:
            spent[batch_id] = spent.get(batch_id, Decimal(0)) + lost
        found[batch_id] = BatchProgress(
            answers=total * contestants,
            done=count[Status.DONE.value],
            failed=sum(count[status] for status in _FAILED) + refused * contestants,
            running=count[Status.RUNNING.value],
            cached=count["copied"],
            spent_usd=spent.get(batch_id),
            stopped=count[Status.CANCELLED.value],
            retriable=count["retriable"],
        )
    return {**found, **_times_left(session, {b: found[b] for b in running})}


def _times_left(session: Session, running: Mapping[str, BatchProgress]) -> dict[str, BatchProgress]:
    """As seen from outside the process that runs them: by how many answers were stored within the last minute."""
    if not running:
        return {}
    lately = dict(
        session.execute(
            select(BatchItemRow.batch_id, func.count())
            .join(AnswerRow, AnswerRow.comparison_id == BatchItemRow.comparison_id)
            .where(
                BatchItemRow.batch_id.in_(list(running)),
                AnswerRow.status.not_in((*_OPEN, Status.RUNNING.value)),
                AnswerRow.updated_at > datetime.now(UTC) - _LATELY,
            )
            .group_by(BatchItemRow.batch_id)
        )
        .tuples()
        .all()
    )
    return {
        batch_id: replace(p, seconds_left=p.left * _LATELY.total_seconds() / lately[batch_id])
        for batch_id, p in running.items()
        if lately.get(batch_id, 0) > 2
    }


def copies(session: Session, batch_id: str, digests: Sequence[str]) -> dict[str, list[CopiedAnswer]]:
    own = select(BatchItemRow.comparison_id).where(BatchItemRow.batch_id == batch_id)
    mine = aliased(AnswerRow)
    # A source serves once in a batch: repeats, and the same model twice, are to be answers of their own.
    used = select(mine.cached_from).where(mine.comparison_id.in_(own), mine.cached_from.is_not(None))
    rows = session.scalars(
        select(AnswerRow)
        .where(
            AnswerRow.request_digest.in_(set(digests)),
            AnswerRow.status == Status.DONE.value,
            AnswerRow.cached_from.is_(None),
            AnswerRow.comparison_id.not_in(own.where(BatchItemRow.comparison_id.is_not(None))),
            AnswerRow.id.not_in(used),
        )
        .order_by(AnswerRow.updated_at.desc(), AnswerRow.id)
    )
    found: dict[str, list[CopiedAnswer]] = defaultdict(list)
    for row in rows:
        answer = answer_of(row)
        found[str(row.request_digest)].append(CopiedAnswer(row.id, replace(answer, notices=(*answer.notices, COPIED))))
    return found


def speed(session: Session, model: ModelRef) -> Speed | None:
    last = (
        select(AnswerRow.total, AnswerRow.usage_output)
        .where(
            AnswerRow.provider == model.provider,
            AnswerRow.model == model.name,
            AnswerRow.status == Status.DONE.value,
            AnswerRow.cached_from.is_(None),
            AnswerRow.total.is_not(None),
            AnswerRow.usage_output.is_not(None),
        )
        .order_by(AnswerRow.updated_at.desc())
        .limit(_SAMPLE)
        .subquery()
    )
    n, seconds, tokens = session.execute(
        select(func.count(), func.avg(last.c.total), func.avg(last.c.usage_output))
    ).one()
    return Speed(n, float(seconds), float(tokens)) if n else None


def tallies(session: Session, batch_id: str, contestants: int) -> tuple[Tally, ...]:
    fresh = AnswerRow.cached_from.is_(None)
    decode = func.coalesce(AnswerRow.decode, AnswerRow.total - AnswerRow.first_token)
    # As Timing.tokens_per_second: without the server's figure the first token is no decoded one.
    tokens = case((AnswerRow.decode.is_not(None), AnswerRow.usage_output), else_=AnswerRow.usage_output - 1)
    timed = fresh & (AnswerRow.status == Status.DONE.value) & (decode >= SHORTEST_DECODE) & (tokens > 0)
    rows = session.execute(
        select(
            AnswerRow.position,
            AnswerRow.status,
            AnswerRow.cost_usd,
            fresh.label("fresh"),
            func.count().label("n"),
            func.sum(case((timed, tokens), else_=0)).label("tokens"),
            func.sum(case((timed, decode), else_=0.0)).label("seconds"),
        )
        .join(BatchItemRow, BatchItemRow.comparison_id == AnswerRow.comparison_id)
        .where(BatchItemRow.batch_id == batch_id)
        .group_by(AnswerRow.position, AnswerRow.status, AnswerRow.cost_usd, fresh)
    ).all()
    refused = session.scalar(select(func.count(BatchItemRow.error)).where(BatchItemRow.batch_id == batch_id)) or 0
    found = []
    for position in range(contestants):
        own = [row for row in rows if row.position == position]
        priced = [row.cost_usd * row.n for row in own if row.fresh and row.cost_usd is not None]
        seconds = float(sum(row.seconds for row in own))
        found.append(
            Tally(
                contestant=position,
                done=sum(row.n for row in own if row.status == Status.DONE.value),
                failed=sum(row.n for row in own if row.status in _FAILED) + refused,
                cached=sum(row.n for row in own if not row.fresh),
                usd=sum(priced, Decimal(0)) if priced else None,
                tokens_per_second=float(sum(row.tokens for row in own)) / seconds if seconds else None,
            )
        )
    return tuple(found)


def failures(session: Session, batch_id: str, limit: int) -> tuple[Failure, ...]:
    refused = session.scalars(
        select(BatchItemRow)
        .where(BatchItemRow.batch_id == batch_id, BatchItemRow.error.is_not(None))
        .order_by(BatchItemRow.position)
        .limit(limit)
    )
    found = [
        (row.position, Failure(row.question, row.repeat, None, Status.FAILED, codec.error_from_json(row.error)))
        for row in refused
    ]
    for row in session.execute(
        select(
            BatchItemRow.position.label("at"),
            BatchItemRow.question,
            BatchItemRow.repeat,
            AnswerRow.comparison_id,
            AnswerRow.position,
            AnswerRow.status,
            AnswerRow.error,
            AnswerRow.notices,
        )
        .join(AnswerRow, AnswerRow.comparison_id == BatchItemRow.comparison_id)
        .where(BatchItemRow.batch_id == batch_id, AnswerRow.status.in_(_FAILED))
        .order_by(BatchItemRow.position, AnswerRow.position)
        .limit(limit)
    ):
        status = Status(row.status)
        error = why(status, row.error, row.notices)
        found.append((row.at, Failure(row.question, row.repeat, row.position, status, error, row.comparison_id)))
    return tuple(failure for _, failure in sorted(found, key=lambda f: f[0])[:limit])
