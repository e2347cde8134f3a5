"""Who has been shown whose answers these are: their later votes on them are not blind."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("reveals",
        sa.Column("comparison_id", sa.String(length=32), nullable=False),
        sa.Column("rater", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["comparison_id"], ["comparisons.id"], name="fk_reveals_comparison_id"),
        sa.PrimaryKeyConstraint("comparison_id", "rater", name="pk_reveals")
    )
