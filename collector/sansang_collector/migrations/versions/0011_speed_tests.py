# SPDX-License-Identifier: Apache-2.0
"""Every speed test of every site, for as long as its plan lasts."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "speed_test",
        sa.Column("site", sa.String(63), primary_key=True),
        sa.Column("at", sa.BigInteger, primary_key=True),
        sa.Column("agent", sa.String(63), primary_key=True),
        sa.Column("server", sa.String(64), primary_key=True),
        sa.Column("family", sa.String(8), primary_key=True),
        sa.Column("phase", sa.String(16), primary_key=True),
        sa.Column("streams", sa.String(16), primary_key=True),
        sa.Column("outcome", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(64)),
        sa.Column("mbps", sa.Float),
        sa.Column("bound", sa.Boolean, nullable=False),
        sa.Column("idle_rtt_ms", sa.Float),
        sa.Column("reading", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("speed_test_newest", "speed_test", ["site", "phase", "outcome", "at"])
