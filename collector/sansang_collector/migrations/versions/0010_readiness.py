# SPDX-License-Identifier: Apache-2.0
"""How ready each site is for IPv6, day by day."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "readiness",
        sa.Column("site", sa.String(63), primary_key=True),
        sa.Column("day", sa.String(10), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("agent", sa.String(63), nullable=False),
        sa.Column("formula", sa.Integer, nullable=False),
        sa.Column("assessment", sa.Text, nullable=False),
        sa.Column("basis", sa.LargeBinary),
    )
