"""Cost of ownership: the assumptions that are kept with a batch."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("ownership",
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assumptions", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_ownership_batch_id"),
        sa.PrimaryKeyConstraint("batch_id", name="pk_ownership")
    )
