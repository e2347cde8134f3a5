"""What History lists: comparisons by text, model, status and whether they are rated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from app.domain.answers import Status
from app.domain.comparisons import Query, Summary
from storage.columns import fold
from storage.evaluation_tables import BatchItemRow
from storage.tables import AnswerRow, ComparisonRow, RatingRow

# What ComparisonRecord.status says of all its answers, in its order of precedence.
_PRECEDENCE = (
    Status.RUNNING,
    Status.INTERRUPTED,
    Status.FAILED,
    Status.REFUSED,
    Status.TRUNCATED,
    Status.CANCELLED,
    Status.DONE,
)
_RANK = {status.value: rank for rank, status in enumerate(_PRECEDENCE)} | {Status.WAITING.value: 0}
_LINE = 500  # characters of a prompt that a line of History can show


def search(session: Session, query: Query) -> tuple[Sequence[Summary], int]:
    """One page, newest first, and how many match. Prompts are cut to 500 characters."""
    matching = _matching(session, query)
    page = session.execute(
        matching.add_columns(func.count().over())
        .order_by(ComparisonRow.created_at.desc(), ComparisonRow.id.desc())
        .limit(max(query.limit, 0))
        .offset(max(query.offset, 0))
    ).all()
    if not page:
        total = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
        return (), total
    return _summaries(session, [row[0] for row in page]), page[0][1]


def _matching(session: Session, query: Query) -> Select[str]:
    of_batch = select(BatchItemRow.comparison_id)
    if query.batch is None:
        one = of_batch.where(BatchItemRow.comparison_id == ComparisonRow.id)
        statement = select(ComparisonRow.id).where(~one.exists())
    else:
        statement = select(ComparisonRow.id).where(
            ComparisonRow.id.in_(of_batch.where(BatchItemRow.batch_id == query.batch))
        )
    if text := fold(query.text.strip()):
        statement = statement.where(_says(session, text))
    if query.model is not None:
        provider, _, name = query.model.partition(":")
        asked = select(AnswerRow.comparison_id).where(AnswerRow.provider == provider, AnswerRow.model == name)
        statement = statement.where(ComparisonRow.id.in_(asked))
    if query.status is not None:
        worst = (
            select(func.min(case(_RANK, value=AnswerRow.status)))
            .where(AnswerRow.comparison_id == ComparisonRow.id)
            .scalar_subquery()
        )
        statement = statement.where(func.coalesce(worst, _RANK[Status.DONE.value]) == _RANK[query.status.value])
    if query.rated is not None:
        rated = select(RatingRow.seq).where(RatingRow.comparison_id == ComparisonRow.id).exists()
        statement = statement.where(rated if query.rated else ~rated)
    return statement


def _says(session: Session, text: str) -> ColumnElement[bool]:
    # A plain substring, not LIKE: nothing to escape, and no limit on the length of what is looked for.
    position = func.strpos if session.get_bind().dialect.name == "postgresql" else func.instr

    def within(column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None]) -> ColumnElement[bool]:
        return position(column, text) > 0

    return or_(
        within(ComparisonRow.search),
        ComparisonRow.id.in_(select(AnswerRow.comparison_id).where(within(AnswerRow.search))),
        ComparisonRow.id.in_(
            select(RatingRow.comparison_id).where(within(RatingRow.search), ~superseded(RatingRow.vote))
        ),
    )


def superseded(vote: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Whether a later vote corrects `vote`, a column of ratings or stars."""
    later = aliased(RatingRow)
    return select(later.seq).where(later.supersedes == vote).exists()


def _summaries(session: Session, ids: Sequence[str]) -> tuple[Summary, ...]:
    comparisons = session.execute(
        select(
            ComparisonRow.id,
            ComparisonRow.created_at,
            func.substr(ComparisonRow.prompt, 1, _LINE).label("prompt"),
            ComparisonRow.turn,
            (ComparisonRow.blind & ComparisonRow.revealed_at.is_(None)).label("hidden"),
        ).where(ComparisonRow.id.in_(ids))
    )
    answers: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for comparison, provider, model, status in session.execute(
        select(AnswerRow.comparison_id, AnswerRow.provider, AnswerRow.model, AnswerRow.status)
        .where(AnswerRow.comparison_id.in_(ids))
        .order_by(AnswerRow.position)
    ):
        answers[comparison].append((f"{provider}:{model}", status))
    votes = dict(
        session.execute(
            select(RatingRow.comparison_id, func.count(RatingRow.vote.distinct()))
            .where(RatingRow.comparison_id.in_(ids), ~superseded(RatingRow.vote))
            .group_by(RatingRow.comparison_id)
        )
        .tuples()
        .all()
    )
    blind = set(
        session.scalars(
            select(RatingRow.comparison_id).where(
                RatingRow.comparison_id.in_(ids), RatingRow.blind, ~superseded(RatingRow.vote)
            )
        )
    )
    lines = {}
    for row in comparisons:
        models = [model for model, _ in answers[row.id]]
        worst = min((_RANK[status] for _, status in answers[row.id]), default=_RANK[Status.DONE.value])
        lines[row.id] = Summary(
            id=row.id,
            created_at=row.created_at,
            prompt=row.prompt,
            # In the order asked; while identities are hidden, in one that tells nothing.
            models=tuple(sorted(models) if row.hidden else models),
            status=_PRECEDENCE[worst],
            hidden=bool(row.hidden),
            votes=votes.get(row.id, 0),
            turn=row.turn,
            blind_vote=row.id in blind,
        )
    return tuple(lines[identity] for identity in ids)
