# SPDX-License-Identifier: Apache-2.0
"""What people note about outages: acknowledged, snoozed, commented."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "note",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("outage", sa.Integer, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("until", sa.BigInteger),
        sa.Column("text", sa.String(500), nullable=False),
        sa.Column("who", sa.String(63), nullable=False),
    )
    op.create_index("note_outage", "note", ["outage"])
