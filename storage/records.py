"""Rows ↔ the record types of the domain."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

from app.domain.answers import Answer, Status, Timing, Usage, UsageSource
from app.domain.comparisons import AnswerRecord, Comparison, ComparisonRecord, StartMode
from app.domain.models import Contestant, ModelRef
from app.domain.ratings import Outcome, Rating, Stars
from storage import codec
from storage.columns import fold
from storage.tables import AnswerRow, ComparisonRow, RatingRow, StarsRow

TIMES = ("queued", "load", "first_token", "prefill", "decode", "total")
COUNTS = ("input", "cached_input", "cache_write", "output", "reasoning")


def answer_values(answer: Answer, at: datetime) -> dict[str, Any]:
    """The columns that an answer's state fills. What is searched is filled once, when it is over."""
    usage = answer.usage
    return {
        "status": answer.status.value,
        "finish": answer.finish,
        **{f"usage_{name}": None if usage is None else getattr(usage, name) for name in COUNTS},
        "usage_source": None if usage is None else usage.source,
        **{name: getattr(answer.timing, name) for name in TIMES},
        "cost_usd": answer.cost_usd,
        "local": answer.local,
        "updated_at": at,
        "sent": answer.sent,
        "not_sent": codec.messages_to_json(answer.not_sent),
        "notices": codec.notices_to_json(answer),
        "error": codec.error_to_json(answer.error),
        "search": fold(answer.text) if answer.status.over else None,
        "text": answer.text,
        "thinking": answer.thinking,
    }


def answer_of(row: AnswerRow) -> Answer:
    usage = None
    if row.usage_input is not None and row.usage_output is not None:
        usage = Usage(
            input=row.usage_input,
            output=row.usage_output,
            cached_input=row.usage_cached_input or 0,
            cache_write=row.usage_cache_write or 0,
            reasoning=row.usage_reasoning or 0,
            source=cast(UsageSource, row.usage_source),
        )
    return Answer(
        status=Status(row.status),
        text=row.text,
        thinking=row.thinking,
        finish=row.finish,
        usage=usage,
        timing=Timing(**{name: getattr(row, name) for name in TIMES}),
        cost_usd=row.cost_usd,
        sent=cast(dict[str, object], row.sent),
        not_sent=codec.messages_from_json(row.not_sent),
        notices=codec.notices_from_json(row.notices),
        error=codec.error_from_json(row.error),
        local=row.local,
    )


def record_of(row: ComparisonRow, answers: Sequence[AnswerRow], batch: str | None = None) -> ComparisonRecord:
    """`answers` in the order asked; `batch` is the one that it belongs to."""
    records = tuple(
        AnswerRecord(
            id=a.id,
            position=a.position,
            side=a.side,
            contestant=Contestant(ModelRef(a.provider, a.model), codec.sampling_from_json(a.sampling)),
            answer=answer_of(a),
        )
        for a in answers
    )
    comparison = Comparison(
        prompt=row.prompt,
        contestants=tuple(r.contestant for r in records),
        system=row.system,
        evidence=codec.evidence_from_json(row.evidence),
        blind=row.blind,
        start=cast(StartMode, row.start_mode),
    )
    return ComparisonRecord(
        id=row.id,
        thread=row.thread,
        turn=row.turn,
        created_at=row.created_at,
        comparison=comparison,
        answers=records,
        revealed=row.revealed_at is not None,
        batch=batch,
    )


def rating_values(rating: Rating) -> dict[str, Any]:
    return {
        "vote": rating.vote,
        "supersedes": rating.supersedes,
        "comparison_id": rating.comparison,
        "left_id": rating.left,
        "right_id": rating.right,
        "outcome": rating.outcome.value,
        "best_of": rating.best_of,
        "blind": rating.blind,
        "rater": rating.rater,
        "created_at": rating.created_at,
        "tags": list(rating.tags),
        "comment": rating.comment,
        "search": fold(rating.comment),
    }


def rating_of(row: RatingRow) -> Rating:
    return Rating(
        vote=row.vote,
        comparison=row.comparison_id,
        left=row.left_id,
        right=row.right_id,
        outcome=Outcome(row.outcome),
        blind=row.blind,
        rater=row.rater,
        created_at=row.created_at,
        best_of=row.best_of,
        tags=tuple(cast(list[str], row.tags)),
        comment=row.comment,
        supersedes=row.supersedes,
    )


def stars_values(stars: Stars) -> dict[str, Any]:
    return {
        "vote": stars.vote,
        "answer_id": stars.answer,
        "stars": stars.stars,
        "blind": stars.blind,
        "rater": stars.rater,
        "created_at": stars.created_at,
    }


def stars_of(row: StarsRow) -> Stars:
    return Stars(
        vote=row.vote,
        answer=row.answer_id,
        stars=row.stars,
        blind=row.blind,
        rater=row.rater,
        created_at=row.created_at,
    )
