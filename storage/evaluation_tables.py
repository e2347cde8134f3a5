"""The tables of the evaluation: question sets, batches, what raters were given, and measures of answers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.columns import CleanString
from storage.tables import Base


class QuestionSetRow(Base):
    """One version of a set; never updated. `folded` is the name as it is looked for (columns.fold)."""

    __tablename__ = "question_sets"

    id: Mapped[str] = mapped_column(CleanString(32), primary_key=True)
    name: Mapped[str]
    folded: Mapped[str]
    version: Mapped[int]
    created_at: Mapped[datetime]
    digest: Mapped[str] = mapped_column(CleanString(64))

    __table_args__ = (UniqueConstraint("folded", "version"),)


class QuestionRow(Base):
    __tablename__ = "questions"

    set_id: Mapped[str] = mapped_column(CleanString(32), ForeignKey("question_sets.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str]
    text: Mapped[str]
    reference: Mapped[str]
    targets: Mapped[object]
    category: Mapped[str]
    language: Mapped[str] = mapped_column(CleanString(32))
    wants_json: Mapped[bool]


class BatchRow(Base):
    """`owner` is the process that runs it, and holds it until `lease_until` unless it says so again."""

    __tablename__ = "batches"

    id: Mapped[str] = mapped_column(CleanString(32), primary_key=True)
    set_id: Mapped[str] = mapped_column(CleanString(32), ForeignKey("question_sets.id"), index=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(CleanString(16))
    owner: Mapped[str | None] = mapped_column(CleanString(64))
    lease_until: Mapped[datetime | None]
    reason: Mapped[object | None]
    plan: Mapped[object]


class BatchItemRow(Base):
    """One question, one time; `comparison_id` once it was asked. `error` is why it could not be."""

    __tablename__ = "batch_items"

    batch_id: Mapped[str] = mapped_column(CleanString(32), ForeignKey("batches.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    question: Mapped[int]
    repeat: Mapped[int]
    comparison_id: Mapped[str | None] = mapped_column(
        CleanString(32), ForeignKey("comparisons.id"), index=True, unique=True
    )
    error: Mapped[object | None]


class TermsRow(Base):
    """What the verdict asks, append-only; `votes` is how many ratings there were when it was set."""

    __tablename__ = "verdict_terms"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    batch_id: Mapped[str] = mapped_column(CleanString(32), ForeignKey("batches.id"), index=True)
    set_at: Mapped[datetime]
    votes: Mapped[int]
    terms: Mapped[object]


class ClaimRow(Base):
    """A pair that a rater has on the screen: nobody else is given its last free place until it expires.

    `first_id` and `second_id` are answers in the order asked; a skipped pair stays as `skipped`.
    """

    __tablename__ = "claims"

    comparison_id: Mapped[str] = mapped_column(CleanString(32), ForeignKey("comparisons.id"), primary_key=True)
    first_id: Mapped[str] = mapped_column(CleanString(32), primary_key=True)
    second_id: Mapped[str] = mapped_column(CleanString(32), primary_key=True)
    rater: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[datetime]
    skipped: Mapped[bool]


class GoldVoteRow(Base):
    """A vote on a pair whose outcome is known: the answer to the question beside one to another question."""

    __tablename__ = "gold_votes"

    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    batch_id: Mapped[str] = mapped_column(CleanString(32), ForeignKey("batches.id"), index=True)
    comparison_id: Mapped[str] = mapped_column(CleanString(32), ForeignKey("comparisons.id"))
    right_answer: Mapped[str] = mapped_column(CleanString(32), ForeignKey("answers.id"))
    wrong_answer: Mapped[str] = mapped_column(CleanString(32), ForeignKey("answers.id"))
    outcome: Mapped[str] = mapped_column(CleanString(16))
    passed: Mapped[bool]
    rater: Mapped[str]
    created_at: Mapped[datetime]


class MeasuresRow(Base):
    """What was measured of an answer; `form` is the version of the measuring, so that old figures are redone."""

    __tablename__ = "measures"

    answer_id: Mapped[str] = mapped_column(CleanString(32), ForeignKey("answers.id"), primary_key=True)
    form: Mapped[int]
    figures: Mapped[object]

    __table_args__ = (Index("ix_measures_form", "form"),)


class OwnershipRow(Base):
    """What a batch's cost comparison assumes, as it was last left."""

    __tablename__ = "ownership"

    batch_id: Mapped[str] = mapped_column(CleanString(32), ForeignKey("batches.id"), primary_key=True)
    saved_at: Mapped[datetime]
    assumptions: Mapped[object]
