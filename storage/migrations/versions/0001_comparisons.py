"""Comparisons, their answers, ratings and stars.

A migration says what the tables were: it names plain types and nothing of storage.tables.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("comparisons",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("thread", sa.String(length=32), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("after", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("start_mode", sa.String(length=16), nullable=False),
        sa.Column("evidence_digest", sa.String(length=64), nullable=False),
        sa.Column("prompt", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.Column("evidence", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["after"], ["comparisons.id"], name="fk_comparisons_after"),
        sa.PrimaryKeyConstraint("id", name="pk_comparisons")
    )
    op.create_index("ix_comparisons_created_at", "comparisons", ["created_at", "id"])
    op.create_index("ix_comparisons_evidence_digest", "comparisons", ["evidence_digest"])
    op.create_index("ix_comparisons_thread", "comparisons", ["thread"])

    op.create_table("answers",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("comparison_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("side", sa.Integer(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("sampling", sa.JSON(), nullable=False),
        sa.Column("local", sa.Boolean(), nullable=True),
        sa.Column("owner", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("finish", sa.Text(), nullable=True),
        sa.Column("usage_input", sa.Integer(), nullable=True),
        sa.Column("usage_cached_input", sa.Integer(), nullable=True),
        sa.Column("usage_cache_write", sa.Integer(), nullable=True),
        sa.Column("usage_output", sa.Integer(), nullable=True),
        sa.Column("usage_reasoning", sa.Integer(), nullable=True),
        sa.Column("usage_source", sa.String(length=16), nullable=True),
        sa.Column("queued", sa.Double(), nullable=True),
        sa.Column("load", sa.Double(), nullable=True),
        sa.Column("first_token", sa.Double(), nullable=True),
        sa.Column("prefill", sa.Double(), nullable=True),
        sa.Column("decode", sa.Double(), nullable=True),
        sa.Column("total", sa.Double(), nullable=True),
        sa.Column("cost_usd", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent", sa.JSON(), nullable=False),
        sa.Column("not_sent", sa.JSON(), nullable=False),
        sa.Column("notices", sa.JSON(), nullable=False),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("search", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("thinking", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["comparison_id"], ["comparisons.id"], name="fk_answers_comparison_id"),
        sa.PrimaryKeyConstraint("id", name="pk_answers"),
        sa.UniqueConstraint("comparison_id", "position", name="uq_answers_comparison_id_position"),
        sa.UniqueConstraint("comparison_id", "side", name="uq_answers_comparison_id_side")
    )
    op.create_index("ix_answers_provider_model", "answers", ["provider", "model"])
    op.create_index("ix_answers_status_owner", "answers", ["status", "owner"])

    op.create_table("ratings",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("vote", sa.String(length=64), nullable=False),
        sa.Column("supersedes", sa.String(length=64), nullable=True),
        sa.Column("comparison_id", sa.String(length=32), nullable=False),
        sa.Column("left_id", sa.String(length=32), nullable=False),
        sa.Column("right_id", sa.String(length=32), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("best_of", sa.Integer(), nullable=True),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("rater", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("search", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["comparison_id"], ["comparisons.id"], name="fk_ratings_comparison_id"),
        sa.ForeignKeyConstraint(["left_id"], ["answers.id"], name="fk_ratings_left_id"),
        sa.ForeignKeyConstraint(["right_id"], ["answers.id"], name="fk_ratings_right_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_ratings")
    )
    op.create_index("ix_ratings_comparison_id", "ratings", ["comparison_id"])
    op.create_index("ix_ratings_supersedes", "ratings", ["supersedes"])
    op.create_index("ix_ratings_vote", "ratings", ["vote"])

    op.create_table("stars",
        sa.Column("seq", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("vote", sa.String(length=64), nullable=False),
        sa.Column("answer_id", sa.String(length=32), nullable=False),
        sa.Column("stars", sa.Integer(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("rater", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name=op.f("ck_stars_one_to_five")),
        sa.ForeignKeyConstraint(["answer_id"], ["answers.id"], name="fk_stars_answer_id"),
        sa.PrimaryKeyConstraint("seq", name="pk_stars")
    )
    op.create_index("ix_stars_answer_id", "stars", ["answer_id"])
    op.create_index("ix_stars_vote", "stars", ["vote"])
