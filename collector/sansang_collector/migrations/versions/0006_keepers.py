# SPDX-License-Identifier: Apache-2.0
"""What keepers of houses answer about outages, and in which Zalo chats contacts are reached."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; of each outage a contact has one answer, and each has one chat."""
    op.create_table(
        "answer",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("site", sa.String(63), nullable=False),
        sa.Column("outage", sa.String(64), nullable=False),
        sa.Column("contact", sa.String(63), nullable=False),
        sa.Column("answer", sa.String(16), nullable=False),
        sa.Column("comment", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("answer_about", "answer", ["site", "outage", "contact"], unique=True)
    op.create_index("answer_at", "answer", ["site", "at"])
    op.create_table(
        "zalo_chat",
        sa.Column("contact", sa.String(63), primary_key=True),
        sa.Column("chat_id", sa.String(128), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
