"""The evaluation: question sets, batches, what raters were given, measures; a request's digest with its answer.

A migration says what the tables were: it names plain types and nothing of storage.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("question_sets",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_question_sets"),
        sa.UniqueConstraint("folded", "version", name="uq_question_sets_folded_version")
    )

    op.create_table("batches",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("set_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.JSON(), nullable=True),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["set_id"], ["question_sets.id"], name="fk_batches_set_id"),
        sa.PrimaryKeyConstraint("id", name="pk_batches")
    )
    op.create_index("ix_batches_set_id", "batches", ["set_id"])

    op.create_table("claims",
        sa.Column("comparison_id", sa.String(length=32), nullable=False),
        sa.Column("first_id", sa.String(length=32), nullable=False),
        sa.Column("second_id", sa.String(length=32), nullable=False),
        sa.Column("rater", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("skipped", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["comparison_id"], ["comparisons.id"], name="fk_claims_comparison_id"),
        sa.PrimaryKeyConstraint("comparison_id", "first_id", "second_id", "rater", name="pk_claims")
    )

    op.create_table("questions",
        sa.Column("set_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("targets", sa.JSON(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=32), nullable=False),
        sa.Column("wants_json", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["set_id"], ["question_sets.id"], name="fk_questions_set_id"),
        sa.PrimaryKeyConstraint("set_id", "position", name="pk_questions")
    )

    op.create_table("batch_items",
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("question", sa.Integer(), nullable=False),
        sa.Column("repeat", sa.Integer(), nullable=False),
        sa.Column("comparison_id", sa.String(length=32), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_batch_items_batch_id"),
        sa.ForeignKeyConstraint(["comparison_id"], ["comparisons.id"], name="fk_batch_items_comparison_id"),
        sa.PrimaryKeyConstraint("batch_id", "position", name="pk_batch_items")
    )
    op.create_index("ix_batch_items_comparison_id", "batch_items", ["comparison_id"], unique=True)

    op.create_table("gold_votes",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("comparison_id", sa.String(length=32), nullable=False),
        sa.Column("right_answer", sa.String(length=32), nullable=False),
        sa.Column("wrong_answer", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("rater", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_gold_votes_batch_id"),
        sa.ForeignKeyConstraint(["comparison_id"], ["comparisons.id"], name="fk_gold_votes_comparison_id"),
        sa.ForeignKeyConstraint(["right_answer"], ["answers.id"], name="fk_gold_votes_right_answer"),
        sa.ForeignKeyConstraint(["wrong_answer"], ["answers.id"], name="fk_gold_votes_wrong_answer"),
        sa.PrimaryKeyConstraint("seq", name="pk_gold_votes")
    )
    op.create_index("ix_gold_votes_batch_id", "gold_votes", ["batch_id"])

    op.create_table("measures",
        sa.Column("answer_id", sa.String(length=32), nullable=False),
        sa.Column("form", sa.Integer(), nullable=False),
        sa.Column("figures", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["answer_id"], ["answers.id"], name="fk_measures_answer_id"),
        sa.PrimaryKeyConstraint("answer_id", name="pk_measures")
    )
    op.create_index("ix_measures_form", "measures", ["form"])

    op.create_table("verdict_terms",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("votes", sa.Integer(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_verdict_terms_batch_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_verdict_terms")
    )
    op.create_index("ix_verdict_terms_batch_id", "verdict_terms", ["batch_id"])
    op.add_column("answers", sa.Column("request_digest", sa.String(length=64), nullable=True))
    op.add_column("answers", sa.Column("cached_from", sa.String(length=32), nullable=True))
    op.create_index("ix_answers_request_digest", "answers", ["request_digest"])
