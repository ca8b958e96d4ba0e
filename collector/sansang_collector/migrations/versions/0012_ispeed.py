# SPDX-License-Identifier: Apache-2.0
"""What people measured with i-Speed and entered by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "ispeed",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("at", sa.BigInteger, nullable=False, index=True),
        sa.Column("site", sa.String(63)),
        sa.Column("place", sa.String(128), nullable=False),
        sa.Column("line_kind", sa.String(16), nullable=False),
        sa.Column("carrier", sa.String(128)),
        sa.Column("server", sa.String(128)),
        sa.Column("download_mbps", sa.Float, nullable=False),
        sa.Column("upload_mbps", sa.Float),
        sa.Column("ping_ms", sa.Float),
        sa.Column("jitter_ms", sa.Float),
        sa.Column("who", sa.String(128), nullable=False),
        sa.Column("evidence", sa.Text),
        sa.Column("entered", sa.BigInteger, nullable=False),
        sa.Column("corrects", sa.Integer, unique=True),
    )
