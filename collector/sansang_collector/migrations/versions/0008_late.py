# SPDX-License-Identifier: Apache-2.0
"""What is kept of evidence and is still to be judged anew, so that a restart does it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table: of a site, from when on."""
    op.create_table(
        "late",
        sa.Column("site", sa.String(63), primary_key=True),
        sa.Column("start", sa.BigInteger, nullable=False),
    )
