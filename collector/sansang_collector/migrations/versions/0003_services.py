# SPDX-License-Identifier: Apache-2.0
"""What is held of each service of a site, and the messages about it until everyone has them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "service",
        sa.Column("site", sa.String(63), primary_key=True),
        sa.Column("service", sa.String(32), primary_key=True),
        sa.Column("subject", sa.String(64), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("doubted", sa.BigInteger),
        sa.Column("judged", sa.BigInteger, nullable=False),
        sa.Column("said", sa.JSON, nullable=False),
        sa.Column("told_down", sa.BigInteger),
    )
    op.create_table(
        "message",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("site", sa.String(63), nullable=False),
        sa.Column("service", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("since", sa.BigInteger, nullable=False),
        sa.Column("down_since", sa.BigInteger, nullable=False),
        sa.Column("done", sa.Boolean, nullable=False),
    )
    op.create_index("message_about", "message", ["site", "service", "subject", "since"])
    op.create_table(
        "delivery",
        sa.Column("message", sa.Integer, primary_key=True),
        sa.Column("channel", sa.String(64), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
