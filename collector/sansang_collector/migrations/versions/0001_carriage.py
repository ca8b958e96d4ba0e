# SPDX-License-Identifier: Apache-2.0
"""The tables of the carriage: agents, epochs, what was rejected, what no clock could date."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "agent",
        sa.Column("agent", sa.String(63), primary_key=True),
        sa.Column("batches", sa.BigInteger, nullable=False),
        sa.Column("readings", sa.BigInteger, nullable=False),
        sa.Column("duplicates", sa.BigInteger, nullable=False),
        sa.Column("undated", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger),
        sa.Column("last_reading", sa.BigInteger),
        sa.Column("cloned_at", sa.BigInteger),
        sa.Column("hello", sa.Text),
    )
    op.create_table(
        "epoch",
        sa.Column("agent", sa.String(63), primary_key=True),
        sa.Column("epoch", sa.String(16), primary_key=True),
        sa.Column("first", sa.BigInteger, nullable=False),
        sa.Column("next", sa.BigInteger, nullable=False),
        sa.Column("received", sa.Text, nullable=False),
        sa.Column("last_received", sa.BigInteger),
        sa.Column("declared", sa.Boolean, nullable=False),
    )
    op.create_table(
        "rejected",
        sa.Column("agent", sa.String(63), primary_key=True),
        sa.Column("reason", sa.String(64), primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "undated",
        sa.Column("agent", sa.String(63), primary_key=True),
        sa.Column("epoch", sa.String(16), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sa.Column("boot", sa.String(128), nullable=False),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("readings", sa.Text, nullable=False),
    )
