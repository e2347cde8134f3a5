"""The tables. Every column type is portable between SQLite and Postgres (storage.columns)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, MetaData, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.columns import CleanJson, CleanString, CleanText, Money, UtcDateTime


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {str: CleanText, datetime: UtcDateTime, Decimal: Money, object: CleanJson}


class ComparisonRow(Base):
    """`after` is the comparison that this one follows up; `search` is the prompt folded (columns.fold)."""

    __tablename__ = "comparisons"

    id: Mapped[str] = mapped_column(CleanString(32), primary_key=True)
    thread: Mapped[str] = mapped_column(CleanString(32), index=True)
    turn: Mapped[int]
    after: Mapped[str | None] = mapped_column(CleanString(32), ForeignKey("comparisons.id"))
    created_at: Mapped[datetime]
    revealed_at: Mapped[datetime | None]
    blind: Mapped[bool]
    start_mode: Mapped[str] = mapped_column(CleanString(16))
    evidence_digest: Mapped[str] = mapped_column(CleanString(64), index=True)
    prompt: Mapped[str]
    system: Mapped[str]
    search: Mapped[str]
    # Last: the biggest, and SQLite reads a row from its beginning.
    evidence: Mapped[object]

    __table_args__ = (Index("ix_comparisons_created_at", "created_at", "id"),)


class AnswerRow(Base):
    """Times in seconds. `owner` is the process that runs it; `search` is the finished text, folded."""

    __tablename__ = "answers"

    id: Mapped[str] = mapped_column(CleanString(32), primary_key=True)
    comparison_id: Mapped[str] = mapped_column(CleanString(32), ForeignKey("comparisons.id"))
    position: Mapped[int]
    side: Mapped[int]
    provider: Mapped[str] = mapped_column(CleanText)
    model: Mapped[str] = mapped_column(CleanText)
    sampling: Mapped[object]
    local: Mapped[bool | None]
    owner: Mapped[str] = mapped_column(CleanString(64))
    status: Mapped[str] = mapped_column(CleanString(16))
    finish: Mapped[str | None]
    usage_input: Mapped[int | None]
    usage_cached_input: Mapped[int | None]
    usage_cache_write: Mapped[int | None]
    usage_output: Mapped[int | None]
    usage_reasoning: Mapped[int | None]
    usage_source: Mapped[str | None] = mapped_column(CleanString(16))
    queued: Mapped[float | None]
    load: Mapped[float | None]
    first_token: Mapped[float | None]
    prefill: Mapped[float | None]
    decode: Mapped[float | None]
    total: Mapped[float | None]
    cost_usd: Mapped[Decimal | None]
    updated_at: Mapped[datetime]
    # What identifies the request (SHA-256), and the answer that this one was copied from: for batches.
    request_digest: Mapped[str | None] = mapped_column(CleanString(64))
    cached_from: Mapped[str | None] = mapped_column(CleanString(32))
    sent: Mapped[object]
    not_sent: Mapped[object]
    notices: Mapped[object]
    error: Mapped[object | None]
    search: Mapped[str | None]
    text: Mapped[str]
    thinking: Mapped[str]

    __table_args__ = (
        UniqueConstraint("comparison_id", "position"),
        UniqueConstraint("comparison_id", "side"),
        Index("ix_answers_status_owner", "status", "owner"),
        Index("ix_answers_provider_model", "provider", "model"),
        Index("ix_answers_request_digest", "request_digest"),
    )


class RevealRow(Base):
    """Who was shown the names of a comparison, by a vote or without one; append-only, the first time stays."""

    __tablename__ = "reveals"

    comparison_id: Mapped[str] = mapped_column(CleanString(32), ForeignKey("comparisons.id"), primary_key=True)
    rater: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class RatingRow(Base):
    """Append-only: no statement of ours updates or deletes one. `seq` is the order of arrival."""

    __tablename__ = "ratings"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    vote: Mapped[str] = mapped_column(CleanString(64), index=True)
    supersedes: Mapped[str | None] = mapped_column(CleanString(64), index=True)
    comparison_id: Mapped[str] = mapped_column(CleanString(32), ForeignKey("comparisons.id"), index=True)
    left_id: Mapped[str] = mapped_column(CleanString(32), ForeignKey("answers.id"))
    right_id: Mapped[str] = mapped_column(CleanString(32), ForeignKey("answers.id"))
    outcome: Mapped[str] = mapped_column(CleanString(16))
    best_of: Mapped[int | None]
    blind: Mapped[bool]
    rater: Mapped[str]
    created_at: Mapped[datetime]
    tags: Mapped[object]
    comment: Mapped[str]
    search: Mapped[str]


class StarsRow(Base):
    """Append-only, as ratings are; superseded with the vote that it was given in."""

    __tablename__ = "stars"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    vote: Mapped[str] = mapped_column(CleanString(64), index=True)
    answer_id: Mapped[str] = mapped_column(CleanString(32), ForeignKey("answers.id"), index=True)
    stars: Mapped[int]
    blind: Mapped[bool]
    rater: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (CheckConstraint("stars BETWEEN 1 AND 5", name="one_to_five"),)
